/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: a verdict as an EAT attestation result.
 *
 * draft-ietf-rats-ear (the result), draft-ietf-rats-ar4si section 2.3 (the values of the
 * trustworthiness vector). What stands for which value, and why: doc/results.md.
 */
#ifndef WARDVERIFY_EAR_H
#define WARDVERIFY_EAR_H

#include "wardverify.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WV_EAR_PROFILE	"tag:github.com,2023:veraison/ear"

/**
 * struct wv_ear - what a result is made of (in)
 * @verdict: of wv_verify_bundle() or one of its kind; a refusal makes a result, too
 * @policy: that it was judged by; NULL = none
 * @issued_at: "iat"
 * @expires_at: "exp"; 0 = it has none
 * @verified_at: the time that certificates were held against; 0 = @issued_at
 * @developer, @build: who judged: "ear.verifier-id"
 * @nonce: 8 to 64 bytes that whoever asked for the result chose ("eat_nonce", base64url);
 *	absent = none
 * @runtime_data: a JSON object that the evidence is bound to, as the caller has checked;
 *	NULL = none
 * @whole: 1 = the annotated evidence is all that the verdict holds, 0 = its chief facts
 */
struct wv_ear {
	const struct wv_verdict *verdict;
	const struct wv_policy *policy;
	int64_t issued_at;
	int64_t expires_at;
	int64_t verified_at;
	const char *developer;
	const char *build;
	struct wv_bytes nonce;
	const char *runtime_data;
	int whole;
};

/**
 * wv_ear_json - the claims set of an EAT attestation result, one JSON object
 * The caller signs it, or trusts where it came from.
 * Returns text to be freed with free(); NULL = no memory, a nonce of another length, or
 * runtime data that are not a JSON object.
 */
WV_API char *wv_ear_json(const struct wv_ear *ear);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_EAR_H */
