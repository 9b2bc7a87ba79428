// SPDX-License-Identifier: MIT
/*
 * Reader of encrypted data sets. The header comes from a stranger: it is read
 * in two steps, each of a length that was checked before, and believed only as
 * far as the file's own size bears it out. The ciphertext passes through one
 * bounded piece; plaintext is written nowhere but to the caller's memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "cursor.h"
#include "dataset_private.h"
#include "recipient_private.h"

static int fail_head(struct ward_dataset_error *err, uint64_t off, const char *what)
{
	return dataset_fail(err, -EBADMSG, WARD_DATASET_NO_CHUNK, off,
			    "header, offset %" PRIu64 ": %s", off, what);
}

int dataset_fail_read(struct ward_dataset_error *err, int rc, uint64_t chunk, uint64_t off)
{
	if (rc == -ENODATA)
		return dataset_fail(err, -EBADMSG, chunk, off,
				    "the file ends early, offset %" PRIu64, off);
	return dataset_fail(err, rc, chunk, off, "can't read at offset %" PRIu64 ": %s", off,
			    strerror(-rc));
}

static int read_magic(struct cursor *c, struct ward_dataset_info *info,
		      struct ward_dataset_error *err)
{
	const uint8_t *magic = cursor_take(c, sizeof(DATASET_MAGIC));

	if (!magic || memcmp(magic, DATASET_MAGIC, sizeof(DATASET_MAGIC)))
		return fail_head(err, 0, "not a data set: it doesn't begin with WARDDS2");
	info->header_len = cursor_le32(c);
	info->version = cursor_le32(c);
	if (info->version != DATASET_VERSION)
		return dataset_fail(err, -ENOTSUP, WARD_DATASET_NO_CHUNK, DATASET_OFF_VERSION,
				    "header, offset %d: version %" PRIu32 "; only 2 is known",
				    DATASET_OFF_VERSION, info->version);
	if (info->header_len < WARD_DATASET_HEADER_MIN ||
	    info->header_len > WARD_DATASET_HEADER_MAX || info->header_len % 16)
		return fail_head(err, DATASET_OFF_HEADER_LEN,
				 "the header's length is not a multiple of 16 from 128 to 65536");
	return 0;
}

static int read_sizes(struct cursor *c, struct ward_dataset_info *info,
		      struct ward_dataset_error *err)
{
	info->chunk_size = cursor_le32(c);
	if (info->chunk_size < WARD_DATASET_CHUNK_MIN ||
	    info->chunk_size > WARD_DATASET_CHUNK_MAX ||
	    (info->chunk_size & (info->chunk_size - 1)))
		return fail_head(err, DATASET_OFF_CHUNK_SIZE,
				 "the chunk size is not a power of two from 4096 to 16 MiB");
	info->slot_size = cursor_le32(c);
	if (info->slot_size < WARD_DATASET_SLOT_MIN || info->slot_size > WARD_DATASET_SLOT_MAX ||
	    info->slot_size % WARD_DATASET_SLOT_MIN)
		return fail_head(err, DATASET_OFF_SLOT,
				 "the tables' size is not a multiple of 4096 up to 65536");
	info->length = cursor_le64(c);
	if (info->length > WARD_DATASET_LENGTH_MAX)
		return fail_head(err, DATASET_OFF_LENGTH, "more than 2^50 bytes");
	info->chunks = cursor_le64(c);
	if (info->chunks != dataset_chunks(info->length, info->chunk_size))
		return fail_head(err, DATASET_OFF_CHUNKS,
				 "the number of chunks doesn't fit the length");
	return 0;
}

/* The first 88 bytes. What they say about lengths is bounded here. */
static int read_fixed(struct cursor *c, struct ward_dataset_info *info,
		      struct ward_dataset_error *err)
{
	int rc = read_magic(c, info, err);

	if (rc)
		return rc;
	cursor_copy(c, info->id, sizeof(info->id));
	cursor_copy(c, info->salt, sizeof(info->salt));
	rc = read_sizes(c, info, err);
	if (rc)
		return rc;
	info->rows = cursor_le64(c);
	info->metadata_len = cursor_le32(c);
	if (info->metadata_len > info->header_len - WARD_DATASET_TAG_LEN - DATASET_FIXED_LEN)
		return fail_head(err, DATASET_OFF_METADATA_LEN,
				 "the metadata is longer than the header");
	info->kind = cursor_le32(c);
	if (info->kind >= WARD_DATASET_KINDS)
		return fail_head(err, DATASET_OFF_KIND, "an unknown kind of contents");
	if (!info->rows != (info->kind != WARD_DATASET_TABLE))
		return fail_head(err, DATASET_OFF_KIND, "rows of what is not a table, or none of one");
	return 0;
}

/* Metadata and what follows it up to the tag. */
static int read_tail(struct ward_dataset *ds, struct cursor *c, struct ward_dataset_error *err)
{
	struct ward_dataset_info *info = &ds->info;
	const uint8_t *meta = cursor_take(c, info->metadata_len);

	if (!meta)
		return fail_head(err, c->at, "the metadata is longer than the header");
	if (memchr(meta, 0, info->metadata_len))
		return fail_head(err, DATASET_FIXED_LEN, "a NUL in the metadata");
	cursor_zero(c, cursor_left(c) - WARD_DATASET_TAG_LEN);
	if (!cursor_ok(c))
		return fail_head(err, c->at, "must be zero");
	ds->metadata = calloc(1, info->metadata_len + 1);
	if (!ds->metadata)
		return -ENOMEM;
	memcpy(ds->metadata, meta, info->metadata_len);
	info->metadata = ds->metadata;
	return 0;
}

static int check_size(struct ward_dataset *ds, struct ward_dataset_error *err)
{
	const struct ward_dataset_info *info = &ds->info;
	uint64_t want = dataset_body(info) + info->length + info->chunks * WARD_DATASET_TAG_LEN;
	struct stat st;

	if (fstat(ds->fd, &st))
		return dataset_fail_read(err, -errno, WARD_DATASET_NO_CHUNK, 0);
	if (!S_ISREG(st.st_mode))
		return dataset_fail(err, -EINVAL, WARD_DATASET_NO_CHUNK, 0,
				    "a data set must be a regular file");
	if ((uint64_t)st.st_size == want)
		return 0;
	return dataset_fail(err, -EBADMSG, WARD_DATASET_NO_CHUNK,
			    (uint64_t)st.st_size < want ? (uint64_t)st.st_size : want,
			    "the file has %" PRIu64 " bytes, its header says %" PRIu64 ": %s",
			    (uint64_t)st.st_size, want,
			    (uint64_t)st.st_size < want ? "it was cut short" : "it was extended");
}

/* Checks the tag over everything before it and keys the context for the chunks. */
static int verify_header(struct ward_dataset *ds, const uint8_t *content,
			 struct ward_dataset_error *err)
{
	size_t len = ds->info.header_len - WARD_DATASET_TAG_LEN;
	uint8_t none[16];
	int n;

	ds->ctx = dataset_cipher(content, ds->header + DATASET_OFF_ID, DATASET_USE_CONTENT, 0);
	if (!ds->ctx || dataset_header_begin(ds->ctx, ds->header, len) ||
	    EVP_CIPHER_CTX_ctrl(ds->ctx, EVP_CTRL_AEAD_SET_TAG, WARD_DATASET_TAG_LEN,
				ds->header + len) != 1)
		return dataset_fail(err, -EIO, WARD_DATASET_NO_CHUNK, 0,
				    "the cryptographic library failed");
	if (EVP_CipherFinal_ex(ds->ctx, none, &n) != 1)
		return dataset_fail(err, -EKEYREJECTED, WARD_DATASET_NO_CHUNK, len,
				    "header, offset %zu: the tag doesn't verify: "
				    "the header was changed", len);
	ds->info.verified = 1;
	return 0;
}

/* The newer of the two tables that is whole: the other may be half written. */
static int read_tables(struct ward_dataset *ds, struct ward_dataset_error *err)
{
	const struct ward_dataset_info *info = &ds->info;
	const uint8_t *slot = ds->header + info->header_len;
	struct ward_recipients other;
	const char *why, *why_other;
	int rc, rc_other;

	rc = recipients_parse(slot, info->slot_size, info->id, &ds->recipients, &why);
	rc_other = recipients_parse(slot + info->slot_size, info->slot_size, info->id, &other,
				    &why_other);
	if (rc == -ENOMEM || rc_other == -ENOMEM)
		return dataset_fail(err, -ENOMEM, WARD_DATASET_NO_CHUNK, info->header_len,
				    "out of memory");
	if (rc && rc_other)
		return dataset_fail(err, -EBADMSG, WARD_DATASET_NO_CHUNK, info->header_len,
				    "recipients, offset %" PRIu32 ": no table is whole: %s; %s",
				    info->header_len, why, why_other);
	if (rc || (!rc_other && other.sequence > ds->recipients.sequence))
		ds->recipients = other;
	return 0;
}

static int load_header(struct ward_dataset *ds, struct ward_dataset_error *err)
{
	uint8_t fixed[DATASET_FIXED_LEN] = { 0 };
	struct cursor c = cursor_over(fixed, sizeof(fixed));
	int rc;

	rc = dataset_pread(ds->fd, fixed, sizeof(fixed), 0);
	/* A short stranger is a stranger, not a data set that was cut. */
	if (rc == -ENODATA && fixed[0] && memcmp(fixed, DATASET_MAGIC, sizeof(DATASET_MAGIC)))
		return read_magic(&c, &ds->info, err);
	if (rc)
		return dataset_fail_read(err, rc, WARD_DATASET_NO_CHUNK, 0);
	rc = read_fixed(&c, &ds->info, err);
	if (rc)
		return rc;
	rc = check_size(ds, err);
	if (rc)
		return rc;
	ds->header = malloc(dataset_body(&ds->info));
	if (!ds->header)
		return -ENOMEM;
	rc = dataset_pread(ds->fd, ds->header, dataset_body(&ds->info), 0);
	if (rc)
		return dataset_fail_read(err, rc, WARD_DATASET_NO_CHUNK, 0);
	/* the file may have changed between the two reads */
	if (memcmp(fixed, ds->header, sizeof(fixed)))
		return fail_head(err, 0, "changed while it was read");
	c = cursor_over(ds->header, ds->info.header_len);
	cursor_skip(&c, DATASET_FIXED_LEN);
	rc = read_tail(ds, &c, err);
	return rc ? rc : read_tables(ds, err);
}

/* Asks for each recipient's secret until one is had; the content key is the caller's to wipe. */
static int unlock(struct ward_dataset *ds, ward_recipient_unlock *fn, void *arg,
		  struct unlocked *out, struct ward_dataset_error *err)
{
	uint8_t secret[WARD_RECIPIENT_SECRET_LEN];
	int rc = -ENOKEY, stranger = 0;

	for (size_t i = 0; rc == -ENOKEY && i < ds->recipients.count; i++) {
		rc = fn(arg, &ds->recipients.of[i], secret);
		if (rc)
			continue;
		memcpy(out->id, ds->recipients.of[i].id, sizeof(out->id));
		rc = recipient_unwrap(secret, ds->header + DATASET_OFF_ID,
				      ds->recipients.of[i].wrap, out->content);
		OPENSSL_cleanse(secret, sizeof(secret));
		/* every guest gets some key of its own: the next recipient may be the one */
		if (rc == -EKEYREJECTED && ds->recipients.of[i].type == WARD_RECIPIENT_SNP) {
			stranger = 1;
			rc = -ENOKEY;
		}
	}
	if (rc == -ENOKEY && stranger)
		return dataset_fail(err, -EKEYREJECTED, WARD_DATASET_NO_CHUNK, ds->info.header_len,
				    "another guest sealed it, or this one is not what it was: "
				    "the key that the firmware derives doesn't open it");
	if (rc == -ENOKEY)
		return dataset_fail(err, -EKEYREJECTED, WARD_DATASET_NO_CHUNK, ds->info.header_len,
				    "it is not the key of any of its recipients (%zu): "
				    "'wardctl dataset info' lists them",
				    ds->recipients.count);
	if (rc == -EKEYREJECTED)
		return dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, ds->info.header_len,
				    "the content key doesn't open: its wrap, the id or the salt was changed");
	return rc ? dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, ds->info.header_len,
				 "the key can't be had: %s", strerror(-rc)) : 0;
}

int dataset_unlock(struct ward_dataset *ds, ward_recipient_unlock *fn, void *arg,
		   struct unlocked *out, struct ward_dataset_error *err)
{
	int rc = unlock(ds, fn, arg, out, err);

	if (!rc)
		rc = verify_header(ds, out->content, err);
	if (rc)
		OPENSSL_cleanse(out, sizeof(*out));
	return rc;
}

int dataset_load(int fd, struct ward_dataset **ret, struct ward_dataset_error *err)
{
	struct ward_dataset *ds = calloc(1, sizeof(*ds));
	int rc = -ENOMEM;

	if (ds) {
		ds->fd = fd;
		ds->info.recipients = &ds->recipients;
		rc = load_header(ds, err);
	}
	if (rc == -ENOMEM)
		dataset_fail(err, rc, WARD_DATASET_NO_CHUNK, 0, "out of memory");
	if (rc)
		ward_dataset_close(ds);
	else
		*ret = ds;
	return rc;
}

int ward_dataset_open_as(int fd, ward_recipient_unlock *fn, void *arg,
			 struct ward_dataset **ret, struct ward_dataset_error *err)
{
	struct ward_dataset *ds;
	struct unlocked got;
	int rc = dataset_load(fd, &ds, err);

	if (rc)
		return rc;
	rc = dataset_unlock(ds, fn, arg, &got, err);
	OPENSSL_cleanse(&got, sizeof(got));
	if (rc)
		ward_dataset_close(ds);
	else
		*ret = ds;
	return rc;
}

int ward_dataset_open(int fd, const uint8_t *key, struct ward_dataset **ret,
		      struct ward_dataset_error *err)
{
	if (!key)
		return dataset_load(fd, ret, err);
	return ward_dataset_open_as(fd, ward_recipient_unlock_key, (void *)key, ret, err);
}

void ward_dataset_close(struct ward_dataset *ds)
{
	if (!ds)
		return;
	EVP_CIPHER_CTX_free(ds->ctx);
	ward_key_free(ds->key);
	free(ds->sealed);
	free(ds->header);
	free(ds->metadata);
	free(ds);
}

const struct ward_dataset_info *ward_dataset_info(const struct ward_dataset *ds)
{
	return &ds->info;
}

int ward_dataset_digest(const struct ward_dataset *ds, uint8_t *digest)
{
	return EVP_Digest(ds->header, ds->info.header_len, digest, NULL, EVP_sha256(), NULL) == 1 ?
	       0 : -EIO;
}

uint32_t ward_dataset_chunk_len(const struct ward_dataset *ds, uint64_t index)
{
	const struct ward_dataset_info *info = &ds->info;

	if (index >= info->chunks)
		return 0;
	if (index + 1 < info->chunks)
		return info->chunk_size;
	return (uint32_t)(info->length - index * info->chunk_size);
}

/* Decrypts len bytes at off to dst, the tag after them comes with the last. Doesn't wipe. */
static int decrypt_chunk(struct ward_dataset *ds, uint64_t off, uint8_t *dst, uint32_t len,
			 uint64_t *at)
{
	uint8_t none[16];
	int n = 0, rc;

	for (uint32_t done = 0; done < len; done += (uint32_t)n) {
		size_t want = len - done < DATASET_PIECE ? len - done : DATASET_PIECE;
		size_t tag = done + want == len ? WARD_DATASET_TAG_LEN : 0;

		*at = off + done;
		rc = dataset_pread(ds->fd, ds->piece, want + tag, *at);
		if (rc == -ENODATA && tag && !dataset_pread(ds->fd, ds->piece, want, *at))
			*at = off + len;	/* the tag alone is missing */
		if (rc)
			return rc;
		if (EVP_CipherUpdate(ds->ctx, dst + done, &n, ds->piece, (int)want) != 1 ||
		    (size_t)n != want)
			return -EIO;
	}
	*at = off + len;
	/* the last piece's length: where its tag stands */
	if (EVP_CIPHER_CTX_ctrl(ds->ctx, EVP_CTRL_AEAD_SET_TAG, WARD_DATASET_TAG_LEN,
				ds->piece + n) != 1)
		return -EIO;
	return EVP_CipherFinal_ex(ds->ctx, none, &n) == 1 ? 0 : -EBADMSG;
}

int64_t ward_dataset_read_chunk(struct ward_dataset *ds, uint64_t index, void *dst,
				size_t cap, struct ward_dataset_error *err)
{
	uint32_t len = ward_dataset_chunk_len(ds, index);
	uint64_t off, at;
	int rc;

	if (!ds->ctx)
		return dataset_fail(err, -ENOKEY, index, 0, "opened without a key");
	if (index >= ds->info.chunks)
		return dataset_fail(err, -ERANGE, index, 0,
				    "chunk %" PRIu64 " of %" PRIu64 " doesn't exist", index,
				    ds->info.chunks);
	if (cap < len)
		return dataset_fail(err, -EMSGSIZE, index, 0,
				    "chunk %" PRIu64 " has %" PRIu32 " bytes, only %zu fit", index,
				    len, cap);
	off = at = dataset_chunk_at(&ds->info, index);
	rc = dataset_begin(ds->ctx, DATASET_IV_CHUNK, index, NULL, 0);
	if (!rc)
		rc = decrypt_chunk(ds, off, dst, len, &at);
	if (!rc)
		return len;
	OPENSSL_cleanse(dst, len);
	if (rc == -EBADMSG)
		return dataset_fail(err, rc, index, off, "chunk %" PRIu64 ", offset %" PRIu64
				    ": the tag doesn't verify: the chunk was changed, moved or "
				    "comes from another file", index, off);
	return dataset_fail_read(err, rc, index, at);
}
