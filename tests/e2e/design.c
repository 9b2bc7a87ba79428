// SPDX-License-Identifier: MIT
/* The worker's plan and cards, read for what its buffers must have held. */
#include "site.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define ERROR_LEN	256
#define FEATURES_MAX	512

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

static double *numbers(json_t *array, size_t count)
{
	double *out;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) != count)
		return NULL;
	out = calloc(count, sizeof(*out));
	for (i = 0; out && i < count; i++)
		out[i] = json_number_value(json_array_get(array, i));
	return out;
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

/* Scales stand once for all sites or once per site: take them wherever. */
static void find_scales(struct design *d, json_t *json, unsigned int depth)
{
	const char *name;
	json_t *mean, *sd, *value;
	size_t i;

	if (depth > 8)
		return;
	mean = json_object_get(json, "mean");
	sd = json_object_get(json, "sd");
	if (mean && sd)
		add_scale(d, numbers(mean, d->features), numbers(sd, d->features));
	json_object_foreach(json, name, value)
		find_scales(d, value, depth + 1);
	json_array_foreach(json, i, value)
		find_scales(d, value, depth + 1);
}

int design_load(struct design *d, const char *plan, char *const *card,
		size_t cards, char *error)
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
	for (i = 0; i < cards; i++) {
		json = json_load_file(card[i], 0, &where);
		if (!json) {
			snprintf(error, ERROR_LEN, "%s: line %d: %s", card[i], where.line,
				 where.text);
			return -1;
		}
		find_scales(d, json, 0);
		json_decref(json);
	}
	if (cards && !d->scales) {
		snprintf(error, ERROR_LEN,
			 "%s: holds no mean and sd of %zu features", card[0], d->features);
		return -1;
	}
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
