// SPDX-License-Identifier: MIT
#include "wire.h"

#include <string.h>

#include "cursor.h"

#define FIGURE_NUMBERS	11
#define FIGURES_LEN	(24 + 8 * FIGURE_NUMBERS + 24 * METRICS_DECILES)

/* ---- writing --------------------------------------------------------------- */

/* The caller has made room: lengths are wire_len()'s. */
struct put {
	uint8_t *at;
};

static void put_le(struct put *p, uint64_t value, size_t n)
{
	for (; n; n--, value >>= 8)
		*p->at++ = (uint8_t)value;
}

static void put_u32(struct put *p, uint32_t value)
{
	put_le(p, value, 4);
}

static void put_u64(struct put *p, uint64_t value)
{
	put_le(p, value, 8);
}

static void put_raw(struct put *p, const void *data, size_t len)
{
	memcpy(p->at, data, len);
	p->at += len;
}

static void put_double(struct put *p, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_u64(p, bits);
}

static void put_doubles(struct put *p, const double *value, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		put_double(p, value[i]);
}

static double get_double(struct cursor *c)
{
	uint64_t bits = cursor_le64(c);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void get_doubles(struct cursor *c, double *value, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		value[i] = get_double(c);
}

static int done(const struct cursor *c)
{
	return cursor_done(c) ? 0 : -1;
}

/* ---- heads and lengths ------------------------------------------------------ */

void wire_head_put(uint8_t out[WIRE_HEAD], const struct wire_head *head)
{
	struct put p = { out };

	put_u32(&p, head->type);
	put_u32(&p, head->len);
	put_u64(&p, head->number);
}

int wire_head_get(const uint8_t in[WIRE_HEAD], struct wire_head *head)
{
	struct cursor c = cursor_over(in, WIRE_HEAD);

	head->type = cursor_le32(&c);
	head->len = cursor_le32(&c);
	head->number = cursor_le64(&c);
	return head->type < WIRE_JOIN || head->type > WIRE_LAST || head->len > WIRE_PAYLOAD_MAX ?
	       -1 : 0;
}

static size_t triangle(size_t block)
{
	return block * (block + 1) / 2;
}

static size_t sums_len(const struct net *net, bool hessian)
{
	return 16 + 8 * (net_params(net) + (hessian ? triangle(net->inputs + 1) : 0));
}

/* Of those that are about a run. */
static size_t run_len(uint32_t type, const struct net *net, bool hessian)
{
	switch (type) {
	case WIRE_GRADIENT:
	case WIRE_ROUND:
	case WIRE_UPDATE:
		return 16 + 8 * net_params(net);
	case WIRE_SUMS:
		return sums_len(net, hessian);
	case WIRE_MODEL:
		return 32 + 8 * net_params(net);
	default:
		return 0;
	}
}

size_t wire_len(uint32_t type, const struct plan *plan, const struct plan_run *run,
		bool hessian)
{
	struct net net;

	switch (type) {
	case WIRE_JOIN:
		return WIRE_JOIN_LEN;
	case WIRE_WELCOME:
		return WIRE_WELCOME_LEN;
	case WIRE_REFUSE:
		return WIRE_REFUSE_LEN;
	case WIRE_MOMENTS:
	case WIRE_SCALE:
		return 40 + 24 * plan->features;
	case WIRE_FIGURES:
		return FIGURES_LEN;
	case WIRE_RECEIPTS:
		return FEDERATION_LIST_MAX;
	case WIRE_BUNDLE:
		return FEDERATION_FILE_MAX;
	default:
		net = run ? plan_net(plan, run) : (struct net){ 0 };
		return run ? run_len(type, &net, hessian) : 0;
	}
}

size_t wire_len_max(const struct plan *plan)
{
	size_t most = wire_len(WIRE_MOMENTS, plan, NULL, false), i;

	most = most > FIGURES_LEN ? most : FIGURES_LEN;
	for (i = 0; i < plan->runs; i++) {
		const struct plan_run *run = &plan->run[i];
		size_t sums = wire_len(WIRE_SUMS, plan, run, run->method == PLAN_NEWTON);
		size_t model = wire_len(WIRE_MODEL, plan, run, false);

		most = most > sums ? most : sums;
		most = most > model ? most : model;
	}
	return most;
}

/* ---- joining ------------------------------------------------------------------ */

void wire_join_put(uint8_t *out, const struct wire_join *join)
{
	struct put p = { out };

	put_u32(&p, join->version);
	put_u32(&p, 0);
	put_raw(&p, join->plan, sizeof(join->plan));
	put_raw(&p, join->session, sizeof(join->session));
	put_raw(&p, join->nonce, sizeof(join->nonce));
	put_raw(&p, join->name, sizeof(join->name));
}

/* A name of letters, digits, - and _, and zeros behind it. */
static int check_name(const char name[WIRE_NAME_LEN])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t len = strnlen(name, WIRE_NAME_LEN), i;

	if (!len || len > PLAN_NAME_MAX || strspn(name, letters) != len)
		return -1;
	for (i = len; i < WIRE_NAME_LEN; i++) {
		if (name[i])
			return -1;
	}
	return 0;
}

int wire_join_get(const uint8_t *in, size_t len, struct wire_join *join)
{
	struct cursor c = cursor_over(in, len);

	join->version = cursor_le32(&c);
	cursor_zero(&c, 4);
	cursor_copy(&c, join->plan, sizeof(join->plan));
	cursor_copy(&c, join->session, sizeof(join->session));
	cursor_copy(&c, join->nonce, sizeof(join->nonce));
	cursor_copy(&c, join->name, sizeof(join->name));
	return done(&c) || check_name(join->name) ? -1 : 0;
}

void wire_welcome_put(uint8_t *out, const struct wire_welcome *welcome)
{
	struct put p = { out };

	put_raw(&p, welcome->federation, sizeof(welcome->federation));
	put_u32(&p, welcome->sites);
	put_u32(&p, welcome->quorum);
}

int wire_welcome_get(const uint8_t *in, size_t len, struct wire_welcome *welcome)
{
	struct cursor c = cursor_over(in, len);

	cursor_copy(&c, welcome->federation, sizeof(welcome->federation));
	welcome->sites = cursor_le32(&c);
	welcome->quorum = cursor_le32(&c);
	if (done(&c) || !welcome->quorum || welcome->quorum > welcome->sites ||
	    welcome->sites > PLAN_SITES_MAX)
		return -1;
	return 0;
}

void wire_refuse_put(uint8_t *out, uint32_t reason)
{
	struct put p = { out };

	put_u32(&p, reason);
	put_u32(&p, 0);
}

int wire_refuse_get(const uint8_t *in, size_t len, uint32_t *reason)
{
	struct cursor c = cursor_over(in, len);

	*reason = cursor_le32(&c);
	cursor_zero(&c, 4);
	return done(&c) || !*reason || *reason > WIRE_REASON_LAST ? -1 : 0;
}

const char *wire_reason_text(uint32_t reason)
{
	static const char *const text[] = {
		[WIRE_OTHER_VERSION] = "it speaks another version of the protocol",
		[WIRE_OTHER_PLAN] = "its plan is another one",
		[WIRE_NAME_TAKEN] = "another site has that name",
		[WIRE_CLOSED] = "the federation takes nobody in any more",
		[WIRE_NOT_FINITE] = "it sent a number that is not finite",
		[WIRE_NORM] = "what it sent is larger than the plan's max_norm",
		[WIRE_ROWS] = "the rows that it counted make no sense",
		[WIRE_NO_QUORUM] = "fewer sites than the quorum are left",
		[WIRE_DAMAGED] = "it sent a frame that does not belong there",
		[WIRE_IMPOSSIBLE] = "it sent numbers that its rows cannot have given",
	};

	return reason && reason <= WIRE_REASON_LAST ? text[reason] : "no reason that is known";
}

/* ---- moments ---------------------------------------------------------------- */

void wire_moments_put(uint8_t *out, const struct wire_counts *counts, const struct stats *stats)
{
	struct put p = { out };

	put_u64(&p, counts->rows);
	put_u64(&p, counts->train);
	put_u64(&p, counts->test);
	put_u64(&p, counts->positive);
	put_u64(&p, counts->dropped);
	put_doubles(&p, stats->count, stats->columns);
	put_doubles(&p, stats->mean, stats->columns);
	put_doubles(&p, stats->m2, stats->columns);
}

int wire_moments_get(const uint8_t *in, size_t len, struct wire_counts *counts,
		     struct stats *stats)
{
	struct cursor c = cursor_over(in, len);

	counts->rows = cursor_le64(&c);
	counts->train = cursor_le64(&c);
	counts->test = cursor_le64(&c);
	counts->positive = cursor_le64(&c);
	counts->dropped = cursor_le64(&c);
	get_doubles(&c, stats->count, stats->columns);
	get_doubles(&c, stats->mean, stats->columns);
	get_doubles(&c, stats->m2, stats->columns);
	return done(&c);
}

/* ---- of a run ------------------------------------------------------------------ */

void wire_task_put(uint8_t *out, const struct wire_task *task, const double *theta,
		   size_t params)
{
	struct put p = { out };

	put_u32(&p, task->run);
	put_u32(&p, task->hessian);
	put_u64(&p, task->round);
	put_doubles(&p, theta, params);
}

int wire_task_get(const uint8_t *in, size_t len, const struct plan *plan,
		  struct wire_task *task, double *theta)
{
	struct cursor c = cursor_over(in, len);
	struct net net;

	task->run = cursor_le32(&c);
	task->hessian = cursor_le32(&c);
	task->round = cursor_le64(&c);
	if (!cursor_ok(&c) || task->run >= plan->runs || task->hessian > 1)
		return -1;
	net = plan_net(plan, &plan->run[task->run]);
	if (task->hessian && net.hidden)
		return -1;
	if (cursor_left(&c) != 8 * net_params(&net))
		return -1;
	get_doubles(&c, theta, net_params(&net));
	return done(&c);
}

void wire_sums_put(uint8_t *out, const struct gradient *sums)
{
	struct put p = { out };
	size_t i;

	put_u64(&p, sums->rows);
	put_double(&p, sums->loss);
	put_doubles(&p, sums->g, sums->params);
	for (i = 0; sums->h && i < sums->block; i++)
		put_doubles(&p, sums->h + i * sums->block, i + 1);
}

int wire_sums_get(const uint8_t *in, size_t len, struct gradient *sums)
{
	struct cursor c = cursor_over(in, len);
	size_t i;

	if (len != sums_len(sums->net, sums->h))
		return -1;
	sums->rows = cursor_le64(&c);
	sums->loss = get_double(&c);
	get_doubles(&c, sums->g, sums->params);
	for (i = 0; sums->h && i < sums->block; i++)
		get_doubles(&c, sums->h + i * sums->block, i + 1);
	return done(&c);
}

void wire_update_put(uint8_t *out, const struct wire_update *update, const double *numbers,
		     size_t params)
{
	struct put p = { out };

	put_u64(&p, update->rows);
	put_double(&p, update->loss);
	put_doubles(&p, numbers, params);
}

int wire_update_get(const uint8_t *in, size_t len, struct wire_update *update, double *numbers,
		    size_t params)
{
	struct cursor c = cursor_over(in, len);

	update->rows = cursor_le64(&c);
	update->loss = get_double(&c);
	if (cursor_left(&c) != 8 * params)
		return -1;
	get_doubles(&c, numbers, params);
	return done(&c);
}

void wire_model_put(uint8_t *out, const struct wire_model *model, const double *theta,
		    size_t params)
{
	struct put p = { out };

	put_u32(&p, model->run);
	put_u32(&p, model->converged);
	put_u64(&p, model->steps);
	put_double(&p, model->loss);
	put_double(&p, model->norm);
	put_doubles(&p, theta, params);
}

int wire_model_get(const uint8_t *in, size_t len, const struct plan *plan,
		   struct wire_model *model, double *theta)
{
	struct cursor c = cursor_over(in, len);
	struct net net;

	model->run = cursor_le32(&c);
	model->converged = cursor_le32(&c);
	model->steps = cursor_le64(&c);
	model->loss = get_double(&c);
	model->norm = get_double(&c);
	if (!cursor_ok(&c) || model->run >= plan->runs || model->converged > 1)
		return -1;
	net = plan_net(plan, &plan->run[model->run]);
	if (cursor_left(&c) != 8 * net_params(&net))
		return -1;
	get_doubles(&c, theta, net_params(&net));
	return done(&c);
}

/* ---- figures ---------------------------------------------------------------------- */

/* The numbers of figures in their order on the wire. */
static void figure_list(struct metrics *m, double *out[FIGURE_NUMBERS])
{
	double *const list[FIGURE_NUMBERS] = {
		&m->accuracy, &m->auc, &m->auc_error, &m->loss, &m->brier, &m->calibration,
		&m->mse, &m->mae, &m->median_se, &m->median_ae, &m->r2,
	};

	memcpy(out, list, sizeof(list));
}

void wire_figures_put(uint8_t *out, const struct metrics *metrics)
{
	struct metrics copy = *metrics;
	double *list[FIGURE_NUMBERS];
	struct put p = { out };
	size_t i;

	figure_list(&copy, list);
	put_u64(&p, metrics->kind == LOSS_SQUARED);
	put_u64(&p, metrics->rows);
	put_u64(&p, metrics->positive);
	for (i = 0; i < FIGURE_NUMBERS; i++)
		put_double(&p, *list[i]);
	for (i = 0; i < METRICS_DECILES; i++) {
		put_u64(&p, metrics->decile[i].rows);
		put_u64(&p, metrics->decile[i].positive);
		put_double(&p, metrics->decile[i].expected);
	}
}

int wire_figures_get(const uint8_t *in, size_t len, struct metrics *metrics)
{
	struct cursor c = cursor_over(in, len);
	double *list[FIGURE_NUMBERS];
	uint64_t kind = cursor_le64(&c);
	size_t i;

	*metrics = (struct metrics){ .kind = kind ? LOSS_SQUARED : LOSS_LOG };
	figure_list(metrics, list);
	metrics->rows = cursor_le64(&c);
	metrics->positive = cursor_le64(&c);
	for (i = 0; i < FIGURE_NUMBERS; i++)
		*list[i] = get_double(&c);
	for (i = 0; i < METRICS_DECILES; i++) {
		metrics->decile[i].rows = cursor_le64(&c);
		metrics->decile[i].positive = cursor_le64(&c);
		metrics->decile[i].expected = get_double(&c);
	}
	return done(&c) || kind > 1 ? -1 : 0;
}
