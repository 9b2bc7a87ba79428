/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * ward: data keys that user space never sees. WARD_KEY_PAIR and WARD_KEY_IMPORT are
 * asked of a session; the latter makes a key, and the other commands are asked of its
 * file descriptor. Rules and errnos: ward.h. Formats: doc/formats.md.
 *
 * The data's owner wraps a key to the session's public key, which the claims name, and
 * says with it how long and how often it may be used. The kernel unwraps it, decrypts
 * with it into class A buffers of the same session, destroys it and records that; no
 * call gives it out. WARD_FEATURE_KEYS says whether this kernel can (else ENOPKG).
 *
 * Keys are the session's, not a process's: the fd may be handed on. A key ends, and is
 * overwritten, when its fd is closed for the last time (WARD_END_CLOSE), by
 * WARD_KEY_END (WARD_END_WIPE), when its uses are used up (WARD_END_USES), when its
 * lifetime is over (WARD_END_TIME), when the session is sealed (WARD_END_SEAL),
 * revoked or out of its lease, when the session's own fd is closed for the last time
 * (WARD_END_SESSION), and when the machine goes down. A key that WARD_KEY_UNWRAP made
 * ends with the key that made it, too. While a key, or the private half of a session's
 * pair, is there, the machine does not hibernate.
 */
#ifndef _UAPI_LINUX_WARD_KEY_H
#define _UAPI_LINUX_WARD_KEY_H

#include <linux/types.h>
#include <linux/ward_claims.h>

#define WARD_KEY_LEN		32	/* data keys, X25519 keys */
#define WARD_KEY_TAG_LEN	16	/* AES-256-GCM's */
#define WARD_KEY_GRANT_SIZE	96
#define WARD_KEY_SALT_LEN	16
#define WARD_KEY_AAD_MAX	32
#define WARD_KEYS_MAX		64	/* live keys of a session */
#define WARD_KEY_CHUNK_MAX	(1u << 24)
#define WARD_KEY_SRC_MAX	(1ull << 26)

/**
 * struct ward_key_pair - WARD_KEY_PAIR on a session: its X25519 key
 * @size: sizeof(struct ward_key_pair)
 * @flags: must be 0
 * @out_public: the public half, which claims name from now on (session_key)
 *
 * Made when it is first asked for, and the same ever after. The private half never
 * leaves the kernel; it is gone when the session is sealed, revoked, out of its lease
 * or closed.
 *
 * Errors: ESHUTDOWN, EBUSY (the machine hibernates), ENOPKG, EINTR.
 */
struct ward_key_pair {
	__u32 size;
	__u32 flags;
	__u8 out_public[WARD_KEY_LEN];
};

/**
 * struct ward_key_grant - what an owner wraps, WARD_KEY_GRANT_SIZE bytes, little endian
 * @version: 1
 * @flags: 0
 * @uses: messages that may be opened with it; 0 = no limit
 * @lifetime_ns: from its import on, time asleep included; 0 = no limit
 * @dataset: id of the data that it is for; part of every key derived from it
 * @release: id of the owner's decision; stands in the records of its import and end
 * @key: the secret
 * @reserved: zero
 */
struct ward_key_grant {
	__le32 version;
	__le32 flags;
	__le64 uses;
	__le64 lifetime_ns;
	__u8 dataset[16];
	__u8 release[16];
	__u8 key[WARD_KEY_LEN];
	__u8 reserved[8];
};

/**
 * struct ward_key_import - WARD_KEY_IMPORT on a session: unwrap a key
 * @size: sizeof(struct ward_key_import)
 * @flags: must be 0
 * @enc: the sender's ephemeral public key
 * @sealed: struct ward_key_grant by HPKE (RFC 9180), base mode, first message:
 *	DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, to the key of
 *	WARD_KEY_PAIR; info = "WARD-KEY-V1" || 0x00 || instance id || session id
 *	(ward_info), aad empty
 * @out_fd: the key; O_CLOEXEC
 * @reserved: zero
 * @out_id: unique per boot, among buffers too
 *
 * The same wrapping can be imported more than once while the session holds its pair:
 * @uses of the grant count for each import by itself. Who wants a limit over all of
 * them counts releases.
 *
 * Errors: EKEYREJECTED (it does not open with the session's key, or there is none, or
 * @enc is a point of low order), EBADMSG (it opens, and is no grant that this kernel
 * knows), EDQUOT (WARD_KEYS_MAX live keys), ESHUTDOWN, EBUSY, ENOPKG, ENOMEM, EMFILE,
 * ENFILE, EINTR.
 */
struct ward_key_import {
	__u32 size;
	__u32 flags;
	__u8 enc[WARD_KEY_LEN];
	__u8 sealed[WARD_KEY_GRANT_SIZE + WARD_KEY_TAG_LEN];
	__s32 out_fd;
	__u32 reserved;
	__aligned_u64 out_id;
};

/* What a derived key is for: ward_key_open.use selects HKDF's info. */
enum {
	WARD_KEY_USE_DATASET = 1,	/* "WARD-DATASET-V2" */
};

/**
 * struct ward_key_open - WARD_KEY_OPEN on a key: decrypt into a buffer
 * @size: sizeof(struct ward_key_open)
 * @flags: must be 0
 * @src: address of messages back to back, each ciphertext || 16-byte tag; a multiple
 *	of 16
 * @src_len: bytes of all of them, at most WARD_KEY_SRC_MAX
 * @buffer_fd: a class A buffer of the same session, shared or the caller's own
 *	(EOPNOTSUPP for class B)
 * @use: WARD_KEY_USE_*
 * @offset: in the buffer, of the first message's plaintext; the others follow. A
 *	multiple of 16
 * @index: number of the first message; they count up by one
 * @salt: of this file or stream
 * @aad: authenticated with every message
 * @aad_len: bytes of @aad that count, up to 32; the rest is zero
 * @iv_prefix: first four bytes of the iv
 * @chunk: bytes of plaintext of each message but the last, which has as many or fewer,
 *	perhaps none; a multiple of 16, at most WARD_KEY_CHUNK_MAX
 * @reserved: zero
 * @out_bytes: plaintext bytes written
 *
 * AES-256-GCM with key = HKDF-SHA256(ikm = the secret, salt = grant's dataset || @salt,
 * info of @use) and iv = @iv_prefix (le32) || index of the message (le64). Several
 * threads may open with one key. A buffer or a key that ends meanwhile waits for one
 * message, and the call ends with its error.
 *
 * All or nothing: a call that fails leaves zeroes where it wrote, or what was there
 * before it came so far. Nobody sees what did not verify: until the call is done, an
 * access by any mapping to the part of the buffer that it writes, and to what lies in
 * the same 2 MiB of the buffer, waits for it. Each message that was decrypted, or
 * tried, is a use. With the last one the key ends (WARD_END_USES).
 *
 * Errors: EINVAL (lengths and alignment; a last message shorter than its tag; @offset and length
 * beyond the buffer; @index that would wrap), EBADF (@buffer_fd is no buffer), EPERM
 * (another session's buffer, another process's), EFAULT (@src cannot be read, or lies
 * in a buffer), EBADMSG (a message does not verify), EDQUOT (more messages than uses
 * are left; nothing was done), EKEYREVOKED (the key has ended), EKEYEXPIRED (by
 * its lifetime), EOWNERDEAD (the buffer has ended), ENOMEM, EINTR (a fatal signal).
 */
struct ward_key_open {
	__u32 size;
	__u32 flags;
	__aligned_u64 src;
	__aligned_u64 src_len;
	__s32 buffer_fd;
	__u32 use;
	__aligned_u64 offset;
	__aligned_u64 index;
	__u8 salt[WARD_KEY_SALT_LEN];
	__u8 aad[WARD_KEY_AAD_MAX];
	__u32 aad_len;
	__u32 iv_prefix;
	__u32 chunk;
	__u32 reserved;
	__aligned_u64 out_bytes;
};

/**
 * struct ward_key_unwrap - WARD_KEY_UNWRAP on a key: a key that was wrapped with it
 * @size: sizeof(struct ward_key_unwrap)
 * @flags: must be 0
 * @salt: of the wrapping
 * @wrapped: 32 secret bytes by AES-256-GCM: ciphertext || tag; key =
 *	HKDF-SHA256(ikm = the secret, salt = grant's dataset || @salt, info
 *	"WARD-WRAP-V2"), iv = 12 zero bytes, aad = grant's dataset
 * @out_fd: the key; O_CLOEXEC
 * @reserved: zero
 * @out_id: as in ward_key_import
 *
 * The new key is under the same grant: it counts the same uses, has the same end of
 * its lifetime, and ends with the key that made it. To unwrap is no use. A key that
 * was made so unwraps no others (EOPNOTSUPP).
 *
 * Errors: EBADMSG (it does not open), EKEYREVOKED, EKEYEXPIRED, EDQUOT (as
 * ward_key_import; or uses are used up), ESHUTDOWN, EBUSY, ENOMEM, EMFILE, ENFILE.
 */
struct ward_key_unwrap {
	__u32 size;
	__u32 flags;
	__u8 salt[WARD_KEY_SALT_LEN];
	__u8 wrapped[WARD_KEY_LEN + WARD_KEY_TAG_LEN];
	__s32 out_fd;
	__u32 reserved;
	__aligned_u64 out_id;
};

/**
 * struct ward_key_info - WARD_KEY_INFO on a key
 * @size: sizeof(struct ward_key_info)
 * @flags: must be 0
 * @out_end: WARD_END_*: 0 while it lives; else it is overwritten already
 * @reserved: zero
 * @out_id: unique per boot
 * @out_parent: id of the key that unwrapped it, or 0
 * @out_uses_left: of its grant, which it may share; ~0 = no limit
 * @out_messages: that were opened with this key
 * @out_bytes: plaintext bytes of them
 * @out_expires_ns: CLOCK_BOOTTIME at which its lifetime is over; 0 = never
 * @out_dataset: of its grant
 * @out_release: of its grant
 */
struct ward_key_info {
	__u32 size;
	__u32 flags;
	__u32 out_end;
	__u32 reserved;
	__aligned_u64 out_id;
	__aligned_u64 out_parent;
	__aligned_u64 out_uses_left;
	__aligned_u64 out_messages;
	__aligned_u64 out_bytes;
	__aligned_u64 out_expires_ns;
	__u8 out_dataset[16];
	__u8 out_release[16];
};

/**
 * struct ward_key_end - WARD_KEY_END on a key: destroy it now
 * @size: sizeof(struct ward_key_end)
 * @flags: must be 0
 * @out_end: WARD_END_* for which it ended: WARD_END_WIPE by this call, else before
 * @reserved: zero
 *
 * When it returns the key is overwritten, and so are those that it unwrapped.
 */
struct ward_key_end {
	__u32 size;
	__u32 flags;
	__u32 out_end;
	__u32 reserved;
};

#endif /* _UAPI_LINUX_WARD_KEY_H */
