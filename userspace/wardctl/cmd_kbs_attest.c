// SPDX-License-Identifier: MIT
/* wardctl kbs attest: evidence to a broker, its token back. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "kbs_session.h"
#include "secret_out.h"
#include "verbs.h"

static int parse(struct wardctl *ctl, int argc, char **argv, struct kbs_session *s,
		 struct secret_out *to)
{
	static const struct option longs[] = {
		KBS_LONGS, { "out", required_argument, NULL, 'o' }, { 0 },
	};
	int c, rc = EXIT_OK;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == '?')
			rc = ctl_bad_option(ctl, argv);
		else if (c == 'o')
			to->path = optarg;
		else
			rc = kbs_session_option(ctl, s, c, optarg);
	if (!rc && optind != argc)
		rc = ctl_usage(ctl, "kbs attest takes no argument");
	return rc ? rc : kbs_session_check(ctl, s);
}

static int show(struct wardctl *ctl, const struct kbs_session *s, const struct secret_out *to)
{
	const char *token = ward_kbs_token(s->kbs);
	int rc;

	if (!to->path) {
		kbs_session_show(ctl, s);
		out_text(ctl->out, "token", token);
		return EXIT_OK;
	}
	rc = secret_out_write(ctl, to, token, strlen(token));
	if (rc)
		return rc;
	kbs_session_show(ctl, s);
	out_text(ctl->out, "written", to->path);
	return EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct kbs_session s = { 0 };
	struct secret_out to = SECRET_OUT_NONE;
	int rc;

	secret_keep();
	rc = parse(ctl, argc, argv, &s, &to);
	if (!rc)
		rc = kbs_session_begin(ctl, &s);
	if (!rc)
		rc = show(ctl, &s, &to);
	kbs_session_end(&s);
	return rc;
}

const struct wardctl_verb verb_kbs_attest = {
	.name = "kbs attest",
	.args = KBS_ARGS " [--out FILE]",
	.help = "show evidence to a key broker, get its token",
	.details = KBS_DETAILS
		   "  --out FILE          put the token there, mode 0600, in place of the result\n",
	.run = run,
};
