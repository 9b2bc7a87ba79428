// SPDX-License-Identifier: MIT
#include "trained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"
#include "safetensors_read.h"

/* ---- is it the plan's ---------------------------------------------------------- */

static int check_text(const struct tensors *file, const char *key, const char *expected,
		      struct failure *failure)
{
	const char *found = tensors_meta(file, key);

	if (found && !strcmp(found, expected))
		return 0;
	return failed(failure, EXIT_DAMAGED,
		      "metadata %s: not the plan's, which has \"%.64s\": a model of another plan or run",
		      key, expected);
}

static int check_features(const struct tensors *file, const struct plan *plan,
			  struct failure *failure)
{
	json_t *names = model_file_features(plan);
	char *text = json_dumps(names, JSON_COMPACT);
	int ret;

	json_decref(names);
	if (!text)
		return failed(failure, EXIT_DEVICE, "out of memory");
	ret = check_text(file, "features", text, failure);
	free(text);
	return ret;
}

static int check_meaning(const struct tensors *file, const struct trained *out,
			 struct failure *failure)
{
	const struct net *net = &out->net;

	if (check_text(file, "format", model_file_format(net), failure) ||
	    check_text(file, "plan", out->plan->name, failure) ||
	    check_features(file, out->plan, failure))
		return -1;
	if (!net->hidden)
		return 0;
	return check_text(file, "activation", model_file_activation(net), failure) ||
	       check_text(file, "score", model_file_score(net), failure) ? -1 : 0;
}

/* ---- its numbers ------------------------------------------------------------------ */

static int copy_layers(const struct tensors *file, struct trained *out,
		       struct failure *failure)
{
	const struct net *net = &out->net;
	size_t layer;

	for (layer = 0; layer <= net->hidden; layer++) {
		struct model_file_part weights = model_file_weights(net, layer);
		struct model_file_part biases = model_file_biases(net, layer);

		if (tensors_copy(file, weights.name, weights.rows, weights.columns,
				 out->theta + weights.at, failure) ||
		    tensors_copy(file, biases.name, biases.rows, biases.columns,
				 out->theta + biases.at, failure))
			return -1;
	}
	return 0;
}

/* Which row of the statistics is a site's. */
static int find_site(const struct tensors *file, const char *site, size_t *at, size_t *sites,
		     struct failure *failure)
{
	const char *text = tensors_meta(file, "sites");
	json_t *names = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *name;
	int ret = -1;

	*sites = json_array_size(names);
	for (*at = 0; *at < *sites && ret; ++*at) {
		name = json_string_value(json_array_get(names, *at));
		ret = name && site && !strcmp(name, site) ? 0 : -1;
	}
	json_decref(names);
	if (ret)
		return failed(failure, EXIT_MISUSE,
			      "the plan standardises by site, and %s%s is none of the model's sites; metadata sites: %.200s",
			      site ? "" : "no site", site ? site : "", text ? text : "none");
	--*at;
	return 0;
}

/* One row of the statistics for all sites, or each site's own. */
static int copy_statistics(const struct tensors *file, const char *name, size_t at, size_t sites,
			   struct memory *memory, double *out, size_t columns,
			   struct failure *failure)
{
	double *all;

	if (!sites)
		return tensors_copy(file, name, 0, columns, out, failure);
	all = sites <= PLAN_SITES_MAX ? memory_doubles(memory, sites * columns) : NULL;
	if (!all)
		return failed(failure, EXIT_DEVICE, "no room for the statistics of %zu sites",
			      sites);
	if (tensors_copy(file, name, sites, columns, all, failure))
		return -1;
	memcpy(out, all + at * columns, columns * sizeof(*out));
	return 0;
}

static int check_scale(const struct scaler *scaler, struct failure *failure)
{
	size_t i;

	for (i = 0; i < scaler->columns; i++) {
		if (!(scaler->scale[i] > 0))
			return failed(failure, EXIT_DAMAGED,
				      "tensor scale: column %zu is not above 0", i + 1);
	}
	return 0;
}

static int copy_scaler(const struct tensors *file, struct trained *out, const char *site,
		       struct memory *memory, struct failure *failure)
{
	const char *const names[] = { "fill", "shift", "scale" };
	double *const to[] = { out->scaler.fill, out->scaler.shift, out->scaler.scale };
	size_t at = 0, sites = 0, i;

	if (out->plan->scale == PLAN_SCALE_SITE && find_site(file, site, &at, &sites, failure))
		return -1;
	for (i = 0; i < 3; i++) {
		if (copy_statistics(file, names[i], at, sites, memory, to[i],
				    out->scaler.columns, failure))
			return -1;
	}
	return check_scale(&out->scaler, failure);
}

static int make_room(struct trained *out, struct memory *memory, struct failure *failure)
{
	out->theta = memory_doubles(memory, net_params(&out->net));
	if (!out->theta || scaler_init(&out->scaler, memory, out->plan->features) ||
	    net_work_init(&out->work, memory, &out->net))
		return failed(failure, EXIT_DEVICE,
			      "no room for a model of %zu parameters in the budget; raise --budget",
			      net_params(&out->net));
	return 0;
}

int trained_read(struct trained *out, const struct plan *plan, const struct plan_run *run,
		 const char *site, const uint8_t *bytes, size_t len, struct memory *memory,
		 struct failure *failure)
{
	struct tensors file;
	int ret;

	*out = (struct trained){ .plan = plan, .net = plan_net(plan, run) };
	if (tensors_open(bytes, len, &file, failure))
		return -1;
	ret = check_meaning(&file, out, failure) || make_room(out, memory, failure) ||
	      copy_layers(&file, out, failure) ||
	      copy_scaler(&file, out, site, memory, failure) ? -1 : 0;
	tensors_close(&file);
	return ret;
}

const double *trained_answer(struct trained *trained, double *x)
{
	const double *score;

	scaler_apply(&trained->scaler, x);
	score = net_forward(&trained->net, trained->theta, x, &trained->work);
	if (trained->net.loss != LOSS_LOG)
		return score;
	/* of classes there is one score */
	*x = 1 / (1 + exp(-*score));
	return x;
}
