// SPDX-License-Identifier: MIT
/* The command line of `ward-train bench`. */
#include <string.h>

#include "bench.h"
#include "options.h"

static const char usage[] =
	"usage: ward-train bench --memory plain|mlocked|secret|ward --plan PLAN.json\n"
	"                        --data [NAME=]TABLE.csv ... [OPTION...]\n"
	"\n"
	"Trains once in one kind of memory and says what its phases took; wardctl bench train\n"
	"runs it for all kinds in turns and compares. The tables are plain text, and in three\n"
	"of the kinds they stay unprotected: take some that need no protection.\n"
	"\n"
	"  --memory KIND         plain: neither locked nor wiped; mlocked; secret:\n"
	"                        memfd_secret(2); ward: protected memory of /dev/ward\n"
	"  --plan FILE           what is computed\n"
	"  --data NAME=FILE      a table; NAME (data) is its name in the plan; up to 64\n"
	"  --label COLUMN        of the tables, to predict (as the plan says)\n"
	"  --missing TEXT        marks a missing value in them\n"
	"  --delimiter CHAR      of their fields, or tab (,)\n"
	"  --epochs N            in place of the plan's; of Newton and L-BFGS, most steps\n"
	"  --attest              in ward: ask for evidence before, for a receipt after\n"
	"  --budget SIZE         most memory to be held at once (32M)\n"
	"  --device FILE         (/dev/ward)\n"
	"  -o, --output FORMAT   text for people, json for programs: one object\n"
	"  -q, --quiet           errors alone\n";

enum {
	OPT_MEMORY = 256, OPT_PLAN, OPT_DATA, OPT_LABEL, OPT_MISSING, OPT_DELIMITER, OPT_EPOCHS,
	OPT_ATTEST, OPT_BUDGET, OPT_DEVICE,
};

static const struct option known[] = {
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "plan", required_argument, NULL, OPT_PLAN },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "missing", required_argument, NULL, OPT_MISSING },
	{ "delimiter", required_argument, NULL, OPT_DELIMITER },
	{ "epochs", required_argument, NULL, OPT_EPOCHS },
	{ "attest", no_argument, NULL, OPT_ATTEST },
	{ "budget", required_argument, NULL, OPT_BUDGET },
	{ "device", required_argument, NULL, OPT_DEVICE },
	OPTIONS_OF_ALL
};

static int read_kind(const char *text, struct bench_options *o, struct failure *failure)
{
	if (memory_kind_parse(text, &o->kind))
		return failed(failure, EXIT_MISUSE,
			      "--memory %s: plain, mlocked, secret and ward are possible", text);
	return 0;
}

/* One table needs no name, unless the plan speaks of sites. */
static int read_table(char *text, struct bench_options *o, struct failure *failure)
{
	if (strchr(text, '=') || o->job.count)
		return options_data(text, &o->job, failure);
	o->job.data[o->job.count++] = (struct job_data){ "data", text };
	return 0;
}

static int read_delimiter(const char *text, struct bench_options *o, struct failure *failure)
{
	if (!strcmp(text, "tab"))
		text = "\t";
	if (strlen(text) != 1)
		return failed(failure, EXIT_MISUSE,
			      "--delimiter %s: must be one character, or tab", text);
	o->delimiter = *text;
	return 0;
}

static int read_option(int option, void *to, struct failure *failure)
{
	struct bench_options *o = to;

	switch (option) {
	case OPT_MEMORY:
		return read_kind(optarg, o, failure);
	case OPT_PLAN:
		o->job.plan = optarg;
		return 0;
	case OPT_DATA:
		return read_table(optarg, o, failure);
	case OPT_LABEL:
		o->label = optarg;
		return 0;
	case OPT_MISSING:
		o->missing = optarg;
		return 0;
	case OPT_DELIMITER:
		return read_delimiter(optarg, o, failure);
	case OPT_EPOCHS:
		return options_number("epochs", optarg, 1, 100000, &o->epochs, failure);
	case OPT_ATTEST:
		o->attest = true;
		return 0;
	case OPT_BUDGET:
		return options_size("budget", optarg, &o->job.budget, failure);
	default:	/* OPT_DEVICE */
		o->job.device = optarg;
		return 0;
	}
}

int bench_read(int argc, char **argv, struct bench_options *options, struct emit *emit,
	       bool *help, struct failure *failure)
{
	static const struct options_kind kind = { "bench", usage, known, read_option };

	*options = (struct bench_options){
		.job = { .budget = JOB_BUDGET_DEFAULT }, .kind = MEMORY_KINDS,
	};
	if (options_walk(argc, argv, &kind, options, emit, help, failure))
		return -1;
	if (*help)
		return 0;
	if (options->kind == MEMORY_KINDS || !options->job.plan || !options->job.count)
		return failed(failure, EXIT_MISUSE, "--memory, --plan and --data must stand");
	if (options->job.budget < JOB_BUDGET_MIN)
		return failed(failure, EXIT_MISUSE, "--budget: at least %u bytes are needed",
			      JOB_BUDGET_MIN);
	return 0;
}
