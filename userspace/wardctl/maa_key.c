// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "hex.h"
#include "maa_key.h"

#define RSA_BITS	(8 * MAA_KEY_LEN)
#define PLAIN_MAX	64	/* keys of AES alone are wrapped to it */

json_t *maa_b64url(const void *data, size_t len)
{
	char *text = malloc(B64_TEXT_LEN(len));
	json_t *out;

	if (!text)
		return NULL;
	b64url_encode(data, len, text);
	out = json_string(text);
	free(text);
	return out;
}

json_t *maa_b64(const void *data, size_t len)
{
	unsigned char *text = malloc(4 * ((len + 2) / 3) + 1);
	json_t *out = NULL;

	if (text && EVP_EncodeBlock(text, data, (int)len) >= 0)
		out = json_string((char *)text);
	free(text);
	return out;
}

static bool public_half(struct maa_key *k)
{
	BIGNUM *n = NULL;
	bool good = EVP_PKEY_get_bn_param(k->own, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		    BN_bn2binpad(n, k->modulus, MAA_KEY_LEN) == MAA_KEY_LEN;

	BN_free(n);
	return good;
}

bool maa_key_new(struct maa_key *k)
{
	k->own = EVP_RSA_gen(RSA_BITS);
	return k->own && public_half(k);
}

void maa_key_free(struct maa_key *k)
{
	EVP_PKEY_free(k->own);
	OPENSSL_cleanse(k, sizeof(*k));
}

json_t *maa_key_jwk(const struct maa_key *k)
{
	return json_pack("{s:s, s:[s], s:s, s:s, s:o}", "kid", k->own ? "ward" :
			 "TpmEphemeralEncryptionKey", "key_ops", "encrypt", "kty", "RSA", "e",
			 "AQAB", "n", maa_b64url(k->modulus, MAA_KEY_LEN));
}

json_t *maa_key_save(const struct maa_key *k)
{
	BIO *bio;
	char *pem;
	long len;
	json_t *out = NULL;

	if (!k->own)
		return json_pack("{s:s, s:i, s:o, s:o}", "tpm", k->where, "pcrs", (int)k->pcrs,
				 "unique", maa_b64url(k->unique, MAA_UNIQUE_LEN), "n",
				 maa_b64url(k->modulus, MAA_KEY_LEN));
	bio = BIO_new(BIO_s_secmem());
	if (bio && PEM_write_bio_PrivateKey(bio, k->own, NULL, NULL, 0, NULL, NULL) == 1) {
		len = BIO_get_mem_data(bio, &pem);
		out = json_pack("{s:s%}", "pem", pem, (size_t)len);
	}
	BIO_free(bio);
	return out;
}

static bool load_own(struct maa_key *k, const json_t *pem)
{
	BIO *bio = BIO_new_mem_buf(json_string_value(pem), (int)json_string_length(pem));

	k->own = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	return k->own && EVP_PKEY_is_a(k->own, "RSA") && EVP_PKEY_get_size(k->own) == MAA_KEY_LEN &&
	       public_half(k);
}

static bool load_bytes(const json_t *text, uint8_t *out, size_t want)
{
	uint8_t raw[B64_DATA_LEN(B64_TEXT_LEN(MAA_KEY_LEN))];
	size_t n = json_string_length(text), len;

	if (!n || n >= B64_TEXT_LEN(MAA_KEY_LEN) ||
	    !b64url_decode(json_string_value(text), n, raw, &len) || len != want)
		return false;
	memcpy(out, raw, want);
	return true;
}

bool maa_key_load(struct maa_key *k, const json_t *saved)
{
	const json_t *pem = json_object_get(saved, "pem");
	const char *where = json_string_value(json_object_get(saved, "tpm"));

	if (pem)
		return load_own(k, pem);
	k->pcrs = (uint32_t)json_integer_value(json_object_get(saved, "pcrs"));
	return where && k->where && !strcmp(where, k->where) &&
	       load_bytes(json_object_get(saved, "unique"), k->unique, MAA_UNIQUE_LEN) &&
	       load_bytes(json_object_get(saved, "n"), k->modulus, MAA_KEY_LEN);
}

static bool set_scheme(EVP_PKEY_CTX *ctx, enum maa_scheme scheme)
{
	const EVP_MD *const mds[] = { NULL, EVP_sha1(), EVP_sha256(), EVP_sha384() };

	if (!mds[scheme])
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, mds[scheme]) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mds[scheme]) > 0;
}

int maa_key_open(const struct maa_key *k, enum maa_scheme scheme, const uint8_t *in,
		 uint8_t *out, size_t *len, struct trouble *why)
{
	uint8_t plain[MAA_KEY_LEN];
	size_t n = sizeof(plain);
	EVP_PKEY_CTX *ctx;
	bool good;

	if (!k->own)
		return maa_tpm_open(k, scheme, in, out, len, why);
	ctx = EVP_PKEY_CTX_new(k->own, NULL);
	good = ctx && EVP_PKEY_decrypt_init(ctx) > 0 && set_scheme(ctx, scheme) &&
	       EVP_PKEY_decrypt(ctx, plain, &n, in, MAA_KEY_LEN) > 0 && n <= PLAIN_MAX;
	if (good)
		memcpy(out, plain, n);
	*len = good ? n : 0;
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_cleanse(plain, sizeof(plain));
	return good ? 0 : trouble_set(why, -EBADMSG, "it is not encrypted to this guest's key");
}
