// SPDX-License-Identifier: MIT
/* Envelopes of Azure Attestation, and chains that a vault's answer could come with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "b64.h"
#include "../unit/sim.h"
#include "maa_envelope.h"
#include "roots.h"

/* ---- envelopes ------------------------------------------------------------------------- */

static json_t *b64(const void *data, size_t len)
{
	char text[2048];

	assert_true(4 * ((len + 2) / 3) < sizeof(text));
	EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	return json_string(text);
}

static json_t *envelope(uint8_t which, size_t key_len, const char *token)
{
	uint8_t key[32], iv[12] = { 1 }, tag[16], sealed[512], inner[256] = { which };
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, len = (int)strlen(token);

	memset(key, FUZZ_MAA_KEY, sizeof(key));
	assert_true(ctx && EVP_EncryptInit_ex(ctx, key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(),
					      NULL, key, iv) == 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)"Transport Key", 13), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, sealed, &n, (const uint8_t *)token, len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, sealed + n, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag), 1);
	EVP_CIPHER_CTX_free(ctx);
	return json_pack("{s:o, s:o, s:{s:o}, s:o}", "Jwt", b64(sealed, (size_t)len), "AuthenticationData",
			 b64(tag, sizeof(tag)), "EncryptionParams", "Iv", b64(iv, sizeof(iv)),
			 "EncryptedInnerKey", b64(inner, sizeof(inner)));
}

static void answer(const char *name, json_t *envelope)
{
	char *text = json_dumps(envelope, JSON_COMPACT), inner[4096], whole[4200];

	assert_true(text && 4 * ((strlen(text) + 2) / 3) < sizeof(inner));
	EVP_EncodeBlock((unsigned char *)inner, (const uint8_t *)text, (int)strlen(text));
	snprintf(whole, sizeof(whole), "{\"token\":\"%s\"}", inner);
	seed_text("maa", name, whole);
	free(text);
	json_decref(envelope);
}

static void envelopes(void)
{
	json_t *short_tag = envelope(0, 32, FUZZ_MAA_TOKEN);

	json_object_set_new(short_tag, "AuthenticationData", b64("0123456789", 10));
	answer("bad-tag", short_tag);
	answer("aes-256", envelope(0, 32, FUZZ_MAA_TOKEN));
	answer("aes-128", envelope(1, 16, FUZZ_MAA_TOKEN));
	answer("bad-key", envelope(2, 32, FUZZ_MAA_TOKEN));
	answer("bad-tpm", envelope(9, 32, FUZZ_MAA_TOKEN));
	seed_text("maa", "plain", "{\"token\":\"" FUZZ_MAA_TOKEN "\"}");
}

/* ---- chains ------------------------------------------------------------------------------ */

/** struct made - a certificate of this run, and its key */
struct made {
	X509 *cert;
	EVP_PKEY *key;
};

/** struct wish - what is to stand in one; NULL = nothing */
struct wish {
	const char *name, *san, *eku, *ku, *bc;
	int bits;	/* of RSA; 0 = P-256 */
	long days;
};

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

	assert_true(!value || (ext && X509_add_ext(cert, ext, -1) == 1));
	X509_EXTENSION_free(ext);
}

/* @by NULL: signs itself. */
static struct made make(const struct wish *w, const struct made *by)
{
	static long serial;
	struct made m = { X509_new(), w->bits ? EVP_RSA_gen((unsigned int)w->bits) : EVP_EC_gen("P-256") };
	const struct made *issuer = by ? by : &m;

	assert_true(m.cert && m.key && X509_set_version(m.cert, 2) == 1);
	ASN1_INTEGER_set(X509_get_serialNumber(m.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(m.cert), -2 * SEED_YEAR);
	X509_gmtime_adj(X509_getm_notAfter(m.cert), w->days * 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(m.cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)w->name, -1, -1, 0);
	X509_set_issuer_name(m.cert, X509_get_subject_name(issuer->cert));
	X509_set_pubkey(m.cert, m.key);
	extend(m.cert, NID_basic_constraints, w->bc);
	extend(m.cert, NID_subject_alt_name, w->san);
	extend(m.cert, NID_ext_key_usage, w->eku);
	extend(m.cert, NID_key_usage, w->ku);
	assert_true(X509_sign(m.cert, issuer->key, EVP_sha256()) > 0);
	return m;
}

static void forget(struct made *m)
{
	X509_free(m->cert);
	EVP_PKEY_free(m->key);
}

static void chain_seed(const char *name, uint8_t alg, X509 *const *certs, size_t count)
{
	uint8_t all[8192], *p = all, *der;

	*p++ = alg;
	for (size_t i = 0; i < count; i++) {
		int len = i2d_X509(certs[i], NULL);

		assert_true(len > 0 && (size_t)len + 2 < sizeof(all) - (size_t)(p - all));
		*p++ = (uint8_t)(len >> 8);
		*p++ = (uint8_t)len;
		der = p;
		i2d_X509(certs[i], &der);
		p = der;
	}
	seed("x5c", name, (struct wv_bytes){ all, (size_t)(p - all) });
}

/* Whom the authority lets sign for v.example, and whom not, each for one reason. */
static const struct wish leaves[] = {
	{ "rsa", "DNS:v.example", "serverAuth,clientAuth", "digitalSignature", NULL, 2048, 3650 },
	{ "ec", "DNS:*.example,DNS:v.example", NULL, NULL, "CA:FALSE", 0, 3650 },
	{ "bad-eku", "DNS:v.example", "clientAuth", NULL, NULL, 2048, 3650 },
	{ "bad-ku", "DNS:v.example", NULL, "keyEncipherment", NULL, 2048, 3650 },
	{ "bad-host", "DNS:w.example", NULL, NULL, NULL, 0, 3650 },
	{ "bad-bits", "DNS:v.example", "serverAuth", NULL, NULL, 1024, 3650 },
	{ "bad-time", "DNS:v.example", NULL, NULL, NULL, 0, -1 },
};

#define FIT 2	/* the first ones */

static void chains(void)
{
	static const struct wish top = { "root", NULL, NULL, NULL, "critical,CA:TRUE", 0, 3650 },
		inner = { "inner", NULL, NULL, "keyCertSign", "critical,CA:TRUE,pathlen:0", 2048, 3650 },
		small = { "small", NULL, NULL, NULL, "critical,CA:TRUE", 1024, 3650 },
		under = { "bad-under", "DNS:v.example", NULL, NULL, NULL, 0, 3650 };
	struct made root = make(&top, NULL), ca = make(&inner, &root), weak = make(&small, &root);
	struct made leaf, last;
	uint8_t *fit = malloc(32 * FIT);

	assert_non_null(fit);
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		leaf = make(&leaves[i], &ca);
		chain_seed(leaves[i].name, !leaves[i].bits, (X509 *[]){ leaf.cert, ca.cert }, 2);
		if (i < FIT)
			assert_int_equal(X509_pubkey_digest(leaf.cert, EVP_sha256(), fit + 32 * i, NULL), 1);
		if (!i) {
			last = make(&under, &leaf);	/* a leaf is no authority */
			chain_seed("bad-authority", 1, (X509 *[]){ last.cert, leaf.cert, ca.cert }, 3);
			forget(&last);
			chain_seed("whole", 2, (X509 *[]){ leaf.cert, ca.cert, root.cert }, 3);
		}
		forget(&leaf);
	}
	leaf = make(&under, &weak);
	chain_seed("bad-small-authority", 1, (X509 *[]){ leaf.cert, weak.cert }, 2);
	forget(&leaf);
	root_take("x5c-root", sim_pem(root.cert));
	root_take("x5c-fit", (struct wv_bytes){ fit, 32 * FIT });
	forget(&root);
	forget(&ca);
	forget(&weak);
}

void seeds_azure(void)
{
	envelopes();
	chains();
}
