// SPDX-License-Identifier: MIT
/* Who writes to the broker's database by hand: what he changed, moved or made up is refused. */
#include "broker_bench.h"
#include "exchange.h"
#include "../../userspace/broker/adopt.h"
#include "../../userspace/broker/resource.h"
#include "../../userspace/broker/store_release.h"

#define PATH	"clinic/dataset/two"
#define OTHER	"clinic/dataset/six"
#define STRICT	"{\"ward-policy\":1,\"purpose\":\"release\",\"uid\":[1]}"
#define LAX	"{\"ward-policy\":1,\"purpose\":\"release\"}"

static const uint8_t key[RESOURCE_KEY] = "the data key of another hospital";
static const struct config no_config;

static struct keyring *trusted(struct bench *b)
{
	struct keyring *k = bench_keyring(b->db, bench_file(b, "pass", "correct horse battery"));

	db_trust(b->db, keyring_rows(k));
	return k;
}

static void put(struct db *db, const struct keyring *k, const char *path)
{
	struct resource r = { .terms = { .path = (char *)path, .dataset = "data-set id 9876",
					 .uses = 3, .expires = 2000000000, .key_uses = 4 },
			      .project = "clinic" };
	struct db_fault fault = { "" };

	if (resource_put(db, k, &r, key, 77, &fault))
		fail_msg("%s", fault.text);
}

static void enter(struct db *db, const char *name, const char *json)
{
	struct db_fault fault = { "" };
	struct wv_fault wf;
	int64_t version;

	if (policy_put(db, "clinic", name, json, strlen(json), 7, &version, &wf, &fault))
		fail_msg("%s", fault.text);
}

static int found(struct db *db, const char *path)
{
	struct db_fault fault = { "" };
	struct resource r;
	int rc = resource_find(&no_config, db, path, &r, &fault);

	if (rc == -EKEYREJECTED)
		assert_non_null(strstr(fault.text, path));
	return rc;
}

/* ---- each column of a resource ------------------------------------------------------ */

#define TWO(set) "UPDATE resource SET " set " WHERE path = '" PATH "'"

static void resources(struct bench *b)
{
	static const char *const edits[] = {
		TWO("project = 'other'"), TWO("dataset = (SELECT dataset FROM spare)"),
		TWO("wrapped = (SELECT wrapped FROM resource WHERE path = '" OTHER "')"),
		TWO("policy = 'lax'"), TWO("clients = '[]'"), TWO("expires = 2000000001"),
		TWO("expires = NULL"), TWO("uses = 4"), TWO("uses = NULL"), TWO("used = 1"),
		TWO("disabled = 1"), TWO("key_uses = 5"), TWO("key_uses = NULL"),
		TWO("key_lifetime = 9"), TWO("version = 2"), TWO("changed = 78"), TWO("mac = NULL"),
		TWO("mac = (SELECT mac FROM resource WHERE path = '" OTHER "')"),
		TWO("mac = wrapped"),
	};
	struct keyring *k = trusted(b);
	struct db_fault fault = { "" };

	enter(b->db, "lax", LAX);
	put(b->db, k, PATH);
	put(b->db, k, OTHER);
	bench_run(b, "INSERT INTO project (name, created) VALUES ('other', 0)");
	bench_run(b, "CREATE TABLE spare (dataset BYTEA)");
	bench_run(b, "INSERT INTO spare SELECT wrapped FROM resource WHERE path = '" OTHER "'");
	bench_run(b, "CREATE TABLE kept AS SELECT * FROM resource");
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		assert_int_equal(found(b->db, PATH), 0);
		assert_int_equal(bench_run(b, edits[i]), 1);
		if (found(b->db, PATH) != -EKEYREJECTED)
			fail_msg("believed: %s", edits[i]);
		assert_int_equal(found(b->db, OTHER), 0);
		assert_int_equal(resource_disable(b->db, PATH, 1, 78, &fault), -EKEYREJECTED);
		bench_run(b, "DELETE FROM resource");
		bench_run(b, "INSERT INTO resource SELECT * FROM kept");
	}
	/* in another's place, and under a name that it never had */
	bench_run(b, "DELETE FROM resource WHERE path = '" OTHER "'");
	bench_run(b, "UPDATE resource SET path = '" OTHER "'");
	assert_int_equal(found(b->db, OTHER), -EKEYREJECTED);
	bench_run(b, "UPDATE resource SET path = '" PATH "'");
	assert_int_equal(resource_disable(b->db, PATH, 1, 78, &fault), 0);
	assert_int_equal(found(b->db, PATH), 0);
	keyring_close(k);
}
BENCH_ON_BOTH(resources)

/* ---- policies ----------------------------------------------------------------------- */

static void policies(struct bench *b)
{
	static const char *const edits[] = {
		"UPDATE policy SET json = (SELECT json FROM policy WHERE name = 'lax'), sha256 ="
		" (SELECT sha256 FROM policy WHERE name = 'lax') WHERE name = 'default'",
		"UPDATE policy SET json = (SELECT json FROM policy WHERE name = 'lax'), sha256 ="
		" (SELECT sha256 FROM policy WHERE name = 'lax'), mac = (SELECT mac FROM policy"
		" WHERE name = 'lax') WHERE name = 'default'",
		"UPDATE policy SET project = 'other' WHERE name = 'default'",
		"UPDATE policy SET changed = 8 WHERE name = 'default'",
		"UPDATE policy SET mac = NULL WHERE name = 'default'",
	};
	struct keyring *k = trusted(b);
	struct attested who = { .policy_count = 2 };
	struct db_fault fault = { "" };
	uint8_t sha256[32];

	enter(b->db, "default", STRICT);
	enter(b->db, "lax", LAX);
	EVP_Digest(STRICT, strlen(STRICT), sha256, NULL, EVP_sha256(), NULL);
	memcpy(who.policies[0], sha256, ATTESTED_POLICY_ID);
	EVP_Digest(LAX, strlen(LAX), sha256, NULL, EVP_sha256(), NULL);
	memcpy(who.policies[1], sha256, ATTESTED_POLICY_ID);
	bench_run(b, "INSERT INTO project (name, created) VALUES ('other', 0)");
	bench_run(b, "CREATE TABLE kept AS SELECT * FROM policy");
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		struct policies *p = policies_new();

		assert_int_equal(policies_refresh(p, b->db, &fault), 0);
		assert_false(policies_damaged(p, "default"));
		assert_int_equal(policies_stand(b->db, "lax", sha256, &who, &fault), 0);
		assert_int_equal(bench_run(b, edits[i]), 1);
		assert_int_equal(policies_stand(b->db, "lax", sha256, &who, &fault), -EKEYREJECTED);
		assert_int_equal(policies_refresh(p, b->db, &fault), 0);	/* parsed before */
		if (!policies_damaged(p, "default"))
			fail_msg("believed: %s", edits[i]);
		assert_false(policies_damaged(p, "lax"));
		bench_run(b, "DELETE FROM policy");
		bench_run(b, "INSERT INTO policy SELECT * FROM kept");
		policies_free(p);
	}
	keyring_close(k);
}
BENCH_ON_BOTH(policies)

/* ---- a database of before ------------------------------------------------------------ */

/* What a broker had that knew no MACs: version 3 of the tables. */
static void back_to_three(struct bench *b)
{
	static const char *const tables[] = { "resource", "policy", "use_count", "counter" };
	char sql[80];

	for (int i = 0; i < 4; i++) {
		snprintf(sql, sizeof(sql), "ALTER TABLE %s DROP COLUMN mac", tables[i]);
		bench_run(b, sql);
	}
	bench_run(b, "DROP TABLE session");
	bench_run(b, "CREATE TABLE session (id BYTEA PRIMARY KEY, nonce BYTEA NOT NULL UNIQUE,"
		  " state BIGINT NOT NULL, started BIGINT NOT NULL, who TEXT)");
	bench_run(b, "INSERT INTO session SELECT wrapped, wrapped, 3, 99, '{}' FROM resource");
	bench_run(b, "UPDATE ward_schema SET version = 3");
}

static void before(struct bench *b)
{
	struct keyring *k = trusted(b);
	struct db_fault fault = { "" };
	struct audit *audit = NULL;
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);
	const struct audit_entry e = { .time = 1, .event = "admin", .result = "ok" };

	assert_int_equal(audit_open(b->db, &audit, &fault), 0);
	assert_int_equal(audit_note(b->db, audit, &e, &fault), 0);
	put(b->db, k, PATH);
	enter(b->db, "lax", LAX);
	bench_run(b, "INSERT INTO use_count (path, used) VALUES ('a/b/c', 5)");
	bench_run(b, "INSERT INTO counter (path, value) VALUES ('a/b/c', 6)");
	back_to_three(b);
	if (schema_bring_up(b->db, &fault))
		fail_msg("%s", fault.text);
	assert_int_equal(bench_run(b, "SELECT seq FROM audit"), 1);
	assert_int_equal(bench_run(b, "SELECT id FROM session"), 0);
	assert_int_equal(found(b->db, PATH), -EKEYREJECTED);
	assert_int_equal(adopt_find(b->db, &fault), 4);
	assert_non_null(strstr(fault.text, PATH));
	assert_int_equal(adopt_all(b->db, audit, 2, out, &fault), 4);
	fclose(out);
	assert_string_equal(said, "resource " PATH "\npolicy lax\nuse_count a/b/c\ncounter a/b/c\n");
	assert_int_equal(found(b->db, PATH), 0);
	assert_int_equal(adopt_find(b->db, &fault), 0);
	assert_int_equal(bench_run(b, "SELECT seq FROM audit"), 5);
	assert_int_equal(bench_run(b, "SELECT seq FROM audit WHERE record LIKE '%\"adopt\"%"
				   "use_count/a/b/c%'"), 1);
	free(said);
	audit_close(audit);
	keyring_close(k);
}
BENCH_ON_BOTH(before)

/* What no broker could have written is not adopted, nor shown as it is. */
static void names(struct bench *b)
{
	static const char *const edits[] = {
		"INSERT INTO counter (path, value) VALUES ('a/b/c' ||  chr(27) || '[2K', 1)",
		"INSERT INTO use_count (path, used) VALUES ('a/b', 1)",
		"INSERT INTO policy (name, project, json, sha256, changed)"
		" VALUES ('lax ' ||  chr(10) || 'x', 'clinic', '', '', 1)",
		"INSERT INTO counter (path, value) VALUES ('a/b/c', 1.5)",	/* SQLite keeps it */
	};
	const size_t count = sizeof(edits) / sizeof(*edits) -
			     (strcmp(db_scheme(b->db), "sqlite") ? 1 : 0);
	struct keyring *k = trusted(b);
	struct db_fault fault = { "" };
	struct audit *audit = NULL;
	char *said = NULL, sql[256], *at;
	size_t len;
	FILE *out = open_memstream(&said, &len);

	assert_int_equal(audit_open(b->db, &audit, &fault), 0);
	put(b->db, k, PATH);
	bench_run(b, "UPDATE resource SET mac = NULL");
	for (size_t i = 0; i < count; i++) {
		snprintf(sql, sizeof(sql), "%s", edits[i]);
		at = strstr(sql, "chr(");
		if (at && !strcmp(db_scheme(b->db), "sqlite"))
			memcpy(at - 1, "char", 4);
		bench_run(b, sql);
		assert_int_equal(adopt_all(b->db, audit, 2, out, &fault), -EKEYREJECTED);
		assert_null(strpbrk(fault.text, "\x1b\n"));
		assert_int_equal(found(b->db, PATH), -EKEYREJECTED);
		bench_run(b, "DELETE FROM counter");
		bench_run(b, "DELETE FROM use_count");
		bench_run(b, "DELETE FROM policy");
	}
	assert_int_equal(adopt_all(b->db, audit, 2, out, &fault), 1);
	fclose(out);
	assert_string_equal(said, "resource " PATH "\n");
	free(said);
	audit_close(audit);
	keyring_close(k);
}
BENCH_ON_BOTH(names)

/* ---- exchanges ----------------------------------------------------------------------- */

static struct keyring *ring;
static char pass[] = "/tmp/ward-pass-XXXXXX";

static int with_keyring(void **state)
{
	int fd = mkstemp(strcpy(pass, "/tmp/ward-pass-XXXXXX"));

	if (rx_setup(state) || write(fd, "correct horse battery", 21) != 21 || close(fd))
		return -1;
	ring = bench_keyring(rx_rcar.db, pass);
	rx_rcar.keyring = ring;
	db_trust(rx_rcar.db, keyring_rows(ring));
	return 0;
}

static int without_keyring(void **state)
{
	db_trust(rx_rcar.db, NULL);
	rx_rcar.keyring = NULL;
	keyring_close(ring);
	unlink(pass);
	rx_run("DELETE FROM shared WHERE name LIKE 'keyring%'");
	rx_run("DELETE FROM counter");
	return rx_teardown(state);
}

static void attested(struct rx *x)
{
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
}

/* Refused with a reason of its own, and the audit says so. */
static void not_authentic(void)
{
	assert_int_equal(rx_reply.status, 500);
	assert_string_equal(rx_member("reason"), "row-not-authentic");
	assert_int_equal(rx_number("SELECT count(*) FROM audit WHERE record LIKE"
				   " '%row-not-authentic%'"), 1);
}

/* He who may write makes himself attested: by another's words, or by another's row. */
static void test_session_of_another(void **state)
{
	static const char *const edits[] = {
		"UPDATE session SET state = 3, who = (SELECT who FROM session WHERE who IS NOT NULL)",
		"UPDATE session SET state = 3, who = (SELECT who FROM session WHERE who IS NOT NULL),"
		" mac = (SELECT mac FROM session WHERE who IS NOT NULL)",
		"UPDATE session SET started = started + 1", "UPDATE session SET mac = NULL",
	};
	struct rx *x = *state;

	attested(x);
	rx_auth(x);
	rx_run("CREATE TABLE kept AS SELECT * FROM session");
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		rx_run(edits[i]);
		assert_int_equal(rx_get(x), 500);
		not_authentic();
		rx_run("DELETE FROM session");
		rx_run("INSERT INTO session SELECT * FROM kept");
		rx_run("DELETE FROM audit");
	}
	rx_run("DROP TABLE kept");
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(rx_get(x), 200);
}

static void test_use_counts(void **state)
{
	struct rx *x = *state;

	rx_resource.uses = 2;
	attested(x);
	assert_int_equal(rx_get(x), 200);
	rx_run("UPDATE use_count SET used = 0");
	assert_int_equal(rx_get(x), 500);
	not_authentic();
	assert_int_equal(rx_log_lines(), 1);
	assert_int_equal(rx_number("SELECT used FROM use_count"), 0);
	rx_run("UPDATE use_count SET used = 1");
	assert_int_equal(rx_get(x), 200);
	assert_int_equal(rx_get(x), 403);
}

static void test_stored_uses(void **state)
{
	static const char path[] = "/kbs/v0/resource/" PATH;
	struct rx *x = *state;

	put(rx_rcar.db, ring, PATH);
	attested(x);
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 200);
	rx_run("UPDATE resource SET used = 0");
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 500);
	not_authentic();
	rx_run("UPDATE resource SET used = 1");
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 200);
	rx_run("UPDATE resource SET used = 2, uses = 30");
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 500);
}

static void test_counters(void **state)
{
	static const char path[] = "/kbs/v0/counter/" RX_PATH;
	struct rx *x = *state;

	attested(x);
	assert_int_equal(rx_call("POST", path, x->cookie, NULL, "{\"at\":1}", x->now), 200);
	assert_int_equal(rx_call("POST", path, x->cookie, NULL, "{\"at\":2}", x->now), 200);
	rx_run("UPDATE counter SET value = 1");
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 500);
	not_authentic();
	assert_int_equal(rx_call("POST", path, x->cookie, NULL, "{\"at\":2}", x->now), 500);
	rx_run("UPDATE counter SET value = 2");
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 200);
}

#define BOTH(name) cmocka_unit_test(name##_on_sqlite), cmocka_unit_test(name##_on_postgres)
#define EXCHANGE(name) cmocka_unit_test_setup_teardown(name, with_keyring, without_keyring)

int main(void)
{
	const struct CMUnitTest rows[] = { BOTH(resources), BOTH(policies), BOTH(before),
					     BOTH(names) };
	const struct CMUnitTest exchanges[] = {
		EXCHANGE(test_session_of_another), EXCHANGE(test_use_counts),
		EXCHANGE(test_stored_uses), EXCHANGE(test_counters),
	};
	int rc = cmocka_run_group_tests(rows, bench_server_start, bench_server_stop);

	return cmocka_run_group_tests(exchanges, rx_group_setup, rx_group_teardown) + rc;
}
