// SPDX-License-Identifier: MIT
/*
 * A data set whose keys the kernel holds: it unwraps the content key, and decrypts the
 * chunks into buffers. What passes through here is ciphertext.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "dataset_private.h"
#include "libward.h"

#define ALIGN 64	/* the kernel asks for 16 */

static struct ward_key_series series_of(const struct ward_dataset *ds, uint32_t kind,
					const void *src, size_t len)
{
	return (struct ward_key_series){
		.size = sizeof(struct ward_key_series), .use = WARD_KEY_USE_DATASET,
		.src = src, .src_len = len, .salt = ds->info.salt, .iv_prefix = kind,
		.chunk = ds->info.chunk_size,
	};
}

/* Which recipient's key it is nobody can tell but the kernel: each wrap is tried. */
static int unwrap(struct ward_dataset *ds, struct ward_key *key, struct ward_dataset_error *err)
{
	int rc = -EBADMSG;

	for (size_t i = 0; rc == -EBADMSG && i < ds->recipients.count; i++)
		if (ds->recipients.of[i].type == WARD_RECIPIENT_KEY)
			rc = ward_key_unwrap(key, ds->info.salt, ds->recipients.of[i].wrap,
					     &ds->key);
	if (rc == -EBADMSG)
		return dataset_fail(err, -EKEYREJECTED, WARD_DATASET_NO_CHUNK,
				    ds->info.header_len,
				    "it is not the key of any of its recipients (%zu), or it was "
				    "released for another data set", ds->recipients.count);
	return rc ? dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, ds->info.header_len,
				 "the content key can't be unwrapped: %s", ward_strerror(rc)) : 0;
}

/* The header's tag is that of an empty message, with the header's digest as its data. */
static int verify(struct ward_dataset *ds, struct ward_buffer *buffer,
		  struct ward_dataset_error *err)
{
	size_t len = ds->info.header_len - WARD_DATASET_TAG_LEN;
	struct ward_key_series series = series_of(ds, DATASET_IV_HEADER, ds->sealed,
						  WARD_DATASET_TAG_LEN);
	uint8_t digest[32];
	int64_t rc;

	if (EVP_Digest(ds->header, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return dataset_fail(err, -EIO, WARD_DATASET_NO_CHUNK, 0,
				    "the cryptographic library failed");
	series.aad = digest;
	series.aad_len = sizeof(digest);
	memcpy(ds->sealed, ds->header + len, WARD_DATASET_TAG_LEN);
	rc = ward_key_open(ds->key, &series, buffer, 0);
	if (rc == -EBADMSG)
		return dataset_fail(err, -EKEYREJECTED, WARD_DATASET_NO_CHUNK, len,
				    "header, offset %zu: the tag doesn't verify: "
				    "the header was changed", len);
	if (rc)
		return dataset_fail(err, (int)rc, WARD_DATASET_NO_CHUNK, len,
				    "the header can't be checked: %s", ward_strerror((int)rc));
	ds->info.verified = 1;
	return 0;
}

int ward_dataset_open_kernel(int fd, struct ward_key *key, struct ward_buffer *buffer,
			     struct ward_dataset **ret, struct ward_dataset_error *err)
{
	struct ward_dataset *ds;
	int rc = dataset_load(fd, &ds, err);

	if (rc)
		return rc;
	ds->sealed = aligned_alloc(ALIGN, ds->info.chunk_size + (size_t)ALIGN);
	rc = ds->sealed ? unwrap(ds, key, err) :
	     dataset_fail(err, -ENOMEM, WARD_DATASET_NO_CHUNK, 0, "out of memory");
	if (!rc)
		rc = verify(ds, buffer, err);
	if (rc)
		ward_dataset_close(ds);
	else
		*ret = ds;
	return rc;
}

int64_t ward_dataset_read_chunk_into(struct ward_dataset *ds, uint64_t index,
				     struct ward_buffer *buffer, uint64_t offset,
				     struct ward_dataset_error *err)
{
	size_t len = ward_dataset_chunk_len(ds, index) + (size_t)WARD_DATASET_TAG_LEN;
	struct ward_key_series series;
	uint64_t at;
	int64_t rc;

	if (!ds->key)
		return dataset_fail(err, -ENOKEY, index, 0, "opened without a kernel's key");
	if (index >= ds->info.chunks)
		return dataset_fail(err, -ERANGE, index, 0,
				    "chunk %" PRIu64 " of %" PRIu64 " doesn't exist", index,
				    ds->info.chunks);
	at = dataset_chunk_at(&ds->info, index);
	rc = dataset_pread(ds->fd, ds->sealed, len, at);
	if (rc)
		return dataset_fail_read(err, (int)rc, index, at);
	series = series_of(ds, DATASET_IV_CHUNK, ds->sealed, len);
	series.index = index;
	rc = ward_key_open(ds->key, &series, buffer, offset);
	if (rc == -EBADMSG)
		return dataset_fail(err, (int)rc, index, at, "chunk %" PRIu64 ", offset %" PRIu64
				    ": the tag doesn't verify: the chunk was changed, moved or "
				    "comes from another file", index, at);
	return rc < 0 ? dataset_fail(err, (int)rc, index, at, "chunk %" PRIu64
				     " can't be decrypted: %s", index, ward_strerror((int)rc)) : rc;
}
