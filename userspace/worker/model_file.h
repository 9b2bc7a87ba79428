/* SPDX-License-Identifier: MIT */
/*
 * A model as files: of safetensors, with parameters, what standardises a row before them,
 * and as metadata what the tensors mean (ward-train(1) names them); and as an ONNX graph.
 */
#ifndef WARD_WORKER_MODEL_FILE_H
#define WARD_WORKER_MODEL_FILE_H

#include <stdint.h>

#include <jansson.h>

#include "cohort.h"
#include "failure.h"
#include "train.h"

#define MODEL_FILE_DIGEST_LEN	32
#define MODEL_FILE_NAME_MAX	128

/**
 * struct model_file - what was written
 * @name: of the file, in its directory
 * @sha256: of its bytes
 */
struct model_file {
	char name[MODEL_FILE_NAME_MAX];
	uint8_t sha256[MODEL_FILE_DIGEST_LEN];
};

/**
 * model_file_write() - write model-NAME.safetensors
 * @cohort: that it was trained on: plan and scalers
 * @model: model
 * @dir: directory
 * @file: filled in
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int model_file_write(const struct cohort *cohort, const struct model *model, const char *dir,
		     struct model_file *file, struct failure *failure);

/**
 * model_file_write_onnx() - write model-NAME.onnx
 *
 * As model_file_write().
 */
int model_file_write_onnx(const struct cohort *cohort, const struct model *model,
			  const char *dir, struct model_file *file, struct failure *failure);

/**
 * model_file_features() - the columns of the design matrix
 * @plan: plan
 *
 * Return: an array of names, "age" or, for an indicator, "cp=3"; a new reference.
 */
json_t *model_file_features(const struct plan *plan);

#endif /* WARD_WORKER_MODEL_FILE_H */
