// SPDX-License-Identifier: MIT
/* wardctl token fetch maa: evidence to Azure Attestation, its token back if it is right. */
#include <string.h>

#include "maa.h"
#include "secret_out.h"
#include "verbs.h"

static int parse(struct maa *m, int argc, char **argv, struct secret_out *to)
{
	static const struct option longs[] = {
		MAA_LONGS, { "out", required_argument, NULL, 'o' },
		{ "fd", required_argument, NULL, 'f' }, { "stdout", no_argument, NULL, 's' }, { 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == '?')
			rc = ctl_bad_option(m->ctl, argv);
		else if (c == 'o')
			to->path = optarg;
		else if (c == 'f')
			rc = secret_out_fd(m->ctl, to, optarg);
		else if (c == 's')
			to->to_stdout = true;
		else
			rc = maa_option(m, c, optarg);
	if (!rc && (argc - optind != 1 || strcmp(argv[optind], "maa")))
		rc = ctl_usage(m->ctl, "which service? 'maa' (Azure Attestation) is known");
	return rc ?: maa_check(m) ?: secret_out_check(m->ctl, to);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct maa m = { .ctl = ctl };
	struct secret_out to = SECRET_OUT_NONE;
	int rc;

	secret_keep();
	rc = parse(&m, argc, argv, &to) ?: maa_begin(&m);
	if (!rc)
		rc = secret_out_write(ctl, &to, m.token, strlen(m.token));
	if (!rc && !to.to_stdout) {
		maa_show(&m);
		out_text(ctl->out, "written", to.path);
	}
	maa_end(&m);
	return rc;
}

const struct wardctl_verb verb_token_fetch = {
	.name = "token fetch",
	.args = "maa " MAA_ARGS "\n       " SECRET_OUT_ARGS,
	.help = "evidence for a token of Azure Attestation's, which is verified",
	.details = MAA_DETAILS SECRET_OUT_DETAILS
		   "  The token must be the instance's own, and speak of the TEE and measurement of this\n"
		   "  evidence, of the nonce and of the key that was made for it.\n",
	.run = run,
};
