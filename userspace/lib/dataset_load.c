// SPDX-License-Identifier: MIT
/* A data set whole, a model's weights say, straight into a class A buffer. */
#include <errno.h>
#include <inttypes.h>

#include <openssl/crypto.h>

#include "dataset_private.h"
#include "libward.h"

static int64_t load_chunk(struct ward_dataset *ds, uint64_t index, struct ward_buffer *buffer,
			  size_t at, struct ward_dataset_error *err)
{
	if (ds->key)
		return ward_dataset_read_chunk_into(ds, index, buffer, at, err);
	return ward_dataset_read_chunk(ds, index, (uint8_t *)ward_buffer_data(buffer) + at,
				       ward_buffer_size(buffer) - at, err);
}

int64_t ward_dataset_load(struct ward_dataset *ds, struct ward_buffer *buffer, size_t offset,
			  struct ward_dataset_error *err)
{
	size_t room = ward_buffer_size(buffer), at = offset;
	int64_t n = 0;
	uint64_t i;

	if (offset % 16)
		return dataset_fail(err, -EINVAL, WARD_DATASET_NO_CHUNK, 0,
				    "%zu is no multiple of 16", offset);
	if (offset > room || ds->info.length > room - offset)
		return dataset_fail(err, -EMSGSIZE, WARD_DATASET_NO_CHUNK, 0,
				    "the buffer has no room for %" PRIu64 " bytes at %zu",
				    ds->info.length, offset);
	for (i = 0; i < ds->info.chunks && n >= 0; i++) {
		n = load_chunk(ds, i, buffer, at, err);
		at += n > 0 ? (size_t)n : 0;
	}
	if (n >= 0)
		return (int64_t)(at - offset);
	/* Half a model is of no use to anybody. */
	OPENSSL_cleanse((uint8_t *)ward_buffer_data(buffer) + offset, at - offset);
	return n;
}
