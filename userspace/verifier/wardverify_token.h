/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: tokens of attestation services (JWT, RFC 7519), whose word stands in for
 * evidence: Microsoft Azure Attestation, Intel Trust Authority.
 *
 * Trust comes from the keys that the caller gives (JWKS, RFC 7517): what a token's own
 * header offers as a key is not looked at.
 */
#ifndef WARDVERIFY_TOKEN_H
#define WARDVERIFY_TOKEN_H

#include "wardverify.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WV_TOKEN_MAX	(64u << 10)
#define WV_JWKS_MAX	(128u << 10)
#define WV_TOKEN_LEEWAY	60	/* seconds that clocks may be apart: the usual choice */

/** enum wv_token_service - who issued it, as its claims tell */
enum wv_token_service {
	WV_TOKEN_UNKNOWN = 0,
	WV_TOKEN_MAA = 1,	/* Microsoft Azure Attestation */
	WV_TOKEN_ITA = 2,	/* Intel Trust Authority */
};

/**
 * struct wv_token_appraisal - everything that decides (in)
 * @jwks: the service's keys, as fetched over a channel that the caller trusts
 * @issuer: "iss" must be this text; NULL = not checked
 * @audience: "aud" must name it; NULL = not checked
 * @nonce: 8 to 64 bytes that the caller had attested; absent = not checked
 * @policy: of its members count those that speak of the TEE; what a token has no answer
 *	to refuses; NULL = none
 * @measurement: 48 bytes that it must be, whatever the policy pins; absent = none
 * @accept_unmeasured: 1 = a measurement that nothing pins is a warning only
 * @now: time of the verification; @leeway: seconds
 */
struct wv_token_appraisal {
	struct wv_bytes jwks;
	const char *issuer;
	const char *audience;
	struct wv_bytes nonce;
	const struct wv_policy *policy;
	struct wv_bytes measurement;
	int accept_unmeasured;
	int64_t now;
	uint32_t leeway;
};

/* What was not looked at. */
#define WV_TOKEN_NO_ISSUER	(1u << 0)
#define WV_TOKEN_NO_AUDIENCE	(1u << 1)	/* the token names one, nobody was expected */
#define WV_TOKEN_NO_NONCE	(1u << 2)	/* it may be a replay */
#define WV_TOKEN_NO_MEASUREMENT	(1u << 3)
#define WV_TOKEN_NO_GUEST	(1u << 4)	/* Azure measures the paravisor; not the kernel */
#define WV_TOKEN_UNCHECKED_COUNT 5

/** wv_token_unchecked_text - word for bit @n: "issuer", ...; NULL = there is none */
WV_API const char *wv_token_unchecked_text(int n);

/**
 * struct wv_token - the outcome (out)
 * @fault: reason WV_OK = accepted; else why not, and where
 * @authentic: the signature holds; what is below it came from the service
 * @algorithm, @key_id: as the header has them
 * @service: enum wv_token_service
 * @issuer: "iss", as much as fits
 * @tee: word as in a policy's allow_tee; "" = not known yet
 * @status: x-ms-compliance-status, or attester_tcb_status
 * @issued_at, @not_before, @expires_at: 0 = it does not say
 * @measurement: launch digest or MRTD, where @has_measurement
 * @rtmr: where @has_rtmr
 * @debug: the TEE or its firmware lets somebody look in
 * @measured: policy or caller pin the measurement, and it is that
 * @unchecked: WV_TOKEN_NO_*
 * @digest: SHA-256 of the token's bytes
 */
struct wv_token {
	struct wv_fault fault;
	int authentic;
	char algorithm[8];
	char key_id[128];
	int service;
	char issuer[256];
	char tee[16];
	char status[64];
	int64_t issued_at, not_before, expires_at;
	int has_measurement;
	uint8_t measurement[48];
	int has_rtmr;
	uint8_t rtmr[4][48];
	int debug;
	int measured;
	unsigned int unchecked;
	uint8_t digest[32];
};

/**
 * wv_verify_token - appraise a token (JWS compact serialization, without white space)
 * Order: structure, algorithm, key, signature, times, issuer, audience, service and TEE,
 * compliance, debug, policy, measurement, nonce. The first refusal ends it.
 * Returns out->fault.reason.
 */
WV_API int wv_verify_token(struct wv_bytes token, const struct wv_token_appraisal *appraisal,
			   struct wv_token *out);

/** wv_token_json - the outcome (doc/json.md, token verify); free() it; NULL = no memory */
WV_API char *wv_token_json(const struct wv_token *token);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_TOKEN_H */
