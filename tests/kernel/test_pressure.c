// SPDX-License-Identifier: MIT
/*
 * Limits exact to the byte, levels with their hysteresis, and what poll() and
 * read() tell of them.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>

#include "ward_test.h"

static int watch(int s, uint64_t threshold, uint64_t limit)
{
	struct ward_watch cmd = {
		.size = sizeof(cmd), .threshold = threshold, .limit = limit,
	};

	return ward_call(s, WARD_WATCH, &cmd);
}

/* Both ways to ask agree. */
static bool readable(int s)
{
	struct pollfd p = { .fd = s, .events = POLLIN | POLLPRI };

	ASSERT_GE(poll(&p, 1, 0), 0);
	EXPECT_EQ(!!(p.revents & POLLIN), !!(p.revents & POLLPRI));
	return p.revents & POLLIN;
}

static struct ward_notice take(int s)
{
	struct ward_notice n = { 0 };

	ASSERT_EQ(read(s, &n, sizeof(n)), sizeof(n));
	EXPECT_EQ(n.size, sizeof(n));
	EXPECT_TRUE(n.time_ns != 0);
	EXPECT_EQ(n.kind, WARD_NOTICE_LEVEL);
	EXPECT_EQ(n.reserved, 0);
	EXPECT_EQ(n.id, 0);
	return n;
}

/* A stack of one-page buffers, so that any number of pages can be held. */
struct pages {
	int s;
	int n;
	int fds[256];
};

static void hold(struct pages *p, int n)
{
	while (p->n > n)
		close(p->fds[--p->n]);
	while (p->n < n) {
		p->fds[p->n] = buf_alloc(p->s, PAGE);
		ASSERT_GE(p->fds[p->n], 0);
		p->n++;
	}
}

static uint32_t level(const struct pages *p)
{
	return session_pressure(p->s).out_level;
}

TEST(figures)
{
	int s = session_open();
	struct ward_pressure before = session_pressure(s), p;
	struct buf b = buf_get(s, HUGE);

	p = session_pressure(s);
	EXPECT_EQ(p.out_live, HUGE);
	EXPECT_EQ(p.out_peak, HUGE);
	EXPECT_EQ(p.out_live_global, before.out_live_global + HUGE);
	EXPECT_TRUE(p.out_limit_global > 0 && p.out_limit_global % PAGE == 0);
	buf_drop(&b);
	p = session_pressure(s);
	EXPECT_EQ(p.out_live, 0);
	EXPECT_EQ(p.out_peak, HUGE);
	EXPECT_EQ(p.out_live_global, before.out_live_global);
	EXPECT_EQ(p.out_failed, 0);
}

TEST(limit_is_exact)
{
	int s = session_open(), fd;

	ASSERT_EQ(watch(s, 0, 10 * PAGE), 0);
	EXPECT_EQ(session_info(s).out_limit, 10 * PAGE);
	EXPECT_EQ(buf_alloc(s, 11 * PAGE), -EDQUOT);
	fd = buf_alloc(s, 10 * PAGE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(buf_alloc(s, PAGE), -EDQUOT);
	close(fd);
	fd = buf_alloc(s, 9 * PAGE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(buf_alloc(s, 2 * PAGE), -EDQUOT);
	EXPECT_GE(buf_alloc(s, PAGE), 0);
	EXPECT_EQ(session_pressure(s).out_failed, 3);
	EXPECT_EQ(session_pressure(s).out_peak, 10 * PAGE);
}

TEST(limit_of_odd_bytes)
{
	int s = session_open();

	ASSERT_EQ(watch(s, 0, 3 * PAGE - 1), 0);
	EXPECT_EQ(buf_alloc(s, 3 * PAGE), -EDQUOT);
	EXPECT_GE(buf_alloc(s, 2 * PAGE), 0);
	EXPECT_EQ(buf_alloc(s, PAGE), -EDQUOT);
}

TEST(limit_only_shrinks)
{
	int s = session_open();

	ASSERT_EQ(watch(s, 0, 10 * PAGE), 0);
	EXPECT_EQ(watch(s, 0, 10 * PAGE + 1), -EINVAL);
	EXPECT_EQ(watch(s, 0, ~0ull), -EINVAL);
	EXPECT_EQ(watch(s, 0, 0), 0);
	EXPECT_EQ(session_info(s).out_limit, 10 * PAGE);
	EXPECT_EQ(watch(s, 0, 5 * PAGE), 0);
	EXPECT_EQ(buf_alloc(s, 6 * PAGE), -EDQUOT);
}

TEST(limit_below_what_is_held)
{
	int s = session_open();
	int fd = buf_alloc(s, 10 * PAGE);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(watch(s, 0, 5 * PAGE), 0);
	EXPECT_EQ(buf_alloc(s, PAGE), -EDQUOT);
	EXPECT_EQ(session_info(s).out_live, 10 * PAGE);
	close(fd);
	EXPECT_GE(buf_alloc(s, 5 * PAGE), 0);
}

TEST(limit_counts_both_classes)
{
	int s = session_open(), fd;
	void *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(madvise(p, 4 * PAGE, MADV_DONTFORK), 0);
	ASSERT_EQ(watch(s, 0, 6 * PAGE), 0);
	fd = buf_pin(s, p, 4 * PAGE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(buf_alloc(s, 3 * PAGE), -EDQUOT);
	EXPECT_GE(buf_alloc(s, 2 * PAGE), 0);
	EXPECT_EQ(session_pressure(s).out_live, 6 * PAGE);
	close(fd);
	EXPECT_GE(buf_alloc(s, 4 * PAGE), 0);
}

TEST(levels_of_a_limit)
{
	static const struct {
		int pages;
		uint32_t level;
	} steps[] = {
		{ 74, WARD_LEVEL_LOW }, { 75, WARD_LEVEL_MEDIUM },
		{ 70, WARD_LEVEL_MEDIUM }, { 89, WARD_LEVEL_MEDIUM },
		{ 90, WARD_LEVEL_CRITICAL }, { 100, WARD_LEVEL_CRITICAL },
		{ 85, WARD_LEVEL_CRITICAL }, { 84, WARD_LEVEL_MEDIUM },
		{ 89, WARD_LEVEL_MEDIUM }, { 70, WARD_LEVEL_MEDIUM },
		{ 69, WARD_LEVEL_LOW }, { 74, WARD_LEVEL_LOW },
	};
	struct pages p = { .s = session_open() };
	unsigned int i;

	ASSERT_EQ(watch(p.s, 0, 100 * PAGE), 0);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		hold(&p, steps[i].pages);
		EXPECT_EQ(level(&p), steps[i].level);
	}
	EXPECT_EQ(session_pressure(p.s).out_seq, 4);
}

TEST(threshold_takes_the_place_of_medium)
{
	struct pages p = { .s = session_open() };

	ASSERT_EQ(watch(p.s, 16 * PAGE, 0), 0);
	hold(&p, 15);
	EXPECT_EQ(level(&p), WARD_LEVEL_LOW);
	EXPECT_FALSE(readable(p.s));
	hold(&p, 16);
	EXPECT_EQ(level(&p), WARD_LEVEL_MEDIUM);
	hold(&p, 15);
	EXPECT_EQ(level(&p), WARD_LEVEL_MEDIUM);
	hold(&p, 14);
	EXPECT_EQ(level(&p), WARD_LEVEL_LOW);
	hold(&p, 15);
	EXPECT_EQ(level(&p), WARD_LEVEL_LOW);
	ASSERT_EQ(watch(p.s, 0, 0), 0);
	hold(&p, 40);
	EXPECT_EQ(level(&p), WARD_LEVEL_LOW);
}

TEST(one_notice_for_each_crossing)
{
	struct pages p = { .s = session_open() };
	struct ward_notice up, down;
	char shorter[sizeof(up) - 1];

	ASSERT_EQ(fcntl(p.s, F_SETFL, O_NONBLOCK), 0);
	ASSERT_EQ(watch(p.s, 16 * PAGE, 0), 0);
	EXPECT_ERRNO(read(p.s, &up, sizeof(up)), EAGAIN);
	hold(&p, 20);
	EXPECT_TRUE(readable(p.s));
	EXPECT_ERRNO(read(p.s, shorter, sizeof(shorter)), EINVAL);
	EXPECT_TRUE(readable(p.s));
	up = take(p.s);
	EXPECT_EQ(up.level, WARD_LEVEL_MEDIUM);
	EXPECT_EQ(up.live, 16 * PAGE);
	EXPECT_FALSE(readable(p.s));
	hold(&p, 30);
	EXPECT_FALSE(readable(p.s));
	hold(&p, 2);
	EXPECT_TRUE(readable(p.s));
	down = take(p.s);
	EXPECT_EQ(down.level, WARD_LEVEL_LOW);
	EXPECT_EQ(down.live, 14 * PAGE);
	EXPECT_EQ(down.seq, up.seq + 1);
	EXPECT_GE(down.time_ns, up.time_ns);
	EXPECT_ERRNO(read(p.s, &up, sizeof(up)), EAGAIN);
}

/* Crosses the threshold of 16 pages, up and down, @times times. */
static void swing(struct pages *p, int times)
{
	ASSERT_EQ(watch(p->s, 16 * PAGE, 0), 0);
	while (times--) {
		hold(p, 20);
		hold(p, 0);
	}
}

TEST(one_read_takes_all_that_fit)
{
	struct ward_notice n[8] = { { 0 } };
	struct pages p = { .s = session_open() };
	int i;

	swing(&p, 3);
	EXPECT_EQ(read(p.s, n, 4 * sizeof(n[0]) + 1), 4 * sizeof(n[0]));
	EXPECT_TRUE(readable(p.s));
	EXPECT_EQ(read(p.s, n + 4, 4 * sizeof(n[0])), 2 * sizeof(n[0]));
	EXPECT_FALSE(readable(p.s));
	for (i = 0; i < 6; i++) {
		EXPECT_EQ(n[i].seq, i + 1);
		EXPECT_EQ(n[i].level, i % 2 ? WARD_LEVEL_LOW : WARD_LEVEL_MEDIUM);
		/* The level moves when one page has crossed the mark. */
		EXPECT_EQ(n[i].live, (i % 2 ? 14 : 16) * PAGE);
	}
}

TEST(lost_notices_show_in_the_sequence)
{
	struct ward_notice n[64] = { { 0 } };
	struct pages p = { .s = session_open() };

	swing(&p, 20);
	EXPECT_EQ(read(p.s, n, sizeof(n)), 32 * sizeof(n[0]));
	EXPECT_EQ(n[0].seq, 9);
	EXPECT_EQ(n[31].seq, 40);
	EXPECT_FALSE(readable(p.s));
	EXPECT_EQ(session_pressure(p.s).out_seq, 40);
}

/* A notice is not lost on a reader that gave a bad address. */
TEST(fault_while_reading_loses_nothing)
{
	struct ward_notice n[4], *gone = mmap(NULL, PAGE, PROT_NONE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pages p = { .s = session_open() };

	swing(&p, 1);
	EXPECT_ERRNO(read(p.s, gone, sizeof(n)), EFAULT);
	EXPECT_TRUE(readable(p.s));
	EXPECT_EQ(read(p.s, n, sizeof(n)), 2 * sizeof(n[0]));
	EXPECT_EQ(n[0].seq, 1);
}

static void *read_one(void *s)
{
	static struct ward_notice n;

	n = take(*(int *)s);
	return &n;
}

TEST(blocked_reader_wakes)
{
	struct pages p = { .s = session_open() };
	struct timespec nap = { .tv_nsec = 100000000 };
	pthread_t thread;
	void *got;

	ASSERT_EQ(watch(p.s, 4 * PAGE, 0), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, read_one, &p.s), 0);
	nanosleep(&nap, NULL);
	hold(&p, 4);
	ASSERT_EQ(pthread_join(thread, &got), 0);
	EXPECT_EQ(((struct ward_notice *)got)->level, WARD_LEVEL_MEDIUM);
}

TEST(record_that_could_not_be_written_stays)
{
	void *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pages p = { .s = session_open() };

	ASSERT_EQ(watch(p.s, PAGE, 0), 0);
	hold(&p, 1);
	ASSERT_TRUE(readable(p.s));
	EXPECT_ERRNO(read(p.s, none, sizeof(struct ward_notice)), EFAULT);
	ASSERT_TRUE(readable(p.s));
	EXPECT_EQ(take(p.s).level, WARD_LEVEL_MEDIUM);
	EXPECT_FALSE(readable(p.s));
}

TEST(neighbour_sees_nothing_of_a_session_limit)
{
	struct pages p = { .s = session_open() };
	int other = session_open();

	ASSERT_EQ(watch(p.s, 0, 10 * PAGE), 0);
	hold(&p, 10);
	EXPECT_EQ(level(&p), WARD_LEVEL_CRITICAL);
	EXPECT_EQ(session_pressure(other).out_level, WARD_LEVEL_LOW);
	EXPECT_FALSE(readable(other));
}

/* ---- many threads at one limit --------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 400, LIMIT_PAGES = 24 };

static void *grab_and_drop(void *arg)
{
	int s = *(int *)arg, i, fd, got = 0;

	for (i = 0; i < ROUNDS; i++) {
		fd = buf_alloc(s, (1 + i % 13) * PAGE);
		if (fd >= 0) {
			got++;
			close(fd);
		} else if (fd != -EDQUOT) {
			return NULL;
		}
	}
	return (void *)(intptr_t)got;
}

TEST(races_at_the_limit_stay_within_it)
{
	int s = session_open(), i;
	struct ward_pressure p;
	pthread_t threads[THREADS];
	void *got;

	ASSERT_EQ(watch(s, 0, LIMIT_PAGES * PAGE), 0);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, grab_and_drop, &s), 0);
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(pthread_join(threads[i], &got), 0);
		EXPECT_TRUE(got != NULL);
	}
	p = session_pressure(s);
	EXPECT_EQ(p.out_live, 0);
	EXPECT_LE(p.out_peak, LIMIT_PAGES * PAGE);
	EXPECT_GE(buf_alloc(s, LIMIT_PAGES * PAGE), 0);
}

KTAP_MAIN()
