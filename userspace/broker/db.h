/* SPDX-License-Identifier: MIT */
/*
 * A database, as little of it as the broker needs: SQLite in a file of its own, or
 * PostgreSQL where several brokers share the load. The same SQL for both: parameters
 * are $1, $2, ...; integers are BIGINT, bytes BYTEA, text TEXT; INSERT ... ON CONFLICT
 * and UPDATE ... RETURNING are there. One connection, one thread.
 */
#ifndef BROKER_DB_H
#define BROKER_DB_H

#include <stddef.h>
#include <stdint.h>

#define DB_ARGS_MAX	16
#define DB_COLUMNS_MAX	16

/** struct db_fault - one sentence: what failed and where; holds no values */
struct db_fault {
	char text[256];
};

/* DB_OTHER: a value that no broker writes, such as a REAL, which SQLite keeps in any column. */
enum db_type { DB_NULL = 0, DB_INT, DB_TEXT, DB_BLOB, DB_OTHER };

/**
 * struct db_value - an argument (no DB_OTHER), or a column of a row
 * @number: of a DB_INT
 * @data, @len: of text (a NUL follows that is not counted) and bytes; borrowed
 */
struct db_value {
	enum db_type type;
	int64_t number;
	const void *data;
	size_t len;
};

static inline struct db_value db_int(int64_t n)
{
	return (struct db_value){ .type = DB_INT, .number = n };
}

static inline struct db_value db_blob(const void *data, size_t len)
{
	return (struct db_value){ .type = data ? DB_BLOB : DB_NULL, .data = data, .len = len };
}

/** db_text - NULL is NULL */
struct db_value db_text(const char *text);

/**
 * struct db_query - one statement
 * @sql: constant text
 * @args: for $1 and on
 * @row: called for each row, or NULL; another value than 0 ends the query with it
 */
struct db_query {
	const char *sql;
	struct db_value args[DB_ARGS_MAX];
	size_t arg_count;
	int (*row)(void *arg, const struct db_value *columns, size_t count);
	void *arg;
};

struct db;

/**
 * db_open - connect
 * @url: "sqlite:PATH" (made if missing, mode 0600) or "postgresql:CONNINFO" (libpq's
 *	keywords, such as "host=/run/postgresql dbname=ward")
 * @out: db_close() it
 * Returns 0, or -EINVAL: no such URL; -EIO: it can't be reached; -ENOMEM.
 */
int db_open(const char *url, struct db **out, struct db_fault *fault);
void db_close(struct db *db);

/** db_scheme - how its URL begins: "sqlite" or "postgresql" */
const char *db_scheme(const struct db *db);

/** db_trust - what its rows are known by (row_mac.h); borrowed; NULL = nothing, as at the start */
struct row_mac;
void db_trust(struct db *db, const struct row_mac *mac);
const struct row_mac *db_trusts(const struct db *db);

/** db_wipe_freed - what SQLite frees is zeroed; to be called before any db_open(); 0 or -EBUSY */
int db_wipe_freed(void);

/**
 * db_run - one statement
 *
 * Returns how many rows came back or were changed; -EEXIST: a unique value is there
 * already; -EAGAIN: another's transaction came between, do the whole again; -EIO:
 * the database failed or is gone (the next call connects anew); what @row returned.
 */
int db_run(struct db *db, const struct db_query *q, struct db_fault *fault);

/**
 * db_transaction - all of @body or nothing, as if nobody else were there
 * @body: returns 0 to commit, another value to undo; called again, at most a few
 *	times, where another's transaction came between
 * Returns what @body returned, or as db_run(); after 0 it is on disk.
 *
 * Within another's @body it is a part of that one, which must fail when this fails.
 */
int db_transaction(struct db *db, int (*body)(struct db *db, void *arg, struct db_fault *fault),
		   void *arg, struct db_fault *fault);

/**
 * db_transaction_hasty - the same, but the machine's own crash may undo it afterwards
 *
 * Nobody waits for the disk. What other transactions see of it, and a broker that is
 * killed, is as if it were there; and when a later transaction is on disk, so is this one.
 */
int db_transaction_hasty(struct db *db,
			 int (*body)(struct db *db, void *arg, struct db_fault *fault), void *arg,
			 struct db_fault *fault);

/**
 * db_lock - first statement of a transaction's body: who else begins with it waits here
 *
 * Transactions that all change the same place (the end of a chain) would disturb each
 * other without end; where there is one writer at a time anyway it does nothing.
 * @table: its name, constant text
 */
int db_lock(struct db *db, const char *table, struct db_fault *fault);

#endif /* BROKER_DB_H */
