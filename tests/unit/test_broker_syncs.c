// SPDX-License-Identifier: MIT
/* What waits for the disk, and what need not; what SQLite parses anew, and what is kept. */
#include "exchange.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sqlite3.h>

static int syncs, parsed;

/* In place of the C library's, SQLite's calls included. */
int fsync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fdatasync, fd);
}

/* In place of SQLite's. */
int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned int flags,
		       sqlite3_stmt **out, const char **tail)
{
	int (*real)(sqlite3 *, const char *, int, unsigned int, sqlite3_stmt **, const char **);

	parsed++;
	*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
	return real(db, sql, len, flags, out, tail);
}

static int since(void)
{
	int n = syncs;

	syncs = 0;
	return n;
}

/* The challenge nothing, the verdict once, the key twice: its use and the log's line. */
static void test_exchange(void **state)
{
	struct rx *x = *state;

	for (int i = 0; i < 3; i++) {
		x->now += RX_TIMEOUT;
		since();
		rx_auth(x);
		assert_int_equal(since(), 0);
		rx_evidence(x);
		assert_int_equal(rx_attest(x), 200);
		assert_int_equal(since(), 1);
		assert_int_equal(rx_get(x), 200);
		assert_int_equal(since(), 2);
	}
}

/* Once it was run, each statement of a release is there, but for two pragmas (db_sqlite.c). */
static void test_parsed_once(void **state)
{
	struct rx *x = *state;

	for (int i = 0; i < 3; i++) {
		x->now += RX_TIMEOUT;
		parsed = 0;
		rx_auth(x);
		rx_evidence(x);
		assert_int_equal(rx_attest(x), 200);
		assert_int_equal(rx_get(x), 200);
	}
	assert_int_equal(parsed, 2);
}

/* What is written beside a challenge waits as ever. */
static void test_others_wait(void **state)
{
	struct rx *x = *state;

	rx_auth(x);
	since();
	rx_run("INSERT INTO use_count (path, used) VALUES ('a', 1)");
	assert_int_equal(since(), 1);
}

static int refuse(struct db *db, void *arg, struct db_fault *fault)
{
	(void)db, (void)arg, (void)fault;
	return -EPERM;
}

/* One that is undone leaves no haste behind either. */
static void test_undone(void **state)
{
	struct db_fault fault = { "" };

	(void)state;
	assert_int_equal(db_transaction_hasty(rx_rcar.db, refuse, NULL, &fault), -EPERM);
	since();
	rx_run("INSERT INTO use_count (path, used) VALUES ('b', 1)");
	assert_int_equal(since(), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_exchange), T(test_parsed_once), T(test_others_wait), T(test_undone),
	};

	return cmocka_run_group_tests(tests, rx_group_setup, rx_group_teardown);
}
