// SPDX-License-Identifier: MIT
/*
 * Verdicts for people and programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraise.h"

/* "at line 3, column 7", "at byte 80 of claims.binding", or the field alone. */
static void where(const struct wv_fault *f, char *out, size_t size)
{
	if (f->line > 0)
		snprintf(out, size, "line %d, column %d%s%s", f->line, f->column,
			 *f->field ? ", " : "", f->field);
	else if (f->offset >= 0)
		snprintf(out, size, "%s, byte %lld", f->field, (long long)f->offset);
	else
		snprintf(out, size, "%s", f->field);
}

int appraise_fault(struct wardctl *ctl, const char *path, const struct wv_fault *f)
{
	char place[160];

	where(f, place, sizeof(place));
	return ctl_error(ctl, wv_reason_exit(f->reason), wv_reason_text(f->reason),
			 "%s: %s: %s%s%s. %s", path, wv_reason_text(f->reason), place,
			 *place ? ": " : "", f->text, wv_reason_mend(f->reason));
}

static void show_report(struct output *o, const struct wv_snp_report *r)
{
	const struct wv_tcb *t = &r->reported_tcb;

	out_textf(o, "report", "SEV-SNP version %u, %s, VMPL %u", r->version,
		  wv_product_text(r->product), r->vmpl);
	if (r->product == WV_PRODUCT_TURIN)
		out_textf(o, "reported_tcb", "fmc %u, bootloader %u, tee %u, snp %u, microcode %u",
			  t->fmc, t->bootloader, t->tee, t->snp, t->microcode);
	else
		out_textf(o, "reported_tcb", "bootloader %u, tee %u, snp %u, microcode %u",
			  t->bootloader, t->tee, t->snp, t->microcode);
	out_hex(o, "measurement", r->measurement, sizeof(r->measurement));
}

static void show_claims(struct output *o, const struct wv_verdict *v)
{
	const struct wv_claims *k = &v->claims;

	out_text(o, "purpose", wv_purpose_text(k->purpose));
	out_hex(o, "session", k->session, sizeof(k->session));
	if (memcmp(k->session, k->subject, sizeof(k->session)))
		out_hex(o, "subject", k->subject, sizeof(k->subject));
	out_hex(o, "instance", k->instance, sizeof(k->instance));
	out_textf(o, "caller", "uid %u, gid %u, pid %u", k->caller.uid, k->caller.gid,
		  k->caller.tgid);
	out_textf(o, "events", "%llu of %llu records%s", (unsigned long long)v->event_count,
		  (unsigned long long)k->session_seq,
		  v->events_complete ? ", complete up to the attested head" : "");
}

static void show_warnings(struct output *o, uint64_t warnings)
{
	int i;

	if (!warnings)
		return;
	out_list(o, "warnings");
	for (i = 0; i < WV_WARN_COUNT; i++)
		if (warnings & 1ull << i)
			out_textf(o, NULL, "%s: %s", wv_warning_text(i), wv_warning_explain(i));
	out_close(o);
}

static void show_text(struct output *o, const struct wv_verdict *v)
{
	const struct wv_fault *f = &v->fault;
	char place[160];

	out_text(o, "verdict", f->reason ? wv_reason_text(f->reason) :
			       v->simulated ? "ok (simulated)" : "ok");
	if (v->simulated)
		out_line(o, "SIMULATED TEE: this protects nothing and proves the procedure only.");
	if (f->reason) {
		where(f, place, sizeof(place));
		out_textf(o, "because", "%s: %s", place, f->text);
		out_text(o, "meaning", wv_reason_explain(f->reason));
		out_text(o, "mend", wv_reason_mend(f->reason));
	}
	if (v->have & WV_HAVE_VEK)
		out_textf(o, "chain", "%s <- %s <- %s", v->vek.subject[0], v->vek.subject[1],
			  v->vek.subject[2]);
	if (v->have & WV_HAVE_REPORT)
		show_report(o, &v->report);
	if (v->have & WV_HAVE_CLAIMS)
		show_claims(o, v);
	out_bool(o, "measured", v->measured);
	show_warnings(o, v->warnings);
}

int appraise_show(struct wardctl *ctl, const char *path, const struct wv_verdict *v)
{
	char *json;

	if (v->fault.reason)
		fprintf(stderr, "wardctl: %s: refused: %s\n", path,
			wv_reason_text(v->fault.reason));
	if (!ctl->json) {
		show_text(ctl->out, v);
		return wv_reason_exit(v->fault.reason);
	}
	json = wv_verdict_json(v);
	if (!json || !out_parsed(ctl->out, NULL, json)) {
		free(json);
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	}
	free(json);
	return wv_reason_exit(v->fault.reason);
}
