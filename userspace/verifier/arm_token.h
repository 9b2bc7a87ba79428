/* SPDX-License-Identifier: MIT */
/*
 * What Arm's platform tokens share: CCA (DEN0137) and PSA (RFC 9783).
 */
#ifndef WARD_ARM_TOKEN_H
#define WARD_ARM_TOKEN_H

#include "cbor_map.h"
#include "cose.h"
#include "judge.h"

/** arm_lifecycle - enum wv_lifecycle of a claim; arm_lifecycle_text - its word */
int arm_lifecycle(uint64_t claim);
const char *arm_lifecycle_text(int state);

/** arm_hash - bytes of 32, 48 or 64, from a claim that is there or not */
int arm_hash(const struct map_value *v, const char *field, struct wv_hash *out,
	     struct wv_fault *fault);

/** arm_components - the array in @v into @p->components */
int arm_components(const struct map_value *v, const char *field, struct wv_platform *p,
		   struct wv_fault *fault);

/** arm_identity - the claims that both have; the instance's must begin with 0x01 */
int arm_identity(const struct map_value *implementation, const struct map_value *instance,
		 const struct map_value *lifecycle, const char *field, struct wv_platform *p,
		 struct wv_fault *fault);

/**
 * struct arm_trust - who may have signed a platform's token
 * @keys: the policy's
 * @what: which message, for faults
 */
struct arm_trust {
	const struct policy_keys *keys;
	const char *what;
};

/**
 * arm_authenticate - find the key that @s is signed by: one that the policy names for
 *	this platform, else that of a certificate up to a root that the caller named
 * Fills in @p->key_sha256 and key_trust. Returns 0, WV_SIGNATURE_INVALID,
 * WV_PLATFORM_KEY_UNTRUSTED (nobody names a key for it) or what is wrong with the chain.
 */
int arm_authenticate(struct judge *j, const struct cose_sign1 *s, const struct arm_trust *t,
		     struct wv_platform *p);

#endif /* WARD_ARM_TOKEN_H */
