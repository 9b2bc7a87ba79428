// SPDX-License-Identifier: MIT
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure_make.h"
#include "hcl.h"
#include "hex.h"

#define TEXT_MAX 4096

void azure_make_new(struct azure_make *m, EVP_PKEY *ak)
{
	*m = (struct azure_make){
		.version = 2, .request = 2, .runtime_version = 1, .kind = WV_AZURE_SNP, .hash = 1,
		.named = ak, .padded = 2600,
		.vm = "\"console-enabled\":true,\"secure-boot\":true,\"tpm-enabled\":true,"
		      "\"tpm-persisted\":false,\"vmUniqueId\":\"" AZURE_VM_ID "\"",
	};
}

static void put_modulus(EVP_PKEY *key, char *out)
{
	unsigned char bytes[512];
	BIGNUM *n = NULL;
	int len;

	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	len = BN_bn2bin(n, bytes);
	BN_free(n);
	len = EVP_EncodeBlock((unsigned char *)out, bytes, len);
	for (int i = 0; i < len; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i] == '=' ? '\0' : out[i];
}

char *azure_make_text(const struct azure_make *m)
{
	char *out = malloc(TEXT_MAX), n[700] = "", hex[129], user[160] = "";

	if (m->text) {
		snprintf(out, TEXT_MAX, "%s", m->text);
		return out;
	}
	put_modulus(m->named, n);
	if (m->user_data) {
		hex_encode(m->user_data, 64, hex);
		snprintf(user, sizeof(user), ",\"user-data\":\"%s\"", hex);
	}
	snprintf(out, TEXT_MAX, "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\","
		 "\"e\":\"AQAB\",\"n\":\"%s\"},{\"kid\":\"HCLEkPub\",\"kty\":\"RSA\",\"e\":\"AQAB\","
		 "\"n\":\"AQ\"}],\"vm-configuration\":{%s}%s}", n, m->vm, user);
	return out;
}

void azure_make_data(const struct azure_make *m, const char *text, uint8_t out[64])
{
	const EVP_MD *md = m->hash == 2 ? EVP_sha384() : m->hash == 3 ? EVP_sha512() : EVP_sha256();

	memset(out, 0, 64);
	assert_true(EVP_Digest(text, strlen(text), out, NULL, md, NULL));
}

static uint8_t *put(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		*at++ = (uint8_t)(value >> 8 * i);
	return at;
}

struct wv_bytes azure_make_hcl(const struct azure_make *m, const struct sim_guest *g,
			       const struct sim_pki *pki)
{
	char *text = azure_make_text(m);
	size_t n = strlen(text), len = 1236 + n > m->padded ? 1236 + n : m->padded;
	uint8_t *out = calloc(1, len), *at = out, data[64];

	memcpy(at, "HCLA", 4);
	at = put(at + 4, m->version);
	at = put(at, (uint64_t)(1236 + (int)n + m->size_lie));
	put(at, m->request);
	azure_make_data(m, text, data);
	if (m->report)
		memcpy(out + HCL_REPORT_AT, m->report, HCL_REPORT_LEN);
	else
		sim_report(g, pki, data, out + HCL_REPORT_AT);
	at = put(out + 1216, (uint64_t)(20 + (int)n + m->all_lie));
	at = put(at, m->runtime_version);
	at = put(at, m->kind);
	at = put(at, m->hash);
	at = put(at, (uint64_t)((int)n + m->text_lie));
	memcpy(at, text, n);
	free(text);
	return (struct wv_bytes){ out, len };
}

void azure_make_tdreport(const uint8_t *body, size_t len, uint8_t *out)
{
	/* A field of the body, wherever a TDREPORT has it. */
	static const struct {
		size_t body, report, len;
	} fields[] = {
		{ 0, 256 + 8, 120 },	/* TEE TCB SVN to SEAM attributes */
		{ 120, 512, 400 },	/* attributes to RTMR3 */
		{ 520, 128, 64 },
		{ 584, 256 + 128, 16 },	/* TD 1.5 */
		{ 600, 512 + 400, 48 },
	};

	memset(out, 0, HCL_REPORT_LEN);
	out[0] = 0x81;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].body + fields[i].len <= len)
			memcpy(out + fields[i].report, body + fields[i].body, fields[i].len);
	assert_true(EVP_Digest(out + 256, 239, out + 32, NULL, EVP_sha384(), NULL));
	assert_true(EVP_Digest(out + 512, 512, out + 80, NULL, EVP_sha384(), NULL));
}
