/* SPDX-License-Identifier: MIT */
/*
 * Secrets at rest. One random master key wraps every secret of the database; itself it
 * stands in the table "shared", wrapped once for each source that may open it: a
 * passphrase file, or a TPM 2.0. Brokers that share a database have sources of their
 * own. doc/formats.md, section "Keys of ward-broker at rest".
 */
#ifndef BROKER_KEYRING_H
#define BROKER_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "db.h"

#define KEYRING_ADDS	37	/* bytes that keyring_wrap() adds: version, key id, nonce, tag */
#define KEYRING_SECRET_MAX (64u << 10)
#define KEYRING_WRAPS_MAX 64	/* of the master key, in one database */

struct keyring;
struct row_mac;

/**
 * keyring_open - the master key of the database; made where there is none yet
 * @source: "passphrase:FILE", or "tpm2:device:PATH" or "tpm2:unix:PATH", these with
 *	",pcrs=0+7" after them if the TPM is to open it with those registers alone
 * @out: keyring_close() it, which wipes it
 *
 * None is made where wrapped resources lie already: their master key is lost then, or
 * its row was removed.
 * Returns 0 or -1 with *fault filled.
 */
int keyring_open(struct db *db, const char *source, struct keyring **out,
		 struct config_fault *fault);
void keyring_close(struct keyring *k);

/** keyring_rows - what authenticates rows of the database (row_mac.h); the keyring's own */
const struct row_mac *keyring_rows(const struct keyring *k);

/** keyring_enrol - one more source that may open it; 0 or -1 */
int keyring_enrol(struct db *db, const struct keyring *k, const char *source,
		  struct config_fault *fault);

/** keyring_source_check - is it the name of a source? touches nothing; 0 or -1 */
int keyring_source_check(const char *source, struct config_fault *fault);

/**
 * keyring_wrap - AES-256-GCM under the master key
 * @name: of the secret; under another name it does not unwrap
 * @out: @len + KEYRING_ADDS bytes
 * Returns 0; -EMSGSIZE; -EIO: no random numbers, or no memory.
 */
int keyring_wrap(const struct keyring *k, const char *name, const void *secret, size_t len,
		 uint8_t *out, size_t *out_len);

/**
 * keyring_unwrap - what keyring_wrap() was given
 * @out: @len bytes; the caller wipes them; nothing stands there after a failure
 * Returns 0; -EKEYREJECTED: another keyring's; -EBADMSG: damaged, or of another name.
 */
int keyring_unwrap(const struct keyring *k, const char *name, const uint8_t *wrapped, size_t len,
		   uint8_t *out, size_t *out_len);

#endif /* BROKER_KEYRING_H */
