/* SPDX-License-Identifier: MIT */
/* What the tests of checkpoints share: one life of a job that keeps them, and its outcome. */
#ifndef WARD_TESTS_CHECKPOINT_BENCH_H
#define WARD_TESTS_CHECKPOINT_BENCH_H

#include "worker_bench.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../userspace/worker/checkpoint.h"
#include "../../userspace/worker/checkpoint_file.h"
#include "../../userspace/worker/train.h"
#include "../../userspace/worker/vault.h"

#define ROWS		12	/* of the smallest site */
#define BUDGET		(4u << 20)
#define PARAMS_MAX	32
#define RUNS		5

static const char plan_text[] =
	"{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"},"
	"{\"column\":\"dose\"},{\"column\":\"kind\",\"levels\":[2,3]}],"
	"\"label\":{\"column\":\"ill\",\"above\":0},"
	"\"split\":{\"rule\":\"folds\",\"seed\":7,\"folds\":2},"
	"\"runs\":[{\"name\":\"newton\",\"method\":\"newton\",\"l2\":0.01},"
	"{\"name\":\"sgd\",\"method\":\"sgd\",\"epochs\":2,\"batch\":7,\"rate\":0.2,"
	"\"decay\":0.1,\"momentum\":0.5,\"window\":10,\"seed\":3},"
	"{\"name\":\"lbfgs\",\"method\":\"lbfgs\",\"l2\":0.01,\"hidden\":[3],\"max_steps\":6},"
	"{\"name\":\"layers\",\"method\":\"adam\",\"hidden\":[3],\"activation\":\"tanh\","
	"\"rate\":0.02,\"epochs\":2,\"batch\":9,\"window\":20,\"seed\":3},"
	"{\"name\":\"rounds\",\"method\":\"sgd\",\"rounds\":3,\"epochs\":1,\"batch\":9,"
	"\"rate\":0.1,\"window\":20,\"seed\":5}]}";

struct outcome {
	double theta[RUNS][PARAMS_MAX];
	uint64_t steps[RUNS];
	double loss[RUNS];
	double norm[RUNS];
	double auc[RUNS];
	double fold[RUNS];
};

/** struct attempt - one life of the program, and when it dies */
struct attempt {
	struct keeper keeper;	/* the one that is asked */
	uint64_t lives;		/* so many steps; 0 = for ever */
	uint64_t every;		/* steps of a checkpoint; 0 = 1 */
	struct seal *seal;	/* NULL = by a key */
	uint64_t steps;
	struct checkpoint checkpoint;
};

/* Thousands of syncs: in memory. */
static char dir[] = "/dev/shm/ward-checkpoint-XXXXXX";
static char path[64];
static uint8_t key[32] = { 1, 2, 3 };
static struct data data[BENCH_SITES];
static struct ward_recipient_key recipient;
static struct seal seal = { .of = &recipient, .count = 1, .key = key };

/* ---- one life ------------------------------------------------------------------- */

static inline int recall(void *arg, struct model *model, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.recall(attempt->keeper.arg, model, failure);
}

static inline int restore(void *arg, const struct state *state, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.restore(attempt->keeper.arg, state, failure);
}

static inline int dies(struct attempt *attempt, struct failure *failure)
{
	if (++attempt->steps != attempt->lives)
		return 0;
	return failed(failure, EXIT_DEVICE, "dies");
}

static inline int keep(void *arg, const struct state *state, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.keep(attempt->keeper.arg, state, failure) ||
	       dies(attempt, failure) ? -1 : 0;
}

static inline int done(void *arg, const struct model *model, struct failure *failure)
{
	struct attempt *attempt = arg;

	return attempt->keeper.done(attempt->keeper.arg, model, failure) ||
	       dies(attempt, failure) ? -1 : 0;
}

static inline void note(struct outcome *out, size_t run, const struct model *model)
{
	size_t params = net_params(&model->net);

	assert_true(params <= PARAMS_MAX);
	memcpy(out->theta[run], model->theta, params * sizeof(double));
	out->steps[run] = model->steps;
	out->loss[run] = model->loss;
	out->norm[run] = model->norm;
	out->auc[run] = model->pooled.auc;
	out->fold[run] = model->fold[0].auc;
}

static inline int train(struct bench_cohort *b, const struct keeper *keeper, struct outcome *out,
		 struct failure *failure)
{
	struct train_hooks hooks = { .keeper = keeper };
	struct model model;
	size_t run;
	int ret;

	for (run = 0; run < RUNS; run++) {
		ret = train_model(&b->cohort, &b->plan->run[run], &hooks, &model, failure);
		if (!ret)
			note(out, run, &model);
		model_clear(&model);
		if (ret)
			return -1;
	}
	return 0;
}

/* Return: 1 when it came to the end, 0 when it died, -1 when the checkpoint was refused. */
static inline int live(struct attempt *attempt, size_t chunk, struct outcome *out,
		struct failure *failure)
{
	struct bench_cohort b = { .plan_text = plan_text };
	struct keeper keeper = { recall, restore, keep, done, attempt };
	int ret;

	*out = (struct outcome){ 0 };
	bench_begin(&b, ROWS, chunk, 8, BUDGET);
	attempt->checkpoint = (struct checkpoint){
		.path = path, .steps = attempt->every ? attempt->every : 1, .plan = b.plan, .data = data, .sites = BENCH_SITES,
		.seal = attempt->seal ? attempt->seal : &seal, .memory = &b.memory,
	};
	ret = checkpoint_open(&attempt->checkpoint, &attempt->keeper, failure);
	if (!ret)
		ret = train(&b, &keeper, out, failure) ? 0 : 1;
	checkpoint_end(&attempt->checkpoint);
	bench_end(&b);
	return ret;
}

static inline void uninterrupted(struct outcome *out)
{
	struct bench_cohort b = { .plan_text = plan_text };
	struct failure failure = { 0 };

	*out = (struct outcome){ 0 };
	bench_begin(&b, ROWS, 512, 8, BUDGET);
	if (train(&b, NULL, out, &failure))
		fail_msg("%s", failure.text);
	bench_end(&b);
}

/* Where the one before died; other chunks, which may not matter. */
static inline void goes_on(const struct outcome *expected)
{
	struct attempt attempt = { .every = 1000 };
	struct failure failure = { 0 };
	struct outcome out;

	if (live(&attempt, 97, &out, &failure) != 1)
		fail_msg("%s", failure.text);
	assert_memory_equal(&out, expected, sizeof(out));
}

/* ---- tests ------------------------------------------------------------------------ */

static inline int setup(void **state)
{
	size_t i;

	(void)state;
	if (access("/dev/shm", W_OK))
		memcpy(dir, "/var/tmp", 8);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/c", dir);
	assert_int_equal(ward_recipient_key(&recipient, key, NULL), 0);
	for (i = 0; i < BENCH_SITES; i++) {
		data[i].name = i ? i > 1 ? "west" : "south" : "north";
		memset(data[i].id, (int)i, sizeof(data[i].id));
		memset(data[i].digest, (int)i + 9, sizeof(data[i].digest));
	}
	return 0;
}

static inline int teardown(void **state)
{
	char name[80];

	(void)state;
	unlink(path);
	snprintf(name, sizeof(name), "%s.new", path);
	unlink(name);
	return rmdir(dir);
}

static inline int fresh(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

#endif /* WARD_TESTS_CHECKPOINT_BENCH_H */
