// SPDX-License-Identifier: MIT
#include "checkpoint.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "checkpoint_file.h"
#include "net.h"
#include "scrub.h"
#include "train.h"

/* Before a model's parameters: steps, loss, norm, converged. */
#define RECORD_HEAD	4

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* ---- models that are trained ---------------------------------------------------- */

/* Each run trains a model for each fold, then the one that stays. */
static size_t per_run(const struct plan *plan)
{
	return plan->split_folds + 1;
}

static size_t record_words(const struct plan *plan, size_t run)
{
	struct net net = plan_net(plan, &plan->run[run]);

	return RECORD_HEAD + net_params(&net);
}

/* Words of the first @models records. */
static size_t words_of(const struct plan *plan, size_t models)
{
	size_t run, words = 0, left = models;

	for (run = 0; run < plan->runs && left; run++) {
		size_t here = left < per_run(plan) ? left : per_run(plan);

		words += here * record_words(plan, run);
		left -= here;
	}
	return words;
}

static void put_record(uint64_t *record, const struct model *model)
{
	record[0] = model->steps;
	memcpy(&record[1], &model->loss, sizeof(double));
	memcpy(&record[2], &model->norm, sizeof(double));
	record[3] = model->converged;
	memcpy(record + RECORD_HEAD, model->theta, net_params(&model->net) * sizeof(double));
}

static void get_record(const uint64_t *record, struct model *model)
{
	model->steps = record[0];
	memcpy(&model->loss, &record[1], sizeof(double));
	memcpy(&model->norm, &record[2], sizeof(double));
	model->converged = record[3];
	memcpy(model->theta, record + RECORD_HEAD, net_params(&model->net) * sizeof(double));
}

/* ---- the file --------------------------------------------------------------------- */

static struct checkpoint_head head_of(const struct checkpoint *c)
{
	return (struct checkpoint_head){
		.uid = getuid(), .plan = c->plan->digest, .data = c->data, .sites = c->sites,
		.done = c->done, .words = words_of(c->plan, c->done),
	};
}

static int write_file(struct checkpoint *c, const struct state *state, struct failure *failure)
{
	struct checkpoint_head head = head_of(c);
	int ret;

	ret = checkpoint_file_write(c->path, c->seal, &head, c->trained, state, failure);
	scrub_stack();
	c->since = 0;
	c->written = now();
	return ret;
}

static bool due(struct checkpoint *c)
{
	if (c->steps)
		return ++c->since >= c->steps;
	return now() - c->written >= (double)c->seconds;
}

/* Without a place on the disk training is worth going on with. */
static int write_if_due(struct checkpoint *c, const struct state *state, struct failure *failure)
{
	struct failure trouble = { 0 };

	if (!due(c))
		return 0;
	if (!write_file(c, state, c->trouble ? &trouble : failure))
		return 0;
	if (!c->trouble)
		return -1;
	c->trouble(c->arg, trouble.text);
	return 0;
}

/* What a solver goes on from stays until it asks. */
static int take_contents(struct checkpoint *c, struct failure *failure)
{
	struct checkpoint_head head = head_of(c);
	struct checkpoint_body body;

	if (checkpoint_file_check(c->path, c->loaded.data, c->loaded_len, &head, &body, failure))
		return -1;
	if (body.done > c->models || body.words != words_of(c->plan, body.done))
		return failed(failure, EXIT_DAMAGED, "%s: its models are not those of the plan",
			      c->path);
	memcpy(c->trained, body.records, body.words * sizeof(uint64_t));
	c->resumed = true;
	c->done = body.done;
	c->within = body.state_len > 0;
	c->state = c->within ? body.state : NULL;
	c->state_len = body.state_len;
	return 0;
}

static int load(struct checkpoint *c, struct failure *failure)
{
	int got = checkpoint_file_read(c->path, c->seal, c->memory, &c->loaded, &c->loaded_len,
				       failure);

	scrub_stack();
	if (got <= 0)
		return got;
	return take_contents(c, failure);
}

/* ---- as a keeper -------------------------------------------------------------------- */

static int recall(void *arg, struct model *model, struct failure *failure)
{
	struct checkpoint *c = arg;

	(void)failure;
	if (c->at >= c->done)
		return 0;
	get_record(c->trained + words_of(c->plan, c->at++), model);
	return 1;
}

static int restore(void *arg, const struct state *state, struct failure *failure)
{
	struct checkpoint *c = arg;
	size_t i, len = 0;

	if (!c->state)
		return 0;
	for (i = 0; i < state->parts; i++)
		len += state->part[i].len;
	if (len != c->state_len)
		return failed(failure, EXIT_DAMAGED, "%s: its state is not that of the plan's solver",
			      c->path);
	for (i = 0, len = 0; i < state->parts; len += state->part[i++].len)
		memcpy(state->part[i].at, c->state + len, state->part[i].len);
	c->state = NULL;
	memory_put(c->memory, &c->loaded);
	return 1;
}

static int keep(void *arg, const struct state *state, struct failure *failure)
{
	return write_if_due(arg, state, failure);
}

static int done(void *arg, const struct model *model, struct failure *failure)
{
	static const struct state none;
	struct checkpoint *c = arg;

	put_record(c->trained + words_of(c->plan, c->at), model);
	c->done = ++c->at;
	return write_if_due(c, &none, failure);
}

int checkpoint_open(struct checkpoint *c, struct keeper *keeper, struct failure *failure)
{
	c->models = c->plan->runs * per_run(c->plan);
	c->trained = memory_take(c->memory, words_of(c->plan, c->models) * sizeof(uint64_t));
	if (!c->trained)
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for the parameters of %zu models in the budget; raise --budget",
			      c->path, c->models);
	*keeper = (struct keeper){ recall, restore, keep, done, c };
	c->written = now();
	if (load(c, failure))
		return -1;
	if (!c->state)
		memory_put(c->memory, &c->loaded);
	return 0;
}

void checkpoint_end(struct checkpoint *c)
{
	if (c->memory)
		memory_put(c->memory, &c->loaded);
	c->trained = NULL;
	c->state = NULL;
}
