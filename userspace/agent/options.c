// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static int usage(FILE *f, int code)
{
	fputs("usage: wardd [--backend NAME[,OPTION[=VALUE]]...]... [--beside NAME...]...\n"
	      "             [--exclusive[=mend]] [--keys[=DEVICE]] [--agent-fd FD]\n"
	      "       wardd --probe\n\n"
	      "Makes attestation evidence for ward where the kernel itself has none. Without\n"
	      "--backend and --beside it looks for what this machine has.\n\n"
	      "  -b, --backend NAME   a backend; the first one is the primary provider\n"
	      "  -s, --beside NAME    one whose evidence stands beside the primary provider's\n"
	      "  -x, --exclusive      assert that root alone reaches the machine's quotes, after a\n"
	      "                       look; with =mend make it so first\n"
	      "  -k, --keys[=DEVICE]  give who may open /dev/ward keys that SEV-SNP's firmware derives,\n"
	      "                       for wardctl seal --snp; /dev/sev-guest\n"
	      "      --agent-fd FD    an agent that was bound already, for the one backend\n"
	      "      --probe          say which backends work here, and end\n"
	      "  -h, --help\n"
	      "      --version\n\n"
	      "Backends; each takes timeout=MILLISECONDS, too:\n", f);
	for (size_t i = 0; backends[i]; i++) {
		fprintf(f, "  %-20s %s\n", backends[i]->name, backends[i]->about);
		for (size_t j = 0; backends[i]->options[j]; j++)
			fprintf(f, "%s%s", j ? " " : "                         ",
				backends[i]->options[j]);
		fputs(backends[i]->options[0] ? "\n" : "", f);
	}
	return code;
}

static bool takes(const struct backend *backend, const char *name)
{
	for (size_t i = 0; backend->options[i]; i++)
		if (!strcmp(backend->options[i], name))
			return true;
	return !strcmp(name, "timeout");
}

/* @text is OPTION[=VALUE], and stays. */
static int add_option(struct wanted *w, char *text, struct trouble *why)
{
	struct backend_config *c = &w->config;
	char *value = strchr(text, '=');

	if (value)
		*value++ = '\0';
	if (!takes(w->backend, text))
		return trouble_set(why, -EINVAL, "%s has no option %.60s", w->backend->name, text);
	if (backend_option(c, text, NULL))
		return trouble_set(why, -EINVAL, "%s: %s stands there twice", w->backend->name, text);
	if (c->count == BACKEND_OPTIONS_MAX)
		return trouble_set(why, -EINVAL, "%s: too many options", w->backend->name);
	c->options[c->count++] = (struct backend_option){ text, value ? value : "" };
	return 0;
}

/* Of the option that every backend takes: no device need be there to judge it. */
static int read_timeout(struct wanted *w, struct trouble *why)
{
	struct trouble wrong;
	uint64_t ms;

	if (backend_number(&w->config, "timeout", WARD_AGENT_TIMEOUT_MS, 1,
			   WARD_AGENT_TIMEOUT_MAX_MS, &ms, &wrong))
		return trouble_set(why, -EINVAL, "%s: %.200s", w->backend->name, wrong.text);
	w->timeout_ms = (uint32_t)ms;
	return 0;
}

static bool named_already(const struct options *o, const struct backend *backend)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->agents[i].backend == backend)
			return true;
	return false;
}

int options_agent(struct options *o, const char *text, bool beside, struct trouble *why)
{
	struct wanted *w = &o->agents[o->count];
	char *part, *rest = NULL;

	if (o->count == WARD_AGENTS_MAX)
		return trouble_set(why, -EINVAL, "more than %d backends", WARD_AGENTS_MAX);
	memset(w, 0, sizeof(*w));
	if (strlen(text) >= sizeof(w->text))
		return trouble_set(why, -EINVAL, "%.40s...: too long", text);
	strcpy(w->text, text);
	w->beside = beside;
	w->config.sys = &ward_sys_real;
	part = strtok_r(w->text, ",", &rest);
	w->backend = part ? backend_find(part) : NULL;
	if (!w->backend)
		return trouble_set(why, -EINVAL, "no backend is called '%.40s' (wardd --help lists them)",
				   part ? part : "");
	if (named_already(o, w->backend))
		return trouble_set(why, -EINVAL, "%s stands there twice", w->backend->name);
	while ((part = strtok_r(NULL, ",", &rest))) {
		int err = add_option(w, part, why);

		if (err)
			return err;
	}
	if (read_timeout(w, why))
		return -EINVAL;
	o->count++;
	return 0;
}

static int read_fd(const char *text, int *fd, struct trouble *why)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 0 || n > 1 << 20 || fcntl((int)n, F_GETFD) < 0)
		return trouble_set(why, -EINVAL, "--agent-fd %.20s: not an open descriptor", text);
	*fd = (int)n;
	return 0;
}

static int read_exclusive(const char *text, enum exclusive *to, struct trouble *why)
{
	if (text && strcmp(text, "mend"))
		return trouble_set(why, -EINVAL, "--exclusive=%.20s: only 'mend' is known", text);
	*to = text ? EXCLUSIVE_MEND : EXCLUSIVE_CHECK;
	return 0;
}

/* -1 to go on, or an exit code with @why, which may stay "". */
static int read_one(struct options *o, int c, struct trouble *why)
{
	int err = 0;

	switch (c) {
	case 'b':
	case 's':
		err = options_agent(o, optarg, c == 's', why);
		break;
	case 'x':
		err = read_exclusive(optarg, &o->exclusive, why);
		break;
	case 'k':
		o->keys = optarg ? optarg : "/dev/sev-guest";
		break;
	case 'f':
		err = read_fd(optarg, &o->agent_fd, why);
		break;
	case 'p':
		o->probe = true;
		break;
	case 'V':
		return puts("wardd " WARD_VERSION) < 0 ? EXIT_TROUBLE : EXIT_OK;
	case 'h':
		return usage(stdout, EXIT_OK);
	default:
		return usage(stderr, EXIT_USAGE);
	}
	return err ? EXIT_USAGE : -1;
}

static int check_together(const struct options *o, struct trouble *why)
{
	if (o->agent_fd >= 0 && o->count != 1)
		return trouble_set(why, -EINVAL, "--agent-fd wants exactly one --backend");
	if (o->agent_fd >= 0 && o->exclusive)
		return trouble_set(why, -EINVAL,
				   "--agent-fd: whoever bound the agent asserted what it asserts");
	if (o->probe && (o->count || o->keys))
		return trouble_set(why, -EINVAL, "--probe looks at every backend: name none");
	return 0;
}

int options_read(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "backend", required_argument, NULL, 'b' },
		{ "beside", required_argument, NULL, 's' },
		{ "exclusive", optional_argument, NULL, 'x' },
		{ "keys", optional_argument, NULL, 'k' },
		{ "agent-fd", required_argument, NULL, 'f' },
		{ "probe", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct trouble why = { "" };
	int c, code = -1;

	memset(o, 0, sizeof(*o));
	o->agent_fd = -1;
	while (code < 0 && (c = getopt_long(argc, argv, "b:s:xk::h", known, NULL)) != -1)
		code = read_one(o, c, &why);
	if (code < 0 && optind < argc)
		code = trouble_set(&why, EXIT_USAGE, "what is '%.40s'?", argv[optind]);
	if (code < 0 && check_together(o, &why))
		code = EXIT_USAGE;
	if (why.text[0])
		fprintf(stderr, "wardd: %s\n", why.text);
	return code;
}
