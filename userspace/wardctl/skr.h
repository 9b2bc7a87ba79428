/* SPDX-License-Identifier: MIT */
/*
 * The answer of Azure Key Vault to a release (secure key release): a JWS by the vault's own
 * certificate, around the key, which is wrapped to the key that the attestation token names.
 */
#ifndef WARDCTL_SKR_H
#define WARDCTL_SKR_H

#include <openssl/x509.h>

#include "maa_key.h"

#define SKR_WRAPPED_MAX	8192	/* bytes: a private key of RSA with 4096 bits is under 3 KiB */

/** enum skr_end - how reading an answer ended */
enum skr_end {
	SKR_OK,
	SKR_DAMAGED,	/* not the form that an answer has */
	SKR_UNSIGNED,	/* nobody who may speak for the vault signed it */
	SKR_MISMATCH,	/* of another key, algorithm or request */
	SKR_NOT_OURS,	/* wrapped to another key, or changed */
};

/**
 * struct skr_request - what was asked, for an answer to be held against
 * @vault: https://HOST, without a slash at its end
 * @name, @version: of the key; @version NULL = whichever is the latest
 * @enc: CKM_RSA_AES_KEY_WRAP, RSA_AES_KEY_WRAP_256, RSA_AES_KEY_WRAP_384
 * @nonce: that was sent
 */
struct skr_request {
	const char *vault, *name, *version, *enc, *nonce;
};

/** struct skr_answer - what came; skr_answer_free() it */
struct skr_answer {
	char kid[512], kty[16];
	enum maa_scheme scheme;
	uint8_t *wrapped;
	size_t wrapped_len;
};

/** skr_scheme - of a word for @enc; false = not known */
bool skr_scheme(const char *enc, enum maa_scheme *out);

/** skr_open - @jws, whose certificate must lead to @roots and be the vault's host's */
enum skr_end skr_open(struct wv_bytes jws, const struct skr_request *rq, X509_STORE *roots,
		      struct skr_answer *out, struct trouble *why);

/** skr_read - the signed text alone, whoever signed it */
enum skr_end skr_read(struct wv_bytes payload, const struct skr_request *rq,
		      struct skr_answer *out, struct trouble *why);

/**
 * skr_unwrap - the key itself
 * @out: answer->wrapped_len bytes, of which @len come; wiped on failure
 */
enum skr_end skr_unwrap(const struct skr_answer *answer, const struct maa_key *key, uint8_t *out,
			size_t *len, struct trouble *why);

void skr_answer_free(struct skr_answer *answer);

#endif /* WARDCTL_SKR_H */
