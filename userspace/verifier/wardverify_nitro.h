/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: attestation documents of AWS Nitro Enclaves. Part of wardverify.h.
 */
#ifndef WARDVERIFY_NITRO_H
#define WARDVERIFY_NITRO_H

#include <stddef.h>
#include <stdint.h>

#include "wardverify_reason.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WV_NITRO_PCRS		32
#define WV_NITRO_PCR_LEN	48	/* SHA-384, the only digest there is */
#define WV_NITRO_DATA_MAX	1024

/** struct wv_nitro_data - one of the fields that the enclave fills in itself */
struct wv_nitro_data {
	size_t len;
	uint8_t data[WV_NITRO_DATA_MAX];
};

/**
 * struct wv_nitro - an attestation document (out); AWS, "Verifying the root of trust"
 * @module_id: of the enclave: the instance's id and its own; what is not printable
 *	ASCII shows as '?'
 * @timestamp_ms: when the document was made, by the hypervisor's clock
 * @pcr_there: a bit for each register that the document has
 * @pcr: 0 the enclave's image, 1 its kernel and boot ramfs, 2 its application, 3 the
 *	role of the instance, 4 the instance's id, 8 the certificate that signed the
 *	image; all zero where it is not used
 * @debug: registers 0 to 2 are all zero: the enclave runs in debug mode
 * @public_key, @user_data, @nonce: as the enclave asked; length 0 = none
 * @issued_by: common names of the signing key's certificate and of the root; these and
 *	the three below are filled in by an appraisal only
 * @named_root: the root was named by the caller, not built in
 * @not_before, @not_after: of the whole chain: latest start, earliest end
 */
struct wv_nitro {
	char module_id[128];
	uint64_t timestamp_ms;
	uint32_t pcr_there;
	uint8_t pcr[WV_NITRO_PCRS][WV_NITRO_PCR_LEN];
	int debug;
	struct wv_nitro_data public_key;
	struct wv_nitro_data user_data;
	struct wv_nitro_data nonce;
	char issued_by[2][128];
	int named_root;
	int64_t not_before, not_after;
};

struct wv_bytes;
struct wv_fault;

/**
 * wv_nitro_parse - read a document; nothing is verified
 * @out: without what an appraisal fills in
 * Returns 0, WV_EVIDENCE_DAMAGED or WV_COSE_ALGORITHM.
 */
WV_API int wv_nitro_parse(struct wv_bytes document, struct wv_nitro *out, struct wv_fault *fault);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_NITRO_H */
