/* SPDX-License-Identifier: MIT */
/* What a kind of database has to do. */
#ifndef BROKER_DB_BACKEND_H
#define BROKER_DB_BACKEND_H

#include "db.h"

/**
 * struct db_backend - the calls of db.h for one kind
 * @scheme: of its URLs
 * @open: @rest is the URL without its scheme; the connection goes to *out
 * @revive: connect again where the connection is lost; NULL = it never is
 * @begin: how a transaction starts: no other's writes come between
 * @hasten, @settle: before the beginning of a transaction that need not be on disk, and after
 *	its end; NULL = @hasten_inside does it, as its first statement
 * @lock: before a table's name; NULL = a transaction has everything for itself
 */
struct db_backend {
	const char *scheme;
	int (*open)(const char *rest, void **out, struct db_fault *fault);
	void (*close)(void *connection);
	int (*revive)(void *connection, struct db_fault *fault);
	int (*run)(void *connection, const struct db_query *q, struct db_fault *fault);
	const char *begin;
	const char *hasten, *settle, *hasten_inside;
	const char *lock;
};

extern const struct db_backend db_sqlite;
extern const struct db_backend db_postgres;

/** db_fail - fill *fault, return @rc */
int db_fail(struct db_fault *fault, int rc, const char *what, const char *why);

#endif /* BROKER_DB_BACKEND_H */
