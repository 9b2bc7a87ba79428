/* SPDX-License-Identifier: MIT */
/*
 * The safetensors format (github.com/huggingface/safetensors, "Format"): the
 * header's length as 8 bytes little endian, the header as JSON, the tensors'
 * bytes back to back, row-major, little endian.
 */
#ifndef WARD_WORKER_SAFETENSORS_H
#define WARD_WORKER_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/**
 * struct tensor - one tensor of doubles
 * @name: its name
 * @rows: 0 = a vector of @columns; else a matrix
 * @columns: doubles in a row, not 0
 * @row: where each row lies
 */
struct tensor {
	const char *name;
	size_t rows;
	size_t columns;
	const double *const *row;
};

/**
 * safetensors_encode() - to bytes
 * @tensor: tensors, in the order in which they shall lie
 * @count: how many
 * @metadata: object of texts for `__metadata__`, or NULL; stays the caller's
 * @out: the caller frees it
 * @out_len: bytes
 *
 * Return: 0; -ENOMEM.
 */
int safetensors_encode(const struct tensor *tensor, size_t count, json_t *metadata,
		       uint8_t **out, size_t *out_len);

#endif /* WARD_WORKER_SAFETENSORS_H */
