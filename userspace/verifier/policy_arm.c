// SPDX-License-Identifier: MIT
/*
 * What a policy says of a platform that makes Arm's tokens, read.
 */
#include <stdlib.h>
#include <string.h>

#include "arm_token.h"
#include "fault.h"
#include "hex.h"
#include "policy_arm.h"

static const char *const component_members[] = { "type", "measurement", "signer", NULL };

bool policy_hash_element(json_t *v, uint8_t *out, size_t width)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	size_t len = strlen(text) / 2;

	memset(out, 0, width);
	if (len != 32 && len != 48 && len != 64)
		return false;
	out[0] = (uint8_t)len;
	return hex_decode(text, out + 1, len);
}

static int read_lifecycle(struct doc_in *in, json_t *object, struct policy_platform *out)
{
	struct policy_word words[WV_LIFECYCLE_INVALID + 1] = { { NULL, 0 } };
	uint64_t bits = 0;
	int state, rc;

	for (state = 0; state < WV_LIFECYCLE_INVALID; state++)
		words[state] = (struct policy_word){ arm_lifecycle_text(state), 1ull << state };
	rc = policy_read_words(in, object, "lifecycle", words, &bits);
	out->lifecycle = (unsigned int)bits;
	return rc;
}

static int read_component(struct doc_in *in, json_t *v, struct policy_component *out)
{
	int rc;

	if (!json_is_object(v))
		return doc_fault(in, "sw_components", "objects are expected");
	rc = doc_known(in, v, component_members);
	if (!rc && json_object_get(v, "type"))
		rc = doc_text(in, v, "type", out->type, sizeof(out->type));
	rc = rc ?: policy_read_set(in, v, "measurement", POLICY_HASH, policy_hash_element,
				   "64, 96 or 128 hexadecimal digits", &out->measurement) ?:
	     policy_read_set(in, v, "signer", POLICY_HASH, policy_hash_element,
			     "64, 96 or 128 hexadecimal digits", &out->signer);
	if (!rc && !out->measurement.count && !out->signer.count)
		rc = doc_fault(in, "sw_components",
			       "a component's measurement or signer is expected");
	return rc;
}

static int read_components(struct doc_in *in, json_t *object, struct policy_platform *out)
{
	json_t *list, *v;
	size_t i;
	int rc = doc_list(in, object, "sw_components", POLICY_COMPONENTS_MAX, &list);

	if (rc || !list)
		return rc;
	out->components = calloc(json_array_size(list), sizeof(*out->components));
	if (!out->components)
		return fault_set(in->fault, WV_NO_MEMORY, "sw_components", -1, "no memory");
	json_array_foreach(list, i, v) {
		out->component_count++;
		rc = read_component(in, v, &out->components[i]);
		if (rc)
			return rc;
	}
	return WV_OK;
}

int policy_read_platform(struct doc_in *in, json_t *object, struct policy_platform *out)
{
	return policy_read_set(in, object, "implementation_id", 32, policy_hex_element,
			       "64 hexadecimal digits", &out->implementation_id) ?:
	       policy_read_set(in, object, "instance_id", 33, policy_hex_element,
			       "66 hexadecimal digits", &out->instance_id) ?:
	       read_lifecycle(in, object, out) ?: read_components(in, object, out);
}

void policy_platform_clear(struct policy_platform *p)
{
	size_t i;

	free(p->implementation_id.values);
	free(p->instance_id.values);
	for (i = 0; i < p->component_count; i++) {
		free(p->components[i].measurement.values);
		free(p->components[i].signer.values);
	}
	free(p->components);
}
