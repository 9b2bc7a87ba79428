// SPDX-License-Identifier: MIT
/*
 * wardctl verify: bundles, and evidence whose kind the file tells.
 */
#include <stdio.h>
#include <string.h>

#include "appraise.h"
#include "infile.h"
#include "verbs.h"

#define COMMON_ARGS "[--policy FILE] [--root CERT]... [--at TIME] [--collateral DIR]"
#define EXPECT_ARGS \
	"[--nonce HEX] [--binding HEX] [--purpose WORD] [--session HEX] [--complete] [--explain]" \
	" [--ear FILE] [--ear-jwt FILE --ear-key KEY]"

#define DETAILS \
	"  --policy FILE      what is accepted (JSON, doc/policy.md); without one\n" \
	"                     nothing is measured and the verdict says so\n" \
	"  --nonce HEX        the nonce that you sent; without it a replay goes unnoticed\n" \
	"  --binding HEX      what the evidence must be bound to (doc/formats.md, section 5)\n" \
	"  --purpose WORD     release, channel, receipt, seal or report\n" \
	"  --session HEX      the session that must have asked\n" \
	"  --complete         refuse a bundle without its whole list of events\n" \
	"  --explain          show each rule of the policy: held or not, expected, found\n" \
	"  --root CERT        trust this root too (a simulator's, or of the certificates of TPMs'\n" \
	"                     keys); may be repeated\n" \
	"  --at TIME          verify as of this time (RFC 3339); 'document' = the evidence's own\n" \
	"  --collateral DIR   certificates ark, ask and vcek or asvk and vlek (.pem, .der), and\n" \
	"                     others, revocation lists, TCB info (.pem, .der, .crl, .json);\n" \
	"                     or a cache of wardctl fetch\n" \
	"  --no-collateral    only what came with the evidence (also the default)\n" \
	"  --ear FILE         the result for other programs, too: an EAT attestation result\n" \
	"                     (JSON, doc/results.md); a refusal makes one as well\n" \
	"  --ear-jwt FILE     the same as a JWT, signed with\n" \
	"  --ear-key KEY      a private key on P-256 or P-384 (PEM, mode 0600)\n"

/* --at document: what says no time of its own is told so by appraise_ready(). */
static void own_time(struct appraise *a, const struct wv_evidence *e)
{
	if (a->document_time && !wv_evidence_time(e, &a->now, NULL))
		a->document_time = false;
}

static void own_time_of_bundle(struct appraise *a, struct wv_bytes in)
{
	struct wv_bundle *b;
	size_t i;

	if (!a->document_time || wv_bundle_decode(in, &b, NULL))
		return;
	for (i = 0; i < b->evidence_count; i++)
		own_time(a, &b->evidence[i]);
	wv_bundle_free(b);
}

static int bundle(struct wardctl *ctl, struct appraise *a, const char *path, struct wv_bytes in)
{
	struct wv_verdict v;
	int rc;

	own_time_of_bundle(a, in);
	rc = appraise_ready(ctl, a, -1);
	if (rc)
		return rc;
	wv_verify_bundle(in, &a->in, &v);
	if (a->card && !v.fault.reason)
		rc = card_check(ctl, a->card, &v.claims);
	if (rc)
		return rc;
	rc = appraise_done(ctl, a, path, &v);
	if (!rc && a->card)
		card_show(ctl->out, a->card);
	return rc;
}

/* Outside of a bundle --nonce is what the evidence itself must carry. */
static int piece(struct wardctl *ctl, struct appraise *a, const char *path, struct wv_bytes in,
		 const char *tee)
{
	struct wv_evidence e = { .data = in };
	struct wv_bytes data = { a->report_data, sizeof(a->report_data) };
	struct wv_verdict v;
	int rc;

	snprintf(e.tee, sizeof(e.tee), "%s", tee);
	own_time(a, &e);
	rc = appraise_ready(ctl, a, -1);
	if (rc)
		return rc;
	wv_verify_evidence(&e, a->want_report_data ? data : a->expect.nonce, &a->in, &v);
	return appraise_done(ctl, a, path, &v);
}

int appraise_any(struct wardctl *ctl, struct appraise *a, const char *path, struct wv_bytes in)
{
	const char *tee = wv_evidence_find(in);

	if (!tee && a->want_report_data)
		return ctl_usage(ctl, "--report-data is for evidence that is in no bundle; of a bundle the kernel composes it");
	if (!tee)
		return bundle(ctl, a, path, in);
	if (!strcmp(tee, "snp"))
		return appraise_snp(ctl, a, path, in);
	return piece(ctl, a, path, in, tee);
}

typedef int (*verify_fn)(struct wardctl *ctl, struct appraise *a, const char *path,
			 struct wv_bytes in);

static int run(struct wardctl *ctl, int argc, char **argv, unsigned int takes, verify_fn verify)
{
	struct appraise a;
	struct wv_bytes in;
	int rc = appraise_options(ctl, &a, APPRAISE_EXPECT | takes, argc, argv, NULL);

	if (!rc && argc - a.positionals != 1)
		rc = ctl_usage(ctl, "one file is expected");
	if (!rc) {
		rc = infile_read(ctl, argv[a.positionals], &in);
		a.evidence = in;
		if (!rc)
			rc = verify(ctl, &a, argv[a.positionals], in);
		infile_free(&in);
	}
	appraise_free(&a);
	return rc;
}

static int run_bundle(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, APPRAISE_CARD, bundle);
}

static int run_evidence(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, APPRAISE_BARE, appraise_any);
}

const struct wardctl_verb verb_verify_bundle = {
	.name = "verify bundle",
	.args = "FILE " COMMON_ARGS " " EXPECT_ARGS " [--card FILE]",
	.help = "appraise an evidence bundle (.ward)",
	.details = DETAILS
		   "  --card FILE        a model's card, model-NAME.json: the bundle must vouch for it, and\n"
		   "                     the models that it names must stand beside it, unchanged;\n"
		   "                     a policy's purpose is then 'report', or not named\n",
	.run = run_bundle,
};

const struct wardctl_verb verb_verify_evidence = {
	.name = "verify evidence",
	.args = "FILE " COMMON_ARGS " " EXPECT_ARGS " [--report-data HEX]",
	.help = "the same for any kind of evidence; the file tells which",
	.details = DETAILS
		   "  --report-data HEX  evidence that is in no bundle: the 64 bytes that it must carry;\n"
		   "                     --nonce does the same, and takes other lengths for kinds that have them\n",
	.run = run_evidence,
};
