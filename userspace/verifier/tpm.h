/* SPDX-License-Identifier: MIT */
/*
 * A TPM's evidence: doc/formats.md section 11. Structures of the TPM are big
 * endian and as TPM 2.0 part 2 has them.
 */
#ifndef WARD_TPM_H
#define WARD_TPM_H

#include <openssl/evp.h>

#include "cursor.h"
#include "judge.h"
#include "roots.h"

/* TPM_ALG_ID beside those of hashes (wardverify_log.h), as far as they are taken here. */
enum tpm_alg {
	TPM_RSA = 0x0001,
	TPM_NULL = 0x0010,
	TPM_RSASSA = 0x0014,
	TPM_RSAPSS = 0x0016,
	TPM_ECDSA = 0x0018,
	TPM_ECC = 0x0023,
};

/**
 * struct tpm_data - `data` of a piece, views into it
 * @hcl: of a paravisor; {NULL, 0} where @data has none
 * @shared: the key that signed is not wardd's alone, says wardd
 */
struct tpm_data {
	struct wv_bytes ak, hcl, quote, signature;
	struct wv_bytes pcr[WV_TPM_PCRS];
	size_t pcr_count;
	uint64_t shared;
};

/** tpm_data_parse - read it; @hcl: with a paravisor's report in it. WV_OK or a fault */
int tpm_data_parse(struct wv_bytes data, bool hcl, struct tpm_data *out, struct wv_fault *fault);

/**
 * struct tpm_aux - `aux` of a piece, views into it; no signature covers any of it
 * @event_log_size: of the whole log; more than @event_log has = it was cut
 */
struct tpm_aux {
	struct wv_bytes ak_cert, ek_cert, ima_log, td_quote, event_log;
	uint64_t ima_log_size, event_log_size;
};

/**
 * tpm_aux_parse - read it; no bytes at all = nothing in it. WV_OK or a fault
 * A quote of the TD that a paravisor runs in may be among it.
 */
int tpm_aux_parse(struct wv_bytes aux, struct tpm_aux *out, struct wv_fault *fault);

/**
 * struct tpm_key - the public part of a key that signs quotes
 * @scheme, @hash: how it signs, and nothing else
 */
struct tpm_key {
	EVP_PKEY *key;
	uint16_t type, scheme, hash;
	unsigned int bits;
};

/**
 * tpm_key_open - read a TPMT_PUBLIC; to be released with tpm_key_close() in any case
 * A key that may sign what its TPM did not make itself is refused: WV_AK_UNFIT.
 */
int tpm_key_open(struct wv_bytes public, struct tpm_key *out, struct wv_fault *fault);
void tpm_key_close(struct tpm_key *key);

/** tpm_key_signed - @signature (TPMT_SIGNATURE) is this key's over @message */
int tpm_key_signed(const struct tpm_key *key, struct wv_bytes signature, struct wv_bytes message,
		   struct wv_fault *fault);

/** tpm_key_signed_bare - the same for RSASSA's bytes alone, without TPMT_SIGNATURE's head */
int tpm_key_signed_bare(const struct tpm_key *key, struct wv_bytes signature,
			struct wv_bytes message, struct wv_fault *fault);

/** tpm_key_is - its modulus is this one, big endian, without zeroes before it */
bool tpm_key_is(const struct tpm_key *key, struct wv_bytes modulus);

/** tpm_sized - a TPM2B: 16 bits of length, then as many bytes; more than @max fail @c */
struct wv_bytes tpm_sized(struct cursor *c, size_t max);

/**
 * tpm_quote_read - a TPMS_ATTEST and the registers that it is of, into @out
 * @extra: what the quote says it is over
 * @digest: over the registers, as quoted
 */
int tpm_quote_read(struct wv_bytes attest, struct wv_tpm *out, struct wv_bytes *extra,
		   struct wv_bytes *digest, struct wv_fault *fault);

/** tpm_quote_fill - the registers of @t, if it has as many as @out says were quoted */
int tpm_quote_fill(const struct tpm_data *t, struct wv_tpm *out, struct wv_fault *fault);

/** tpm_quote_values - the same, and @digest (by @hash) is over them */
int tpm_quote_values(const struct tpm_data *t, uint16_t hash, struct wv_bytes digest,
		     struct wv_tpm *out, struct wv_fault *fault);

/** tpm_md - the hash of an algorithm: SHA-1 or one of SHA-2; else NULL */
const EVP_MD *tpm_md(uint16_t alg);

/**
 * tpm_certified - the certificate leads from @key to a root that the caller named
 * @now: when every certificate must be valid
 * @sure: out: it does; a certificate that is absent, or whose root was not named, is
 *	no fault
 */
int tpm_certified(const struct wv_roots *roots, const struct wv_collateral *collateral,
		  const struct tpm_key *key, struct wv_bytes cert, int64_t now, bool *sure,
		  struct wv_fault *fault);

/** tpm_log_check - the firmware's log, if it is all there, says what the registers say */
int tpm_log_check(const struct tpm_aux *aux, struct wv_tpm *out, struct wv_fault *fault);

/**
 * tpm_quoted - a quote by the key that comes with it: signature, freshness, registers
 * @key: tpm_key_close() in any case
 * In a bundle the quote must be over SHA-256 of REPORTDATA. Nobody's word is asked for
 * whose the key is.
 */
int tpm_quoted(struct judge *j, const struct tpm_data *t, struct tpm_key *key,
	       struct wv_tpm *out);

/**
 * tpm_verify - one piece by what it says itself: key, signature, registers, log, trust
 * In a bundle the quote must be over SHA-256 of REPORTDATA.
 */
int tpm_verify(struct judge *j, const struct wv_evidence *e, struct wv_tpm *out);

#endif /* WARD_TPM_H */
