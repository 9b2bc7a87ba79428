// SPDX-License-Identifier: MIT
/*
 * wardctl receipt verify: does this bundle prove the wipe for that release?
 */
#include "appraise.h"
#include "infile.h"
#include "verbs.h"

static void show_figures(struct output *o, const struct wv_receipt *r)
{
	out_object(o, "receipt");
	out_uint(o, "wiped_buffers", r->buffers);
	out_uint(o, "wiped_bytes", r->bytes);
	out_uint(o, "peak_bytes", r->peak_bytes);
	out_bool(o, "wipe_records_agree", r->records_summed);
	out_bool(o, "session_ended", r->tombstone);
	out_uint(o, "class_b_buffers", r->class_b_buffers);
	out_uint(o, "class_b_bytes", r->class_b_bytes);
	out_uint(o, "class_b_live", r->class_b_live);
	out_close(o);
	out_text(o, "statement", wv_receipt_statement());
}

static int read_release(struct wardctl *ctl, const char *path, struct wv_release *release)
{
	struct wv_bytes line;
	struct wv_fault fault;
	int rc = infile_read(ctl, path, &line);

	if (!rc && wv_release_parse(line, release, &fault))
		rc = appraise_fault(ctl, path, &fault);
	infile_free(&line);
	return rc;
}

static int verify(struct wardctl *ctl, struct appraise *a, const char *path,
		  const char *release_path)
{
	struct wv_release release;
	struct wv_receipt receipt;
	struct wv_verdict v;
	struct wv_bytes in;
	int rc = read_release(ctl, release_path, &release) ?: appraise_ready(ctl, a, -1) ?:
		 infile_read(ctl, path, &in);

	if (rc)
		return rc;
	wv_verify_receipt(in, &release, &a->in, &v, &receipt);
	infile_free(&in);
	rc = appraise_show(ctl, path, &v);
	if (!rc)
		show_figures(ctl->out, &receipt);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	const char *release = NULL;
	struct appraise a;
	int rc = appraise_options(ctl, &a, APPRAISE_RELEASE, argc, argv, &release);

	if (!rc && argc - a.positionals != 1)
		rc = ctl_usage(ctl, "one receipt is expected");
	if (!rc && !release)
		rc = ctl_usage(ctl, "--release names the line of the broker's log that it must match");
	if (!rc)
		rc = verify(ctl, &a, argv[a.positionals], release);
	appraise_free(&a);
	return rc;
}

const struct wardctl_verb verb_receipt_verify = {
	.name = "receipt verify",
	.args = "FILE --release LINE.json [--policy FILE] [--root CERT]... [--at TIME] "
		"[--collateral DIR] [--complete]",
	.help = "does this receipt prove the wipe for that release?",
	.details =
		"  --release FILE   one line of the broker's release log; session, purpose, nonce\n"
		"                   and binding must follow from it\n"
		"  --policy FILE    what is accepted; its purpose is not looked at, so that the\n"
		"                   policy of the release can be used\n"
		"  --complete       refuse a receipt without its whole list of events\n"
		"  What an accepted receipt proves, and what not, stands in the result.\n",
	.run = run,
};
