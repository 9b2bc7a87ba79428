// SPDX-License-Identifier: MIT
/*
 * A token's claims in the form of the evidence that the service saw, so that one policy
 * judges both by the same rules. What a token does not say would be zero there, which a
 * list may well have: what the policy pins must be said.
 */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "quote_policy.h"
#include "rule.h"
#include "token.h"

static int check_tee(const struct wv_policy *p, const struct token_claims *c, struct wv_token *t)
{
	if (p->tee & c->bit)
		return WV_OK;
	return fault_set(&t->fault, WV_TEE_REFUSED, "tee", -1,
			 "the policy's allow_tee does not name %s", t->tee);
}

/* Bytes in hexadecimal digits; they must be there where the policy pins them (@set). */
static int bytes(const json_t *o, const char *name, const struct policy_set *set, uint8_t *out,
		 size_t len, struct wv_fault *fault)
{
	if (!set->count && !json_object_get(o, name))
		return WV_OK;
	return token_hex(o, name, out, len, fault);
}

static int level(const json_t *o, const char *name, uint8_t *out, struct wv_fault *fault)
{
	const json_t *v = json_object_get(o, name);

	if (v && (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > 255))
		return fault_set(fault, WV_JWT_DAMAGED, name, -1, "0 to 255 is expected");
	*out = (uint8_t)json_integer_value(v);
	return WV_OK;
}

static const struct policy_set none;

#define SNP(name) "x-ms-sevsnpvm-" name

#define BYTES(name, set, field) bytes(o, name, set, field, sizeof(field), f)

static int read_report(const struct wv_policy *p, const struct token_claims *c,
		       const struct wv_token *t, struct wv_snp_report *r, struct wv_fault *f)
{
	const struct policy_snp *s = &p->snp;
	const json_t *o = c->tee;
	uint8_t vmpl = 0, svn = 0;
	int rc;

	memset(r, 0, sizeof(*r));
	memcpy(r->measurement, t->measurement, sizeof(r->measurement));
	r->policy = (t->debug ? WV_SNP_POLICY_DEBUG : 0) |
		    (json_is_true(json_object_get(o, SNP("smt-allowed"))) ? WV_SNP_POLICY_SMT : 0);
	if (!json_object_get(o, SNP("vmpl")))
		return fault_set(f, WV_JWT_CLAIM_MISSING, SNP("vmpl"), -1, "the token lacks it");
	rc = level(o, SNP("vmpl"), &vmpl, f) ?: level(o, SNP("guestsvn"), &svn, f) ?:
	     level(o, SNP("bootloader-svn"), &r->reported_tcb.bootloader, f) ?:
	     level(o, SNP("tee-svn"), &r->reported_tcb.tee, f) ?:
	     level(o, SNP("snpfw-svn"), &r->reported_tcb.snp, f) ?:
	     level(o, SNP("microcode-svn"), &r->reported_tcb.microcode, f) ?:
	     BYTES(SNP("hostdata"), &p->host_data, r->host_data) ?:
	     BYTES(SNP("idkeydigest"), &s->id_key, r->id_key_digest) ?:
	     BYTES(SNP("authorkeydigest"), &s->author_key, r->author_key_digest) ?:
	     BYTES(SNP("familyId"), &s->family_id, r->family_id) ?:
	     BYTES(SNP("imageId"), &s->image_id, r->image_id) ?:
	     BYTES(SNP("reportid"), &s->report_id, r->report_id);
	r->vmpl = vmpl;
	r->guest_svn = svn;
	return rc;
}

/* Of the platform a token says nothing, and of the guest's policy two bits. */
static int check_said(const struct wv_policy *p, struct wv_fault *f)
{
	const struct policy_snp *s = &p->snp;

	for (int i = 0; i <= WV_PRODUCT_TURIN; i++)
		if (p->min_tcb[i].has)
			return fault_set(f, WV_TCB_BELOW_POLICY, "x-ms-sevsnpvm", -1,
					 "the token does not name the product that min_tcb is for");
	if (!s->platform.mask && !s->report_id_ma.count && !s->chip_id.count &&
	    !(s->guest.mask & ~(WV_SNP_POLICY_DEBUG | WV_SNP_POLICY_SMT)))
		return WV_OK;
	return fault_set(f, WV_JWT_CLAIM_MISSING, "x-ms-sevsnpvm", -1,
			 "the policy's snp asks for what no token says: chip, platform, bits of the guest's policy");
}

static void said(const json_t *o, const char *name, int *out)
{
	const json_t *v = json_object_get(o, name);

	if (json_is_boolean(v))
		*out = json_is_true(v) ? WV_SAID_YES : WV_SAID_NO;
}

static void said_text(const json_t *o, const char *name, char out[WV_AZURE_ID_LEN])
{
	const char *text = json_string_value(json_object_get(o, name));

	snprintf(out, WV_AZURE_ID_LEN, "%s", text ? text : "");
}

/* Registers of the vTPM a token does not have: pinned ones are missing. */
static int check_azure(const struct wv_policy *p, const struct token_claims *c,
		       struct rules *rules)
{
	const json_t *runtime = json_object_get(c->tee, "x-ms-runtime");
	const json_t *vm = json_object_get(runtime, "vm-configuration");
	struct wv_azure a;

	memset(&a, 0, sizeof(a));
	a.quote.bank = p->azure.registers.bank;
	said(vm, "secure-boot", &a.secure_boot);
	said(vm, "tpm-enabled", &a.tpm_enabled);
	said(vm, "tpm-persisted", &a.tpm_persisted);
	said(vm, "console-enabled", &a.console_enabled);
	said_text(vm, "vmUniqueId", a.vm_id);
	said_text(vm, "root-cert-thumbprint", a.root_thumbprint);
	return policy_azure(&p->azure, &a, rules);
}

static int judge_snp(const struct wv_policy *p, const struct token_claims *c, struct wv_token *t,
		     struct rules *rules, bool *tells)
{
	struct wv_snp_report r;

	*tells = p->measurement.count || policy_snp_tells(&p->snp);
	return read_report(p, c, t, &r, &t->fault) ?: check_said(p, &t->fault) ?:
	       policy_report(p, &r, rules);
}

/* As it stands in the quote: least significant byte first. */
static int bits(const json_t *o, const char *name, uint64_t *out, struct wv_fault *fault)
{
	uint8_t raw[8];
	int rc = token_hex(o, name, raw, sizeof(raw), fault);

	for (int i = 0; !rc && i < 8; i++)
		*out |= (uint64_t)raw[i] << 8 * i;
	return rc;
}

static int check_pinned(const struct policy_tdx *p, const struct wv_token *t, struct wv_fault *f)
{
	bool rtmr = false;

	for (int i = 0; i < WV_TDX_RTMRS; i++)
		rtmr = rtmr || p->rtmr[i].count;
	if (rtmr && !t->has_rtmr)
		return fault_set(f, WV_JWT_CLAIM_MISSING, "tdx_rtmr0", -1,
				 "the policy pins registers, of which the token lacks some");
	if (p->mr_service_td.count)
		return fault_set(f, WV_JWT_CLAIM_MISSING, "tdx", -1,
				 "the policy pins mrservicetd, which no token says");
	return WV_OK;
}

static int read_quote(const struct policy_tdx *p, const struct token_claims *c,
		      const struct wv_token *t, struct wv_tdx *q, struct wv_fault *f)
{
	const json_t *o = c->tee;

	memset(q, 0, sizeof(*q));
	memcpy(q->mr_td, t->measurement, sizeof(q->mr_td));
	memcpy(q->rtmr, t->rtmr, sizeof(q->rtmr));
	return check_pinned(p, t, f) ?: bits(o, "tdx_td_attributes", &q->attributes, f) ?:
	       bits(o, "tdx_xfam", &q->xfam, f) ?: BYTES("tdx_mrseam", &p->mr_seam, q->mr_seam) ?:
	       BYTES("tdx_mrsignerseam", &p->mr_signer_seam, q->mr_signer_seam) ?:
	       BYTES("tdx_mrconfigid", &p->mr_config_id, q->mr_config_id) ?:
	       BYTES("tdx_mrowner", &p->mr_owner, q->mr_owner) ?:
	       BYTES("tdx_mrownerconfig", &p->mr_owner_config, q->mr_owner_config) ?:
	       bytes(o, "tdx_tee_tcb_svn", &none, q->tee_tcb_svn, sizeof(q->tee_tcb_svn), f);
}

static int judge_td(const struct wv_policy *p, const struct token_claims *c, struct wv_token *t,
		    struct rules *rules, bool *tells)
{
	struct wv_verdict unused;
	struct wv_tdx q;
	int rc = read_quote(&p->tdx, c, t, &q, &t->fault);

	memset(&unused, 0, sizeof(unused));
	*tells = !rc && policy_tdx_tells(&p->tdx, &q);
	return rc ?: policy_tdx(p, &q, &unused, rules);
}

int token_policy(const struct wv_policy *p, const struct token_claims *c, struct wv_token *t,
		 bool *tells)
{
	struct rules rules = { .fault = &t->fault };
	int rc = check_tee(p, c, t);

	if (rc)
		return rc;
	rc = c->bit == POLICY_TEE_AZURE_SNP ? judge_snp(p, c, t, &rules, tells) :
					      judge_td(p, c, t, &rules, tells);
	if (!rc && t->service == WV_TOKEN_MAA)
		rc = check_azure(p, c, &rules);
	rc = rules_end(&rules, rc);
	t->fault.offset = -1;	/* of evidence, which the service saw and we did not */
	return rc;
}
