/* SPDX-License-Identifier: MIT */
/*
 * One view over what may be released: the configuration's resources, whose keys lie in
 * files, and those of the database, whose keys the keyring wraps.
 */
#ifndef BROKER_RESOURCE_H
#define BROKER_RESOURCE_H

#include <stdint.h>
#include <stdio.h>

#include "attested.h"
#include "config.h"
#include "db.h"
#include "keyring.h"
#include "policies.h"

#define RESOURCE_PATH_MAX	CONFIG_PATH_MAX
#define RESOURCE_KEY		32	/* bytes of a data key */
#define RESOURCE_CLIENTS_MAX	CONFIG_CLIENTS_MAX

/**
 * struct resource - one of them, as it stood when it was looked at
 * @terms: path, data set, uses, expiry, policy's name, clients; its texts are borrowed from
 *	the configuration or from here
 * @stored: it is the database's; @used: how often it was released, of such a one
 * @version: how many of that path there have been, of such a one; @changed: when, since the epoch
 */
struct resource {
	struct config_resource terms;
	int stored, disabled;
	int64_t used, version, changed;
	char path[RESOURCE_PATH_MAX], project[POLICY_NAME_MAX + 1], policy[POLICY_NAME_MAX + 1];
	uint8_t clients[RESOURCE_CLIENTS_MAX][32];
	uint8_t wrapped[RESOURCE_KEY + KEYRING_ADDS];
};

/**
 * resource_find - that of @path; the configuration's comes first
 * Returns 0; -ENOENT; -EBADMSG: its row is damaged; -EKEYREJECTED: no broker wrote it so; or
 * as db_run().
 */
int resource_find(const struct config *config, struct db *db, const char *path,
		  struct resource *out, struct db_fault *fault);

/** resource_stored - that of the database alone; likewise */
int resource_stored(struct db *db, const char *path, struct resource *out, struct db_fault *fault);

/**
 * resource_key - its data key; the caller wipes it
 * @keyring: NULL = there is none
 * Returns 0; -ENOKEY: the keyring is missing; as keyring_unwrap() or ward_keyfile_read().
 */
int resource_key(const struct resource *r, const struct keyring *keyring,
		 uint8_t key[RESOURCE_KEY]);

/**
 * resource_put - enter one
 * @r: its terms, project; wrapped is filled in
 * Returns 0; -EEXIST: there is one (delete it first); -ENOKEY: no keyring; -ENOENT: no
 * such policy; -EINVAL: path, project; -ERANGE: a key's life of more than
 * CONFIG_LIFETIME_MAX; or as db_run().
 */
int resource_put(struct db *db, const struct keyring *keyring, struct resource *r,
		 const uint8_t key[RESOURCE_KEY], int64_t now, struct db_fault *fault);

/**
 * resource_replace - as resource_put(), in the place of one that may be there
 * @version: how many have been there
 *
 * How often that one was released stays counted, and whether it is disabled.
 */
int resource_replace(struct db *db, const struct keyring *keyring, struct resource *r,
		     const uint8_t key[RESOURCE_KEY], int64_t now, int64_t *version,
		     struct db_fault *fault);

/** resource_renew - another key on the terms of the one that is there; likewise, or -ENOENT */
int resource_renew(struct db *db, const struct keyring *keyring, const char *path,
		   const uint8_t key[RESOURCE_KEY], int64_t now, int64_t *version,
		   struct db_fault *fault);

/**
 * resource_use - inside of a transaction: one more use is counted
 * @wrapped: the key's row, as it was judged
 * @out: its terms, and how often that makes
 * Returns 0; -ENOENT: it is gone, disabled or another; as resource_find(); or as db_run().
 */
int resource_use(struct db *db, const char *path, const uint8_t *wrapped, struct resource *out,
		 struct db_fault *fault);

/** resource_disable - or enable; 0, -ENOENT, as resource_find() or as db_run() */
int resource_disable(struct db *db, const char *path, int disabled, int64_t now,
		     struct db_fault *fault);

/** resource_drop - the row and its key; 0, -ENOENT, or as db_run() */
int resource_drop(struct db *db, const char *path, struct db_fault *fault);

/**
 * resource_row - called with a row of the database; returns 0 to go on
 * @unusable: NULL, or why nothing is released by it, "row-not-authentic" or "row-damaged": of
 *	@r there is the path alone then
 */
typedef int resource_row(void *arg, const struct resource *r, const char *unusable);

/**
 * resource_page - those whose paths follow @after in the database's order; @limit at most
 * @after: "" = from the first on
 * Returns 0 or as db_run().
 */
int resource_page(struct db *db, const char *after, int64_t limit, resource_row *each, void *arg,
		  struct db_fault *fault);

#endif /* BROKER_RESOURCE_H */
