// SPDX-License-Identifier: MIT
/*
 * Claims that CCA's platform token and PSA's have in common.
 */
#include <stdio.h>
#include <string.h>

#include "arm_token.h"
#include "fault.h"

int arm_lifecycle(uint64_t claim)
{
	if (claim & 0xf00 || claim >> 12 > WV_LIFECYCLE_DECOMMISSIONED)
		return WV_LIFECYCLE_INVALID;
	return (int)(claim >> 12);
}

const char *arm_lifecycle_text(int state)
{
	static const char words[][22] = {
		"unknown", "assembly-and-test", "rot-provisioning", "secured", "non-rot-debug",
		"recoverable-rot-debug", "decommissioned", "invalid",
	};

	return words[state >= 0 && state < WV_LIFECYCLE_INVALID ? state : WV_LIFECYCLE_INVALID];
}

int arm_hash(const struct map_value *v, const char *field, struct wv_hash *out,
	     struct wv_fault *fault)
{
	size_t n = v->bytes.len;

	out->len = 0;
	if (!v->there)
		return WV_OK;
	if (n != 32 && n != 48 && n != 64)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, field, (int64_t)v->at,
				 "%zu bytes are no digest of 32, 48 or 64", n);
	out->len = n;
	memcpy(out->data, v->bytes.data, n);
	return WV_OK;
}

/* RFC 9783 section 4.4.1. */
enum { TYPE, MEASUREMENT, VERSION, SIGNER, HASH, MEMBERS };

static const struct map_member members[MEMBERS] = {
	[TYPE] = { "type", 1, false, false, MAP_TEXT, 0, 63 },
	[MEASUREMENT] = { "measurement", 2, false, true, MAP_BYTES, 32, 64 },
	[VERSION] = { "version", 4, false, false, MAP_TEXT, 0, 63 },
	[SIGNER] = { "signer", 5, false, true, MAP_BYTES, 32, 64 },
	[HASH] = { "hash", 6, false, false, MAP_TEXT, 0, 15 },
};

static int read_component(struct item_in *in, const char *field, struct wv_component *out)
{
	struct map_value v[MEMBERS];
	int rc = map_read(in, field, members, MEMBERS, v);

	if (rc)
		return rc;
	map_text(&v[TYPE], out->type, sizeof(out->type));
	map_text(&v[VERSION], out->version, sizeof(out->version));
	map_text(&v[HASH], out->hash, sizeof(out->hash));
	return arm_hash(&v[MEASUREMENT], field, &out->measurement, in->fault) ?:
	       arm_hash(&v[SIGNER], field, &out->signer, in->fault);
}

int arm_components(const struct map_value *v, const char *field, struct wv_platform *p,
		   struct wv_fault *fault)
{
	struct item_in in = { .c = cursor_over(v->bytes.data, v->bytes.len),
			      .reason = WV_EVIDENCE_DAMAGED, .fault = fault };
	char name[FIELD_MAX];
	size_t i, n;
	int rc = item_array(&in, field, 1, WV_COMPONENTS_MAX, &n);

	for (i = 0; !rc && i < n; i++) {
		snprintf(name, sizeof(name), "%s[%zu]", field, i);
		rc = read_component(&in, name, &p->components[i]);
	}
	p->component_count = rc ? 0 : n;
	return rc;
}

int arm_identity(const struct map_value *implementation, const struct map_value *instance,
		 const struct map_value *lifecycle, const char *field, struct wv_platform *p,
		 struct wv_fault *fault)
{
	memcpy(p->implementation_id, implementation->bytes.data, sizeof(p->implementation_id));
	memcpy(p->instance_id, instance->bytes.data, sizeof(p->instance_id));
	p->lifecycle = (uint32_t)lifecycle->number;
	p->state = arm_lifecycle(p->lifecycle);
	if (p->instance_id[0] == 0x01)
		return WV_OK;
	return fault_set(fault, WV_EVIDENCE_DAMAGED, field, (int64_t)instance->at,
			 "the instance's id begins with 0x%02x, 0x01 (RAND) belongs there",
			 p->instance_id[0]);
}
