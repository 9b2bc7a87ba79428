// SPDX-License-Identifier: MIT
/*
 * Many keys: none is missed by what ends them all, however they were made, and those
 * that have ended already hold up nobody.
 */
#define _GNU_SOURCE
#include "key_test.h"

#include <pthread.h>
#include <sys/resource.h>

#include "records.h"

enum { MAKERS = 4, EACH = 12, ROUNDS = 40, SHELLS = 1200 };

/* ---- made at the same time -------------------------------------------------------- */

/**
 * struct maker - a thread that makes keys
 * @key: that unwraps them
 * @salt: of @wrapped
 * @wrapped: a content key
 * @made: their fds
 */
struct maker {
	int key;
	uint8_t salt[WARD_KEY_SALT_LEN];
	uint8_t wrapped[WARD_KEY_LEN + TAG];
	int made[EACH];
};

static void *make(void *arg)
{
	struct maker *maker = arg;
	int i;

	for (i = 0; i < EACH; i++)
		maker->made[i] = key_unwrap(maker->key, maker->salt, maker->wrapped);
	return NULL;
}

/* How many of @maker's live. */
static int living(struct maker *maker)
{
	int i, n = 0;

	for (i = 0; i < EACH; i++) {
		EXPECT_GE(maker->made[i], 0);
		n += maker->made[i] >= 0 && !key_info(maker->made[i]).out_end;
		close(maker->made[i]);
	}
	return n;
}

static void make_and_end(struct maker *first)
{
	struct maker makers[MAKERS];
	pthread_t threads[MAKERS];
	int i;

	for (i = 0; i < MAKERS; i++) {
		makers[i] = *first;
		ASSERT_EQ(pthread_create(&threads[i], NULL, make, &makers[i]), 0);
	}
	for (i = 0; i < MAKERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(key_end(first->key), WARD_END_WIPE);
	for (i = 0; i < MAKERS; i++)
		EXPECT_EQ(living(&makers[i]), 0);
}

TEST_TIMEOUT(what_was_unwrapped_at_the_same_time_ends_with_its_parent, 120)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct maker maker = { .salt = { 8 } };
	uint8_t content[32] = { 7 };
	int s = session_open(), i;

	need_keys();
	wrap(&grant, maker.salt, content, maker.wrapped);
	for (i = 0; i < ROUNDS; i++) {
		maker.key = key_of(s, &grant);
		make_and_end(&maker);
		close(maker.key);
	}
}

/* ---- many records --------------------------------------------------------------- */

static struct told told[4096];

/* How many of the records that are left are of @session. */
static unsigned int told_of_session(const uint8_t *session, uint64_t from)
{
	struct wire *w = wire_open();
	int n = records_dump(w, NULL, from, told, 4096), i;
	unsigned int of = 0;

	ASSERT_TRUE(n > 0);
	for (i = 0; i < n; i++)
		of += !memcmp(told[i].session, session, WARD_ID_LEN);
	return of;
}

TEST_TIMEOUT(keys_push_out_nobody_elses_records, 240)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int quiet = session_open(), s = session_open(), key, i;
	uint8_t content[32] = { 7 }, salt[16] = { 8 }, wrapped[WARD_KEY_LEN + TAG];
	struct ward_info info = session_info(quiet);
	uint8_t public[WARD_KEY_LEN];

	need_keys();
	ASSERT_EQ(key_pair(quiet, public), 0);
	wrap(&grant, salt, content, wrapped);
	key = key_of(s, &grant);
	for (i = 0; i < 600; i++)
		ASSERT_EQ(close(key_unwrap(key, salt, wrapped)), 0);
	EXPECT_EQ(told_of_session(info.out_session, 0), 2);
	info = session_info(s);
	EXPECT_EQ(told_of_session(info.out_session, 0), 256);
}

/* ---- ended long ago --------------------------------------------------------------- */

/* As many as a user may have files are no reason for a seal to take its time. */
TEST_TIMEOUT(keys_that_have_ended_hold_up_no_seal, 240)
{
	struct rlimit limit = { SHELLS + 100, SHELLS + 100 };
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key, i;
	struct sealed sealed;
	uint64_t start;

	need_keys();
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	sealed = seal_to(s, &grant);
	for (i = 0; i < SHELLS; i++) {
		key = key_import(s, &sealed);
		ASSERT_GE(key, 0);
		ASSERT_EQ(key_end(key), WARD_END_WIPE);
	}
	key = key_import(s, &sealed);
	start = boot_ns();
	ASSERT_EQ(session_seal(s), 0);
	EXPECT_LT(boot_ns() - start, 2 * SECOND);
	EXPECT_EQ(key_info(key).out_end, WARD_END_SEAL);
}

KTAP_MAIN()
