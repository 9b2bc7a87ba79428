// SPDX-License-Identifier: MIT
/*
 * wardctl explain: what a code means and what to do about it. A word may stand for
 * several things; a verdict comes first, and the others after it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "codes.h"
#include "verbs.h"
#include "wardverify.h"

/* For programs every member is there, for people those that say something. */
static void show_nothing(struct wardctl *ctl, const char *key)
{
	if (ctl->json)
		out_null(ctl->out, key);
}

static void show_number(struct wardctl *ctl, const char *key, int number)
{
	if (number < 0)
		show_nothing(ctl, key);
	else
		out_int(ctl->out, key, number);
}

/* What belongs to it, as a list of words. */
static void show_of(struct wardctl *ctl, const char *of)
{
	const char *end;

	if (!of) {
		show_nothing(ctl, "of");
		return;
	}
	out_list(ctl->out, "of");
	for (; *of; of = *end ? end + 1 : end) {
		end = strchrnul(of, ' ');
		out_textf(ctl->out, NULL, "%.*s", (int)(end - of), of);
	}
	out_close(ctl->out);
}

static bool is_verdict(const char *kind)
{
	return !strcmp(kind, "verdict");
}

static int exit_code_of(const char *kind, int number)
{
	if (is_verdict(kind))
		return wv_reason_exit(number);
	return strcmp(kind, "error") ? -1 : number;
}

static void show(struct wardctl *ctl, const char *kind, const struct code *code)
{
	out_text(ctl->out, "kind", kind);
	out_text(ctl->out, "reason", code->word);
	show_number(ctl, "code", code->number);
	show_number(ctl, "exit_code", exit_code_of(kind, code->number));
	show_of(ctl, code->of);
	out_text(ctl->out, "meaning", code->meaning);
	if (code->mend)
		out_text(ctl->out, "mend", code->mend);
	else
		show_nothing(ctl, "mend");
}

static int show_one(const char *kind, const struct code *code, void *arg)
{
	struct wardctl *ctl = arg;

	out_object(ctl->out, NULL);
	show(ctl, kind, code);
	out_close(ctl->out);
	return 0;
}

static int show_verdict(const char *kind, const struct code *code, void *arg)
{
	return is_verdict(kind) ? show_one(kind, code, arg) : 0;
}

static int show_other(const char *kind, const struct code *code, void *arg)
{
	return is_verdict(kind) ? 0 : show_one(kind, code, arg);
}

static int show_all(struct wardctl *ctl)
{
	out_list(ctl->out, "reasons");
	code_each(show_verdict, ctl);
	out_close(ctl->out);
	out_list(ctl->out, "codes");
	code_each(show_other, ctl);
	out_close(ctl->out);
	return EXIT_OK;
}

/**
 * struct search - for a word, or for the number of a verdict or an exit code
 * @found: so far
 */
struct search {
	struct wardctl *ctl;
	const char *word;
	int number;
	unsigned int found;
};

static bool fits(const struct search *s, const char *kind, const struct code *code)
{
	if (s->number >= 0)
		return code->number == s->number &&
		       (is_verdict(kind) || !strcmp(kind, "exit-code"));
	return !strcasecmp(code->word, s->word);
}

static int show_found(const char *kind, const struct code *code, void *arg)
{
	struct search *s = arg;

	if (!fits(s, kind, code))
		return 0;
	if (!s->found++) {
		show(s->ctl, kind, code);
		return 0;
	}
	if (s->found == 2)
		out_list(s->ctl->out, "also");
	return show_one(kind, code, s->ctl);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct search search = { .ctl = ctl, .number = -1 };
	char *end;
	long n;

	if (argc == 1)
		return show_all(ctl);
	if (argc != 2)
		return ctl_usage(ctl, "explain takes one code");
	search.word = argv[1];
	n = strtol(argv[1], &end, 10);
	if (end != argv[1] && !*end && n >= 0 && n < 1000)
		search.number = (int)n;
	code_each(show_found, &search);
	if (!search.found)
		return ctl_error(ctl, EXIT_USAGE, "usage",
				 "there is no reason '%s'; 'wardctl explain' lists them all", argv[1]);
	if (search.found > 1)
		out_close(ctl->out);
	return EXIT_OK;
}

const struct wardctl_verb verb_explain = {
	.name = "explain",
	.args = "[CODE]",
	.help = "what a code means and what to do about it",
	.details = "CODE is a word that ward gives as a reason: of a verdict or a warning, a type of\n"
		   "record, a record's reason, an errno (EBUSY), an error of wardctl's, a check of\n"
		   "doctor, a fact of the machine, a value of claims and buffers, a refusal of a\n"
		   "broker; or the number of a verdict or an exit code. Without CODE it lists them all.\n",
	.run = run,
};
