// SPDX-License-Identifier: MIT
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"

static const char train_usage[] =
	"usage: ward-train train --broker URL --ca CA.pem --data NAME=FILE.wds ...\n"
	"                        --plan PLAN.json --out DIR [OPTION...]\n"
	"\n"
	"Proves to the broker what this process is, gets the data sets' keys, trains on\n"
	"them in protected memory, writes models and cards, wipes, seals the session and\n"
	"exports a receipt for each data set.\n"
	"\n"
	"  --broker URL          of the key broker, https://HOST:PORT\n"
	"  --ca FILE             PEM roots that its certificate must lead to\n"
	"  --data NAME=FILE      an encrypted data set; NAME is its name in the plan and\n"
	"                        the last part of its key's resource path; up to 64\n"
	"  --resources REPO/TYPE first parts of that path (" JOB_RESOURCES_DEFAULT ")\n"
	"  --plan FILE           what is computed; its SHA-512 is declared beforehand\n"
	"  --out DIR             where models, cards and receipts go\n"
	"  --budget SIZE         most plaintext to be held at once (32M)\n"
	"  --threshold SIZE      bytes held at which the chunk ring shrinks (3/4 of it)\n"
	"  --chunk-ring N        most chunks to be held decrypted (what the budget allows)\n"
	"  --threads 1|2         2: decrypt the next chunks while others are worked on (2)\n"
	"  --checkpoint FILE     go on from it if it is there, and keep it up to date: sealed\n"
	"  --every N|TIME        after so many steps or minibatches, or 30s, 5m, 1h (60s)\n"
	"  --seal-to WHO         who can open it; up to three: tpm[:PCRS], snp[:WORDS],\n"
	"                        broker:REPOSITORY/TYPE/TAG, a key of the broker's\n"
	"  --tcti WHERE          of the TPM, device:PATH (device:/dev/tpmrm0) or unix:PATH\n"
	"  --seal-device FILE    of the firmware, /dev/sev-guest or wardd's socket, unix:PATH\n"
	"  --early-receipt FILE  also export evidence before the seal, which is no receipt\n"
	"  --key-in-user-space   keep the keys in this process, where the kernel could hold them:\n"
	"                        the weaker way, of which owners may have no part (policy: keys)\n"
	"  --join HOST:PORT      take part in a federation: train with the rows of other sites\n"
	"  --site NAME           what this one is called in it (the first data set's name)\n"
	"  --peer-policy FILE    by which the aggregator's evidence is judged\n"
	"  --peer-root FILE      PEM of a root for it beside the vendors'\n"
	"  --reattest SECONDS    ask for it again when it is so old, or with rounds=N in each\n"
	"                        Nth round (as the plan says)\n"
	"  --device FILE         (/dev/ward)\n"
	"  -o, --output FORMAT   text for people, json for programs: one object per step\n"
	"  -q, --quiet           errors alone\n";

enum {
	OPT_BROKER = 256, OPT_CA, OPT_DATA, OPT_RESOURCES, OPT_PLAN, OPT_OUT,
	OPT_BUDGET, OPT_THRESHOLD, OPT_RING, OPT_EARLY, OPT_DEVICE,
	OPT_USER_KEY, OPT_THREADS, OPT_CHECKPOINT, OPT_EVERY, OPT_SEAL_TO, OPT_TCTI, OPT_SEAL_DEVICE,
	OPT_JOIN, OPT_SITE, OPT_PEER_POLICY, OPT_PEER_ROOT, OPT_REATTEST,
};

static const struct option train_options[] = {
	{ "broker", required_argument, NULL, OPT_BROKER },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "resources", required_argument, NULL, OPT_RESOURCES },
	{ "plan", required_argument, NULL, OPT_PLAN },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "budget", required_argument, NULL, OPT_BUDGET },
	{ "threshold", required_argument, NULL, OPT_THRESHOLD },
	{ "chunk-ring", required_argument, NULL, OPT_RING },
	{ "early-receipt", required_argument, NULL, OPT_EARLY },
	{ "key-in-user-space", no_argument, NULL, OPT_USER_KEY },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "checkpoint", required_argument, NULL, OPT_CHECKPOINT },
	{ "every", required_argument, NULL, OPT_EVERY },
	{ "seal-to", required_argument, NULL, OPT_SEAL_TO },
	{ "tcti", required_argument, NULL, OPT_TCTI },
	{ "seal-device", required_argument, NULL, OPT_SEAL_DEVICE },
	{ "join", required_argument, NULL, OPT_JOIN },
	{ "site", required_argument, NULL, OPT_SITE },
	{ "peer-policy", required_argument, NULL, OPT_PEER_POLICY },
	{ "peer-root", required_argument, NULL, OPT_PEER_ROOT },
	{ "reattest", required_argument, NULL, OPT_REATTEST },
	{ "device", required_argument, NULL, OPT_DEVICE },
	OPTIONS_OF_ALL
};

/* Bytes, or with K, M or G behind them. */
static int parse_size(const char *text, uint64_t *out)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t value;
	char *end;
	int shift = 0;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno)
		return -1;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return -1;
		shift = 10 * (int)(unit - units + 1);
	}
	if (value > UINT64_MAX >> 1 >> shift)
		return -1;
	*out = value << shift;
	return 0;
}

int options_size(const char *name, const char *text, uint64_t *out,
		     struct failure *failure)
{
	if (!parse_size(text, out) && *out)
		return 0;
	return failed(failure, EXIT_MISUSE,
		      "--%s %s: must be a number above 0, K, M or G may follow", name, text);
}

static int read_threads(const char *text, struct job_options *options, struct failure *failure)
{
	if (strcmp(text, "1") && strcmp(text, "2"))
		return failed(failure, EXIT_MISUSE, "--threads %s: 1 and 2 are possible", text);
	options->threads = (unsigned int)(*text - '0');
	return 0;
}

int options_number(const char *name, const char *text, uint64_t min, uint64_t max,
		   uint64_t *out, struct failure *failure)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *out >= min && *out <= max)
		return 0;
	return failed(failure, EXIT_MISUSE, "--%s %s: must be a number from %" PRIu64 " to %" PRIu64,
		      name, text, min, max);
}

int options_reattest(const char *text, uint64_t *seconds, uint64_t *rounds,
		     struct failure *failure)
{
	static const char by_rounds[] = "rounds=";
	size_t len = strlen(by_rounds);

	if (strncmp(text, by_rounds, len))
		return options_number("reattest", text, 1, 86400, seconds, failure);
	return options_number("reattest rounds", text + len, 1, 100000, rounds, failure);
}

/* Steps, or a time with s, m or h behind it. */
static int read_every(const char *text, struct job_options *options, struct failure *failure)
{
	static const char units[] = "smh";
	static const uint64_t seconds[] = { 1, 60, 3600 };
	const char *unit;
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (*text < '0' || *text > '9' || errno || !value || value > UINT32_MAX ||
	    (*end && (!unit || end[1])))
		return failed(failure, EXIT_MISUSE,
			      "--every %s: must be a number of steps above 0, or a time: 30s, 5m, 1h", text);
	options->every_steps = unit ? 0 : value;
	options->every_seconds = unit ? value * seconds[unit - units] : 0;
	return 0;
}

/* The name becomes part of a path of the broker's and of file names. */
static bool plain_name(const char *name, size_t len)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	return len && len <= PLAN_NAME_MAX && strspn(name, letters) == len;
}

int options_data(char *text, struct job_options *options, struct failure *failure)
{
	char *equals = strchr(text, '=');
	size_t i;

	if (!equals || !plain_name(text, (size_t)(equals - text)) || !equals[1])
		return failed(failure, EXIT_MISUSE,
			      "--data %s: must be NAME=FILE, NAME of letters, digits, - and _",
			      text);
	*equals = '\0';
	for (i = 0; i < options->count; i++) {
		if (!strcmp(options->data[i].name, text))
			return failed(failure, EXIT_MISUSE, "--data %s stands twice", text);
	}
	if (options->count == PLAN_SITES_MAX)
		return failed(failure, EXIT_MISUSE, "--data: more than %d data sets",
			      PLAN_SITES_MAX);
	options->data[options->count++] = (struct job_data){ text, equals + 1 };
	return 0;
}

static int read_output(const char *text, struct emit *emit, struct failure *failure)
{
	emit->json = !strcmp(text, "json");
	if (!emit->json && strcmp(text, "text"))
		return failed(failure, EXIT_MISUSE, "-o %s: text and json are possible", text);
	return 0;
}

/* The options that all verbs have. */
static int read_shared(int option, const struct options_kind *kind, void *to, struct emit *emit,
		       struct failure *failure)
{
	switch (option) {
	case 'o':
		return read_output(optarg, emit, failure);
	case 'q':
		emit->quiet = true;
		return 0;
	case '?':
		return failed(failure, EXIT_MISUSE, "ward-train %s --help lists the options",
			      kind->verb);
	default:
		return kind->read(option, to, failure);
	}
}

int options_walk(int argc, char **argv, const struct options_kind *kind, void *to,
		 struct emit *emit, bool *help, struct failure *failure)
{
	int option;

	while ((option = getopt_long(argc, argv, "o:qh", kind->known, NULL)) != -1) {
		if (option == 'h') {
			fputs(kind->usage, stdout);
			*help = true;
			return 0;
		}
		if (read_shared(option, kind, to, emit, failure))
			return -1;
	}
	if (optind < argc)
		return failed(failure, EXIT_MISUSE, "%s: no argument is expected here",
			      argv[optind]);
	return 0;
}

static int read_option(int option, void *to, struct failure *failure)
{
	struct job_options *options = to;

	switch (option) {
	case OPT_BROKER:
		options->broker = optarg;
		return 0;
	case OPT_CA:
		options->ca = optarg;
		return 0;
	case OPT_DATA:
		return options_data(optarg, options, failure);
	case OPT_RESOURCES:
		options->resources = optarg;
		return 0;
	case OPT_PLAN:
		options->plan = optarg;
		return 0;
	case OPT_OUT:
		options->out = optarg;
		return 0;
	case OPT_BUDGET:
		return options_size("budget", optarg, &options->budget, failure);
	case OPT_THRESHOLD:
		return options_size("threshold", optarg, &options->threshold, failure);
	case OPT_RING:
		return options_size("chunk-ring", optarg, &options->ring, failure);
	case OPT_EARLY:
		options->early_receipt = optarg;
		return 0;
	case OPT_USER_KEY:
		options->key_in_user_space = true;
		return 0;
	case OPT_THREADS:
		return read_threads(optarg, options, failure);
	case OPT_CHECKPOINT:
		options->checkpoint = optarg;
		return 0;
	case OPT_EVERY:
		return read_every(optarg, options, failure);
	case OPT_SEAL_TO:
		return seal_parse(optarg, &options->seal, failure);
	case OPT_TCTI:
		options->seal.tcti = optarg;
		return 0;
	case OPT_SEAL_DEVICE:
		options->seal.device = optarg;
		return 0;
	case OPT_JOIN:
		options->join = optarg;
		return 0;
	case OPT_SITE:
		options->site = optarg;
		return 0;
	case OPT_PEER_POLICY:
		options->peer_policy = optarg;
		return 0;
	case OPT_PEER_ROOT:
		options->peer_root = optarg;
		return 0;
	case OPT_REATTEST:
		return options_reattest(optarg, &options->reattest_s, &options->reattest_rounds,
					failure);
	default:	/* OPT_DEVICE */
		options->device = optarg;
		return 0;
	}
}

static int check_join(const struct job_options *options, struct failure *failure)
{
	bool more = options->site || options->peer_policy || options->peer_root ||
		    options->reattest_s || options->reattest_rounds;

	if (!options->join)
		return more ? failed(failure, EXIT_MISUSE,
				     "--site, --peer-policy, --peer-root and --reattest go with --join") : 0;
	if (!options->peer_policy)
		return failed(failure, EXIT_MISUSE,
			      "--join: --peer-policy must say what aggregator will do");
	if (options->site && !plain_name(options->site, strlen(options->site)))
		return failed(failure, EXIT_MISUSE,
			      "--site %s: must be letters, digits, - and _", options->site);
	if (options->checkpoint)
		return failed(failure, EXIT_MISUSE,
			      "--checkpoint: what a federation has come to is the aggregator's, not a site's");
	return 0;
}

static int check_train(const struct job_options *options, struct failure *failure)
{
	if (!options->broker || !options->ca || !options->plan || !options->out ||
	    !options->count)
		return failed(failure, EXIT_MISUSE,
			      "--broker, --ca, --data, --plan and --out must stand");
	if (options->budget < JOB_BUDGET_MIN)
		return failed(failure, EXIT_MISUSE, "--budget: at least %u bytes are needed",
			      JOB_BUDGET_MIN);
	if (options->threshold > options->budget)
		return failed(failure, EXIT_MISUSE, "--threshold is above --budget");
	if (options->checkpoint && !seal_asked(&options->seal))
		return failed(failure, EXIT_MISUSE,
			      "--checkpoint: name who can open it: --seal-to tpm, snp or broker:REPOSITORY/TYPE/TAG");
	if (!options->checkpoint && seal_asked(&options->seal))
		return failed(failure, EXIT_MISUSE, "--seal-to: nothing is sealed without --checkpoint");
	return check_join(options, failure);
}

int options_read(int argc, char **argv, struct job_options *options,
		 struct emit *emit, bool *help, struct failure *failure)
{
	static const struct options_kind kind = { "train", train_usage, train_options, read_option };

	*options = (struct job_options){
		.resources = JOB_RESOURCES_DEFAULT, .budget = JOB_BUDGET_DEFAULT,
		.threads = 2, .every_seconds = CHECKPOINT_SECONDS_DEFAULT,
	};
	if (options_walk(argc, argv, &kind, options, emit, help, failure))
		return -1;
	return *help ? 0 : check_train(options, failure);
}
