// SPDX-License-Identifier: MIT
#include "card.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "emit.h"
#include "model_file.h"
#include "outfile.h"

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *metrics_values(const struct metrics *metrics)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "rows", (json_int_t)metrics->rows,
			 "mse", number(metrics->mse), "mae", number(metrics->mae),
			 "median_se", number(metrics->median_se),
			 "median_ae", number(metrics->median_ae), "r2", number(metrics->r2));
}

json_t *card_metrics(const struct metrics *metrics)
{
	json_t *out;

	if (metrics->kind == LOSS_SQUARED)
		return metrics_values(metrics);
	out = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "rows", (json_int_t)metrics->rows,
			"positive", (json_int_t)metrics->positive,
			"accuracy", number(metrics->accuracy), "auc", number(metrics->auc),
			"log_loss", number(metrics->loss), "brier", number(metrics->brier),
			"calibration_error", number(metrics->calibration));
	if (out && metrics->auc_error > 0)
		json_object_set_new(out, "auc_error", number(metrics->auc_error));
	return out;
}

/* ---- the card ------------------------------------------------------------ */

static void add_release(json_t *one, const struct card *card, size_t i)
{
	const struct data *data = &card->data[i];

	json_object_set_new(one, "dataset", emit_hex(data->id, sizeof(data->id)));
	json_object_set_new(one, "sha256", emit_hex(data->digest, sizeof(data->digest)));
	json_object_set_new(one, "receipt", json_sprintf("receipt-%s.ward", data->name));
	json_object_set_new(one, "release", emit_hex(card->release[i], CARD_RELEASE_LEN));
}

static json_t *card_data(const struct card *card)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < card->cohort->sites; i++) {
		const struct site *site = &card->cohort->site[i];

		json_t *one = json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", site->name,
					"rows", (json_int_t)site->rows, "train", (json_int_t)site->train,
					"test", (json_int_t)site->test,
					"dropped", (json_int_t)site->dropped);

		if (one && card->data)
			add_release(one, card, i);
		json_array_append_new(list, one);
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

/* What was expected of rows and what came, decile by decile. */
static json_t *card_deciles(const struct metrics *metrics)
{
	json_t *out = json_array();
	size_t i;

	for (i = 0; metrics->kind == LOSS_LOG && i < METRICS_DECILES; i++) {
		const struct metrics_decile *decile = &metrics->decile[i];
		double rows = decile->rows ? (double)decile->rows : NAN;

		json_array_append_new(out, json_pack(
			"{s:I, s:o, s:o}", "rows", (json_int_t)decile->rows,
			"expected", number(decile->expected / rows),
			"observed", number((double)decile->positive / rows)));
	}
	return out;
}

static json_t *card_folds(const struct model *model)
{
	json_t *out = json_array();
	size_t i;

	for (i = 0; i < model->folds; i++)
		json_array_append_new(out, card_metrics(&model->fold[i]));
	return out;
}

static json_t *hidden_widths(const struct net *net)
{
	json_t *out = json_array();
	size_t i;

	for (i = 0; i < net->hidden; i++)
		json_array_append_new(out, json_integer((json_int_t)net->width[i]));
	return out;
}

static json_t *card_training(const struct model *model)
{
	bool by_step = plan_by_step(model->run->method);
	json_t *out = json_pack("{s:s, s:s, s:f, s:I, s:o}", "run", model->run->name,
				"method", plan_method_name(model->run->method),
				"l2", model->run->l2,
				plan_unit(model->run), (json_int_t)model->steps,
				"loss", number(model->loss));

	if (out && by_step) {
		json_object_set_new(out, "gradient", number(model->norm));
		json_object_set_new(out, "converged", json_boolean(model->converged));
	}
	if (out && model->net.hidden)
		json_object_set_new(out, "hidden", hidden_widths(&model->net));
	return out;
}

static json_t *card_session(const struct card *card, const struct model *model)
{
	json_t *out = json_pack("{s:o, s:o, s:o, s:s?, s:s?}",
				"session", emit_hex(card->session, sizeof(card->session)),
				"instance", emit_hex(card->instance, sizeof(card->instance)),
				"declared", emit_hex(card->declared, sizeof(card->declared)),
				"tee", card->tee,
				"keys", !card->data ? NULL : card->keys_kernel ? "kernel" : "user");

	if (out && card->digest)
		json_object_set_new(out, "evidence", json_sprintf("card-%s.ward", model->run->name));
	if (out && card->simulated)
		json_object_set_new(out, "notice", json_string(
			"simulated TEE: this evidence proves nothing about hardware"));
	return out;
}

static json_t *card_json(const struct card *card, const struct model *model,
			 const struct model_file *file, const struct model_file *onnx)
{
	const struct plan *plan = card->cohort->plan;

	return json_pack("{s:i, s:{s:s, s:s, s:o}, s:{s:s, s:o}, s:{s:s, s:o}, s:o, s:o, s:o,"
			 " s:{s:o, s:o, s:o, s:o}, s:o}",
			 "ward-card", 1,
			 "model", "file", file->name, "format", "safetensors",
			 "sha256", emit_hex(file->sha256, sizeof(file->sha256)),
			 "onnx", "file", onnx->name,
			 "sha256", emit_hex(onnx->sha256, sizeof(onnx->sha256)),
			 "plan", "name", plan->name,
			 "sha512", emit_hex(plan->digest, sizeof(plan->digest)),
			 "features", model_file_features(plan),
			 "data", card_data(card),
			 "training", card_training(model),
			 "metrics", "pooled", card_metrics(&model->pooled),
			 "sites", card_sites(card, model), "folds", card_folds(model),
			 "calibration", card_deciles(&model->pooled),
			 "worker", card_session(card, model));
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
	char name[MODEL_FILE_NAME_MAX];
	struct model_file file, onnx;
	json_t *json;
	char *text;
	int ret;

	snprintf(name, sizeof(name), "model-%s.json", model->run->name);
	if (model_file_write(card->cohort, model, dir, &file, failure) ||
	    model_file_write_onnx(card->cohort, model, dir, &onnx, failure))
		return -1;
	json = card_json(card, model, &file, &onnx);
	text = json ? as_lines(json) : NULL;
	if (text && card->digest && EVP_Digest(text, strlen(text), card->digest, NULL, EVP_sha512(), NULL) != 1)
		ret = failed(failure, EXIT_DEVICE, "%s: the cryptographic library failed", name);
	else if (text)
		ret = outfile_write(dir, name, text, strlen(text), failure);
	else
		ret = failed(failure, EXIT_DEVICE, "%s: out of memory", name);
	free(text);
	json_decref(json);
	return ret;
}
