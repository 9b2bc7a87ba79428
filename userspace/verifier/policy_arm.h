/* SPDX-License-Identifier: MIT */
/* What the members "cca" and "psa" of a policy share. */
#ifndef WARD_POLICY_ARM_H
#define WARD_POLICY_ARM_H

#include "policy_read.h"
#include "rule.h"

/**
 * policy_read_keys - member @name: a list of {"public_key": base64, and maybe
 *	"implementation_id", "instance_id": hex}; policy_keys_clear() in any case
 */
int policy_read_keys(struct doc_in *in, json_t *object, const char *name,
		     struct policy_keys *out);
void policy_keys_clear(struct policy_keys *k);

/** policy_read_platform - implementation_id, instance_id, lifecycle, sw_components */
int policy_read_platform(struct doc_in *in, json_t *object, struct policy_platform *out);
void policy_platform_clear(struct policy_platform *p);

/** policy_hash_element - 32, 48 or 64 bytes in hex, as POLICY_HASH has them */
bool policy_hash_element(json_t *v, uint8_t *out, size_t width);

/**
 * struct arm_fields - how a refusal names what it looked at
 * @member: of the policy: "cca"
 * @field: of the token: "platform"
 */
struct arm_fields {
	const char *member;
	const char *field;
};

/** policy_platform - its lifecycle, ids and components; 0 or a reason */
int policy_platform(const struct wv_policy *p, const struct policy_platform *says,
		    const struct wv_platform *have, const struct arm_fields *f,
		    struct rules *rules);

/** policy_hash - @have is among the accepted digests, or any is */
int policy_hash(struct rules *rules, const char *name, const struct policy_set *set,
		const struct wv_hash *have, int reason, const char *field);

#endif /* WARD_POLICY_ARM_H */
