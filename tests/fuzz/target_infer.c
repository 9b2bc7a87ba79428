// SPDX-License-Identifier: MIT
/*
 * A request for inference, as ward-train serve reads it: tables and JSON, for a plan of rows and one
 * of courses. The same request has the same answer, which is JSON with a row for each, and a refusal
 * has a status, a word and a place, and nothing of the request. One byte before it says how it is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "../../userspace/worker/infer.h"
#include "../../userspace/worker/scrub.h"
#include "plain_memory.h"
#include "sentence.h"

#define BUDGET	(8u << 20)
#define ROWS	50

static const char *const plans[] = {
	"{\"ward-plan\":1,\"name\":\"p\",\"features\":[{\"column\":\"a\"},{\"column\":\"b\",\"levels\":[1,2.5]},"
	"{\"column\":\"c\",\"levels\":[\"x\",\"y\"]}],\"label\":{\"column\":\"l\",\"above\":0},\"missing\":"
	"\"drop\",\"split\":{\"rule\":\"every\",\"every\":5},\"runs\":[{\"name\":\"n\",\"method\":\"newton\"}]}",
	"{\"ward-plan\":1,\"name\":\"q\",\"course\":{\"by\":\"w\",\"time\":\"t\",\"step\":300,\"column\":\"g\","
	"\"past\":3,\"ahead\":2},\"split\":{\"rule\":\"tail\",\"head\":0.6,\"tail\":0.2},\"runs\":[{\"name\":\"n\","
	"\"method\":\"newton\"}]}",
};

#define PLANS	(sizeof(plans) / sizeof(plans[0]))

/** struct world - a plan, and a model of it */
struct world {
	struct memory memory;
	struct plan *plan;
	struct trained trained;
	struct infer infer;
};

/** struct answer - what came of a request */
struct answer {
	int ret;
	uint64_t rows;
	size_t len;
	char *text;
	struct infer_problem problem;
};

/* What is left on the stack is another test's. */
void scrub_stack(void)
{
}

/* Of all models one will do: its numbers are small ones. */
static void make(struct world *w, const char *text)
{
	struct failure failure = { 0 };
	struct trained *t = &w->trained;
	size_t i;

	memory_init(&w->memory, &plain_memory, BUDGET);
	if (plan_parse(text, strlen(text), &w->plan, &failure))
		fuzz_die("%s", failure.text);
	t->plan = w->plan;
	t->net = plan_net(w->plan, &w->plan->run[0]);
	t->theta = memory_doubles(&w->memory, net_params(&t->net));
	if (!t->theta || scaler_init(&t->scaler, &w->memory, w->plan->features) ||
	    net_work_init(&t->work, &w->memory, &t->net))
		fuzz_die("no memory");
	for (i = 0; i < net_params(&t->net); i++)
		t->theta[i] = 0.25 * (double)(i + 1);
	w->infer = (struct infer){
		.plan = w->plan, .run = &w->plan->run[0], .trained = t, .memory = &w->memory,
		.missing = "", .rows_max = ROWS,
	};
}

/* Made once, and not counted among what a request takes. */
static struct world *world(size_t i)
{
	static struct world worlds[PLANS];

	if (!worlds[i].plan) {
		alloc_hold(true);
		make(&worlds[i], plans[i]);
		alloc_hold(false);
	}
	return &worlds[i];
}

static void ask(const struct world *w, enum infer_kind kind, struct wv_bytes body, struct answer *a)
{
	struct evbuffer *out;
	size_t live = w->memory.live;

	memset(a, 0, sizeof(*a));
	alloc_hold(true);
	out = evbuffer_new();
	alloc_hold(false);
	if (!out)
		fuzz_die("no memory");
	a->ret = infer_answer(&w->infer, kind, body.data, body.len, out, &a->rows, &a->problem);
	a->len = evbuffer_get_length(out);
	alloc_hold(true);
	a->text = malloc(a->len + 1);
	alloc_hold(false);
	if (!a->text || evbuffer_remove(out, a->text, a->len) != (int)a->len)
		fuzz_die("no memory");
	a->text[a->len] = '\0';
	evbuffer_free(out);
	if (w->memory.live != live)
		fuzz_die("%zu bytes are not given back", w->memory.live - live);
}

static void sound(const struct world *w, const struct answer *a)
{
	json_t *answer, *rows;

	if (a->ret) {
		if (a->problem.status < 400 || a->problem.status > 599 || !a->problem.reason ||
		    !*a->problem.detail)
			fuzz_die("refused without saying why");
		return;
	}
	alloc_hold(true);
	answer = json_loadb(a->text, a->len, 0, NULL);
	alloc_hold(false);
	rows = json_object_get(answer, "rows");
	if (!rows || a->rows > ROWS)
		fuzz_die("the answer is none: %.200s", a->text);
	if (!w->plan->course.past && json_array_size(rows) != a->rows)
		fuzz_die("%zu answers to %llu rows", json_array_size(rows), (unsigned long long)a->rows);
	json_decref(answer);
}

int fuzz_one(struct wv_bytes in)
{
	struct answer first, again;
	struct wv_bytes body;
	const struct world *w;
	enum infer_kind kind;

	if (!in.len)
		return WV_USAGE;
	w = world(in.data[0] % PLANS);
	kind = in.data[0] & 0x80 ? INFER_JSON : INFER_CSV;
	body = (struct wv_bytes){ in.data + 1, in.len - 1 };
	ask(w, kind, body, &first);
	if (!alloc_failing()) {
		sound(w, &first);
		ask(w, kind, body, &again);
		if (again.len != first.len || memcmp(again.text, first.text, first.len) ||
		    again.problem.status != first.problem.status)
			fuzz_die("asked again it is another answer");
		free(again.text);
	}
	free(first.text);
	return first.ret ? fuzz_sentence(first.problem.detail) : WV_OK;
}
