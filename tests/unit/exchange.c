// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"
#include "pg.h"
#include "../../userspace/broker/schema.h"

#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/jwk.h>

static struct sim_pki pki;
static char dir[32];
char rx_key_path[64], rx_log_path[64], rx_db_path[64];
const char *rx_url;
const uint8_t rx_data_key[32] = "the data key of hospital no. one";
struct config_resource rx_resource = {
	.path = (char *)RX_PATH, .dataset = "data-set id 1234", .key_file = rx_key_path,
};
struct config rx_config = {
	.session_max = 8, .session_timeout = RX_TIMEOUT, .token_lifetime = 50,
	.resources = &rx_resource, .resource_count = 1,
};
struct rcar rx_rcar = { .config = &rx_config };
struct rcar_reply rx_reply;
const uint8_t *rx_client;
json_t *rx_answer;
static int64_t epoch;

void rx_set_policy(const char *json)
{
	struct wv_policy *policy;
	struct wv_fault fault;

	wv_policy_free((struct wv_policy *)rx_rcar.policy);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (const uint8_t *)json, strlen(json) },
					 &policy, &fault), &fault);
	rx_rcar.policy = policy;
}

void rx_run(const char *sql)
{
	struct db_query q = { .sql = sql };
	struct db_fault fault = { "" };

	if (db_run(rx_rcar.db, &q, &fault) < 0)
		fail_msg("%s: %s", sql, fault.text);
}

static int take_number(void *arg, const struct db_value *c, size_t count)
{
	*(int64_t *)arg = count == 1 && c[0].type == DB_INT ? c[0].number : -1;
	return 0;
}

int64_t rx_number(const char *sql)
{
	int64_t n = -1;
	struct db_query q = { .sql = sql, .row = take_number, .arg = &n };
	struct db_fault fault = { "" };

	if (db_run(rx_rcar.db, &q, &fault) < 0)
		fail_msg("%s: %s", sql, fault.text);
	return n;
}

/* The tests' own file, or what rx_url says. */
static int open_database(void)
{
	struct db_fault fault = { "" };
	char url[128];

	snprintf(rx_db_path, sizeof(rx_db_path), "%s/db", dir);
	snprintf(url, sizeof(url), "sqlite:%s", rx_db_path);
	if (!db_open(rx_url ? rx_url : url, &rx_rcar.db, &fault) &&
	    !schema_bring_up(rx_rcar.db, &fault) &&
	    (rx_rcar.policies = policies_new()) != NULL &&
	    !audit_open(rx_rcar.db, &rx_rcar.audit, &fault) &&
	    !token_key_open(rx_rcar.db, &rx_rcar.token, &fault))
		return 0;
	print_message("# %s\n", fault.text);
	return -1;
}

int rx_group_setup(void **state)
{
	int fd;

	(void)state;
	epoch = time(NULL);
	strcpy(dir, "/tmp/ward-rcar-XXXXXX");
	if (sim_pki_make(&sim_default_recipe, NULL, &pki) || !mkdtemp(dir))
		return -1;
	snprintf(rx_key_path, sizeof(rx_key_path), "%s/key", dir);
	snprintf(rx_log_path, sizeof(rx_log_path), "%s/release.log", dir);
	fd = open(rx_key_path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || write(fd, rx_data_key, 32) != 32 || close(fd))
		return -1;
	return open_database();
}

int rx_group_teardown(void **state)
{
	(void)state;
	wv_policy_free((struct wv_policy *)rx_rcar.policy);
	rx_rcar.policy = NULL;
	token_key_free(rx_rcar.token);
	audit_close(rx_rcar.audit);
	policies_free(rx_rcar.policies);
	db_close(rx_rcar.db);
	unlink(rx_db_path);
	sim_pki_free(&pki);
	unlink(rx_key_path);
	unlink(rx_log_path);
	return rmdir(dir);
}

int rx_on_both_of(const struct CMUnitTest *tests, size_t count)
{
	struct pg *server = pg_start();
	int failed = _cmocka_run_group_tests("sqlite", tests, count, rx_group_setup,
					     rx_group_teardown);

	if (!server)
		return failed;
	rx_url = pg_url(server);
	failed += _cmocka_run_group_tests("postgresql", tests, count, rx_group_setup,
					  rx_group_teardown);
	pg_stop(server);
	return failed;
}

int rx_setup(void **state)
{
	struct wv_bytes pem = sim_pem(pki.ark);
	struct wv_roots *roots = wv_roots_new();
	struct rx *x = calloc(1, sizeof(*x));

	if (wv_roots_add(roots, pem, NULL))
		return -1;
	ut_free(pem);
	rx_rcar.roots = roots;
	rx_rcar.limits = (struct session_limits){ rx_config.session_max, rx_config.session_timeout };
	rx_resource.uses = 0;
	rx_resource.expires = 0;
	rx_resource.policy = NULL;
	rx_resource.client_count = 0;
	rx_client = NULL;
	rx_run("DELETE FROM session");
	rx_run("DELETE FROM use_count");
	rx_run("DELETE FROM resource");
	rx_run("DELETE FROM policy");
	rx_run("DELETE FROM audit");
	if (release_log_open(rx_log_path, &rx_rcar.log))
		return -1;
	rx_set_policy(RX_POLICY(""));
	sim_guest_new(&x->guest, WARD_PURPOSE_RELEASE);
	x->pki = &pki;
	x->now = 5000;
	x->key = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-384");
	*state = x;
	return jose_jwk_gen(NULL, x->key) ? 0 : -1;
}

int rx_teardown(void **state)
{
	struct rx *x = *state;

	release_log_close(rx_rcar.log);
	unlink(rx_log_path);
	wv_roots_free((struct wv_roots *)rx_rcar.roots);
	json_decref(x->key);
	json_decref(x->shown);
	ut_free(x->bundle);
	free(x->runtime_nonce);
	free(x);
	free(rx_reply.body);
	json_decref(rx_answer);
	rx_answer = NULL;
	memset(&rx_reply, 0, sizeof(rx_reply));
	return 0;
}

int rx_call(const char *method, const char *path, const char *cookie, const char *bearer,
		const char *body, int64_t now)
{
	struct rcar_request req = {
		.method = method, .path = path, .cookie = cookie, .bearer = bearer, .body = body,
		.body_len = body ? strlen(body) : 0, .peer = "test", .now = now,
		.client = rx_client,
		.time = epoch + now - 5000,
	};

	free(rx_reply.body);
	rcar_handle(&rx_rcar, &req, &rx_reply);
	json_decref(rx_answer);
	rx_answer = json_loads(rx_reply.body, 0, NULL);
	assert_non_null(rx_answer);
	return rx_reply.status;
}

const char *rx_member(const char *name)
{
	const char *text = json_string_value(json_object_get(rx_answer, name));

	return text ? text : "";
}

unsigned int rx_log_lines(void)
{
	FILE *f = fopen(rx_log_path, "r");
	unsigned int n = 0;

	for (int c; (c = fgetc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

/* A refusal by that word, with nothing released. */
void rx_refused(int status, const char *reason)
{
	const char *type = rx_member("type");

	if (!rx_reply.problem || strcmp(rx_member("reason"), reason))
		fail_msg("not refused by '%s': %s", reason, rx_reply.body);
	assert_int_equal(rx_reply.status, status);
	assert_string_equal(type + strlen(type) - strlen(reason), reason);
	assert_int_equal(strncmp(rx_member("detail"), reason, strlen(reason)), 0);
	assert_int_equal(rx_reply.cookie[0], 0);
	assert_int_equal(rx_log_lines(), 0);
}

void rx_auth(struct rx *x)
{
	assert_int_equal(rx_call("POST", "/kbs/v0/auth", NULL, NULL,
			      "{\"version\":\"0.4.0\",\"tee\":\"ward\",\"extra-params\":{}}",
			      x->now), 200);
	strcpy(x->cookie, rx_reply.cookie);
	assert_int_equal(strlen(x->cookie), SESSION_COOKIE_LEN);
	snprintf(x->nonce, sizeof(x->nonce), "%s", rx_member("nonce"));
}

json_t *rx_public_half(const json_t *key)
{
	return json_pack("{s:s, s:s, s:O, s:O}", "kty", "EC", "crv", "P-384", "x",
			 json_object_get(key, "x"), "y", json_object_get(key, "y"));
}

/* Evidence over the challenge, bound to the worker's key. */
void rx_evidence(struct rx *x)
{
	struct ward_claims *k = &x->guest.claims;
	uint8_t thumb[32], nonce[36];

	assert_int_equal(EVP_DecodeBlock(nonce, (const uint8_t *)x->nonce,
					 (int)strlen(x->nonce)), 33);
	memset(k->nonce, 0, sizeof(k->nonce));
	memcpy(k->nonce, nonce, 32);
	if (x->okp)
		assert_int_equal(wv_thumbprint_x25519(x->okp, thumb), 0);
	else
		assert_int_equal(jose_jwk_thp_buf(NULL, x->key, "S256", thumb, 32), 32);
	assert_int_equal(wv_binding_release((struct wv_bytes){ nonce, 32 }, thumb, k->binding), 0);
	ut_free(x->bundle);
	x->bundle = sim_bundle(&x->guest, x->pki);
}

json_t *rx_okp(const uint8_t *key)
{
	return json_pack("{s:s, s:s, s:o}", "kty", "OKP", "crv", "X25519", "x",
			 jose_b64_enc(key, 32));
}

static json_t *shown(const struct rx *x)
{
	if (x->shown)
		return json_incref(x->shown);
	return x->okp ? rx_okp(x->okp) : rx_public_half(x->key);
}

int rx_attest(struct rx *x)
{
	json_t *body = json_pack("{s:{s:s, s:o}, s:{s:{s:o}, s:s}}", "runtime-data", "nonce",
				 x->runtime_nonce ? x->runtime_nonce : x->nonce, "tee-pubkey",
				 shown(x), "tee-evidence", "primary_evidence", "bundle",
				 jose_b64_enc(x->bundle.data, x->bundle.len),
				 "additional_evidence", "{}");
	char *text = json_dumps(body, 0);
	int status = rx_call("POST", "/kbs/v0/attest", x->cookie, NULL, text, x->now);

	free(text);
	json_decref(body);
	return status;
}

int rx_get(struct rx *x)
{
	return rx_call("GET", "/kbs/v0/resource/" RX_PATH, x->cookie, NULL, NULL, x->now);
}

/* All of it, to a refusal; the resource must be refused as well. */
void rx_expect(struct rx *x, const char *reason)
{
	rx_auth(x);
	rx_evidence(x);
	rx_attest(x);
	rx_refused(401, reason);
	rx_get(x);
	rx_refused(401, "session-not-attested");
}

/* The wrapped resource opens with the worker's key and agrees with the log. */
void rx_check_release(struct rx *x, unsigned int line)
{
	struct wv_release r;
	struct wv_fault fault;
	char text[8192], *end, *p = text;
	uint8_t key[32];
	size_t len = 0;
	char *plain = jose_jwe_dec(NULL, rx_answer, NULL, x->key, &len);
	json_t *body = json_loadb(plain, len, 0, NULL);
	FILE *f = fopen(rx_log_path, "r");

	assert_non_null(body);
	assert_int_equal(json_integer_value(json_object_get(body, "version")), 1);
	assert_int_equal(jose_b64_dec(json_object_get(body, "key"), key, 32), 32);
	assert_memory_equal(key, rx_data_key, 32);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	while (line--)
		p = strchr(p, '\n') + 1;
	end = strchr(p, '\n');
	ut_reason(WV_OK, wv_release_parse((struct wv_bytes){ (uint8_t *)p, (size_t)(end - p) }, &r,
					  &fault), &fault);
	assert_string_equal(r.resource, RX_PATH);
	assert_memory_equal(r.dataset, rx_resource.dataset, 16);
	assert_memory_equal(r.session, x->guest.claims.session, 16);
	assert_memory_equal(r.instance, x->guest.claims.instance, 16);
	assert_memory_equal(r.measurement, x->guest.measurement, 48);
	assert_int_equal(r.uid, 1000);
	assert_true(r.time >= epoch);
	json_decref(body);
	free(plain);
}
