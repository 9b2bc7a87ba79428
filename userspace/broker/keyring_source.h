/* SPDX-License-Identifier: MIT */
/* What may open the master key: how each kind of source wraps it. */
#ifndef BROKER_KEYRING_SOURCE_H
#define BROKER_KEYRING_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define KEYRING_KEY	32	/* bytes of the master key */
#define KEYRING_ID	8	/* of its id */
#define KEYRING_WRAP_MAX 1024

/** struct keyring_wrapped - one wrap, as it stands in the database */
struct keyring_wrapped {
	uint8_t data[KEYRING_WRAP_MAX];
	size_t len;
};

/**
 * struct keyring_source - a kind of source
 * @name: how "NAME:PLACE" begins
 * @tag: first byte of its wraps
 * @check: does @place make sense? touches nothing
 * @wrap: @key for @place
 * @unwrap: -EACCES: this place does not open that wrap, with *fault saying why; -EBADMSG:
 *	it is damaged; -EIO: the place itself is in trouble
 */
struct keyring_source {
	const char *name;
	uint8_t tag;
	int (*check)(const char *place, struct config_fault *fault);
	int (*wrap)(const char *place, const uint8_t *key, struct keyring_wrapped *out,
		    struct config_fault *fault);
	int (*unwrap)(const char *place, const struct keyring_wrapped *in, uint8_t *key,
		      struct config_fault *fault);
};

extern const struct keyring_source keyring_passphrase, keyring_tpm;

/** keyring_fail - fills *fault, returns @rc */
int keyring_fail(struct config_fault *fault, int rc, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** keyring_seal, keyring_unseal - AES-256-GCM: nonce 12, ciphertext, tag 16; 0 or -1 */
int keyring_seal(const uint8_t key[KEYRING_KEY], const void *aad, size_t aad_len, const void *data,
		 size_t len, uint8_t *out);
int keyring_unseal(const uint8_t key[KEYRING_KEY], const void *aad, size_t aad_len,
		   const uint8_t *in, size_t len, uint8_t *out);

#endif /* BROKER_KEYRING_SOURCE_H */
