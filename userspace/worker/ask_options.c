// SPDX-License-Identifier: MIT
/* The command line of `ward-train infer`. */
#include "ask.h"

#include <string.h>

#include "options.h"

static const char usage[] =
	"usage: ward-train infer --server HOST:PORT --policy POLICY.json --rows FILE [OPTION...]\n"
	"\n"
	"Asks a `ward-train serve --channel' what its model says of rows. The server proves itself\n"
	"first, on this very connection: where the policy does not accept it, no row is sent.\n"
	"\n"
	"  --server HOST:PORT    that is asked\n"
	"  --policy FILE         by which it is judged (ward-policy(5))\n"
	"  --root FILE           PEM of a root beside the vendors'\n"
	"  --rows FILE           a table, or JSON where its name ends in .json\n"
	"  -o, --output FORMAT   text for people, json for programs: the server's answer as it is\n"
	"  -q, --quiet           the answers alone\n";

enum { OPT_SERVER = 256, OPT_POLICY, OPT_ROOT, OPT_ROWS };

static const struct option long_options[] = {
	{ "server", required_argument, NULL, OPT_SERVER },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "rows", required_argument, NULL, OPT_ROWS },
	OPTIONS_OF_ALL
};

static int read_option(int option, void *to, struct failure *failure)
{
	struct ask_options *o = to;
	const char **text = option == OPT_SERVER ? &o->server : option == OPT_POLICY ? &o->policy :
			    option == OPT_ROOT ? &o->root : &o->rows;

	(void)failure;
	*text = optarg;
	return 0;
}

static bool ends_in_json(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".json");
}

int ask_read(int argc, char **argv, struct ask_options *options, struct emit *emit, bool *help,
	     struct failure *failure)
{
	static const struct options_kind kind = { "infer", usage, long_options, read_option };

	*options = (struct ask_options){ 0 };
	if (options_walk(argc, argv, &kind, options, emit, help, failure))
		return -1;
	if (*help)
		return 0;
	if (!options->server || !options->policy || !options->rows)
		return failed(failure, EXIT_MISUSE, "--server, --policy and --rows must stand");
	options->json = ends_in_json(options->rows);
	return 0;
}
