// SPDX-License-Identifier: MIT
/*
 * wardctl receipt verify: does this bundle prove the wipe for that release, or a
 * directory of them for all releases of a time?
 */
#include "appraise.h"
#include "infile.h"
#include "receipt_range.h"
#include "verbs.h"

static void show_figures(struct output *o, const struct wv_verdict *v, const struct wv_receipt *r)
{
	out_object(o, "receipt");
	out_text(o, "records", receipt_records_text(v));
	out_uint(o, "records_missing", receipt_records_missing(v));
	out_uint(o, "wiped_buffers", r->buffers);
	out_uint(o, "wiped_bytes", r->bytes);
	out_uint(o, "peak_bytes", r->peak_bytes);
	out_bool(o, "wipe_records_agree", r->records_summed);
	out_bool(o, "session_ended", r->tombstone);
	out_uint(o, "class_b_buffers", r->class_b_buffers);
	out_uint(o, "class_b_bytes", r->class_b_bytes);
	out_uint(o, "class_b_live", r->class_b_live);
	out_uint(o, "keys_destroyed", r->keys_destroyed);
	out_close(o);
	out_text(o, "statement", wv_receipt_statement());
}

int receipt_release_read(struct wardctl *ctl, const char *path, struct wv_release *release)
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
	int rc = receipt_release_read(ctl, release_path, &release) ?: appraise_ready(ctl, a, -1) ?:
		 infile_read(ctl, path, &in);

	if (rc)
		return rc;
	wv_verify_receipt(in, &release, &a->in, &v, &receipt);
	infile_free(&in);
	rc = appraise_show(ctl, a, path, &v);
	if (!rc)
		show_figures(ctl->out, &v, &receipt);
	return rc;
}

static int verify_range(struct wardctl *ctl, struct appraise *a, const char *dir)
{
	int rc = releases_read(ctl, a->log, &a->releases) ?: appraise_ready(ctl, a, -1);

	return rc ? rc : receipt_range_verify(ctl, a, &a->releases, dir);
}

/* Which line it must match, or which lines of a log. */
static int check_arguments(struct wardctl *ctl, const struct appraise *a, int argc,
			   const char *release)
{
	bool range = a->releases.has_since || a->releases.has_until;

	if (argc - a->positionals != 1)
		return ctl_usage(ctl, a->log ? "one directory is expected" : "one receipt is expected");
	if (a->log && release)
		return ctl_usage(ctl, "--log and --release exclude each other");
	if (a->log && a->explain)
		return ctl_usage(ctl, "--explain goes with one receipt");
	if (!a->log && range)
		return ctl_usage(ctl, "--since and --until go with --log");
	if (!a->log && !release)
		return ctl_usage(ctl,
				 "--release names the line of the broker's log that it must match");
	return EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	const char *release = NULL;
	struct appraise a;
	int rc = appraise_options(ctl, &a, APPRAISE_RELEASE, argc, argv, &release);

	if (!rc)
		rc = check_arguments(ctl, &a, argc, release);
	if (!rc && a.log)
		rc = verify_range(ctl, &a, argv[a.positionals]);
	else if (!rc)
		rc = verify(ctl, &a, argv[a.positionals], release);
	appraise_free(&a);
	return rc;
}

const struct wardctl_verb verb_receipt_verify = {
	.name = "receipt verify",
	.args = "(FILE --release LINE.json | DIRECTORY --log FILE [--since TIME] [--until TIME])\n"
		"       [--policy FILE] [--root CERT]... [--at TIME] "
		"[--collateral DIR] [--complete] [--explain]",
	.help = "does this receipt prove the wipe for that release, or for those of a time?",
	.details =
		"  --release FILE   one line of the broker's release log; session, purpose, nonce\n"
		"                   and binding must follow from it\n"
		"  --policy FILE    what is accepted; its purpose is not looked at, so that the\n"
		"                   policy of the release can be used\n"
		"  --complete       refuse a receipt without its whole list of events\n"
		"  --explain        show each rule of the policy: held or not, expected, found\n"
		"  --log FILE       every release of the log from --since on and before --until:\n"
		"                   DIRECTORY/RELEASE.ward must prove it. The range is complete where\n"
		"                   each has a receipt with all its records, else it has a gap\n"
		"  What an accepted receipt proves, and what not, stands in the result.\n",
	.run = run,
};
