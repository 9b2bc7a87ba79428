// SPDX-License-Identifier: MIT
/* The administration without its transport: changes and their records, the audit in pages. */
#include <string.h>

#include "exchange.h"

#include "../../userspace/broker/admin.h"

#define STRICT "{\"project\":\"clinic\",\"policy\":\"{\\\"ward-policy\\\":1}\"}"

static char answer[1 << 20];
static const uint8_t key[32] = { 0xab, 0xcd };

static int reload(void *arg, struct config_fault *fault)
{
	(void)arg, (void)fault;
	return 0;
}

static struct admin admin = { .rcar = &rx_rcar, .reload = reload };

static int ask_for(const char *method, const char *path, const char *query, const char *body)
{
	struct rcar_request req = {
		.method = method, .path = path, .query = query, .body = body, .peer = "test",
		.body_len = body ? strlen(body) : 0, .time = 1000, .client = key,
	};
	struct rcar_reply reply;

	admin_handle(&admin, &req, &reply);
	snprintf(answer, sizeof(answer), "%s", reply.body);
	free(reply.body);
	return reply.status;
}

static int ask(const char *method, const char *path, const char *body)
{
	return ask_for(method, path, NULL, body);
}

/* Where the record can't be written, nothing has changed. */
static void test_change_and_record(void **state)
{
	(void)state;
	assert_int_equal(ask("PUT", "/admin/v1/policies/first", STRICT), 200);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 1);
	rx_run("INSERT INTO resource (path, project, dataset, wrapped, changed)"
	       " SELECT 'a/b/c', 'clinic', substr(head, 1, 16), head || head || substr(head, 1, 5), 1"
	       " FROM audit");
	rx_run("UPDATE audit SET head = signature");
	assert_int_equal(ask("PUT", "/admin/v1/policies/second", STRICT), 503);
	assert_non_null(strstr(answer, "audit's last row is damaged"));
	assert_int_equal(ask("DELETE", "/admin/v1/policies/first", NULL), 503);
	assert_int_equal(ask("POST", "/admin/v1/resources/a/b/c", "{\"disabled\":true}"), 503);
	assert_int_equal(ask("DELETE", "/admin/v1/resources/a/b/c", NULL), 503);
	assert_int_equal(rx_number("SELECT count(*) FROM policy WHERE name = 'first'"), 1);
	assert_int_equal(rx_number("SELECT count(*) FROM policy"), 1);
	assert_int_equal(rx_number("SELECT disabled FROM resource"), 0);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 1);
	/* what changes no rows has been done by then, and says so */
	assert_int_equal(ask("POST", "/admin/v1/reload", NULL), 503);
	assert_non_null(strstr(answer, "done, but not recorded"));
}

/* A refusal undoes what went before it, and is recorded all the same. */
static void test_refusal_is_recorded(void **state)
{
	(void)state;
	assert_int_equal(ask("DELETE", "/admin/v1/policies/none", NULL), 404);
	assert_int_equal(ask("PUT", "/admin/v1/policies/first", "{}"), 400);
	assert_int_equal(ask("PUT", "/admin/v1/policies/first", STRICT), 200);
	assert_int_equal(ask("PUT", "/admin/v1/policies/first",
			     "{\"project\":\"others\",\"policy\":\"{\\\"ward-policy\\\":1}\"}"), 409);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 4);
	assert_int_equal(rx_number("SELECT count(*) FROM audit WHERE record LIKE '%name-taken%'"), 1);
	assert_int_equal(rx_number("SELECT count(*) FROM project WHERE name = 'others'"), 0);
	/* who only looks is not recorded */
	assert_int_equal(ask("GET", "/admin/v1/policies", NULL), 200);
	assert_int_equal(ask("GET", "/admin/v1/nothing", NULL), 404);
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 4);
}

/* Which of several administrators, and which policy, whatever the path was. */
static void test_who_and_what(void **state)
{
	static const char policy[] = "{\"type\":\"ward-policy\",\"policy_id\":\"%s\",\"policy\":"
				     "\"eyJ3YXJkLXBvbGljeSI6MX0\"}";
	char body[160];

	(void)state;
	assert_int_equal(ask("PUT", "/admin/v1/policies/first", STRICT), 200);
	assert_int_equal(rx_number("SELECT count(*) FROM audit WHERE record LIKE"
				   " '%\"client\":\"abcd00%'"), 1);
	snprintf(body, sizeof(body), policy, "second");
	assert_int_equal(ask("POST", "/kbs/v0/attestation-policy", body), 200);
	assert_int_equal(rx_number("SELECT count(*) FROM audit WHERE record LIKE"
				   " '%/attestation-policy/second%'"), 1);
	snprintf(body, sizeof(body), policy, "no name");
	assert_int_equal(ask("POST", "/kbs/v0/attestation-policy", body), 400);
	assert_int_equal(rx_number("SELECT count(*) FROM audit WHERE record LIKE"
				   " '%/attestation-policy\"%'"), 1);
	assert_int_equal(rx_number("SELECT count(*) FROM audit WHERE record LIKE '%abcd00%'"), 3);
}

static int many(struct db *db, void *arg, struct db_fault *fault)
{
	const struct audit_entry e = { .time = 1000, .event = "attest", .result = "wrong-uid" };
	int rc = 0;

	for (int i = 0; !rc && i < *(int *)arg; i++)
		rc = audit_note(db, rx_rcar.audit, &e, fault);
	return rc;
}

static int lines(const char *query, const char *begins)
{
	int n = 0;

	assert_int_equal(ask_for("GET", "/admin/v1/audit", query, NULL), 200);
	if (strncmp(answer, begins, strlen(begins)))
		fail_msg("%s: %.80s", query ? query : "", answer);
	for (const char *at = answer; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	return n;
}

static void test_pages(void **state)
{
	static const char *const wrong[] = {
		"first=0", "first=-1", "first=", "first=x", "limit=0", "limit=501", "last=7",
		"first=1;limit=2", "first=1x", "limit=9999999999999999999",
	};
	struct db_fault fault = { "" };
	int count = 2 * ADMIN_AUDIT_PAGE + 3;

	(void)state;
	assert_int_equal(lines(NULL, ""), 0);
	assert_int_equal(db_transaction(rx_rcar.db, many, &count, &fault), 0);
	assert_int_equal(lines(NULL, "{\"record\":\"{\\\"seq\\\":1,"), ADMIN_AUDIT_PAGE);
	assert_int_equal(lines("first=501", "{\"record\":\"{\\\"seq\\\":501,"), ADMIN_AUDIT_PAGE);
	assert_int_equal(lines("first=1001", "{\"record\":\"{\\\"seq\\\":1001,"), 3);
	assert_int_equal(lines("first=300&limit=300", "{\"record\":\"{\\\"seq\\\":300,"), 300);
	assert_int_equal(lines("limit=1", "{\"record\":\"{\\\"seq\\\":1,"), 1);
	assert_int_equal(lines("first=1004", ""), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (ask_for("GET", "/admin/v1/audit", wrong[i], NULL) != 400)
			fail_msg("%s", wrong[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_change_and_record), T(test_refusal_is_recorded), T(test_who_and_what), T(test_pages),
	};

	return rx_on_both(tests);
}
