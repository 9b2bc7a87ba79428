// SPDX-License-Identifier: MIT
#include "model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "onnx.h"
#include "outfile.h"
#include "safetensors.h"

#define TENSORS_MAX	(2 * (NET_HIDDEN_MAX + 1) + 3)
#define ROWS_MAX	(NET_HIDDEN_MAX * NET_WIDTH_MAX + NET_OUTPUTS_MAX + NET_HIDDEN_MAX + 1)

/** struct layout - tensors, their names, and where their rows lie */
struct layout {
	size_t tensors;
	struct tensor tensor[TENSORS_MAX];
	char name[TENSORS_MAX][MODEL_FILE_TENSOR_MAX];
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

const char *model_file_format(const struct net *net)
{
	if (net->hidden)
		return "ward-mlp-1";
	return net->loss == LOSS_LOG ? "ward-logistic-1" : "ward-linear-1";
}

const char *model_file_activation(const struct net *net)
{
	return net->activation == NET_TANH ? "tanh" : "relu";
}

const char *model_file_score(const struct net *net)
{
	return net->loss == LOSS_LOG ? "log odds" : "value";
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
	json_t *out = json_pack("{s:s, s:s}", "format", model_file_format(net),
				"plan", cohort->plan->name);

	if (!out || set_list(out, "features", model_file_features(cohort->plan)) ||
	    set_list(out, "sites", site_names(cohort)))
		goto err;
	if (net->hidden &&
	    (json_object_set_new(out, "activation",
				 json_string(model_file_activation(net))) ||
	     json_object_set_new(out, "score", json_string(model_file_score(net)))))
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

static void name_part(struct model_file_part *part, const struct net *net, size_t layer,
		      const char *what)
{
	if (net->hidden)
		snprintf(part->name, sizeof(part->name), "layer%zu.%s", layer, what);
	else
		snprintf(part->name, sizeof(part->name), "%s", what);
}

struct model_file_part model_file_weights(const struct net *net, size_t layer)
{
	struct net_layer at = net_layer(net, layer);
	struct model_file_part part = {
		.rows = net->hidden || at.units > 1 ? at.units : 0,
		.columns = at.inputs, .at = at.weight,
	};

	name_part(&part, net, layer, "weight");
	return part;
}

struct model_file_part model_file_biases(const struct net *net, size_t layer)
{
	struct net_layer at = net_layer(net, layer);
	struct model_file_part part = { .columns = at.units, .at = at.bias };

	name_part(&part, net, layer, "bias");
	return part;
}

static void add_part(struct layout *layout, const struct model_file_part *part,
		     const double *theta)
{
	memcpy(layout->name[layout->tensors], part->name, sizeof(part->name));
	add_block(layout, part->rows, part->columns, theta + part->at);
}

static void add_layers(struct layout *layout, const struct model *model)
{
	const struct net *net = &model->net;
	size_t layer;

	for (layer = 0; layer <= net->hidden; layer++) {
		struct model_file_part weights = model_file_weights(net, layer);
		struct model_file_part biases = model_file_biases(net, layer);

		add_part(layout, &weights, model->theta);
		add_part(layout, &biases, model->theta);
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
		snprintf(layout->name[layout->tensors], MODEL_FILE_TENSOR_MAX, "%s", names[i]);
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
