// SPDX-License-Identifier: MIT
/* The administration without its transport: changes and their records, the audit in pages. */
#include <string.h>

#include "broker_bench.h"
#include "exchange.h"

#include "../../userspace/broker/admin.h"
#include "../../userspace/broker/resource.h"

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

/* ---- the listing of resources -------------------------------------------------------- */

static char pass[80];
static struct keyring *ring;

static void trusted(void)
{
	FILE *f;

	snprintf(pass, sizeof(pass), "%s.pass", rx_log_path);
	f = fopen(pass, "w");
	assert_true(f && fputs("correct horse battery", f) >= 0 && !fchmod(fileno(f), 0600));
	assert_int_equal(fclose(f), 0);
	ring = bench_keyring(rx_rcar.db, pass);
	rx_rcar.keyring = ring;
	db_trust(rx_rcar.db, keyring_rows(ring));
}

static void trusted_no_more(void)
{
	db_trust(rx_rcar.db, NULL);
	rx_rcar.keyring = NULL;
	keyring_close(ring);
	assert_int_equal(unlink(pass), 0);
	rx_run("DELETE FROM shared WHERE name LIKE 'keyring%'");
	rx_run("DELETE FROM resource");
}

/* c/d/NNN, out of order; and rows that no path leads to, wherever they stand. */
static int fill(struct db *db, void *arg, struct db_fault *fault)
{
	static const uint8_t data_key[RESOURCE_KEY] = "not what is looked for here";
	char path[RESOURCE_PATH_MAX];
	int rc = 0, n = *(int *)arg;

	for (int i = 0; !rc && i < n; i++) {
		struct resource r = { .terms = { .path = path, .uses = 3 }, .project = "clinic" };

		snprintf(path, sizeof(path), "c/d/%03d", i * 7 % n);
		rc = resource_put(db, rx_rcar.keyring, &r, data_key, 1000, fault);
	}
	return rc;
}

static void strangers(int n)
{
	char sql[512];

	for (int i = 0; i < n; i++) {
		snprintf(sql, sizeof(sql), "INSERT INTO resource (path, project, dataset, wrapped, changed)"
			 " SELECT '%s' || %d, project, dataset, wrapped, 1 FROM resource WHERE path ="
			 " 'c/d/000'", i % 2 ? "a b " : "c/d/e/", i);
		rx_run(sql);
	}
}

/* Whether the page is @count resources from c/d/@first on; what it says of @unusable ones. */
static void page_is(const char *query, int first, int count, int unusable)
{
	char path[32];
	json_t *list;
	size_t i;

	assert_int_equal(ask_for("GET", "/admin/v1/resources", query, NULL), 200);
	list = json_loads(answer, 0, NULL);
	assert_int_equal(json_array_size(list), count);
	for (i = 0; i < (size_t)count; i++) {
		const json_t *o = json_array_get(list, i);

		snprintf(path, sizeof(path), "c/d/%03d", first + (int)i);
		assert_string_equal(json_string_value(json_object_get(o, "path")), path);
		unusable -= json_object_get(o, "unusable") != NULL;
		assert_int_equal(json_object_size(o), json_object_get(o, "unusable") ? 2 : 7);
	}
	assert_int_equal(unusable, 0);
	json_decref(list);
}

static void test_resources_in_pages(void **state)
{
	static const char *const wrong[] = {
		"after=", "after=a", "after=a/b/", "after=a%2fb", "after=a b", "limit=0", "limit=501",
		"limit=", "limit=-1", "limit=1x", "limit=0001", "first=1", "after=a/b/c;limit=1",
	};
	int n = ADMIN_RESOURCE_PAGE + 3;
	struct db_fault fault = { "" };

	(void)state;
	trusted();
	page_is(NULL, 0, 0, 0);
	if (db_transaction(rx_rcar.db, fill, &n, &fault))
		fail_msg("%s", fault.text);
	page_is(NULL, 0, ADMIN_RESOURCE_PAGE, 0);
	page_is("after=c/d/499", 500, 3, 0);
	page_is("after=c/d/502", 503, 0, 0);
	page_is("after=a/a/a&limit=2", 0, 2, 0);
	page_is("limit=100&after=c%2Fd%2f009", 10, 100, 0);
	strangers(11);
	page_is("limit=7", 0, 7, 0);
	page_is("after=c/d/499&limit=4", 500, 3, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (ask_for("GET", "/admin/v1/resources", wrong[i], NULL) != 400)
			fail_msg("%s", wrong[i]);
	trusted_no_more();
}

static int says(const char *text)
{
	return strstr(answer, text) != NULL;
}

/* Rows that somebody wrote by hand are shown as that, and hide no others. */
static void test_unusable_rows(void **state)
{
	struct db_fault fault = { "" };
	int n = 4;

	(void)state;
	trusted();
	assert_int_equal(db_transaction(rx_rcar.db, fill, &n, &fault), 0);
	rx_run("UPDATE resource SET uses = 30 WHERE path = 'c/d/000'");
	rx_run("UPDATE resource SET mac = NULL WHERE path = 'c/d/002'");
	page_is(NULL, 0, 4, 2);
	assert_true(says("{\"path\":\"c/d/000\",\"unusable\":\"row-not-authentic\"},{\"path\":\"c/d/001\",\"p"));
	assert_true(says("{\"path\":\"c/d/002\",\"unusable\":\"row-not-authentic\"},{\"path\":\"c/d/003\",\"p"));
	db_trust(rx_rcar.db, NULL);
	rx_run("UPDATE resource SET dataset = wrapped WHERE path = 'c/d/001'");
	page_is(NULL, 0, 4, 1);
	assert_true(says("{\"path\":\"c/d/001\",\"unusable\":\"row-damaged\"}"));
	db_trust(rx_rcar.db, keyring_rows(ring));

	assert_int_equal(ask("PUT", "/admin/v1/policies/first", STRICT), 200);
	assert_int_equal(ask("PUT", "/admin/v1/policies/second", STRICT), 200);
	rx_run("UPDATE policy SET changed = 8 WHERE name = 'first'");
	assert_int_equal(ask("GET", "/admin/v1/policies", NULL), 200);
	assert_true(says("[{\"name\":\"first\",\"unusable\":\"row-not-authentic\"},{\"name\":\"second\","
			 "\"project\":\"clinic\""));
	assert_int_equal(ask("GET", "/admin/v1/policies/first", NULL), 200);
	assert_true(says("\"policy\":\"{\\\"ward-policy\\\":1}\"") &&
		    says(",\"unusable\":\"row-not-authentic\"}"));
	assert_int_equal(ask("GET", "/admin/v1/policies/second", NULL), 200);
	assert_true(says("\"policy\":\"{") && !says("unusable"));
	trusted_no_more();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_change_and_record), T(test_refusal_is_recorded), T(test_who_and_what), T(test_pages),
		T(test_resources_in_pages), T(test_unusable_rows),
	};

	return rx_on_both(tests);
}
