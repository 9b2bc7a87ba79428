// SPDX-License-Identifier: MIT
/* The same on either database: values, refusals, transactions, several at once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../userspace/broker/db.h"
#include "../../userspace/broker/schema.h"
#include "pg.h"

/** struct bench - of one kind of database */
struct bench {
	struct pg *pg;
	char path[64];
	char url[256];
};

static struct pg *server;

static int fresh(struct bench *b, int postgres)
{
	if (postgres && !server)
		return -1;
	memset(b, 0, sizeof(*b));
	if (postgres) {
		pg_fresh(server);
		snprintf(b->url, sizeof(b->url), "%s", pg_url(server));
		return 0;
	}
	strcpy(b->path, "/tmp/ward-db-XXXXXX");
	assert_non_null(mkdtemp(b->path));
	snprintf(b->url, sizeof(b->url), "sqlite:%s/db", b->path);
	return 0;
}

static void end(struct bench *b)
{
	char command[96];

	if (!b->path[0])
		return;
	snprintf(command, sizeof(command), "rm -rf %s", b->path);
	assert_int_equal(system(command), 0);
}

static struct db *opened(const struct bench *b)
{
	struct db_fault fault = { "" };
	struct db *db = NULL;

	if (db_open(b->url, &db, &fault))
		fail_msg("%s", fault.text);
	return db;
}

static int run(struct db *db, const char *sql)
{
	struct db_query q = { .sql = sql };
	struct db_fault fault = { "" };
	int rc = db_run(db, &q, &fault);

	if (rc < 0 && rc != -EEXIST && rc != -EAGAIN)
		print_message("# %s: %s\n", sql, fault.text);
	return rc;
}

static int take(void *arg, const struct db_value *c, size_t count)
{
	*(int64_t *)arg = count && c[0].type == DB_INT ? c[0].number : -1;
	return 0;
}

static int64_t number(struct db *db, const char *sql)
{
	int64_t n = -1;
	struct db_query q = { .sql = sql, .row = take, .arg = &n };
	struct db_fault fault;

	if (db_run(db, &q, &fault) < 0)
		print_message("# %s: %s\n", sql, fault.text);
	return n;
}

/* ---- each test, for either ------------------------------------------------------ */

static int check_row(void *arg, const struct db_value *c, size_t count)
{
	(void)arg;
	assert_int_equal(count, 5);
	assert_int_equal(c[0].type, DB_INT);
	assert_true(c[0].number == INT64_MIN);
	assert_int_equal(c[1].type, DB_TEXT);
	assert_int_equal(c[1].len, 8);
	assert_memory_equal(c[1].data, "it's \"\xc3\xa9", 8);
	assert_int_equal(c[2].type, DB_BLOB);
	assert_int_equal(c[2].len, 3);
	assert_memory_equal(c[2].data, "\0\xff'", 3);
	assert_int_equal(c[3].type, DB_NULL);
	assert_int_equal(c[4].type, DB_BLOB);
	assert_int_equal(c[4].len, 0);
	return 7;
}

static void values(struct bench *b)
{
	struct db *db = opened(b);
	struct db_fault fault = { "" };
	struct db_query put = {
		.sql = "INSERT INTO t (a, b, c, d, e) VALUES ($5, $4, $3, $2, $1)",
		.args = { db_blob("", 0), db_text(NULL), db_blob("\0\xff'", 3),
			  db_text("it's \"\xc3\xa9"), db_int(INT64_MIN) },
		.arg_count = 5,
	};
	struct db_query get = { .sql = "SELECT a, b, c, d, e FROM t", .row = check_row };

	assert_int_equal(run(db, "CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT, c BYTEA, d TEXT, e BYTEA)"),
			 0);
	assert_int_equal(db_run(db, &put, &fault), 1);
	assert_int_equal(db_run(db, &get, &fault), 7);
	assert_int_equal(db_run(db, &put, &fault), -EEXIST);
	assert_int_equal(run(db, "DELETE FROM t WHERE a = 5"), 0);
	assert_int_equal(run(db, "UPDATE t SET d = 'x' RETURNING a"), 1);
	assert_int_equal(run(db, "SELECT nothing FROM nowhere"), -EIO);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	db_close(db);
}

static int half(struct db *db, void *arg, struct db_fault *fault)
{
	(void)fault;
	assert_int_equal(run(db, "INSERT INTO t VALUES (1)"), 1);
	return *(int *)arg;
}

static int fails_and_goes_on(struct db *db, void *arg, struct db_fault *fault)
{
	(void)arg, (void)fault;
	assert_int_equal(run(db, "INSERT INTO t VALUES (1)"), 1);
	assert_int_equal(run(db, "INSERT INTO t VALUES (1)"), -EEXIST);
	return -EEXIST;
}

static void transactions(struct bench *b)
{
	struct db *db = opened(b);
	struct db_fault fault;
	int rc = -EPERM;

	assert_int_equal(run(db, "CREATE TABLE t (a BIGINT PRIMARY KEY)"), 0);
	assert_int_equal(db_transaction(db, half, &rc, &fault), -EPERM);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
	assert_int_equal(db_transaction(db, fails_and_goes_on, NULL, &fault), -EEXIST);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
	rc = 0;
	assert_int_equal(db_transaction(db, half, &rc, &fault), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	db_close(db);
}

static int take_one(struct db *db, void *arg, struct db_fault *fault)
{
	int64_t left = number(db, "SELECT n FROM t");
	struct db_query q = { .sql = "UPDATE t SET n = $1", .args = { db_int(left - 1) },
			      .arg_count = 1 };
	int rc;

	*(int *)arg = left > 0;
	if (left <= 0)
		return 0;
	usleep(1000);
	rc = db_run(db, &q, fault);
	return rc < 0 ? rc : 0;
}

/* Takes until there is nothing left; exits with how many it got. */
static void taker(const struct bench *b)
{
	struct db *db = opened(b);
	struct db_fault fault;
	int got = 0, more = 1, rc;

	while (more) {
		rc = db_transaction(db, take_one, &more, &fault);
		if (rc && rc != -EAGAIN)
			_exit(255);
		got += !rc && more;
		more = more || rc;
	}
	db_close(db);
	_exit(got);
}

/* Read, wait, write: what the transaction did not isolate would be taken twice. */
static void several_at_once(struct bench *b)
{
	struct db *db = opened(b);
	int total = 0, status;
	pid_t pids[3];

	assert_int_equal(run(db, "CREATE TABLE t (n BIGINT)"), 0);
	assert_int_equal(run(db, "INSERT INTO t VALUES (60)"), 1);
	db_close(db);
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (!pids[i])
			taker(b);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
		total += WEXITSTATUS(status);
	}
	assert_int_equal(total, 60);
}

static void migration(struct bench *b)
{
	struct db_fault fault = { "" };
	struct db *db;
	int status;

	for (int i = 0; i < 3; i++)
		if (!fork()) {
			db = opened(b);
			if (!schema_bring_up(db, &fault))
				_exit(0);
			print_message("# %s\n", fault.text);
			_exit(1);
		}
	for (int i = 0; i < 3; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	db = opened(b);
	assert_int_equal(schema_bring_up(db, &fault), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM resource"), 0);
	assert_int_equal(run(db, "UPDATE ward_schema SET version = 1000"), 1);
	assert_int_equal(schema_bring_up(db, &fault), -ENOTSUP);
	assert_non_null(strstr(fault.text, "a newer one"));
	db_close(db);
}

static void on_both(void (*test)(struct bench *b))
{
	struct bench b;

	for (int postgres = 0; postgres < 2; postgres++) {
		if (fresh(&b, postgres))
			continue;
		test(&b);
		end(&b);
	}
}

#define ON_BOTH(name) static void test_##name(void **state) { (void)state; on_both(name); }
ON_BOTH(values)
ON_BOTH(transactions)
ON_BOTH(several_at_once)
ON_BOTH(migration)

/* ---- what only one of them has ---------------------------------------------------- */

static void test_server_that_crashes(void **state)
{
	struct db_fault fault;
	struct bench b;
	struct db *db;
	int rc = 0;

	(void)state;
	if (fresh(&b, 1))
		skip();
	db = opened(&b);
	assert_int_equal(run(db, "CREATE TABLE t (a BIGINT PRIMARY KEY)"), 0);
	assert_int_equal(db_transaction(db, half, &rc, &fault), 0);
	pg_crash(server);
	/* The first call after may fail; a transaction is then begun anew, not continued. */
	run(db, "SELECT a FROM t");
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	db_close(db);
}

static int crash_inside(struct db *db, void *arg, struct db_fault *fault)
{
	(void)arg, (void)fault;
	assert_int_equal(run(db, "INSERT INTO t VALUES (1)"), 1);
	pg_crash(server);
	assert_int_equal(run(db, "INSERT INTO t VALUES (2)"), -EIO);
	return 0;	/* on purpose: the commit must not succeed */
}

static void test_crash_in_a_transaction(void **state)
{
	struct db_fault fault;
	struct bench b;
	struct db *db;

	(void)state;
	if (fresh(&b, 1))
		skip();
	db = opened(&b);
	assert_int_equal(run(db, "CREATE TABLE t (a BIGINT PRIMARY KEY)"), 0);
	assert_int_equal(db_transaction(db, crash_inside, NULL, &fault), -EIO);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
	db_close(db);
}

static void test_file(void **state)
{
	struct db_fault fault;
	char path[300];
	struct stat st;
	struct bench b;
	struct db *db;

	(void)state;
	fresh(&b, 0);
	db_close(opened(&b));
	assert_int_equal(stat(b.url + strlen("sqlite:"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(chmod(b.url + strlen("sqlite:"), 0640), 0);
	assert_int_equal(db_open(b.url, &db, &fault), -EIO);
	assert_non_null(strstr(fault.text, "chmod 600"));
	snprintf(path, sizeof(path), "sqlite:%s", b.path);
	assert_int_equal(db_open(path, &db, &fault), -EIO);
	assert_int_equal(db_open("mysql:x", &db, &fault), -EINVAL);
	assert_int_equal(db_open("postgresql:host=/nowhere", &db, &fault), -EIO);
	end(&b);
}

static int start_server(void **state)
{
	(void)state;
	server = pg_start();
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	pg_stop(server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_several_at_once),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_server_that_crashes),
		cmocka_unit_test(test_crash_in_a_transaction),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
