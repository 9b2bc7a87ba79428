// SPDX-License-Identifier: MIT
/*
 * wardctl policy check: is it a policy, and what does it leave open?
 */
#include "appraise.h"
#include "infile.h"
#include "verbs.h"

/* Bits of wv_policy_warnings() say what the policy allows. */
static void show(struct output *o, uint64_t warnings)
{
	static const struct {
		uint64_t bit;
		const char *text;
	} open[] = {
		{ WV_WARN_UNMEASURED, "guest-unmeasured: of evidence that is accepted nothing, or too little, is pinned that measures the guest" },
		{ WV_WARN_SIMULATED, "simulated: a simulated TEE is accepted, which protects nothing" },
		{ WV_WARN_DEBUG, "debug-allowed: guests that the host may read are accepted" },
		{ WV_WARN_EXE_ADVISORY, "exe-advisory: an executable's digest is advisory" },
		{ WV_WARN_AK_UNPINNED, "ak-unpinned: a TPM's quote by any key is accepted" },
		{ WV_WARN_COLLATERAL_UNCHECKED, "collateral-unchecked: quotes of Intel's are accepted without their TCB status" },
		{ WV_WARN_AGE_UNPROVEN, "age-unproven: an age is by the guest's clock; only a nonce (--nonce) proves that evidence is fresh" },
		{ WV_WARN_NO_PURPOSE, "purpose-unchecked: evidence for any purpose is accepted" },
	};
	size_t i;

	out_text(o, "verdict", "ok");
	out_list(o, "leaves_open");
	for (i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (warnings & open[i].bit)
			out_text(o, NULL, open[i].text);
	out_close(o);
}

static int check(struct wardctl *ctl, struct appraise *a, const char *path, struct wv_bytes text)
{
	struct wv_fault fault;

	if (wv_policy_parse(text, &a->policy, &fault))
		return appraise_fault(ctl, path, &fault);
	show(ctl->out, wv_policy_warnings(a->policy));
	return a->explain ? rules_of_policy(ctl, text) : EXIT_OK;
}

/* The verdict is that of verify evidence: the policy is what this verb begins with. */
static int against(struct wardctl *ctl, struct appraise *a, const char *path, const char *evidence)
{
	struct wv_bytes in;
	struct wv_fault fault;
	int rc = infile_read(ctl, path, &in);

	if (!rc && wv_policy_parse(in, &a->policy, &fault))
		rc = appraise_fault(ctl, path, &fault);
	infile_free(&in);
	if (rc)
		return rc;
	rc = infile_read(ctl, evidence, &in);
	if (!rc)
		rc = appraise_any(ctl, a, evidence, in);
	infile_free(&in);
	return rc;
}

static int check_file(struct wardctl *ctl, struct appraise *a, const char *path)
{
	struct wv_bytes text;
	int rc = infile_read(ctl, path, &text);

	if (!rc)
		rc = check(ctl, a, path, text);
	infile_free(&text);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct appraise a;
	int rc = appraise_options(ctl, &a, APPRAISE_CHECK, argc, argv, NULL);
	int files = argc - a.positionals;

	if (!rc && a.policy)
		rc = ctl_usage(ctl, "the policy is the file itself, without --policy");
	if (!rc && (files < 1 || files > 2))
		rc = ctl_usage(ctl, "one file is expected");
	if (!rc && files == 2 && !a.explain)
		rc = ctl_usage(ctl, "evidence beside the policy goes with --explain");
	if (!rc && files == 1)
		rc = check_file(ctl, &a, argv[a.positionals]);
	else if (!rc)
		rc = against(ctl, &a, argv[a.positionals], argv[a.positionals + 1]);
	appraise_free(&a);
	return rc;
}

const struct wardctl_verb verb_policy_check = {
	.name = "policy check",
	.args = "FILE [--explain [EVIDENCE] [--root CERT]... [--at TIME] [--collateral DIR]]\n"
		"       [--nonce HEX] [--binding HEX] [--purpose WORD] [--session HEX] [--complete]",
	.help = "read a policy strictly and say what it leaves open",
	.details =
		"  --explain [EVIDENCE]\n"
		"                   show each rule of it; with a bundle or bare evidence: held or\n"
		"                   not, expected, found, and the verdict as verify evidence has it\n"
		"  The other options go with EVIDENCE and are those of verify evidence.\n",
	.run = run,
};
