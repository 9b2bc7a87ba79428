// SPDX-License-Identifier: MIT
/*
 * The form of a PSA token: RFC 9783, and the profile of its drafts up to -07, which has
 * numbers of its own for the same claims.
 */
#include <string.h>
#include <strings.h>

#include "arm_token.h"
#include "fault.h"
#include "psa.h"

enum { PROFILE, NONCE, INSTANCE, CLIENT, LIFECYCLE, IMPLEMENTATION, BOOT_SEED, CERTIFICATION,
       COMPONENTS, VERIFIER, NO_MEASUREMENTS, CLAIMS };

static const struct map_member claims[NO_MEASUREMENTS] = {
	[PROFILE] = { "profile", 265, false, true, MAP_TEXT, 1, 63 },
	[NONCE] = { "nonce", 10, false, true, MAP_BYTES, 32, 64 },
	[INSTANCE] = { "instance_id", 256, false, true, MAP_BYTES, 33, 33 },
	[CLIENT] = { "client_id", 2394, false, true, MAP_INT, INT32_MIN, INT32_MAX },
	[LIFECYCLE] = { "lifecycle", 2395, false, true, MAP_INT, 0, 0xffff },
	[IMPLEMENTATION] = { "implementation_id", 2396, false, true, MAP_BYTES, 32, 32 },
	[BOOT_SEED] = { "boot_seed", 2397, false, false, MAP_BYTES, 8, 32 },
	[CERTIFICATION] = { "certification", 2398, false, false, MAP_TEXT, 1, 31 },
	[COMPONENTS] = { "sw_components", 2399, false, true, MAP_ANY, 0, 0 },
	[VERIFIER] = { "verifier", 2400, false, false, MAP_TEXT, 1, 127 },
};
static const struct map_format format = { claims, NO_MEASUREMENTS, false };

static const struct map_member old_claims[CLAIMS] = {
	[PROFILE] = { "profile", -75000, false, false, MAP_TEXT, 1, 63 },
	[NONCE] = { "nonce", -75008, false, true, MAP_BYTES, 32, 64 },
	[INSTANCE] = { "instance_id", -75009, false, true, MAP_BYTES, 33, 33 },
	[CLIENT] = { "client_id", -75001, false, true, MAP_INT, INT32_MIN, INT32_MAX },
	[LIFECYCLE] = { "lifecycle", -75002, false, true, MAP_INT, 0, 0xffff },
	[IMPLEMENTATION] = { "implementation_id", -75003, false, true, MAP_BYTES, 32, 32 },
	[BOOT_SEED] = { "boot_seed", -75004, false, true, MAP_BYTES, 32, 32 },
	[CERTIFICATION] = { "certification", -75005, false, false, MAP_TEXT, 1, 31 },
	[COMPONENTS] = { "sw_components", -75006, false, false, MAP_ANY, 0, 0 },
	[VERIFIER] = { "verifier", -75010, false, false, MAP_TEXT, 1, 127 },
	[NO_MEASUREMENTS] = { "no_sw_measurements", -75007, false, false, MAP_INT, 1, 1 },
};
static const struct map_format old_format = { old_claims, CLAIMS, false };

static const char *const profiles[] = {
	"tag:psacertified.org,2023:psa#tfm",
	"http://arm.com/psa/2.0.0",	/* of the drafts from -08 on */
};
/* The drafts' own example spells it in mixed case. */
static const char *const old_profile = "PSA_IOT_PROFILE_1";

/* The old profile's claim may be left out: only its numbers tell then. */
static bool is_old(struct wv_bytes payload)
{
	static const struct map_member nonce = { "nonce", -75008, false, true, MAP_ANY, 0, 0 };
	static const struct map_format only = { &nonce, 1, false };
	struct map_value v;

	return !map_read_all(payload, "token", &only, &v, NULL);
}

static int check_profile(const char *have, bool old, struct wv_fault *fault)
{
	size_t i;

	if (old && (!have[0] || !strcasecmp(have, old_profile)))
		return WV_OK;
	for (i = 0; !old && i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (!strcmp(have, profiles[i]))
			return WV_OK;
	return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "token.profile", -1,
			 "claims by the profile '%s' are not known here", have);
}

static int read_components(const struct map_value *v, struct wv_psa *out, struct wv_fault *fault)
{
	out->no_measurements = v[NO_MEASUREMENTS].there;
	if (v[COMPONENTS].there == v[NO_MEASUREMENTS].there)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "token.sw_components", -1,
				 "components, or that there are none: one of the two must be said");
	if (out->no_measurements)
		return WV_OK;
	return arm_components(&v[COMPONENTS], "token.sw_components", &out->platform, fault);
}

static int read_claims(struct wv_bytes payload, struct wv_psa *out, struct wv_fault *fault)
{
	struct wv_platform *p = &out->platform;
	struct map_value v[CLAIMS] = { { .there = false } };
	bool old = is_old(payload);
	int rc = map_read_all(payload, "token", old ? &old_format : &format, v, fault);

	if (rc)
		return rc;
	map_text(&v[PROFILE], p->profile, sizeof(p->profile));
	map_text(&v[VERIFIER], p->verifier, sizeof(p->verifier));
	map_text(&v[CERTIFICATION], out->certification, sizeof(out->certification));
	out->client_id = (int32_t)v[CLIENT].number;
	out->boot_seed.len = v[BOOT_SEED].there ? v[BOOT_SEED].bytes.len : 0;
	if (out->boot_seed.len)
		memcpy(out->boot_seed.data, v[BOOT_SEED].bytes.data, out->boot_seed.len);
	rc = check_profile(p->profile, old, fault) ?:
	     arm_hash(&v[NONCE], "token.nonce", &out->nonce, fault) ?:
	     arm_identity(&v[IMPLEMENTATION], &v[INSTANCE], &v[LIFECYCLE], "token.instance_id", p,
			  fault) ?:
	     read_components(v, out, fault);
	if (!rc && !p->profile[0])
		strcpy(p->profile, old_profile);
	return rc;
}

/* COSE_Mac0 is the RFC's other form: who can check it can also make it. */
static bool is_mac(struct wv_bytes token)
{
	return token.len && token.data[0] == (0xc0 | COSE_TAG_MAC0);
}

int psa_read(struct wv_bytes token, struct cose_sign1 *s, struct wv_psa *out,
	     struct wv_fault *fault)
{
	memset(out, 0, sizeof(*out));
	if (token.len > WV_ARM_TOKEN_MAX)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "token", -1,
				 "%zu bytes are too many for a token", token.len);
	if (is_mac(token))
		return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "token", 0,
				 "it carries a MAC (COSE_Mac0): only who shares its key could have checked it");
	return cose_sign1_read(token, true, "token", s, fault) ?:
	       read_claims(s->payload, out, fault);
}

int wv_psa_parse(struct wv_bytes token, struct wv_psa *out, struct wv_fault *fault)
{
	struct cose_sign1 s;
	int rc = psa_read(token, &s, out, fault);

	return rc ? rc : fault_clear(fault);
}
