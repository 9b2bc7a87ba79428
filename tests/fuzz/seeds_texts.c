// SPDX-License-Identifier: MIT
/* Documents for people: policies, a line of a release log. */
#include "seeds.h"

#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define M48 A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *const policies[][2] = {
	{ "least", "{\"ward-policy\":1}" },
	{ "snp", "{\"ward-policy\":1,\"measurement\":[\"" M48 "\"],\"purpose\":\"release\",\"uid\":[0],"
		 "\"gid\":[1],\"cgroup\":[\"/\"],\"vmpl_max\":3,\"min_tcb\":{\"turin\":{\"fmc\":1}},"
		 "\"posture\":[\"module-sig\"],\"taint_mask\":1,\"lease_max\":60,"
		 "\"lease_anchor\":[\"" A32 "\"]}" },
	{ "tpm", "{\"ward-policy\":1,\"allow_tee\":[\"snp\",\"tpm\"],\"evidence\":[\"tpm\"],"
		 "\"tpm\":{\"ak\":[\"" A32 "\"],\"pcrs\":{\"sha256\":{\"4\":[\"" A32 "\"]}}}}" },
};

void seeds_texts(void)
{
	size_t i;

	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		seed_text("policy", policies[i][0], policies[i][1]);
	seed_text("release", "line",
		  "{\"version\":1,\"time\":\"2026-01-01T00:00:00Z\",\"resource\":\"default/data/one\","
		  "\"dataset\":\"77777777777777777777777777777777\","
		  "\"release\":\"77777777777777777777777777777777\",\"receipt_nonce\":\"" A32 "\","
		  "\"session\":\"77777777777777777777777777777777\","
		  "\"instance\":\"77777777777777777777777777777777\",\"uid\":1000,"
		  "\"measurement\":\"" M48 "\",\"evidence_sha256\":\"" A32 "\"}");
}
