// SPDX-License-Identifier: MIT
/* Resources and policies of the database: rows, what is damaged, what is released. */
#include "broker_bench.h"
#include "exchange.h"
#include "../../userspace/broker/metrics.h"
#include "../../userspace/broker/resource.h"
#include "../../userspace/broker/store_release.h"

#define PATH "clinic/dataset/two"
#define SQL_WRAPPED "UPDATE resource SET wrapped = (SELECT wrapped FROM resource WHERE path = 'a/b/d')" \
		    " WHERE path = '" PATH "'"

static const uint8_t key[RESOURCE_KEY] = "the data key of another hospital";
static const struct config no_config;

static struct resource sample(const char *path)
{
	struct resource r = { .terms = { .path = (char *)path, .dataset = "data-set id 9876" },
			      .project = "clinic" };

	return r;
}

static int put(struct db *db, const struct keyring *k, struct resource *r)
{
	struct db_fault fault = { "" };
	int rc = resource_put(db, k, r, key, 77, &fault);

	if (rc == -EIO)
		fail_msg("%s", fault.text);
	return rc;
}

static int found(struct db *db, struct resource *r)
{
	struct db_fault fault = { "" };

	return resource_find(&no_config, db, PATH, r, &fault);
}

/* ---- rows -------------------------------------------------------------------------- */

static void comes_and_goes(struct bench *b)
{
	struct keyring *k = bench_keyring(b->db, bench_file(b, "pass", "correct horse battery"));
	uint8_t clients[2][32] = { { 1 }, { 2 } }, out[RESOURCE_KEY];
	struct resource r = sample(PATH), back;
	struct db_fault fault = { "" };

	r.terms.clients = clients;
	r.terms.client_count = 2;
	r.terms.expires = 2000000000;
	r.terms.uses = 3;
	r.terms.key_uses = 4;
	assert_int_equal(found(b->db, &back), -ENOENT);
	assert_int_equal(put(b->db, NULL, &r), -ENOKEY);
	assert_int_equal(put(b->db, k, &r), 0);
	assert_int_equal(put(b->db, k, &r), -EEXIST);
	assert_int_equal(found(b->db, &back), 0);
	assert_string_equal(back.terms.path, PATH);
	assert_string_equal(back.project, "clinic");
	assert_null(back.terms.policy);
	assert_memory_equal(back.terms.dataset, r.terms.dataset, 16);
	assert_int_equal(back.terms.client_count, 2);
	assert_memory_equal(back.terms.clients, clients, sizeof(clients));
	assert_int_equal(back.terms.expires, 2000000000);
	assert_int_equal(back.terms.uses, 3);
	assert_int_equal(back.terms.key_uses, 4);
	assert_int_equal(back.terms.key_lifetime, 0);
	assert_int_equal(back.disabled + back.used, 0);
	assert_int_equal(resource_key(&back, k, out), 0);
	assert_memory_equal(out, key, sizeof(key));
	assert_int_equal(resource_key(&back, NULL, out), -ENOKEY);
	assert_int_equal(resource_disable(b->db, PATH, 1, 78, &fault), 0);
	assert_int_equal(found(b->db, &back), 0);
	assert_int_equal(back.disabled, 1);
	assert_int_equal(resource_disable(b->db, "a/b/none", 1, 78, &fault), -ENOENT);
	assert_int_equal(resource_drop(b->db, PATH, &fault), 0);
	assert_int_equal(resource_drop(b->db, PATH, &fault), -ENOENT);
	assert_int_equal(found(b->db, &back), -ENOENT);
	keyring_close(k);
}
BENCH_ON_BOTH(comes_and_goes)

static void refused_rows(struct bench *b)
{
	struct keyring *k = bench_keyring(b->db, bench_file(b, "pass", "correct horse battery"));
	struct resource r = sample("../etc/passwd");

	assert_int_equal(put(b->db, k, &r), -EINVAL);
	r = sample(PATH);
	strcpy(r.project, "a b");
	assert_int_equal(put(b->db, k, &r), -EINVAL);
	r = sample(PATH);
	r.terms.key_lifetime = 1ull << 55;	/* in nanoseconds it is 2^64 times something: none */
	assert_int_equal(put(b->db, k, &r), -ERANGE);
	r = sample(PATH);
	r.terms.policy = (char *)"none";
	assert_int_equal(put(b->db, k, &r), -ENOENT);
	assert_int_equal(bench_run(b, "SELECT path FROM resource"), 0);
	assert_int_equal(bench_run(b, "SELECT name FROM project"), 0);
	keyring_close(k);
}
BENCH_ON_BOTH(refused_rows)

static void another_key(struct bench *b)
{
	static const uint8_t second[RESOURCE_KEY] = "the key that took its place here";
	struct keyring *k = bench_keyring(b->db, bench_file(b, "pass", "correct horse battery"));
	struct resource r = sample(PATH), back;
	struct db_fault fault = { "" };
	uint8_t out[RESOURCE_KEY];
	int64_t version = 0;

	assert_int_equal(resource_renew(b->db, k, PATH, second, 5, &version, &fault), -ENOENT);
	r.terms.uses = 3;
	assert_int_equal(resource_replace(b->db, k, &r, key, 5, &version, &fault), 0);
	assert_int_equal(version, 1);
	bench_run(b, "UPDATE resource SET used = 2, disabled = 1");
	assert_int_equal(resource_renew(b->db, k, PATH, second, 6, &version, &fault), 0);
	assert_int_equal(version, 2);
	assert_int_equal(found(b->db, &back), 0);
	assert_int_equal(back.terms.uses, 3);
	assert_int_equal(back.version, 2);
	assert_int_equal(resource_key(&back, k, out), 0);
	assert_memory_equal(out, second, sizeof(out));
	r.terms.uses = 0;
	assert_int_equal(resource_replace(b->db, k, &r, key, 7, &version, &fault), 0);
	assert_int_equal(version, 3);
	assert_int_equal(found(b->db, &back), 0);
	assert_int_equal(back.terms.uses, 0);
	assert_int_equal(back.used, 2);	/* counted and disabled as before */
	assert_int_equal(back.disabled, 1);
	assert_int_equal(resource_key(&back, k, out), 0);
	assert_memory_equal(out, key, sizeof(out));
	assert_int_equal(put(b->db, k, &r), -EEXIST);
	assert_int_equal(resource_renew(b->db, NULL, PATH, second, 8, &version, &fault), -ENOKEY);
	assert_int_equal(resource_renew(b->db, k, "a/../b", second, 8, &version, &fault), -EINVAL);
	keyring_close(k);
}
BENCH_ON_BOTH(another_key)

#define REALS 7	/* the last of them */

static void damaged(struct bench *b)
{
	static const char *const changes[] = {
		"UPDATE resource SET expires = 0", "UPDATE resource SET uses = -1",
		"UPDATE resource SET uses = 0", "UPDATE resource SET used = -1",
		"UPDATE resource SET clients = '[]'", "UPDATE resource SET clients = '[\"00\"]'",
		"UPDATE resource SET clients = ''", "UPDATE resource SET key_uses = 0",
		"UPDATE resource SET dataset = wrapped", "UPDATE resource SET dataset = NULL",
		"UPDATE resource SET wrapped = dataset",
		/* to SQLite, a column's type is a wish: these stay what they are */
		"UPDATE resource SET expires = 9e99", "UPDATE resource SET uses = 2.5",
		"UPDATE resource SET uses = 9e99", "UPDATE resource SET used = 0.5",
		"UPDATE resource SET disabled = 0.5", "UPDATE resource SET key_uses = 9e99",
		"UPDATE resource SET key_lifetime = 0.5",
	};
	const size_t count = sizeof(changes) / sizeof(*changes) -
			     (strcmp(db_scheme(b->db), "sqlite") ? REALS : 0);
	struct keyring *k = bench_keyring(b->db, bench_file(b, "pass", "correct horse battery"));
	struct db_fault fault = { "" };
	uint8_t out[RESOURCE_KEY];
	struct resource r, other;

	for (size_t i = 0; i < count; i++) {
		r = sample(PATH);
		assert_int_equal(put(b->db, k, &r), 0);
		bench_run(b, changes[i]);
		if (found(b->db, &r) != -EBADMSG)
			fail_msg("%s", changes[i]);
		assert_int_equal(resource_drop(b->db, PATH, &fault), 0);
	}
	/* A key that was moved under another path's terms stays closed. */
	r = sample(PATH);
	other = sample("a/b/d");
	assert_int_equal(put(b->db, k, &r), 0);
	assert_int_equal(put(b->db, k, &other), 0);
	bench_run(b, SQL_WRAPPED);
	assert_int_equal(found(b->db, &r), 0);
	assert_int_equal(resource_key(&r, k, out), -EBADMSG);
	keyring_close(k);
}
BENCH_ON_BOTH(damaged)

static void wrong_keyring(struct bench *b)
{
	struct keyring *k = bench_keyring(b->db, bench_file(b, "pass", "correct horse battery")), *other;
	struct resource r = sample(PATH);
	uint8_t out[RESOURCE_KEY];
	struct bench elsewhere;

	assert_int_equal(put(b->db, k, &r), 0);
	keyring_close(k);
	assert_int_equal(bench_start(&elsewhere, 0), 0);
	other = bench_keyring(elsewhere.db, bench_file(b, "pass", "correct horse battery"));
	assert_int_equal(found(b->db, &r), 0);
	assert_int_equal(resource_key(&r, other, out), -EKEYREJECTED);
	keyring_close(other);
	bench_end(&elsewhere);
}
BENCH_ON_BOTH(wrong_keyring)

static void key_in_no_file(void **state)
{
	static const char base64[] = "dGhlIGRhdGEga2V5IG9mIGFub3RoZXIgaG9zcGl0YW";
	struct keyring *k;
	struct resource r = sample(PATH);
	char hex[2 * sizeof(key) + 1];
	struct bench b;

	(void)state;
	assert_int_equal(bench_start(&b, 0), 0);
	k = bench_keyring(b.db, bench_file(&b, "pass", "correct horse battery"));
	assert_int_equal(put(b.db, k, &r), 0);
	for (size_t i = 0; i < sizeof(key); i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	assert_int_equal(bench_holds(&b, key, sizeof(key)), 0);
	assert_int_equal(bench_holds(&b, hex, 32), 0);
	assert_int_equal(bench_holds(&b, base64, 40), 0);
	assert_true(bench_holds(&b, PATH, strlen(PATH)));	/* it would have been seen */
	keyring_close(k);
	bench_end(&b);
}

/* ---- policies ---------------------------------------------------------------------- */

static int64_t version;	/* of what was entered last */

static int enter(struct db *db, const char *project, const char *name, const char *json)
{
	struct db_fault fault = { "" };
	struct wv_fault wf;
	int rc = policy_put(db, project, name, json, strlen(json), 5, &version, &wf, &fault);

	if (rc == -EIO)
		fail_msg("%s", fault.text);
	return rc;
}

static void policies(struct bench *b)
{
	struct keyring *k = bench_keyring(b->db, bench_file(b, "pass", "correct horse battery"));
	struct policies *p = policies_new();
	struct resource r = sample(PATH);
	struct db_fault fault = { "" };
	uint8_t first[32], second[32];
	const struct wv_policy *parsed;
	char name[8];

	assert_int_equal(enter(b->db, "clinic", "strict", "{\"ward-policy\":2}"), -EINVAL);
	assert_int_equal(enter(b->db, "clinic", "a b", "{\"ward-policy\":1}"), -EINVAL);
	assert_int_equal(enter(b->db, "clinic", "strict", "{\"ward-policy\":1}"), 0);
	assert_int_equal(enter(b->db, "others", "strict", "{\"ward-policy\":1}"), -EXDEV);
	assert_int_equal(policies_refresh(p, b->db, &fault), 0);
	parsed = policies_find(p, "strict", first);
	assert_non_null(parsed);
	assert_null(policies_find(p, "none", second));
	assert_int_equal(policies_refresh(p, b->db, &fault), 0);
	assert_ptr_equal(policies_find(p, "strict", second), parsed);	/* not parsed again */
	assert_int_equal(enter(b->db, "clinic", "strict", "{\"ward-policy\":1,\"uid\":[1]}"), 0);
	assert_int_equal(policies_refresh(p, b->db, &fault), 0);
	assert_non_null(policies_find(p, "strict", second));
	assert_memory_not_equal(first, second, 32);
	r.terms.policy = (char *)"strict";
	assert_int_equal(put(b->db, k, &r), 0);
	assert_int_equal(policy_drop(b->db, "strict", &fault), -EBUSY);
	assert_int_equal(resource_drop(b->db, PATH, &fault), 0);
	assert_int_equal(policy_drop(b->db, "strict", &fault), 0);
	assert_int_equal(policy_drop(b->db, "strict", &fault), -ENOENT);
	assert_int_equal(policies_refresh(p, b->db, &fault), 0);
	assert_null(policies_find(p, "strict", second));
	for (int i = 0; i < ATTESTED_POLICIES_MAX; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(enter(b->db, "clinic", name, "{\"ward-policy\":1}"), 0);
	}
	assert_int_equal(enter(b->db, "clinic", "more", "{\"ward-policy\":1}"), -ENOSPC);
	assert_int_equal(enter(b->db, "clinic", "p0", "{\"ward-policy\":1}"), 0);
	assert_int_equal(policies_refresh(p, b->db, &fault), 0);
	bench_run(b, "UPDATE policy SET json = '{\"ward-policy\":1 }' WHERE name = 'p7'");
	bench_run(b, "UPDATE policy SET sha256 = (SELECT sha256 FROM policy WHERE name = 'p7') || sha256"
		  " WHERE name = 'p8'");
	/* those alone are lost, and come back with another text */
	policies_free(p);
	p = policies_new();
	assert_int_equal(policies_refresh(p, b->db, &fault), 0);
	assert_true(policies_damaged(p, "p7") && !policies_find(p, "p7", second));
	assert_true(policies_damaged(p, "p8") && !policies_damaged(p, "p9"));
	assert_non_null(policies_find(p, "p9", second));
	assert_int_equal(policies_damaged(p, "none"), 0);
	assert_int_equal(enter(b->db, "clinic", "p7", "{\"ward-policy\":1,\"uid\":[3]}"), 0);
	assert_int_equal(policies_refresh(p, b->db, &fault), 0);
	assert_non_null(policies_find(p, "p7", second));
	policies_free(p);
	keyring_close(k);
}
BENCH_ON_BOTH(policies)

/* Each text once, under a number that goes on when the name was given up. */
static void policy_versions(struct bench *b)
{
	struct db_fault fault = { "" };

	for (int i = 1; i <= 3; i++) {
		assert_int_equal(enter(b->db, "clinic", "strict", "{\"ward-policy\":1}"), 0);
		assert_int_equal(version, 1);
	}
	assert_int_equal(enter(b->db, "clinic", "strict", "{\"ward-policy\":1,\"uid\":[1]}"), 0);
	assert_int_equal(version, 2);
	assert_int_equal(enter(b->db, "clinic", "strict", "{\"ward-policy\":1}"), 0);
	assert_int_equal(version, 3);
	assert_int_equal(policy_drop(b->db, "strict", &fault), 0);
	assert_int_equal(enter(b->db, "clinic", "strict", "{\"ward-policy\":1}"), 0);
	assert_int_equal(version, 4);
	assert_int_equal(enter(b->db, "clinic", "other", "{\"ward-policy\":1}"), 0);
	assert_int_equal(version, 1);
	assert_int_equal(enter(b->db, "others", "other", "{\"ward-policy\":1,\"uid\":[1]}"), -EXDEV);
	assert_int_equal(bench_run(b, "SELECT json FROM policy_version"), 5);
	assert_int_equal(bench_run(b, "SELECT json FROM policy_version WHERE name = 'strict' AND"
				   " version = 2 AND json = '{\"ward-policy\":1,\"uid\":[1]}'"), 1);
}
BENCH_ON_BOTH(policy_versions)

/* ---- released ---------------------------------------------------------------------- */

/* The exchange's resource asks for more; a worker with good evidence comes. */
static int get(struct rx *x)
{
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	return rx_get(x);
}

static void test_policy_of_a_resource(void **state)
{
	struct rx *x = *state;

	rx_resource.policy = (char *)"strict";
	assert_int_equal(get(x), 403);
	rx_refused(403, "policy-unmet");	/* there is none */
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY(",\"uid\":[1]")), -EINVAL);
	assert_int_equal(enter(rx_rcar.db, "p", "strict", "{\"ward-policy\":1,\"uid\":[77],"
			       "\"accept_unmeasured\":true,\"allow_tee\":[\"simulated-snp\"]}"), 0);
	assert_int_equal(get(x), 403);
	rx_refused(403, "policy-unmet");
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY("")), 0);
	assert_int_equal(rx_get(x), 403);	/* that evidence was not judged by it */
	rx_refused(403, "policy-unmet");
	assert_int_equal(get(x), 200);
	rx_check_release(x, 0);
	/* another text under the name: what was shown does not count any more */
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY("") " "), 0);
	assert_int_equal(rx_get(x), 403);
	assert_int_equal(rx_log_lines(), 1);
}

/* One that can't be parsed keeps what asks for it, and nothing else; said once. */
static void test_damaged_policy(void **state)
{
	struct rx *x = *state;
	char *text;

	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY("")), 0);
	rx_run("UPDATE policy SET json = '{'");
	policies_free(rx_rcar.policies);
	rx_rcar.policies = policies_new();
	rx_resource.policy = (char *)"strict";
	assert_int_equal(get(x), 403);
	rx_refused(403, "policy-unusable");
	rx_resource.policy = NULL;
	assert_int_equal(rx_get(x), 200);
	rx_resource.policy = (char *)"strict";
	text = metrics_text(&(struct metrics_now){ .sessions = 0 });
	assert_non_null(strstr(text, "\nward_broker_policies_damaged 1\n"));
	free(text);
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY(" ")), 0);
	assert_int_equal(get(x), 200);
}

static void test_policy_by_token(void **state)
{
	struct rx *x = *state;
	char *token;

	rx_resource.policy = (char *)"strict";
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY("")), 0);
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	token = strdup(rx_member("token"));
	assert_int_equal(rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now), 200);
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY("") " "), 0);
	assert_int_equal(rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now), 403);
	free(token);
}

/* Two names are asked of everybody: one of all evidence, one of all releases. */
static void test_policies_for_all(void **state)
{
	static const char other[] = "{\"ward-policy\":1,\"uid\":[77],\"accept_unmeasured\":true,"
				    "\"allow_tee\":[\"simulated-snp\"]}";
	struct db_fault fault = { "" };
	struct rx *x = *state;

	assert_int_equal(enter(rx_rcar.db, "p", POLICY_RESOURCES, other), 0);
	assert_int_equal(get(x), 403);
	rx_refused(403, "policy-unmet");
	assert_int_equal(enter(rx_rcar.db, "p", POLICY_RESOURCES, RX_POLICY("")), 0);
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(enter(rx_rcar.db, "p", POLICY_DEFAULT, other), 0);
	assert_int_equal(rx_get(x), 403);	/* live at once, for what was attested before, too */
	rx_refused(403, "policy-unmet");
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 401);
	rx_refused(401, "wrong-uid");
	assert_int_equal(policy_drop(rx_rcar.db, POLICY_DEFAULT, &fault), 0);
	assert_int_equal(get(x), 200);
}

static void test_clients(void **state)
{
	static uint8_t listed[2][32] = { { 7 }, { 8 } }, stranger[32] = { 9 };
	struct rx *x = *state;

	rx_resource.clients = listed;
	rx_resource.client_count = 2;
	assert_int_equal(get(x), 403);
	rx_refused(403, "client-refused");
	rx_client = stranger;
	assert_int_equal(rx_get(x), 403);
	rx_refused(403, "client-refused");
	rx_client = listed[1];
	assert_int_equal(rx_get(x), 200);
}

static void test_expired(void **state)
{
	struct rx *x = *state;

	rx_resource.expires = 1;
	assert_int_equal(get(x), 403);
	rx_refused(403, "resource-expired");
}

/* A key out of the database, its terms and its end. */
static void test_stored(void **state)
{
	static const char path[] = "/kbs/v0/resource/" PATH;
	struct rx *x = *state;
	struct db_fault fault = { "" };
	struct resource r = sample(PATH);
	struct release_terms terms = { .path = PATH, .wrapped = r.wrapped };
	struct audit_entry e = { .time = x->now, .event = "release", .result = "ok" };
	char pass[] = "/tmp/ward-pass-XXXXXX";
	struct keyring *k;
	int fd = mkstemp(pass);

	assert_int_equal(write(fd, "correct horse battery", 21), 21);
	close(fd);
	k = bench_keyring(rx_rcar.db, pass);
	rx_rcar.keyring = k;
	r.terms.uses = 2;
	assert_int_equal(put(rx_rcar.db, k, &r), 0);
	assert_int_equal(get(x), 200);
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 200);
	rx_run("UPDATE resource SET disabled = 1");
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 403);
	assert_non_null(strstr(rx_member("detail"), "resource-disabled"));
	/* nor when it was disabled after this broker had looked, by another */
	assert_int_equal(store_release(rx_rcar.db, rx_rcar.audit, &terms, &e, &fault), -ENOENT);
	rx_run("UPDATE resource SET disabled = 0");
	rx_rcar.keyring = NULL;
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 500);
	rx_rcar.keyring = k;
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 200);
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 403);
	assert_non_null(strstr(rx_member("detail"), "resource-used-up"));
	assert_int_equal(rx_number("SELECT used FROM resource"), 2);
	assert_int_equal(resource_drop(rx_rcar.db, PATH, &fault), 0);
	assert_int_equal(rx_call("GET", path, x->cookie, NULL, NULL, x->now), 404);
	rx_rcar.keyring = NULL;
	keyring_close(k);
	unlink(pass);
	rx_run("DELETE FROM shared WHERE name LIKE 'keyring%'");
}

/* What another broker changes after this one has judged and before it counts. */
static void test_changed_meanwhile(void **state)
{
	struct rx *x = *state;
	struct audit_entry e = { .time = x->now, .event = "release", .result = "ok" };
	struct resource r = sample(PATH), other = sample(PATH);
	struct db_fault fault = { "" };
	struct release_terms terms = { .path = PATH, .wrapped = r.wrapped,
				       .policy = "strict" };
	uint8_t client[1][32] = { { 1 } };
	char pass[] = "/tmp/ward-pass-XXXXXX";
	struct keyring *k;
	int fd = mkstemp(pass);

	assert_int_equal(write(fd, "correct horse battery", 21), 21);
	close(fd);
	k = bench_keyring(rx_rcar.db, pass);
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY("")), 0);
	r.terms.policy = (char *)"strict";
	assert_int_equal(put(rx_rcar.db, k, &r), 0);
	assert_int_equal(EVP_Digest(RX_POLICY(""), strlen(RX_POLICY("")), terms.policy_sha256, NULL,
				    EVP_sha256(), NULL), 1);
	assert_int_equal(store_release(rx_rcar.db, rx_rcar.audit, &terms, &e, &fault), 0);
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY(" ")), 0);
	assert_int_equal(store_release(rx_rcar.db, rx_rcar.audit, &terms, &e, &fault), -ESTALE);
	assert_int_equal(enter(rx_rcar.db, "p", "strict", RX_POLICY("")), 0);
	assert_int_equal(resource_drop(rx_rcar.db, PATH, &fault), 0);
	other.terms.clients = client;
	other.terms.client_count = 1;
	assert_int_equal(put(rx_rcar.db, k, &other), 0);
	assert_int_equal(store_release(rx_rcar.db, rx_rcar.audit, &terms, &e, &fault), -ENOENT);
	assert_int_equal(rx_number("SELECT used FROM resource"), 0);
	keyring_close(k);
	unlink(pass);
	rx_run("DELETE FROM shared WHERE name LIKE 'keyring%'");
}

#define BOTH(name) cmocka_unit_test(name##_on_sqlite), cmocka_unit_test(name##_on_postgres)
#define EXCHANGE(name) cmocka_unit_test_setup_teardown(name, rx_setup, rx_teardown)

int main(void)
{
	const struct CMUnitTest rows[] = {
		BOTH(comes_and_goes), BOTH(refused_rows), BOTH(damaged), BOTH(wrong_keyring),
		BOTH(policies), BOTH(policy_versions), BOTH(another_key), cmocka_unit_test(key_in_no_file),
	};
	const struct CMUnitTest exchanges[] = {
		EXCHANGE(test_policy_of_a_resource), EXCHANGE(test_policy_by_token),
		EXCHANGE(test_damaged_policy), EXCHANGE(test_policies_for_all),
		EXCHANGE(test_clients), EXCHANGE(test_expired), EXCHANGE(test_stored),
		EXCHANGE(test_changed_meanwhile),
	};
	int rc = cmocka_run_group_tests(rows, bench_server_start, bench_server_stop);

	return cmocka_run_group_tests(exchanges, rx_group_setup, rx_group_teardown) + rc;
}
