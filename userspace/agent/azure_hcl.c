// SPDX-License-Identifier: MIT
#include <errno.h>
#include <jansson.h>
#include <jose/b64.h>
#include <openssl/evp.h>
#include <string.h>

#include "azure_hcl.h"
#include "cursor.h"

enum {
	HEADER_LEN = 32,
	REPORT_LEN = 1184,		/* an SNP report; a TDREPORT and zeroes */
	RUNTIME_AT = HEADER_LEN + REPORT_LEN,
	RUNTIME_LEN = 20,		/* before the JSON text */
	VERSION_MAX = 2,
	HASH_SHA256 = 1,
	SNP_DATA_AT = 0x50,		/* report data in the hardware's report */
	TDX_DATA_AT = 128,
	RSA_EXPONENT = 65537,		/* what a TPM's 0 means */
};

#define damaged(why, ...) trouble_set(why, -EBADMSG, "HCL report: " __VA_ARGS__)

/* The frame around report and JSON text; @json is a view. */
static int frame_read(const uint8_t *data, size_t len, struct azure_hcl *out,
		      struct cursor *json, struct trouble *why)
{
	struct cursor c = cursor_over(data, len);
	const uint8_t *magic = cursor_take(&c, 4);
	uint32_t version = cursor_le32(&c), size = cursor_le32(&c), runtime, runtime_version, hash, n;

	if (!magic || memcmp(magic, "HCLA", 4))
		return damaged(why, "it does not begin with HCLA");
	if (!version || version > VERSION_MAX)
		return damaged(why, "version %u is not known", version);
	c.at = len < RUNTIME_AT ? len : RUNTIME_AT;
	runtime = cursor_le32(&c);
	runtime_version = cursor_le32(&c);
	out->kind = cursor_le32(&c);
	hash = cursor_le32(&c);
	n = cursor_le32(&c);
	*json = cursor_sub(&c, c.at, n);
	cursor_skip(&c, n);
	out->len = c.at;
	if (!cursor_ok(&c) || runtime != RUNTIME_LEN + n || size != c.at)
		return damaged(why, "its lengths do not agree (%u, %u, %u of %zu bytes)", size,
			       runtime, n, len);
	if (runtime_version != 1 || hash != HASH_SHA256)
		return damaged(why, "runtime data of version %u, hash %u", runtime_version, hash);
	if (out->kind != HCL_SNP && out->kind != HCL_TDX)
		return damaged(why, "a hardware report of kind %u", out->kind);
	cursor_zero(&c, cursor_left(&c));
	return cursor_ok(&c) ? 0 : damaged(why, "something follows it");
}

/* Report data of the hardware's report: SHA-256 of the text, and zeroes. */
static int binding_check(const uint8_t *data, const struct azure_hcl *hcl,
			 const struct cursor *json, struct trouble *why)
{
	size_t at = HEADER_LEN + (hcl->kind == HCL_SNP ? SNP_DATA_AT : TDX_DATA_AT);
	uint8_t want[64] = { 0 };

	if (!EVP_Digest(json->data, json->len, want, NULL, EVP_sha256(), NULL))
		return trouble_set(why, -ENOMEM, "no memory");
	if (memcmp(data + at, want, sizeof(want)))
		return damaged(why, "the hardware's report is over other runtime data");
	return 0;
}

/* Base64url of a number, without zeroes before it; 0 = it is none. */
static size_t number_read(const json_t *key, const char *name, uint8_t *out, size_t room)
{
	const json_t *text = json_object_get(key, name);
	size_t len = text ? jose_b64_dec(text, NULL, 0) : SIZE_MAX, zeroes = 0;

	if (len > room || jose_b64_dec(text, out, room) != len)
		return 0;
	while (zeroes < len && !out[zeroes])
		zeroes++;
	memmove(out, out + zeroes, len - zeroes);
	return len - zeroes;
}

static int key_read(const json_t *root, struct azure_hcl *out, struct trouble *why)
{
	const json_t *keys = json_object_get(root, "keys"), *key;
	uint8_t exponent[4];
	size_t i, len = 0;

	json_array_foreach(keys, i, key) {
		const char *kid = json_string_value(json_object_get(key, "kid"));
		const char *kty = json_string_value(json_object_get(key, "kty"));

		if (!kid || strcmp(kid, "HCLAkPub") || !kty || strcmp(kty, "RSA"))
			continue;
		if (out->key_len)
			return damaged(why, "two keys are called HCLAkPub");
		out->key_len = number_read(key, "n", out->key, sizeof(out->key));
		len = number_read(key, "e", exponent, sizeof(exponent));
	}
	if (!out->key_len || !len)
		return damaged(why, "no RSA key is called HCLAkPub");
	for (i = 0; i < len; i++)
		out->exponent = out->exponent << 8 | exponent[i];
	return 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int user_data_read(const json_t *root, struct azure_hcl *out, struct trouble *why)
{
	const json_t *member = json_object_get(root, "user-data");
	const char *hex = json_string_value(member);

	out->has_user_data = member;
	if (!member)
		return 0;
	if (!hex || strlen(hex) != 2 * HCL_USER_DATA_LEN)
		return damaged(why, "its user data are not %d bytes", HCL_USER_DATA_LEN);
	for (size_t i = 0; i < HCL_USER_DATA_LEN; i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return damaged(why, "its user data are not hexadecimal");
		out->user_data[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int text_read(const struct cursor *json, struct azure_hcl *out, struct trouble *why)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)json->data, json->len, JSON_REJECT_DUPLICATES,
				  &error);
	int err;

	if (!root)
		return damaged(why, "runtime data: %.80s", error.text);
	err = key_read(root, out, why) ?: user_data_read(root, out, why);
	json_decref(root);
	return err;
}

int azure_hcl_parse(const uint8_t *data, size_t len, struct azure_hcl *out, struct trouble *why)
{
	struct cursor json = cursor_over(NULL, 0);

	memset(out, 0, sizeof(*out));
	return frame_read(data, len, out, &json, why) ?: binding_check(data, out, &json, why) ?:
	       text_read(&json, out, why);
}

bool azure_hcl_names(const struct azure_hcl *hcl, const TPMT_PUBLIC *key)
{
	const TPM2B_PUBLIC_KEY_RSA *n = &key->unique.rsa;
	uint32_t exponent = key->parameters.rsaDetail.exponent;
	size_t zeroes = 0;

	if (key->type != TPM2_ALG_RSA || (exponent ? exponent : RSA_EXPONENT) != hcl->exponent)
		return false;
	while (zeroes < n->size && !n->buffer[zeroes])
		zeroes++;
	return n->size - zeroes == hcl->key_len && !memcmp(n->buffer + zeroes, hcl->key, hcl->key_len);
}
