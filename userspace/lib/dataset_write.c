// SPDX-License-Identifier: MIT
/*
 * Writer of encrypted data sets. Length and rows stand in the authenticated
 * header, so the caller knows them before the first byte; what it then writes is
 * encrypted piece by piece and not kept.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "dataset_private.h"

struct ward_dataset_writer {
	int fd;
	EVP_CIPHER_CTX *ctx;
	uint32_t chunk_size;
	uint32_t header_len;
	uint64_t length;
	uint64_t done;			/* bytes of plaintext encrypted so far */
	uint8_t id[WARD_DATASET_ID_LEN];
	uint8_t hash[DATASET_HASH_LEN];
	uint8_t piece[DATASET_PIECE];	/* ciphertext */
};

static int write_all(int fd, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fail_write(struct ward_dataset_writer *w, struct ward_dataset_error *err, int rc)
{
	uint64_t chunk = w->done / w->chunk_size;

	return dataset_fail(err, rc, chunk, w->header_len + w->done,
			    "chunk %" PRIu64 ": can't write: %s", chunk, strerror(-rc));
}

static int check_params(const struct ward_dataset_params *p, uint32_t chunk_size,
			struct ward_dataset_error *err)
{
	const char *what = NULL;

	if (chunk_size < WARD_DATASET_CHUNK_MIN || chunk_size > WARD_DATASET_CHUNK_MAX ||
	    (chunk_size & (chunk_size - 1)))
		what = "the chunk size must be a power of two from 4096 to 16777216";
	else if (p->length > WARD_DATASET_LENGTH_MAX)
		what = "a data set holds at most 2^50 bytes";
	else if (p->metadata_len > DATASET_METADATA_MAX)
		what = "the metadata doesn't fit into the header";
	else if (memchr(p->metadata, 0, p->metadata_len))
		what = "the metadata holds a NUL";
	if (!what)
		return 0;
	return dataset_fail(err, -EINVAL, WARD_DATASET_NO_CHUNK, 0, "%s", what);
}

static uint32_t header_len(size_t metadata_len)
{
	size_t len = DATASET_FIXED_LEN + metadata_len + WARD_DATASET_TAG_LEN;

	len = (len + 15) & ~(size_t)15;
	return (uint32_t)(len < WARD_DATASET_HEADER_MIN ? WARD_DATASET_HEADER_MIN : len);
}

/* Everything before the tag; h is zeroed. */
static int fill_header(uint8_t *h, const struct ward_dataset_writer *w,
		       const struct ward_dataset_params *p)
{
	memcpy(h, DATASET_MAGIC, sizeof(DATASET_MAGIC));
	dataset_put32(h + DATASET_OFF_HEADER_LEN, w->header_len);
	dataset_put32(h + DATASET_OFF_VERSION, DATASET_VERSION);
	memcpy(h + DATASET_OFF_ID, w->id, sizeof(w->id));
	if (RAND_bytes(h + DATASET_OFF_ID + WARD_DATASET_ID_LEN, WARD_DATASET_SALT_LEN) != 1)
		return -EIO;
	dataset_put32(h + DATASET_OFF_CHUNK_SIZE, w->chunk_size);
	dataset_put64(h + DATASET_OFF_LENGTH, p->length);
	dataset_put64(h + DATASET_OFF_CHUNKS, dataset_chunks(p->length, w->chunk_size));
	dataset_put64(h + DATASET_OFF_ROWS, p->rows);
	dataset_put32(h + DATASET_OFF_METADATA_LEN, (uint32_t)p->metadata_len);
	memcpy(h + DATASET_FIXED_LEN, p->metadata, p->metadata_len);
	return 0;
}

static int end_message(EVP_CIPHER_CTX *ctx, uint8_t tag[WARD_DATASET_TAG_LEN])
{
	uint8_t none[16];
	int n;

	if (EVP_CipherFinal_ex(ctx, none, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, WARD_DATASET_TAG_LEN, tag) != 1)
		return -EIO;
	return 0;
}

static int start(struct ward_dataset_writer *w, const uint8_t *key,
		 const struct ward_dataset_params *p)
{
	uint8_t *h = calloc(1, w->header_len);
	size_t body = w->header_len - WARD_DATASET_TAG_LEN;
	int rc = -ENOMEM;

	if (!h)
		return rc;
	rc = fill_header(h, w, p);
	if (rc)
		goto out;
	rc = -EIO;
	w->ctx = dataset_cipher(key, h, 1);
	if (!w->ctx || dataset_begin(w->ctx, DATASET_IV_HEADER, 0, h, body) ||
	    end_message(w->ctx, h + body) || dataset_hash(h, w->header_len, w->hash))
		goto out;
	rc = write_all(w->fd, h, w->header_len);
out:
	free(h);
	return rc;
}

int ward_dataset_create(int fd, const uint8_t *key, const struct ward_dataset_params *params,
			struct ward_dataset_writer **ret, struct ward_dataset_error *err)
{
	uint32_t chunk_size = params->chunk_size ? params->chunk_size : WARD_DATASET_CHUNK_DEFAULT;
	struct ward_dataset_writer *w;
	int rc;

	rc = check_params(params, chunk_size, err);
	if (rc)
		return rc;
	w = calloc(1, sizeof(*w));
	if (!w)
		return dataset_fail(err, -ENOMEM, WARD_DATASET_NO_CHUNK, 0, "out of memory");
	w->fd = fd;
	w->chunk_size = chunk_size;
	w->length = params->length;
	w->header_len = header_len(params->metadata_len);
	if (params->id)
		memcpy(w->id, params->id, sizeof(w->id));
	else if (RAND_bytes(w->id, sizeof(w->id)) != 1)
		rc = -EIO;
	if (!rc)
		rc = start(w, key, params);
	if (rc) {
		ward_dataset_writer_free(w);
		return dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, 0,
				    "can't write the header: %s", strerror(-rc));
	}
	*ret = w;
	return 0;
}

static int end_chunk(struct ward_dataset_writer *w)
{
	uint8_t tag[WARD_DATASET_TAG_LEN];
	int rc = end_message(w->ctx, tag);

	return rc ? rc : write_all(w->fd, tag, sizeof(tag));
}

/* Encrypts at most one piece of one chunk; returns how many bytes, or -errno. */
static int64_t write_piece(struct ward_dataset_writer *w, const uint8_t *buf, size_t len)
{
	uint32_t in_chunk = (uint32_t)(w->done % w->chunk_size);
	uint32_t room = w->chunk_size - in_chunk;
	int n, rc;

	if (len > room)
		len = room;
	if (len > DATASET_PIECE)
		len = DATASET_PIECE;
	if (!in_chunk && dataset_begin(w->ctx, DATASET_IV_CHUNK, w->done / w->chunk_size, w->hash,
				       sizeof(w->hash)))
		return -EIO;
	if (EVP_CipherUpdate(w->ctx, w->piece, &n, buf, (int)len) != 1 || (size_t)n != len)
		return -EIO;
	rc = write_all(w->fd, w->piece, len);
	if (rc)
		return rc;
	w->done += len;
	if (len == room || w->done == w->length)
		rc = end_chunk(w);
	return rc ? rc : (int64_t)len;
}

int ward_dataset_write(struct ward_dataset_writer *w, const void *buf, size_t len,
		       struct ward_dataset_error *err)
{
	const uint8_t *p = buf;

	if (len > w->length - w->done)
		return dataset_fail(err, -EOVERFLOW, w->done / w->chunk_size,
				    w->header_len + w->done,
				    "there is more plaintext than the header says, %" PRIu64
				    " bytes", w->length);
	while (len) {
		int64_t n = write_piece(w, p, len);

		if (n < 0)
			return fail_write(w, err, (int)n);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int ward_dataset_finish(struct ward_dataset_writer *w, struct ward_dataset_error *err)
{
	if (w->done == w->length)
		return 0;
	return dataset_fail(err, -ENODATA, w->done / w->chunk_size, w->header_len + w->done,
			    "the plaintext ended after %" PRIu64 " bytes; the header says %" PRIu64,
			    w->done, w->length);
}

const uint8_t *ward_dataset_writer_id(const struct ward_dataset_writer *w)
{
	return w->id;
}

void ward_dataset_writer_free(struct ward_dataset_writer *w)
{
	if (!w)
		return;
	EVP_CIPHER_CTX_free(w->ctx);
	free(w);
}
