// SPDX-License-Identifier: MIT
/*
 * Documents of real Nitro enclaves, and CCA tokens that other programs made, against what
 * the folder's list says of them.
 */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cose_make.h"
#include "hex.h"
#include "manifest.h"

static void same_hex(const uint8_t *have, size_t len, const char *want)
{
	char text[2 * 1024 + 1];

	assert_true(len <= 1024);
	hex_encode(have, len, text);
	assert_string_equal(text, want);
}

static int judge(const char *tee, struct wv_bytes data, const char *rules, struct wv_bytes challenge,
		 int64_t now, struct wv_verdict *v)
{
	struct wv_evidence e = { .data = data };
	struct wv_appraisal a = { .roots = wv_roots_new(), .now = now };
	struct wv_policy *policy;
	struct wv_fault fault;
	char text[2048];
	int rc;

	snprintf(e.tee, sizeof(e.tee), "%s", tee);
	snprintf(text, sizeof(text), "{\"ward-policy\":1,\"allow_tee\":[\"%s\"],%s}", tee, rules);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &policy,
					 &fault), &fault);
	a.policy = policy;
	rc = wv_verify_evidence(&e, challenge, &a, v);
	wv_policy_free(policy);
	wv_roots_free((struct wv_roots *)a.roots);
	return rc;
}

static struct wv_bytes vector(const char *name)
{
	struct wv_bytes b = ut_vector(name);

	if (!b.data)
		ut_skip(UT_NO_VECTORS);
	return b;
}

#define ZERO48 "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	const char *file;
	int reason;
	const char *module_id;
	uint64_t timestamp_ms;
	const char *pcr[3];
	size_t public_key;
	const char *nonce, *user_data;	/* hex; its beginning. "" = none */
	size_t user_data_len;
	const char *from, *to;		/* of the leaf */
} nitros[] = {
	{ "nitro/prod-nonce-userdata.cbor", WV_OK, "i-04fd167167daacf3b-enc01845e97d0b3eb4e",
	  1668034320696,
	  { "22f9e1c949208da55eb01b9b9fc88f87454f77ba133f0d82320b509621c92482152a99d0a12335b97178c02d6f977d01",
	    "bcdf05fefccaa8e55bf2c8d6dee9e79bbff31e34bf28a99aa19e6b29c37ee80b214a414b7607236edf26fcb78654e63f",
	    "00943ea859140fed74e1025fe41aedb38780eae5656b3f9ef9b4b0e6111350315544db3efcda05725108f72b2ab141f7" },
	  0, "c678c86135de539d183acff58886d98dfb9823041af9f934bf909ac0f8d96245",
	  "7c37108079b3e8a36d8a7970de1d6d4ff1461e0e35d9557c4d789df5e0576620", 32,
	  "2022-11-09T22:51:57Z", "2022-11-10T01:52:00Z" },
	{ "nitro/prod-2023.cbor", WV_OK, "i-015531f954c54297c-enc018adb700a324d32", 1695899307117,
	  { "ca78fbe0b97bbfe1895dd713639dffcbdd21da5c7e05b8d90fe57a4e122414edc0f677d673df31fee1c16a7b34c16f36",
	    "bcdf05fefccaa8e55bf2c8d6dee9e79bbff31e34bf28a99aa19e6b29c37ee80b214a414b7607236edf26fcb78654e63f",
	    "61d30545473dc728dde6808b502a40face68e7a1bc6cb16515d88cc8ed32c2dd2cc7d8ca69ec2e103fbd4e58e228aace" },
	  0, "6537623463376537376339663639666136663032643363383737393666353431",
	  "7b22696e7075745f68617368223a2230783936623333333834353730386263383065653061373061", 0,
	  "2023-09-28T11:08:24Z", "2023-09-28T14:08:27Z" },
	{ "nitro/prod-2025.cbor", WV_OK, "i-0827e799ec9232d44-enc019b5640fdf630d6", 1766678659346,
	  { "eb7d0dab08ff41546d7e5659aee883af7b32bb2e58e46815b719f9f7bfae7b880188a10d86317e6509923740526cf74a",
	    "0343b056cd8485ca7890ddd833476d78460aed2aa161548e4e26bedf321726696257d623e8805f3f605946b3d8b0c6aa",
	    "d7b0a76788c1be24898bd148117ea1239578ba0e72f5d87a33a6c6476026675b6f996940f062e0e3f0b5edd2ddf78811" },
	  0, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8550000000000000000", 64,
	  "2025-12-25T16:04:16Z", "2025-12-25T19:04:19Z" },
	{ "nitro/debug-zero-pcrs.cbor", WV_DEBUG_ALLOWED, "i-07fd4cc4df935eab0-enc01915a74e6ed4aa6",
	  1723799509167, { ZERO48, ZERO48, ZERO48 }, 139, "31323334",
	  "4175746f6d617461204d50432044656d6f", 17, "2024-08-16T09:11:46Z",
	  "2024-08-16T12:11:49Z" },
	{ "nitro/neg-bad-sig.cbor", WV_SIGNATURE_INVALID, "i-04fd167167daacf3b-enc01845e97d0b3eb4e",
	  1668034320696,
	  { "22f9e1c949208da55eb01b9b9fc88f87454f77ba133f0d82320b509621c92482152a99d0a12335b97178c02d6f977d01",
	    "bcdf05fefccaa8e55bf2c8d6dee9e79bbff31e34bf28a99aa19e6b29c37ee80b214a414b7607236edf26fcb78654e63f",
	    "00943ea859140fed74e1025fe41aedb38780eae5656b3f9ef9b4b0e6111350315544db3efcda05725108f72b2ab141f7" },
	  0, "c678c86135de539d183acff58886d98dfb9823041af9f934bf909ac0f8d96245",
	  "7c37108079b3e8a36d8a7970de1d6d4ff1461e0e35d9557c4d789df5e0576620", 32,
	  "2022-11-09T22:51:57Z", "2022-11-10T01:52:00Z" },
};

/* What the table has of it is the manifest's, to the letter. */
static void nitro_row(const struct wv_nitro *n, const char *row)
{
	char key[8];
	int i;

	manifest_text(row, "module_id", n->module_id);
	manifest_number(row, "ts", n->timestamp_ms);
	manifest_text(row, "digest", "SHA384");
	for (i = 0; i < 3; i++) {
		snprintf(key, sizeof(key), "pcr%d", i);
		manifest_hex(row, key, n->pcr[i], 48);
	}
	manifest_number(row, "npcrs", (unsigned int)__builtin_popcount(n->pcr_there));
	manifest_number(row, "public_key_len", n->public_key.len);
	manifest_hex(row, "nonce", n->nonce.data, n->nonce.len);
	manifest_text(row, "debug", n->debug ? "True" : "False");
}

static void check_nitro(const struct wv_nitro *n, size_t i)
{
	size_t shown = strlen(nitros[i].user_data) / 2;
	int k;

	assert_string_equal(n->module_id, nitros[i].module_id);
	assert_true(n->timestamp_ms == nitros[i].timestamp_ms);
	assert_int_equal(n->pcr_there, 0xffff);
	for (k = 0; k < 3; k++)
		same_hex(n->pcr[k], 48, nitros[i].pcr[k]);
	assert_int_equal(n->debug, nitros[i].reason == WV_DEBUG_ALLOWED);
	assert_int_equal(n->public_key.len, nitros[i].public_key);
	same_hex(n->nonce.data, n->nonce.len, nitros[i].nonce);
	assert_true(n->user_data.len >= shown);
	assert_true(!nitros[i].user_data_len || n->user_data.len == nitros[i].user_data_len);
	same_hex(n->user_data.data, shown, nitros[i].user_data);
	if (manifest_there())
		nitro_row(n, manifest_row(nitros[i].file));
}

static void nitro(void **state)
{
	struct wv_evidence e = { .tee = "nitro" };
	struct wv_bytes none = { NULL, 0 };
	struct wv_verdict v;
	int64_t at, from, to;
	char rules[512];

	(void)state;
	for (size_t i = 0; i < sizeof(nitros) / sizeof(nitros[0]); i++) {
		e.data = vector(nitros[i].file);
		assert_string_equal(wv_evidence_find(e.data), "nitro");
		assert_int_equal(wv_evidence_time(&e, &at, NULL), WV_OK);
		snprintf(rules, sizeof(rules), "\"nitro\":{\"pcrs\":{\"0\":[\"%s\"]}}", nitros[i].pcr[0]);
		ut_reason(nitros[i].reason, judge("nitro", e.data, rules, none, at, &v), &v.fault);
		check_nitro(&v.nitro, i);
		if (v.fault.reason == WV_OK) {
			assert_int_equal(v.measured, 1);
			assert_int_equal(v.nitro.named_root, 0);
			assert_string_equal(v.nitro.issued_by[1], "aws.nitro-enclaves");
		}
		/* The leaf's window is the chain's. */
		assert_int_equal(wv_time_parse(nitros[i].from, &from), WV_OK);
		assert_int_equal(wv_time_parse(nitros[i].to, &to), WV_OK);
		if (nitros[i].reason == WV_OK) {
			assert_true(v.nitro.not_before == from && v.nitro.not_after == to);
			ut_reason(WV_OK, judge("nitro", e.data, rules, none, from, &v), &v.fault);
			ut_reason(WV_OK, judge("nitro", e.data, rules, none, to, &v), &v.fault);
		}
		ut_reason(WV_CERTIFICATE_NOT_YET, judge("nitro", e.data, rules, none, from - 1, &v),
			  &v.fault);
		ut_reason(WV_CERTIFICATE_EXPIRED, judge("nitro", e.data, rules, none, to + 1, &v),
			  &v.fault);
		ut_free(e.data);
	}
}

/* A document that somebody changed, or that answers another question. */
static void nitro_altered(void **state)
{
	struct wv_bytes doc = vector("nitro/prod-nonce-userdata.cbor");
	struct wv_evidence e = { .tee = "nitro", .data = doc };
	uint8_t nonce[32], *bytes = (uint8_t *)doc.data;
	static const char *const rules = "\"accept_unmeasured\":true";
	struct wv_verdict v;
	int64_t at;

	(void)state;
	assert_int_equal(wv_evidence_time(&e, &at, NULL), WV_OK);
	assert_true(hex_decode(nitros[0].nonce, nonce, sizeof(nonce)));
	ut_reason(WV_OK, judge("nitro", doc, rules, (struct wv_bytes){ nonce, 32 }, at, &v), &v.fault);
	nonce[31] ^= 1;
	ut_reason(WV_REPORT_DATA_MISMATCH,
		  judge("nitro", doc, rules, (struct wv_bytes){ nonce, 32 }, at, &v), &v.fault);
	for (size_t i = 0; i < doc.len; i += 13) {
		bytes[i] ^= 0x10;
		assert_int_not_equal(judge("nitro", doc, rules, (struct wv_bytes){ NULL, 0 }, at, &v),
				     WV_OK);
		bytes[i] ^= 0x10;
	}
	/* Signed all over by nobody. */
	memset(bytes + doc.len - 96, 0, 96);
	ut_reason(WV_SIGNATURE_INVALID, judge("nitro", doc, rules, (struct wv_bytes){ NULL, 0 }, at, &v),
		  &v.fault);
	ut_free(doc);
}

static const struct {
	const char *file, *key, *profile, *realm_profile, *implementation_id, *instance_id;
	uint32_t lifecycle;
	size_t components;
	const char *rim, *challenge, *rpv, *hash;
} ccas[] = {
	{ "cca/fvp-example.cbor", "cca/cpak-tfa-p384.pem", "http://arm.com/CCA-SSD/1.0.0", "",
	  "7f454c4602010100000000000000000003003e00010000005058000000000000",
	  "0107060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918", 12291, 13,
	  "ae87fbf7f105e71a7827cb6f0896889c73d2beaf4830d4f9cb05e3e96c3fc7b4faa04caf36a26bd094cf9c7b738617e4c189aaee184dedda5d7a03c39dbdac7c",
	  "57e979ae2618de0c1ab73144c440d741cf9236dc9d52ed190053382a4d190252f9f0370403c35dcb155fb4362d73c66d5b0494bf939315d3dc52b8cdc8b85a96",
	  "0000000000000000000000000000000000000000", "sha-512" },
	{ "cca/rmm-01.cbor", "cca/cpak-tfa-p384.pem", "http://arm.com/CCA-SSD/1.0.0", "",
	  "7f454c4602010100000000000000000003003e00010000005058000000000000",
	  "0107060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918", 12291, 4,
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "abababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab",
	  "54686520717569636b2062726f776e20666f7820", "sha-256" },
	{ "cca/draft-ffm-00.cbor", "cca/cpak-tfa-p384.pem", "tag:arm.com,2023:cca_platform#1.0.0",
	  "tag:arm.com,2023:realm#1.0.0",
	  "7f454c4602010100000000000000000003003e00010000005058000000000000",
	  "0107060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918", 12291, 13,
	  "311314ab73620350cf758834ae5c65d9e8c2dc7febe6e7d9654bbe864e300d49",
	  "6e86d6d97cc713bc6dd43dbce491a6b40311c027a8bf85a39da63e9ce44c132a8a119d296fae6a6999e9bf3e4471b0ce01245d889424c31e89793b3b1d6b1504",
	  "54686520717569636b2062726f776e20666f7820", "sha-256" },
	{ "cca/p256-02.cbor", "cca/cpak-p256.pem", "http://arm.com/CCA-SSD/1.0.0", "",
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "010202020202020202020202020202020202020202020202020202020202020202", 12288, 1,
	  "43434343434343434343434343434343434343434343434343434343434343434343434343434343434343434343434343434343434343434343434343434343",
	  "41424142414241424142414241424142414241424142414241424142414241424142414241424142414241424142414241424142414241424142414241424142",
	  "4144414441444144414441444144414441444144", "sha-256" },
};
#define CCAS (sizeof(ccas) / sizeof(ccas[0]))

static char *public_of(const char *name)
{
	struct wv_bytes pem = vector(name);
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	char *text;

	assert_non_null(key);
	text = cose_public(key);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ut_free(pem);
	return text;
}

/* Of the rest of the row; challenge and measurement are the table's, and compared there. */
static void cca_row(const struct wv_cca *c, const char *row)
{
	const char *realm = *c->realm_profile ? c->realm_profile : "None";

	manifest_text(row, "profile", c->platform.profile);
	manifest_text(row, "realm_profile", realm);
	manifest_text(row, "rak_hash", c->key_hash);
	manifest_text(row, "hash", c->realm_hash);
	manifest_hex(row, "impl_id", c->platform.implementation_id, 32);
	manifest_hex(row, "inst_id", c->platform.instance_id, 33);
	manifest_number(row, "lifecycle", c->platform.lifecycle);
	manifest_number(row, "sw_components", c->platform.component_count);
	manifest_hex(row, "rim", c->rim.data, c->rim.len);
	manifest_hex(row, "challenge", c->challenge, 64);
}

static void check_cca(const struct wv_cca *c, size_t i)
{
	const struct wv_platform *p = &c->platform;

	assert_string_equal(p->profile, ccas[i].profile);
	assert_string_equal(c->realm_profile, ccas[i].realm_profile);
	same_hex(p->implementation_id, 32, ccas[i].implementation_id);
	same_hex(p->instance_id, 33, ccas[i].instance_id);
	assert_int_equal(p->lifecycle, ccas[i].lifecycle);
	assert_int_equal(p->component_count, ccas[i].components);
	same_hex(c->rim.data, c->rim.len, ccas[i].rim);
	same_hex(c->challenge, 64, ccas[i].challenge);
	same_hex(c->personalization, 20, ccas[i].rpv);
	assert_string_equal(c->realm_hash, ccas[i].hash);
	if (manifest_there())
		cca_row(c, manifest_row(ccas[i].file));
}

static void cca_rules(char out[1024], const char *key, const char *rim)
{
	snprintf(out, 1024, "\"cca\":{\"platform_keys\":[{\"public_key\":\"%s\"}],\"rim\":[\"%s\"]}", key,
		 rim);
}

static void cca(void **state)
{
	struct wv_bytes token;
	struct wv_verdict v;
	uint8_t challenge[64];
	char rules[1024], *key;

	(void)state;
	for (size_t i = 0; i < CCAS; i++) {
		token = vector(ccas[i].file);
		key = public_of(ccas[i].key);
		assert_string_equal(wv_evidence_find(token), "cca");
		assert_true(hex_decode(ccas[i].challenge, challenge, sizeof(challenge)));
		cca_rules(rules, key, ccas[i].rim);
		ut_reason(WV_OK, judge("cca", token, rules, (struct wv_bytes){ challenge, 64 }, 0, &v),
			  &v.fault);
		assert_int_equal(v.measured, 1);
		check_cca(&v.cca, i);
		challenge[0] ^= 1;
		ut_reason(WV_REPORT_DATA_MISMATCH,
			  judge("cca", token, rules, (struct wv_bytes){ challenge, 64 }, 0, &v), &v.fault);
		free(key);
		/* Another platform's key, and none. */
		key = public_of(ccas[i == 3 ? 0 : 3].key);
		cca_rules(rules, key, ccas[i].rim);
		assert_int_not_equal(judge("cca", token, rules, (struct wv_bytes){ NULL, 0 }, 0, &v),
				     WV_OK);
		ut_reason(WV_PLATFORM_KEY_UNTRUSTED,
			  judge("cca", token, "\"accept_unmeasured\":true",
				(struct wv_bytes){ NULL, 0 }, 0, &v), &v.fault);
		free(key);
		ut_free(token);
	}
}

/* The last: the tests above have read every file of the folder's but the root (collateral). */
static void every_row(void **state)
{
	(void)state;
	manifest_need();
	manifest_opened("nitro/", "AWS Nitro Enclaves root");
	manifest_opened("cca/", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nitro),
		cmocka_unit_test(nitro_altered),
		cmocka_unit_test(cca),
		cmocka_unit_test(every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
