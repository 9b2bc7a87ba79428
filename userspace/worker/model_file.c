// SPDX-License-Identifier: MIT
#include "model_file.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "onnx.h"
#include "outfile.h"
#include "safetensors.h"

#define TENSORS_MAX	(2 * (NET_HIDDEN_MAX + 1) + 3)
#define TENSOR_NAME_MAX	32
#define ROWS_MAX	(NET_HIDDEN_MAX * NET_WIDTH_MAX + NET_OUTPUTS_MAX + NET_HIDDEN_MAX + 1)

/** struct layout - tensors, their names, and where their rows lie */
struct layout {
	size_t tensors;
	struct tensor tensor[TENSORS_MAX];
	char name[TENSORS_MAX][TENSOR_NAME_MAX];
	size_t rows;
	const double *row[ROWS_MAX];
	const double *scaler[3][PLAN_SITES_MAX];
};

/* ---- what the tensors mean ------------------------------------------------ */

static void feature_name(const struct plan_feature *feature, char *out, size_t cap)
{
	if (feature->lag)
		snprintf(out, cap, "%s[-%zu]", feature->column, feature->lag);
	else if (*feature->word)
		snprintf(out, cap, "%s=%s", feature->column, feature->word);
	else if (feature->indicator)
		snprintf(out, cap, "%s=%g", feature->column, feature->level);
	else
		snprintf(out, cap, "%s", feature->column);
}

json_t *model_file_features(const struct plan *plan)
{
	json_t *names = json_array();
	char name[2 * PLAN_NAME_MAX + 32];
	size_t i;

	for (i = 0; i < plan->features; i++) {
		feature_name(&plan->feature[i], name, sizeof(name));
		json_array_append_new(names, json_string(name));
	}
	return names;
}

static json_t *site_names(const struct cohort *cohort)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < cohort->sites; i++)
		json_array_append_new(names, json_string(cohort->site[i].name));
	return names;
}

static const char *format_of(const struct net *net)
{
	if (net->hidden)
		return "ward-mlp-1";
	return net->loss == LOSS_LOG ? "ward-logistic-1" : "ward-linear-1";
}

/* The format wants texts; a list is JSON in a text. Takes @list over. */
static int set_list(json_t *object, const char *key, json_t *list)
{
	char *text = json_dumps(list, JSON_COMPACT);
	int ret = text ? json_object_set_new(object, key, json_string(text)) : -1;

	free(text);
	json_decref(list);
	return ret;
}

static json_t *metadata_of(const struct cohort *cohort, const struct net *net)
{
	json_t *out = json_pack("{s:s, s:s}", "format", format_of(net), "plan", cohort->plan->name);

	if (!out || set_list(out, "features", model_file_features(cohort->plan)) ||
	    set_list(out, "sites", site_names(cohort)))
		goto err;
	if (net->hidden &&
	    (json_object_set_new(out, "activation",
				 json_string(net->activation == NET_TANH ? "tanh" : "relu")) ||
	     json_object_set_new(out, "score",
				 json_string(net->loss == LOSS_LOG ? "log odds" : "value"))))
		goto err;
	return out;
err:
	json_decref(out);
	return NULL;
}

/* ---- tensors --------------------------------------------------------------- */

static void add(struct layout *layout, size_t rows, size_t columns, const double *const *row)
{
	layout->tensor[layout->tensors] = (struct tensor){
		layout->name[layout->tensors], rows, columns, row,
	};
	layout->tensors++;
}

/* A matrix, or a vector where @rows is 0, whose numbers lie back to back. */
static void add_block(struct layout *layout, size_t rows, size_t columns, const double *from)
{
	const double **row = layout->row + layout->rows;
	size_t i, count = rows ? rows : 1;

	for (i = 0; i < count; i++)
		layout->row[layout->rows++] = from + i * columns;
	add(layout, rows, columns, row);
}

/* A model of one layer and one score has a vector for its weights. */
static void add_layers(struct layout *layout, const struct model *model)
{
	const struct net *net = &model->net;
	size_t layer;

	for (layer = 0; layer <= net->hidden; layer++) {
		struct net_layer at = net_layer(net, layer);
		char prefix[16] = "";

		if (net->hidden)
			snprintf(prefix, sizeof(prefix), "layer%zu.", layer);
		snprintf(layout->name[layout->tensors], TENSOR_NAME_MAX, "%sweight", prefix);
		add_block(layout, net->hidden || at.units > 1 ? at.units : 0, at.inputs,
			  model->theta + at.weight);
		snprintf(layout->name[layout->tensors], TENSOR_NAME_MAX, "%sbias", prefix);
		add_block(layout, 0, at.units, model->theta + at.bias);
	}
}

/* Statistics by site where the plan standardises by site, else one row for all. */
static void add_scalers(struct layout *layout, const struct cohort *cohort)
{
	static const char *const names[] = { "fill", "shift", "scale" };
	size_t sites = cohort->plan->scale == PLAN_SCALE_SITE ? cohort->sites : 0, i;

	for (i = 0; i < (sites ? sites : 1); i++) {
		layout->scaler[0][i] = cohort->site[i].scaler.fill;
		layout->scaler[1][i] = cohort->site[i].scaler.shift;
		layout->scaler[2][i] = cohort->site[i].scaler.scale;
	}
	for (i = 0; i < 3; i++) {
		snprintf(layout->name[layout->tensors], TENSOR_NAME_MAX, "%s", names[i]);
		add(layout, sites, cohort->plan->features, layout->scaler[i]);
	}
}

/* ---- files ------------------------------------------------------------------ */

/* @bytes: NULL = there was no memory for them; freed. */
static int write_file(const struct model *model, const char *kind, const char *dir,
		      uint8_t *bytes, size_t len, struct model_file *file,
		      struct failure *failure)
{
	int ret = -1;

	snprintf(file->name, sizeof(file->name), "model-%s.%s", model->run->name, kind);
	if (bytes && EVP_Digest(bytes, len, file->sha256, NULL, EVP_sha256(), NULL))
		ret = outfile_write(dir, file->name, bytes, len, failure);
	else
		failed(failure, EXIT_DEVICE, "%s: out of memory", file->name);
	free(bytes);
	return ret;
}

int model_file_write(const struct cohort *cohort, const struct model *model, const char *dir,
		     struct model_file *file, struct failure *failure)
{
	json_t *metadata = metadata_of(cohort, &model->net);
	struct layout *layout = calloc(1, sizeof(*layout));
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (metadata && layout) {
		add_layers(layout, model);
		add_scalers(layout, cohort);
		if (safetensors_encode(layout->tensor, layout->tensors, metadata, &bytes, &len))
			bytes = NULL;
	}
	free(layout);
	json_decref(metadata);
	return write_file(model, "safetensors", dir, bytes, len, file, failure);
}

int model_file_write_onnx(const struct cohort *cohort, const struct model *model,
			  const char *dir, struct model_file *file, struct failure *failure)
{
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (onnx_encode(cohort, model, &bytes, &len))
		bytes = NULL;
	return write_file(model, "onnx", dir, bytes, len, file, failure);
}
