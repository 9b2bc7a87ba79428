/* SPDX-License-Identifier: MIT */
/* What the files of data sets share: doc/formats.md, section 6. */
#ifndef WARD_DATASET_PRIVATE_H
#define WARD_DATASET_PRIVATE_H

#include <openssl/evp.h>

#include "dataset.h"
#include "libward_key.h"

#define DATASET_MAGIC		"WARDDS2"	/* 8 bytes with its NUL */
#define DATASET_VERSION		2
#define DATASET_FIXED_LEN	88
#define DATASET_METADATA_MAX	(WARD_DATASET_HEADER_MAX - DATASET_FIXED_LEN - WARD_DATASET_TAG_LEN)
#define DATASET_IV_LEN		12
#define DATASET_IV_HEADER	0
#define DATASET_IV_CHUNK	1
#define DATASET_PIECE		65536	/* ciphertext handled at a time; a multiple of 16 */

/*
 * A data set that is open: one thread's at a time, but for what dataset_stream.c does.
 * @ctx: NULL: opened without a key, or by one of the kernel's
 * @key: of the content, where the kernel has it; @sealed: a chunk and its tag for it
 * @header: header_len bytes, then the tables of recipients
 * @piece: ciphertext, and the tag after a chunk's last
 */
struct ward_dataset {
	int fd;
	struct ward_dataset_info info;
	struct ward_recipients recipients;
	EVP_CIPHER_CTX *ctx;
	struct ward_key *key;
	uint8_t *sealed;
	uint8_t *header;
	char *metadata;
	uint8_t piece[DATASET_PIECE + WARD_DATASET_TAG_LEN];
};

/*
 * @info: length as given, or WARD_DATASET_UNKNOWN
 * @at: where the next byte goes
 * @done: bytes of plaintext encrypted so far
 * @ended: a stream ended it: its last chunk has its tag
 */
struct ward_dataset_writer {
	int fd;
	EVP_CIPHER_CTX *ctx;
	struct ward_dataset_info info;
	char *metadata;
	uint64_t at;
	uint64_t done;
	int ended;
	uint8_t piece[DATASET_PIECE + WARD_DATASET_TAG_LEN];
};

/* Offsets of the header's fields, for messages and the writer: doc/formats.md, section 6. */
enum {
	DATASET_OFF_HEADER_LEN = 8,
	DATASET_OFF_VERSION = 12,
	DATASET_OFF_ID = 16,
	DATASET_OFF_SALT = 32,
	DATASET_OFF_CHUNK_SIZE = 48,
	DATASET_OFF_SLOT = 52,
	DATASET_OFF_LENGTH = 56,
	DATASET_OFF_CHUNKS = 64,
	DATASET_OFF_ROWS = 72,
	DATASET_OFF_METADATA_LEN = 80,
	DATASET_OFF_KIND = 84,
};

/** enum dataset_use - which of a secret's keys: the text that HKDF is given */
enum dataset_use { DATASET_USE_CONTENT, DATASET_USE_WRAP };

/**
 * dataset_cipher() - cipher context keyed with a key derived from a secret
 * @secret: 32 bytes: the content key, or a recipient's
 * @id_salt: data-set id and salt as they stand in the header, 32 bytes
 * @encrypt: 1 or 0
 *
 * Returns a context that the caller frees (which wipes the key schedule), or NULL.
 */
EVP_CIPHER_CTX *dataset_cipher(const uint8_t *secret, const uint8_t *id_salt,
			       enum dataset_use use, int encrypt);

/** dataset_begin() - start a message: set iv and associated data; 0 or -EIO */
int dataset_begin(EVP_CIPHER_CTX *ctx, uint32_t kind, uint64_t index, const void *aad,
		  size_t aad_len);

/**
 * dataset_header_begin() - start the message whose tag ends a header
 * @header: @len bytes, the tag left out
 */
int dataset_header_begin(EVP_CIPHER_CTX *ctx, const uint8_t *header, size_t len);

/** dataset_tag() - end a message that was encrypted; 0 or -EIO */
int dataset_tag(EVP_CIPHER_CTX *ctx, uint8_t tag[WARD_DATASET_TAG_LEN]);

/** struct unlocked - the content key, wiped by whoever has it, and which recipient's wrap gave it */
struct unlocked {
	uint8_t content[WARD_DATASET_KEY_LEN];
	uint8_t id[WARD_RECIPIENT_ID_LEN];
};

/** dataset_unlock() - the content key, by a recipient's secret; verifies the header */
int dataset_unlock(struct ward_dataset *ds, ward_recipient_unlock *fn, void *arg,
		   struct unlocked *out, struct ward_dataset_error *err);

/** dataset_room() - bytes of plaintext that a writer still takes */
uint64_t dataset_room(const struct ward_dataset_writer *w);

/** dataset_load() - the header and the recipients, no key yet; as ward_dataset_open() */
int dataset_load(int fd, struct ward_dataset **ret, struct ward_dataset_error *err);

/** dataset_fail_read() - the sentence for what dataset_pread() said; returns @rc, or -EBADMSG */
int dataset_fail_read(struct ward_dataset_error *err, int rc, uint64_t chunk, uint64_t off);

/** dataset_pread() - exactly @len bytes; 0, -ENODATA where the file ends, or -errno */
int dataset_pread(int fd, void *buf, size_t len, uint64_t off);

/** dataset_pwrite() - all of it; 0 or -errno */
int dataset_pwrite(int fd, const void *buf, size_t len, uint64_t off);

/** dataset_fail() - fill @err (may be NULL) and return @rc */
int dataset_fail(struct ward_dataset_error *err, int rc, uint64_t chunk, uint64_t offset,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static inline void dataset_put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = v >> 8 * i;
}

static inline void dataset_put64(uint8_t *p, uint64_t v)
{
	dataset_put32(p, v);
	dataset_put32(p + 4, v >> 32);
}

/* Where the chunks begin. */
static inline uint64_t dataset_body(const struct ward_dataset_info *info)
{
	return info->header_len + 2 * (uint64_t)info->slot_size;
}

/* Where one of them begins. */
static inline uint64_t dataset_chunk_at(const struct ward_dataset_info *info, uint64_t index)
{
	return dataset_body(info) + index * (info->chunk_size + (uint64_t)WARD_DATASET_TAG_LEN);
}

static inline uint64_t dataset_chunks(uint64_t length, uint32_t chunk_size)
{
	return length / chunk_size + (length % chunk_size != 0);
}

#endif /* WARD_DATASET_PRIVATE_H */
