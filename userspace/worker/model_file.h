/* SPDX-License-Identifier: MIT */
/*
 * A model as a file of safetensors: parameters, what standardises a row before them, and as
 * metadata what the tensors mean. ward-train(1) names them.
 */
#ifndef WARD_WORKER_MODEL_FILE_H
#define WARD_WORKER_MODEL_FILE_H

#include <stdint.h>

#include <jansson.h>

#include "cohort.h"
#include "failure.h"
#include "train.h"

#define MODEL_FILE_DIGEST_LEN	32

/**
 * model_file_write() - write it
 * @cohort: that it was trained on: plan and scalers
 * @model: model
 * @dir: directory
 * @name: of the file
 * @sha256: MODEL_FILE_DIGEST_LEN bytes, of what was written
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int model_file_write(const struct cohort *cohort, const struct model *model, const char *dir,
		     const char *name, uint8_t *sha256, struct failure *failure);

/**
 * model_file_features() - the columns of the design matrix
 * @plan: plan
 *
 * Return: an array of names, "age" or, for an indicator, "cp=3"; a new reference.
 */
json_t *model_file_features(const struct plan *plan);

#endif /* WARD_WORKER_MODEL_FILE_H */
