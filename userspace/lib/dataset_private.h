/* SPDX-License-Identifier: MIT */
/* What the reader and the writer of data sets share. */
#ifndef WARD_DATASET_PRIVATE_H
#define WARD_DATASET_PRIVATE_H

#include <openssl/evp.h>

#include "dataset.h"

#define DATASET_MAGIC		"WARDDS1"	/* 8 bytes with its NUL */
#define DATASET_VERSION		1
#define DATASET_FIXED_LEN	88
#define DATASET_METADATA_MAX	(WARD_DATASET_HEADER_MAX - DATASET_FIXED_LEN - WARD_DATASET_TAG_LEN)
#define DATASET_HASH_LEN	32
#define DATASET_IV_LEN		12
#define DATASET_IV_HEADER	0
#define DATASET_IV_CHUNK	1
#define DATASET_PIECE		65536	/* ciphertext handled at a time; a multiple of 16 */

/* Offsets of the header's fields, for messages and the writer: doc/formats.md, section 6. */
enum {
	DATASET_OFF_HEADER_LEN = 8,
	DATASET_OFF_VERSION = 12,
	DATASET_OFF_ID = 16,
	DATASET_OFF_CHUNK_SIZE = 48,
	DATASET_OFF_LENGTH = 56,
	DATASET_OFF_CHUNKS = 64,
	DATASET_OFF_ROWS = 72,
	DATASET_OFF_METADATA_LEN = 80,
};

/**
 * dataset_cipher() - cipher context keyed with the file key of a header
 * @key: the data key
 * @header: at least DATASET_FIXED_LEN bytes
 * @encrypt: 1 or 0
 *
 * Returns a context that the caller frees (which wipes the key schedule), or NULL.
 */
EVP_CIPHER_CTX *dataset_cipher(const uint8_t *key, const uint8_t *header, int encrypt);

/** dataset_begin() - start a message: set iv and associated data; 0 or -EIO */
int dataset_begin(EVP_CIPHER_CTX *ctx, uint32_t kind, uint64_t index, const void *aad,
		  size_t aad_len);

/** dataset_hash() - SHA-256 of the whole header, tag included; 0 or -EIO */
int dataset_hash(const uint8_t *header, size_t len, uint8_t out[DATASET_HASH_LEN]);

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

static inline uint64_t dataset_chunks(uint64_t length, uint32_t chunk_size)
{
	return length / chunk_size + (length % chunk_size != 0);
}

#endif /* WARD_DATASET_PRIVATE_H */
