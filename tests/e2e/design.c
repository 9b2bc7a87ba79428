// SPDX-License-Identifier: MIT
/* The worker's plan and models, read for what its buffers must have held. */
#include "site.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define ERROR_LEN	256
#define FEATURES_MAX	512
#define MODEL_MAX	(1u << 20)

static int add_feature(struct design *d, const char *name, json_t *level)
{
	struct feature *f;

	f = reallocarray(d->feature, d->features + 1, sizeof(*f));
	if (!f)
		return -1;
	d->feature = f;
	f += d->features;
	*f = (struct feature){ .name = strdup(name), .indicator = level != NULL,
			       .level = json_number_value(level) };
	d->features++;
	return f->name && d->features <= FEATURES_MAX ? 0 : -1;
}

static int add_features(struct design *d, json_t *list)
{
	json_t *entry, *level;
	const char *name;
	size_t i, j;

	json_array_foreach(list, i, entry) {
		name = json_string_value(json_object_get(entry, "column"));
		if (!name)
			return -1;
		if (!json_object_get(entry, "levels") && add_feature(d, name, NULL))
			return -1;
		json_array_foreach(json_object_get(entry, "levels"), j, level)
			if (add_feature(d, name, level))
				return -1;
	}
	return d->features ? 0 : -1;
}

static int add_scale(struct design *d, double *mean, double *sd)
{
	double **list;

	if (!mean || !sd)
		goto fail;
	list = reallocarray(d->mean, d->scales + 1, sizeof(*list));
	if (!list)
		goto fail;
	d->mean = list;
	list = reallocarray(d->sd, d->scales + 1, sizeof(*list));
	if (!list)
		goto fail;
	d->sd = list;
	d->mean[d->scales] = mean;
	d->sd[d->scales++] = sd;
	return 0;
fail:
	free(mean);
	free(sd);
	return -1;
}

/*
 * A model is a safetensors file: u64 length of the header, JSON, tensors. Its
 * tensors shift and scale have a row per site, or one for all.
 */
struct model {
	uint8_t *bytes;
	size_t len;
	json_t *header;
	const uint8_t *data;
	size_t data_len;
};

static int model_open(struct model *m, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint64_t header;

	*m = (struct model){ .bytes = malloc(MODEL_MAX) };
	if (f && m->bytes)
		m->len = fread(m->bytes, 1, MODEL_MAX, f);
	if (f)
		fclose(f);
	if (m->len < sizeof(header))
		return -1;
	memcpy(&header, m->bytes, sizeof(header));
	if (header > m->len - sizeof(header))
		return -1;
	m->header = json_loadb((char *)m->bytes + sizeof(header), header, 0, NULL);
	m->data = m->bytes + sizeof(header) + header;
	m->data_len = m->len - sizeof(header) - header;
	return m->header ? 0 : -1;
}

static void model_close(struct model *m)
{
	json_decref(m->header);
	free(m->bytes);
}

/* Return: where a tensor's doubles stand and how many, or NULL. */
static const uint8_t *tensor(const struct model *m, const char *name, size_t *count)
{
	json_t *t = json_object_get(m->header, name);
	json_t *range = json_object_get(t, "data_offsets");
	const char *type = json_string_value(json_object_get(t, "dtype"));
	size_t from = (size_t)json_integer_value(json_array_get(range, 0));
	size_t to = (size_t)json_integer_value(json_array_get(range, 1));

	if (!type || strcmp(type, "F64") || from > to || to > m->data_len)
		return NULL;
	*count = (to - from) / sizeof(double);
	return m->data + from;
}

static double *numbers(const uint8_t *bytes, size_t count)
{
	double *out = reallocarray(NULL, count, sizeof(*out));

	if (out)
		memcpy(out, bytes, count * sizeof(*out));
	return out;
}

static int add_scales(struct design *d, const struct model *m)
{
	size_t shifts = 0, scales = 0, row = d->features * sizeof(double);
	const uint8_t *shift = tensor(m, "shift", &shifts);
	const uint8_t *scale = tensor(m, "scale", &scales);
	size_t i;

	if (!shift || !scale || shifts != scales || !shifts || shifts % d->features)
		return -1;
	for (i = 0; i < shifts / d->features; i++)
		if (add_scale(d, numbers(shift + i * row, d->features),
			      numbers(scale + i * row, d->features)))
			return -1;
	return 0;
}

static int load_model(struct design *d, const char *path, char *error)
{
	struct model m;
	int rc = model_open(&m, path);

	if (!rc)
		rc = add_scales(d, &m);
	if (rc)
		snprintf(error, ERROR_LEN,
			 "%s: is no model with shift and scale of %zu features", path,
			 d->features);
	model_close(&m);
	return rc;
}

int design_load(struct design *d, const char *plan, char *const *model,
		size_t models, char *error)
{
	json_error_t where;
	json_t *json = json_load_file(plan, 0, &where);
	size_t i;
	int rc;

	*d = (struct design){ 0 };
	rc = json ? add_features(d, json_object_get(json, "features")) : -1;
	json_decref(json);
	if (rc) {
		snprintf(error, ERROR_LEN, "%s: is no plan with features", plan);
		return -1;
	}
	for (i = 0; i < models; i++)
		if (load_model(d, model[i], error))
			return -1;
	return 0;
}

static const double *find_value(const struct site *site, size_t row, const char *name)
{
	size_t i;

	for (i = 0; i < site->columns; i++)
		if (!strcmp(site->column[i], name))
			return &site->value[row * site->columns + i];
	return NULL;
}

int design_row(const struct design *d, const struct site *site, size_t row,
	       double *out)
{
	const double *value;
	size_t i;

	for (i = 0; i < d->features; i++) {
		value = find_value(site, row, d->feature[i].name);
		if (!value)
			return -1;
		out[i] = *value;
		if (d->feature[i].indicator && !isnan(*value))
			out[i] = *value == d->feature[i].level;
	}
	return 0;
}

void design_free(struct design *d)
{
	size_t i;

	for (i = 0; i < d->features; i++)
		free(d->feature[i].name);
	for (i = 0; i < d->scales; i++) {
		free(d->mean[i]);
		free(d->sd[i]);
	}
	free(d->feature);
	free(d->mean);
	free(d->sd);
	*d = (struct design){ 0 };
}
