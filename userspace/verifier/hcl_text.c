// SPDX-License-Identifier: MIT
/*
 * The runtime data of a paravisor's report: JSON that the paravisor made. What is in
 * it beyond what is read here is let be: Azure adds members as it goes.
 */
#include <string.h>

#include "b64.h"
#include "fault.h"
#include "hcl.h"
#include "hex.h"
#include "json_read.h"

#define KEYS_MAX 16

/* Base64url of a number, without zeroes before it; 0 = it is none. */
static size_t read_number(const json_t *key, const char *name, uint8_t *out, size_t room)
{
	const json_t *text = json_object_get(key, name);
	size_t n = json_string_length(text), len, zeroes = 0;

	if (!n || B64_DATA_LEN(n) > room || !b64url_decode(json_string_value(text), n, out, &len))
		return 0;
	while (zeroes < len && !out[zeroes])
		zeroes++;
	memmove(out, out + zeroes, len - zeroes);
	return len - zeroes;
}

static bool says(const json_t *key, const char *name, const char *word)
{
	const char *text = json_string_value(json_object_get(key, name));

	return text && !strcmp(text, word);
}

/* RFC 7517 section 4 and RFC 7518 section 6.3.1. */
static int read_key(struct doc_in *in, const json_t *key, struct hcl *out)
{
	static const uint8_t f4[3] = { 1, 0, 1 };
	uint8_t exponent[16];

	if (out->key_len)
		return doc_fault(in, "keys", "two keys are called HCLAkPub");
	out->key_len = read_number(key, "n", out->key, sizeof(out->key));
	if (!says(key, "kty", "RSA") || !out->key_len ||
	    read_number(key, "e", exponent, sizeof(exponent)) != sizeof(f4) ||
	    memcmp(exponent, f4, sizeof(f4)))
		return doc_fault(in, "keys", "HCLAkPub is no RSA key with exponent 65537");
	return WV_OK;
}

static int read_keys(struct doc_in *in, struct hcl *out)
{
	const json_t *keys = json_object_get(in->root, "keys"), *key;
	size_t i;
	int rc = WV_OK;

	if (!json_is_array(keys) || json_array_size(keys) > KEYS_MAX)
		return doc_fault(in, "keys", "an array of at most %d keys is expected", KEYS_MAX);
	json_array_foreach(keys, i, key)
		if (!rc && says(key, "kid", "HCLAkPub"))
			rc = read_key(in, key, out);
	if (!rc && !out->key_len)
		rc = doc_fault(in, "keys", "no key is called HCLAkPub");
	return rc;
}

static int read_said(struct doc_in *in, const json_t *vm, const char *name, int *out)
{
	const json_t *v = json_object_get(vm, name);

	if (v && !json_is_boolean(v))
		return doc_fault(in, name, "true or false is expected");
	*out = !v ? WV_UNSAID : json_is_true(v) ? WV_SAID_YES : WV_SAID_NO;
	return WV_OK;
}

/* Shown and compared as it stands, so printable ASCII it must be. */
static int read_text(struct doc_in *in, const json_t *vm, const char *name, char *out)
{
	const json_t *v = json_object_get(vm, name);
	const char *text = json_string_value(v);

	if (!v)
		return WV_OK;
	if (!text || json_string_length(v) >= WV_AZURE_ID_LEN)
		return doc_fault(in, name, "a text below %d bytes is expected", WV_AZURE_ID_LEN);
	for (size_t i = 0; text[i]; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return doc_fault(in, name, "printable ASCII is expected");
	strcpy(out, text);
	return WV_OK;
}

static int read_vm(struct doc_in *in, struct wv_azure *said)
{
	const json_t *vm = json_object_get(in->root, "vm-configuration");

	if (!vm)
		return WV_OK;
	if (!json_is_object(vm))
		return doc_fault(in, "vm-configuration", "an object is expected");
	return read_said(in, vm, "secure-boot", &said->secure_boot) ?:
	       read_said(in, vm, "tpm-enabled", &said->tpm_enabled) ?:
	       read_said(in, vm, "tpm-persisted", &said->tpm_persisted) ?:
	       read_said(in, vm, "console-enabled", &said->console_enabled) ?:
	       read_text(in, vm, "vmUniqueId", said->vm_id) ?:
	       read_text(in, vm, "root-cert-thumbprint", said->root_thumbprint);
}

static int read_user_data(struct doc_in *in, struct wv_azure *said)
{
	const json_t *v = json_object_get(in->root, "user-data");

	if (!v)
		return WV_OK;
	if (!json_is_string(v) || !hex_decode(json_string_value(v), said->user_data, 64))
		return doc_fault(in, "user-data", "128 hexadecimal digits are expected");
	said->has_user_data = 1;
	return WV_OK;
}

int hcl_read_text(struct hcl *out, struct wv_azure *said, struct wv_fault *fault)
{
	struct doc_in in;
	int rc = doc_open(&in, out->runtime, HCL_MAX, WV_HCL_DAMAGED, fault) ?:
		 read_keys(&in, out) ?: read_vm(&in, said) ?: read_user_data(&in, said);

	doc_close(&in);
	return rc;
}
