// SPDX-License-Identifier: MIT
/*
 * The member "cca" of a policy: doc/formats.md section 7.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_arm.h"

static const char *const members[] = {
	"platform_keys", "implementation_id", "instance_id", "lifecycle", "sw_components", "rim",
	"rem", "personalization", NULL,
};

static const char *const digits = "64, 96 or 128 hexadecimal digits";

static int read_rems(struct doc_in *in, json_t *object, struct policy_cca *out)
{
	json_t *rem = json_object_get(object, "rem"), *value;
	const char *key;
	int rc = WV_OK;

	if (!rem)
		return WV_OK;
	if (!json_is_object(rem) || !json_object_size(rem))
		return doc_fault(in, "rem", "an object of measurements is expected");
	json_object_foreach(rem, key, value) {
		unsigned int n = (unsigned int)(key[0] - '0');

		if (n >= WV_CCA_REMS || key[1])
			return doc_fault(in, key, "a measurement from \"0\" to \"%d\" is expected",
					 WV_CCA_REMS - 1);
		rc = policy_read_set(in, rem, key, POLICY_HASH, policy_hash_element, digits,
				     &out->rem[n]);
		if (rc)
			break;
	}
	return rc;
}

int policy_read_cca(struct doc_in *in, struct policy_cca *out)
{
	json_t *object;
	int rc = doc_object(in, in->root, "cca", members, &object);

	if (rc || !object)
		return rc;
	out->given = 1;
	return policy_read_keys(in, object, "platform_keys", &out->keys) ?:
	       policy_read_platform(in, object, &out->platform) ?:
	       policy_read_set(in, object, "rim", POLICY_HASH, policy_hash_element, digits,
			       &out->rim) ?:
	       read_rems(in, object, out) ?:
	       policy_read_set(in, object, "personalization", 64, policy_hex_element,
			       "128 hexadecimal digits", &out->personalization);
}

void policy_cca_clear(struct policy_cca *c)
{
	size_t i;

	policy_keys_clear(&c->keys);
	policy_platform_clear(&c->platform);
	free(c->rim.values);
	for (i = 0; i < WV_CCA_REMS; i++)
		free(c->rem[i].values);
	free(c->personalization.values);
}

int policy_cca(const struct wv_policy *p, const struct wv_cca *c, struct rules *rules)
{
	static const struct arm_fields fields = { .member = "cca", .field = "platform" };
	const struct policy_cca *want = &p->cca;
	char name[32], field[32];
	size_t i;
	int rc = policy_platform(p, &want->platform, &c->platform, &fields, rules) ?:
		 rule_set(rules, "cca.personalization", &want->personalization,
			  c->personalization, WV_HOST_DATA_REFUSED, "realm.personalization", -1) ?:
		 policy_hash(rules, "cca.rim", &want->rim, &c->rim, WV_MEASUREMENT_MISMATCH,
			     "realm.rim");

	for (i = 0; !rc && i < WV_CCA_REMS; i++) {
		snprintf(name, sizeof(name), "cca.rem.%zu", i);
		snprintf(field, sizeof(field), "realm.rem[%zu]", i);
		rc = policy_hash(rules, name, &want->rem[i], &c->rem[i], WV_MEASUREMENT_MISMATCH,
				 field);
	}
	return rc;
}
