// SPDX-License-Identifier: MIT
/*
 * AMD SEV-SNP reports, and those of a simulator.
 */
#include <string.h>

#include "bytes.h"
#include "fault.h"
#include "json_write.h"
#include "kind.h"
#include "snp.h"
#include "vek.h"

static void warn(struct wv_verdict *v)
{
	if (!v->vek.crl_checked)
		v->warnings |= WV_WARN_CRL_UNCHECKED;
	if (v->vek.named_root)
		v->warnings |= WV_WARN_NAMED_ROOT;
	if (v->vek.kind == WV_VEK_VLEK)
		v->warnings |= WV_WARN_VLEK;
	else if (all_zero(v->report.chip_id, sizeof(v->report.chip_id)))
		v->warnings |= WV_WARN_CHIP_MASKED;
	if (v->report.policy & WV_SNP_POLICY_DEBUG)
		v->warnings |= WV_WARN_DEBUG;
	if (v->report.policy & WV_SNP_POLICY_SMT)
		v->warnings |= WV_WARN_SMT;
}

static int check_with(const struct wv_vek *vek, struct wv_bytes report, struct wv_verdict *v)
{
	wv_vek_info(vek, &v->vek);
	v->have |= WV_HAVE_VEK;
	return wv_vek_check(vek, report, &v->report, &v->fault);
}

/*
 * By the key whose chain the caller verified before. Where it is not the one, or not at
 * this time, or not looked up in a revocation list that the policy asks for, the chain that
 * came with the evidence decides, as if there were no such key.
 */
static bool check_warm(const struct judge *j, struct wv_bytes report)
{
	const struct wv_appraisal *a = j->a;
	struct wv_vek_info info;

	if (!a->vek)
		return false;
	wv_vek_info(a->vek, &info);
	return a->now >= info.not_before && a->now <= info.not_after &&
	       (info.crl_checked || !j->p->collateral.crl_required) &&
	       !check_with(a->vek, report, j->v);
}

static int check_cold(const struct wv_appraisal *a, struct wv_bytes report, struct wv_bytes table,
		      struct wv_verdict *v)
{
	int kind = (int)v->report.signing_key, rc;
	struct wv_vek *vek;

	v->have &= ~WV_HAVE_VEK;
	rc = vek_open(a->roots, a->collateral, table, report, kind, a->now, &vek, &v->fault);
	if (rc)
		return rc;
	rc = check_with(vek, report, v);
	wv_vek_free(vek);
	return rc;
}

int kind_snp_report(struct judge *j, struct wv_bytes report, struct wv_bytes table)
{
	struct wv_verdict *v = j->v;
	int rc = wv_snp_parse(report, &v->report, &v->fault);

	if (rc)
		return rc;
	v->have |= WV_HAVE_REPORT;
	if (v->report.signing_key != WV_VEK_VCEK && v->report.signing_key != WV_VEK_VLEK)
		return fault_set(&v->fault, WV_KEY_KIND_MISMATCH, "report.key_info", 0x48,
				 "signing key %u is neither VCEK (0) nor VLEK (1)",
				 v->report.signing_key);
	if (!check_warm(j, report))
		rc = check_cold(j->a, report, table, v);
	if (!rc)
		warn(v);
	return rc;
}

/* Outside of a bundle the table may follow the report, as go-sev-guest's attest writes it. */
static struct wv_bytes cut_table(struct wv_bytes *data)
{
	struct wv_bytes table = { NULL, 0 };
	struct snp_table entries;

	if (data->len <= WV_SNP_REPORT_SIZE)
		return table;
	table = (struct wv_bytes){ data->data + WV_SNP_REPORT_SIZE,
				   data->len - WV_SNP_REPORT_SIZE };
	if (snp_table_parse(table, &entries, NULL))
		return (struct wv_bytes){ NULL, 0 };
	data->len = WV_SNP_REPORT_SIZE;
	return table;
}

int kind_snp(struct judge *j, const struct wv_evidence *e)
{
	struct wv_verdict *v = j->v;
	struct wv_bytes carried = { v->report.report_data, sizeof(v->report.report_data) };
	struct wv_bytes report = e->data, table = e->aux;
	int rc;

	if (!j->report_data && !table.len)
		table = cut_table(&report);
	rc = kind_snp_report(j, report, table) ?:
	     judge_fresh(j, carried, JUDGE_WHOLE, "report.report_data", 0x50);
	if (rc)
		return rc;
	if (v->vek.simulated || !strcmp(e->tee, "simulated-snp") ||
	    (v->have & WV_HAVE_CLAIMS && v->claims.tee == WARD_TEE_SIMULATED))
		v->simulated = 1;
	v->measured |= j->p->measurement.count > 0 || policy_snp_tells(&j->p->snp);
	return judge_tee(j, POLICY_TEE_SNP) ?: policy_report(j->p, &v->report, &j->rules);
}

bool kind_snp_recognise(struct wv_bytes data)
{
	cut_table(&data);
	return data.len == WV_SNP_REPORT_SIZE && data.data[0] && data.data[0] < 0x20 &&
	       all_zero(data.data + 1, 3);
}

json_t *kind_snp_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct wv_snp_report report;

	cut_table(&data);
	return wv_snp_parse(data, &report, fault) ? NULL : report_json(&report);
}
