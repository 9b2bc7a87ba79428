/* SPDX-License-Identifier: MIT */
/*
 * The RSA key of 2048 bits that Azure wraps secrets to: made in this process's memory, or in
 * the VM's TPM, which uses it only while its registers are as they were.
 */
#ifndef WARDCTL_MAA_KEY_H
#define WARDCTL_MAA_KEY_H

#include <stdbool.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "../lib/trouble.h"
#include "../verifier/b64.h"
#include "wardverify.h"

#define MAA_KEY_LEN	256	/* bytes of the modulus, and of what is wrapped to it */
#define MAA_UNIQUE_LEN	32
#define MAA_TPM_PART	1024

/** enum maa_scheme - how something was encrypted to the key */
enum maa_scheme { MAA_PKCS1, MAA_OAEP_SHA1, MAA_OAEP_SHA256, MAA_OAEP_SHA384 };

/** struct maa_part - bytes as the TPM writes them */
struct maa_part {
	uint8_t data[MAA_TPM_PART];
	size_t len;
};

/**
 * struct maa_key - zeroes at first; maa_key_free() it
 * @own: in our memory; NULL = in the TPM at @where
 * @unique: of the TPM's template: with @pcrs all that it takes to derive the key again
 * @modulus: its public half, the exponent is 65537
 * @public: TPM2B_PUBLIC; @certified, @signature: TPMS_ATTEST, and the AK's over it
 */
struct maa_key {
	EVP_PKEY *own;
	const char *where;
	uint8_t unique[MAA_UNIQUE_LEN];
	uint32_t pcrs;
	uint8_t modulus[MAA_KEY_LEN];
	struct maa_part public, certified, signature;
};

/** maa_key_new - one in memory; false = the cryptographic library failed */
bool maa_key_new(struct maa_key *k);

/** maa_key_tpm - one in the TPM at @k->where, certified by the AK; 0 or -errno with @why */
int maa_key_tpm(struct maa_key *k, struct trouble *why);

void maa_key_free(struct maa_key *k);

/** maa_key_jwk - public half, {"kty", "n", "e", "key_ops", "kid"} */
json_t *maa_key_jwk(const struct maa_key *k);

/** maa_key_save, maa_key_load - for a later process, as JSON; secret where it is in memory */
json_t *maa_key_save(const struct maa_key *k);
bool maa_key_load(struct maa_key *k, const json_t *saved);

/**
 * maa_key_open - decrypt MAA_KEY_LEN bytes
 * @out: 64 bytes, of which @len come
 * 0 or -errno with @why; -EBADMSG: not for this key.
 */
int maa_key_open(const struct maa_key *k, enum maa_scheme scheme, const uint8_t *in,
		 uint8_t *out, size_t *len, struct trouble *why);

/* Of maa_tpm.c. */
int maa_tpm_open(const struct maa_key *k, enum maa_scheme scheme, const uint8_t *in, uint8_t *out,
		 size_t *len, struct trouble *why);

/** maa_b64url, maa_b64 - bytes as text; NULL = no memory */
json_t *maa_b64url(const void *data, size_t len);
json_t *maa_b64(const void *data, size_t len);

#endif /* WARDCTL_MAA_KEY_H */
