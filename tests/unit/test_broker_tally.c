// SPDX-License-Identifier: MIT
/* Strangers who are refused cost the audit a record an interval; who brought evidence, his own. */
#include <string.h>

#include "exchange.h"

#include "../../userspace/broker/audit_record.h"

#define STRANGERS 1000

static char records[8192];

static int take(void *arg, const struct db_value *c, size_t count)
{
	size_t at = strlen(records);

	(void)arg, (void)count;
	snprintf(records + at, sizeof(records) - at, "%s\n", (const char *)c[0].data);
	return 0;
}

static const char *audit_text(void)
{
	struct db_query q = { .sql = "SELECT record FROM audit ORDER BY seq", .row = take };
	struct db_fault fault = { "" };

	records[0] = 0;
	if (db_run(rx_rcar.db, &q, &fault) < 0)
		fail_msg("%s", fault.text);
	return records;
}

static int flush(int64_t now)
{
	struct db_fault fault = { "" };

	return tally_flush(&rx_rcar.tally, rx_rcar.db, rx_rcar.audit, now, &fault);
}

static int setup(void **state)
{
	memset(&rx_rcar.tally, 0, sizeof(rx_rcar.tally));
	return rx_setup(state);
}

static void test_strangers(void **state)
{
	struct rx *x = *state;
	int64_t since;

	for (int i = 0; i < STRANGERS; i++) {
		rx_call("POST", "/kbs/v0/attest", NULL, NULL, "{}", x->now);
		rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, "x.y.z", NULL, x->now);
	}
	rx_call("POST", "/kbs/v0/auth", NULL, NULL, "{\"version\":\"0.3\",\"tee\":\"ward\"}", x->now);
	rx_refused(401, "version-unsupported");
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 0);
	since = rx_rcar.tally.since;
	assert_int_equal(flush(since + TALLY_SECONDS - 1), 0);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 0);
	assert_int_equal(flush(since + TALLY_SECONDS), 0);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 1);
	assert_non_null(strstr(audit_text(), "\"event\":\"refused\",\"result\":\"counted\","
			       "\"peer\":\"unknown\",\"since\":\""));
	assert_non_null(strstr(records, "\"total\":2001,\"counts\":{\"attest\":{\"session-missing\":1000},"
			       "\"release\":{\"token-invalid\":1000},\"auth\":{\"version-unsupported\":1}}"));
	assert_int_equal(flush(since + 3 * TALLY_SECONDS), 0);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 1);
}

/* Evidence that was judged, and whoever was accepted, have records of their own. */
static void test_evidence(void **state)
{
	struct rx *x = *state;

	x->guest.claims.caller.uid = htole32(1001);
	rx_expect(x, "wrong-uid");
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 1);
	assert_non_null(strstr(audit_text(), "\"result\":\"wrong-uid\",\"peer\":\"test\""));
	assert_non_null(strstr(records, "evidence_sha256"));
	ut_free(x->bundle);
	x->bundle = (struct wv_bytes){ NULL, 0 };
	x->guest.claims.caller.uid = htole32(1000);
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	rx_call("GET", "/kbs/v0/resource/no/such/one", x->cookie, NULL, NULL, x->now);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 3);
	assert_non_null(strstr(audit_text(), "resource-unknown"));
	/* the first session's cookie, which was refused: it is nobody's */
	assert_int_equal(flush(0), 0);
	assert_non_null(strstr(audit_text(), "\"release\":{\"session-not-attested\":1}"));
}

static void test_classes(void **state)
{
	static const char *const peers[] = {
		"127.0.0.1", "::1", "::ffff:127.9.9.9", "10.1.2.3", "172.31.255.255", "192.168.0.1",
		"169.254.1.1", "100.127.0.1", "fd00::1", "fe80::1", "172.32.0.1", "192.0.2.7",
		"::ffff:192.0.2.7", "100.128.0.1", "2001:db8::1", "nobody", NULL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(peers) / sizeof(*peers); i++)
		tally_add(&rx_rcar.tally, 7, peers[i], "auth", "tee-unsupported");
	assert_int_equal(flush(0), 0);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 5);
	audit_text();
	assert_non_null(strstr(records, "\"peer\":\"loopback\",\"since\":\"1970-01-01T00:00:07Z\",\"total\":3,"));
	assert_non_null(strstr(records, "\"peer\":\"private\",\"since\":\"1970-01-01T00:00:07Z\",\"total\":7,"));
	assert_non_null(strstr(records, "\"peer\":\"ipv4\",\"since\":\"1970-01-01T00:00:07Z\",\"total\":4,"));
	assert_non_null(strstr(records, "\"peer\":\"ipv6\",\"since\":\"1970-01-01T00:00:07Z\",\"total\":1,"));
	assert_non_null(strstr(records, "\"peer\":\"unknown\",\"since\":\"1970-01-01T00:00:07Z\",\"total\":2,"));
}

/* However many kinds there are, and however high they count, a record has room. */
static void test_bounds(void **state)
{
	static char words[TALLY_ROWS + 9][36];
	struct audit_entry e = { .event = "refused", .result = "counted", .peer = "loopback" };
	char *text;

	(void)state;
	for (int i = 0; i < TALLY_ROWS + 9; i++) {
		snprintf(words[i], sizeof(words[i]), "a-reason-as-long-as-they-were-%02d", i);
		tally_add(&rx_rcar.tally, 7, "127.0.0.1", "attest", words[i]);
	}
	e.sum = &rx_rcar.tally.of[0];
	assert_int_equal(e.sum->total, TALLY_ROWS + 9);
	for (int i = 0; i < TALLY_ROWS; i++)
		rx_rcar.tally.of[0].row[i].count += INT64_MAX / 64;
	rx_rcar.tally.of[0].total = INT64_MAX;
	text = audit_record(INT64_MAX, &e);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"other\":"));
	free(text);
}

/* What the database does not take stays counted. */
static void test_broken_store(void **state)
{
	(void)state;
	tally_add(&rx_rcar.tally, 7, "127.0.0.1", "auth", "tee-unsupported");
	rx_run("ALTER TABLE audit RENAME TO away");
	assert_true(flush(0) < 0);
	tally_add(&rx_rcar.tally, 8, "127.0.0.1", "auth", "tee-unsupported");
	rx_run("ALTER TABLE away RENAME TO audit");
	assert_int_equal(flush(0), 0);
	assert_non_null(strstr(audit_text(), "{\"auth\":{\"tee-unsupported\":2}}"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_strangers), T(test_evidence), T(test_classes), T(test_bounds),
		T(test_broken_store),
	};

	return rx_on_both(tests);
}
