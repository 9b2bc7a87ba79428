// SPDX-License-Identifier: MIT
/*
 * Frames of a federation, by a plan of two runs, and the file of its receipts: what is accepted
 * is written again as it came.
 */
#include <stdlib.h>
#include <string.h>

#include "../../userspace/common/federation_file.h"
#include "../../userspace/worker/wire.h"
#include "plain_memory.h"
#include "sentence.h"

static const struct plan plan = {
	.features = 2, .outputs = 1, .runs = 2,
	.run = {
		{ .method = PLAN_NEWTON },
		{ .method = PLAN_SGD, .hidden = 1, .width = { 2 }, .rounds = 3 },
	},
};

#define PARAMS_MAX	9	/* of the second: 2 x 2 + 2 + 2 + 1 */

static void same(const uint8_t *again, struct wv_bytes in, uint32_t type)
{
	if (memcmp(again, in.data, in.len))
		fuzz_die("a frame of type %u reads otherwise than it is written", type);
}

static int sums(struct memory *memory, struct wv_bytes in, uint8_t *again, int hessian)
{
	struct net net = plan_net(&plan, &plan.run[0]);
	struct gradient sum;

	if (gradient_init(&sum, memory, &net, hessian) || wire_sums_get(in.data, in.len, &sum))
		return WV_USAGE;
	wire_sums_put(again, &sum);
	return WV_OK;
}

static int moments(struct memory *memory, struct wv_bytes in, uint8_t *again)
{
	struct wire_counts counts;
	struct stats stats;

	if (stats_init(&stats, memory, plan.features) ||
	    wire_moments_get(in.data, in.len, &counts, &stats))
		return WV_USAGE;
	wire_moments_put(again, &counts, &stats);
	return WV_OK;
}

static int of_run(uint32_t type, struct wv_bytes in, uint8_t *again)
{
	double numbers[PARAMS_MAX];
	struct wire_update update;
	struct wire_model model;
	struct wire_task task;
	struct net net;

	if (type == WIRE_UPDATE) {
		net = plan_net(&plan, &plan.run[1]);
		if (wire_update_get(in.data, in.len, &update, numbers, net_params(&net)))
			return WV_USAGE;
		wire_update_put(again, &update, numbers, net_params(&net));
	} else if (type == WIRE_MODEL) {
		if (wire_model_get(in.data, in.len, &plan, &model, numbers))
			return WV_USAGE;
		net = plan_net(&plan, &plan.run[model.run]);
		wire_model_put(again, &model, numbers, net_params(&net));
	} else {
		if (wire_task_get(in.data, in.len, &plan, &task, numbers))
			return WV_USAGE;
		net = plan_net(&plan, &plan.run[task.run]);
		wire_task_put(again, &task, numbers, net_params(&net));
	}
	return WV_OK;
}

static int joining(uint32_t type, struct wv_bytes in, uint8_t *again)
{
	struct wire_welcome welcome;
	struct wire_join join;
	uint32_t reason;

	if (type == WIRE_JOIN) {
		if (wire_join_get(in.data, in.len, &join))
			return WV_USAGE;
		wire_join_put(again, &join);
	} else if (type == WIRE_WELCOME) {
		if (wire_welcome_get(in.data, in.len, &welcome))
			return WV_USAGE;
		wire_welcome_put(again, &welcome);
	} else {
		if (wire_refuse_get(in.data, in.len, &reason))
			return WV_USAGE;
		if (!*wire_reason_text(reason))
			fuzz_die("reason %u has no words", reason);
		wire_refuse_put(again, reason);
	}
	return WV_OK;
}

static int payload(struct memory *memory, uint32_t type, struct wv_bytes in, uint8_t *again)
{
	struct metrics metrics;

	switch (type) {
	case WIRE_JOIN:
	case WIRE_WELCOME:
	case WIRE_REFUSE:
		return joining(type, in, again);
	case WIRE_MOMENTS:
	case WIRE_SCALE:
		return moments(memory, in, again);
	case WIRE_SUMS:
		return sums(memory, in, again, 0) == WV_OK ? WV_OK : sums(memory, in, again, 1);
	case WIRE_GRADIENT:
	case WIRE_ROUND:
	case WIRE_UPDATE:
	case WIRE_MODEL:
		return of_run(type, in, again);
	case WIRE_FIGURES:
		if (wire_figures_get(in.data, in.len, &metrics))
			return WV_USAGE;
		wire_figures_put(again, &metrics);
		return WV_OK;
	default:
		return WV_USAGE;
	}
}

static int file(struct wv_bytes in)
{
	struct federation_receipt receipt[FEDERATION_RECEIPTS_MAX];
	struct federation_file f;
	uint8_t *again;
	size_t len, i;

	if (federation_file_get(in.data, in.len, &f))
		return WV_USAGE;
	for (i = 0; i < f.sites; i++) {
		int count = f.site[i].len ? federation_receipts_get(f.site[i].receipts,
								    f.site[i].len, receipt) : 0;

		while (count-- > 0)
			fuzz_inside((struct wv_bytes){ receipt[count].bundle, receipt[count].len },
				    in);
	}
	len = federation_file_put(NULL, &f);
	again = malloc(len + 1);
	if (!again)
		return WV_NO_MEMORY;
	if (len != in.len || f.signed_len >= len)
		fuzz_die("a file of %zu bytes becomes one of %zu", in.len, len);
	federation_file_put(again, &f);
	if (memcmp(again, in.data, len))
		fuzz_die("a file reads otherwise than it is written");
	free(again);
	return WV_OK;
}

int fuzz_one(struct wv_bytes in)
{
	uint8_t again[1024];
	struct memory memory;
	struct wire_head head;
	int rc;

	if (in.len < WIRE_HEAD)
		return WV_USAGE;
	if (!memcmp(in.data, "WARD-FED", 8))
		return file(in);
	if (wire_head_get(in.data, &head))
		return WV_USAGE;
	wire_head_put(again, &head);
	if (memcmp(again, in.data, WIRE_HEAD))
		fuzz_die("a head reads otherwise than it is written");
	in.data += WIRE_HEAD;
	in.len -= WIRE_HEAD;
	if (head.len != in.len || in.len > sizeof(again))
		return WV_USAGE;
	memory_init(&memory, &plain_memory, 1 << 20);
	rc = payload(&memory, head.type, in, again);
	if (rc == WV_OK)
		same(again, in, head.type);
	memory_release(&memory, NULL);
	return rc;
}
