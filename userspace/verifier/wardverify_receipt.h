/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: wipe receipts. Part of wardverify.h.
 */
#ifndef WARDVERIFY_RECEIPT_H
#define WARDVERIFY_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "wardverify_base.h"
#include "wardverify_reason.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wv_appraisal;
struct wv_verdict;

/** struct wv_release - one line of a broker's release log (formats.md section 8) */
struct wv_release {
	int64_t time;
	uint8_t dataset[16];
	uint8_t release[16];
	uint8_t receipt_nonce[32];
	uint8_t session[16];
	uint8_t instance[16];
	uint32_t uid;
	uint8_t measurement[48];
	uint8_t evidence_sha256[32];
	char resource[256];
};

/** wv_release_parse - read that line; strict; 0, WV_RELEASE_DAMAGED or WV_NO_MEMORY */
WV_API int wv_release_parse(struct wv_bytes json, struct wv_release *out, struct wv_fault *fault);

/**
 * struct wv_receipt - figures of a receipt (out); authentic when accepted
 * @buffers, @bytes: class A, all unmapped and zeroed by the kernel
 * @peak_bytes: most class A memory held at once
 * @class_b_buffers, @class_b_bytes: class B, zeroed in place; not part of the total
 * @class_b_live: class B bytes still pinned
 * @keys_destroyed: data keys that the kernel held for the session, and overwrote
 * @records_summed: 1 = the wipe records were complete and sum up to @bytes
 * @tombstone: the session had ended when the receipt was taken
 */
struct wv_receipt {
	uint64_t buffers, bytes, peak_bytes;
	uint64_t class_b_buffers, class_b_bytes, class_b_live;
	int records_summed;
	int tombstone;
	uint64_t keys_destroyed;
};

/**
 * wv_verify_receipt - does this bundle prove the wipe for that release?
 * @release: what the broker logged
 * @appraisal: of its expectations only events_complete counts: purpose, nonce,
 *	binding, instance and subject follow from @release; the policy's purpose
 *	is not looked at either, so that the policy of the release can be used
 * @receipt: figures, may be NULL
 *
 * What an accepted receipt proves, and what not: wv_receipt_statement().
 */
WV_API int wv_verify_receipt(struct wv_bytes bundle, const struct wv_release *release,
			     const struct wv_appraisal *appraisal, struct wv_verdict *out,
			     struct wv_receipt *receipt);

/** wv_receipt_statement - one paragraph in plain words, for every display of a receipt */
WV_API const char *wv_receipt_statement(void);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_RECEIPT_H */
