/* SPDX-License-Identifier: MIT */
/*
 * Reading files of safetensors, foreign ones too (safetensors.h has the format): tensors of
 * doubles, which must cover the data without a gap, as the format wants it.
 */
#ifndef WARD_WORKER_SAFETENSORS_READ_H
#define WARD_WORKER_SAFETENSORS_READ_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "failure.h"

#define TENSORS_HEADER_MAX	(1u << 20)
#define TENSORS_MOST		256

/**
 * struct tensors - a file that was checked
 * @header: its JSON
 * @data: behind it, in the caller's bytes
 * @len: bytes of @data
 */
struct tensors {
	json_t *header;
	const uint8_t *data;
	size_t len;
};

/**
 * tensors_open() - check a file as a whole
 * @bytes: of the file; outlive @out
 * @len: how many
 * @out: ended by tensors_close()
 * @failure: what is wrong, and with which tensor; EXIT_DAMAGED
 *
 * Return: 0 or -1.
 */
int tensors_open(const uint8_t *bytes, size_t len, struct tensors *out,
		 struct failure *failure);

/**
 * tensors_close() - forget it
 * @tensors: or all zero
 */
void tensors_close(struct tensors *tensors);

/**
 * tensors_meta() - a text of its metadata
 * @tensors: open
 * @key: of the text
 *
 * Return: the text, which lives as long as @tensors; NULL where there is none.
 */
const char *tensors_meta(const struct tensors *tensors, const char *key);

/**
 * tensors_copy() - a tensor's numbers
 * @tensors: open
 * @name: of the tensor
 * @rows: that it must have; 0 = it must be a vector
 * @columns: likewise
 * @out: room for them, row-major
 * @failure: it is not there, has another shape, or holds what is no finite number
 *
 * Return: 0 or -1.
 */
int tensors_copy(const struct tensors *tensors, const char *name, size_t rows,
		 size_t columns, double *out, struct failure *failure);

#endif /* WARD_WORKER_SAFETENSORS_READ_H */
