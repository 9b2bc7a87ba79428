/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms that hold data keys share. From the lowest floor up: hkdf.c, x25519.c
 * and gcm.c, hpke.c above them, keyring.c, cipher.c, key.c, message.c.
 */
#ifndef WARD_KEY_H
#define WARD_KEY_H

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "ward.h"

struct aead_request;
struct crypto_aead;

#define WARD_GCM_IV_LEN		12

/* ---- hkdf.c: HKDF-SHA256 ------------------------------------------------------ */

/* Every output is of 32 bytes. @salt and each span may be empty. */
void ward_hkdf_extract(const struct ward_span *salt, const struct ward_span *spans,
		       unsigned int n, u8 *prk);
/* At most WARD_HKDF_SPANS pieces of info. */
enum { WARD_HKDF_SPANS = 6 };
void ward_hkdf_expand(const u8 *prk, const struct ward_span *info, unsigned int n, u8 *out);

/* ---- x25519.c ----------------------------------------------------------------- */

/* False where this kernel has no curve, or had it not loaded when ward came. */
bool ward_x25519_there(void);
/* False for a point of low order, with which there is no secret. */
bool ward_x25519(u8 *out, const u8 *secret, const u8 *point);
bool ward_x25519_public(u8 *out, const u8 *secret);

/* ---- gcm.c: AES-256-GCM --------------------------------------------------------- */

/*
 * A transform of the processor's, or ERR_PTR; a key has to be set. May sleep, for as
 * long as user space takes to load a module.
 */
struct crypto_aead *ward_gcm_new(void);
/* Its key schedule is overwritten. */
void ward_gcm_free(struct crypto_aead *tfm);
/* In a panic: the same, and no more. */
void ward_gcm_spoil(struct crypto_aead *tfm);

/**
 * struct ward_sealed - a short message, in memory that kmalloc() gave
 * @key: WARD_KEY_LEN bytes
 * @iv: WARD_GCM_IV_LEN bytes
 * @aad: may be NULL where @aad_len is 0
 * @aad_len: bytes
 * @text: ciphertext || tag, decrypted in place
 * @len: of @text
 */
struct ward_sealed {
	const u8 *key;
	u8 *iv;
	u8 *aad;
	unsigned int aad_len;
	u8 *text;
	unsigned int len;
};

/**
 * struct ward_gcm - what opens short messages
 * @tfm: or NULL
 * @req: for it
 */
struct ward_gcm {
	struct crypto_aead *tfm;
	struct aead_request *req;
};

/* 0, -ENOMEM, -ENOENT; sleeps as ward_gcm_new() does. put() comes after it in any case. */
int ward_gcm_get(struct ward_gcm *gcm);
void ward_gcm_put(struct ward_gcm *gcm);
/* May sleep, not for long. 0; -EBADMSG where it does not verify; -ENOMEM. */
int ward_gcm_open(const struct ward_gcm *gcm, const struct ward_sealed *sealed);

/* ---- hpke.c: what was sealed to a public key --------------------------------------- */

/**
 * struct ward_hpke - a message by HPKE, base mode, its context's first
 * @secret: of the receiver
 * @public: the receiver's
 * @enc: the sender's ephemeral one
 * @info: pieces
 * @n: how many
 * @aad: may be NULL
 * @aad_len: bytes, at most WARD_KEY_AAD_MAX
 */
struct ward_hpke {
	const u8 *secret;
	const u8 *public;
	const u8 *enc;
	const struct ward_span *info;
	unsigned int n;
	const u8 *aad;
	unsigned int aad_len;
};

/* kmalloc()ed @text is decrypted in place. -EKEYREJECTED where it does not open. */
int ward_hpke_open(const struct ward_hpke *hpke, const struct ward_gcm *gcm, u8 *text,
		   unsigned int len);
/* A known answer of the suite, by this kernel's cryptography. */
int ward_hpke_check(void);

/* ---- keyring.c: its part that deals in keys --------------------------------------- */

struct ward_key;

/* These three want the ring's lock held, and no close() before. */
void ward_keyring_add(struct ward_keyring *ring, struct ward_key *key);
/*
 * What was sealed to the session's pair, in place. -EKEYREJECTED where it does not
 * open, or there is no pair; -ENOMEM, what the crypto API fails with.
 */
int ward_keyring_unseal(struct ward_keyring *ring, const u8 *session_id,
			const struct ward_gcm *gcm, const u8 *enc, u8 *text,
			unsigned int len);
/* 0, and the lock is held; -ESHUTDOWN once it was closed; -EINTR */
int ward_keyring_lock(struct ward_keyring *ring);
void ward_keyring_drop(struct ward_keyring *ring, struct ward_key *key);
/* The key with the next higher id, referenced; NULL at the end. */
struct ward_key *ward_keyring_after(struct ward_keyring *ring, u64 id);

/* ---- cipher.c: what was derived from a secret ---------------------------------------- */

/**
 * struct ward_ciphers - the transforms of a key
 * @lock: protects the rest; a leaf
 * @list: of all there are
 * @last: the one that was asked for last, which stays
 */
struct ward_ciphers {
	spinlock_t lock;
	struct list_head list;
	struct ward_cipher *last;
};

/**
 * struct ward_cipher - AES-256-GCM with a key derived for one use and salt
 * @node: in the list
 * @users: calls that have it; ward_ciphers::lock
 * @use: WARD_KEY_USE_*
 * @salt: the caller's
 * @reqsize: bytes of a request's context
 * @tfm: NULL once its key has ended
 */
struct ward_cipher {
	struct list_head node;
	unsigned int users;
	unsigned int reqsize;
	u32 use;
	u8 salt[WARD_KEY_SALT_LEN];
	struct crypto_aead *tfm;
};

void ward_ciphers_init(struct ward_ciphers *ciphers);
void ward_ciphers_end(struct ward_ciphers *ciphers);
void ward_ciphers_wipe(struct ward_ciphers *ciphers);
void ward_ciphers_free(struct ward_ciphers *ciphers);
struct ward_cipher *ward_cipher_get(struct ward_key *key, u32 use, const u8 *salt);
void ward_cipher_put(struct ward_key *key, struct ward_cipher *cipher);
int ward_cipher_derive(const struct ward_key *key, const u8 *salt,
		       const struct ward_span *info, u8 *out);

/* ---- grant.c: what a key's owner allows ------------------------------------------------ */

/**
 * struct ward_allowance - what a key may be used for; shared with what it unwraps
 * @lock: protects @left and @taken; a leaf
 * @limited: @left counts
 * @left: messages that may still be opened
 * @taken: of calls that run, which may give some back
 * @expires_ns: CLOCK_BOOTTIME; 0 = never
 * @dataset: what it is for
 * @release: the owner's decision
 */
struct ward_allowance {
	spinlock_t lock;
	bool limited;
	u64 left;
	u64 taken;
	u64 expires_ns;
	u8 dataset[16];
	u8 release[16];
};

/* -EBADMSG where it is no grant of this version. */
int ward_grant_read(const struct ward_key_grant *grant, struct ward_allowance *out);
/* 0, or -EDQUOT and nothing is taken. */
int ward_allowance_take(struct ward_allowance *allowance, u64 messages);
/* A lifetime that is over counts before its clock has been heard. */
bool ward_allowance_over(const struct ward_allowance *allowance);
/* After take(), of as many: @back were not tried. True when the last use is used. */
bool ward_allowance_settle(struct ward_allowance *allowance, u64 messages, u64 back);
/* ~0 = no limit */
u64 ward_allowance_left(struct ward_allowance *allowance);

/* ---- key.c ------------------------------------------------------------------------------ */

/**
 * struct ward_key - a data key
 * @ref: held by its file, by what it unwrapped, by work that is queued, by who ends it
 * @node: in its session's ring until its end is recorded
 * @id: unique per boot; since it is in the ring
 * @session: referenced
 * @parent: the key that unwrapped it, referenced, or NULL
 * @allows: its own or its parent's
 * @lock: held for read over the test of @end and one message
 * @end: WARD_END_*; with @lock
 * @secret: zero once it has ended
 * @ciphers: derived from it
 * @messages: opened
 * @bytes: of plaintext
 * @timer: for the end of its lifetime
 * @work: ends it then; owns a reference while queued
 * @gone: completed when it is overwritten and recorded
 * @own: what @allows points to, where it has no parent
 */
struct ward_key {
	struct kref ref;
	struct list_head node;
	u64 id;
	struct ward_session *session;
	struct ward_key *parent;
	struct ward_allowance *allows;
	struct rw_semaphore lock;
	u32 end;
	u8 secret[WARD_KEY_LEN];
	struct ward_ciphers ciphers;
	atomic64_t messages;
	atomic64_t bytes;
	struct hrtimer timer;
	struct work_struct work;
	struct completion gone;
	struct ward_allowance own;
};

void ward_key_put(struct ward_key *key);
/* Finds the secret; what it needs for that lies around @gcm. */
typedef int ward_key_fill_t(struct ward_key *key, struct ward_gcm *gcm);
int ward_key_make(struct ward_call *call, struct ward_session *session, struct ward_key *parent,
		  ward_key_fill_t *fill, struct ward_gcm *gcm, u64 *id);
/* When it returns the key is overwritten, and what it unwrapped, whoever did it. */
void ward_key_kill(struct ward_key *key, u32 reason);
/* What calls get of a key that has ended so. */
int ward_key_error(u32 end);
/* Its lock is held: 0, or what calls get of a key that may not be used at this moment. */
int ward_key_usable(const struct ward_key *key);

int ward_key_init(void);
void ward_key_exit(void);
/* False where this kernel lacks what they take. */
bool ward_key_possible(void);

int ward_cmd_key_pair(struct ward_call *call);
int ward_cmd_key_import(struct ward_call *call);
int ward_cmd_key_open(struct ward_call *call);
int ward_cmd_key_unwrap(struct ward_call *call);
int ward_cmd_key_info(struct ward_call *call);
int ward_cmd_key_end(struct ward_call *call);

#endif /* WARD_KEY_H */
