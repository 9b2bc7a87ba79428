// SPDX-License-Identifier: MIT
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "infile.h"
#include "plan_read.h"
#include "random.h"

int plan_parse(const char *text, size_t len, struct plan **out,
	       struct failure *failure)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	unsigned int digest_len = 0;

	if (!plan)
		return failed(failure, EXIT_DEVICE, "plan: out of memory");
	if (len > PLAN_SIZE_MAX) {
		failed(failure, EXIT_DAMAGED, "plan: longer than %u bytes", PLAN_SIZE_MAX);
		goto err;
	}
	if (!EVP_Digest(text, len, plan->digest, &digest_len, EVP_sha512(), NULL)) {
		failed(failure, EXIT_DEVICE, "plan: SHA-512 failed");
		goto err;
	}
	if (plan_read(text, len, plan, failure))
		goto err;
	*out = plan;
	return 0;
err:
	plan_free(plan);
	return -1;
}

int plan_load(const char *path, struct plan **out, struct failure *failure)
{
	uint8_t *text;
	size_t len;
	int ret;

	/* one more, so that plan_parse() sees what is too long */
	if (infile_read("plan ", path, PLAN_SIZE_MAX + 1, &text, &len, failure))
		return -1;
	ret = plan_parse((const char *)text, len, out, failure);
	free(text);
	return ret;
}

void plan_free(struct plan *plan)
{
	size_t i;

	if (!plan)
		return;
	for (i = 0; i < plan->split_sites; i++)
		free(plan->split_rows[i].range);
	free(plan);
}

static const struct plan_rows *rows_of(const struct plan *plan, const char *site)
{
	size_t i;

	for (i = 0; i < plan->split_sites; i++) {
		if (!strcmp(plan->split_rows[i].site, site))
			return &plan->split_rows[i];
	}
	return NULL;
}

bool plan_names_site(const struct plan *plan, const char *site)
{
	return plan->split != PLAN_SPLIT_ROWS || rows_of(plan, site);
}

struct net plan_net(const struct plan *plan, const struct plan_run *run)
{
	struct net net = {
		.inputs = plan->features, .outputs = plan->outputs, .hidden = run->hidden,
		.activation = run->activation,
		.loss = plan->label == PLAN_LABEL_VALUE ? LOSS_SQUARED : LOSS_LOG,
	};

	memcpy(net.width, run->width, sizeof(net.width));
	return net;
}

static bool rows_hold(const struct plan_rows *rows, uint64_t row)
{
	size_t low = 0, high = rows ? rows->count : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (row > rows->range[mid].last)
			low = mid + 1;
		else if (row < rows->range[mid].first)
			high = mid;
		else
			return true;
	}
	return false;
}

static uint64_t fnv1a(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
	return hash;
}

/* Even between 0 and 1. */
static double lot_of(const struct plan *plan, const char *site, uint64_t row)
{
	uint64_t bits = random_mix(plan->split_seed ^ fnv1a(site) ^ random_mix(row));

	return (double)(bits >> 11) * 0x1p-53;
}

bool plan_is_test(const struct plan *plan, const char *site, uint64_t row, uint64_t fold)
{
	switch (plan->split) {
	case PLAN_SPLIT_ROWS:
		return rows_hold(rows_of(plan, site), row);
	case PLAN_SPLIT_EVERY:
		return row % plan->split_every == plan->split_every - 1;
	case PLAN_SPLIT_FOLDS:
		return (uint64_t)(lot_of(plan, site, row) * (double)plan->split_folds) == fold;
	default:
		return lot_of(plan, site, row) < plan->split_fraction;
	}
}
