/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: Arm's tokens, of a CCA realm and of a PSA root of trust. Part of
 * wardverify.h.
 */
#ifndef WARDVERIFY_CCA_H
#define WARDVERIFY_CCA_H

#include <stddef.h>
#include <stdint.h>

#include "wardverify_reason.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WV_ARM_TOKEN_MAX		(32u << 10)
#define WV_COMPONENTS_MAX	32
#define WV_CCA_REMS		4

/** enum wv_lifecycle - the upper byte of a security lifecycle (RFC 9783 section 4.3.1) */
enum wv_lifecycle {
	WV_LIFECYCLE_UNKNOWN = 0,
	WV_LIFECYCLE_ASSEMBLY = 1,
	WV_LIFECYCLE_PROVISIONING = 2,
	WV_LIFECYCLE_SECURED = 3,
	WV_LIFECYCLE_DEBUG = 4,			/* of what is not the root of trust */
	WV_LIFECYCLE_RECOVERABLE_DEBUG = 5,	/* of the root of trust itself */
	WV_LIFECYCLE_DECOMMISSIONED = 6,
	WV_LIFECYCLE_INVALID = 7,		/* a value that stands for no state */
};

/** enum wv_key_trust - who says whose the key is that signed a platform's token */
enum wv_key_trust {
	WV_KEY_UNKNOWN = 0,
	WV_KEY_PINNED = 1,	/* the policy names it */
	WV_KEY_CERTIFIED = 2,	/* a certificate, up to a root that the caller named */
};

/** struct wv_hash - a digest of 32, 48 or 64 bytes; length 0 = absent */
struct wv_hash {
	size_t len;
	uint8_t data[64];
};

/**
 * struct wv_component - a piece of measured firmware or software
 * @type, @version, @hash: as the token says them, "" = it does not; what is not
 *	printable ASCII shows as '?'
 */
struct wv_component {
	char type[64];
	char version[64];
	char hash[16];
	struct wv_hash measurement;
	struct wv_hash signer;
};

/**
 * struct wv_platform - what the platform's token says of it
 * @profile: which claims it has, and under which numbers
 * @implementation_id, @instance_id: of the kind of platform, and of this one
 * @lifecycle: as it stands; @state: enum wv_lifecycle
 * @verifier: where its maker says it can be verified; "" = nowhere
 * @key_sha256: SHA-256 of the SubjectPublicKeyInfo that its signature holds by; this and
 *	@key_trust (enum wv_key_trust) are filled in by an appraisal only
 */
struct wv_platform {
	char profile[64];
	uint8_t implementation_id[32];
	uint8_t instance_id[33];
	uint32_t lifecycle;
	int state;
	char verifier[128];
	size_t component_count;
	struct wv_component components[WV_COMPONENTS_MAX];
	uint8_t key_sha256[32];
	int key_trust;
};

/**
 * struct wv_cca - an Arm CCA token (out); Arm DEN0137, Realm Management Monitor
 * @platform: from its first half
 * @config: of the platform, as it stands
 * @platform_hash: of its measurements: "sha-256"
 * @realm_profile: "" in tokens from before it was introduced
 * @challenge: what the realm asked to be signed
 * @personalization: chosen by whoever made the realm (RPV)
 * @rim: the realm's initial measurement: its parameters and the memory and virtual
 *	processors that it began with
 * @rem: what the realm itself extended since
 * @realm_hash: of @rim and @rem; @key_hash: of the realm's key in the platform's half
 */
struct wv_cca {
	struct wv_platform platform;
	struct wv_hash config;
	char platform_hash[16];
	char realm_profile[64];
	uint8_t challenge[64];
	uint8_t personalization[64];
	struct wv_hash rim;
	struct wv_hash rem[WV_CCA_REMS];
	char realm_hash[16];
	char key_hash[16];
};

/**
 * struct wv_psa - a PSA attestation token (out); RFC 9783
 * @nonce: what its caller asked to be signed
 * @client_id: of that caller: negative = outside of the secure world
 * @boot_seed: of this boot; length 0 = absent
 * @certification: of the hardware; "" = absent
 * @no_measurements: it says that there are no components (older profile)
 */
struct wv_psa {
	struct wv_platform platform;
	struct wv_hash nonce;
	int32_t client_id;
	struct wv_hash boot_seed;
	char certification[32];
	int no_measurements;
};

struct wv_bytes;
struct wv_fault;

/**
 * wv_cca_parse, wv_psa_parse - read a token; nothing is verified
 * @out: without what an appraisal fills in
 * Returns 0, WV_EVIDENCE_DAMAGED, WV_COSE_ALGORITHM or WV_EVIDENCE_UNSUPPORTED (claims by
 * a profile that is not known, or a MAC for a signature).
 */
WV_API int wv_cca_parse(struct wv_bytes token, struct wv_cca *out, struct wv_fault *fault);
WV_API int wv_psa_parse(struct wv_bytes token, struct wv_psa *out, struct wv_fault *fault);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_CCA_H */
