/* SPDX-License-Identifier: MIT */
/*
 * libward, data keys that only the kernel holds: a session's X25519 key, what is
 * wrapped to it, and data that the kernel decrypts into class A buffers. Conventions as
 * in libward.h, which includes this; <linux/ward_key.h> is the ABI below it.
 *
 * WARD_FEATURE_KEYS of ward_session_info() says whether this kernel can.
 */
#ifndef LIBWARD_KEY_H
#define LIBWARD_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <linux/ward.h>
#include <linux/ward_key.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_session;
struct ward_buffer;
struct ward_key;

/**
 * ward_key_pair() - the session's public key, which its claims name from now on
 * @session: session
 * @public_key: WARD_KEY_LEN bytes; the same at each call
 *
 * Return: 0; -ENOPKG (this kernel lacks the cryptography), -ENOTTY (an older module),
 * -ESHUTDOWN, -EBUSY.
 */
int ward_key_pair(struct ward_session *session, uint8_t *public_key);

/**
 * ward_key_import() - have the kernel unwrap a key
 * @session: session that has a key pair
 * @enc: WARD_KEY_LEN bytes: the sender's ephemeral key
 * @sealed: WARD_KEY_GRANT_SIZE + WARD_KEY_TAG_LEN bytes: struct ward_key_grant by HPKE,
 *	doc/formats.md section 14
 * @out: freed by ward_key_free(), which destroys the key
 *
 * Return: 0; -EKEYREJECTED (wrapped to another key or session), -EBADMSG (not a grant),
 * -EDQUOT (WARD_KEYS_MAX keys live), -ENOPKG, -ESHUTDOWN, -EBUSY, -ENOMEM, -EMFILE.
 */
int ward_key_import(struct ward_session *session, const uint8_t *enc, const uint8_t *sealed,
		    struct ward_key **out);

/**
 * ward_key_unwrap() - a key that was wrapped with another one
 * @key: an imported key
 * @salt: WARD_KEY_SALT_LEN bytes: of the wrapping
 * @wrapped: WARD_KEY_LEN + WARD_KEY_TAG_LEN bytes
 * @out: freed by ward_key_free(); it ends with @key at the latest
 *
 * Return: 0; -EBADMSG (it does not open), -EOPNOTSUPP (@key was unwrapped itself),
 * -EKEYREVOKED, -EKEYEXPIRED, -EDQUOT, -ESHUTDOWN, -EBUSY, -ENOMEM, -EMFILE.
 */
int ward_key_unwrap(struct ward_key *key, const uint8_t *salt, const uint8_t *wrapped,
		    struct ward_key **out);

/**
 * struct ward_key_series - messages back to back, each ciphertext and 16-byte tag
 * @size: sizeof(struct ward_key_series)
 * @use: WARD_KEY_USE_*
 * @src: the messages; anywhere but in a buffer of ward's
 * @src_len: bytes of all of them, of any number; a multiple of 16
 * @index: number of the first; they count up by one
 * @salt: WARD_KEY_SALT_LEN bytes
 * @aad: authenticated with each message; NULL where @aad_len is 0
 * @aad_len: up to WARD_KEY_AAD_MAX
 * @iv_prefix: first four bytes of the iv, little endian
 * @chunk: bytes of plaintext of each message but the last, which may have fewer; a
 *	multiple of 16, at most WARD_KEY_CHUNK_MAX
 */
struct ward_key_series {
	uint32_t size;
	uint32_t use;
	const void *src;
	uint64_t src_len;
	uint64_t index;
	const uint8_t *salt;
	const void *aad;
	uint32_t aad_len;
	uint32_t iv_prefix;
	uint32_t chunk;
};

/**
 * ward_key_open() - decrypt messages into a buffer
 * @key: key
 * @series: the messages; more than the kernel takes at once are opened in several calls
 * @buffer: class A, of the same session
 * @offset: where the first plaintext goes, a multiple of 16; the others follow
 *
 * A failure leaves zeroes where this call has written.
 *
 * Return: bytes of plaintext; -EINVAL, -EBADMSG (a message does not verify), -EDQUOT
 * (more messages than uses are left), -EKEYREVOKED, -EKEYEXPIRED, -EOWNERDEAD (the
 * buffer has ended), -EPERM (another session's buffer), -EOPNOTSUPP (class B),
 * -EFAULT, -ENOMEM.
 */
int64_t ward_key_open(struct ward_key *key, const struct ward_key_series *series,
		      struct ward_buffer *buffer, uint64_t offset);

/**
 * ward_key_info() - what became of a key
 * @key: key
 * @info: the out_* fields are filled in; size need not be set
 *
 * Return: 0 or -errno.
 */
int ward_key_info(struct ward_key *key, struct ward_key_info *info);

/**
 * ward_key_end() - destroy it now, with those that it unwrapped
 * @key: key, still to be freed
 *
 * Return: WARD_END_* for which it ended: WARD_END_WIPE unless it had ended before; or
 * -errno.
 */
int ward_key_end(struct ward_key *key);

/**
 * ward_key_fd() - the descriptor, to hand the key to another process
 * @key: key
 *
 * Return: the descriptor, the key's own.
 */
int ward_key_fd(const struct ward_key *key);

/**
 * ward_key_id() - the key's number in the event records
 * @key: key
 *
 * Return: the number.
 */
uint64_t ward_key_id(const struct ward_key *key);

/**
 * ward_key_free() - close it: with the last descriptor the kernel destroys the key
 * @key: or NULL
 */
void ward_key_free(struct ward_key *key);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_KEY_H */
