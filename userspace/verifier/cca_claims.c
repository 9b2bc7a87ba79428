// SPDX-License-Identifier: MIT
/*
 * The claims of a CCA token's halves: Arm DEN0137 section A7.2.3.
 */
#include <stdio.h>
#include <string.h>

#include "arm_token.h"
#include "cca.h"
#include "fault.h"

static const char *const platform_profiles[] = {
	"http://arm.com/CCA-SSD/1.0.0",
	"tag:arm.com,2023:cca_platform#1.0.0",
};
static const char *const realm_profile = "tag:arm.com,2023:realm#1.0.0";

enum { P_NONCE, P_INSTANCE, P_PROFILE, P_LIFECYCLE, P_IMPLEMENTATION, P_COMPONENTS, P_VERIFIER,
       P_CONFIG, P_HASH, P_CLAIMS };

static const struct map_member platform_claims[P_CLAIMS] = {
	[P_NONCE] = { "nonce", 10, false, true, MAP_BYTES, 32, 64 },
	[P_INSTANCE] = { "instance_id", 256, false, true, MAP_BYTES, 33, 33 },
	[P_PROFILE] = { "profile", 265, false, true, MAP_TEXT, 1, 63 },
	[P_LIFECYCLE] = { "lifecycle", 2395, false, true, MAP_INT, 0, 0xffff },
	[P_IMPLEMENTATION] = { "implementation_id", 2396, false, true, MAP_BYTES, 32, 32 },
	[P_COMPONENTS] = { "sw_components", 2399, false, true, MAP_ANY, 0, 0 },
	[P_VERIFIER] = { "verifier", 2400, false, false, MAP_TEXT, 0, 127 },
	[P_CONFIG] = { "config", 2401, false, true, MAP_BYTES, 0, 64 },
	[P_HASH] = { "hash", 2402, false, true, MAP_TEXT, 1, 15 },
};
static const struct map_format platform_format = { platform_claims, P_CLAIMS, false };

static int check_profile(const char *have, struct wv_fault *fault)
{
	size_t i;

	for (i = 0; i < sizeof(platform_profiles) / sizeof(platform_profiles[0]); i++)
		if (!strcmp(have, platform_profiles[i]))
			return WV_OK;
	return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "platform.profile", -1,
			 "claims by the profile '%s' are not known here", have);
}

int cca_platform_read(struct cca_token *t, struct wv_cca *out, struct wv_fault *fault)
{
	struct wv_platform *p = &out->platform;
	struct map_value v[P_CLAIMS];
	int rc = map_read_all(t->platform.payload, "platform", &platform_format, v, fault);

	if (rc)
		return rc;
	t->nonce = v[P_NONCE].bytes;
	map_text(&v[P_PROFILE], p->profile, sizeof(p->profile));
	map_text(&v[P_VERIFIER], p->verifier, sizeof(p->verifier));
	map_text(&v[P_HASH], out->platform_hash, sizeof(out->platform_hash));
	out->config.len = v[P_CONFIG].bytes.len;
	memcpy(out->config.data, v[P_CONFIG].bytes.data, out->config.len);
	return check_profile(p->profile, fault) ?:
	       arm_identity(&v[P_IMPLEMENTATION], &v[P_INSTANCE], &v[P_LIFECYCLE],
			    "platform.instance_id", p, fault) ?:
	       arm_components(&v[P_COMPONENTS], "platform.sw_components", p, fault);
}

enum { R_CHALLENGE, R_PROFILE, R_PERSONALIZATION, R_HASH, R_KEY, R_RIM, R_REM, R_KEY_HASH,
       R_CLAIMS };

static const struct map_member realm_claims[R_CLAIMS] = {
	[R_CHALLENGE] = { "challenge", 10, false, true, MAP_BYTES, 64, 64 },
	[R_PROFILE] = { "profile", 265, false, false, MAP_TEXT, 1, 63 },
	[R_PERSONALIZATION] = { "personalization", 44235, false, true, MAP_BYTES, 64, 64 },
	[R_HASH] = { "hash", 44236, false, true, MAP_TEXT, 1, 15 },
	[R_KEY] = { "key", 44237, false, true, MAP_BYTES, 1, 512 },
	[R_RIM] = { "rim", 44238, false, true, MAP_BYTES, 32, 64 },
	[R_REM] = { "rem", 44239, false, true, MAP_ANY, 0, 0 },
	[R_KEY_HASH] = { "key_hash", 44240, false, true, MAP_TEXT, 1, 15 },
};
static const struct map_format realm_format = { realm_claims, R_CLAIMS, false };

static int read_rems(const struct map_value *v, struct wv_cca *out, struct wv_fault *fault)
{
	struct item_in in = { .c = cursor_over(v->bytes.data, v->bytes.len),
			      .reason = WV_EVIDENCE_DAMAGED, .fault = fault };
	struct map_value rem = { .there = true };
	char field[FIELD_MAX];
	size_t i, n;
	int rc = item_array(&in, "realm.rem", WV_CCA_REMS, WV_CCA_REMS, &n);

	for (i = 0; !rc && i < n; i++) {
		snprintf(field, sizeof(field), "realm.rem[%zu]", i);
		rc = item_bytes(&in, field, 32, 64, &rem.bytes) ?:
		     arm_hash(&rem, field, &out->rem[i], fault);
	}
	return rc;
}

int cca_realm_read(struct cca_token *t, struct wv_cca *out, struct wv_fault *fault)
{
	struct map_value v[R_CLAIMS];
	int rc = map_read_all(t->realm.payload, "realm", &realm_format, v, fault);

	if (rc)
		return rc;
	t->realm_key = v[R_KEY].bytes;
	memcpy(out->challenge, v[R_CHALLENGE].bytes.data, sizeof(out->challenge));
	memcpy(out->personalization, v[R_PERSONALIZATION].bytes.data,
	       sizeof(out->personalization));
	map_text(&v[R_PROFILE], out->realm_profile, sizeof(out->realm_profile));
	map_text(&v[R_HASH], out->realm_hash, sizeof(out->realm_hash));
	map_text(&v[R_KEY_HASH], out->key_hash, sizeof(out->key_hash));
	if (v[R_PROFILE].there && strcmp(out->realm_profile, realm_profile))
		return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "realm.profile", -1,
				 "claims by the profile '%s' are not known here",
				 out->realm_profile);
	return arm_hash(&v[R_RIM], "realm.rim", &out->rim, fault) ?:
	       read_rems(&v[R_REM], out, fault);
}
