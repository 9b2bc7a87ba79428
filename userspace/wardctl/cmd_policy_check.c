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
		{ WV_WARN_UNMEASURED, "guest-unmeasured: no launch measurement is pinned" },
		{ WV_WARN_SIMULATED, "simulated: a simulated TEE is accepted, which protects nothing" },
		{ WV_WARN_DEBUG, "debug-allowed: guests that the host may read are accepted" },
		{ WV_WARN_EXE_ADVISORY, "exe-advisory: an executable's digest is advisory" },
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

static int check(struct wardctl *ctl, const char *path, struct wv_bytes text)
{
	struct wv_policy *policy;
	struct wv_fault fault;

	if (wv_policy_parse(text, &policy, &fault))
		return appraise_fault(ctl, path, &fault);
	show(ctl->out, wv_policy_warnings(policy));
	wv_policy_free(policy);
	return EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct wv_bytes text;
	int rc;

	if (argc != 2 || (argv[1][0] == '-' && argv[1][1]))
		return ctl_usage(ctl, "one file is expected");
	rc = infile_read(ctl, argv[1], &text);
	if (!rc)
		rc = check(ctl, argv[1], text);
	infile_free(&text);
	return rc;
}

const struct wardctl_verb verb_policy_check = {
	.name = "policy check",
	.args = "FILE",
	.help = "read a policy strictly and say what it leaves open",
	.run = run,
};
