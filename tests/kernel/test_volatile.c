// SPDX-License-Identifier: MIT
/*
 * Volatile buffers: they go when room is needed, oldest first, whole and
 * zeroed; what was held stays; and nobody is told that contents survived that
 * did not.
 */
#include <pthread.h>
#include <sys/stat.h>

#include "ward_test.h"

static int be_volatile(int fd)
{
	struct ward_buf_volatile cmd = { .size = sizeof(cmd) };

	return ward_call(fd, WARD_BUF_VOLATILE, &cmd);
}

/* 1 = survived, 0 = purged, or -errno. */
static int hold(int fd)
{
	struct ward_buf_hold cmd = { .size = sizeof(cmd), .out_survived = 7 };
	int ret = ward_call(fd, WARD_BUF_HOLD, &cmd);

	return ret ? ret : (int)cmd.out_survived;
}

static int limit_to(int s, uint64_t bytes)
{
	struct ward_watch cmd = { .size = sizeof(cmd), .limit = bytes };

	return ward_call(s, WARD_WATCH, &cmd);
}

TEST(nothing_happens_while_there_is_room)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE + PAGE);

	fill_words(b.p, b.length, 5);
	EXPECT_EQ(be_volatile(b.fd), 0);
	EXPECT_TRUE(buf_info(b.fd).out_state & WARD_BUF_IS_VOLATILE);
	EXPECT_EQ(session_pressure(s).out_volatile, b.length);
	EXPECT_EQ(session_info(s).out_live, b.length);
	EXPECT_EQ(be_volatile(b.fd), 0);
	EXPECT_EQ(session_pressure(s).out_volatile, b.length);
	EXPECT_TRUE(has_words(b.p, b.length, 5));
	EXPECT_EQ(hold(b.fd), 1);
	EXPECT_EQ(hold(b.fd), 1);
	EXPECT_EQ(buf_info(b.fd).out_state & WARD_BUF_IS_VOLATILE, 0);
	EXPECT_EQ(session_pressure(s).out_volatile, 0);
	EXPECT_TRUE(has_words(b.p, b.length, 5));
}

TEST(the_oldest_go_first_when_a_limit_is_met)
{
	int s = session_open(), i;
	struct buf b[4], more;

	ASSERT_EQ(limit_to(s, 4 * HUGE), 0);
	for (i = 0; i < 4; i++) {
		b[i] = buf_get(s, HUGE);
		fill_words(b[i].p, HUGE, 10 + i);
	}
	EXPECT_EQ(be_volatile(b[2].fd), 0);
	EXPECT_EQ(be_volatile(b[1].fd), 0);
	EXPECT_EQ(be_volatile(b[0].fd), 0);
	/* The youngest again: 1, 0, 2. */
	EXPECT_EQ(be_volatile(b[2].fd), 0);
	more = buf_get(s, HUGE);
	EXPECT_EQ(buf_info(b[1].fd).out_end, WARD_END_PURGE);
	EXPECT_EQ(touch(b[1].p, false), SIGBUS);
	EXPECT_EQ(hold(b[1].fd), 0);
	EXPECT_EQ(be_volatile(b[1].fd), -EOWNERDEAD);
	EXPECT_EQ(hold(b[0].fd), 1);
	EXPECT_TRUE(has_words(b[0].p, HUGE, 10));
	EXPECT_EQ(hold(b[2].fd), 1);
	EXPECT_TRUE(has_words(b[2].p, HUGE, 12));
	EXPECT_EQ(buf_alloc(s, HUGE), -EDQUOT);
	EXPECT_EQ(session_info(s).out_live, 4 * HUGE);
	EXPECT_TRUE(all_zero(more.p, HUGE));
}

TEST(one_that_is_larger_takes_several)
{
	int s = session_open(), i;
	struct buf b[4];

	ASSERT_EQ(limit_to(s, 4 * HUGE), 0);
	for (i = 0; i < 4; i++) {
		b[i] = buf_get(s, HUGE);
		EXPECT_EQ(be_volatile(b[i].fd), 0);
	}
	b[3].fd = dup(b[3].fd);
	ASSERT_GE(buf_alloc(s, 3 * HUGE), 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(hold(b[i].fd), 0);
	EXPECT_EQ(hold(b[3].fd), 1);
	EXPECT_EQ(session_pressure(s).out_volatile, 0);
}

TEST(what_could_never_fit_costs_no_cache)
{
	int s = session_open();
	struct buf b;

	ASSERT_EQ(limit_to(s, 2 * HUGE), 0);
	b = buf_get(s, HUGE);
	EXPECT_EQ(be_volatile(b.fd), 0);
	EXPECT_EQ(buf_alloc(s, 4 * HUGE), -EDQUOT);
	EXPECT_EQ(hold(b.fd), 1);
}

TEST(neighbours_are_spared_by_a_sessions_own_limit)
{
	int s = session_open(), t = session_open();
	struct buf mine = buf_get(s, HUGE), theirs = buf_get(t, HUGE);

	EXPECT_EQ(be_volatile(theirs.fd), 0);
	ASSERT_EQ(limit_to(s, HUGE), 0);
	EXPECT_EQ(buf_alloc(s, HUGE), -EDQUOT);
	EXPECT_EQ(hold(theirs.fd), 1);
	EXPECT_EQ(buf_info(mine.fd).out_end, 0);
}

TEST(other_ends_are_not_called_a_purge)
{
	int s = session_open();
	struct buf b = buf_get(s, PAGE);

	EXPECT_EQ(be_volatile(b.fd), 0);
	EXPECT_EQ(buf_wipe(b.fd), PAGE);
	EXPECT_EQ(hold(b.fd), -EOWNERDEAD);
	EXPECT_EQ(session_pressure(s).out_volatile, 0);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(pinned_memory_is_not_volatile)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int s = session_open(), fd;

	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	fd = buf_pin(s, p, PAGE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(be_volatile(fd), -EOPNOTSUPP);
	EXPECT_EQ(hold(fd), -EOPNOTSUPP);
}

/* ---- lazy ones ------------------------------------------------------------------- */

/* Records of the session's, or the test ends. */
static struct ward_event last_event(int s)
{
	struct ward_event ev = { 0 };
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)&ev, .count = 0,
	};

	ward_call(s, WARD_EVENTS, &cmd);
	cmd.from_seq = cmd.out_last_seq;
	cmd.count = 1;
	ASSERT_EQ(ward_call(s, WARD_EVENTS, &cmd), 0);
	return ev;
}

/* Charged whole, so counted whole, whatever memory there is behind it. */
TEST(lazy_ones_count_whole)
{
	int s = session_open();
	struct buf b = buf_get_with(s, 4 * HUGE, WARD_BUF_LAZY);

	EXPECT_EQ(be_volatile(b.fd), 0);
	EXPECT_EQ(session_pressure(s).out_volatile, 4 * HUGE);
	EXPECT_EQ(session_info(s).out_live, 4 * HUGE);
	/* Memory that comes while it is volatile changes nothing. */
	EXPECT_EQ(touch(b.p, true), 0);
	EXPECT_EQ(buf_info(b.fd).out_present, HUGE);
	EXPECT_EQ(session_pressure(s).out_volatile, 4 * HUGE);
	EXPECT_EQ(hold(b.fd), 1);
	EXPECT_EQ(session_pressure(s).out_volatile, 0);
	EXPECT_EQ(touch(b.p + 2 * HUGE, true), 0);
	EXPECT_EQ(be_volatile(b.fd), 0);
	EXPECT_EQ(session_pressure(s).out_volatile, 4 * HUGE);
	/* Its end by the worker itself: all of it, not what was there. */
	EXPECT_EQ(buf_wipe(b.fd), 4 * HUGE);
	EXPECT_EQ(last_event(s).bytes, 4 * HUGE);
	EXPECT_EQ(session_pressure(s).out_volatile, 0);
	EXPECT_EQ(session_info(s).out_live, 0);
}

/* The oldest is one that has no memory at all: it makes the room that it was charged. */
TEST(lazy_ones_are_purged_whole)
{
	int s = session_open();
	struct buf full, empty, more;
	struct ward_notice n[8];
	struct ward_event ev;
	ssize_t got;

	ASSERT_EQ(limit_to(s, 7 * HUGE), 0);
	empty = buf_get_with(s, 2 * HUGE, WARD_BUF_LAZY);
	full = buf_get_with(s, 4 * HUGE, WARD_BUF_LAZY);
	fill_words(full.p, HUGE, 3);
	EXPECT_EQ(be_volatile(empty.fd), 0);
	EXPECT_EQ(be_volatile(full.fd), 0);
	EXPECT_EQ(session_pressure(s).out_volatile, 6 * HUGE);
	more = buf_get(s, 3 * HUGE);
	EXPECT_EQ(buf_info(empty.fd).out_end, WARD_END_PURGE);
	EXPECT_EQ(touch(empty.p, false), SIGBUS);
	EXPECT_EQ(hold(empty.fd), 0);
	EXPECT_EQ(session_pressure(s).out_volatile, 4 * HUGE);
	EXPECT_EQ(session_info(s).out_live, 7 * HUGE);
	/* Held, and then once more: only now it goes. */
	EXPECT_EQ(hold(full.fd), 1);
	EXPECT_EQ(buf_alloc(s, HUGE), -EDQUOT);
	EXPECT_TRUE(has_words(full.p, HUGE, 3));
	EXPECT_EQ(be_volatile(full.fd), 0);
	buf_drop(&more);
	more = buf_get(s, 4 * HUGE);
	EXPECT_EQ(hold(full.fd), 0);
	EXPECT_EQ(session_pressure(s).out_volatile, 0);
	EXPECT_EQ(session_info(s).out_live, 4 * HUGE);
	/* Told in order, and recorded with the bytes that were charged. */
	got = read(s, n, sizeof(n)) / (ssize_t)sizeof(n[0]);
	ASSERT_GE(got, 2);
	EXPECT_EQ(n[got - 1].id, buf_info(full.fd).out_id);
	ev = last_event(s);
	EXPECT_EQ(ev.type, WARD_EVENT_BUF_ALLOC);
	EXPECT_EQ(ev.bytes, 4 * HUGE);
}

/* ---- a working set of four times what the cgroup may have ---------------------- */

#define CGROUP	"/sys/fs/cgroup/ward_volatile"

enum { CHUNKS = 32, ROUNDS = 3 };	/* of 2 MiB; the cgroup has room for 8 */

/* Chunk @i again: what the cache kept, or a new buffer filled anew. */
static bool chunk_get(int s, struct buf *b, int i, unsigned int *kept)
{
	if (b->fd >= 0 && hold(b->fd) == 1) {
		++*kept;
		return has_words(b->p, HUGE, 100 + i);
	}
	if (b->fd >= 0)
		buf_drop(b);
	b->fd = buf_alloc(s, HUGE);
	if (b->fd < 0) {
		ktap_note("chunk %d: %d", i, b->fd);
		return false;
	}
	b->length = HUGE;
	b->p = buf_map(b->fd, HUGE);
	if (b->p == MAP_FAILED)
		return false;
	fill_words(b->p, HUGE, 100 + i);
	return true;
}

static void work_in_cgroup(int sock)
{
	struct buf b[CHUNKS];
	unsigned int kept = 0;
	int s, i, round;

	ASSERT_TRUE(write_to(CGROUP "/cgroup.procs", "0"));
	s = session_open();
	ASSERT_GE(s, 0);
	for (i = 0; i < CHUNKS; i++)
		b[i].fd = -1;
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < CHUNKS; i++) {
			/* Back and forth, so that the young ones are met again. */
			int at = round % 2 ? CHUNKS - 1 - i : i;

			ASSERT_TRUE(chunk_get(s, &b[at], at, &kept));
			ASSERT_EQ(be_volatile(b[at].fd), 0);
		}
	ASSERT_TRUE(kept > 0);
	say(sock);
}

TEST(working_set_of_four_times_memory_max)
{
	struct peer peer;
	int status;

	write_to("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP, 0755) || !write_to(CGROUP "/memory.max", "16777216") ||
	    !write_to(CGROUP "/memory.swap.max", "0"))
		SKIP("no memory controller of cgroup v2");
	peer = peer_start(work_in_cgroup);
	status = peer_wait(&peer);
	EXPECT_EQ(status, 0);
	rmdir(CGROUP);
}

/* ---- HOLD against purge ------------------------------------------------------------ */

static int race_session;
static volatile bool race_over;

static void *purger(void *unused)
{
	int fd;

	while (!race_over) {
		fd = buf_alloc(race_session, HUGE);
		if (fd >= 0)
			close(fd);
	}
	return unused;
}

TEST(held_contents_are_whole_while_others_purge)
{
	unsigned int kept = 0, lost = 0;
	pthread_t thread;
	int i;

	race_session = session_open();
	ASSERT_EQ(limit_to(race_session, HUGE + PAGE), 0);
	race_over = false;
	ASSERT_EQ(pthread_create(&thread, NULL, purger, NULL), 0);
	for (i = 0; i < 100000 && kept + lost < 300; i++) {
		int fd = buf_alloc(race_session, 2 * PAGE), got;
		unsigned char *p = fd < 0 ? MAP_FAILED : buf_map(fd, 2 * PAGE);

		if (fd < 0)
			continue;
		ASSERT_TRUE(p != MAP_FAILED);
		fill_words(p, 2 * PAGE, 70 + i);
		ASSERT_EQ(be_volatile(fd), 0);
		got = hold(fd);
		ASSERT_TRUE(got == 0 || got == 1);
		if (got)
			ASSERT_TRUE(has_words(p, 2 * PAGE, 70 + i));
		else
			ASSERT_EQ(touch(p, false), SIGBUS);
		got ? kept++ : lost++;
		munmap(p, 2 * PAGE);
		close(fd);
	}
	race_over = true;
	pthread_join(thread, NULL);
	ktap_note("kept %u, lost %u", kept, lost);
	EXPECT_EQ(session_info(race_session).out_live, 0);
	EXPECT_EQ(session_pressure(race_session).out_volatile, 0);
}

KTAP_MAIN()
