// SPDX-License-Identifier: MIT
/*
 * Quotes as JSON; members by the names that Intel gives them.
 */
#include <stdio.h>

#include "json_write.h"
#include "wardverify.h"

static void put_bits(struct json_out *o, const char *key, uint64_t bits)
{
	char text[20];

	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)bits);
	out_put_text(o, key, text);
}

static json_t *pck_json(const struct wv_pck *p)
{
	static const char types[][24] = { "standard", "scalable", "scalable-with-integrity" };
	struct json_out o = out_start();

	out_put_hex(&o, "fmspc", p->fmspc, sizeof(p->fmspc));
	out_put_hex(&o, "pce_id", p->pce_id, sizeof(p->pce_id));
	out_put_hex(&o, "ppid", p->ppid, sizeof(p->ppid));
	out_put_hex(&o, "components", p->components, sizeof(p->components));
	out_put_number(&o, "pce_svn", p->pce_svn);
	out_put_hex(&o, "cpu_svn", p->cpu_svn, sizeof(p->cpu_svn));
	out_put_text(&o, "sgx_type", types[p->sgx_type]);
	out_put_text(&o, "key", p->subject[0]);
	out_put_text(&o, "intermediate", p->subject[1]);
	out_put_text(&o, "root", p->subject[2]);
	out_put_bool(&o, "named_root", p->named_root);
	out_put_when(&o, "not_before", p->not_before);
	out_put_when(&o, "not_after", p->not_after);
	return out_take(&o);
}

static void put_enclave(struct json_out *o, const struct wv_enclave *e)
{
	out_put_hex(o, "mrenclave", e->mr_enclave, sizeof(e->mr_enclave));
	out_put_hex(o, "mrsigner", e->mr_signer, sizeof(e->mr_signer));
	out_put_number(o, "isvprodid", e->prod_id);
	out_put_number(o, "isvsvn", e->svn);
	put_bits(o, "attributes", e->attributes);
	put_bits(o, "xfrm", e->xfrm);
	out_put_number(o, "miscselect", e->misc_select);
	out_put_hex(o, "cpu_svn", e->cpu_svn, sizeof(e->cpu_svn));
}

static void put_head(struct json_out *o, const struct wv_quote_header *h)
{
	out_put_number(o, "version", h->version);
	out_put_hex(o, "user_data", h->user_data, sizeof(h->user_data));
}

static void put_tail(struct json_out *o, const struct wv_enclave *qe, const struct wv_pck *pck,
		     const struct wv_tcb_status *tcb, size_t trailing)
{
	struct json_out e = out_start();

	put_enclave(&e, qe);
	out_put(o, "qe", out_take(&e));
	if (pck)
		out_put(o, "pck", pck_json(pck));
	if (tcb)
		out_put(o, "tcb", tcb_status_json(tcb));
	out_put_number(o, "trailing_bytes", trailing);
}

static void put_module(struct json_out *o, const struct wv_tdx *t)
{
	out_put_hex(o, "tee_tcb_svn", t->tee_tcb_svn, sizeof(t->tee_tcb_svn));
	out_put_hex(o, "mrseam", t->mr_seam, sizeof(t->mr_seam));
	out_put_hex(o, "mrsignerseam", t->mr_signer_seam, sizeof(t->mr_signer_seam));
	put_bits(o, "seam_attributes", t->seam_attributes);
}

json_t *tdx_json(const struct wv_tdx *t, bool verified)
{
	struct json_out o = out_start();
	char name[16];
	int i;

	put_head(&o, &t->header);
	out_put_text(&o, "body", t->body == 3 ? "td-1.5" : "td-1.0");
	put_module(&o, t);
	put_bits(&o, "attributes", t->attributes);
	out_put_bool(&o, "debug", t->attributes & WV_TDX_DEBUG);
	put_bits(&o, "xfam", t->xfam);
	out_put_hex(&o, "mrtd", t->mr_td, sizeof(t->mr_td));
	for (i = 0; i < WV_TDX_RTMRS; i++) {
		snprintf(name, sizeof(name), "rtmr%d", i);
		out_put_hex(&o, name, t->rtmr[i], sizeof(t->rtmr[i]));
	}
	out_put_hex(&o, "mrconfigid", t->mr_config_id, sizeof(t->mr_config_id));
	out_put_hex(&o, "mrowner", t->mr_owner, sizeof(t->mr_owner));
	out_put_hex(&o, "mrownerconfig", t->mr_owner_config, sizeof(t->mr_owner_config));
	out_put_hex(&o, "report_data", t->report_data, sizeof(t->report_data));
	if (t->body == 3) {
		out_put_hex(&o, "tee_tcb_svn2", t->tee_tcb_svn2, sizeof(t->tee_tcb_svn2));
		out_put_hex(&o, "mrservicetd", t->mr_service_td, sizeof(t->mr_service_td));
	}
	put_tail(&o, &t->qe, verified ? &t->pck : NULL, verified ? &t->tcb : NULL, t->trailing);
	return out_take(&o);
}

json_t *sgx_json(const struct wv_sgx *s, bool verified)
{
	const struct wv_enclave *e = &s->enclave;
	struct json_out o = out_start();

	put_head(&o, &s->header);
	put_enclave(&o, e);
	out_put_bool(&o, "debug", e->attributes & WV_SGX_DEBUG);
	out_put_hex(&o, "isvextprodid", e->ext_prod_id, sizeof(e->ext_prod_id));
	out_put_hex(&o, "isvfamilyid", e->family_id, sizeof(e->family_id));
	out_put_hex(&o, "configid", e->config_id, sizeof(e->config_id));
	out_put_number(&o, "configsvn", e->config_svn);
	out_put_hex(&o, "report_data", e->report_data, sizeof(e->report_data));
	put_tail(&o, &s->qe, verified ? &s->pck : NULL, verified ? &s->tcb : NULL, s->trailing);
	return out_take(&o);
}
