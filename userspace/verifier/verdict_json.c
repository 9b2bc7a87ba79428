// SPDX-License-Identifier: MIT
/*
 * Verdicts, bundles and reports as JSON: doc/formats.md section 9.
 */
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "digest.h"
#include "fault.h"
#include "json_write.h"
#include "kind.h"
#include "tpm.h"

json_t *warnings_json(uint64_t warnings)
{
	json_t *list = json_array();
	int i;

	for (i = 0; list && i < WV_WARN_COUNT; i++)
		if (warnings & 1ull << i)
			json_array_append_new(list, json_string(wv_warning_text(i)));
	return list;
}

/* Those of them that say what nobody looked at. */
static json_t *not_checked_json(uint64_t warnings)
{
	uint64_t left = 0;

	for (int i = 0; i < WV_WARN_COUNT; i++)
		if (warnings & 1ull << i && wv_warning_mend(i))
			left |= 1ull << i;
	return warnings_json(left);
}

void put_fault(struct json_out *o, const struct wv_fault *f)
{
	out_put_text(o, "verdict", wv_reason_text(f->reason));
	out_put_bool(o, "ok", f->reason == WV_OK);
	out_put_number(o, "code", (uint64_t)f->reason);
	out_put_number(o, "exit_code", (uint64_t)wv_reason_exit(f->reason));
	if (f->reason == WV_OK)
		return;
	out_put_text(o, "field", f->field);
	if (f->offset >= 0)
		out_put_number(o, "offset", (uint64_t)f->offset);
	if (f->line > 0) {
		out_put_number(o, "line", (uint64_t)f->line);
		out_put_number(o, "column", (uint64_t)f->column);
	}
	out_put_text(o, "text", f->text);
	out_put_text(o, "meaning", wv_reason_explain(f->reason));
	out_put_text(o, "mend", wv_reason_mend(f->reason));
}

static json_t *chain_json(const struct wv_vek_info *v)
{
	struct json_out o = out_start();

	out_put_text(&o, "kind", v->kind == WV_VEK_VLEK ? "vlek" : "vcek");
	out_put_text(&o, "product", wv_product_text(v->product));
	out_put_text(&o, "key", v->subject[0]);
	out_put_text(&o, "intermediate", v->subject[1]);
	out_put_text(&o, "root", v->subject[2]);
	out_put_bool(&o, "named_root", v->named_root);
	out_put_bool(&o, "crl_checked", v->crl_checked);
	out_put_when(&o, "not_before", v->not_before);
	out_put_when(&o, "not_after", v->not_after);
	return out_take(&o);
}

static json_t *events_json(const struct wv_verdict *v)
{
	struct json_out o = out_start();

	out_put_number(&o, "count", v->event_count);
	out_put_bool(&o, "complete", v->events_complete);
	return out_take(&o);
}

static json_t *matched_json(const struct wv_verdict *v)
{
	struct json_out o = out_start();
	size_t i;

	for (i = 0; i < v->matched_count; i++)
		out_put_text(&o, v->matched[i].member, v->matched[i].name);
	return out_take(&o);
}

const char *keys_text(const struct wv_claims *k)
{
	return wv_keys_kernel(k) ? "kernel" : "user";
}

json_t *verdict_json(const struct wv_verdict *v)
{
	struct json_out o = out_start();

	out_put_number(&o, "version", 1);
	put_fault(&o, &v->fault);
	out_put_bool(&o, "measured", v->measured);
	out_put_bool(&o, "simulated", v->simulated);
	out_put(&o, "warnings", warnings_json(v->warnings));
	out_put(&o, "not_checked", not_checked_json(v->warnings));
	out_put_hex(&o, "evidence_sha256", v->evidence_digest, 32);
	if (v->matched_count)
		out_put(&o, "matched", matched_json(v));
	if (v->have & WV_HAVE_CLAIMS) {
		out_put(&o, "claims", claims_json(&v->claims));
		out_put(&o, "events", events_json(v));
		out_put_text(&o, "keys", keys_text(&v->claims));
	}
	if (v->have & WV_HAVE_REPORT)
		out_put(&o, "report", report_json(&v->report));
	if (v->have & WV_HAVE_VEK)
		out_put(&o, "chain", chain_json(&v->vek));
	if (v->have & WV_HAVE_TDX)
		out_put(&o, "tdx", tdx_json(&v->tdx, true));
	if (v->have & WV_HAVE_SGX)
		out_put(&o, "sgx", sgx_json(&v->sgx, true));
	if (v->have & WV_HAVE_TPM)
		out_put(&o, "tpm", tpm_json(&v->tpm));
	if (v->have & WV_HAVE_AZURE)
		out_put(&o, "azure", azure_json(&v->azure));
	if (v->have & WV_HAVE_NITRO)
		out_put(&o, "nitro", nitro_json(&v->nitro));
	if (v->have & WV_HAVE_CCA)
		out_put(&o, "cca", cca_json(&v->cca));
	if (v->have & WV_HAVE_PSA)
		out_put(&o, "psa", psa_json(&v->psa));
	if (v->have & WV_HAVE_GPU)
		out_put(&o, "gpu", gpu_json(&v->gpu, true));
	return out_take(&o);
}

char *wv_verdict_json(const struct wv_verdict *v)
{
	struct json_out o = { .object = verdict_json(v) };

	return out_text_of(&o);
}

char *wv_snp_json(const struct wv_snp_report *report)
{
	struct json_out o = { .object = report_json(report) };

	return out_text_of(&o);
}

static json_t *path_json(const struct wv_bundle *b)
{
	struct json_out o = out_start();
	json_t *nodes = json_array();
	size_t i;

	out_put_number(&o, "index", b->index);
	out_put_number(&o, "leaves", b->leaves);
	for (i = 0; i < b->nodes; i++)
		json_array_append_new(nodes, hex_json(b->path[i], 64));
	out_put(&o, "nodes", nodes);
	return out_take(&o);
}

/* As it stands: whether the values are those that were quoted is not looked at. */
static void put_quoted(struct json_out *o, const struct tpm_data *t)
{
	struct wv_tpm quoted = { .ak_type = 0 };
	struct wv_bytes extra, digest, ak = t->ak;
	struct wv_fault fault;

	if (digest_sha256(quoted.ak_sha256, &ak, 1))
		out_put_hex(o, "ak_sha256", quoted.ak_sha256, sizeof(quoted.ak_sha256));
	if (tpm_quote_read(t->quote, &quoted, &extra, &digest, &fault) ||
	    tpm_quote_fill(t, &quoted, &fault)) {
		out_put_text(o, "quote_fault", fault.text);
		return;
	}
	out_put_hex(o, "qualifying_data", extra.data, extra.len);
	put_quote(o, &quoted);
}

/* Says wardd: no signature covers whose the key is. */
static void put_tpm(struct json_out *o, const struct wv_evidence *e)
{
	bool azure = !strncmp(e->tee, "azure-", 6);
	struct tpm_data t;

	if ((!azure && strcmp(e->tee, "tpm")) || tpm_data_parse(e->data, azure, &t, NULL))
		return;
	out_put_bool(o, "ak_shared", t.shared);
	out_put_number(o, "pcr_count", t.pcr_count);
	put_quoted(o, &t);
}

static json_t *piece_json(const struct wv_evidence *e)
{
	const struct kind *k = kind_find(e->tee);
	struct json_out o = out_start();
	json_t *shown;

	out_put_text(&o, "provider", e->provider);
	out_put_text(&o, "tee", e->tee);
	out_put_number(&o, "data_bytes", e->data.len);
	out_put_number(&o, "aux_bytes", e->aux.len);
	out_put_number(&o, "manifest_bytes", e->manifest.len);
	shown = k && k->json ? k->json(e->data, NULL) : NULL;
	if (shown)
		out_put(&o, k->member, shown);
	put_tpm(&o, e);
	return out_take(&o);
}

static json_t *entry_json(struct wv_bytes entry)
{
	struct json_out o = out_start();
	struct wv_event e;

	if (entry.len == WARD_EVENT_SIZE && !wv_event_parse(entry, &e, NULL)) {
		json_decref(out_take(&o));
		return event_json(&e);
	}
	out_put_hex(&o, entry.len == WARD_EVENT_SIZE ? "damaged" : "digest", entry.data,
		    entry.len);
	return out_take(&o);
}

/* Shown as found: the report data and the chain's state are recomputed, not checked. */
static void put_computed(struct json_out *o, const struct wv_bundle *b,
			 const struct wv_claims *claims)
{
	struct chain_result r;
	uint8_t report_data[64];
	int rc;

	if (!wv_report_data(b->claims, b->index, b->leaves, b->path, b->nodes, report_data, NULL))
		out_put_hex(o, "report_data", report_data, 64);
	rc = chain_check(b, claims, &r, NULL);
	out_put_text(o, "chain", rc ? wv_reason_text(rc) : r.complete ? "complete" :
				 r.gap ? "gap" : "absent");
}

char *wv_bundle_json(const struct wv_bundle *b)
{
	struct json_out o = out_start();
	json_t *evidence = json_array(), *events = json_array();
	struct wv_claims claims;
	struct wv_fault fault;
	size_t i;

	out_put_number(&o, "version", 1);
	out_put(&o, "path", path_json(b));
	if (!wv_claims_parse(b->claims, &claims, &fault)) {
		put_computed(&o, b, &claims);
		out_put(&o, "claims", claims_json(&claims));
	} else {
		out_put_text(&o, "claims_fault", fault.text);
	}
	for (i = 0; i < b->evidence_count; i++)
		json_array_append_new(evidence, piece_json(&b->evidence[i]));
	for (i = 0; i < b->event_count; i++)
		json_array_append_new(events, entry_json(b->events[i]));
	out_put(&o, "evidence", evidence);
	out_put(&o, "events", events);
	return out_text_of(&o);
}
