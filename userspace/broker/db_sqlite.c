// SPDX-License-Identifier: MIT
/*
 * SQLite: one file, for its owner alone. What was committed is on disk (synchronous =
 * FULL, which is its default beside a write-ahead log too when asked for).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db_backend.h"

#define BUSY_MS 5000	/* how long another process's transaction is waited for */
#define PAUSE_MS 10
#define KEPT	64	/* statements */
#define PLACES	8	/* for one statement: a few dozen texts would meet in a single one */

/**
 * struct file - the connection
 * @kept: statements that are parsed, each at one of the places that its text says
 * @next: of a statement's places, which gives way where all are taken
 */
struct file {
	sqlite3 *db;
	sqlite3_stmt *kept[KEPT];
	unsigned int next;
};

/* SQLite would make the file with the mode of the umask, and its log like the file. */
static int make_file(const char *path, struct db_fault *fault)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return db_fail(fault, -EIO, path, strerror(errno));
	if (fstat(fd, &st))
		rc = db_fail(fault, -EIO, path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = db_fail(fault, -EIO, path, "not a regular file");
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		rc = db_fail(fault, -EIO, path, "others may reach this database: chmod 600 it");
	close(fd);
	return rc;
}

static void close_file(void *connection)
{
	struct file *f = connection;

	for (int i = 0; i < KEPT; i++)
		sqlite3_finalize(f->kept[i]);
	sqlite3_close(f->db);
	free(f);
}

/*
 * To go over to WAL takes the file for oneself, and SQLite doesn't wait for that, whatever
 * its timeout: several brokers that begin at once would find it locked.
 */
static int set_up(sqlite3 *db, const char *settings)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int rc = sqlite3_exec(db, settings, NULL, NULL, NULL);

	for (int i = 0; (rc & 0xff) == SQLITE_BUSY && i < BUSY_MS / PAUSE_MS; i++) {
		nanosleep(&pause, NULL);
		rc = sqlite3_exec(db, settings, NULL, NULL, NULL);
	}
	return rc;
}

static int open_file(const char *path, void **out, struct db_fault *fault)
{
	static const char settings[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		"PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON";
	struct file *f = calloc(1, sizeof(*f));
	int rc = f ? make_file(path, fault) : db_fail(fault, -ENOMEM, path, "no memory");

	if (rc) {
		free(f);
		return rc;
	}
	if (sqlite3_open_v2(path, &f->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(f->db, BUSY_MS) != SQLITE_OK ||
	    set_up(f->db, settings) != SQLITE_OK) {
		db_fail(fault, -EIO, path, f->db ? sqlite3_errmsg(f->db) : "no memory");
		close_file(f);
		return -EIO;
	}
	*out = f;
	return 0;
}

static int bind_one(sqlite3_stmt *s, int n, const struct db_value *v)
{
	switch (v->type) {
	case DB_INT:
		return sqlite3_bind_int64(s, n, v->number);
	case DB_TEXT:
		return sqlite3_bind_text(s, n, v->data, (int)v->len, SQLITE_STATIC);
	case DB_BLOB:
		return sqlite3_bind_blob(s, n, v->data, (int)v->len, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(s, n);
	}
}

/* $1 and on are names to SQLite, numbered as they first stand in the text. */
static int bind_all(sqlite3_stmt *s, const struct db_query *q)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < q->arg_count; i++) {
		char name[] = { '$', (char)('1' + i), 0, 0 };
		int n;

		if (i >= 9) {
			name[1] = '1';
			name[2] = (char)('0' + (i - 9));
		}
		n = sqlite3_bind_parameter_index(s, name);
		rc = n ? bind_one(s, n, &q->args[i]) : SQLITE_RANGE;
	}
	return rc;
}

static struct db_value column(sqlite3_stmt *s, int i)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER:
		return db_int(sqlite3_column_int64(s, i));
	case SQLITE_TEXT:
		return (struct db_value){ .type = DB_TEXT, .data = sqlite3_column_text(s, i),
					  .len = (size_t)sqlite3_column_bytes(s, i) };
	case SQLITE_BLOB: {
		const void *data = sqlite3_column_blob(s, i);

		return db_blob(data ? data : "", (size_t)sqlite3_column_bytes(s, i));
	}
	case SQLITE_NULL:
		return (struct db_value){ .type = DB_NULL };
	default:
		return (struct db_value){ .type = DB_OTHER };
	}
}

static int hand_row(sqlite3_stmt *s, const struct db_query *q)
{
	struct db_value columns[DB_COLUMNS_MAX];
	int count = sqlite3_column_count(s);

	if (!q->row)
		return 0;
	if (count > DB_COLUMNS_MAX)
		return -EIO;
	for (int i = 0; i < count; i++)
		columns[i] = column(s, i);
	return q->row(q->arg, columns, (size_t)count);
}

static int refuse(sqlite3 *db, int code, struct db_fault *fault)
{
	int rc = -EIO;

	if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
		rc = -EAGAIN;
	else if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
		rc = -EEXIST;
	return db_fail(fault, rc, "database", sqlite3_errmsg(db));
}

static int step_all(sqlite3 *db, sqlite3_stmt *s, const struct db_query *q, struct db_fault *fault)
{
	int rows = 0, code, rc;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		rows++;
		rc = hand_row(s, q);
		if (rc)
			return rc;
	}
	if (code != SQLITE_DONE)
		return refuse(db, sqlite3_extended_errcode(db), fault);
	return rows ? rows : sqlite3_stmt_readonly(s) ? 0 : sqlite3_changes(db);
}

/* FNV-1a */
static unsigned int place_of(const char *sql)
{
	uint32_t hash = 2166136261u;

	while (*sql)
		hash = (hash ^ (uint8_t)*sql++) * 16777619u;
	return hash % KEPT;
}

/* Where the statement is, or may be: an empty place, or one that gives way. */
static sqlite3_stmt **find_place(struct file *f, const char *sql)
{
	unsigned int first = place_of(sql);
	sqlite3_stmt **empty = NULL;

	for (unsigned int i = 0; i < PLACES; i++) {
		sqlite3_stmt **at = &f->kept[(first + i) % KEPT];

		if (*at && !strcmp(sqlite3_sql(*at), sql))
			return at;
		if (!*at && !empty)
			empty = at;
	}
	return empty ? empty : &f->kept[(first + f->next++ % PLACES) % KEPT];
}

/*
 * The statement, parsed once: to parse costs more than to run. What a pragma changes it
 * changes as it is parsed, so that none is kept; nor is one whose rows are still being read.
 */
static sqlite3_stmt *prepare(struct file *f, const char *sql, bool *kept)
{
	bool pragma = !strncmp(sql, "PRAGMA ", 7);
	sqlite3_stmt **at = pragma ? NULL : find_place(f, sql), *s = NULL;

	*kept = at && !(*at && sqlite3_stmt_busy(*at));
	if (*kept && *at && !strcmp(sqlite3_sql(*at), sql))
		return *at;
	if (sqlite3_prepare_v3(f->db, sql, -1, *kept ? SQLITE_PREPARE_PERSISTENT : 0, &s, NULL) !=
	    SQLITE_OK)
		return NULL;
	if (*kept) {
		sqlite3_finalize(*at);
		*at = s;
	}
	return s;
}

/* Neither its rows nor what its arguments pointed to outlive a run. */
static void put_back(sqlite3_stmt *s, bool kept)
{
	if (!kept) {
		sqlite3_finalize(s);
		return;
	}
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

static int run(void *connection, const struct db_query *q, struct db_fault *fault)
{
	struct file *f = connection;
	bool kept;
	sqlite3_stmt *s = prepare(f, q->sql, &kept);
	int rc;

	if (!s || bind_all(s, q) != SQLITE_OK)
		rc = refuse(f->db, sqlite3_extended_errcode(f->db), fault);
	else
		rc = step_all(f->db, s, q, fault);
	if (s)
		put_back(s, kept);
	return rc;
}

const struct db_backend db_sqlite = {
	.scheme = "sqlite",
	.open = open_file,
	.close = close_file,
	.run = run,
	.begin = "BEGIN IMMEDIATE",
	.hasten = "PRAGMA synchronous = NORMAL",
	.settle = "PRAGMA synchronous = FULL",
};
