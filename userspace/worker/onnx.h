/* SPDX-License-Identifier: MIT */
/*
 * A model as an ONNX graph (github.com/onnx/onnx, onnx.proto3; operators of opset 13): from
 * a row as it stands in the table to a probability or to values. Missing values are NaN.
 */
#ifndef WARD_WORKER_ONNX_H
#define WARD_WORKER_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include "cohort.h"
#include "train.h"

/**
 * onnx_encode() - to bytes
 * @cohort: that it was trained on: names of the features, and scaler
 * @model: model
 * @out: the caller frees it
 * @out_len: bytes
 *
 * Input "row" [n, features], output "score" [n, outputs], both of doubles: probabilities of
 * label 1, or values. Where the plan standardises by site, a row must be standardised before;
 * the metadata says so.
 *
 * Return: 0; -ENOMEM.
 */
int onnx_encode(const struct cohort *cohort, const struct model *model, uint8_t **out,
		size_t *out_len);

#endif /* WARD_WORKER_ONNX_H */
