// SPDX-License-Identifier: MIT
/*
 * A session's pool of clean memory: what its buffers leave comes back to its own
 * buffers as zero, is no part of what it holds, is bounded, and is given up at
 * a seal and under pressure.
 */
#include "ward_test.h"

#define DROP_CACHES	"/proc/sys/vm/drop_caches"
#define POOL_PARAMETER	"/sys/module/ward/parameters/pool"

static uint64_t pool_of(int session)
{
	uint64_t bytes = session_info(session).out_pool;

	EXPECT_EQ(session_pressure(session).out_pool, bytes);
	return bytes;
}

/* One buffer is filled and wiped. */
static void use(int session, uint64_t length)
{
	struct buf b = buf_get(session, length);

	fill_words(b.p, length, fresh_seed());
	EXPECT_EQ(buf_wipe(b.fd), length);
	buf_drop(&b);
}

TEST(what_comes_back_is_zero)
{
	static const uint64_t lengths[] = { PAGE, 16 * PAGE, HUGE, 7 * HUGE };
	struct buf b;
	int s, round;
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		s = session_open();
		use(s, lengths[i]);
		ASSERT_EQ(pool_of(s), lengths[i]);
		for (round = 0; round < 3; round++) {
			b = buf_get(s, lengths[i]);
			EXPECT_EQ(pool_of(s), 0);
			EXPECT_EQ(session_info(s).out_live, lengths[i]);
			EXPECT_TRUE(all_zero(b.p, b.length));
			fill_words(b.p, b.length, fresh_seed());
			buf_drop(&b);
			EXPECT_EQ(pool_of(s), lengths[i]);
			EXPECT_EQ(session_info(s).out_live, 0);
		}
	}
}

/* A length is cut into 2 MiB and a rest; of rests only powers of two are kept. */
TEST(odd_rests_are_not_kept)
{
	int s = session_open();

	use(s, 3 * PAGE);
	EXPECT_EQ(pool_of(s), 0);
	use(s, HUGE + 5 * PAGE);
	EXPECT_EQ(pool_of(s), HUGE);
	use(s, HUGE + 8 * PAGE);
	EXPECT_EQ(pool_of(s), HUGE + 8 * PAGE);
}

TEST(a_pool_is_its_sessions_alone)
{
	int mine = session_open(), other = session_open();
	struct buf b;

	use(mine, 4 * HUGE);
	b = buf_get(other, 4 * HUGE);
	EXPECT_EQ(pool_of(mine), 4 * HUGE);
	EXPECT_EQ(pool_of(other), 0);
	buf_drop(&b);
	EXPECT_EQ(pool_of(other), 4 * HUGE);
}

/* In bytes; what the module was loaded with. */
static uint64_t most_of_a_session(void)
{
	char text[32] = "", *end = text;
	unsigned long long bytes = 128ull << 20;
	FILE *f = fopen(POOL_PARAMETER, "r");

	ASSERT_TRUE(f != NULL);
	if (fgets(text, sizeof(text), f) && text[0] >= '0' && text[0] <= '9') {
		bytes = strtoull(text, &end, 0);
		bytes <<= *end == 'G' ? 30 : *end == 'M' ? 20 : *end == 'K' ? 10 : 0;
	}
	fclose(f);
	return bytes;
}

/* Many sessions together keep no more than a quarter of the limit. */
TEST_TIMEOUT(pools_are_bounded, 300)
{
	uint64_t limit = session_pressure(session_open()).out_limit_global;
	uint64_t most = most_of_a_session(), all = 0, bytes;
	int sessions[6], i, j;
	struct buf b[2];

	for (i = 0; i < 6; i++)
		sessions[i] = session_open();
	for (i = 0; i < 6; i++) {
		for (j = 0; j < 2; j++)
			b[j] = buf_get(sessions[i], limit / 6 & ~(HUGE - 1));
		for (j = 0; j < 2; j++)
			buf_drop(&b[j]);
		bytes = pool_of(sessions[i]);
		EXPECT_LE(bytes, most);
		all += bytes;
		EXPECT_LE(all, limit / 4);
	}
	ktap_note("%llu MiB in pools, limit %llu MiB", (unsigned long long)all >> 20,
		  (unsigned long long)limit >> 20);
	EXPECT_GE(all + 2 * HUGE, most < limit / 4 ? most : limit / 4);
}

static void seal(int session)
{
	struct ward_seal cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(session, WARD_SEAL, &cmd), 0);
}

TEST(a_seal_empties_it_for_good)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);

	use(s, 4 * HUGE);
	EXPECT_EQ(pool_of(s), 4 * HUGE);
	seal(s);
	EXPECT_EQ(pool_of(s), 0);
	buf_drop(&b);
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_EQ(pool_of(s), 0);
}

static void drop_caches(void)
{
	int fd = open(DROP_CACHES, O_WRONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, "2", 1), 1);
	close(fd);
}

/* The kernel asks every shrinker; a pool that is in use is passed by. */
TEST(reclaim_empties_it)
{
	int s = session_open(), i;
	struct buf b;

	use(s, 8 * HUGE);
	use(s, 4 * PAGE);
	ASSERT_EQ(pool_of(s), 8 * HUGE + 4 * PAGE);
	for (i = 0; i < 100 && pool_of(s); i++)
		drop_caches();
	ktap_note("empty after %d times", i);
	EXPECT_EQ(pool_of(s), 0);
	b = buf_get(s, 8 * HUGE);
	EXPECT_TRUE(all_zero(b.p, b.length));
	buf_drop(&b);
	EXPECT_EQ(pool_of(s), 8 * HUGE);
}

/* After the pools come volatile buffers, and their memory is not kept either. */
TEST(reclaim_takes_volatile_buffers)
{
	struct ward_buf_volatile cmd = { .size = sizeof(cmd) };
	int s = session_open(), i;
	struct buf kept = buf_get(s, HUGE), b = buf_get(s, 2 * HUGE);

	kept.p[5] = 5;
	ASSERT_EQ(ward_call(b.fd, WARD_BUF_VOLATILE, &cmd), 0);
	for (i = 0; i < 100 && !buf_info(b.fd).out_end; i++)
		drop_caches();
	EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_PURGE);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(buf_info(kept.fd).out_end, 0);
	EXPECT_EQ(kept.p[5], 5);
	EXPECT_EQ(session_info(s).out_live, HUGE);
	for (i = 0; i < 100 && pool_of(s); i++)
		drop_caches();
	EXPECT_EQ(pool_of(s), 0);
}

/* Reclaim and buffers that come and go at the same chunks. */
static void reclaim_all_the_time(int sock)
{
	struct timespec nap = { .tv_nsec = 1000000 };

	(void)sock;
	for (;;) {
		drop_caches();
		nanosleep(&nap, NULL);
	}
}

TEST_TIMEOUT(reclaim_does_not_disturb_buffers, 300)
{
	struct peer peer = peer_start(reclaim_all_the_time);
	int s = session_open(), i;
	struct buf b;

	for (i = 0; i < 60; i++) {
		b = buf_get(s, 2 * HUGE + 4 * PAGE);
		ASSERT_TRUE(all_zero(b.p, b.length));
		fill_words(b.p, b.length, i + 1);
		ASSERT_TRUE(has_words(b.p, b.length, i + 1));
		buf_drop(&b);
	}
	peer_kill(&peer);
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_LE(pool_of(s), 2 * HUGE + 4 * PAGE);
}

/* Memory of a worker that dies goes to the kernel, though the session lives. */
static int held;

static void die_with_a_buffer(int sock)
{
	struct buf b = buf_get(held, 2 * HUGE);

	fill_words(b.p, b.length, 11);
	say(sock);
	pause();
}

TEST(what_the_dead_leave_is_not_kept)
{
	struct peer peer;

	held = session_open();
	peer = peer_start(die_with_a_buffer);
	hear(peer.sock);
	EXPECT_EQ(session_info(held).out_live, 2 * HUGE);
	peer_kill(&peer);
	EXPECT_EQ(session_info(held).out_live, 0);
	EXPECT_EQ(pool_of(held), 0);
}

KTAP_MAIN()
