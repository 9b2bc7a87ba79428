/* SPDX-License-Identifier: MIT */
/*
 * Encrypted data sets (.wds): doc/formats.md, section 6.
 *
 * An owner writes one with a struct ward_dataset_writer; a worker opens it with
 * the data key and reads it chunk by chunk straight into memory of its choice.
 * Neither side keeps a copy of the plaintext. Nothing here prints, allocates by
 * a length that it has not checked, or closes the caller's descriptors.
 */
#ifndef WARD_DATASET_H
#define WARD_DATASET_H

#include <stddef.h>
#include <stdint.h>

#define WARD_DATASET_KEY_LEN	32
#define WARD_DATASET_ID_LEN	16
#define WARD_DATASET_SALT_LEN	16
#define WARD_DATASET_TAG_LEN	16
#define WARD_DATASET_HEADER_MIN	128
#define WARD_DATASET_HEADER_MAX	65536
#define WARD_DATASET_CHUNK_MIN	4096u
#define WARD_DATASET_CHUNK_MAX	(16u << 20)
#define WARD_DATASET_CHUNK_DEFAULT (64u << 10)
#define WARD_DATASET_LENGTH_MAX	(1ull << 50)
#define WARD_DATASET_NO_CHUNK	UINT64_MAX

struct ward_dataset;
struct ward_dataset_writer;

/**
 * struct ward_dataset_error - what was wrong, and where
 * @chunk: index of the chunk; WARD_DATASET_NO_CHUNK = the header or the file
 * @offset: bytes from the start of the file
 * @text: one sentence for people, without a final newline
 */
struct ward_dataset_error {
	uint64_t chunk;
	uint64_t offset;
	char text[232];
};

/**
 * struct ward_dataset_info - what the header says
 * @version: 1
 * @header_len: bytes, the header's tag included
 * @chunk_size: bytes of plaintext in every chunk but the last
 * @id: the data-set id
 * @length: bytes of plaintext
 * @chunks: number of chunks
 * @rows: rows of the table; 0 = not a table
 * @metadata: JSON text, followed by a NUL; lives as long as the data set
 * @metadata_len: its bytes, without the NUL
 * @verified: the header's tag was checked with the data key
 */
struct ward_dataset_info {
	uint32_t version;
	uint32_t header_len;
	uint32_t chunk_size;
	uint8_t id[WARD_DATASET_ID_LEN];
	uint64_t length;
	uint64_t chunks;
	uint64_t rows;
	const char *metadata;
	size_t metadata_len;
	int verified;
};

/**
 * ward_dataset_open() - read and check a data set's header
 * @fd: regular file, readable; borrowed until ward_dataset_close()
 * @key: WARD_DATASET_KEY_LEN bytes, or NULL to read the header unverified;
 *	not kept: the caller may wipe it afterwards
 * @ret: the data set; untouched on failure
 * @err: filled on failure; may be NULL
 *
 * The file's size must be exactly what the header says.
 * Returns 0; -EBADMSG: damaged, truncated or extended; -EKEYREJECTED: the header's
 * tag doesn't verify (another key, or the header was changed); -ENOTSUP: another
 * version; -EIO and others from reading; -ENOMEM.
 */
int ward_dataset_open(int fd, const uint8_t *key, struct ward_dataset **ret,
		      struct ward_dataset_error *err);

/** ward_dataset_close() - free a data set and the key schedule in it */
void ward_dataset_close(struct ward_dataset *ds);

/** ward_dataset_info() - what the header says; never NULL */
const struct ward_dataset_info *ward_dataset_info(const struct ward_dataset *ds);

/** ward_dataset_chunk_len() - bytes of plaintext in a chunk; 0 beyond the last */
uint32_t ward_dataset_chunk_len(const struct ward_dataset *ds, uint64_t index);

/**
 * ward_dataset_read_chunk() - decrypt one chunk into the caller's memory
 * @ds: opened with a key
 * @index: 0 to chunks - 1, in any order
 * @dst: where the plaintext goes, ward_dataset_chunk_len() bytes
 * @cap: bytes that fit there
 * @err: filled on failure; may be NULL
 *
 * The plaintext is written to @dst alone, before its tag is known; when the tag
 * or the reading fails, what was written there is wiped.
 * Returns the number of bytes; -ENOKEY: opened without a key; -ERANGE: no such
 * chunk; -EMSGSIZE: @cap is too small; -EBADMSG: the chunk doesn't verify or the
 * file ends in it; -EIO and others from reading.
 */
int64_t ward_dataset_read_chunk(struct ward_dataset *ds, uint64_t index, void *dst,
				size_t cap, struct ward_dataset_error *err);

/**
 * struct ward_dataset_params - a data set to write
 * @chunk_size: power of two, WARD_DATASET_CHUNK_MIN to _MAX; 0 = default
 * @length: bytes of plaintext that will be written
 * @rows: of the table; 0 = not a table
 * @metadata: JSON text; the header has room for 65424 bytes
 * @metadata_len: its bytes
 * @id: data-set id to keep (rekeying); NULL = a random one
 */
struct ward_dataset_params {
	uint32_t chunk_size;
	uint64_t length;
	uint64_t rows;
	const char *metadata;
	size_t metadata_len;
	const uint8_t *id;
};

/**
 * ward_dataset_create() - start a data set: derive its key, write its header
 * @fd: where to write, from its current position; borrowed
 * @key: WARD_DATASET_KEY_LEN bytes; not kept
 * @params: what will follow
 * @ret: the writer; untouched on failure
 * @err: filled on failure; may be NULL
 *
 * Returns 0; -EINVAL: a parameter is out of range (@err says which); -EIO and
 * others from writing; -ENOMEM.
 */
int ward_dataset_create(int fd, const uint8_t *key, const struct ward_dataset_params *params,
			struct ward_dataset_writer **ret, struct ward_dataset_error *err);

/**
 * ward_dataset_write() - encrypt and append plaintext, any number of bytes
 *
 * Returns 0; -EOVERFLOW: more than the header says; -EIO and others from writing.
 * After a failure the writer can only be freed.
 */
int ward_dataset_write(struct ward_dataset_writer *w, const void *buf, size_t len,
		       struct ward_dataset_error *err);

/**
 * ward_dataset_finish() - end the last chunk
 *
 * Syncing and renaming the file are the caller's. Returns 0; -ENODATA: less was
 * written than the header says; -EIO and others from writing.
 */
int ward_dataset_finish(struct ward_dataset_writer *w, struct ward_dataset_error *err);

/** ward_dataset_writer_id() - the data-set id, WARD_DATASET_ID_LEN bytes */
const uint8_t *ward_dataset_writer_id(const struct ward_dataset_writer *w);

/** ward_dataset_writer_free() - free a writer, finished or not, and its key schedule */
void ward_dataset_writer_free(struct ward_dataset_writer *w);

#endif /* WARD_DATASET_H */
