// SPDX-License-Identifier: MIT
#include "card.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "emit.h"
#include "outfile.h"
#include "safetensors.h"

#define TENSORS		5
#define FILE_NAME_MAX	128

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *card_metrics(const struct metrics *metrics)
{
	json_t *out = json_pack("{s:I, s:I, s:o, s:o, s:o}", "rows",
				(json_int_t)metrics->rows, "positive",
				(json_int_t)metrics->positive, "accuracy",
				number(metrics->accuracy), "auc", number(metrics->auc),
				"log_loss", number(metrics->loss));

	if (out && metrics->auc_error > 0)
		json_object_set_new(out, "auc_error", number(metrics->auc_error));
	return out;
}

/* ---- the model's file ---------------------------------------------------- */

/* "age" or, for an indicator, "cp=3". */
static void feature_name(const struct plan_feature *feature, char *out, size_t cap)
{
	if (feature->indicator)
		snprintf(out, cap, "%s=%g", feature->column, feature->level);
	else
		snprintf(out, cap, "%s", feature->column);
}

static json_t *feature_names(const struct plan *plan)
{
	json_t *names = json_array();
	char name[PLAN_NAME_MAX + 32];
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

/* The format wants texts; lists are JSON in a text. */
static json_t *file_metadata(const struct card *card)
{
	json_t *features = feature_names(card->cohort->plan);
	json_t *sites = site_names(card->cohort), *out = NULL;
	char *features_text = json_dumps(features, JSON_COMPACT);
	char *sites_text = json_dumps(sites, JSON_COMPACT);

	if (features_text && sites_text)
		out = json_pack("{s:s, s:s, s:s, s:s}", "format", "ward-logistic-1",
				"plan", card->cohort->plan->name,
				"features", features_text, "sites", sites_text);
	free(features_text);
	free(sites_text);
	json_decref(features);
	json_decref(sites);
	return out;
}

struct rows {
	const double *fill[PLAN_SITES_MAX];
	const double *shift[PLAN_SITES_MAX];
	const double *scale[PLAN_SITES_MAX];
};

/* Statistics by site where the plan standardises by site, else one row for all. */
static void fill_tensors(const struct card *card, const struct model *model,
			 struct rows *rows, const double **theta, struct tensor *tensor)
{
	const struct cohort *cohort = card->cohort;
	size_t p = model->features, i;
	size_t sites = cohort->plan->scale == PLAN_SCALE_SITE ? cohort->sites : 0;

	for (i = 0; i < (sites ? sites : 1); i++) {
		rows->fill[i] = cohort->site[i].scaler.fill;
		rows->shift[i] = cohort->site[i].scaler.shift;
		rows->scale[i] = cohort->site[i].scaler.scale;
	}
	theta[0] = model->theta;
	theta[1] = model->theta + p;
	tensor[0] = (struct tensor){ "weight", 0, p, &theta[0] };
	tensor[1] = (struct tensor){ "bias", 0, 1, &theta[1] };
	tensor[2] = (struct tensor){ "fill", sites, p, rows->fill };
	tensor[3] = (struct tensor){ "shift", sites, p, rows->shift };
	tensor[4] = (struct tensor){ "scale", sites, p, rows->scale };
}

static int write_model(const struct card *card, const struct model *model,
		       const char *dir, const char *name, uint8_t *sha256,
		       struct failure *failure)
{
	struct tensor tensor[TENSORS];
	const double *theta[2];
	struct rows rows;
	json_t *metadata = file_metadata(card);
	uint8_t *bytes = NULL;
	size_t len = 0;
	int ret = -1;

	fill_tensors(card, model, &rows, theta, tensor);
	if (!metadata || safetensors_encode(tensor, TENSORS, metadata, &bytes, &len) ||
	    !EVP_Digest(bytes, len, sha256, NULL, EVP_sha256(), NULL))
		failed(failure, EXIT_DEVICE, "%s: out of memory", name);
	else
		ret = outfile_write(dir, name, bytes, len, failure);
	free(bytes);
	json_decref(metadata);
	return ret;
}

/* ---- the card ------------------------------------------------------------ */

static json_t *card_data(const struct card *card)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < card->cohort->sites; i++) {
		const struct site *site = &card->cohort->site[i];

		json_array_append_new(list, json_pack(
			"{s:s, s:o, s:o, s:I, s:I, s:I, s:I}", "name", site->name,
			"dataset", emit_hex(card->data[i].id, sizeof(card->data[i].id)),
			"release", emit_hex(card->release[i], CARD_RELEASE_LEN),
			"rows", (json_int_t)site->rows, "train", (json_int_t)site->train,
			"test", (json_int_t)site->test,
			"dropped", (json_int_t)site->dropped));
	}
	return list;
}

static json_t *card_sites(const struct card *card, const struct model *model)
{
	json_t *out = json_object();
	size_t i;

	for (i = 0; i < model->sites; i++)
		json_object_set_new(out, card->cohort->site[i].name,
				    card_metrics(&model->site[i]));
	return out;
}

static json_t *card_training(const struct model *model)
{
	bool newton = model->run->method == PLAN_NEWTON;
	json_t *out = json_pack("{s:s, s:s, s:f, s:I, s:o}", "run", model->run->name,
				"method", newton ? "newton" : "sgd", "l2", model->run->l2,
				newton ? "steps" : "epochs", (json_int_t)model->steps,
				"loss", number(model->loss));

	if (out && newton) {
		json_object_set_new(out, "gradient", number(model->norm));
		json_object_set_new(out, "converged", json_boolean(model->converged));
	}
	return out;
}

static json_t *card_session(const struct card *card)
{
	json_t *out = json_pack("{s:o, s:o, s:o, s:s, s:s}",
				"session", emit_hex(card->session, sizeof(card->session)),
				"instance", emit_hex(card->instance, sizeof(card->instance)),
				"declared", emit_hex(card->declared, sizeof(card->declared)),
				"tee", card->tee, "keys", card->keys_kernel ? "kernel" : "user");

	if (out && card->simulated)
		json_object_set_new(out, "notice", json_string(
			"simulated TEE: this evidence proves nothing about hardware"));
	return out;
}

static json_t *card_json(const struct card *card, const struct model *model,
			 const char *file, const uint8_t *sha256)
{
	const struct plan *plan = card->cohort->plan;

	return json_pack("{s:i, s:{s:s, s:s, s:o}, s:{s:s, s:o}, s:o, s:o, s:o, s:{s:o, s:o}, s:o}",
			 "ward-card", 1,
			 "model", "file", file, "format", "safetensors",
			 "sha256", emit_hex(sha256, 32),
			 "plan", "name", plan->name,
			 "sha512", emit_hex(plan->digest, sizeof(plan->digest)),
			 "features", feature_names(plan),
			 "data", card_data(card),
			 "training", card_training(model),
			 "metrics", "pooled", card_metrics(&model->pooled),
			 "sites", card_sites(card, model),
			 "worker", card_session(card));
}

static char *as_lines(const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2));
	size_t len = text ? strlen(text) : 0;
	char *longer = text ? realloc(text, len + 2) : NULL;

	if (!longer) {
		free(text);
		return NULL;
	}
	strcpy(longer + len, "\n");
	return longer;
}

int card_write(const struct card *card, const struct model *model, const char *dir,
	       struct failure *failure)
{
	char model_name[FILE_NAME_MAX], card_name[FILE_NAME_MAX];
	uint8_t sha256[32];
	json_t *json;
	char *text;
	int ret;

	snprintf(model_name, sizeof(model_name), "model-%s.safetensors", model->run->name);
	snprintf(card_name, sizeof(card_name), "model-%s.json", model->run->name);
	if (write_model(card, model, dir, model_name, sha256, failure))
		return -1;
	json = card_json(card, model, model_name, sha256);
	text = json ? as_lines(json) : NULL;
	if (text)
		ret = outfile_write(dir, card_name, text, strlen(text), failure);
	else
		ret = failed(failure, EXIT_DEVICE, "%s: out of memory", card_name);
	free(text);
	json_decref(json);
	return ret;
}
