// SPDX-License-Identifier: MIT
/*
 * The member "snp" of a policy against a report.
 */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "rule.h"
#include "snp.h"

#define AUTHOR_KEY_ENABLED(r) ((r)->key_info & 1)

bool policy_snp_tells(const struct policy_snp *s)
{
	return s->id_key.count || s->author_key.count;
}

/* A rule that is but yes or no; nothing is told of one that the policy does not make. */
static int flag(struct rules *rules, bool asked, bool held, const struct wv_rule *rest)
{
	struct wv_rule says = *rest;

	says.held = held;
	return asked ? rule(rules, &says, "%s, not %s", says.found, says.expected) : WV_OK;
}

static bool author_trusted(const struct policy_snp *s, const struct wv_snp_report *r)
{
	return AUTHOR_KEY_ENABLED(r) && s->author_key.count &&
	       policy_has(&s->author_key, r->author_key_digest);
}

static int check_presence(const struct policy_snp *s, const struct wv_snp_report *r,
			  struct rules *rules)
{
	bool author = AUTHOR_KEY_ENABLED(r), block = !all_zero(r->id_key_digest, 48);
	const struct wv_rule id = { .name = "snp.require_id_block", .reason = WV_ID_BLOCK_MISSING,
				    .field = "report.id_key_digest", .offset = 0xe0,
				    .expected = "a launch with an ID block",
				    .found = block ? "a launch with an ID block" :
						     "a launch without ID block" };
	const struct wv_rule au = { .name = "snp.require_author_key",
				    .reason = WV_AUTHOR_KEY_MISSING,
				    .field = "report.key_info", .offset = 0x48,
				    .expected = "an author key",
				    .found = author ? "an author key" : "no author key" };

	return flag(rules, s->require_id_block || s->require_author_key || policy_snp_tells(s),
		    block, &id) ?:
	       flag(rules, s->require_author_key, author, &au);
}

/* A digest counts only where the report says that there was such a key. */
static int check_author(const struct policy_snp *s, const struct wv_snp_report *r,
			struct rules *rules)
{
	const struct wv_rule says = { .name = "snp.author_key", .reason = WV_AUTHOR_KEY_REFUSED,
				      .field = "report.key_info", .offset = 0x48,
				      .expected = "a key that the policy names",
				      .found = "no author key" };

	if (!AUTHOR_KEY_ENABLED(r))
		return flag(rules, s->author_key.count > 0, false, &says);
	return rule_set(rules, "snp.author_key", &s->author_key, r->author_key_digest,
			WV_AUTHOR_KEY_REFUSED, "report.author_key_digest", 0x110);
}

/* An author key that is trusted vouches for the ID key that it signed. */
static int check_keys(const struct policy_snp *s, const struct wv_snp_report *r,
		      struct rules *rules)
{
	bool author = author_trusted(s, r);
	int rc = check_presence(s, r, rules);

	if (!rc && (author || s->require_author_key || !s->id_key.count))
		rc = check_author(s, r, rules);
	if (!rc && !author)
		rc = rule_set(rules, "snp.id_key", &s->id_key, r->id_key_digest, WV_ID_KEY_REFUSED,
			      "report.id_key_digest", 0xe0);
	return rc;
}

static int check_names(const struct policy_snp *s, const struct wv_snp_report *r,
		       struct rules *rules)
{
	return rule_set(rules, "snp.family_id", &s->family_id, r->family_id, WV_IMAGE_ID_REFUSED,
			"report.family_id", 0x10) ?:
	       rule_set(rules, "snp.image_id", &s->image_id, r->image_id, WV_IMAGE_ID_REFUSED,
			"report.image_id", 0x20) ?:
	       rule_set(rules, "snp.chip_id", &s->chip_id, r->chip_id, WV_CHIP_REFUSED,
			"report.chip_id", 0x1a0) ?:
	       rule_set(rules, "snp.report_id", &s->report_id, r->report_id, WV_REPORT_ID_REFUSED,
			"report.report_id", 0x140) ?:
	       rule_set(rules, "snp.report_id_ma", &s->report_id_ma, r->report_id_ma,
			WV_REPORT_ID_REFUSED, "report.report_id_ma", 0x160);
}

static bool product_in(const struct policy_set *set, const struct wv_snp_report *r)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		const uint8_t *v = set->values + 2 * i;

		if (v[0] == r->product && (v[1] == SNP_ANY_STEPPING ||
					   (r->version >= 3 && v[1] == r->cpuid_stepping)))
			return true;
	}
	return false;
}

static int check_product(const struct policy_snp *s, const struct wv_snp_report *r,
			 struct rules *rules)
{
	char found[48];
	struct wv_rule says = { .name = "snp.product", .held = product_in(&s->product, r),
				.reason = WV_PRODUCT_REFUSED, .field = "report.cpuid",
				.offset = 0x188, .expected = "one that the policy names",
				.found = found };

	if (!s->product.count)
		return WV_OK;
	if (r->version < 3)
		snprintf(found, sizeof(found), "%s, stepping not told",
			 wv_product_text(r->product));
	else
		snprintf(found, sizeof(found), "%s-%u", wv_product_text(r->product),
			 r->cpuid_stepping);
	return rule(rules, &says, "%s is not in the policy's list", found);
}

static unsigned int version_number(const uint8_t v[3])
{
	return (unsigned int)v[2] << 16 | (unsigned int)v[1] << 8 | v[0];
}

static int check_version(const struct policy_snp *s, const struct wv_snp_report *r,
			 struct rules *rules)
{
	const uint8_t *least = s->min_version, *have = r->current_version;
	char expected[40], found[16];
	struct wv_rule says = { .name = "snp.min_version",
				.held = version_number(have) >= version_number(least),
				.reason = WV_FIRMWARE_BELOW_POLICY,
				.field = "report.current_version", .offset = 0x1e8,
				.expected = expected, .found = found };

	if (!s->has_version)
		return WV_OK;
	snprintf(expected, sizeof(expected), "at least %u.%u.%u", least[2], least[1], least[0]);
	snprintf(found, sizeof(found), "%u.%u.%u", have[2], have[1], have[0]);
	return rule(rules, &says, "firmware %s, the policy asks for %s", found, expected);
}

/* Firmware that is not committed can be taken back by the host. */
static int check_provisional(const struct policy_snp *s, const struct wv_snp_report *r,
			     struct rules *rules)
{
	bool tcb = r->raw_current_tcb != r->raw_committed_tcb;
	bool provisional = tcb || memcmp(r->current_version, r->committed_version, 3);
	const struct wv_rule says = { .name = "snp.permit_provisional",
				      .reason = WV_FIRMWARE_PROVISIONAL,
				      .field = tcb ? "report.committed_tcb" :
						     "report.committed_version",
				      .offset = tcb ? 0x1e0 : 0x1ec,
				      .expected = "firmware that is committed",
				      .found = provisional ? "firmware that is not committed" :
							     "firmware that is committed" };

	return flag(rules, !s->permit_provisional, !provisional, &says);
}

static int check_firmware(const struct policy_snp *s, const struct wv_snp_report *r,
			  struct rules *rules)
{
	const struct tcb_rule launch = { "snp.min_launch_tcb", s->min_launch_tcb, r->product,
					 &r->launch_tcb, "report.launch_tcb", 0x1f0 };
	const struct tcb_rule committed = { "snp.min_committed_tcb", s->min_committed_tcb,
					    r->product, &r->committed_tcb,
					    "report.committed_tcb", 0x1e0 };
	int rc = policy_tcb(rules, &launch) ?: policy_tcb(rules, &committed) ?:
		 check_version(s, r, rules);

	if (!rc && s->min_build)
		rc = rule_least(rules, "snp.min_build", s->min_build, r->current_version[0],
				WV_FIRMWARE_BELOW_POLICY, "report.current_version", 0x1e8);
	return rc ?: check_provisional(s, r, rules);
}

static int check_bits(const char *prefix, const struct snp_bit *bits,
		      const struct policy_bits *want, uint64_t have, const struct wv_rule *rest,
		      struct rules *rules)
{
	struct wv_rule says = *rest;
	char name[64];
	size_t i;
	int rc = WV_OK;

	says.name = name;
	for (i = 0; !rc && bits[i].name; i++) {
		uint64_t bit = 1ull << bits[i].bit;

		if (!(want->mask & bit))
			continue;
		snprintf(name, sizeof(name), "%s.%s", prefix, bits[i].name);
		says.held = !((have ^ want->want) & bit);
		says.expected = want->want & bit ? "set" : "not set";
		says.found = have & bit ? "set" : "not set";
		rc = rule(rules, &says, "bit %u (%s) is %s in 0x%llx", bits[i].bit, bits[i].name,
			  says.found, (unsigned long long)have);
	}
	return rc;
}

static int check_abi(const struct policy_snp *s, const struct wv_snp_report *r,
		     struct rules *rules)
{
	unsigned int have = r->policy & 0xffff;
	char expected[32], found[16];
	struct wv_rule says = { .name = "snp.guest_policy.min_abi", .held = have >= s->min_abi,
				.reason = WV_GUEST_POLICY_REFUSED, .field = "report.policy",
				.offset = 0x08, .expected = expected, .found = found };

	if (!s->has_abi)
		return WV_OK;
	snprintf(expected, sizeof(expected), "at least %u.%u", s->min_abi >> 8, s->min_abi & 0xff);
	snprintf(found, sizeof(found), "%u.%u", have >> 8, have & 0xff);
	return rule(rules, &says, "the guest asks for ABI %s only, the policy for %s", found,
		    expected);
}

/* Before version 5 a report tells of no mitigation. */
static int check_vector(const char *name, uint64_t want, uint64_t have, int64_t offset,
			struct rules *rules)
{
	char expected[40], found[24];
	struct wv_rule says = { .name = name, .held = !(want & ~have),
				.reason = WV_MITIGATION_MISSING, .field = "report.mit_vector",
				.offset = offset, .expected = expected, .found = found };

	if (!want)
		return WV_OK;
	snprintf(expected, sizeof(expected), "all bits of 0x%llx", (unsigned long long)want);
	snprintf(found, sizeof(found), "0x%llx", (unsigned long long)have);
	return rule(rules, &says, "bits 0x%llx are not set in %s",
		    (unsigned long long)(want & ~have), found);
}

static int check_abilities(const struct policy_snp *s, const struct wv_snp_report *r,
			   struct rules *rules)
{
	const struct wv_rule guest = { .reason = WV_GUEST_POLICY_REFUSED,
				       .field = "report.policy", .offset = 0x08 };
	const struct wv_rule platform = { .reason = WV_PLATFORM_INFO_REFUSED,
					  .field = "report.platform_info", .offset = 0x40 };

	return check_abi(s, r, rules) ?:
	       check_bits("snp.guest_policy", snp_guest_bits, &s->guest, r->policy, &guest,
			  rules) ?:
	       check_bits("snp.platform_info", snp_platform_bits, &s->platform, r->platform_info,
			  &platform, rules) ?:
	       check_vector("snp.launch_mitigations", s->launch_mitigations, r->launch_mit_vector,
			    0x1f8, rules) ?:
	       check_vector("snp.current_mitigations", s->current_mitigations,
			    r->current_mit_vector, 0x200, rules);
}

int policy_snp(const struct policy_snp *s, const struct wv_snp_report *r, struct rules *rules)
{
	int rc;

	if (!s->given)
		return WV_OK;
	rc = check_keys(s, r, rules) ?: check_names(s, r, rules) ?: check_product(s, r, rules);
	if (!rc && s->min_guest_svn)
		rc = rule_least(rules, "snp.min_guest_svn", s->min_guest_svn, r->guest_svn,
				WV_GUEST_SVN_BELOW_POLICY, "report.guest_svn", 0x04);
	return rc ?: check_firmware(s, r, rules) ?: check_abilities(s, r, rules);
}
