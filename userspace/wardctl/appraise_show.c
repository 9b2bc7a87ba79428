// SPDX-License-Identifier: MIT
/*
 * Verdicts for people and programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "appraise.h"
#include "doctor.h"
#include "collateral.h"
#include "hex.h"

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
	const char *end = f->text[0] && f->text[strlen(f->text) - 1] == '?' ? "" : ".";
	char place[160];

	where(f, place, sizeof(place));
	return ctl_error(ctl, wv_reason_exit(f->reason), wv_reason_text(f->reason),
			 "%s: %s: %s%s%s%s %s", path, wv_reason_text(f->reason), place,
			 *place ? ": " : "", f->text, end, wv_reason_mend(f->reason));
}

static void tcb_text(const struct wv_tcb *t, int product, char *out, size_t size)
{
	size_t len = 0;

	if (product == WV_PRODUCT_TURIN)
		len = (size_t)snprintf(out, size, "fmc %u, ", t->fmc);
	snprintf(out + len, size - len, "bootloader %u, tee %u, snp %u, microcode %u",
		 t->bootloader, t->tee, t->snp, t->microcode);
}

/* The certificate and min_tcb speak of the reported one, which the host sets. */
static void show_tcbs(struct output *o, const struct wv_snp_report *r)
{
	static const char *const names[] = { "current", "committed", "launch" };
	const struct wv_tcb *tcbs[] = { &r->current_tcb, &r->committed_tcb, &r->launch_tcb };
	char used[80], other[80], all[320] = "";
	size_t i, len = 0;

	tcb_text(&r->reported_tcb, r->product, used, sizeof(used));
	out_textf(o, "reported_tcb", "%s (used)", used);
	for (i = 0; i < 3 && len < sizeof(all); i++) {
		tcb_text(tcbs[i], r->product, other, sizeof(other));
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s: %s", i ? "; " : "",
					names[i], strcmp(used, other) ? other : "the same");
	}
	out_text(o, "other_tcbs", all);
}

static void show_report(struct output *o, const struct wv_snp_report *r)
{
	out_textf(o, "report", "SEV-SNP version %u, %s, VMPL %u", r->version,
		  wv_product_text(r->product), r->vmpl);
	show_tcbs(o, r);
	out_hex(o, "measurement", r->measurement, sizeof(r->measurement));
}

/* A register takes a line, as a policy would pin it. */
static void show_registers(struct output *o, const struct wv_tpm *t)
{
	char hex[2 * sizeof(t->pcr[0]) + 1];
	unsigned int n;

	out_list(o, "pcrs");
	for (n = 0; n < WV_TPM_PCRS; n++) {
		hex_encode(t->pcr[n], t->pcr_len, hex);
		if (t->selected & 1u << n)
			out_textf(o, NULL, "%2u %s", n, hex);
	}
	out_close(o);
}

static void show_tpm(struct output *o, const struct wv_tpm *t)
{
	static const char *const trust[] = {
		"known to nobody", "named by the policy", "certified by a root that was named",
		"named by the paravisor",
	};
	static const char *const logs[] = {
		"absent", "cut short, not looked at", "of another format or bank, not looked at",
	};

	out_hex(o, "ak_sha256", t->ak_sha256, sizeof(t->ak_sha256));
	out_textf(o, "ak", "%s%s", trust[t->ak_trust], t->ak_shared ? "; shared" : "");
	out_textf(o, "tpm", "firmware 0x%016llx, %u resets, %u restarts, clock %llu ms%s",
		  (unsigned long long)t->firmware_version, t->reset_count, t->restart_count,
		  (unsigned long long)t->clock_ms, t->clock_safe ? "" : " (not safe)");
	if (t->log == WV_LOG_REPLAYED)
		out_textf(o, "event_log", "%llu events, replayed",
			  (unsigned long long)t->log_events);
	else
		out_text(o, "event_log", logs[t->log]);
	show_registers(o, t);
}

static const char *said(int word)
{
	static const char *const words[] = { "not said", "no", "yes" };

	return words[word];
}

static void show_azure(struct output *o, const struct wv_azure *a)
{
	if (*a->vm_id)
		out_text(o, "vm_id", a->vm_id);
	out_textf(o, "azure", "secure boot %s, vTPM %s, its state kept %s, console %s",
		  said(a->secure_boot), said(a->tpm_enabled), said(a->tpm_persisted),
		  said(a->console_enabled));
	if (a->has_quote)
		show_tpm(o, &a->quote);
	else
		out_line(o, "The paravisor's report alone: of the guest that it started it says nothing.");
}

static void show_gpu(struct output *o, const struct wv_gpu *g)
{
	out_textf(o, "gpu", "%s%s%s, device %s, driver %s, VBIOS %s",
		  *g->arch ? g->arch : "of unknown make", *g->chip ? " " : "", g->chip,
		  *g->device_id ? g->device_id : "?", *g->driver_version ? g->driver_version : "?",
		  *g->vbios_version ? g->vbios_version : "?");
	if (g->chain_len)
		out_textf(o, "gpu_chain", "%s <- ... <- %s", g->subject[0],
			  g->subject[g->chain_len - 1]);
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
	out_text(o, "data keys", wv_keys_kernel(k) ? "held by the kernel alone" :
						      "in user space, if there are any");
	out_textf(o, "events", "%llu of %llu records%s", (unsigned long long)v->event_count,
		  (unsigned long long)k->session_seq,
		  v->events_complete ? ", complete up to the attested head" : "");
}

/* What nobody looked at, and how to have it looked at, apart from what was found. */
static void show_list(struct output *o, const char *name, uint64_t warnings, bool unchecked)
{
	bool any = false;

	for (int i = 0; i < WV_WARN_COUNT; i++)
		any = any || (warnings & 1ull << i && !wv_warning_mend(i) != unchecked);
	if (!any)
		return;
	out_list(o, name);
	for (int i = 0; i < WV_WARN_COUNT; i++)
		if (warnings & 1ull << i && !wv_warning_mend(i) != unchecked)
			out_textf(o, NULL, "%s: %s%s%s", wv_warning_text(i), wv_warning_explain(i),
				  unchecked ? " " : "", unchecked ? wv_warning_mend(i) : "");
	out_close(o);
}

static void show_warnings(struct output *o, const struct wv_verdict *v)
{
	show_list(o, "not_checked", v->warnings, true);
	if (v->fault.reason)
		out_line(o, "The first refusal ends a verification: what comes behind it was not looked at.");
	show_list(o, "warnings", v->warnings, false);
}

static void show_matched(struct output *o, const struct wv_verdict *v)
{
	size_t i;

	if (!v->matched_count)
		return;
	out_list(o, "matched");
	for (i = 0; i < v->matched_count; i++)
		out_textf(o, NULL, "%s: %s", v->matched[i].member, v->matched[i].name);
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
	if (v->have & WV_HAVE_TDX)
		show_tcb(o, &v->tdx.tcb);
	if (v->have & WV_HAVE_SGX)
		show_tcb(o, &v->sgx.tcb);
	if (v->have & WV_HAVE_TPM)
		show_tpm(o, &v->tpm);
	if (v->have & WV_HAVE_NITRO)
		show_nitro(o, &v->nitro);
	if (v->have & WV_HAVE_CCA)
		show_cca(o, &v->cca);
	if (v->have & WV_HAVE_PSA)
		show_psa(o, &v->psa);
	if (v->have & WV_HAVE_AZURE)
		show_azure(o, &v->azure);
	if (v->have & WV_HAVE_GPU)
		show_gpu(o, &v->gpu);
	if (v->have & WV_HAVE_CLAIMS)
		show_claims(o, v);
	out_bool(o, "measured", v->measured);
	show_matched(o, v);
	show_warnings(o, v);
}

static int show_verdict(struct wardctl *ctl, const struct wv_verdict *v)
{
	char *json;
	bool taken;

	if (!ctl->json) {
		show_text(ctl->out, v);
		return EXIT_OK;
	}
	json = wv_verdict_json(v);
	taken = json && out_parsed(ctl->out, NULL, json);
	free(json);
	return taken ? EXIT_OK : ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
}

int appraise_show(struct wardctl *ctl, const struct appraise *a, const char *path,
		  const struct wv_verdict *v)
{
	int rc;

	if (v->fault.reason)
		fprintf(stderr, "wardctl: %s: refused: %s\n", path,
			wv_reason_text(v->fault.reason));
	rc = show_verdict(ctl, v);
	if (!rc && a->explain)
		rc = rules_seen_show(ctl, &a->rules);
	return rc ? rc : wv_reason_exit(v->fault.reason);
}

static bool is_of_time(int reason)
{
	switch (reason) {
	case WV_CERTIFICATE_EXPIRED:
	case WV_CERTIFICATE_NOT_YET:
	case WV_CLOCK_SUSPECT:
	case WV_COLLATERAL_EXPIRED:
	case WV_COLLATERAL_NOT_YET:
	case WV_EVIDENCE_OLD:
	case WV_EVIDENCE_FUTURE:
		return true;
	}
	return false;
}

/*
 * Something is out of its time, or the time is wrong: whose it was, and whether it can be
 * right. No kernel runs before it was built.
 */
static void show_clock(struct output *o, const struct appraise *a)
{
	struct utsname u;
	char now[32], built[32];
	int64_t floor = uname(&u) ? 0 : doctor_built(u.version);

	wv_time_text(a->now, now);
	wv_time_text(floor, built);
	if (a->at_given)
		out_line(o, "Judged as of %s, as --at says.", now);
	else if (a->now < floor)
		out_line(o, "This machine's clock is wrong: it says %s, and its kernel was built %s. Set it, then verify again.",
			 now, built);
	else
		out_line(o, "Judged as of %s, by this machine's clock: is that right? ('wardctl doctor' looks at it.)",
			 now);
}

int appraise_done(struct wardctl *ctl, const struct appraise *a, const char *path,
		  const struct wv_verdict *v)
{
	int rc = appraise_show(ctl, a, path, v), told = EXIT_OK, wrote;

	if (is_of_time(v->fault.reason))
		show_clock(ctl->out, a);
	if (a->collateral_dir)
		told = collateral_show(ctl, a->collateral_dir);
	wrote = ear_write(ctl, &a->ear, path, v, a->policy, a->now);
	return rc ? rc : wrote ? wrote : told;
}
