// SPDX-License-Identifier: MIT
/*
 * The member "tdx" of a policy: doc/policy.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "hex.h"
#include "policy_read.h"
#include "quote.h"
#include "quote_policy.h"

/*
 * What Intel's module fixes: XFAM has x87 and SSE, and no features but these; attributes
 * have, beyond the group TUD (see WV_TDX_DEBUG), SEPT_VE_DISABLE (28), PKS (30), KL (31)
 * and PERFMON (63). A TD that can be migrated (29) is not among them: whoever holds the
 * service TD of the migration could take it elsewhere.
 */
#define XFAM_ONE	0x3ull
#define XFAM_MAY	0x6dbe7ull
#define ATTRIBUTES_MAY	(1ull << 63 | 1ull << 31 | 1ull << 30 | 1ull << 28 | WV_TDX_DEBUG)

#define DIGEST_TEXT "96 hexadecimal digits"

static const char *const members[] = {
	"mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "mrseam", "mrsignerseam", "mrconfigid",
	"mrowner", "mrownerconfig", "mrservicetd", "attributes", "xfam", "min_tee_tcb_svn",
	"min_tee_tcb_svn2", "min_qe_svn", "min_pce_svn", NULL,
};

/* One member that is a list of digests; @at: offset in the body of a TD. */
struct digest {
	const char *name;
	size_t in_policy, in_quote;
	int reason;
	int at;
};

#define DIGEST(member, field, why, offset) \
	{ member, offsetof(struct policy_tdx, field), offsetof(struct wv_tdx, field), why, offset }

static const struct digest digests[] = {
	DIGEST("mrseam", mr_seam, WV_TD_MODULE_REFUSED, 16),
	DIGEST("mrsignerseam", mr_signer_seam, WV_TD_MODULE_REFUSED, 64),
	DIGEST("mrtd", mr_td, WV_MEASUREMENT_MISMATCH, 136),
	DIGEST("rtmr0", rtmr[0], WV_MEASUREMENT_MISMATCH, 328),
	DIGEST("rtmr1", rtmr[1], WV_MEASUREMENT_MISMATCH, 376),
	DIGEST("rtmr2", rtmr[2], WV_MEASUREMENT_MISMATCH, 424),
	DIGEST("rtmr3", rtmr[3], WV_MEASUREMENT_MISMATCH, 472),
	DIGEST("mrconfigid", mr_config_id, WV_TD_CONFIG_REFUSED, 184),
	DIGEST("mrowner", mr_owner, WV_TD_CONFIG_REFUSED, 232),
	DIGEST("mrownerconfig", mr_owner_config, WV_TD_CONFIG_REFUSED, 280),
	DIGEST("mrservicetd", mr_service_td, WV_TD_CONFIG_REFUSED, 600),
};
#define DIGESTS (sizeof(digests) / sizeof(digests[0]))

static struct policy_set *set_of(struct policy_tdx *t, const struct digest *d)
{
	return (struct policy_set *)((char *)t + d->in_policy);
}

static int read_min_svn(struct doc_in *in, json_t *object, const char *key, int *has,
			uint8_t out[16])
{
	json_t *v = json_object_get(object, key);

	if (!v)
		return WV_OK;
	*has = 1;
	if (policy_hex_element(v, out, 16))
		return WV_OK;
	return doc_fault(in, key, "32 hexadecimal digits are expected: 16 bytes as in the quote");
}

int policy_read_tdx(struct doc_in *in, struct policy_tdx *out)
{
	json_t *object;
	size_t i;
	int rc = doc_object(in, in->root, "tdx", members, &object);

	if (rc || !object)
		return rc;
	out->given = 1;
	for (i = 0; !rc && i < DIGESTS; i++)
		rc = policy_read_set(in, object, digests[i].name, 48, policy_hex_element,
				     DIGEST_TEXT, set_of(out, &digests[i]));
	return rc ?: policy_read_bits(in, object, "attributes", &out->attributes) ?:
	       policy_read_bits(in, object, "xfam", &out->xfam) ?:
	       read_min_svn(in, object, "min_tee_tcb_svn", &out->has_min_svn, out->min_svn) ?:
	       read_min_svn(in, object, "min_tee_tcb_svn2", &out->has_min_svn2, out->min_svn2) ?:
	       doc_number(in, object, "min_qe_svn", UINT16_MAX, 0, &out->min_qe_svn) ?:
	       doc_number(in, object, "min_pce_svn", UINT16_MAX, 0, &out->min_pce_svn);
}

void policy_tdx_clear(struct policy_tdx *t)
{
	size_t i;

	for (i = 0; i < DIGESTS; i++)
		free(set_of(t, &digests[i])->values);
}

bool policy_tdx_tells(const struct policy_tdx *p, const struct wv_tdx *t)
{
	return p->mr_td.count && p->rtmr[1].count && p->rtmr[2].count &&
	       (!t || !all_zero(t->rtmr[1], sizeof(t->rtmr[1])));
}

static int64_t at(const struct wv_tdx *t, int offset)
{
	return offset + (t->header.version == 5 ? QUOTE_HEADER_LEN + 6 : QUOTE_HEADER_LEN);
}

static int check_debug(const struct wv_policy *p, const struct wv_tdx *t, struct rules *rules)
{
	bool debug = t->attributes & WV_TDX_DEBUG;
	struct wv_rule says = { .name = "allow_debug", .held = !debug || p->allow_debug,
				.reason = WV_DEBUG_ALLOWED, .field = "quote.attributes",
				.offset = at(t, 120), .expected = p->allow_debug ? "any" : "no debug",
				.found = debug ? "debug" : "no debug" };

	return rule(rules, &says,
		    "bits of TUD (DEBUG, profiling) are set in the TD's attributes 0x%llx",
		    (unsigned long long)t->attributes);
}

/* Bits of which the policy speaks it has judged itself. */
static int check_fixed(const struct policy_tdx *p, const struct wv_tdx *t, struct rules *rules)
{
	struct wv_rule one = { .name = "tdx.xfam", .held = (t->xfam & XFAM_ONE) == XFAM_ONE,
			       .reason = WV_TD_CONFIG_REFUSED, .field = "quote.xfam",
			       .offset = at(t, 128), .expected = "bits 0 and 1 set",
			       .found = t->xfam & XFAM_ONE ? "one of them" : "neither" };

	if (t->xfam & XFAM_ONE && one.held)
		one.found = "both";
	return policy_clear_rule(rules, "tdx.attributes", ~(ATTRIBUTES_MAY | p->attributes.mask),
				 t->attributes, WV_TD_CONFIG_REFUSED, "quote.attributes",
				 at(t, 120), "attributes that no TD has by default") ?:
	       rule(rules, &one, "bits 0 and 1 (x87, SSE) are not both set in 0x%llx",
		    (unsigned long long)t->xfam) ?:
	       policy_clear_rule(rules, "tdx.xfam", ~(XFAM_MAY | p->xfam.mask), t->xfam,
				 WV_TD_CONFIG_REFUSED, "quote.xfam", at(t, 128),
				 "features that no TD has by default");
}

/* Intel's own module: its signer is all zero. */
static int check_module(const struct policy_tdx *p, const struct wv_tdx *t, struct rules *rules)
{
	struct wv_rule signer = { .name = "tdx.mrsignerseam",
				  .held = all_zero(t->mr_signer_seam, 48),
				  .reason = WV_TD_MODULE_REFUSED, .field = "quote.mrsignerseam",
				  .offset = at(t, 64), .expected = "Intel (zeroes)",
				  .found = "another" };
	int rc = policy_clear_rule(rules, "tdx.mrseam", ~0ull, t->seam_attributes,
				   WV_TD_MODULE_REFUSED, "quote.seam_attributes", at(t, 112),
				   "attributes of a TDX module that is not for production");

	if (rc || p->mr_signer_seam.count)
		return rc;
	if (signer.held)
		signer.found = signer.expected;
	return rule(rules, &signer, "the TDX module is not signed by Intel");
}

static int check_digests(const struct policy_tdx *p, const struct wv_tdx *t, struct rules *rules)
{
	char name[32], field[32];
	size_t i;
	int rc = WV_OK;

	for (i = 0; !rc && i < DIGESTS; i++) {
		const struct digest *d = &digests[i];

		snprintf(name, sizeof(name), "tdx.%s", d->name);
		snprintf(field, sizeof(field), "quote.%s", d->name);
		rc = rule_set(rules, name, (const struct policy_set *)((const char *)p + d->in_policy),
			      (const uint8_t *)t + d->in_quote, d->reason, field, at(t, d->at));
	}
	return rc;
}

/* Byte by byte; TD 1.0 has no second one, and is below whatever that asks for. */
static int check_svn(struct rules *rules, const char *member, const uint8_t least[16],
		     const uint8_t found[16], const char *field, int64_t offset)
{
	char name[40];
	int i, rc = WV_OK;

	for (i = 0; !rc && i < 16; i++) {
		snprintf(name, sizeof(name), "tdx.%s[%d]", member, i);
		rc = rule_least(rules, name, least[i], found[i], WV_TCB_BELOW_POLICY, field,
				offset + i);
	}
	return rc;
}

static int check_svns(const struct policy_tdx *p, const struct wv_tdx *t, struct rules *rules)
{
	int rc = WV_OK;

	if (p->has_min_svn)
		rc = check_svn(rules, "min_tee_tcb_svn", p->min_svn, t->tee_tcb_svn,
			       "quote.tee_tcb_svn", at(t, 0));
	if (!rc && p->has_min_svn2)
		rc = check_svn(rules, "min_tee_tcb_svn2", p->min_svn2, t->tee_tcb_svn2,
			       "quote.tee_tcb_svn2", at(t, 584));
	if (!rc && p->min_qe_svn)
		rc = rule_least(rules, "tdx.min_qe_svn", p->min_qe_svn, t->qe.svn,
				WV_TCB_BELOW_POLICY, "quote.qe_report", 258);
	if (!rc && p->min_pce_svn)
		rc = rule_least(rules, "tdx.min_pce_svn", p->min_pce_svn, t->pck.pce_svn,
				WV_TCB_BELOW_POLICY, "PCK", -1);
	return rc;
}

int policy_tdx(const struct wv_policy *p, const struct wv_tdx *t, struct wv_verdict *v,
	       struct rules *rules)
{
	const struct policy_tdx *own = &p->tdx;

	if (t->attributes & WV_TDX_DEBUG)
		v->warnings |= WV_WARN_DEBUG;
	return check_debug(p, t, rules) ?: check_module(own, t, rules) ?:
	       check_fixed(own, t, rules) ?:
	       policy_bits_rule(rules, "tdx.attributes", &own->attributes, t->attributes,
				WV_TD_CONFIG_REFUSED, "quote.attributes", at(t, 120)) ?:
	       policy_bits_rule(rules, "tdx.xfam", &own->xfam, t->xfam, WV_TD_CONFIG_REFUSED,
				"quote.xfam", at(t, 128)) ?:
	       check_svns(own, t, rules) ?: check_digests(own, t, rules);
}
