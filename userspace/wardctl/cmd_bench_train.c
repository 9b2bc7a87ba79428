// SPDX-License-Identifier: MIT
/* wardctl bench train: one training in several kinds of memory, in turns. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bench_show.h"
#include "outfile.h"
#include "verbs.h"

#define ROUNDS_DEFAULT	5
#define PASSED_MAX	240	/* words for the worker */

/* What is not the worker's: the rest of these options it is handed as they are. */
enum { OPT_MEMORY = 256, OPT_ROUNDS, OPT_PNG, OPT_NO_ATTEST, OPT_WORKER, OPT_PASSED };

static const struct option options[] = {
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "png", required_argument, NULL, OPT_PNG },
	{ "no-attest", no_argument, NULL, OPT_NO_ATTEST },
	{ "worker", required_argument, NULL, OPT_WORKER },
	{ "plan", required_argument, NULL, OPT_PASSED },
	{ "data", required_argument, NULL, OPT_PASSED },
	{ "label", required_argument, NULL, OPT_PASSED },
	{ "missing", required_argument, NULL, OPT_PASSED },
	{ "delimiter", required_argument, NULL, OPT_PASSED },
	{ "epochs", required_argument, NULL, OPT_PASSED },
	{ "budget", required_argument, NULL, OPT_PASSED },
	{ "device", required_argument, NULL, OPT_PASSED },
	{ NULL, 0, NULL, 0 }
};

/**
 * struct bench_job - the command line
 * @passed: options of the worker, a NULL behind the last
 * @beside: room for the worker's path, where it lies beside this program
 */
struct bench_job {
	struct wardctl *ctl;
	const char *png;
	const char *plan;
	const char *worker;
	bool data;
	bool no_attest;
	const char *passed[PASSED_MAX + 2];	/* --attest behind them */
	char words[PASSED_MAX / 2][16];
	size_t count;
	char beside[PATH_MAX];
	struct bench bench;
};

/* ---- the command line ------------------------------------------------------------- */

static int parse_kinds(struct bench_job *job, char *list)
{
	char *rest = NULL, *word;
	int i;

	for (word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		for (i = 0; i < BENCH_KINDS && strcmp(word, bench_kind_name(i)); i++)
			;
		if (i == BENCH_KINDS)
			return ctl_usage(job->ctl,
					 "--memory takes some of plain, mlocked, secret, ward, not '%s'",
					 word);
		job->bench.memory[i].wanted = true;
	}
	return EXIT_OK;
}

static int parse_rounds(struct bench_job *job, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !n || n > BENCH_ROUNDS_MAX)
		return ctl_usage(job->ctl, "--rounds takes 1 to %d", BENCH_ROUNDS_MAX);
	job->bench.rounds = n;
	return EXIT_OK;
}

static int pass(struct bench_job *job, const char *name, const char *value)
{
	char *word = job->words[job->count / 2];

	if (job->count + 2 > PASSED_MAX)
		return ctl_usage(job->ctl, "there are too many options");
	snprintf(word, sizeof(job->words[0]), "--%s", name);
	job->passed[job->count++] = word;
	job->passed[job->count++] = value;
	if (!strcmp(name, "plan"))
		job->plan = value;
	job->data |= !strcmp(name, "data");
	return EXIT_OK;
}

static int parse_option(struct bench_job *job, int option, int index)
{
	switch (option) {
	case OPT_MEMORY:
		return parse_kinds(job, optarg);
	case OPT_ROUNDS:
		return parse_rounds(job, optarg);
	case OPT_PNG:
		job->png = optarg;
		return EXIT_OK;
	case OPT_NO_ATTEST:
		job->no_attest = true;
		return EXIT_OK;
	case OPT_WORKER:
		job->worker = optarg;
		return EXIT_OK;
	default:
		return pass(job, options[index].name, optarg);
	}
}

/* The one that was built or installed with this program; else any on the path. */
static const char *find_worker(struct bench_job *job)
{
	ssize_t len = readlink("/proc/self/exe", job->beside, sizeof(job->beside) - 1);
	char *slash = NULL;

	if (len > 0) {
		job->beside[len] = '\0';
		slash = strrchr(job->beside, '/');
	}
	if (!slash || (size_t)(slash - job->beside) + sizeof("/ward-train") > sizeof(job->beside))
		return "ward-train";
	strcpy(slash, "/ward-train");
	return access(job->beside, X_OK) ? "ward-train" : job->beside;
}

static int parse(struct bench_job *job, int argc, char **argv)
{
	bool any = false;
	int option, index = 0, rc, i;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		rc = option == '?' ? ctl_bad_option(job->ctl, argv) :
				     parse_option(job, option, index);
		if (rc)
			return rc;
	}
	if (optind < argc)
		return ctl_usage(job->ctl, "no argument is expected here, not '%s'", argv[optind]);
	if (!job->plan || !job->data)
		return ctl_usage(job->ctl, "--plan and --data must stand");
	for (i = 0; i < BENCH_KINDS; i++)
		any |= job->bench.memory[i].wanted;
	for (i = 0; i < BENCH_KINDS && !any; i++)
		job->bench.memory[i].wanted = true;
	if (!job->worker)
		job->worker = find_worker(job);
	if (!job->no_attest)
		job->passed[job->count++] = "--attest";
	return EXIT_OK;
}

/* ---- the rounds ---------------------------------------------------------------------- */

/* Its exit codes are ours. */
static int worker_failed(struct bench_job *job, enum bench_kind kind, int rc, const char *text)
{
	const char *name = bench_kind_name(kind);
	int code = rc <= EXIT_NETWORK ? rc : EXIT_DEVICE;

	if (rc == -EINTR)
		return ctl_error(job->ctl, EXIT_DEVICE, "worker",
				 "%s: %s was killed; dmesg says whether memory ran out", name,
				 job->worker);
	if (rc < 0)
		return ctl_error(job->ctl, EXIT_DEVICE, "worker",
				 "%s can't be run: %s; --worker FILE names ward-train", job->worker,
				 strerror(-rc));
	return ctl_error(job->ctl, code, "worker", "%s: %.*s", name, (int)strcspn(text, "\n"), text);
}

static int one(struct bench_job *job, enum bench_kind kind)
{
	struct bench_run run = { .worker = job->worker, .options = job->passed };
	char *text;
	int rc = bench_worker(&run, kind, &text);

	if (rc >= 0 && !text)
		rc = -ENOMEM;
	if (rc)
		rc = worker_failed(job, kind, rc, text);
	else if (!bench_take(&job->bench, kind, text))
		rc = ctl_error(job->ctl, EXIT_DEVICE, "worker",
			       "%s says nothing of a training: it is of another version, install both alike",
			       job->worker);
	free(text);
	return rc;
}

/* In turns, so that whatever else the machine does meets all alike. */
static int all_rounds(struct bench_job *job)
{
	size_t round;
	int kind, rc;

	for (round = 0; round < job->bench.rounds; round++) {
		for (kind = 0; kind < BENCH_KINDS; kind++) {
			const struct bench_memory *m = &job->bench.memory[kind];

			if (!m->wanted || m->lacking[0])
				continue;
			rc = one(job, kind);
			if (rc)
				return rc;
		}
	}
	return EXIT_OK;
}

static int see_any(struct bench_job *job)
{
	int i, first = -1;

	for (i = 0; i < BENCH_KINDS; i++) {
		if (bench_measured(&job->bench, i))
			return EXIT_OK;
		if (first < 0 && job->bench.memory[i].wanted)
			first = i;
	}
	return ctl_error(job->ctl, EXIT_DEVICE, "not-measured", "%s: not measured here: %s",
			 bench_kind_name(first), job->bench.memory[first].lacking);
}

static int no_picture(struct bench_job *job, int rc)
{
	return ctl_error(job->ctl, rc == -EEXIST ? EXIT_USAGE : EXIT_DEVICE, "output",
			 "can't write %s: %s", job->png, outfile_strerror(rc));
}

static int draw(struct bench_job *job, struct outfile *file)
{
	const char *name = strrchr(job->plan, '/');
	char title[128];
	uint8_t *png;
	size_t len;
	int rc;

	snprintf(title, sizeof(title), "ward: training by %s", name ? name + 1 : job->plan);
	rc = bench_draw(&job->bench, title, &png, &len);
	if (!rc) {
		rc = outfile_put(file->fd, png, len);
		free(png);
	}
	if (rc)
		outfile_abort(file);
	else
		rc = outfile_commit(file);
	return rc ? no_picture(job, rc) : EXIT_OK;
}

static int measure(struct bench_job *job)
{
	int rc = all_rounds(job);

	return rc ? rc : see_any(job);
}

/* The picture's file first: rounds may take hours, and would be lost with it. */
static int measure_and_draw(struct bench_job *job)
{
	struct outfile file;
	int rc = outfile_open(&file, job->png, 0644);

	if (rc)
		return no_picture(job, rc);
	rc = measure(job);
	if (!rc)
		return draw(job, &file);
	outfile_abort(&file);
	return rc;
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct bench_job *job = calloc(1, sizeof(*job));
	int rc;

	if (!job)
		return ctl_error(ctl, EXIT_DEVICE, "io", "out of memory");
	job->ctl = ctl;
	job->bench.rounds = ROUNDS_DEFAULT;
	rc = parse(job, argc, argv);
	if (!rc)
		rc = job->png ? measure_and_draw(job) : measure(job);
	if (!rc)
		bench_show(ctl, &job->bench);
	free(job);
	return rc;
}

const struct wardctl_verb verb_bench_train = {
	.name = "bench train",
	.args = "--plan FILE --data [NAME=]FILE ... [--memory plain,mlocked,secret,ward] [--rounds N] "
		"[--epochs N] [--png FILE] [OPTION...]",
	.help = "what protected memory costs a training of one's own, beside plain memory",
	.details = "Runs ward-train bench with a table (CSV) and a plan in plain, mlocked, memfd_secret\n"
		   "and ward memory, in turns, and prints what its phases took, with a picture on demand.\n"
		   "The same code, one thread, the same weights. Three of these memories protect nothing\n"
		   "from everybody: take a table that needs no protection. What this machine lacks is\n"
		   "'not measured here', with the reason.\n"
		   "\n"
		   "  --plan FILE          what is computed, see ward-plan(5)\n"
		   "  --data NAME=FILE     a table; NAME (data) is its name in the plan; may stand again\n"
		   "  --label COLUMN       of the tables, to predict (as the plan says)\n"
		   "  --missing TEXT       marks a missing value in them\n"
		   "  --delimiter CHAR     of their fields, or tab (,)\n"
		   "  --memory LIST        which kinds of memory (all)\n"
		   "  --rounds N           trainings in each, 1 to 99 (5); medians are shown\n"
		   "  --epochs N           in place of the plan's; of Newton and L-BFGS, most steps\n"
		   "  --png FILE           the picture, replaced if it is there\n"
		   "  --no-attest          leave out evidence and receipt of ward memory\n"
		   "  --budget SIZE        most memory a training may hold at once (32M)\n"
		   "  --device FILE        (/dev/ward)\n"
		   "  --worker FILE        ward-train (the one beside wardctl, else of the path)\n",
	.run = run,
};
