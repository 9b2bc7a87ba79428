// SPDX-License-Identifier: MIT
/*
 * wardctl receipt federation: do the receipts of all sites and of the aggregator prove the
 * wipe, and do they belong together?
 */
#include <openssl/evp.h>
#include <string.h>

#include "../common/federation_file.h"
#include "appraise.h"
#include "infile.h"
#include "receipt_range.h"
#include "verbs.h"

/**
 * struct federated - how far it is
 * @own: the broker's line for one of the receipts, which must be there; or NULL
 * @declared: the register of a worker that declared this plan and nothing else
 * @code: of the first receipt that was refused
 */
struct federated {
	struct wardctl *ctl;
	struct appraise *a;
	const struct wv_release *own;
	uint8_t declared[64];
	bool own_found;
	unsigned int accepted, refused, missing;
	int code;
};

static int set_declared(struct federated *f, const struct federation_file *file)
{
	uint8_t both[64 + 64] = { 0 };

	memcpy(both + 64, file->plan, sizeof(file->plan));
	return EVP_Digest(both, sizeof(both), f->declared, NULL, EVP_sha512(), NULL) ? 0 : -1;
}

/* What a broker would have logged, by the receipt's own word where nobody else knows it. */
static void take_word(struct wv_release *line, const struct wv_verdict *v)
{
	memcpy(line->instance, v->claims.instance, sizeof(line->instance));
	line->uid = v->claims.caller.uid;
	wv_verdict_measurement(v, line->measurement);
}

static void judge(struct federated *f, struct wv_bytes bundle, struct wv_release *line,
		  struct wv_verdict *v, struct wv_receipt *receipt)
{
	struct wv_appraisal first = f->a->in;
	struct wv_expect none = { 0 };

	if (f->own && !memcmp(f->own->release, line->release, sizeof(line->release)) &&
	    !memcmp(f->own->receipt_nonce, line->receipt_nonce, sizeof(line->receipt_nonce))) {
		*line = *f->own;
		f->own_found = true;
	} else {
		first.expect = &none;
		wv_verify_bundle(bundle, &first, v);
		take_word(line, v);
	}
	wv_verify_receipt(bundle, line, &f->a->in, v, receipt);
}

static void count(struct federated *f, int reason)
{
	if (!reason) {
		f->accepted++;
		return;
	}
	f->refused++;
	f->code = f->code ? f->code : wv_reason_exit(reason);
}

static void show(struct federated *f, const char *who, struct wv_bytes bundle,
		 struct wv_release *line)
{
	struct output *o = f->ctl->out;
	struct wv_receipt receipt;
	struct wv_verdict v;
	int reason;

	judge(f, bundle, line, &v, &receipt);
	reason = v.fault.reason;
	if (!reason && memcmp(v.claims.declared, f->declared, sizeof(f->declared)))
		reason = WV_WRONG_DECLARED;
	out_object(o, NULL);
	out_text(o, "site", who);
	out_hex(o, "session", line->session, sizeof(line->session));
	out_hex(o, "release", line->release, sizeof(line->release));
	out_text(o, "verdict", wv_reason_text(reason));
	out_bool(o, "ok", !reason);
	out_int(o, "exit_code", wv_reason_exit(reason));
	if (v.fault.reason)
		out_text(o, "text", v.fault.text);
	else if (reason)
		out_text(o, "text", "the worker did not declare the federation's plan");
	if (!reason) {
		out_bool(o, "simulated", v.simulated);
		out_text(o, "records", receipt_records_text(&v));
		out_uint(o, "wiped_buffers", receipt.buffers);
		out_uint(o, "wiped_bytes", receipt.bytes);
	}
	out_close(o);
	count(f, reason);
}

static void show_site(struct federated *f, const struct federation_site *site)
{
	struct federation_receipt receipt[FEDERATION_RECEIPTS_MAX];
	int n = site->len ? federation_receipts_get(site->receipts, site->len, receipt) : 0, i;

	for (i = 0; i < n; i++) {
		struct wv_release line = { 0 };

		memcpy(line.dataset, receipt[i].dataset, sizeof(line.dataset));
		memcpy(line.release, receipt[i].release, sizeof(line.release));
		memcpy(line.receipt_nonce, receipt[i].nonce, sizeof(line.receipt_nonce));
		memcpy(line.session, site->session, sizeof(line.session));
		show(f, site->name, (struct wv_bytes){ receipt[i].bundle, receipt[i].len }, &line);
	}
	if (n > 0)
		return;
	out_object(f->ctl->out, NULL);
	out_text(f->ctl->out, "site", site->name);
	out_hex(f->ctl->out, "session", site->session, sizeof(site->session));
	out_text(f->ctl->out, "verdict", "receipt-missing");
	out_bool(f->ctl->out, "ok", false);
	out_int(f->ctl->out, "exit_code", EXIT_EVIDENCE);
	out_close(f->ctl->out);
	f->missing++;
}

static int show_aggregator(struct federated *f, struct wv_bytes in,
			   const struct federation_file *file)
{
	struct wv_release line = { 0 };

	memcpy(line.dataset, file->plan, sizeof(line.dataset));
	memcpy(line.release, file->federation, sizeof(line.release));
	memcpy(line.session, file->session, sizeof(line.session));
	if (federation_file_nonce(in.data, file->signed_len, line.receipt_nonce))
		return ctl_error(f->ctl, EXIT_DEVICE, "no-memory", "SHA-256 failed");
	show(f, "aggregator", (struct wv_bytes){ file->receipt, file->receipt_len }, &line);
	return EXIT_OK;
}

static void show_models(struct output *o, const struct federation_file *file)
{
	size_t i;

	out_hex(o, "federation", file->federation, sizeof(file->federation));
	out_hex(o, "plan", file->plan, sizeof(file->plan));
	out_list(o, "models");
	for (i = 0; i < file->models; i++) {
		out_object(o, NULL);
		out_text(o, "name", file->model[i].name);
		out_hex(o, "parameters", file->model[i].parameters,
			sizeof(file->model[i].parameters));
		out_close(o);
	}
	out_close(o);
}

static int sum_up(struct federated *f)
{
	struct output *o = f->ctl->out;
	bool whole = !f->refused && !f->missing && (!f->own || f->own_found);

	out_uint(o, "accepted", f->accepted);
	out_uint(o, "refused", f->refused);
	out_uint(o, "missing", f->missing);
	if (f->own)
		out_bool(o, "own_release", f->own_found);
	out_text(o, "receipts_of_all", whole ? "complete" : "gap");
	out_text(o, "statement", wv_receipt_statement());
	return f->code ? f->code : whole ? EXIT_OK : EXIT_EVIDENCE;
}

static int verify(struct federated *f, const char *path)
{
	struct federation_file file;
	struct wv_bytes in;
	size_t i;
	int rc = appraise_ready(f->ctl, f->a, -1) ?: infile_read_image(f->ctl, path, &in);

	if (rc)
		return rc;
	if (federation_file_get(in.data, in.len, &file) || set_declared(f, &file)) {
		infile_free(&in);
		return ctl_error(f->ctl, EXIT_DAMAGED, "federation-damaged",
				 "%s: is no file of a federation's receipts", path);
	}
	show_models(f->ctl->out, &file);
	out_list(f->ctl->out, "receipts");
	for (i = 0; i < file.sites; i++)
		show_site(f, &file.site[i]);
	rc = show_aggregator(f, in, &file);
	out_close(f->ctl->out);
	infile_free(&in);
	return rc ? rc : sum_up(f);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct appraise a;
	struct federated f = { .ctl = ctl, .a = &a };
	struct wv_release own;
	const char *release = NULL;
	int rc = appraise_options(ctl, &a, APPRAISE_RELEASE, argc, argv, &release);

	if (!rc && (argc - a.positionals != 1 || a.log || a.explain || a.releases.has_since ||
		    a.releases.has_until))
		rc = ctl_usage(ctl, "one file is expected; of --release, --policy, --root, --at, --collateral and --complete each may stand with it");
	if (!rc && release) {
		rc = receipt_release_read(ctl, release, &own);
		f.own = &own;
	}
	if (!rc)
		rc = verify(&f, argv[a.positionals]);
	appraise_free(&a);
	return rc;
}

const struct wardctl_verb verb_receipt_federation = {
	.name = "receipt federation",
	.args = "FILE [--release LINE.json] [--policy FILE] [--root CERT]...\n"
		"       [--at TIME] [--collateral DIR] [--complete]",
	.help = "do the receipts of a federation's sites and aggregator prove the wipe?",
	.details =
		"  FILE is federation.wardfed, which ward-train leaves with every site. Every receipt\n"
		"  must prove the wipe of a session that declared this plan; the aggregator's must be\n"
		"  over all that the file says beside it.\n"
		"  --release FILE   a line of this hospital's release log: one of the receipts must be\n"
		"                   for it, so that the file is none of an earlier time\n"
		"  --policy FILE    what is accepted of all of them; its purpose is not looked at\n"
		"  --complete       refuse a receipt without its whole list of events\n",
	.run = run,
};
