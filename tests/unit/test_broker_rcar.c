// SPDX-License-Identifier: MIT
/*
 * The whole protocol without its transport: simulated evidence in, a wrapped key
 * or a refusal out. Whatever is refused leaves no line in the release log.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/jwk.h>

#include "../../userspace/broker/jwk.h"
#include "../../userspace/broker/rcar.h"

#define TIMEOUT	100
#define PATH	"hospital/dataset/one"

/* What one exchange is made of; a test changes one thing of it. */
struct exchange {
	struct sim_guest guest;
	const struct sim_pki *pki;
	json_t *key;			/* ephemeral pair of the worker */
	json_t *shown;			/* the public key that goes out, if another */
	char cookie[SESSION_COOKIE_LEN + 1];
	char nonce[64];			/* as the broker sent it */
	char *runtime_nonce;		/* as it goes back, if another */
	struct wv_bytes bundle;		/* evidence, if made already */
	int64_t now;
};

static struct sim_pki pki;
static char dir[] = "/tmp/ward-rcar-XXXXXX";
static char key_path[64], log_path[64];
static const uint8_t data_key[32] = "the data key of hospital no. one";
static struct config_resource resource = {
	.path = (char *)PATH, .dataset = "data-set id 1234", .key_file = key_path,
};
static struct config config = {
	.session_max = 8, .session_timeout = TIMEOUT, .token_lifetime = 50,
	.resources = &resource, .resource_count = 1,
};
static struct rcar rcar = { .config = &config };
static struct rcar_reply reply;
static json_t *answer;
static int64_t epoch;

static void set_policy(const char *json)
{
	struct wv_policy *policy;
	struct wv_fault fault;

	wv_policy_free((struct wv_policy *)rcar.policy);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (const uint8_t *)json, strlen(json) },
					 &policy, &fault), &fault);
	rcar.policy = policy;
}

#define POLICY_MORE(more) "{\"ward-policy\":1,\"purpose\":\"release\",\"uid\":[1000]," \
			  "\"accept_unmeasured\":true,\"allow_tee\":[\"simulated-snp\"]" more "}"

static int group_setup(void **state)
{
	int fd;

	(void)state;
	epoch = time(NULL);
	if (sim_pki_make(&sim_default_recipe, NULL, &pki) || !mkdtemp(dir))
		return -1;
	snprintf(key_path, sizeof(key_path), "%s/key", dir);
	snprintf(log_path, sizeof(log_path), "%s/release.log", dir);
	fd = open(key_path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || write(fd, data_key, 32) != 32 || close(fd))
		return -1;
	rcar.token = token_key_new();
	return rcar.token ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	wv_policy_free((struct wv_policy *)rcar.policy);
	token_key_free(rcar.token);
	sim_pki_free(&pki);
	unlink(key_path);
	unlink(log_path);
	return rmdir(dir);
}

static int setup(void **state)
{
	struct wv_bytes pem = sim_pem(pki.ark);
	struct wv_roots *roots = wv_roots_new();
	struct exchange *x = calloc(1, sizeof(*x));

	if (wv_roots_add(roots, pem, NULL))
		return -1;
	ut_free(pem);
	rcar.roots = roots;
	rcar.sessions = session_table_new(config.session_max, config.session_timeout);
	if (release_log_open(log_path, &rcar.log))
		return -1;
	set_policy(POLICY_MORE(""));
	sim_guest_new(&x->guest, WARD_PURPOSE_RELEASE);
	x->pki = &pki;
	x->now = 5000;
	x->key = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-384");
	*state = x;
	return jose_jwk_gen(NULL, x->key) ? 0 : -1;
}

static int teardown(void **state)
{
	struct exchange *x = *state;

	release_log_close(rcar.log);
	unlink(log_path);
	session_table_free(rcar.sessions);
	wv_roots_free((struct wv_roots *)rcar.roots);
	json_decref(x->key);
	json_decref(x->shown);
	ut_free(x->bundle);
	free(x->runtime_nonce);
	free(x);
	free(reply.body);
	json_decref(answer);
	answer = NULL;
	memset(&reply, 0, sizeof(reply));
	return 0;
}

static int call(const char *method, const char *path, const char *cookie, const char *bearer,
		const char *body, int64_t now)
{
	struct rcar_request req = {
		.method = method, .path = path, .cookie = cookie, .bearer = bearer, .body = body,
		.body_len = body ? strlen(body) : 0, .peer = "test", .now = now,
		.time = epoch + now - 5000,
	};

	free(reply.body);
	rcar_handle(&rcar, &req, &reply);
	json_decref(answer);
	answer = json_loads(reply.body, 0, NULL);
	assert_non_null(answer);
	return reply.status;
}

static const char *member(const char *name)
{
	const char *text = json_string_value(json_object_get(answer, name));

	return text ? text : "";
}

static unsigned int log_lines(void)
{
	FILE *f = fopen(log_path, "r");
	unsigned int n = 0;

	for (int c; (c = fgetc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

/* A refusal by that word, with nothing released. */
static void refused(int status, const char *reason)
{
	const char *type = member("type");

	if (!reply.problem || strcmp(member("reason"), reason))
		fail_msg("not refused by '%s': %s", reason, reply.body);
	assert_int_equal(reply.status, status);
	assert_string_equal(type + strlen(type) - strlen(reason), reason);
	assert_int_equal(strncmp(member("detail"), reason, strlen(reason)), 0);
	assert_int_equal(reply.cookie[0], 0);
	assert_int_equal(log_lines(), 0);
}

static void auth(struct exchange *x)
{
	assert_int_equal(call("POST", "/kbs/v0/auth", NULL, NULL,
			      "{\"version\":\"0.4.0\",\"tee\":\"ward\",\"extra-params\":{}}",
			      x->now), 200);
	strcpy(x->cookie, reply.cookie);
	assert_int_equal(strlen(x->cookie), SESSION_COOKIE_LEN);
	snprintf(x->nonce, sizeof(x->nonce), "%s", member("nonce"));
}

static json_t *public_half(const json_t *key)
{
	return json_pack("{s:s, s:s, s:O, s:O}", "kty", "EC", "crv", "P-384", "x",
			 json_object_get(key, "x"), "y", json_object_get(key, "y"));
}

/* Evidence over the challenge, bound to the worker's key. */
static void evidence(struct exchange *x)
{
	struct ward_claims *k = &x->guest.claims;
	uint8_t thumb[32], nonce[36];

	assert_int_equal(EVP_DecodeBlock(nonce, (const uint8_t *)x->nonce,
					 (int)strlen(x->nonce)), 33);
	memset(k->nonce, 0, sizeof(k->nonce));
	memcpy(k->nonce, nonce, 32);
	assert_int_equal(jose_jwk_thp_buf(NULL, x->key, "S256", thumb, 32), 32);
	assert_int_equal(wv_binding_release((struct wv_bytes){ nonce, 32 }, thumb, k->binding), 0);
	ut_free(x->bundle);
	x->bundle = sim_bundle(&x->guest, x->pki);
}

static int attest(struct exchange *x)
{
	json_t *body = json_pack("{s:{s:s, s:o}, s:{s:{s:o}, s:s}}", "runtime-data", "nonce",
				 x->runtime_nonce ? x->runtime_nonce : x->nonce, "tee-pubkey",
				 x->shown ? json_incref(x->shown) : public_half(x->key),
				 "tee-evidence", "primary_evidence", "bundle",
				 jose_b64_enc(x->bundle.data, x->bundle.len),
				 "additional_evidence", "{}");
	char *text = json_dumps(body, 0);
	int status = call("POST", "/kbs/v0/attest", x->cookie, NULL, text, x->now);

	free(text);
	json_decref(body);
	return status;
}

static int get(struct exchange *x)
{
	return call("GET", "/kbs/v0/resource/" PATH, x->cookie, NULL, NULL, x->now);
}

/* All of it, to a refusal; the resource must be refused as well. */
static void expect(struct exchange *x, const char *reason)
{
	auth(x);
	evidence(x);
	attest(x);
	refused(401, reason);
	get(x);
	refused(401, "session-not-attested");
}

/* The wrapped resource opens with the worker's key and agrees with the log. */
static void check_release(struct exchange *x, unsigned int line)
{
	struct wv_release r;
	struct wv_fault fault;
	char text[2048], *end, *p = text;
	uint8_t key[32];
	size_t len = 0;
	char *plain = jose_jwe_dec(NULL, answer, NULL, x->key, &len);
	json_t *body = json_loadb(plain, len, 0, NULL);
	FILE *f = fopen(log_path, "r");

	assert_non_null(body);
	assert_int_equal(json_integer_value(json_object_get(body, "version")), 1);
	assert_int_equal(jose_b64_dec(json_object_get(body, "key"), key, 32), 32);
	assert_memory_equal(key, data_key, 32);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	while (line--)
		p = strchr(p, '\n') + 1;
	end = strchr(p, '\n');
	ut_reason(WV_OK, wv_release_parse((struct wv_bytes){ (uint8_t *)p, (size_t)(end - p) }, &r,
					  &fault), &fault);
	assert_string_equal(r.resource, PATH);
	assert_memory_equal(r.dataset, resource.dataset, 16);
	assert_memory_equal(r.session, x->guest.claims.session, 16);
	assert_memory_equal(r.instance, x->guest.claims.instance, 16);
	assert_memory_equal(r.measurement, x->guest.measurement, 48);
	assert_int_equal(r.uid, 1000);
	assert_true(r.time >= epoch);
	json_decref(body);
	free(plain);
}

static void test_release(void **state)
{
	struct exchange *x = *state;
	char token[TOKEN_MAX];

	auth(x);
	evidence(x);
	assert_int_equal(attest(x), 200);
	assert_int_equal(log_lines(), 0);
	snprintf(token, sizeof(token), "%s", member("token"));
	assert_int_equal(get(x), 200);
	assert_int_equal(log_lines(), 1);
	check_release(x, 0);
	/* by token alone, from elsewhere */
	assert_int_equal(call("GET", "/kbs/v0/resource/" PATH, NULL, token, NULL, x->now), 200);
	assert_int_equal(log_lines(), 2);
	check_release(x, 1);
}

static void test_release_to_other_key(void **state)
{
	struct exchange *x = *state;
	size_t len;

	auth(x);
	evidence(x);
	assert_int_equal(attest(x), 200);
	assert_int_equal(get(x), 200);
	json_decref(x->key);
	x->key = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-384");
	assert_true(jose_jwk_gen(NULL, x->key));
	assert_null(jose_jwe_dec(NULL, answer, NULL, x->key, &len));
}

static void test_no_session(void **state)
{
	(void)state;
	call("POST", "/kbs/v0/attest", NULL, NULL, "{}", 0);
	refused(401, "session-missing");
	call("GET", "/kbs/v0/resource/" PATH, NULL, NULL, NULL, 0);
	refused(401, "session-missing");
	call("GET", "/kbs/v0/resource/" PATH, "00", NULL, NULL, 0);
	refused(401, "session-unknown");
	/* nor does a stranger learn which resources there are */
	call("GET", "/kbs/v0/resource/no/such/thing", NULL, NULL, NULL, 0);
	refused(401, "session-missing");
}

static void test_wrong_uid(void **state)
{
	struct exchange *x = *state;

	x->guest.claims.caller.uid = htole32(1001);
	expect(x, "wrong-uid");
}

static void test_wrong_purpose(void **state)
{
	struct exchange *x = *state;

	x->guest.claims.purpose = htole32(WARD_PURPOSE_REPORT);
	expect(x, "wrong-purpose");
}

static void test_debug_guest(void **state)
{
	struct exchange *x = *state;

	x->guest.policy |= WV_SNP_POLICY_DEBUG;
	expect(x, wv_reason_text(WV_DEBUG_ALLOWED));
}

static void test_simulated_not_named(void **state)
{
	set_policy("{\"ward-policy\":1,\"accept_unmeasured\":true}");
	expect(*state, wv_reason_text(WV_SIMULATED_REFUSED));
}

static void test_unmeasured(void **state)
{
	set_policy("{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"]}");
	expect(*state, wv_reason_text(WV_GUEST_UNMEASURED));
}

static void test_other_measurement(void **state)
{
	set_policy(POLICY_MORE(",\"measurement\":[\"000000000000000000000000000000000000000000000000"
			       "000000000000000000000000000000000000000000000000\"]"));
	expect(*state, wv_reason_text(WV_MEASUREMENT_MISMATCH));
}

static void test_unknown_root(void **state)
{
	wv_roots_free((struct wv_roots *)rcar.roots);
	rcar.roots = wv_roots_new();
	expect(*state, wv_reason_text(WV_CHAIN_UNTRUSTED));
}

/* One byte of the claims changed after the TEE signed: uid 1000 for 1001. */
static void test_edited_claims(void **state)
{
	struct exchange *x = *state;
	uint8_t *at = NULL, *bytes;

	x->guest.claims.caller.uid = htole32(1001);
	auth(x);
	evidence(x);
	bytes = (uint8_t *)x->bundle.data;
	for (size_t i = 0; !at && i + 80 < x->bundle.len; i++)
		if (!memcmp(bytes + i, &x->guest.claims.caller, sizeof(x->guest.claims.caller)))
			at = bytes + i + offsetof(struct ward_who, uid);
	assert_non_null(at);
	*at = 1000 & 0xff;
	attest(x);
	refused(401, wv_reason_text(WV_REPORT_DATA_MISMATCH));
	get(x);
	refused(401, "session-not-attested");
}

/* Evidence bound to the worker's key, the answer wanted for another. */
static void test_other_key(void **state)
{
	struct exchange *x = *state;
	json_t *thief = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-384");

	assert_true(jose_jwk_gen(NULL, thief));
	x->shown = public_half(thief);
	json_decref(thief);
	expect(x, wv_reason_text(WV_BINDING_MISMATCH));
}

static void test_unfit_key(void **state)
{
	struct exchange *x = *state;

	x->shown = json_pack("{s:s, s:s}", "kty", "RSA", "n", "AQAB");
	expect(x, "key-unsupported");
}

/* The same message twice in one session. */
static void test_replay_in_session(void **state)
{
	struct exchange *x = *state;

	auth(x);
	evidence(x);
	assert_int_equal(attest(x), 200);
	attest(x);
	refused(401, "nonce-replayed");
}

/* A refused attempt uses the nonce up as well: no guessing at one challenge. */
static void test_replay_after_refusal(void **state)
{
	struct exchange *x = *state;

	x->guest.claims.caller.uid = htole32(1001);
	expect(x, "wrong-uid");
	x->guest.claims.caller.uid = htole32(1000);
	evidence(x);
	attest(x);
	refused(401, "nonce-replayed");
}

/* Recorded evidence in a new session: with its own nonce, and with the new one. */
static void test_replay_across_sessions(void **state)
{
	struct exchange *x = *state;
	char old[64];

	auth(x);
	evidence(x);
	assert_int_equal(attest(x), 200);
	strcpy(old, x->nonce);
	auth(x);
	x->runtime_nonce = strdup(old);
	attest(x);
	refused(401, "nonce-replayed");
	free(x->runtime_nonce);
	x->runtime_nonce = NULL;
	attest(x);
	refused(401, "nonce-replayed");
	get(x);
	refused(401, "session-not-attested");
}

static void test_foreign_nonce(void **state)
{
	struct exchange *x = *state;

	auth(x);
	evidence(x);
	x->runtime_nonce = strdup("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	attest(x);
	refused(401, wv_reason_text(WV_NONCE_MISMATCH));
}

static void test_expired(void **state)
{
	struct exchange *x = *state;

	auth(x);
	evidence(x);
	x->now += TIMEOUT;
	attest(x);
	refused(401, "evidence-expired");
	get(x);
	refused(401, "evidence-expired");
}

static void test_expired_after_attestation(void **state)
{
	struct exchange *x = *state;
	char token[TOKEN_MAX];

	auth(x);
	evidence(x);
	assert_int_equal(attest(x), 200);
	snprintf(token, sizeof(token), "%s", member("token"));
	x->now += TIMEOUT;
	get(x);
	refused(401, "evidence-expired");
	call("GET", "/kbs/v0/resource/" PATH, NULL, token, NULL, x->now);
	refused(401, "token-expired");
}

static void test_bad_token(void **state)
{
	struct exchange *x = *state;

	call("GET", "/kbs/v0/resource/" PATH, NULL, "", NULL, x->now);
	refused(401, "token-invalid");
	call("GET", "/kbs/v0/resource/" PATH, NULL, "a.b.c", NULL, x->now);
	refused(401, "token-invalid");
}

static void test_unknown_resource(void **state)
{
	struct exchange *x = *state;

	auth(x);
	evidence(x);
	assert_int_equal(attest(x), 200);
	call("GET", "/kbs/v0/resource/hospital/dataset/two", x->cookie, NULL, NULL, x->now);
	refused(404, "resource-unknown");
	call("GET", "/kbs/v0/resource/", x->cookie, NULL, NULL, x->now);
	refused(404, "resource-unknown");
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static long file_size(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (long)st.st_size;
}

/* Key or log out of order: an error of the broker's, and nothing leaves. */
static void test_broken_store(void **state)
{
	struct exchange *x = *state;

	auth(x);
	evidence(x);
	assert_int_equal(attest(x), 200);
	assert_int_equal(chmod(key_path, 0644), 0);
	get(x);
	refused(500, "release-failed");
	assert_int_equal(chmod(key_path, 0600), 0);
	/* a log that can't be written: its file system is full */
	release_log_close(rcar.log);
	rcar.log = NULL;
	assert_int_equal(release_log_open("/dev/full", &rcar.log), -EINVAL);
	assert_int_equal(release_log_open(log_path, &rcar.log), 0);
	limit_file_size(100);
	get(x);
	limit_file_size(RLIM_INFINITY);
	refused(500, "release-failed");
	assert_int_equal(file_size(log_path), 0);
}

static void test_misrouted(void **state)
{
	(void)state;
	call("GET", "/", NULL, NULL, NULL, 0);
	refused(404, "path-unknown");
	call("POST", "/kbs/v0/", NULL, NULL, NULL, 0);
	refused(404, "path-unknown");
	call("POST", "/kbs/v0/authx", NULL, NULL, NULL, 0);
	refused(404, "path-unknown");
	call("GET", "/kbs/v0/auth", NULL, NULL, NULL, 0);
	refused(405, "method-unsupported");
	call("POST", "/kbs/v0/resource/" PATH, NULL, NULL, NULL, 0);
	refused(405, "method-unsupported");
}

static void test_bad_auth(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "null", "{}", "{\"version\":\"0.4.0\"}",
		"{\"version\":4,\"tee\":\"ward\"}", "{\"version\":\"0.4.0\",\"tee\":\"ward\"}x",
		"{\"version\":\"0.4.0\",\"version\":\"0.4.0\",\"tee\":\"ward\"}",
	};
	char *big = malloc(RCAR_AUTH_MAX + 2);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		call("POST", "/kbs/v0/auth", NULL, NULL, bad[i], 0);
		refused(400, "malformed-request");
	}
	call("POST", "/kbs/v0/auth", NULL, NULL, "{\"version\":\"0.1.1\",\"tee\":\"ward\"}", 0);
	refused(401, "version-unsupported");
	call("POST", "/kbs/v0/auth", NULL, NULL, "{\"version\":\"0.4.0\",\"tee\":\"sample\"}", 0);
	refused(401, "tee-unsupported");
	memset(big, ' ', RCAR_AUTH_MAX + 1);
	big[RCAR_AUTH_MAX + 1] = 0;
	call("POST", "/kbs/v0/auth", NULL, NULL, big, 0);
	refused(413, "request-too-long");
	free(big);
}

/* Malformed requests are refused before the nonce is used up. */
static void test_bad_attest(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[1]", "{\"runtime-data\":{}}",
		"{\"runtime-data\":{\"nonce\":\"AA==\",\"tee-pubkey\":{}}}",
		"{\"runtime-data\":{\"nonce\":\"AA==\",\"tee-pubkey\":{}},"
		"\"tee-evidence\":{\"primary_evidence\":{\"bundle\":\"\"}}}",
		"{\"runtime-data\":{\"nonce\":\"AA==\",\"tee-pubkey\":{}},"
		"\"tee-evidence\":{\"primary_evidence\":{\"bundle\":\"a b\"}}}",
		"{\"runtime-data\":{\"nonce\":\"A\",\"tee-pubkey\":{}},"
		"\"tee-evidence\":{\"primary_evidence\":{\"bundle\":\"AAAA\"}}}",
	};
	struct exchange *x = *state;

	auth(x);
	evidence(x);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		call("POST", "/kbs/v0/attest", x->cookie, NULL, bad[i], x->now);
		refused(400, "malformed-request");
	}
	assert_int_equal(attest(x), 200);
}

static void test_truncated_bundles(void **state)
{
	struct exchange *x = *state;
	size_t whole;

	auth(x);
	evidence(x);
	whole = x->bundle.len;
	for (size_t len = 1; len < whole; len += 97) {
		auth(x);
		evidence(x);
		x->bundle.len = len;
		attest(x);
		refused(401, "bundle-damaged");
		x->now += TIMEOUT;	/* keeps the table from filling */
	}
}

static void test_too_many_sessions(void **state)
{
	struct exchange *x = *state;

	for (uint32_t i = 0; i < config.session_max; i++)
		auth(x);
	call("POST", "/kbs/v0/auth", NULL, NULL, "{\"version\":\"0.4.0\",\"tee\":\"ward\"}", x->now);
	refused(503, "sessions-exhausted");
	x->now += TIMEOUT;
	auth(x);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_release), T(test_release_to_other_key), T(test_no_session),
		T(test_wrong_uid), T(test_wrong_purpose), T(test_debug_guest),
		T(test_simulated_not_named), T(test_unmeasured), T(test_other_measurement),
		T(test_unknown_root), T(test_edited_claims), T(test_other_key), T(test_unfit_key),
		T(test_replay_in_session), T(test_replay_after_refusal),
		T(test_replay_across_sessions), T(test_foreign_nonce), T(test_expired),
		T(test_expired_after_attestation), T(test_bad_token), T(test_unknown_resource),
		T(test_broken_store), T(test_misrouted), T(test_bad_auth), T(test_bad_attest),
		T(test_truncated_bundles), T(test_too_many_sessions),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
