/* SPDX-License-Identifier: MIT */
/*
 * Encrypted data sets (.wds): doc/formats.md, section 6.
 *
 * An owner writes one with a struct ward_dataset_writer; a worker opens it with
 * the data key, or as another of its recipients (recipient.h), and reads it chunk by
 * chunk straight into memory of its choice.
 * Neither side keeps a copy of the plaintext. Nothing here prints, allocates by
 * a length that it has not checked, or closes the caller's descriptors.
 */
#ifndef WARD_DATASET_H
#define WARD_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "recipient.h"

#define WARD_DATASET_KEY_LEN	32
#define WARD_DATASET_ID_LEN	16
#define WARD_DATASET_SALT_LEN	16
#define WARD_DATASET_TAG_LEN	16
#define WARD_DATASET_DIGEST_LEN	32
#define WARD_DATASET_HEADER_MIN	128
#define WARD_DATASET_HEADER_MAX	65536
#define WARD_DATASET_CHUNK_MIN	4096u
#define WARD_DATASET_CHUNK_MAX	(16u << 20)
#define WARD_DATASET_CHUNK_DEFAULT (64u << 10)
#define WARD_DATASET_LENGTH_MAX	(1ull << 50)
#define WARD_DATASET_SLOT_MIN	4096u
#define WARD_DATASET_SLOT_MAX	65536u
#define WARD_DATASET_SLOT_DEFAULT 8192u
#define WARD_DATASET_NO_CHUNK	UINT64_MAX
#define WARD_DATASET_UNKNOWN	UINT64_MAX

/** enum ward_dataset_kind - what a data set holds */
enum ward_dataset_kind {
	WARD_DATASET_BYTES = 0,
	WARD_DATASET_TABLE,
	WARD_DATASET_MODEL,	/* weights */
	WARD_DATASET_SEALED,	/* what "wardctl seal" wrote */
	WARD_DATASET_KINDS,
};

struct ward_buffer;
struct ward_dataset;
struct ward_dataset_writer;
struct ward_key;

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
 * @version: 2
 * @kind: enum ward_dataset_kind
 * @header_len: bytes, the header's tag included
 * @slot_size: bytes of each of the two tables of recipients that follow the header
 * @chunk_size: bytes of plaintext in every chunk but the last
 * @id: the data-set id
 * @salt: which keys are derived with, beside the id
 * @length: bytes of plaintext
 * @chunks: number of chunks
 * @rows: rows of the table; 0 = not a table
 * @metadata: JSON text, followed by a NUL; lives as long as the data set
 * @metadata_len: its bytes, without the NUL
 * @verified: the header's tag was checked with the content key
 * @recipients: who may open it, as the newest sound table says; authenticated by
 *	nothing but that each wraps the content key
 */
struct ward_dataset_info {
	uint32_t version;
	uint32_t kind;
	uint32_t header_len;
	uint32_t slot_size;
	uint32_t chunk_size;
	uint8_t id[WARD_DATASET_ID_LEN];
	uint8_t salt[WARD_DATASET_SALT_LEN];
	uint64_t length;
	uint64_t chunks;
	uint64_t rows;
	const char *metadata;
	size_t metadata_len;
	int verified;
	const struct ward_recipients *recipients;
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
 * Returns 0; -EBADMSG: damaged, truncated or extended; -EKEYREJECTED: no recipient has
 * that key, or the header's tag doesn't verify; -ENOTSUP: another version; -EIO and
 * others from reading; -ENOMEM.
 */
int ward_dataset_open(int fd, const uint8_t *key, struct ward_dataset **ret,
		      struct ward_dataset_error *err);

/**
 * ward_dataset_open_as() - the same as any recipient
 * @unlock: called for each recipient in turn until it gives the secret of one
 * @arg: for it
 *
 * Returns as ward_dataset_open(), or what @unlock failed with.
 */
int ward_dataset_open_as(int fd, ward_recipient_unlock *unlock, void *arg,
			 struct ward_dataset **ret, struct ward_dataset_error *err);

/**
 * ward_dataset_open_kernel() - the same by a key that the kernel holds (libward_key.h)
 * @key: a data key, of a grant for this data set; borrowed for this call
 * @buffer: any class A buffer of the key's session; nothing is written to it
 *
 * The kernel unwraps the content key and checks the header. Chunks are read by
 * ward_dataset_read_chunk_into() alone, for as long as @key lives.
 * Returns as ward_dataset_open(), or what ward_key_unwrap() and ward_key_open() say.
 */
int ward_dataset_open_kernel(int fd, struct ward_key *key, struct ward_buffer *buffer,
			     struct ward_dataset **ret, struct ward_dataset_error *err);

/**
 * ward_dataset_read_chunk_into() - have the kernel decrypt one chunk into a buffer
 * @ds: opened by ward_dataset_open_kernel()
 * @index: 0 to chunks - 1, in any order
 * @buffer: class A, of the key's session
 * @offset: in it, a multiple of 16
 * @err: filled on failure; may be NULL
 *
 * User space sees the ciphertext alone. Returns the number of bytes; -ENOKEY: opened
 * otherwise; -ERANGE, -EBADMSG, -EIO as ward_dataset_read_chunk(); or what
 * ward_key_open() says.
 */
int64_t ward_dataset_read_chunk_into(struct ward_dataset *ds, uint64_t index,
				     struct ward_buffer *buffer, uint64_t offset,
				     struct ward_dataset_error *err);

/**
 * ward_dataset_load() - decrypt all of it into a buffer: a model's weights, say
 * @ds: opened with a key, whoever holds it
 * @buffer: class A; of the key's session where the kernel holds the key
 * @offset: in it, a multiple of 16
 * @err: filled on failure; may be NULL
 *
 * Plaintext is written to the buffer alone; after a failure none of it is there.
 * Returns the number of bytes; -EMSGSIZE: no room for all of them; -EINVAL; or as
 * ward_dataset_read_chunk() and ward_dataset_read_chunk_into().
 */
int64_t ward_dataset_load(struct ward_dataset *ds, struct ward_buffer *buffer, size_t offset,
			  struct ward_dataset_error *err);

/** ward_dataset_close() - free a data set and the key schedule in it */
void ward_dataset_close(struct ward_dataset *ds);

/** ward_dataset_info() - what the header says; never NULL */
const struct ward_dataset_info *ward_dataset_info(const struct ward_dataset *ds);

/**
 * ward_dataset_digest() - SHA-256 of the header, its tag included
 * @digest: WARD_DATASET_DIGEST_LEN bytes
 *
 * Salt and content key are drawn anew for each data set, and chunks open with that key
 * alone: of a data set that was opened with a key, the digest names the contents. A change
 * of recipients leaves it as it is. Returns 0; -EIO: the library failed.
 */
int ward_dataset_digest(const struct ward_dataset *ds, uint8_t *digest);

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
 * ward_dataset_progress - so many bytes more; one thread at a time calls it
 */
typedef void ward_dataset_progress(void *arg, uint64_t bytes);

#define WARD_DATASET_THREADS_MAX 64

/**
 * ward_dataset_read_to() - decrypt all of it
 * @ds: opened with a key; not to be used meanwhile
 * @out: regular file, written from its start; -1 = nowhere, only check
 * @threads: 1 to WARD_DATASET_THREADS_MAX, each with memory of two times what is larger,
 *	256 KiB or a chunk; 0 = as many as there are processors, at most 2
 * @progress, @arg: or NULL
 *
 * What was written to @out before an error is plaintext, each chunk of which verified,
 * with holes. Returns 0, or as ward_dataset_read_chunk(): of the first chunk that failed.
 */
int ward_dataset_read_to(struct ward_dataset *ds, int out, unsigned int threads,
			 ward_dataset_progress *progress, void *arg,
			 struct ward_dataset_error *err);

/**
 * struct ward_dataset_params - a data set to write
 * @kind: enum ward_dataset_kind
 * @chunk_size: power of two, WARD_DATASET_CHUNK_MIN to _MAX; 0 = default
 * @slot_size: multiple of 4096, WARD_DATASET_SLOT_MIN to _MAX; 0 = default
 * @length: bytes of plaintext that will be written; WARD_DATASET_UNKNOWN = as many as come
 * @rows: of the table; 0 = not a table
 * @metadata: JSON text; the header has room for 65424 bytes
 * @metadata_len: its bytes
 * @id: data-set id to keep; NULL = a random one
 * @to: who may open it, beside who has the key
 * @to_count: how many
 */
struct ward_dataset_params {
	uint32_t kind;
	uint32_t chunk_size;
	uint32_t slot_size;
	uint64_t length;
	uint64_t rows;
	const char *metadata;
	size_t metadata_len;
	const uint8_t *id;
	const struct ward_recipient_key *to;
	size_t to_count;
};

/**
 * ward_dataset_create() - start a data set: draw its content key, wrap it
 * @fd: an empty regular file; borrowed. Its header is written last: what is there
 *	before ward_dataset_finish() is no data set
 * @key: of its first recipient, WARD_DATASET_KEY_LEN bytes; not kept; NULL = @params
 *	names all of them
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
 * ward_dataset_write_from() - encrypt all that a descriptor still gives
 * @w: nothing was written with it; ward_dataset_finish() alone may follow
 * @in: a file or a pipe, read to its end
 * @threads, @progress, @arg: as of ward_dataset_read_to()
 *
 * Returns as ward_dataset_write(), and what reading says; -EINVAL: something was written.
 */
int ward_dataset_write_from(struct ward_dataset_writer *w, int in, unsigned int threads,
			    ward_dataset_progress *progress, void *arg,
			    struct ward_dataset_error *err);

/**
 * ward_dataset_finish() - end the last chunk, write the header
 *
 * Syncing and renaming the file are the caller's. Returns 0; -ENODATA: less was
 * written than the header says; -EIO and others from writing.
 */
int ward_dataset_finish(struct ward_dataset_writer *w, struct ward_dataset_error *err);

/** ward_dataset_writer_id() - the data-set id, WARD_DATASET_ID_LEN bytes */
const uint8_t *ward_dataset_writer_id(const struct ward_dataset_writer *w);

/** ward_dataset_writer_length() - bytes of plaintext written so far */
uint64_t ward_dataset_writer_length(const struct ward_dataset_writer *w);

/** ward_dataset_writer_free() - free a writer, finished or not, and its key schedule */
void ward_dataset_writer_free(struct ward_dataset_writer *w);

/**
 * struct ward_dataset_rekey - a change of recipients
 * @add, @add_count: new ones; one of the same id is replaced
 * @remove, @remove_count: ids to leave out
 * @remove_opener: leave out who unlocked it
 */
struct ward_dataset_rekey {
	const struct ward_recipient_key *add;
	size_t add_count;
	const uint8_t (*remove)[WARD_RECIPIENT_ID_LEN];
	size_t remove_count;
	int remove_opener;
};

/**
 * ward_dataset_rekey() - change who may open a data set, its contents left alone
 * @fd: readable and writable; locked (flock) meanwhile
 * @unlock, @arg: as of ward_dataset_open_as()
 *
 * The table that is not in force is written and synced, then the other: a crash
 * leaves the old recipients or the new. Who could open it before has had the content
 * key: against them only writing it anew helps.
 *
 * Returns 0; -EBUSY: another changes it; -EINVAL: nobody would be left, too many, or one
 * to remove that isn't there; else as ward_dataset_open_as(), and what writing says.
 */
int ward_dataset_rekey(int fd, ward_recipient_unlock *unlock, void *arg,
		       const struct ward_dataset_rekey *change,
		       struct ward_dataset_error *err);

#endif /* WARD_DATASET_H */
