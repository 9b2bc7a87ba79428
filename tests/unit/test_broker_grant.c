// SPDX-License-Identifier: MIT
/*
 * Keys for the kernel: what the broker seals opens with the session's private half, as
 * the kernel opens it, and with no other; nobody gets one for a key that is not the
 * session's.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

#include <jose/b64.h>
#include <linux/ward_key.h>

#include "../../userspace/broker/grant.h"
#include "../../userspace/broker/resource.h"
#include "hpke.h"

static uint8_t private_key[32], public_key[32];

static int setup(void **state)
{
	struct rx *x;

	if (rx_setup(state) || hpke_pair(private_key, public_key))
		return -1;
	x = *state;
	x->okp = public_key;
	memcpy(x->guest.claims.session_key, public_key, sizeof(public_key));
	rx_resource.key_uses = rx_resource.key_lifetime = 0;
	return 0;
}

static void info_of(const struct ward_claims *k, uint8_t out[44])
{
	memcpy(out, "WARD-KEY-V1", 12);
	memcpy(out + 12, k->instance, 16);
	memcpy(out + 28, k->session, 16);
}

/* As the kernel would: 0, or what HPKE says. */
static int opened(const uint8_t *private, const uint8_t info[44], struct ward_key_grant *out)
{
	uint8_t enc[32], sealed[112];
	struct hpke h;
	int rc;

	assert_int_equal(jose_b64_dec(json_object_get(rx_answer, "enc"), enc, 32), 32);
	assert_int_equal(jose_b64_dec(json_object_get(rx_answer, "sealed"), sealed, 112), 112);
	assert_int_equal(hpke_receive(&h, HPKE_AES_256_GCM, private, enc,
				      (struct hpke_text){ info, 44 }), 0);
	rc = hpke_open(&h, (struct hpke_text){ NULL, 0 },
		       (struct hpke_text){ sealed, sizeof(sealed) }, (uint8_t *)out);
	hpke_clear(&h);
	return rc;
}

static void released(struct rx *x)
{
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(rx_get(x), 200);
}

static void hex_is(const char *member, const uint8_t *want, size_t len)
{
	char text[129];

	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", want[i]);
	assert_string_equal(rx_member(member), text);
}

static void the_grant_is_the_sessions(void **state)
{
	struct ward_key_grant grant, zero = { 0 };
	struct rx *x = *state;
	uint8_t info[44], other[32], unused[32];

	rx_resource.key_uses = 7;
	rx_resource.key_lifetime = 60;
	released(x);
	assert_int_equal(rx_log_lines(), 1);
	assert_int_equal(json_object_size(rx_answer), 6);
	assert_int_equal(json_integer_value(json_object_get(rx_answer, "version")), 1);
	info_of(&x->guest.claims, info);
	assert_int_equal(opened(private_key, info, &grant), 0);
	assert_int_equal(le32toh(grant.version), 1);
	assert_int_equal(grant.flags, 0);
	assert_int_equal(le64toh(grant.uses), 7);
	assert_int_equal(le64toh(grant.lifetime_ns), 60000000000ull);
	assert_memory_equal(grant.dataset, rx_resource.dataset, 16);
	assert_memory_equal(grant.key, rx_data_key, 32);
	assert_memory_equal(grant.reserved, zero.reserved, sizeof(grant.reserved));
	hex_is("dataset", grant.dataset, 16);
	hex_is("release", grant.release, 16);
	assert_int_equal(strlen(rx_member("receipt_nonce")), 64);
	/* not with another key, nor in another session, nor in another boot */
	assert_int_equal(hpke_pair(other, unused), 0);
	assert_int_equal(opened(other, info, &grant), -EBADMSG);
	info[43] ^= 1;
	assert_int_equal(opened(private_key, info, &grant), -EBADMSG);
	info[43] ^= 1;
	info[12] ^= 1;
	assert_int_equal(opened(private_key, info, &grant), -EBADMSG);
}

/* A key of the database has its terms for a kernel, too. */
static void terms_of_the_database(void **state)
{
	struct resource r = { .terms = { .path = (char *)"a/b/stored", .dataset = "data-set id 9876" },
			      .project = "clinic" };
	char source[64] = "passphrase:/tmp/ward-pass-XXXXXX";
	struct config_fault cf = { "" };
	struct db_fault fault = { "" };
	struct ward_key_grant grant;
	struct rx *x = *state;
	struct keyring *k;
	uint8_t info[44];
	int fd = mkstemp(strchr(source, '/'));

	assert_int_equal(write(fd, "correct horse battery", 21), 21);
	close(fd);
	assert_int_equal(keyring_open(rx_rcar.db, source, &k, &cf), 0);
	rx_rcar.keyring = k;
	r.terms.key_uses = 9;
	r.terms.key_lifetime = 90;
	assert_int_equal(resource_put(rx_rcar.db, k, &r, rx_data_key, 1, &fault), 0);
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(rx_call("GET", "/kbs/v0/resource/a/b/stored", x->cookie, NULL, NULL, x->now),
			 200);
	info_of(&x->guest.claims, info);
	assert_int_equal(opened(private_key, info, &grant), 0);
	assert_int_equal(le64toh(grant.uses), 9);
	assert_int_equal(le64toh(grant.lifetime_ns), 90000000000ull);
	assert_memory_equal(grant.dataset, r.terms.dataset, 16);
	assert_memory_equal(grant.key, rx_data_key, 32);
	rx_rcar.keyring = NULL;
	keyring_close(k);
	unlink(strchr(source, '/'));
	rx_run("DELETE FROM shared WHERE name LIKE 'keyring%'");
}

/* Every release is another encapsulation, of another release id; the token carries it. */
static void by_token_too(void **state)
{
	struct ward_key_grant first, second;
	char token[TOKEN_MAX];
	struct rx *x = *state;
	uint8_t info[44];

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	snprintf(token, sizeof(token), "%s", rx_member("token"));
	info_of(&x->guest.claims, info);
	assert_int_equal(rx_get(x), 200);
	assert_int_equal(opened(private_key, info, &first), 0);
	assert_int_equal(rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now), 200);
	assert_int_equal(opened(private_key, info, &second), 0);
	assert_memory_equal(first.key, second.key, sizeof(first.key));
	assert_memory_not_equal(first.release, second.release, sizeof(first.release));
	assert_int_equal(rx_log_lines(), 2);
}

/* The evidence is bound to that key; but the claims name another, or none. */
static void another_sessions_key(void **state)
{
	struct rx *x = *state;

	x->guest.claims.session_key[31] ^= 1;
	rx_expect(x, "session-key-mismatch");
	memset(x->guest.claims.session_key, 0, sizeof(x->guest.claims.session_key));
	rx_expect(x, "session-key-mismatch");
}

/* Shown in place of the key that the evidence is bound to. */
static void put_in_its_place(void **state)
{
	uint8_t other[32], thief[32];
	struct rx *x = *state;

	assert_int_equal(hpke_pair(other, thief), 0);
	x->shown = rx_okp(thief);
	rx_expect(x, wv_reason_text(WV_BINDING_MISMATCH));
}

static void kernel_alone(void **state)
{
	struct rx *x = *state;

	rx_set_policy(RX_POLICY(",\"keys\":\"kernel\""));
	released(x);
}

/* The policy says kernel: neither without a pair, nor with one and a key of the worker's. */
static void kernel_alone_and_user_asks(void **state)
{
	struct rx *x = *state;

	rx_set_policy(RX_POLICY(",\"keys\":\"kernel\""));
	x->okp = NULL;
	rx_expect(x, wv_reason_text(WV_KEYS_IN_USER_SPACE));
	memset(x->guest.claims.session_key, 0, sizeof(x->guest.claims.session_key));
	rx_expect(x, wv_reason_text(WV_KEYS_IN_USER_SPACE));
	x->okp = public_key;
	rx_expect(x, wv_reason_text(WV_KEYS_IN_USER_SPACE));
}

/* No key goes out before the GPU that the policy asks for has spoken, too. */
static void without_its_gpu(void **state)
{
	struct rx *x = *state;

	rx_set_policy(RX_POLICY(",\"gpu\":{}"));
	rx_expect(x, wv_reason_text(WV_EVIDENCE_MISSING));
	rx_set_policy(RX_POLICY(",\"evidence\":[\"nvidia-gpu\"]"));
	rx_expect(x, wv_reason_text(WV_EVIDENCE_MISSING));
	rx_set_policy(RX_POLICY(",\"gpu\":{\"required\":false}"));
	released(x);
}

static void unfit(struct rx *x, json_t *jwk)
{
	json_decref(x->shown);
	x->shown = jwk;
	rx_expect(x, "key-unsupported");
}

static void what_is_no_key(void **state)
{
	static const uint8_t zero[32];
	struct rx *x = *state;
	json_t *private = rx_okp(public_key);

	json_object_set_new(private, "d", json_string("AAAA"));
	unfit(x, private);
	unfit(x, json_pack("{s:s, s:s}", "kty", "OKP", "crv", "X25519"));
	unfit(x, json_pack("{s:s, s:s, s:s}", "kty", "OKP", "crv", "X25519", "x", "AAAA"));
	unfit(x, json_pack("{s:s, s:s, s:o}", "kty", "OKP", "crv", "Ed25519", "x",
			   jose_b64_enc(public_key, 32)));
	unfit(x, json_pack("{s:s, s:s, s:o}", "kty", "EC", "crv", "X25519", "x",
			   jose_b64_enc(public_key, 32)));
	/* bits beyond the last byte: two texts of one key */
	unfit(x, json_pack("{s:s, s:s, s:s}", "kty", "OKP", "crv", "X25519", "x",
			   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"));
	assert_null(grant_json(&(struct release){ { 0 }, { 0 } }, &rx_resource,
			       &(struct attested){ .uid = 0 }, zero, rx_data_key));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(the_grant_is_the_sessions), T(by_token_too), T(another_sessions_key),
		T(put_in_its_place), T(kernel_alone), T(kernel_alone_and_user_asks),
		T(without_its_gpu), T(terms_of_the_database), T(what_is_no_key),
	};

	return cmocka_run_group_tests(tests, rx_group_setup, rx_group_teardown);
}
