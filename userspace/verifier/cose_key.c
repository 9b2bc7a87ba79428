// SPDX-License-Identifier: MIT
/*
 * Elliptic-curve keys as tokens carry them: a bare point, or a COSE_Key.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "cbor_map.h"
#include "cose.h"
#include "fault.h"

#define POINT_MAX (1 + 2 * 66)

/* RFC 9053 table 18: the number of a curve. */
static const struct curve {
	int64_t crv;
	const char *group;
	size_t half;
} curves[] = {
	{ 1, "prime256v1", 32 },
	{ 2, "secp384r1", 48 },
	{ 3, "secp521r1", 66 },
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))

/* OpenSSL refuses what is not a point of the curve. */
static EVP_PKEY *make(const struct curve *c, const uint8_t *point)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)c->group, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, 1 + 2 * c->half),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	ERR_set_mark();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	ERR_pop_to_mark();
	return key;
}

EVP_PKEY *cose_key_raw(struct wv_bytes point)
{
	size_t i;

	for (i = 0; i < CURVES; i++)
		if (point.len == 1 + 2 * curves[i].half && point.data[0] == 0x04)
			return make(&curves[i], point.data);
	return NULL;
}

enum { KTY, CRV, X, Y, MEMBERS };

static const struct map_member members[MEMBERS] = {
	[KTY] = { .name = "kty", .key = 1, .type = MAP_INT, .needed = true, .min = 2, .max = 2 },
	[CRV] = { .name = "crv", .key = -1, .type = MAP_INT, .needed = true, .min = 1, .max = 3 },
	[X] = { .name = "x", .key = -2, .type = MAP_BYTES, .needed = true, .min = 32, .max = 66 },
	[Y] = { .name = "y", .key = -3, .type = MAP_BYTES, .needed = true, .min = 32, .max = 66 },
};
static const struct map_format format = { .members = members, .count = MEMBERS };

EVP_PKEY *cose_key_map(struct wv_bytes map, const char *what, struct wv_fault *fault)
{
	struct map_value v[MEMBERS];
	uint8_t point[POINT_MAX] = { 0x04 };
	const struct curve *c;
	EVP_PKEY *key;

	if (map_read_all(map, what, &format, v, fault))
		return NULL;
	c = &curves[v[CRV].number - 1];
	if (v[X].bytes.len != c->half || v[Y].bytes.len != c->half) {
		fault_set(fault, WV_EVIDENCE_DAMAGED, what, -1,
			  "coordinates of %zu and %zu bytes on a curve of %zu", v[X].bytes.len,
			  v[Y].bytes.len, c->half);
		return NULL;
	}
	memcpy(point + 1, v[X].bytes.data, c->half);
	memcpy(point + 1 + c->half, v[Y].bytes.data, c->half);
	key = make(c, point);
	if (!key)
		fault_set(fault, WV_EVIDENCE_DAMAGED, what, -1, "not a point of its curve");
	return key;
}
