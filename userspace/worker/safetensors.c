// SPDX-License-Identifier: MIT
#include "safetensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN		8u	/* of the tensors' bytes in the file */
#define LENGTH_BYTES	8u

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are little endian");

static size_t tensor_rows(const struct tensor *tensor)
{
	return tensor->rows ? tensor->rows : 1;
}

static size_t tensor_bytes(const struct tensor *tensor)
{
	return tensor_rows(tensor) * tensor->columns * sizeof(double);
}

static json_t *shape(const struct tensor *tensor)
{
	if (!tensor->rows)
		return json_pack("[I]", (json_int_t)tensor->columns);
	return json_pack("[II]", (json_int_t)tensor->rows, (json_int_t)tensor->columns);
}

static json_t *header(const struct tensor *tensor, size_t count, json_t *metadata,
		      size_t *data_len)
{
	json_t *root = json_object();
	size_t i, at = 0, end;

	if (metadata && json_object_set(root, "__metadata__", metadata))
		goto err;
	for (i = 0; i < count; i++) {
		end = at + tensor_bytes(&tensor[i]);
		if (json_object_set_new(root, tensor[i].name,
					json_pack("{s:s, s:o, s:[II]}", "dtype", "F64",
						  "shape", shape(&tensor[i]), "data_offsets",
						  (json_int_t)at, (json_int_t)end)))
			goto err;
		at = end;
	}
	*data_len = at;
	return root;
err:
	json_decref(root);
	return NULL;
}

static void put_length(uint8_t *out, uint64_t length)
{
	size_t i;

	for (i = 0; i < LENGTH_BYTES; i++)
		out[i] = (uint8_t)(length >> (8 * i));
}

static void put_tensors(const struct tensor *tensor, size_t count, uint8_t *out)
{
	size_t i, r;

	for (i = 0; i < count; i++) {
		for (r = 0; r < tensor_rows(&tensor[i]); r++) {
			memcpy(out, tensor[i].row[r], tensor[i].columns * sizeof(double));
			out += tensor[i].columns * sizeof(double);
		}
	}
}

int safetensors_encode(const struct tensor *tensor, size_t count, json_t *metadata,
		       uint8_t **out, size_t *out_len)
{
	size_t data_len = 0, text_len, padded;
	json_t *root = header(tensor, count, metadata, &data_len);
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	uint8_t *bytes;

	json_decref(root);
	if (!text)
		return -ENOMEM;
	text_len = strlen(text);
	padded = (text_len + ALIGN - 1) / ALIGN * ALIGN;
	bytes = malloc(LENGTH_BYTES + padded + data_len);
	if (!bytes) {
		free(text);
		return -ENOMEM;
	}
	put_length(bytes, padded);
	memcpy(bytes + LENGTH_BYTES, text, text_len);
	memset(bytes + LENGTH_BYTES + text_len, ' ', padded - text_len);
	put_tensors(tensor, count, bytes + LENGTH_BYTES + padded);
	free(text);
	*out = bytes;
	*out_len = LENGTH_BYTES + padded + data_len;
	return 0;
}
