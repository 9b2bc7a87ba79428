// SPDX-License-Identifier: MIT
/*
 * CCA and PSA tokens: Arm DEN0137, RFC 9783.
 */
#include <openssl/core_names.h>
#include <string.h>

#include "cose_put.h"

/* Claims are written one by one, so that any of them can be left out. */
struct claims {
	struct cbor_put w;
	size_t count;
	int64_t without, mistyped, odd;
	size_t odd_len;
};

static struct claims claims_start(const struct arm_plan *p)
{
	return (struct claims){ .w = put_start(), .without = p->without, .mistyped = p->mistyped,
				.odd = p->odd, .odd_len = p->odd_len };
}

static bool claim(struct claims *c, int64_t key)
{
	if (key == c->without)
		return false;
	c->count++;
	put_int(&c->w, key);
	if (key != c->mistyped)
		return true;
	cbor_put_raw(&c->w, "\xf5", 1);
	return false;
}

static void claim_bytes(struct claims *c, int64_t key, const void *data, size_t len)
{
	uint8_t odd[128] = { 1 };

	if (claim(c, key))
		cbor_put_bytes(&c->w, key == c->odd ? odd : data, key == c->odd ? c->odd_len : len);
}

static void claim_fill(struct claims *c, int64_t key, uint8_t value, size_t len)
{
	uint8_t data[64];

	memset(data, value, sizeof(data));
	claim_bytes(c, key, data, len);
}

static void claim_text(struct claims *c, int64_t key, const char *text)
{
	if (claim(c, key))
		cbor_put_text(&c->w, text);
}

static void claim_int(struct claims *c, int64_t key, int64_t value)
{
	if (claim(c, key))
		put_int(&c->w, value);
}

/* The map around what was written. */
static struct wv_bytes claims_end(struct claims *c)
{
	struct cbor_put w = put_start();

	cbor_put_map(&w, c->count);
	cbor_put_raw(&w, c->w.at, c->w.len);
	free(c->w.at);
	return put_bytes(&w);
}

static void component(struct cbor_put *w, const char *type, uint8_t value)
{
	uint8_t digest[32];

	cbor_put_map(w, 4);
	cbor_put_uint(w, 1);
	cbor_put_text(w, type);
	cbor_put_uint(w, 2);
	memset(digest, value, sizeof(digest));
	cbor_put_bytes(w, digest, sizeof(digest));
	cbor_put_uint(w, 4);
	cbor_put_text(w, "1.2.3");
	cbor_put_uint(w, 5);
	memset(digest, 0x5a, sizeof(digest));
	cbor_put_bytes(w, digest, sizeof(digest));
}

static void claim_components(struct claims *c, int64_t key)
{
	if (!claim(c, key))
		return;
	cbor_put_array(&c->w, 2);
	component(&c->w, "BL", 0xb1);
	component(&c->w, "RMM", 0xb2);
}

static void claim_instance(struct claims *c, int64_t key, const struct arm_plan *p)
{
	uint8_t id[33];

	memset(id, 0x1d, sizeof(id));
	id[0] = p->instance ? p->instance : 0x01;
	claim_bytes(c, key, id, sizeof(id));
}

static size_t point_of(EVP_PKEY *key, uint8_t out[133])
{
	size_t len = 0;

	EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
				       "uncompressed");
	assert_true(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, 133,
						    &len) == 1);
	return len;
}

struct wv_bytes arm_realm_key(const struct arm_plan *p)
{
	struct cbor_put w = put_start();
	uint8_t point[133];
	size_t len = point_of(p->realm.key, point), half = (len - 1) / 2;

	if (p->old) {
		cbor_put_raw(&w, point, len);
		return put_bytes(&w);
	}
	cbor_put_map(&w, 4);
	cbor_put_uint(&w, 1);
	cbor_put_uint(&w, 2);
	put_int(&w, -1);
	cbor_put_uint(&w, half == 32 ? 1 : half == 48 ? 2 : 3);
	put_int(&w, -2);
	cbor_put_bytes(&w, point + 1, half);
	put_int(&w, -3);
	cbor_put_bytes(&w, point + 1 + half, half);
	return put_bytes(&w);
}

static struct wv_bytes realm_half(const struct arm_plan *p, struct wv_bytes key)
{
	struct claims c = claims_start(p);
	struct wv_bytes payload, out;
	uint8_t rem[32] = { 0 };
	int i;

	if (!p->old)
		claim_text(&c, 265, "tag:arm.com,2023:realm#1.0.0");
	claim_bytes(&c, 10, p->challenge.data, p->challenge.len);
	claim_text(&c, 44236, "sha-256");
	claim_text(&c, 44240, p->key_hash ? p->key_hash : "sha-256");
	claim_fill(&c, 44235, 0x77, 64);
	claim_bytes(&c, 44237, key.data, key.len);
	claim_fill(&c, 44238, 0x21, 32);
	if (claim(&c, 44239)) {
		cbor_put_array(&c.w, 4);
		for (i = 0; i < 4; i++) {
			memset(rem, 0x30 + i, sizeof(rem));
			cbor_put_bytes(&c.w, rem, sizeof(rem));
		}
	}
	payload = claims_end(&c);
	out = cose_make(&p->realm, payload);
	ut_free(payload);
	return out;
}

static void binder(const struct arm_plan *p, struct wv_bytes key, uint8_t out[64], size_t *len)
{
	const char *hash = p->key_hash && !strcmp(p->key_hash, "sha-512") ? "SHA512" : "SHA256";

	assert_true(EVP_Q_digest(NULL, hash, NULL, key.data, key.len, out, len) == 1);
	if (p->other_binder)
		out[0] ^= 1;
}

static struct wv_bytes platform_half(const struct arm_plan *p, struct wv_bytes key)
{
	struct claims c = claims_start(p);
	struct wv_bytes payload, out;
	uint8_t nonce[64];
	size_t len;

	binder(p, key, nonce, &len);
	claim_text(&c, 265, p->profile ? p->profile :
			    p->old ? "http://arm.com/CCA-SSD/1.0.0" :
				     "tag:arm.com,2023:cca_platform#1.0.0");
	claim_bytes(&c, 10, nonce, len);
	claim_fill(&c, 2396, 0x1e, 32);
	claim_instance(&c, 256, p);
	claim_fill(&c, 2401, 0xcf, 4);
	claim_int(&c, 2395, p->lifecycle ? p->lifecycle : 0x3000);
	claim_text(&c, 2402, "sha-256");
	claim_text(&c, 2400, "https://verifier.example");
	claim_components(&c, 2399);
	payload = claims_end(&c);
	out = cose_make(&p->platform, payload);
	ut_free(payload);
	return out;
}

static void put_half(struct cbor_put *w, uint64_t key, struct wv_bytes half, bool cmw)
{
	cbor_put_uint(w, key);
	if (cmw) {
		cbor_put_array(w, 2);
		cbor_put_uint(w, 263);
	}
	cbor_put_bytes(w, half.data, half.len);
}

struct wv_bytes cca_make(const struct arm_plan *p)
{
	struct wv_bytes key = arm_realm_key(p), platform = platform_half(p, key),
			realm = realm_half(p, key);
	struct cbor_put w = put_start();

	put_tag(&w, p->cmw ? 907 : 399);
	cbor_put_map(&w, 2);
	put_half(&w, 44234, platform, p->cmw);
	put_half(&w, 44241, realm, p->cmw);
	ut_free(key);
	ut_free(platform);
	ut_free(realm);
	return put_bytes(&w);
}

/* The numbers of a PSA token's claims, of RFC 9783 and of the drafts before -08. */
static int64_t psa_key(const struct arm_plan *p, int64_t key)
{
	static const int64_t old[][2] = {
		{ 265, -75000 }, { 2394, -75001 }, { 2395, -75002 }, { 2396, -75003 },
		{ 2397, -75004 }, { 2398, -75005 }, { 2399, -75006 }, { 10, -75008 },
		{ 256, -75009 }, { 2400, -75010 },
	};
	size_t i;

	for (i = 0; p->old && i < sizeof(old) / sizeof(old[0]); i++)
		if (old[i][0] == key)
			return old[i][1];
	return key;
}

struct wv_bytes psa_make(const struct arm_plan *p)
{
	struct claims c = claims_start(p);
	struct wv_bytes payload, out;

	claim_text(&c, psa_key(p, 265), p->profile ? p->profile :
		   p->old ? "PSA_IOT_PROFILE_1" : "tag:psacertified.org,2023:psa#tfm");
	claim_bytes(&c, psa_key(p, 10), p->challenge.data, p->challenge.len);
	claim_instance(&c, psa_key(p, 256), p);
	claim_int(&c, psa_key(p, 2394), -7);
	claim_int(&c, psa_key(p, 2395), p->lifecycle ? p->lifecycle : 0x3001);
	claim_fill(&c, psa_key(p, 2396), 0x1e, 32);
	claim_fill(&c, psa_key(p, 2397), 0x5e, 32);
	claim_text(&c, psa_key(p, 2398), "1234567890123-12345");
	if (p->no_measurements)
		claim_int(&c, -75007, 1);
	else
		claim_components(&c, psa_key(p, 2399));
	payload = claims_end(&c);
	out = cose_make(&p->platform, payload);
	ut_free(payload);
	return out;
}
