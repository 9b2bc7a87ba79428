/* SPDX-License-Identifier: MIT */
/* A folder and a database of a test's own, of either kind, with the broker's tables. */
#ifndef TEST_BROKER_BENCH_H
#define TEST_BROKER_BENCH_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

#include "../../userspace/broker/db.h"
#include "../../userspace/broker/keyring.h"
#include "../../userspace/broker/schema.h"
#include "pg.h"

/** struct bench - @dir: removed at the end; @db: its tables are there */
struct bench {
	char dir[64];
	char url[256];
	struct db *db;
};

static struct pg *bench_server;

/* 0, or -1: there is no such database here. */
static inline int bench_start(struct bench *b, int postgres)
{
	struct db_fault fault = { "" };

	memset(b, 0, sizeof(*b));
	if (postgres && !bench_server)
		return -1;
	strcpy(b->dir, "/tmp/ward-bench-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	if (postgres)
		pg_fresh(bench_server);
	if (postgres)
		snprintf(b->url, sizeof(b->url), "%s", pg_url(bench_server));
	else
		snprintf(b->url, sizeof(b->url), "sqlite:%s/db", b->dir);
	if (db_open(b->url, &b->db, &fault) || schema_bring_up(b->db, &fault))
		fail_msg("%s", fault.text);
	return 0;
}

static inline void bench_end(struct bench *b)
{
	char command[96];

	if (!b->dir[0])
		return;
	db_close(b->db);
	snprintf(command, sizeof(command), "rm -rf %s", b->dir);
	assert_int_equal(system(command), 0);
}

/* A statement that must succeed. */
static inline int bench_run(struct bench *b, const char *sql)
{
	struct db_query q = { .sql = sql };
	struct db_fault fault = { "" };
	int rc = db_run(b->db, &q, &fault);

	if (rc < 0)
		fail_msg("%s: %s", sql, fault.text);
	return rc;
}

/* A file of the bench's folder, 0600; its path lives until the next call but three. */
static inline const char *bench_file(struct bench *b, const char *name, const char *text)
{
	static char paths[4][128];
	static unsigned int next;
	char *path = paths[next++ % 4];
	FILE *f;

	snprintf(path, sizeof(paths[0]), "%s/%s", b->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(chmod(path, 0600), 0);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* The keyring of @db that the passphrase in @pass opens; made where there is none. */
static inline struct keyring *bench_keyring(struct db *db, const char *pass)
{
	struct config_fault fault = { "" };
	struct keyring *k = NULL;
	char source[96];

	snprintf(source, sizeof(source), "passphrase:%s", pass);
	if (keyring_open(db, source, &k, &fault))
		fail_msg("%s", fault.text);
	return k;
}

/* Where in the folder's files @needle stands: 0 = nowhere. */
static inline int bench_holds(struct bench *b, const void *needle, size_t len)
{
	const char *const names[] = { "db", "db-wal", "db-journal", "log" };
	int hits = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[128];
		struct wv_bytes file;

		snprintf(path, sizeof(path), "%s/%s", b->dir, names[i]);
		file = ut_file(path);
		hits += file.data && memmem(file.data, file.len, needle, len);
		ut_free(file);
	}
	return hits;
}

static inline int bench_server_start(void **state)
{
	(void)state;
	bench_server = pg_start();
	return 0;
}

static inline int bench_server_stop(void **state)
{
	(void)state;
	pg_stop(bench_server);
	return 0;
}

#define BENCH_ON_BOTH(name) \
	static void name##_on_sqlite(void **state) \
	{ \
		struct bench b; \
\
		(void)state; \
		assert_int_equal(bench_start(&b, 0), 0); \
		name(&b); \
		bench_end(&b); \
	} \
	static void name##_on_postgres(void **state) \
	{ \
		struct bench b; \
\
		(void)state; \
		if (bench_start(&b, 1)) \
			skip(); \
		name(&b); \
		bench_end(&b); \
	}

#endif /* TEST_BROKER_BENCH_H */
