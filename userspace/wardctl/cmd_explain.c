// SPDX-License-Identifier: MIT
/*
 * wardctl explain: what a reason code means and what to do about it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"
#include "wardverify.h"

static void show(struct wardctl *ctl, int reason)
{
	out_text(ctl->out, "reason", wv_reason_text(reason));
	out_int(ctl->out, "code", reason);
	out_int(ctl->out, "exit_code", wv_reason_exit(reason));
	out_text(ctl->out, "meaning", wv_reason_explain(reason));
	out_text(ctl->out, "mend", wv_reason_mend(reason));
}

static int show_all(struct wardctl *ctl)
{
	int reason;

	out_list(ctl->out, "reasons");
	for (reason = wv_reason_next(-1); reason >= 0; reason = wv_reason_next(reason)) {
		out_object(ctl->out, NULL);
		show(ctl, reason);
		out_close(ctl->out);
	}
	out_close(ctl->out);
	return EXIT_OK;
}

/* A number of the table, or its word. */
static int find(const char *code)
{
	char *end;
	long n = strtol(code, &end, 10);

	if (*end || end == code)
		return wv_reason_find(code);
	return n >= 0 && n < 1000 && wv_reason_text((int)n) ? (int)n : -1;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	int reason;

	if (argc == 1)
		return show_all(ctl);
	if (argc != 2)
		return ctl_usage(ctl, "explain takes one code");
	reason = find(argv[1]);
	if (reason < 0)
		return ctl_error(ctl, EXIT_USAGE, "usage",
				 "there is no reason '%s'; 'wardctl explain' lists them all, ward-broker(8) a broker's own",
				 argv[1]);
	show(ctl, reason);
	return EXIT_OK;
}

const struct wardctl_verb verb_explain = {
	.name = "explain",
	.args = "[CODE]",
	.help = "what a reason code means and what to do about it",
	.run = run,
};
