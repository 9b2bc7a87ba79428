// SPDX-License-Identifier: MIT
/* Versions that the broker counts: /kbs/v0/counter. */
#include "exchange.h"

/* For whom the key is; once a number, and never back. */
static void test_counter(void **state)
{
	static const char path[] = "/kbs/v0/counter/" RX_PATH;
	struct rx *x = *state;
	static const struct { const char *body; int64_t then; } steps[] = {
		{ NULL, 0 }, { "{\"at\":2}", 0 }, { "{\"at\":1}", 1 }, { "{\"at\":1}", 1 },
		{ "{\"at\":3}", 1 }, { "{\"at\":2}", 2 }, { "{\"at\":1}", 2 }, { NULL, 2 },
	};
	static const char *const wrong[] = { "{}", "{\"at\":0}", "{\"at\":-1}", "{\"at\":\"1\"}",
					     "{\"at\":3,\"more\":1}", "3" };
	int64_t records;

	rx_call("GET", path, NULL, NULL, NULL, 0);
	rx_refused(401, "session-missing");
	rx_auth(x);
	rx_call("POST", path, x->cookie, NULL, "{\"at\":1}", x->now);
	rx_refused(401, "session-not-attested");
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	records = rx_number("SELECT count(*) FROM audit");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(rx_call(steps[i].body ? "POST" : "GET", path, x->cookie, NULL,
					 steps[i].body, x->now), 200);
		assert_int_equal(json_integer_value(json_object_get(rx_answer, "counter")),
				 steps[i].then);
	}
	/* two steps, two records */
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), records + 2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		rx_call("POST", path, x->cookie, NULL, wrong[i], x->now);
		rx_refused(400, "malformed-request");
	}
	rx_call("GET", "/kbs/v0/counter/no/such/thing", x->cookie, NULL, NULL, x->now);
	rx_refused(404, "resource-unknown");
	/* nor what no path could be: the database is not asked, which takes no such text */
	rx_call("GET", "/kbs/v0/counter/no/such/\xff", x->cookie, NULL, NULL, x->now);
	rx_refused(404, "resource-unknown");
	rx_call("DELETE", path, x->cookie, NULL, NULL, x->now);
	rx_refused(405, "method-unsupported");
	assert_int_equal(rx_log_lines(), 0);
}

static void enter(const char *name, const char *json)
{
	struct db_fault fault;
	struct wv_fault wf;
	int64_t version;

	assert_int_equal(policy_put(rx_rcar.db, "p", name, json, strlen(json), 5, &version, &wf,
				    &fault), 0);
}

/* Whom a policy of all refuses gets no key, and so makes nobody's file old, either. */
static void test_policies_of_all(void **state)
{
	static const char path[] = "/kbs/v0/counter/" RX_PATH;
	static const char other[] = "{\"ward-policy\":1,\"purpose\":\"release\",\"uid\":[7],"
				    "\"accept_unmeasured\":true,"
				    "\"allow_tee\":[\"simulated-snp\"]}";
	static const char *const names[] = { POLICY_RESOURCES, POLICY_DEFAULT };
	struct rx *x = *state;
	struct db_fault fault;

	rx_run("DELETE FROM counter");
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		enter(names[i], other);
		rx_get(x);
		rx_refused(403, "policy-unmet");
		rx_call("POST", path, x->cookie, NULL, "{\"at\":1}", x->now);
		rx_refused(403, "policy-unmet");
		rx_call("GET", path, x->cookie, NULL, NULL, x->now);
		rx_refused(403, "policy-unmet");
		assert_int_equal(rx_number("SELECT count(*) FROM counter"), 0);
		assert_int_equal(policy_drop(rx_rcar.db, names[i], &fault), 0);
	}
	assert_int_equal(rx_call("POST", path, x->cookie, NULL, "{\"at\":1}", x->now), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counter, rx_setup, rx_teardown),
		cmocka_unit_test_setup_teardown(test_policies_of_all, rx_setup, rx_teardown),
	};

	return rx_on_both(tests);
}
