/* SPDX-License-Identifier: MIT */
/* What all brokers of a database share: secrets in its table "shared", wrapped. */
#ifndef BROKER_SHARED_H
#define BROKER_SHARED_H

#include "db.h"

#define SHARED_MAX 1024	/* bytes of one secret */

#define SHARED_TOKEN_KEY "token-key"

/**
 * shared_secret - the secret of that name; the first broker that asks makes it
 * @offer, @offer_len: what it becomes where there is none yet
 * @out: SHARED_MAX bytes; the caller wipes them
 * Returns its length; -EBADMSG: what is there is no such secret; or as db_run().
 */
int shared_secret(struct db *db, const char *name, const void *offer, size_t offer_len,
		  uint8_t *out, struct db_fault *fault);

struct keyring;

/**
 * shared_rewrap - inside of a transaction: what stands there as it is, wrapped; but for the
 *	key of tokens, which goes
 * @keyring: the first of this database
 * Returns 0; -E2BIG: there are more than a broker puts there; or as db_run().
 */
int shared_rewrap(struct db *db, const struct keyring *keyring, struct db_fault *fault);

#endif /* BROKER_SHARED_H */
