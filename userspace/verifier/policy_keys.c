// SPDX-License-Identifier: MIT
/*
 * Platforms' keys that a policy names: they are in no token, so the policy has them whole.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "fault.h"
#include "policy_arm.h"

#define KEYS_MAX	16	/* each is checked to lie on its curve */
#define KEY_TEXT_MAX	1024

static const char *const members[] = { "public_key", "implementation_id", "instance_id", NULL };

/*
 * RFC 5480 section 2.2: the point is the end of it, and takes a square root to be read unless
 * both of its coordinates are there.
 */
static bool uncompressed(const uint8_t *der, size_t n)
{
	static const struct {
		size_t len, point;
	} curves[] = { { 91, 26 }, { 120, 23 }, { 158, 25 } };	/* P-256, P-384, P-521 */
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (n == curves[i].len)
			return der[curves[i].point] == 0x04;
	return false;
}

/* A SubjectPublicKeyInfo, in the one spelling that RFC 4648 section 4 has for it. */
static EVP_PKEY *key_of(const char *text)
{
	uint8_t der[B64_DATA_LEN(KEY_TEXT_MAX)];
	const uint8_t *p = der;
	size_t n, len = strlen(text);
	EVP_PKEY *key;

	if (len > KEY_TEXT_MAX || len % 4 || strpbrk(text, "-_") ||
	    !b64_decode(text, len, der, &n) || !uncompressed(der, n))
		return NULL;
	ERR_set_mark();
	key = d2i_PUBKEY(NULL, &p, (long)n);
	if (key && (p != der + n || !EVP_PKEY_is_a(key, "EC"))) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_pop_to_mark();
	return key;
}

static bool digest_key(EVP_PKEY *key, uint8_t out[32])
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL);

	OPENSSL_free(der);
	return ok;
}

static int read_key(struct doc_in *in, json_t *v, const char *name, struct policy_key *out)
{
	const char *text = json_string_value(json_object_get(v, "public_key"));
	int rc;

	if (!json_is_object(v))
		return doc_fault(in, name, "objects with a public_key are expected");
	rc = doc_known(in, v, members);
	if (rc)
		return rc;
	out->key = text ? key_of(text) : NULL;
	if (!out->key || !digest_key(out->key, out->sha256))
		return doc_fault(in, "public_key",
				 "an elliptic-curve public key is expected: base64 of its DER");
	out->has_implementation = json_object_get(v, "implementation_id") != NULL;
	out->has_instance = json_object_get(v, "instance_id") != NULL;
	if (out->has_implementation)
		rc = doc_hex(in, v, "implementation_id", out->implementation,
			     sizeof(out->implementation));
	if (!rc && out->has_instance)
		rc = doc_hex(in, v, "instance_id", out->instance, sizeof(out->instance));
	return rc;
}

int policy_read_keys(struct doc_in *in, json_t *object, const char *name,
		     struct policy_keys *out)
{
	json_t *list, *v;
	size_t i;
	int rc = doc_list(in, object, name, KEYS_MAX, &list);

	if (rc || !list)
		return rc;
	out->keys = calloc(json_array_size(list), sizeof(*out->keys));
	if (!out->keys)
		return fault_set(in->fault, WV_NO_MEMORY, name, -1, "no memory");
	json_array_foreach(list, i, v) {
		out->count++;
		rc = read_key(in, v, name, &out->keys[i]);
		if (rc)
			return rc;
	}
	return WV_OK;
}

void policy_keys_clear(struct policy_keys *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		EVP_PKEY_free(k->keys[i].key);
	free(k->keys);
}
