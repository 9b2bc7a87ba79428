// SPDX-License-Identifier: MIT
/*
 * wardctl verify: bundles, and evidence whose kind the file tells.
 */
#include "appraise.h"
#include "infile.h"
#include "verbs.h"

#define COMMON_ARGS "[--policy FILE] [--root CERT]... [--at TIME] [--collateral DIR]"
#define EXPECT_ARGS \
	"[--nonce HEX] [--binding HEX] [--purpose WORD] [--session HEX] [--complete]"

#define DETAILS \
	"  --policy FILE      what is accepted (JSON, doc/formats.md section 7); without one\n" \
	"                     nothing is measured and the verdict says so\n" \
	"  --nonce HEX        the nonce that you sent; without it a replay goes unnoticed\n" \
	"  --binding HEX      what the evidence must be bound to (section 5)\n" \
	"  --purpose WORD     release, channel, receipt, seal or report\n" \
	"  --session HEX      the session that must have asked\n" \
	"  --complete         refuse a bundle without its whole list of events\n" \
	"  --root CERT        trust this root too (a simulator's, say); may be repeated\n" \
	"  --at TIME          verify as of this time (RFC 3339); 'document' = the evidence's own\n" \
	"  --collateral DIR   certificates ark, ask and vcek or asvk and vlek (.pem, .der)\n" \
	"  --no-collateral    only what came with the evidence (also the default)\n"

static int bundle(struct wardctl *ctl, struct appraise *a, const char *path, struct wv_bytes in)
{
	struct wv_verdict v;
	int rc = appraise_ready(ctl, a, -1);

	if (rc)
		return rc;
	wv_verify_bundle(in, &a->in, &v);
	return appraise_show(ctl, path, &v);
}

/* A bundle is a CBOR map of five pairs; a report has its size. */
static int any(struct wardctl *ctl, struct appraise *a, const char *path, struct wv_bytes in)
{
	if (in.len == WV_SNP_REPORT_SIZE && in.data[0] != 0xa5)
		return appraise_snp(ctl, a, path, in);
	return bundle(ctl, a, path, in);
}

typedef int (*verify_fn)(struct wardctl *ctl, struct appraise *a, const char *path,
			 struct wv_bytes in);

static int run(struct wardctl *ctl, int argc, char **argv, verify_fn verify)
{
	struct appraise a;
	struct wv_bytes in;
	int rc = appraise_options(ctl, &a, APPRAISE_EXPECT, argc, argv, NULL);

	if (!rc && argc - a.positionals != 1)
		rc = ctl_usage(ctl, "one file is expected");
	if (!rc) {
		rc = infile_read(ctl, argv[a.positionals], &in);
		if (!rc)
			rc = verify(ctl, &a, argv[a.positionals], in);
		infile_free(&in);
	}
	appraise_free(&a);
	return rc;
}

static int run_bundle(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, bundle);
}

static int run_evidence(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, any);
}

const struct wardctl_verb verb_verify_bundle = {
	.name = "verify bundle",
	.args = "FILE " COMMON_ARGS " " EXPECT_ARGS,
	.help = "appraise an evidence bundle (.ward)",
	.details = DETAILS,
	.run = run_bundle,
};

const struct wardctl_verb verb_verify_evidence = {
	.name = "verify evidence",
	.args = "FILE " COMMON_ARGS " " EXPECT_ARGS,
	.help = "the same for any kind of evidence; the file tells which",
	.details = DETAILS,
	.run = run_evidence,
};
