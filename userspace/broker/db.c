// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db_backend.h"
#include "metrics.h"

#define TRIES 5		/* of a transaction that others disturb */

/**
 * struct db - @hasty: the transaction under way need not be on disk; @unsettled: the
 *	connection does not wait for the disk
 */
struct db {
	const struct db_backend *backend;
	void *connection;
	int in_transaction;
	int hasty, unsettled;
	const struct row_mac *mac;
};

static const struct db_backend *const backends[] = { &db_sqlite, &db_postgres };

struct db_value db_text(const char *text)
{
	return (struct db_value){
		.type = text ? DB_TEXT : DB_NULL,
		.data = text,
		.len = text ? strlen(text) : 0,
	};
}

/* One line: what a library says of its trouble may have several. */
int db_fail(struct db_fault *fault, int rc, const char *what, const char *why)
{
	size_t len = strcspn(why, "\n");

	snprintf(fault->text, sizeof(fault->text), "%.80s: %.*s", what, (int)(len < 160 ? len : 160),
		 why);
	return rc;
}

int db_open(const char *url, struct db **out, struct db_fault *fault)
{
	struct db *db = calloc(1, sizeof(*db));
	int rc = -EINVAL;

	if (!db)
		return db_fail(fault, -ENOMEM, "database", "no memory");
	for (size_t i = 0; !db->backend && i < sizeof(backends) / sizeof(*backends); i++) {
		size_t len = strlen(backends[i]->scheme);

		if (strncmp(url, backends[i]->scheme, len) || url[len] != ':')
			continue;
		db->backend = backends[i];
		rc = db->backend->open(url + len + 1, &db->connection, fault);
	}
	if (!db->backend)
		db_fail(fault, rc, "database", "neither sqlite:PATH nor postgresql:CONNINFO");
	if (rc)
		free(db);
	else
		*out = db;
	return rc;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db->backend->close(db->connection);
	free(db);
}

const char *db_scheme(const struct db *db)
{
	return db->backend->scheme;
}

void db_trust(struct db *db, const struct row_mac *mac)
{
	db->mac = mac;
}

const struct row_mac *db_trusts(const struct db *db)
{
	return db->mac;
}

static int run(struct db *db, const struct db_query *q, struct db_fault *fault)
{
	int rc = 0;

	if (db->backend->revive && !db->in_transaction)
		rc = db->backend->revive(db->connection, fault);
	if (!rc)
		rc = db->backend->run(db->connection, q, fault);
	if (rc == -EIO)
		metrics_database_error();
	return rc;
}

/* Where it failed behind a hasty transaction it must not before anything else. */
static int settle(struct db *db, struct db_fault *fault)
{
	const struct db_query q = { .sql = db->backend->settle };
	int rc = db->unsettled ? run(db, &q, fault) : 0;

	db->unsettled = rc < 0;
	return rc < 0 ? rc : 0;
}

int db_run(struct db *db, const struct db_query *q, struct db_fault *fault)
{
	int rc = db->hasty ? 0 : settle(db, fault);

	return rc ? rc : run(db, q, fault);
}

static int plain(struct db *db, const char *sql, struct db_fault *fault)
{
	struct db_query q = { .sql = sql };
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

static int begin(struct db *db, struct db_fault *fault)
{
	int rc = plain(db, db->backend->begin, fault);

	if (rc)
		return rc;
	db->in_transaction = 1;
	return db->hasty && db->backend->hasten_inside ?
	       plain(db, db->backend->hasten_inside, fault) : 0;
}

static int attempt(struct db *db, int (*body)(struct db *db, void *arg, struct db_fault *fault),
		   void *arg, struct db_fault *fault)
{
	struct db_fault ignored;
	int rc = begin(db, fault);

	if (!db->in_transaction)
		return rc;
	rc = rc ? rc : body(db, arg, fault);
	if (!rc)
		rc = plain(db, "COMMIT", fault);
	if (rc)
		plain(db, "ROLLBACK", &ignored);
	db->in_transaction = 0;
	return rc;
}

int db_transaction(struct db *db, int (*body)(struct db *db, void *arg, struct db_fault *fault),
		   void *arg, struct db_fault *fault)
{
	int rc = -EAGAIN;

	if (db->in_transaction)
		return body(db, arg, fault);
	for (int i = 0; rc == -EAGAIN && i < TRIES; i++)
		rc = attempt(db, body, arg, fault);
	return rc;
}

int db_transaction_hasty(struct db *db,
			 int (*body)(struct db *db, void *arg, struct db_fault *fault), void *arg,
			 struct db_fault *fault)
{
	struct db_fault ignored;
	int rc = db->backend->hasten ? plain(db, db->backend->hasten, fault) : 0;

	if (rc)
		return rc;
	db->unsettled = db->backend->settle != NULL;
	db->hasty = 1;
	rc = db_transaction(db, body, arg, fault);
	db->hasty = 0;
	settle(db, &ignored);
	return rc;
}

/* The snapshot of a transaction is taken after the lock, by the first query. */
int db_lock(struct db *db, const char *table, struct db_fault *fault)
{
	char sql[80];

	if (!db->backend->lock)
		return 0;
	snprintf(sql, sizeof(sql), "%s %s IN SHARE ROW EXCLUSIVE MODE", db->backend->lock, table);
	return plain(db, sql, fault);
}
