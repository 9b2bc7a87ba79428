// SPDX-License-Identifier: MIT
#include "client.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "average.h"
#include "gradient.h"
#include "libward.h"
#include "scrub.h"

static int fail_link(const struct client *client, int err, struct failure *failure)
{
	const char *why = client->link->why ? client->link->why(client->link->arg) : "";

	if (err == -EACCES)
		return failed(failure, EXIT_REFUSED, "the aggregator: %s",
			      *why ? why : "evidence was refused");
	return failed(failure, EXIT_NETWORK, "the aggregator: %s",
		      *why ? why : err == -ECONNRESET ? "the connection ended" :
		      ward_strerror(err));
}

static int fail_frame(struct failure *failure)
{
	return failed(failure, EXIT_DAMAGED, "the aggregator sent a frame that does not belong there");
}

static int fail_refused(uint32_t reason, struct failure *failure)
{
	return failed(failure, EXIT_REFUSED, "the aggregator refuses this site: %s",
		      wire_reason_text(reason));
}

/* ---- joining --------------------------------------------------------------------- */

static int prepare(struct client *client, struct failure *failure)
{
	struct cohort *cohort = client->cohort;
	size_t room = WIRE_HEAD + wire_len_max(cohort->plan), most = 0, i;

	for (i = 0; i < cohort->plan->runs; i++) {
		struct net net = plan_net(cohort->plan, &cohort->plan->run[i]);

		most = net_params(&net) > most ? net_params(&net) : most;
	}
	client->in = memory_take(cohort->memory, room);
	client->out = memory_take(cohort->memory, room);
	client->theta = memory_doubles(cohort->memory, most);
	if (!client->in || !client->out || !client->theta)
		return failed(failure, EXIT_DEVICE,
			      "no room for what is sent to the aggregator in the budget; raise --budget");
	for (i = 0; i < cohort->plan->runs; i++) {
		if (train_begin(cohort, &cohort->plan->run[i], &client->model[i], failure))
			return -1;
	}
	return 0;
}

/* A frame whose payload fits; REFUSE is told as a failure. */
static int next_frame(struct client *client, struct wire_head *head, struct failure *failure)
{
	int err = link_head(client->link, head);
	uint32_t reason;

	if (!err && head->len > wire_len_max(client->cohort->plan))
		return fail_frame(failure);
	if (!err)
		err = client->link->read(client->link->arg, client->in, head->len);
	if (err)
		return err == -EPROTO ? fail_frame(failure) : fail_link(client, err, failure);
	if (head->type != WIRE_REFUSE)
		return 0;
	if (wire_refuse_get(client->in, head->len, &reason))
		return fail_frame(failure);
	return fail_refused(reason, failure);
}

static int reply(struct client *client, uint32_t type, uint64_t number, size_t len,
		 struct failure *failure)
{
	int err = link_send(client->link, client->out, type, number, len);

	return err ? fail_link(client, err, failure) : 0;
}

/* Nothing of this site's rows leaves for one that is no longer what it was. */
static int reply_round(struct client *client, uint32_t type, uint64_t number, size_t len,
		       struct failure *failure)
{
	uint64_t every = plan_reattest(client->cohort->plan, client->reattest_rounds);
	int err = link_renew(client->link, every, client->rounds++);

	return err ? fail_link(client, err, failure) : reply(client, type, number, len, failure);
}

static int join(struct client *client, struct failure *failure)
{
	struct wire_head head;

	client->join.version = WIRE_VERSION;
	memcpy(client->join.plan, client->cohort->plan->digest, PLAN_DIGEST_LEN);
	wire_join_put(client->out + WIRE_HEAD, &client->join);
	if (reply(client, WIRE_JOIN, 0, WIRE_JOIN_LEN, failure) ||
	    next_frame(client, &head, failure))
		return -1;
	if (head.type != WIRE_WELCOME || wire_welcome_get(client->in, head.len, &client->welcome))
		return fail_frame(failure);
	return 0;
}

/* ---- standardisation ----------------------------------------------------------------- */

static struct wire_counts counts_of(const struct cohort *cohort)
{
	struct wire_counts counts = { .train = cohort->train, .test = cohort->test };
	size_t i;

	for (i = 0; i < cohort->sites; i++) {
		counts.rows += cohort->site[i].rows;
		counts.positive += cohort->site[i].positive;
		counts.dropped += cohort->site[i].dropped;
	}
	return counts;
}

static int answer_survey(struct client *client, uint64_t number, struct failure *failure)
{
	struct cohort *cohort = client->cohort;
	struct wire_counts counts;

	if (!client->scanned && cohort_scan(cohort, failure))
		return -1;
	if (client->scaled)	/* it was asked before: @pooled is no longer this site's own */
		return fail_frame(failure);
	client->scanned = true;
	counts = counts_of(cohort);
	wire_moments_put(client->out + WIRE_HEAD, &counts, &cohort->pooled);
	return reply(client, WIRE_MOMENTS, number,
		     wire_len(WIRE_MOMENTS, cohort->plan, NULL, false), failure);
}

static int answer_scale(struct client *client, const struct wire_head *head,
			struct failure *failure)
{
	if (!client->scanned || client->scaled ||
	    wire_moments_get(client->in, head->len, &client->all, &client->cohort->pooled))
		return fail_frame(failure);
	cohort_fit(client->cohort);
	client->scaled = true;
	return reply(client, WIRE_READY, head->number, 0, failure);
}

/* ---- training ---------------------------------------------------------------------------- */

static int send_sums(struct client *client, const struct wire_head *head, const struct net *net,
		     bool hessian, struct failure *failure)
{
	struct cohort *cohort = client->cohort;
	struct gradient site, all;

	if (gradient_init(&site, cohort->memory, net, hessian) ||
	    gradient_init(&all, cohort->memory, net, hessian))
		return failed(failure, EXIT_DEVICE,
			      "no room for a site's sums in the budget; raise --budget");
	if (train_sums(cohort, client->theta, &site, &all, failure))
		return -1;
	wire_sums_put(client->out + WIRE_HEAD, &all);
	scrub_stack();
	return reply_round(client, WIRE_SUMS, head->number,
			   16 + 8 * (all.params + (hessian ? all.block * (all.block + 1) / 2 : 0)),
			   failure);
}

static int send_update(struct client *client, const struct wire_head *head,
		       const struct net *net, const struct wire_task *task,
		       struct failure *failure)
{
	struct cohort *cohort = client->cohort;
	struct wire_update update = { .rows = cohort->train };
	size_t params = net_params(net);
	double *moved = memory_doubles(cohort->memory, params);

	if (!moved)
		return failed(failure, EXIT_DEVICE,
			      "no room for an update in the budget; raise --budget");
	if (cohort->train &&
	    average_local(cohort, &cohort->plan->run[task->run], net, task->round,
			  client->theta, moved, &update.loss, failure))
		return -1;
	wire_update_put(client->out + WIRE_HEAD, &update, moved, params);
	return reply_round(client, WIRE_UPDATE, head->number, 16 + 8 * params, failure);
}

static int answer_task(struct client *client, const struct wire_head *head,
		       struct failure *failure)
{
	const struct plan *plan = client->cohort->plan;
	struct memory_region *outer;
	struct wire_task task;
	struct net net;
	int ret;

	if (!client->scaled ||
	    wire_task_get(client->in, head->len, plan, &task, client->theta))
		return fail_frame(failure);
	if ((head->type == WIRE_ROUND) != (plan->run[task.run].rounds > 0))
		return fail_frame(failure);
	if (client->heard)
		client->heard(client->heard_arg, head, &task);
	net = plan_net(plan, &plan->run[task.run]);
	outer = memory_scope(client->cohort->memory);
	ret = head->type == WIRE_ROUND ?
	      send_update(client, head, &net, &task, failure) :
	      send_sums(client, head, &net, task.hessian, failure);
	memory_release(client->cohort->memory, outer);
	return ret;
}

static int answer_model(struct client *client, const struct wire_head *head,
			struct failure *failure)
{
	const struct plan *plan = client->cohort->plan;
	struct wire_model end;
	struct model *model;

	if (!client->scaled || wire_model_get(client->in, head->len, plan, &end, client->theta))
		return fail_frame(failure);
	model = &client->model[end.run];
	memcpy(model->theta, client->theta, net_params(&model->net) * sizeof(double));
	model->steps = end.steps;
	model->loss = end.loss;
	model->norm = end.norm;
	model->converged = end.converged;
	if (train_test(client->cohort, model, failure))
		return -1;
	client->trained[end.run] = true;
	wire_figures_put(client->out + WIRE_HEAD, &model->pooled);
	return reply(client, WIRE_FIGURES, head->number,
		     wire_len(WIRE_FIGURES, plan, NULL, false), failure);
}

/* Return: 1 at the end. */
static int finish(struct client *client, const struct wire_head *head, struct failure *failure)
{
	size_t i;

	for (i = 0; i < client->cohort->plan->runs; i++) {
		if (!client->trained[i])
			return fail_frame(failure);
	}
	client->number = head->number;
	return 1;
}

static int answer(struct client *client, const struct wire_head *head, struct failure *failure)
{
	switch (head->type) {
	case WIRE_SURVEY:
		return answer_survey(client, head->number, failure);
	case WIRE_SCALE:
		return answer_scale(client, head, failure);
	case WIRE_GRADIENT:
	case WIRE_ROUND:
		return answer_task(client, head, failure);
	case WIRE_MODEL:
		return answer_model(client, head, failure);
	case WIRE_FINISH:
		return finish(client, head, failure);
	default:
		return fail_frame(failure);
	}
}

int client_run(struct client *client, struct failure *failure)
{
	struct wire_head head;
	int ret;

	if (prepare(client, failure) || join(client, failure))
		return -1;
	do {
		ret = next_frame(client, &head, failure);
		if (!ret)
			ret = answer(client, &head, failure);
	} while (!ret);
	return ret == 1 ? 0 : -1;
}

/* ---- receipts ------------------------------------------------------------------------------ */

int client_receipts(struct client *client, uint8_t *receipts, size_t len, uint8_t **bundle,
		    size_t *bundle_len, struct failure *failure)
{
	uint8_t ready[WIRE_HEAD];
	struct wire_head head;
	int err = link_send(client->link, receipts, WIRE_RECEIPTS, client->number, len) ?:
		  link_head(client->link, &head);

	if (err)
		return fail_link(client, err, failure);
	if (head.type != WIRE_BUNDLE || head.len > FEDERATION_FILE_MAX)
		return fail_frame(failure);
	*bundle = malloc(head.len + 1);
	if (!*bundle)
		return failed(failure, EXIT_DEVICE, "out of memory");
	err = client->link->read(client->link->arg, *bundle, head.len);
	if (!err)	/* so that the aggregator goes after this has come, not before */
		err = link_send(client->link, ready, WIRE_READY, head.number, 0);
	if (err) {
		free(*bundle);
		*bundle = NULL;
		return fail_link(client, err, failure);
	}
	*bundle_len = head.len;
	return 0;
}
