// SPDX-License-Identifier: MIT
/*
 * How keys end: each way, recorded once; and every way while messages are being opened.
 */
#define _GNU_SOURCE
#include "key_test.h"

#include <pthread.h>

#include "wire.h"

/* Waits for an end that comes by itself. */
static uint32_t wait_key_end(int key)
{
	int i;

	for (i = 0; i < 1000 && !key_info(key).out_end; i++)
		sleep_ns(10 * MS);
	return key_info(key).out_end;
}

/* Every end record of @session's chain for @id. */
static unsigned int ends_of(int session, uint64_t id)
{
	static struct ward_event all[512];
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)all, .count = 512,
	};
	unsigned int i, n = 0;

	ASSERT_EQ(ward_call(session, WARD_EVENTS, &cmd), 0);
	for (i = 0; i < cmd.count; i++)
		n += all[i].type == WARD_EVENT_KEY_END && all[i].id == id;
	return n;
}

static void expect_gone(int session, int key, uint32_t end, int error)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct sealed_file file = file_new(&grant, NULL, 100, PAGE);
	uint8_t salt[16] = { 0 }, wrapped[48] = { 0 };
	int other = session_open();
	struct buf b = buf_get_with(other, PAGE, WARD_BUF_SHARED);

	EXPECT_EQ(key_info(key).out_end, end);
	/* Of another session: the key's end is not what is looked at first. */
	EXPECT_EQ(key_open(key, &file, b.fd, 0), -EPERM);
	EXPECT_EQ(key_unwrap(key, salt, wrapped), error);
	EXPECT_EQ(key_end(key), end);
	EXPECT_EQ(ends_of(session, key_info(key).out_id), 1);
	buf_drop(&b);
	close(other);
	file_free(&file);
}

TEST(by_its_owner)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;

	need_keys();
	key = key_of(s, &grant);
	EXPECT_EQ(key_end(key), WARD_END_WIPE);
	EXPECT_EQ(key_end(key), WARD_END_WIPE);
	expect_gone(s, key, WARD_END_WIPE, -EKEYREVOKED);
}

TEST(by_its_last_fd)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key, copy;
	uint64_t id;

	need_keys();
	key = key_of(s, &grant);
	id = key_info(key).out_id;
	copy = dup(key);
	close(key);
	EXPECT_EQ(ends_of(s, id), 0);
	EXPECT_EQ(key_info(copy).out_end, WARD_END_NONE);
	close(copy);
	EXPECT_EQ(last_record(s, WARD_EVENT_KEY_END, WARD_END_CLOSE).id, id);
	EXPECT_EQ(ends_of(s, id), 1);
}

/* Nobody asks: it is the kernel that ends it, in time. */
TEST(by_its_lifetime)
{
	struct ward_key_grant grant = grant_new(0, 300 * MS);
	int s = session_open(), key;
	struct ward_event ev;

	need_keys();
	key = key_of(s, &grant);
	EXPECT_EQ(wait_key_end(key), WARD_END_TIME);
	expect_gone(s, key, WARD_END_TIME, -EKEYEXPIRED);
	ev = last_record(s, WARD_EVENT_KEY_END, WARD_END_TIME);
	EXPECT_TRUE(ev.time_ns >= key_info(key).out_expires_ns);
}

TEST(by_the_seal)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;
	struct sealed sealed;
	uint8_t public[32];
	struct buf b;

	need_keys();
	key = key_of(s, &grant);
	sealed = seal_to(s, &grant);
	b = buf_get(s, PAGE);
	ASSERT_EQ(session_seal(s), 0);
	expect_gone(s, key, WARD_END_SEAL, -EKEYREVOKED);
	EXPECT_EQ(key_import(s, &sealed), -ESHUTDOWN);
	EXPECT_EQ(key_pair(s, public), -ESHUTDOWN);
	/* The buffer is as it was. */
	EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_NONE);
}

TEST(by_the_lease)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;
	struct sealed sealed;
	uint8_t public[32];

	need_keys();
	key = key_of(s, &grant);
	sealed = seal_to(s, &grant);
	lease_for(s, 300 * MS);
	EXPECT_EQ(wait_key_end(key), WARD_END_LEASE);
	expect_gone(s, key, WARD_END_LEASE, -EKEYREVOKED);
	EXPECT_EQ(key_import(s, &sealed), -ESHUTDOWN);
	EXPECT_EQ(key_pair(s, public), -ESHUTDOWN);
}

static void revoke_session(int session)
{
	struct ward_info info = session_info(session);
	struct wire *w = wire_open();

	ASSERT_EQ(tell(w, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID, info.out_session,
		       WARD_ID_LEN), 0);
	close(w->fd);
}

TEST(by_the_administrator)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;
	uint8_t public[32];

	need_keys();
	key = key_of(s, &grant);
	revoke_session(s);
	expect_gone(s, key, WARD_END_REVOKE, -EKEYREVOKED);
	EXPECT_EQ(key_pair(s, public), -ESHUTDOWN);
}

TEST(by_the_end_of_its_session)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;

	need_keys();
	key = key_of(s, &grant);
	close(s);
	EXPECT_EQ(key_info(key).out_end, WARD_END_SESSION);
}

/* Not by the end of who imported it: the fd is handed on. */
TEST(not_by_the_end_of_its_importer)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct sealed_file file;
	int s = session_open(), key, sv[2], status;
	struct buf b;
	pid_t pid;

	need_keys();
	ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv), 0);
	pid = fork();
	if (!pid) {
		send_fd(sv[0], key_of(s, &grant));
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	key = recv_fd(sv[1]);
	EXPECT_EQ(key_info(key).out_end, WARD_END_NONE);
	file = file_new(&grant, NULL, 100, PAGE);
	b = buf_get(s, PAGE);
	EXPECT_EQ(key_open(key, &file, b.fd, 0), 0);
}

/* ---- while messages are being opened ------------------------------------------------- */

enum { OPENERS = 3 };

struct race {
	int session;
	int key;
	int child;
	struct buf buf;
	struct sealed_file file, childs;
	volatile int stop;
	volatile int opened;
	volatile int wrong;
};

static bool may_end_so(int ret)
{
	return ret == -EKEYREVOKED || ret == -EKEYEXPIRED || ret == -EOWNERDEAD ||
	       ret == -EDQUOT || ret == -EBADF || ret == -EPERM;
}

/* Opens until it is refused; anything but an end is wrong. */
static void *opener(void *arg)
{
	static volatile int numbers;
	int number = __sync_fetch_and_add(&numbers, 1);
	struct race *race = arg;
	int ret = 0;

	while (!race->stop && !ret) {
		if (number % OPENERS)
			ret = key_open(race->key, &race->file, race->buf.fd,
				       number % OPENERS * HUGE);
		else
			ret = key_open(race->child, &race->childs, race->buf.fd, 0);
		if (!ret)
			__sync_fetch_and_add(&race->opened, 1);
	}
	if (ret && !may_end_so(ret)) {
		fprintf(stderr, "opener: %d\n", ret);
		race->wrong = 1;
	}
	return NULL;
}

static void end_by_end(struct race *race)
{
	key_end(race->key);
}

static void end_by_seal(struct race *race)
{
	ASSERT_EQ(session_seal(race->session), 0);
}

static void end_by_lease(struct race *race)
{
	lease_for(race->session, MS);
}

static void end_by_revoke(struct race *race)
{
	revoke_session(race->session);
}

static void end_by_wipe(struct race *race)
{
	EXPECT_EQ(buf_wipe(race->buf.fd), race->buf.length);
}

static void end_by_close(struct race *race)
{
	close(race->session);
}

static void race_against(void (*end)(struct race *race), bool key_ends)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct race race = { .session = session_open() };
	uint8_t content[32] = { 7 }, salt[16] = { 8 }, wrapped[48];
	pthread_t threads[OPENERS];
	int i;

	race.key = key_of(race.session, &grant);
	wrap(&grant, salt, content, wrapped);
	race.child = key_unwrap(race.key, salt, wrapped);
	ASSERT_GE(race.child, 0);
	race.buf = buf_get(race.session, OPENERS * HUGE);
	race.file = file_new(&grant, NULL, 1 << 20, 1 << 16);
	race.childs = file_new(&grant, content, 1 << 20, 1 << 12);
	for (i = 0; i < OPENERS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, opener, &race), 0);
	for (i = 0; i < 2000 && race.opened < OPENERS; i++)
		sleep_ns(MS);
	EXPECT_GE(race.opened, OPENERS);
	end(&race);
	if (key_ends && end != end_by_lease) {
		EXPECT_TRUE(key_info(race.key).out_end != WARD_END_NONE);
		EXPECT_TRUE(key_info(race.child).out_end != WARD_END_NONE);
	}
	for (i = 0; i < OPENERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(race.wrong, 0);
	buf_drop(&race.buf);
	close(race.child);
	close(race.key);
	file_free(&race.file);
	file_free(&race.childs);
	if (end != end_by_close)
		close(race.session);
}

#define RACE(name, ends)						\
	TEST_TIMEOUT(opening_against_##name, 120)				\
	{								\
		int i;							\
									\
		need_keys();						\
		for (i = 0; i < 4; i++)					\
			race_against(end_by_##name, ends);		\
	}

RACE(end, true)
RACE(seal, true)
RACE(lease, true)
RACE(revoke, true)
RACE(close, true)
RACE(wipe, false)

/* Uses that several threads share are never more than were granted. */
static void *use_up(void *arg)
{
	struct race *race = arg;
	int ret;

	while (!(ret = key_open(race->key, &race->file, race->buf.fd, 0)))
		__sync_fetch_and_add(&race->opened, 1);
	if (ret != -EDQUOT)
		race->wrong = ret;
	return NULL;
}

TEST_TIMEOUT(uses_are_counted_once, 120)
{
	struct ward_key_grant grant = grant_new(100, 0);
	struct race race = { .session = session_open() };
	pthread_t threads[OPENERS];
	int i;

	need_keys();
	race.key = key_of(race.session, &grant);
	race.buf = buf_get(race.session, PAGE);
	race.file = file_new(&grant, NULL, 100, 1008);
	for (i = 0; i < OPENERS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, use_up, &race), 0);
	for (i = 0; i < OPENERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(race.wrong, 0);
	EXPECT_EQ(race.opened, 100);
	EXPECT_EQ(key_info(race.key).out_end, WARD_END_USES);
	EXPECT_EQ(key_info(race.key).out_messages, 100);
}

/* Imports and unwraps against the seal: none is left, whoever came first. */
static void *importer(void *arg)
{
	struct ward_key_grant grant = grant_new(0, 0);
	uint8_t content[32] = { 7 }, salt[16] = { 8 }, wrapped[48];
	struct race *race = arg;
	struct sealed sealed = seal_to(race->session, &grant);
	int key, ret = 0;

	wrap(&grant, salt, content, wrapped);
	while (!race->stop) {
		key = key_import(race->session, &sealed);
		if (key < 0) {
			ret = key;
			break;
		}
		__sync_fetch_and_add(&race->opened, 1);
		close(key_unwrap(key, salt, wrapped));
		close(key);
	}
	if (ret != -ESHUTDOWN)
		race->wrong = ret;
	return NULL;
}

TEST_TIMEOUT(importing_against_the_seal, 120)
{
	struct ward_event ev;
	pthread_t thread;
	int round, i;

	need_keys();
	for (round = 0; round < 6; round++) {
		struct race race = { .session = session_open() };

		ASSERT_EQ(pthread_create(&thread, NULL, importer, &race), 0);
		for (i = 0; i < 2000 && race.opened < 2; i++)
			sleep_ns(MS);
		ASSERT_EQ(session_seal(race.session), 0);
		ev = last_record(race.session, WARD_EVENT_SESSION_SEAL, 0);
		pthread_join(thread, NULL);
		EXPECT_EQ(race.wrong, 0);
		/* No key came in behind the seal. */
		EXPECT_TRUE(last_record(race.session, WARD_EVENT_KEY_IMPORT, 0).seq < ev.seq);
		close(race.session);
	}
}

/* ---- what a killed opener leaves ----------------------------------------------------------- */

TEST_TIMEOUT(an_opener_is_killed, 120)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key, status, i;
	struct sealed_file file;
	struct buf b;
	pid_t pid;

	need_keys();
	key = key_of(s, &grant);
	b = buf_get_with(s, 8 * HUGE, WARD_BUF_SHARED);
	file = file_new(&grant, NULL, 8 * HUGE, 1 << 16);
	for (i = 0; i < 8; i++) {
		pid = fork();
		if (!pid)
			for (;;)
				key_open(key, &file, b.fd, 0);
		sleep_ns(i * 7 * MS);
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_EQ(key_info(key).out_end, WARD_END_NONE);
	}
	EXPECT_EQ(key_open(key, &file, b.fd, 0), 0);
	EXPECT_MEMEQ(b.p, file.text, file.len);
}

KTAP_MAIN()
