// SPDX-License-Identifier: MIT
/*
 * A quote by what it carries itself: the PCK signed the report of the enclave that
 * quotes, that report names the attestation key, and this key signed the quote.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "quote.h"

static int check_qe(const struct quote *q, const struct pck *pck, struct wv_fault *fault)
{
	if (ecdsa_p256_signed(pck->key, q->qe_signature, PIECE(q->qe_report, QUOTE_ENCLAVE_LEN)))
		return WV_OK;
	return fault_set(fault, WV_QE_SIGNATURE_INVALID, "quote.qe_signature", -1,
			 "the key of '%s' did not sign the report of the enclave that quotes",
			 pck->info.subject[0]);
}

/* Its report data: SHA-256 of attestation key and authentication data, then zeroes. */
static int check_binding(const struct quote *q, struct wv_fault *fault)
{
	struct wv_bytes pieces[] = { PIECE(q->key, 64), q->qe_auth };
	uint8_t want[64] = { 0 };

	if (!digest_sha256(want, pieces, 2))
		return fault_set(fault, WV_NO_MEMORY, "quote", -1, "no memory");
	if (!CRYPTO_memcmp(want, quote_qe(q)->report_data, sizeof(want)))
		return WV_OK;
	return fault_set(fault, WV_QE_HASH_MISMATCH, "quote.qe_report", 320,
			 "the enclave that quotes vouches for another attestation key");
}

static int check_signature(const struct quote *q, struct wv_fault *fault)
{
	EVP_PKEY *key = ecdsa_p256_key(q->key);
	bool ok;

	if (!key)
		return fault_set(fault, WV_SIGNATURE_INVALID, "quote.key", -1,
				 "the attestation key is no point of P-256");
	ok = ecdsa_p256_signed(key, q->signature, q->signed_part);
	EVP_PKEY_free(key);
	if (ok)
		return WV_OK;
	return fault_set(fault, WV_SIGNATURE_INVALID, "quote.signature", -1,
			 "the attestation key did not sign this quote");
}

int quote_verify(struct wv_bytes in, const struct wv_roots *roots, int64_t now,
		 struct quote *out, struct pck *pck, struct wv_fault *fault)
{
	int rc = quote_parse(in, out, fault);

	memset(pck, 0, sizeof(*pck));
	if (rc)
		return rc;
	rc = pck_open(roots, out->certs, now, pck, fault);
	if (rc)
		return rc;
	ERR_set_mark();
	rc = check_qe(out, pck, fault) ?: check_binding(out, fault) ?:
	     check_signature(out, fault);
	ERR_pop_to_mark();
	if (out->header.tee_type == QUOTE_TEE_TDX)
		out->tdx.pck = pck->info;
	else
		out->sgx.pck = pck->info;
	return rc;
}
