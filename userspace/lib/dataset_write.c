// SPDX-License-Identifier: MIT
/*
 * Writer of encrypted data sets. What comes is encrypted piece by piece and not kept.
 * The tables of recipients come first and the header last: until then nothing in the
 * file says what it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "dataset_private.h"
#include "recipient_private.h"

static int append(struct ward_dataset_writer *w, const void *buf, size_t len)
{
	int rc = dataset_pwrite(w->fd, buf, len, w->at);

	if (!rc)
		w->at += len;
	return rc;
}

static int fail_write(struct ward_dataset_writer *w, struct ward_dataset_error *err, int rc)
{
	uint64_t chunk = w->done / w->info.chunk_size;

	return dataset_fail(err, rc, chunk, w->at,
			    "chunk %" PRIu64 ": can't write: %s", chunk, strerror(-rc));
}

static const char *bad_param(const struct ward_dataset_params *p,
			     const struct ward_dataset_info *info, int keyed)
{
	if (info->chunk_size < WARD_DATASET_CHUNK_MIN || info->chunk_size > WARD_DATASET_CHUNK_MAX ||
	    (info->chunk_size & (info->chunk_size - 1)))
		return "the chunk size must be a power of two from 4096 to 16777216";
	if (info->slot_size < WARD_DATASET_SLOT_MIN || info->slot_size > WARD_DATASET_SLOT_MAX ||
	    info->slot_size % WARD_DATASET_SLOT_MIN)
		return "a table of recipients has a multiple of 4096 bytes, up to 65536";
	if (p->length != WARD_DATASET_UNKNOWN && p->length > WARD_DATASET_LENGTH_MAX)
		return "a data set holds at most 2^50 bytes";
	if (p->kind >= WARD_DATASET_KINDS || !p->rows != (p->kind != WARD_DATASET_TABLE))
		return "a table has rows, and nothing else has";
	if (p->metadata_len > DATASET_METADATA_MAX)
		return "the metadata doesn't fit into the header";
	if (memchr(p->metadata, 0, p->metadata_len))
		return "the metadata holds a NUL";
	if (keyed + p->to_count < 1 || keyed + p->to_count > WARD_RECIPIENTS_MAX)
		return "a data set has 1 to 64 recipients";
	return NULL;
}

static uint32_t header_len(size_t metadata_len)
{
	size_t len = DATASET_FIXED_LEN + metadata_len + WARD_DATASET_TAG_LEN;

	len = (len + 15) & ~(size_t)15;
	return (uint32_t)(len < WARD_DATASET_HEADER_MIN ? WARD_DATASET_HEADER_MIN : len);
}

/* Everything before the tag; h is zeroed. */
static void fill_header(uint8_t *h, const struct ward_dataset_info *info)
{
	memcpy(h, DATASET_MAGIC, sizeof(DATASET_MAGIC));
	dataset_put32(h + DATASET_OFF_HEADER_LEN, info->header_len);
	dataset_put32(h + DATASET_OFF_VERSION, info->version);
	memcpy(h + DATASET_OFF_ID, info->id, sizeof(info->id));
	memcpy(h + DATASET_OFF_SALT, info->salt, sizeof(info->salt));
	dataset_put32(h + DATASET_OFF_CHUNK_SIZE, info->chunk_size);
	dataset_put32(h + DATASET_OFF_SLOT, info->slot_size);
	dataset_put64(h + DATASET_OFF_LENGTH, info->length);
	dataset_put64(h + DATASET_OFF_CHUNKS, info->chunks);
	dataset_put64(h + DATASET_OFF_ROWS, info->rows);
	dataset_put32(h + DATASET_OFF_METADATA_LEN, (uint32_t)info->metadata_len);
	dataset_put32(h + DATASET_OFF_KIND, info->kind);
	memcpy(h + DATASET_FIXED_LEN, info->metadata, info->metadata_len);
}

static int write_header(struct ward_dataset_writer *w)
{
	size_t body = w->info.header_len - WARD_DATASET_TAG_LEN;
	uint8_t *h = calloc(1, w->info.header_len);
	int rc = h ? 0 : -ENOMEM;

	if (h) {
		fill_header(h, &w->info);
		rc = dataset_header_begin(w->ctx, h, body) ?: dataset_tag(w->ctx, h + body) ?:
		     dataset_pwrite(w->fd, h, w->info.header_len, 0);
	}
	free(h);
	return rc;
}

static int write_tables(const struct ward_dataset_writer *w, const struct ward_recipients *r)
{
	uint8_t *slot = malloc(w->info.slot_size);
	int rc = slot ? 0 : -ENOMEM;

	if (slot)
		rc = recipients_format(r, w->info.id, slot, w->info.slot_size) ?:
		     dataset_pwrite(w->fd, slot, w->info.slot_size, w->info.header_len) ?:
		     dataset_pwrite(w->fd, slot, w->info.slot_size,
				    w->info.header_len + w->info.slot_size);
	free(slot);
	return rc;
}

/* The content key under every recipient's secret; the context keyed with it. */
static int start(struct ward_dataset_writer *w, const uint8_t *key,
		 const struct ward_dataset_params *p, const uint8_t *content)
{
	struct ward_recipients all = { .sequence = 1 };
	struct ward_recipient_key first;
	uint8_t id_salt[WARD_DATASET_ID_LEN + WARD_DATASET_SALT_LEN];
	int rc = 0;

	memcpy(id_salt, w->info.id, WARD_DATASET_ID_LEN);
	memcpy(id_salt + WARD_DATASET_ID_LEN, w->info.salt, WARD_DATASET_SALT_LEN);
	if (key)
		rc = ward_recipient_key(&first, key, NULL) ?:
		     recipients_add(&all, &first, id_salt, content);
	for (size_t i = 0; !rc && i < p->to_count; i++)
		rc = recipients_add(&all, &p->to[i], id_salt, content);
	rc = rc ?: write_tables(w, &all);
	if (key)
		ward_recipient_clear(&first);
	if (rc)
		return rc;
	w->ctx = dataset_cipher(content, id_salt, DATASET_USE_CONTENT, 1);
	return w->ctx ? 0 : -EIO;
}

static int fill_info(struct ward_dataset_writer *w, const struct ward_dataset_params *p)
{
	struct ward_dataset_info *info = &w->info;

	info->version = DATASET_VERSION;
	info->kind = p->kind;
	info->chunk_size = p->chunk_size ? p->chunk_size : WARD_DATASET_CHUNK_DEFAULT;
	info->slot_size = p->slot_size ? p->slot_size : WARD_DATASET_SLOT_DEFAULT;
	info->length = p->length;
	info->rows = p->rows;
	info->metadata_len = p->metadata_len;
	info->header_len = header_len(p->metadata_len);
	if (p->id)
		memcpy(info->id, p->id, sizeof(info->id));
	else if (RAND_bytes(info->id, sizeof(info->id)) != 1)
		return -EIO;
	return RAND_bytes(info->salt, sizeof(info->salt)) == 1 ? 0 : -EIO;
}

static int create(struct ward_dataset_writer *w, const uint8_t *key,
		  const struct ward_dataset_params *p, struct ward_dataset_error *err)
{
	uint8_t content[WARD_DATASET_KEY_LEN];
	const char *bad;
	int rc = fill_info(w, p);

	bad = rc ? NULL : bad_param(p, &w->info, key != NULL);
	if (bad)
		return dataset_fail(err, -EINVAL, WARD_DATASET_NO_CHUNK, 0, "%s", bad);
	w->at = dataset_body(&w->info);
	w->metadata = malloc(p->metadata_len + 1);
	if (!w->metadata)
		rc = -ENOMEM;
	if (!rc) {
		memcpy(w->metadata, p->metadata, p->metadata_len);
		w->info.metadata = w->metadata;
		rc = RAND_priv_bytes(content, sizeof(content)) == 1 ? start(w, key, p, content) : -EIO;
		OPENSSL_cleanse(content, sizeof(content));
	}
	if (rc == -EINVAL)
		return dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, 0,
				    "the recipients don't fit into a table of %" PRIu32 " bytes",
				    w->info.slot_size);
	return rc ? dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, 0,
				 "can't begin: %s", strerror(-rc)) : 0;
}

int ward_dataset_create(int fd, const uint8_t *key, const struct ward_dataset_params *params,
			struct ward_dataset_writer **ret, struct ward_dataset_error *err)
{
	struct ward_dataset_writer *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return dataset_fail(err, -ENOMEM, WARD_DATASET_NO_CHUNK, 0, "out of memory");
	w->fd = fd;
	rc = create(w, key, params, err);
	if (rc)
		ward_dataset_writer_free(w);
	else
		*ret = w;
	return rc;
}

static int end_chunk(struct ward_dataset_writer *w)
{
	uint8_t tag[WARD_DATASET_TAG_LEN];
	int rc = dataset_tag(w->ctx, tag);

	return rc ? rc : append(w, tag, sizeof(tag));
}

/* Encrypts at most one piece of one chunk; returns how many bytes, or -errno. */
static int64_t write_piece(struct ward_dataset_writer *w, const uint8_t *buf, size_t len)
{
	uint32_t in_chunk = (uint32_t)(w->done % w->info.chunk_size);
	uint32_t room = w->info.chunk_size - in_chunk;
	int n, rc;

	if (len > room)
		len = room;
	if (len > DATASET_PIECE)
		len = DATASET_PIECE;
	if (!in_chunk &&
	    dataset_begin(w->ctx, DATASET_IV_CHUNK, w->done / w->info.chunk_size, NULL, 0))
		return -EIO;
	if (EVP_CipherUpdate(w->ctx, w->piece, &n, buf, (int)len) != 1 || (size_t)n != len)
		return -EIO;
	rc = len == room ? dataset_tag(w->ctx, w->piece + len) : 0;
	rc = rc ?: append(w, w->piece, len == room ? len + WARD_DATASET_TAG_LEN : len);
	if (rc)
		return rc;
	w->done += len;
	return (int64_t)len;
}

uint64_t dataset_room(const struct ward_dataset_writer *w)
{
	uint64_t most = w->info.length == WARD_DATASET_UNKNOWN ? WARD_DATASET_LENGTH_MAX :
								 w->info.length;

	return most - w->done;
}

int ward_dataset_write(struct ward_dataset_writer *w, const void *buf, size_t len,
		       struct ward_dataset_error *err)
{
	const uint8_t *p = buf;

	if (len > dataset_room(w))
		return dataset_fail(err, -EOVERFLOW, w->done / w->info.chunk_size, w->at,
				    "there is more plaintext than was said, %" PRIu64 " bytes",
				    w->done + dataset_room(w));
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
	int rc;

	if (w->info.length != WARD_DATASET_UNKNOWN && w->done != w->info.length)
		return dataset_fail(err, -ENODATA, w->done / w->info.chunk_size, w->at,
				    "the plaintext ended after %" PRIu64 " bytes; %" PRIu64
				    " were said", w->done, w->info.length);
	w->info.length = w->done;
	w->info.chunks = dataset_chunks(w->done, w->info.chunk_size);
	rc = w->done % w->info.chunk_size && !w->ended ? end_chunk(w) : 0;
	rc = rc ?: write_header(w);
	return rc ? fail_write(w, err, rc) : 0;
}

const uint8_t *ward_dataset_writer_id(const struct ward_dataset_writer *w)
{
	return w->info.id;
}

uint64_t ward_dataset_writer_length(const struct ward_dataset_writer *w)
{
	return w->done;
}

void ward_dataset_writer_free(struct ward_dataset_writer *w)
{
	if (!w)
		return;
	EVP_CIPHER_CTX_free(w->ctx);
	free(w->metadata);
	free(w);
}
