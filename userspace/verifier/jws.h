/* SPDX-License-Identifier: MIT */
/* JWS in compact serialization (RFC 7515 section 7.1), and the keys for it (RFC 7517). */
#ifndef WARD_JWS_H
#define WARD_JWS_H

#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>

#include "wardverify_token.h"

#define JWS_DEPTH_MAX 16	/* of objects and lists in each other */
#define JWS_TAG_MAX 1024	/* RSA of 8192 bits */

/**
 * struct jws_alg - an algorithm that is taken: RFC 7518 section 3.1
 * @kty, @crv: of the key; @crv NULL = RSA
 * @digest: OpenSSL's name
 * @pss: RSASSA-PSS, salt as long as the digest
 * @len: bytes of r and of s
 */
struct jws_alg {
	const char *name;
	const char *kty;
	const char *crv;
	const char *digest;
	bool pss;
	size_t len;
};

/**
 * struct jws - a token taken apart; nothing of it is authentic
 * @input: what the signature is over; points into the token
 * @kid: in @header, or NULL
 */
struct jws {
	struct wv_bytes input;
	json_t *header;
	const struct jws_alg *alg;
	const char *kid;
	uint8_t *payload;
	size_t payload_len;
	uint8_t tag[JWS_TAG_MAX];
	size_t tag_len;
};

/** jws_open - 0 or WV_JWT_DAMAGED, WV_JWT_ALGORITHM_REFUSED, WV_JWT_UNSUPPORTED, WV_NO_MEMORY */
int jws_open(struct wv_bytes token, struct jws *out, struct wv_fault *fault);
void jws_close(struct jws *jws);

/** jws_verify - by a key of the kind that the algorithm is for */
bool jws_verify(const struct jws *jws, EVP_PKEY *key);

/**
 * jws_json - an object, strictly: no member twice, no more than JWS_DEPTH_MAX levels
 * @field: for the fault. Returns 0, @reason or WV_NO_MEMORY.
 */
int jws_json(struct wv_bytes text, int reason, const char *field, json_t **out,
	     struct wv_fault *fault);

/**
 * jwks_verify - is the token signed by one of these keys?
 * Only keys of its kid count; without one a set of exactly one key.
 * Returns 0 or WV_JWKS_DAMAGED, WV_JWT_KEY_UNKNOWN, WV_JWT_KEY_UNFIT, WV_CERTIFICATE_*,
 * WV_JWT_SIGNATURE_INVALID.
 */
int jwks_verify(struct wv_bytes jwks, const struct jws *jws, int64_t now, uint32_t leeway,
		struct wv_fault *fault);

/**
 * jwk_key - the public key of a JWK, fit for @alg
 * Out of its members, or of the first certificate of x5c; where there are both, they agree.
 * Returns 0, WV_JWT_KEY_UNFIT, WV_JWKS_DAMAGED, or WV_CERTIFICATE_* for x5c out of its time.
 */
int jwk_key(const json_t *jwk, const struct jws_alg *alg, int64_t now, uint32_t leeway,
	    EVP_PKEY **out, struct wv_fault *fault);

#endif /* WARD_JWS_H */
