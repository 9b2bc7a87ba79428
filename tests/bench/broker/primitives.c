// SPDX-License-Identifier: MIT
/*
 * By OpenSSL's own calls, with nothing that they can be spared: keys are kept, and the
 * worker's point is not checked where it is agreed upon.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "primitives.h"

#define POINT_LEN 97

/** struct signer - a key, and a signature over 64 bytes */
struct signer {
	EVP_PKEY *key;
	const EVP_MD *md;
	unsigned char sig[600];
	size_t len;
};

static const unsigned char text[256];
static struct signer ec, es256, eddsa;
static EVP_PKEY *peer;
static unsigned char point[POINT_LEN];
static const struct sim_pki *chain;
static struct wv_bytes evidence, der[3];

static void sign(struct signer *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	s->len = sizeof(s->sig);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, s->md, NULL, s->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, s->sig, &s->len, text, 64), 1);
	EVP_MD_CTX_free(ctx);
}

/* Each in a function of its own, by whose name callgrind's sums are found. */

static void prim_certificate_signature(void)
{
	assert_int_equal(X509_verify(chain->ask, chain->ark_key), 1);
}

static void prim_certificates(void)
{
	for (int i = 0; i < 3; i++) {
		const unsigned char *p = der[i].data;
		X509 *cert = d2i_X509(NULL, &p, (long)der[i].len);

		assert_non_null(cert);
		X509_free(cert);
	}
}

static void prim_report_signature(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, ec.md, NULL, ec.key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, ec.sig, ec.len, text, 64), 1);
	EVP_MD_CTX_free(ctx);
}

static void prim_hashes(void)
{
	unsigned char md[64];

	EVP_Digest(evidence.data, evidence.len, md, NULL, EVP_sha256(), NULL);
	EVP_Digest(text, sizeof(text), md, NULL, EVP_sha512(), NULL);
	for (int i = 0; i < 4; i++)
		EVP_Digest(text, sizeof(text), md, NULL, EVP_sha256(), NULL);
}

/* With what sees that it is a point of the curve, which is kept. */
static void prim_key(void)
{
	EVP_PKEY *key = EVP_PKEY_new();

	assert_int_equal(EVP_PKEY_copy_parameters(key, peer), 1);
	assert_int_equal(EVP_PKEY_set1_encoded_public_key(key, point, POINT_LEN), 1);
	EVP_PKEY_free(key);
}

static void prim_token_signature(void)
{
	sign(&es256);
}

static void prim_audit_signature(void)
{
	sign(&eddsa);
}

static void prim_agreement(void)
{
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new(peer, NULL), *ctx;
	EVP_PKEY *own = NULL;
	unsigned char secret[48];
	size_t len = sizeof(secret);

	assert_int_equal(EVP_PKEY_keygen_init(make), 1);
	assert_int_equal(EVP_PKEY_keygen(make, &own), 1);
	EVP_PKEY_CTX_free(make);
	ctx = EVP_PKEY_CTX_new(own, NULL);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer_ex(ctx, peer, 0), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, secret, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
}

/* The content key by AES key wrap, the key of the data set with what goes beside it by GCM. */
static void prim_wrap(void)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char out[sizeof(text) + 16];
	int n;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, text, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 32), 1);
	EVP_CIPHER_CTX_reset(ctx);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, text, text), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, sizeof(text)), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/*
 * ASK by ARK, VCEK by ASK, and ARK by itself, since a root that a test names is not built
 * in; a record of the audit for the verdict and one for the release.
 */
const struct primitive primitives[PRIMITIVES] = {
	{ "evidence, claims and records hashed", 1, prim_hashes },
	{ "the worker's key out of its numbers", 1, prim_key },
	{ "ARK, ASK and VCEK read", 1, prim_certificates },
	{ "certificate's signature, RSA-4096 PSS", 3, prim_certificate_signature },
	{ "report's signature, ECDSA P-384", 1, prim_report_signature },
	{ "record's signature, Ed25519", 2, prim_audit_signature },
	{ "token's signature, ES256", 1, prim_token_signature },
	{ "ephemeral key on P-384, and agreement", 1, prim_agreement },
	{ "AES key wrap and AES-GCM", 1, prim_wrap },
};

void primitives_make(const struct sim_pki *pki, struct wv_bytes bundle)
{
	X509 *const certs[] = { pki->ark, pki->ask, pki->vek };
	size_t len;

	chain = pki;
	evidence = bundle;
	for (int i = 0; i < 3; i++) {
		unsigned char *out = NULL;
		int n = i2d_X509(certs[i], &out);

		der[i] = (struct wv_bytes){ out, (size_t)n };
	}
	ec = (struct signer){ .key = EVP_EC_gen("P-384"), .md = EVP_sha384() };
	es256 = (struct signer){ .key = EVP_EC_gen("P-256"), .md = EVP_sha256() };
	eddsa = (struct signer){ .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	peer = EVP_EC_gen("P-384");
	assert_int_equal(EVP_PKEY_get_octet_string_param(peer, "pub", point, POINT_LEN, &len), 1);
	sign(&ec);
}
