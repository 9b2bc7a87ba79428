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

#define BLOCK (256u << 10)

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

static int write_all(int fd, const uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Feeds the writer until the input ends; the writer minds the length. */
static int pump(int in, struct ward_dataset_writer *w, uint8_t *block, struct progress *p,
		struct ward_dataset_error *err)
{
	uint64_t off = 0;

	for (;;) {
		ssize_t n = pread(in, block, BLOCK, (off_t)off);
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, -errno, off, "can't read the input");
		if (!n)
			return ward_dataset_finish(w, err);
		rc = ward_dataset_write(w, block, (size_t)n, err);
		if (rc)
			return rc;
		off += (uint64_t)n;
		progress_add(p, (uint64_t)n);
	}
}

int dataset_encrypt(int in, int out, const uint8_t *key, const struct ward_dataset_params *params,
		    uint8_t *id, struct progress *p, struct ward_dataset_error *err)
{
	struct ward_dataset_writer *w = NULL;
	uint8_t *block;
	int rc;

	rc = ward_dataset_create(out, key, params, &w, err);
	if (rc)
		return rc;
	memcpy(id, ward_dataset_writer_id(w), WARD_DATASET_ID_LEN);
	block = block_new(BLOCK);
	rc = block ? pump(in, w, block, p, err) : fail(err, -ENOMEM, 0, "no memory");
	if (block)
		block_free(block, BLOCK);
	ward_dataset_writer_free(w);
	return rc;
}

/* Hands every chunk on to out, to w, or to nobody. */
static int each_chunk(struct ward_dataset *ds, int out, struct ward_dataset_writer *w,
		      struct progress *p, struct ward_dataset_error *err)
{
	const struct ward_dataset_info *info = ward_dataset_info(ds);
	uint8_t *block = block_new(info->chunk_size);
	int rc = block ? 0 : fail(err, -ENOMEM, 0, "no memory");

	for (uint64_t i = 0; !rc && i < info->chunks; i++) {
		int64_t n = ward_dataset_read_chunk(ds, i, block, info->chunk_size, err);

		if (n < 0) {
			rc = (int)n;
			break;
		}
		if (out >= 0 && (rc = write_all(out, block, (size_t)n)))
			fail(err, rc, i * info->chunk_size, "can't write the plaintext");
		if (w)
			rc = ward_dataset_write(w, block, (size_t)n, err);
		progress_add(p, (uint64_t)n);
	}
	if (block)
		block_free(block, info->chunk_size);
	return rc;
}

int dataset_decrypt(struct ward_dataset *ds, int out, struct progress *p,
		    struct ward_dataset_error *err)
{
	return each_chunk(ds, out, NULL, p, err);
}

int dataset_rekey(struct ward_dataset *ds, int out, const uint8_t *key, struct progress *p,
		  struct ward_dataset_error *err)
{
	const struct ward_dataset_info *info = ward_dataset_info(ds);
	struct ward_dataset_params params = {
		.chunk_size = info->chunk_size,
		.length = info->length,
		.rows = info->rows,
		.metadata = info->metadata,
		.metadata_len = info->metadata_len,
		.id = info->id,
	};
	struct ward_dataset_writer *w = NULL;
	int rc;

	rc = ward_dataset_create(out, key, &params, &w, err);
	if (rc)
		return rc;
	rc = each_chunk(ds, -1, w, p, err);
	if (!rc)
		rc = ward_dataset_finish(w, err);
	ward_dataset_writer_free(w);
	return rc;
}
