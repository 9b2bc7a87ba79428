// SPDX-License-Identifier: MIT
/*
 * The member "psa" of a policy: doc/formats.md section 7.
 */
#include "policy_arm.h"

static const char *const members[] = {
	"required", "keys", "implementation_id", "instance_id", "lifecycle", "sw_components", NULL,
};

int policy_read_psa(struct doc_in *in, struct policy_psa *out)
{
	json_t *object;
	int rc = doc_object(in, in->root, "psa", members, &object);

	if (rc || !object)
		return rc;
	out->given = out->required = 1;
	return doc_flag(in, object, "required", &out->required) ?:
	       policy_read_keys(in, object, "keys", &out->keys) ?:
	       policy_read_platform(in, object, &out->platform);
}

void policy_psa_clear(struct policy_psa *t)
{
	policy_keys_clear(&t->keys);
	policy_platform_clear(&t->platform);
}

int policy_psa(const struct wv_policy *p, const struct wv_psa *t, struct rules *rules)
{
	static const struct arm_fields fields = { .member = "psa", .field = "token" };

	return policy_platform(p, &p->psa.platform, &t->platform, &fields, rules);
}
