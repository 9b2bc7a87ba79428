// SPDX-License-Identifier: MIT
/*
 * wardctl: find the verb, give it its arguments, print its result.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

#ifndef WARD_VERSION
#define WARD_VERSION "0.1.0"
#endif

#define WARDCTL_LIST(n) &verb_##n,
static const struct wardctl_verb *const verbs[] = { WARDCTL_VERBS(WARDCTL_LIST) };
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* The global options, taken out of argv wherever they stand before "--". */
struct globals {
	bool json;
	bool quiet;
	bool help;
	bool version;
	const char *bad;
};

int ctl_error(struct wardctl *ctl, int code, const char *reason, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_tame(text);
	fprintf(stderr, "wardctl: %s\n", text);
	out_reset(ctl->out);
	if (ctl->json) {
		out_object(ctl->out, "error");
		if (reason)
			out_text(ctl->out, "reason", reason);
		out_text(ctl->out, "text", text);
		out_int(ctl->out, "exit_code", code);
		out_close(ctl->out);
	}
	return code;
}

int ctl_usage(struct wardctl *ctl, const char *fmt, ...)
{
	const struct wardctl_verb *v = ctl->verb;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ctl_error(ctl, EXIT_USAGE, "usage", "%s\nusage: wardctl %s%s%s", text, v->name,
			 *v->args ? " " : "", v->args);
}

int ctl_bad_option(struct wardctl *ctl, char **argv)
{
	return ctl_usage(ctl, "'%s' is not an option, or lacks its value", argv[optind - 1]);
}

static void usage(FILE *f)
{
	size_t i;

	fputs("usage: wardctl [-o text|json] [-q] VERB [ARGUMENT...]\n\n", f);
	for (i = 0; i < VERBS; i++)
		fprintf(f, "  %-26s  %s\n", verbs[i]->name, verbs[i]->help);
	fputs("\n"
	      "  -o, --output FORMAT  text for people (default), json for programs\n"
	      "  -q, --quiet          print no result, only errors\n"
	      "  -h, --help           this, or with a verb: its usage\n"
	      "      --version\n"
	      "\nexit codes: 0 ok, 1 misuse, 2 bad signature or evidence, 3 no collateral,\n"
	      "4 revoked, 5 policy refused, 6 device or module trouble, 7 damaged input, 8 network\n",
	      f);
}

static void verb_usage(const struct wardctl_verb *v)
{
	printf("usage: wardctl %s%s%s\n\n%s\n", v->name, *v->args ? " " : "", v->args, v->help);
	if (v->details)
		printf("\n%s", v->details);
}

/* Words of argv that a verb's name takes up, 0 = it is another verb. */
static int verb_words(const struct wardctl_verb *v, int argc, char **argv)
{
	const char *space = strchr(v->name, ' ');
	size_t first = space ? (size_t)(space - v->name) : strlen(v->name);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(v->name, argv[0], first))
		return 0;
	if (!space)
		return 1;
	return argc >= 2 && !strcmp(space + 1, argv[1]) ? 2 : 0;
}

static const struct wardctl_verb *find_verb(int argc, char **argv, int *words)
{
	const struct wardctl_verb *best = NULL;
	size_t i;

	*words = 0;
	for (i = 0; i < VERBS; i++) {
		int n = verb_words(verbs[i], argc, argv);

		if (n > *words) {
			*words = n;
			best = verbs[i];
		}
	}
	return best;
}

/* Levenshtein distance of short strings; anything long is far away. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j;
	size_t row[64];

	if (lb + 1 > sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

static const char *nearest(const char *typed)
{
	const char *best = NULL;
	size_t least = 4, i;

	for (i = 0; i < VERBS; i++) {
		size_t d = distance(typed, verbs[i]->name);

		if (d < least) {
			least = d;
			best = verbs[i]->name;
		}
	}
	return best;
}

/* The second words of verbs that begin with @first; false = there are none. */
static bool second_words(const char *first, char *out, size_t size)
{
	size_t len = strlen(first), at = 0, i;

	for (i = 0; i < VERBS && at < size; i++) {
		if (strncmp(verbs[i]->name, first, len) || verbs[i]->name[len] != ' ')
			continue;
		at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "",
				       verbs[i]->name + len + 1);
	}
	return at > 0;
}

static int unknown_verb(struct wardctl *ctl, int argc, char **argv)
{
	char typed[128], words[256];
	bool family = second_words(argv[0], words, sizeof(words));
	const char *guess;

	if (family && argc < 2)
		return ctl_error(ctl, EXIT_USAGE, "usage", "'%s' needs one more word: %s", argv[0],
				 words);
	snprintf(typed, sizeof(typed), "%s %s", argv[0], argc > 1 ? argv[1] : "");
	guess = nearest(typed);
	if (!guess)
		guess = nearest(argv[0]);
	if (family && !guess)
		return ctl_error(ctl, EXIT_USAGE, "usage",
				 "there is no verb '%s'; after '%s' comes one of: %s", typed,
				 argv[0], words);
	if (guess)
		return ctl_error(ctl, EXIT_USAGE, "usage",
				 "there is no verb '%s'; did you mean '%s'?",
				 family ? typed : argv[0], guess);
	return ctl_error(ctl, EXIT_USAGE, "usage",
			 "there is no verb '%s'; 'wardctl help' lists them", argv[0]);
}

static bool format_option(struct globals *g, const char *value)
{
	if (value && !strcmp(value, "json"))
		g->json = true;
	else if (value && !strcmp(value, "text"))
		g->json = false;
	else
		g->bad = value ? value : "";
	return true;
}

/* True when argv[*i] is a global option; *i moves past a separate value. */
static bool global_option(struct globals *g, int argc, char **argv, int *i)
{
	const char *a = argv[*i];

	if (!strcmp(a, "-q") || !strcmp(a, "--quiet"))
		return g->quiet = true;
	if (!strcmp(a, "-h") || !strcmp(a, "--help"))
		return g->help = true;
	if (!strcmp(a, "--version"))
		return g->version = true;
	if (!strncmp(a, "--output=", 9))
		return format_option(g, a + 9);
	if (!strcmp(a, "-ojson") || !strcmp(a, "-otext"))
		return format_option(g, a + 2);
	if (strcmp(a, "-o") && strcmp(a, "--output"))
		return false;
	*i += 1;
	return format_option(g, *i < argc ? argv[*i] : NULL);
}

static int take_globals(struct globals *g, int argc, char **argv)
{
	int i, n = 0;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			while (i < argc)
				argv[n++] = argv[i++];
			break;
		}
		if (!global_option(g, argc, argv, &i))
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

static int dispatch(struct wardctl *ctl, bool help, int argc, char **argv)
{
	const struct wardctl_verb *v;
	int words, rc;

	if (argc > 0 && !strcmp(argv[0], "help")) {
		help = true;
		argc--;
		argv++;
	}
	if (argc < 1) {
		usage(help ? stdout : stderr);
		return help ? EXIT_OK : ctl_error(ctl, EXIT_USAGE, "usage", "a verb is missing");
	}
	v = find_verb(argc, argv, &words);
	if (!v)
		return unknown_verb(ctl, argc, argv);
	if (help) {
		verb_usage(v);
		return EXIT_OK;
	}
	ctl->verb = v;
	rc = v->run(ctl, argc - words + 1, argv + words - 1);
	if (rc == EXIT_OK && ctl->quiet)
		out_reset(ctl->out);
	return rc;
}

static int run(const struct globals *g, int argc, char **argv)
{
	struct wardctl ctl = { .quiet = g->quiet, .json = g->json };
	int rc;

	ctl.out = out_new(stdout, g->json);
	if (!ctl.out) {
		fprintf(stderr, "wardctl: no memory\n");
		return EXIT_DEVICE;
	}
	if (g->bad)
		rc = ctl_error(&ctl, EXIT_USAGE, "usage", "-o takes 'text' or 'json', not '%s'",
			       g->bad);
	else
		rc = dispatch(&ctl, g->help, argc, argv);
	if (!out_finish(ctl.out)) {
		fprintf(stderr, "wardctl: writing the result failed: %s\n", strerror(errno));
		rc = rc ? rc : EXIT_DEVICE;
	}
	out_free(ctl.out);
	return rc;
}

int main(int argc, char **argv)
{
	struct globals g = { 0 };
	int n = take_globals(&g, argc, argv);

	if (g.version && !g.bad) {
		puts("wardctl " WARD_VERSION);
		return EXIT_OK;
	}
	return run(&g, n, argv);
}
