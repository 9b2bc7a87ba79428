// SPDX-License-Identifier: MIT
/*
 * By OpenSSL's calls: libjose turns each key into JSON and back, and multiplies a point on
 * each way to see that its own key is one.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rand.h>

#include "b64.h"
#include "jwe.h"

#define POINT_LEN	97	/* 4, x and y */
#define COORDINATE_LEN	48
#define KEY_LEN		32
#define WRAPPED_LEN	(KEY_LEN + 8)
#define IV_LEN		12
#define TAG_LEN		16
#define HEAD_MAX	256

/** struct sealing - what the parts of the JWE are made of; holds secrets */
struct sealing {
	uint8_t agreed[COORDINATE_LEN], kek[KEY_LEN], cek[KEY_LEN];
	uint8_t wrapped[WRAPPED_LEN], iv[IV_LEN], tag[TAG_LEN];
	uint8_t text[JWE_PLAIN_MAX];
	char head[B64_TEXT_LEN(HEAD_MAX)];
};

static int derive(EVP_PKEY *own, EVP_PKEY *to, uint8_t agreed[COORDINATE_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = COORDINATE_LEN;
	int ok = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		 EVP_PKEY_derive_set_peer_ex(ctx, to, 0) == 1 &&
		 EVP_PKEY_derive(ctx, agreed, &len) == 1 && len == COORDINATE_LEN;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* The ephemeral key goes into the protected header, where Trustee's clients look for it. */
static int write_head(EVP_PKEY *own, struct sealing *s)
{
	char x[B64_TEXT_LEN(COORDINATE_LEN)], y[sizeof(x)], json[HEAD_MAX];
	uint8_t point[POINT_LEN];
	size_t len;
	int n;

	if (EVP_PKEY_get_octet_string_param(own, "pub", point, sizeof(point), &len) != 1 ||
	    len != POINT_LEN)
		return 0;
	b64url_encode(point + 1, COORDINATE_LEN, x);
	b64url_encode(point + 1 + COORDINATE_LEN, COORDINATE_LEN, y);
	n = snprintf(json, sizeof(json),
		     "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\",\"epk\":{\"crv\":\"P-384\","
		     "\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}}", x, y);
	b64url_encode((const uint8_t *)json, (size_t)n, s->head);
	return 1;
}

/* On the curve of @to, which is at hand: by a name it would be made anew. */
static EVP_PKEY *ephemeral(EVP_PKEY *to)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(to, NULL);
	EVP_PKEY *own = NULL;

	if (ctx && EVP_PKEY_keygen_init(ctx) == 1)
		EVP_PKEY_keygen(ctx, &own);
	EVP_PKEY_CTX_free(ctx);
	return own;
}

static int agree(EVP_PKEY *to, struct sealing *s)
{
	EVP_PKEY *own = ephemeral(to);
	int ok = own && derive(own, to, s->agreed) && write_head(own, s);

	EVP_PKEY_free(own);
	return ok;
}

/*
 * The one round of Concat KDF that 256 bits take (RFC 7518 section 4.6.2): the algorithm, no
 * names of either side, the number of bits, whose last byte is the NUL.
 */
static int make_kek(struct sealing *s)
{
	static const uint8_t info[] = "\0\0\0\016ECDH-ES+A256KW\0\0\0\0\0\0\0\0\0\0\1";
	uint8_t in[4 + COORDINATE_LEN + sizeof(info)] = { 0, 0, 0, 1 };
	int ok;

	memcpy(in + 4, s->agreed, COORDINATE_LEN);
	memcpy(in + 4 + COORDINATE_LEN, info, sizeof(info));
	ok = EVP_Digest(in, sizeof(in), s->kek, NULL, EVP_sha256(), NULL) == 1;
	OPENSSL_cleanse(in, sizeof(in));
	return ok;
}

static int wrap_cek(struct sealing *s)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, ok;

	if (ctx)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, s->kek, NULL) == 1 &&
	     EVP_EncryptUpdate(ctx, s->wrapped, &n, s->cek, KEY_LEN) == 1 && n == WRAPPED_LEN;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static int encrypt(struct sealing *s, const void *plain, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *head = (const uint8_t *)s->head;
	int n, ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, s->cek, s->iv) == 1 &&
		    EVP_EncryptUpdate(ctx, NULL, &n, head, (int)strlen(s->head)) == 1 &&
		    EVP_EncryptUpdate(ctx, s->text, &n, plain, (int)len) == 1 &&
		    EVP_EncryptFinal_ex(ctx, s->text + n, &n) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, s->tag) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static char *write_jwe(const struct sealing *s, size_t len)
{
	char wrapped[B64_TEXT_LEN(WRAPPED_LEN)], iv[B64_TEXT_LEN(IV_LEN)], tag[B64_TEXT_LEN(TAG_LEN)];
	char text[B64_TEXT_LEN(JWE_PLAIN_MAX)], *out;

	b64url_encode(s->wrapped, WRAPPED_LEN, wrapped);
	b64url_encode(s->iv, IV_LEN, iv);
	b64url_encode(s->tag, TAG_LEN, tag);
	b64url_encode(s->text, len, text);
	return asprintf(&out, "{\"protected\":\"%s\",\"encrypted_key\":\"%s\",\"iv\":\"%s\","
			"\"ciphertext\":\"%s\",\"tag\":\"%s\"}", s->head, wrapped, iv, text, tag) < 0 ?
	       NULL : out;
}

char *jwe_seal(EVP_PKEY *to, const void *plain, size_t len)
{
	struct sealing s;
	char *out = NULL;

	if (len <= JWE_PLAIN_MAX && agree(to, &s) && make_kek(&s) &&
	    RAND_priv_bytes(s.cek, KEY_LEN) == 1 && RAND_bytes(s.iv, IV_LEN) == 1 &&
	    wrap_cek(&s) && encrypt(&s, plain, len))
		out = write_jwe(&s, len);
	OPENSSL_cleanse(&s, sizeof(s));
	return out;
}
