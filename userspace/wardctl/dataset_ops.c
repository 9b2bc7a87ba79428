// SPDX-License-Identifier: MIT
/*
 * Plaintext passes through one block of memory, locked where the limits allow,
 * left out of core dumps, and wiped at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataset_ops.h"

static void *block_new(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, len, MADV_DONTDUMP);
	if (mlock(p, len))
		errno = 0;	/* RLIMIT_MEMLOCK: better unlocked than not at all */
	return p;
}

static void block_free(void *p, size_t len)
{
	explicit_bzero(p, len);
	munmap(p, len);
}

static int fail(struct ward_dataset_error *err, int rc, uint64_t offset, const char *what)
{
	err->chunk = WARD_DATASET_NO_CHUNK;
	err->offset = offset;
	snprintf(err->text, sizeof(err->text), "%s at offset %" PRIu64 ": %s", what, offset,
		 strerror(-rc));
	return rc;
}

static void told(void *bar, uint64_t bytes)
{
	progress_add(bar, bytes);
}

int dataset_encrypt(int in, int out, const struct ward_dataset_params *params, uint8_t *id,
		    unsigned int threads, struct progress *p, struct ward_dataset_error *err)
{
	struct ward_dataset_writer *w = NULL;
	int rc;

	rc = ward_dataset_create(out, NULL, params, &w, err);
	if (rc)
		return rc;
	memcpy(id, ward_dataset_writer_id(w), WARD_DATASET_ID_LEN);
	rc = ward_dataset_write_from(w, in, threads, told, p, err) ?: ward_dataset_finish(w, err);
	ward_dataset_writer_free(w);
	return rc;
}

int dataset_decrypt(struct ward_dataset *ds, int out, unsigned int threads, struct progress *p,
		    struct ward_dataset_error *err)
{
	return ward_dataset_read_to(ds, out, threads, told, p, err);
}

static int each_chunk(struct ward_dataset *ds, struct ward_dataset_writer *w, struct progress *p,
		      struct ward_dataset_error *err)
{
	const struct ward_dataset_info *info = ward_dataset_info(ds);
	uint8_t *block = block_new(info->chunk_size);
	int rc = block ? 0 : fail(err, -ENOMEM, 0, "no memory");

	for (uint64_t i = 0; !rc && i < info->chunks; i++) {
		int64_t n = ward_dataset_read_chunk(ds, i, block, info->chunk_size, err);

		rc = n < 0 ? (int)n : ward_dataset_write(w, block, (size_t)n, err);
		if (!rc)
			progress_add(p, (uint64_t)n);
	}
	if (block)
		block_free(block, info->chunk_size);
	return rc;
}

int dataset_rekey(struct ward_dataset *ds, int out, const struct ward_recipient_key *to,
		  size_t count, struct progress *p, struct ward_dataset_error *err)
{
	const struct ward_dataset_info *info = ward_dataset_info(ds);
	struct ward_dataset_params params = {
		.kind = info->kind,
		.slot_size = info->slot_size,
		.to = to,
		.to_count = count,
		.chunk_size = info->chunk_size,
		.length = info->length,
		.rows = info->rows,
		.metadata = info->metadata,
		.metadata_len = info->metadata_len,
		.id = info->id,
	};
	struct ward_dataset_writer *w = NULL;
	int rc;

	rc = ward_dataset_create(out, NULL, &params, &w, err);
	if (rc)
		return rc;
	rc = each_chunk(ds, w, p, err);
	if (!rc)
		rc = ward_dataset_finish(w, err);
	ward_dataset_writer_free(w);
	return rc;
}
