/* SPDX-License-Identifier: MIT */
/*
 * What the tests of keys share: an owner who seals and wraps as doc/formats.md has it,
 * by OpenSSL and nothing of the module's; the calls.
 */
#ifndef KEY_TEST_H
#define KEY_TEST_H

#include "lease_test.h"

enum { TAG = WARD_KEY_TAG_LEN };

/** struct sealed - what WARD_KEY_IMPORT takes */
struct sealed {
	uint8_t enc[WARD_KEY_LEN];
	uint8_t text[WARD_KEY_GRANT_SIZE + TAG];
};

/* Skips the test where this kernel has no keys, which only the guest can say. */
void need_keys(void);

/* ---- the owner ---------------------------------------------------------------- */

/* A grant of a fresh key for a fresh data set and release. */
struct ward_key_grant grant_new(uint64_t uses, uint64_t lifetime_ns);
/* HPKE to @public; @info as it is. */
void hpke_seal_to(const uint8_t *public, const void *info, size_t info_len, const void *text,
		  size_t len, struct sealed *out);
/* The same to a session, with the info that it is to have. */
struct sealed seal_to(int session, const struct ward_key_grant *grant);
/* HKDF-SHA256 over 32 bytes of secret, with the grant's data set and @salt. */
void derive(const uint8_t *secret, const struct ward_key_grant *grant, const uint8_t *salt,
	    const char *info, uint8_t *out);
/* AES-256-GCM: @out has room for @len and the tag. */
void gcm_seal(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_len,
	      const void *text, size_t len, uint8_t *out);
/* A content key wrapped by @grant's. */
void wrap(const struct ward_key_grant *grant, const uint8_t *salt, const uint8_t *content,
	  uint8_t out[WARD_KEY_LEN + TAG]);

/* ---- a file of the owner's ---------------------------------------------------------- */

/**
 * struct sealed_file - messages back to back, and how WARD_KEY_OPEN is to open them
 * @text: what they say; @len bytes
 * @bytes: the messages, on pages of their own
 */
struct sealed_file {
	uint8_t *text;
	size_t len;
	uint8_t *bytes;
	size_t sealed_len;
	struct ward_key_open cmd;
};

/* By @grant's key, or where it is not NULL by @content's. */
struct sealed_file file_new(const struct ward_key_grant *grant, const uint8_t *content,
			    size_t len, uint32_t chunk);
void file_free(struct sealed_file *file);

/* ---- calls: 0 or an fd, or -errno ------------------------------------------------------ */

int key_pair(int session, uint8_t *public);
int key_import(int session, const struct sealed *sealed);
/* All of it, or the test ends. */
int key_of(int session, const struct ward_key_grant *grant);
int key_unwrap(int key, const uint8_t *salt, const uint8_t *wrapped);
struct ward_key_info key_info(int key);
/* The WARD_END_* that it ended for. */
int key_end(int key);
/* The file into @buf at @offset. */
int key_open(int key, const struct sealed_file *file, int buf, uint64_t offset);
int session_seal(int session);

/* ---- what most tests begin with -------------------------------------------------- */

/** struct place - a session with a key, and a buffer to open into */
struct place {
	int session, key;
	struct ward_key_grant grant;
	struct buf buf;
};

/* Skips the test where this kernel has no keys. */
struct place place_new(uint64_t uses, uint64_t length);

#endif /* KEY_TEST_H */
