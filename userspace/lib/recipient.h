/* SPDX-License-Identifier: MIT */
/*
 * Who may open a data set: doc/formats.md, section 6. Each recipient has a secret of
 * 32 bytes, in some way of its own, and the content key wrapped under it.
 */
#ifndef WARD_RECIPIENT_H
#define WARD_RECIPIENT_H

#include <stddef.h>
#include <stdint.h>

#define WARD_RECIPIENT_ID_LEN		16
#define WARD_RECIPIENT_SECRET_LEN	32
#define WARD_RECIPIENT_WRAP_LEN		48
#define WARD_RECIPIENT_HOW_MAX		4096
#define WARD_RECIPIENT_HINT_MAX		512
#define WARD_RECIPIENTS_MAX		64

/** enum ward_recipient_type - how a recipient comes by its secret */
enum ward_recipient_type {
	WARD_RECIPIENT_KEY = 1,	/* has it; how: a hint for people, UTF-8, or nothing */
	WARD_RECIPIENT_X25519,	/* has a private key; how: the encapsulated key (RFC 9180) */
	WARD_RECIPIENT_TPM2,	/* a TPM unseals it; how: its objects and policy */
	WARD_RECIPIENT_SNP,	/* derived by an SNP guest's firmware; how: the request */
	WARD_RECIPIENT_TYPES,
};

/** struct ward_recipient - one of a data set; bytes of @how are the table's */
struct ward_recipient {
	uint16_t type;
	uint16_t how_len;
	uint8_t id[WARD_RECIPIENT_ID_LEN];
	const uint8_t *how;
	uint8_t wrap[WARD_RECIPIENT_WRAP_LEN];
};

/** struct ward_recipients - a table of them; @sequence: of the table */
struct ward_recipients {
	uint64_t sequence;
	size_t count;
	struct ward_recipient of[WARD_RECIPIENTS_MAX];
};

/**
 * ward_recipient_unlock - get a recipient's secret
 * @secret: WARD_RECIPIENT_SECRET_LEN bytes, wiped by the caller
 *
 * Returns 0; -ENOKEY: another's, try the next; any other error ends the search.
 */
typedef int ward_recipient_unlock(void *arg, const struct ward_recipient *r, uint8_t *secret);

/**
 * struct ward_recipient_key - one to be: ward_recipient_clear() it
 * @how: @how_len bytes, the struct's own
 */
struct ward_recipient_key {
	uint16_t type;
	uint16_t how_len;
	uint8_t id[WARD_RECIPIENT_ID_LEN];
	uint8_t secret[WARD_RECIPIENT_SECRET_LEN];
	uint8_t how[WARD_RECIPIENT_HOW_MAX];
};

/**
 * ward_recipient_key() - whoever has a data key
 * @hint: where people find the key, such as a broker's resource; NULL = nothing
 * Returns 0; -EINVAL: the hint is too long or has control characters; -EIO: the library failed.
 */
int ward_recipient_key(struct ward_recipient_key *r, const uint8_t *key, const char *hint);

/** ward_recipient_x25519() - whoever has the private key to @public_key, 32 bytes */
int ward_recipient_x25519(struct ward_recipient_key *r, const uint8_t *public_key);

void ward_recipient_clear(struct ward_recipient_key *r);

/** ward_recipient_id() - of a key, or a public key: it identifies, and tells nothing else */
int ward_recipient_id(enum ward_recipient_type type, const uint8_t *key,
		      uint8_t id[WARD_RECIPIENT_ID_LEN]);

/** ward_recipient_unlock_key() - @arg: a data key, 32 bytes */
int ward_recipient_unlock_key(void *arg, const struct ward_recipient *r, uint8_t *secret);

/** ward_recipient_unlock_x25519() - @arg: a private key, 32 bytes */
int ward_recipient_unlock_x25519(void *arg, const struct ward_recipient *r, uint8_t *secret);

#endif /* WARD_RECIPIENT_H */
