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
#define MODEL_FILE_TENSOR_MAX	32

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

/**
 * model_file_format() - the kind of model, as the metadata names it
 * @net: its shape
 *
 * Return: the word.
 */
const char *model_file_format(const struct net *net);

/* @activation, @score: further words of the metadata, where there are hidden layers. */
const char *model_file_activation(const struct net *net);
const char *model_file_score(const struct net *net);

/**
 * struct model_file_part - a tensor of parameters
 * @name: of it
 * @rows: 0 = a vector: biases, and the weights of a model of one layer and one score
 * @columns: numbers in a row
 * @at: index of its first parameter
 */
struct model_file_part {
	char name[MODEL_FILE_TENSOR_MAX];
	size_t rows;
	size_t columns;
	size_t at;
};

/**
 * model_file_weights() - a layer's weights
 * @net: shape
 * @layer: 0 to @net->hidden
 *
 * Return: where they are.
 */
struct model_file_part model_file_weights(const struct net *net, size_t layer);

/* And its biases. */
struct model_file_part model_file_biases(const struct net *net, size_t layer);

#endif /* WARD_WORKER_MODEL_FILE_H */
