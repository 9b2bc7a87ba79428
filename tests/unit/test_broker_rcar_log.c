// SPDX-License-Identifier: MIT
/*
 * What a release leaves behind: a use counted, a record, a line in the release log; and what
 * comes of a store that is out of order or was written by others.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exchange.h"

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static long file_size(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (long)st.st_size;
}

/* Key or log out of order: an error of the broker's, and nothing leaves. */
static void test_broken_store(void **state)
{
	struct rx *x = *state;

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(chmod(rx_key_path, 0644), 0);
	rx_get(x);
	rx_refused(500, "release-failed");
	assert_int_equal(chmod(rx_key_path, 0600), 0);
	/* a log that can't be written: its file system is full */
	release_log_close(rx_rcar.log);
	rx_rcar.log = NULL;
	assert_int_equal(release_log_open("/dev/full", &rx_rcar.log), -EINVAL);
	assert_int_equal(release_log_open(rx_log_path, &rx_rcar.log), 0);
	limit_file_size(100);
	rx_get(x);
	limit_file_size(RLIM_INFINITY);
	/* a database in a file has no room either */
	rx_refused(rx_url ? 500 : 503, rx_url ? "release-failed" : "store-failed");
	assert_int_equal(file_size(rx_log_path), 0);
}

/* As often as it may be, and not once more, whoever asks. */
static void test_uses(void **state)
{
	struct rx *x = *state;

	rx_resource.uses = 2;
	for (int i = 0; i < 2; i++) {
		rx_auth(x);
		rx_evidence(x);
		assert_int_equal(rx_attest(x), 200);
		assert_int_equal(rx_get(x), 200);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rx_get(x), 403);
		assert_string_equal(rx_member("reason"), "resource-used-up");
	}
	assert_int_equal(rx_log_lines(), 2);
	assert_int_equal(rx_number("SELECT used FROM use_count"), 2);
	assert_int_equal(rx_number("SELECT count(*) FROM audit WHERE line IS NOT NULL"), 2);
	/* 2 attestations, 2 releases, 2 refusals */
	assert_int_equal(rx_number("SELECT count(*) FROM audit"), 6);
}

/* A log that lost its lines has them again, once. */
static void test_log_mended(void **state)
{
	struct db_fault fault = { "" };
	struct rx *x = *state;
	struct release_mended found;

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rx_get(x), 200);
	assert_int_equal(truncate(rx_log_path, file_size(rx_log_path) * 2 / 3 - 9), 0);
	release_log_close(rx_rcar.log);
	rx_rcar.log = NULL;
	assert_int_equal(release_log_open(rx_log_path, &rx_rcar.log), 0);
	assert_int_equal(release_log_mend(rx_rcar.log, rx_rcar.db, rx_rcar.audit, &found, &fault), 0);
	assert_int_equal(found.added, 2);
	assert_int_equal(release_log_mend(rx_rcar.log, rx_rcar.db, rx_rcar.audit, &found, &fault), 0);
	assert_int_equal(found.added + found.strange + found.forged, 0);
	assert_int_equal(rx_log_lines(), 4);	/* the torn one, ended */
	rx_check_release(x, 2);
	rx_check_release(x, 3);
	/* and a database of before shows, beside a log of now */
	rx_run("DELETE FROM audit WHERE seq > 2");
	assert_int_equal(release_log_mend(rx_rcar.log, rx_rcar.db, rx_rcar.audit, &found, &fault), 0);
	assert_int_equal(found.added + found.forged, 0);
	assert_int_equal(found.strange, 2);
}

/* Who writes to the database writes no releases into the log. */
static void test_log_of_another(void **state)
{
	static const char *const edits[] = {
		"UPDATE audit SET line = replace(line, '\"uid\":1000', '\"uid\":1') WHERE seq = 3",
		"UPDATE audit SET line = (SELECT line FROM audit WHERE seq = 2) WHERE seq = 3",
		"UPDATE audit SET record = record || ' ' WHERE seq = 3",
		"UPDATE audit SET head = (SELECT head FROM audit WHERE seq = 2),"
		" record = (SELECT record FROM audit WHERE seq = 2) WHERE seq = 3",
		"UPDATE audit SET seq = 30 WHERE seq = 3",
	};
	struct db_fault fault = { "" };
	struct rx *x = *state;
	struct release_mended found;

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	for (int i = 0; i < 2; i++)
		assert_int_equal(rx_get(x), 200);
	rx_run("CREATE TABLE kept AS SELECT * FROM audit");
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		assert_int_equal(truncate(rx_log_path, 0), 0);
		rx_run(edits[i]);
		assert_int_equal(release_log_mend(rx_rcar.log, rx_rcar.db, rx_rcar.audit, &found,
						  &fault), 0);
		if (found.forged != 1 || found.added != 1)
			fail_msg("taken: %s", edits[i]);
		assert_int_equal(rx_log_lines(), 1);
		rx_run("DELETE FROM audit");
		rx_run("INSERT INTO audit SELECT * FROM kept");
	}
	rx_run("DROP TABLE kept");
}
int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_broken_store), T(test_uses), T(test_log_mended), T(test_log_of_another),
	};

	return rx_on_both(tests);
}
