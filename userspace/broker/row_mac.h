/* SPDX-License-Identifier: MIT */
/*
 * Who can write to the database is not believed: where there is a keyring, each row that a
 * decision leans on carries an HMAC-SHA256 under a key that the keyring derives, over its
 * table's name and its columns. A row that was changed, made up, or is another's, does not fit
 * it. One that went, or is as it once was, it does not show. doc/formats.md, section 16.
 */
#ifndef BROKER_ROW_MAC_H
#define BROKER_ROW_MAC_H

#include "db.h"

#define ROW_MAC_LEN 32

/* What of each table's rows it covers, in this order; the column "mac" follows. */
#define ROW_SESSION	"id, state, started, who"
#define ROW_RESOURCE	"path, project, dataset, wrapped, policy, clients, expires, uses, used, disabled," \
			" key_uses, key_lifetime, version, changed"
#define ROW_POLICY	"name, project, sha256, changed"
#define ROW_USE_COUNT	"path, used"
#define ROW_COUNTER	"path, value"

struct row_mac;

/** row_mac_new - NULL = no memory */
struct row_mac *row_mac_new(const uint8_t *key, size_t len);
void row_mac_free(struct row_mac *mac);

/** struct row_tag - what goes to the column "mac"; @len 0 = NULL, since there is no keyring */
struct row_tag {
	uint8_t mac[ROW_MAC_LEN];
	size_t len;
};

/**
 * row_tag - of a row that is to be written
 * @columns: as ROW_... has them, @count of them
 * Returns 0 or -EIO with *fault filled.
 */
int row_tag(const struct db *db, const char *table, const struct db_value *columns, size_t count,
	    struct row_tag *out, struct db_fault *fault);

/** row_tag_value - the column */
static inline struct db_value row_tag_value(const struct row_tag *tag)
{
	return db_blob(tag->len ? tag->mac : NULL, tag->len);
}

/**
 * row_check - is a row as a broker of this keyring wrote it?
 * @columns: as ROW_... has them, then "mac": @count with it
 * Returns 0, also where there is no keyring; -EKEYREJECTED or -EIO, with *fault filled.
 */
int row_check(const struct db *db, const char *table, const struct db_value *columns, size_t count,
	      struct db_fault *fault);

#endif /* BROKER_ROW_MAC_H */
