// SPDX-License-Identifier: MIT
/* The command line of `ward-train aggregate`. */
#include "aggregate.h"
#include "job.h"
#include "options.h"
#include "plan.h"

static const char usage[] =
	"usage: ward-train aggregate --plan PLAN.json --sites N --listen HOST:PORT\n"
	"                            --policy POLICY.json --out DIR [OPTION...]\n"
	"\n"
	"Trains with the data of N sites, none of which shows it: each runs `ward-train train\n"
	"--join HOST:PORT`. Both sides prove what they are; sums or updates come, models go\n"
	"out, and everybody's receipts at the end.\n"
	"\n"
	"  --plan FILE           what is computed; its SHA-512 is declared, and must be every\n"
	"                        site's\n"
	"  --sites N             sites that are expected, up to 64\n"
	"  --quorum Q            fewer are not enough to go on (N)\n"
	"  --listen HOST:PORT    where they connect; :PORT for all addresses\n"
	"  --policy FILE         by which their evidence is judged, of purpose channel\n"
	"  --root FILE           PEM of a root for it beside the vendors'\n"
	"  --out DIR             where models, cards and receipts go\n"
	"  --join-timeout S      seconds that sites are waited for (300)\n"
	"  --round-timeout S     seconds that a site's answer is waited for (300)\n"
	"  --reattest S          ask for a site's evidence again when it is so old, in seconds,\n"
	"                        or with rounds=N in each Nth round (as the plan says)\n"
	"  --budget SIZE         most protected memory to be held at once (32M)\n"
	"  --device FILE         (/dev/ward)\n"
	"  -o, --output FORMAT   text for people, json for programs: one object per step\n"
	"  -q, --quiet           errors alone\n";

enum {
	OPT_PLAN = 256, OPT_SITES, OPT_QUORUM, OPT_LISTEN, OPT_POLICY, OPT_ROOT, OPT_OUT,
	OPT_JOIN, OPT_ROUND, OPT_REATTEST, OPT_BUDGET, OPT_DEVICE,
};

static const struct option long_options[] = {
	{ "plan", required_argument, NULL, OPT_PLAN },
	{ "sites", required_argument, NULL, OPT_SITES },
	{ "quorum", required_argument, NULL, OPT_QUORUM },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "join-timeout", required_argument, NULL, OPT_JOIN },
	{ "round-timeout", required_argument, NULL, OPT_ROUND },
	{ "reattest", required_argument, NULL, OPT_REATTEST },
	{ "budget", required_argument, NULL, OPT_BUDGET },
	{ "device", required_argument, NULL, OPT_DEVICE },
	OPTIONS_OF_ALL
};

static int read_number(int option, const char *text, struct aggregate_options *o,
		       struct failure *failure)
{
	switch (option) {
	case OPT_SITES:
		return options_number("sites", text, 1, PLAN_SITES_MAX, &o->sites, failure);
	case OPT_QUORUM:
		return options_number("quorum", text, 1, PLAN_SITES_MAX, &o->quorum, failure);
	case OPT_JOIN:
		return options_number("join-timeout", text, 1, 86400, &o->join_s, failure);
	case OPT_ROUND:
		return options_number("round-timeout", text, 1, 86400, &o->round_s, failure);
	default:
		return options_reattest(text, &o->reattest_s, &o->reattest_rounds, failure);
	}
}

static int read_option(int option, void *to, struct failure *failure)
{
	struct aggregate_options *o = to;

	switch (option) {
	case OPT_PLAN:
		o->plan = optarg;
		return 0;
	case OPT_LISTEN:
		o->listen = optarg;
		return 0;
	case OPT_POLICY:
		o->policy = optarg;
		return 0;
	case OPT_ROOT:
		o->root = optarg;
		return 0;
	case OPT_OUT:
		o->out = optarg;
		return 0;
	case OPT_DEVICE:
		o->device = optarg;
		return 0;
	case OPT_BUDGET:
		return options_size("budget", optarg, &o->budget, failure);
	default:
		return read_number(option, optarg, o, failure);
	}
}

static int check(struct aggregate_options *o, struct failure *failure)
{
	if (!o->plan || !o->sites || !o->listen || !o->policy || !o->out)
		return failed(failure, EXIT_MISUSE,
			      "--plan, --sites, --listen, --policy and --out must stand");
	if (!o->quorum)
		o->quorum = o->sites;
	if (o->quorum > o->sites)
		return failed(failure, EXIT_MISUSE, "--quorum is above --sites");
	if (o->budget < JOB_BUDGET_MIN)
		return failed(failure, EXIT_MISUSE, "--budget: at least %u bytes are needed",
			      JOB_BUDGET_MIN);
	return 0;
}

int aggregate_read(int argc, char **argv, struct aggregate_options *options, struct emit *emit,
		   bool *help, struct failure *failure)
{
	static const struct options_kind kind = { "aggregate", usage, long_options, read_option };

	*options = (struct aggregate_options){
		.join_s = AGGREGATE_JOIN_DEFAULT, .round_s = AGGREGATE_ROUND_DEFAULT,
		.budget = JOB_BUDGET_DEFAULT,
	};
	if (options_walk(argc, argv, &kind, options, emit, help, failure))
		return -1;
	return *help ? 0 : check(options, failure);
}
