// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../common/regular.h"
#include "b64.h"
#include "sign.h"

#define COORDINATE_MAX 48

/* RFC 7518 section 3.4. */
static const struct curve {
	const char *group;
	const char *crv;
	const char *alg;
	const char *digest;
	size_t len;
} curves[] = {
	{ "prime256v1", "P-256", "ES256", "SHA256", 32 },
	{ "secp384r1", "P-384", "ES384", "SHA384", 48 },
};

static int no_memory(struct wardctl *ctl)
{
	return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
}

/* Nobody is asked for a passphrase: a verification runs unattended. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static int load_from(struct wardctl *ctl, const char *path, int fd, EVP_PKEY **out)
{
	struct stat st;
	FILE *f = NULL;

	if (!fstat(fd, &st) && st.st_mode & 077) {
		close(fd);
		return ctl_error(ctl, EXIT_USAGE, "key-file",
				 "%s: others may reach it: chmod 600 it, and think about a new key", path);
	}
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return no_memory(ctl);
	}
	*out = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	if (*out)
		return EXIT_OK;
	return ctl_error(ctl, EXIT_USAGE, "key-file",
			 "%s: it is no private key in PEM without a passphrase", path);
}

static int load(struct wardctl *ctl, const char *path, EVP_PKEY **out)
{
	int fd = regular_open(path);

	if (fd < 0)
		return ctl_error(ctl, EXIT_USAGE, "key-file", "%s: %s", path, regular_strerror(fd));
	return load_from(ctl, path, fd, out);
}

static const struct curve *curve_of(const EVP_PKEY *key)
{
	char group[32];
	size_t i;

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return NULL;
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (!strcmp(group, curves[i].group))
			return &curves[i];
	return NULL;
}

/* The canonical form of RFC 7638 section 3; to be freed, NULL = no memory. */
static char *jwk_of(const EVP_PKEY *key, const struct curve *c)
{
	char x[B64_TEXT_LEN(COORDINATE_MAX)], y[B64_TEXT_LEN(COORDINATE_MAX)], *out;
	BIGNUM *bx = NULL, *by = NULL;
	uint8_t raw[COORDINATE_MAX];
	bool good;

	good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &bx) &&
	       EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &by);
	good = good && BN_bn2binpad(bx, raw, (int)c->len) > 0;
	if (good)
		b64url_encode(raw, c->len, x);
	good = good && BN_bn2binpad(by, raw, (int)c->len) > 0;
	if (good)
		b64url_encode(raw, c->len, y);
	BN_free(bx);
	BN_free(by);
	if (!good || asprintf(&out, "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
			      c->crv, x, y) < 0)
		return NULL;
	return out;
}

static char *header_of(const EVP_PKEY *key, const struct curve *c)
{
	char *jwk = jwk_of(key, c), *out = NULL, kid[B64_TEXT_LEN(32)];
	uint8_t thumbprint[32];

	if (jwk && EVP_Digest(jwk, strlen(jwk), thumbprint, NULL, EVP_sha256(), NULL) == 1) {
		b64url_encode(thumbprint, sizeof(thumbprint), kid);
		if (asprintf(&out, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\",\"jwk\":%s}",
			     c->alg, kid, jwk) < 0)
			out = NULL;
	}
	free(jwk);
	return out;
}

/* r and s as they stand in a JWS: RFC 7518 section 3.4. */
static bool raw_signature(const uint8_t *der, size_t der_len, size_t len, uint8_t *out)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	bool good = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)len) > 0 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + len, (int)len) > 0;

	ECDSA_SIG_free(sig);
	return good;
}

static bool sign(EVP_PKEY *key, const struct curve *c, const char *text, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[160];
	size_t len = sizeof(der);
	bool good = ctx && EVP_DigestSignInit_ex(ctx, NULL, c->digest, NULL, NULL, key, NULL) == 1 &&
		    EVP_DigestSign(ctx, der, &len, (const uint8_t *)text, strlen(text)) == 1 &&
		    raw_signature(der, len, c->len, out);

	EVP_MD_CTX_free(ctx);
	return good;
}

static char *b64_new(const char *text)
{
	size_t len = strlen(text);
	char *out = malloc(B64_TEXT_LEN(len));

	if (out)
		b64url_encode((const uint8_t *)text, len, out);
	return out;
}

/* header.claims.signature; NULL = no memory, or the key does not sign. */
static char *compact(EVP_PKEY *key, const struct curve *c, const char *header, const char *claims)
{
	char *head = b64_new(header), *body = b64_new(claims), *input = NULL, *out = NULL;
	uint8_t raw[2 * COORDINATE_MAX];
	char tag[B64_TEXT_LEN(2 * COORDINATE_MAX)];

	if (head && body && asprintf(&input, "%s.%s", head, body) < 0)
		input = NULL;
	if (input && sign(key, c, input, raw)) {
		b64url_encode(raw, 2 * c->len, tag);
		if (asprintf(&out, "%s.%s", input, tag) < 0)
			out = NULL;
	}
	free(head);
	free(body);
	free(input);
	return out;
}

int sign_jwt(struct wardctl *ctl, const char *key_path, const char *claims, char **out)
{
	const struct curve *c;
	EVP_PKEY *key = NULL;
	char *header;
	int rc = load(ctl, key_path, &key);

	*out = NULL;
	if (rc)
		return rc;
	c = curve_of(key);
	if (c) {
		header = header_of(key, c);
		*out = header ? compact(key, c, header, claims) : NULL;
		free(header);
		rc = *out ? EXIT_OK : no_memory(ctl);
	} else {
		rc = ctl_error(ctl, EXIT_USAGE, "key-file",
			       "%s: a key on P-256 or P-384 is expected", key_path);
	}
	EVP_PKEY_free(key);
	return rc;
}
