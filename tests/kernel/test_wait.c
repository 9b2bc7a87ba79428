// SPDX-License-Identifier: MIT
/*
 * Allocations that wait for room: who is served, in which order, until when,
 * and that every grant is one charge, whatever becomes of who waited.
 */
#include "wait_test.h"

/* ---- what is decided at once -------------------------------------------------------- */

TEST(room_is_given_at_once)
{
	int s = session_open();
	int fd = alloc(s, 4, WARD_BUF_WAIT, 0);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(session_info(s).out_live, 4 * PAGE);
	/* A deadline that is over is no obstacle where there is room. */
	EXPECT_GE(alloc(s, 4, WARD_BUF_WAIT, 1), 0);
	EXPECT_EQ(session_pressure(s).out_waiting, 0);
}

TEST(what_can_never_be_is_refused)
{
	int fd, s = full_session(10, &fd);

	EXPECT_EQ(alloc(s, 11, WARD_BUF_WAIT, 0), -EDQUOT);
	EXPECT_EQ(alloc(s, 1ull << 50, WARD_BUF_WAIT, 0), -EDQUOT);
	EXPECT_EQ(session_pressure(s).out_failed, 2);
}

TEST(bad_terms)
{
	int fd, s = full_session(10, &fd);
	uint64_t later = now_boot() + WARD_WAIT_MAX_NS + 5 * SECOND;

	EXPECT_EQ(alloc(s, 1, WARD_BUF_WAIT, later), -EINVAL);
	EXPECT_EQ(alloc(s, 1, WARD_BUF_WAIT, ~0ull), -EINVAL);
	EXPECT_EQ(alloc(s, 1, 0, now_boot() + SECOND), -EINVAL);
	EXPECT_EQ(alloc(s, 1, WARD_BUF_PSI, 0), -EINVAL);
	EXPECT_EQ(session_pressure(s).out_failed, 0);
	EXPECT_EQ(session_pressure(s).out_waiting, 0);
}

TEST(deadline_that_is_over)
{
	int fd, s = full_session(10, &fd);

	EXPECT_EQ(alloc(s, 1, WARD_BUF_WAIT, 1), -ETIME);
	EXPECT_EQ(session_pressure(s).out_failed, 1);
}

TEST(deadline)
{
	int fd, s = full_session(10, &fd);
	uint64_t until = now_boot() + 300 * MS;

	EXPECT_EQ(alloc(s, 1, WARD_BUF_WAIT, until), -ETIME);
	EXPECT_GE(now_boot(), until);
	EXPECT_EQ(session_pressure(s).out_waiting, 0);
	EXPECT_EQ(session_info(s).out_live, 10 * PAGE);
	EXPECT_EQ(session_pressure(s).out_failed, 1);
}

/* ---- granting ------------------------------------------------------------------------- */

TEST(granted_when_room_comes)
{
	int fd, s = full_session(10, &fd);
	struct waiter w = { .flags = WARD_BUF_PSI };

	start(&w, s, 7);
	EXPECT_EQ(session_info(s).out_live, 10 * PAGE);
	close(fd);
	EXPECT_GE(finish(&w), 0);
	EXPECT_EQ(session_info(s).out_live, 7 * PAGE);
	EXPECT_EQ(session_pressure(s).out_failed, 0);
	close(w.ret);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(in_order_within_a_session)
{
	int s = session_open(), fds[2];
	struct waiter first = { 0 }, second = { 0 };

	ASSERT_EQ(watch(s, 10 * PAGE), 0);
	fds[0] = buf_alloc(s, 3 * PAGE);
	fds[1] = buf_alloc(s, 7 * PAGE);
	ASSERT_GE(fds[1], 0);
	start(&first, s, 6);
	start(&second, s, 2);
	close(fds[0]);
	nap(200 * MS);
	/* Room for the second, which has to wait for the first. */
	EXPECT_FALSE(is_done(&second));
	EXPECT_EQ(session_pressure(s).out_waiting, 2);
	/* Who does not wait may take it. */
	fds[0] = buf_alloc(s, PAGE);
	EXPECT_GE(fds[0], 0);
	close(fds[1]);
	EXPECT_GE(finish(&first), 0);
	EXPECT_GE(finish(&second), 0);
	EXPECT_EQ(session_info(s).out_live, 9 * PAGE);
}

TEST(own_limit_is_no_obstacle_to_others)
{
	int fd, s = full_session(10, &fd), other = session_open(), theirs;
	struct waiter w = { 0 };

	start(&w, s, 5);
	theirs = alloc(other, 4, WARD_BUF_WAIT, now_boot() + 50 * SECOND);
	EXPECT_GE(theirs, 0);
	EXPECT_FALSE(is_done(&w));
	close(fd);
	EXPECT_GE(finish(&w), 0);
}

/* The one in front gives up: those behind it must not sit there for ever. */
TEST(leaving_makes_way)
{
	int s = session_open(), fds[2];
	struct waiter first = { .deadline = now_boot() + 5 * SECOND }, second = { 0 };

	ASSERT_EQ(watch(s, 10 * PAGE), 0);
	fds[0] = buf_alloc(s, 3 * PAGE);
	fds[1] = buf_alloc(s, 7 * PAGE);
	ASSERT_GE(fds[1], 0);
	start(&first, s, 6);
	start(&second, s, 2);
	close(fds[0]);
	EXPECT_GE(finish(&second), 0);
	EXPECT_EQ(finish(&first), -ETIME);
	EXPECT_EQ(session_info(s).out_live, 9 * PAGE);
}

/* ---- limits that move ----------------------------------------------------------------------- */

static int set_limit(uint16_t attr, uint64_t bytes)
{
	struct wire *w = wire_open();
	int ret = tell(w, WARD_GENL_CMD_LIMIT_SET, attr, &bytes, sizeof(bytes));

	close(w->fd);
	free(w);
	return ret;
}

TEST(raised_limit_wakes)
{
	int s = session_open(), fd;
	struct waiter w = { 0 };

	ASSERT_EQ(set_limit(WARD_A_LIMIT_SESSION, 10 * PAGE), 0);
	fd = buf_alloc(s, 8 * PAGE);
	ASSERT_GE(fd, 0);
	start(&w, s, 9);
	EXPECT_EQ(set_limit(WARD_A_LIMIT_SESSION, 16 * PAGE), 0);
	nap(100 * MS);
	EXPECT_FALSE(is_done(&w));
	EXPECT_EQ(set_limit(WARD_A_LIMIT_SESSION, 17 * PAGE), 0);
	EXPECT_GE(finish(&w), 0);
	EXPECT_EQ(set_limit(WARD_A_LIMIT_SESSION, ~0ull), 0);
}

TEST(shrunk_limit_ends_what_can_never_be)
{
	int fd, s = full_session(10, &fd);
	struct waiter w = { 0 };

	start(&w, s, 8);
	ASSERT_EQ(watch(s, 7 * PAGE), 0);
	EXPECT_EQ(finish(&w), -EDQUOT);
	EXPECT_EQ(session_info(s).out_live, 10 * PAGE);
}

/* The machine has no room: what comes later waits behind, whoever it is. */
TEST(machine_full_keeps_the_order)
{
	uint64_t limit = session_pressure(session_open()).out_limit_global;
	int a = session_open(), b = session_open(), c = session_open(), fds[2];
	struct waiter big = { 0 }, small = { 0 };
	uint64_t held;

	fds[0] = buf_alloc(a, 3 * PAGE);
	fds[1] = buf_alloc(a, 7 * PAGE);
	ASSERT_GE(fds[1], 0);
	held = session_pressure(a).out_live_global;
	ASSERT_EQ(set_limit(WARD_A_LIMIT, held), 0);
	start(&big, a, 6);
	start(&small, b, 2);
	close(fds[0]);
	nap(200 * MS);
	EXPECT_FALSE(is_done(&small));
	/* There is room for it, and others come first. */
	EXPECT_EQ(alloc(b, 1, WARD_BUF_WAIT, 1), -ETIME);
	/* What can never be is told at once, not when its turn would come. */
	ASSERT_EQ(watch(c, 3 * PAGE), 0);
	EXPECT_EQ(alloc(c, 4, WARD_BUF_WAIT, now_boot() + 50 * SECOND), -EDQUOT);
	close(fds[1]);
	EXPECT_GE(finish(&big), 0);
	EXPECT_GE(finish(&small), 0);
	EXPECT_EQ(set_limit(WARD_A_LIMIT, limit), 0);
}

/* ---- volatile buffers, stalls, many ---------------------------------------------------------------- */

TEST(own_volatile_buffers_go_first)
{
	int fd, s = full_session(10, &fd), got;
	struct ward_buf_volatile cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(fd, WARD_BUF_VOLATILE, &cmd), 0);
	got = alloc(s, 5, WARD_BUF_WAIT, now_boot() + 50 * SECOND);
	EXPECT_GE(got, 0);
	EXPECT_EQ(buf_info(fd).out_end, WARD_END_PURGE);
	EXPECT_EQ(session_pressure(s).out_failed, 0);
}

TEST(stalled_time_is_counted)
{
	int fd, s = full_session(10, &fd);
	struct ward_pressure before = session_pressure(s), after;
	uint64_t from = now_boot(), spent;

	EXPECT_EQ(alloc(s, 1, WARD_BUF_WAIT, from + 3 * SECOND), -ETIME);
	spent = (now_boot() - from) / 1000;
	after = session_pressure(s);
	EXPECT_GE(after.out_some.total_us - before.out_some.total_us, 2900000);
	EXPECT_LE(after.out_some.total_us - before.out_some.total_us, spent);
	/* It is the only session that holds memory. */
	EXPECT_GE(after.out_full.total_us - before.out_full.total_us, 2900000);
	EXPECT_GE(after.out_some.avg10, 100);
	EXPECT_LE(after.out_some.avg10, 10000);
	EXPECT_GE(after.out_some.avg10, after.out_some.avg60);
	EXPECT_EQ(after.out_some.reserved, 0);
}

TEST(full_needs_everybody_to_wait)
{
	int fd, s = full_session(10, &fd), other = session_open();
	int theirs = buf_alloc(other, PAGE);
	struct ward_pressure before = session_pressure(s), after;

	ASSERT_GE(theirs, 0);
	EXPECT_EQ(alloc(s, 1, WARD_BUF_WAIT, now_boot() + 300 * MS), -ETIME);
	after = session_pressure(s);
	EXPECT_GE(after.out_some.total_us - before.out_some.total_us, 290000);
	EXPECT_EQ(after.out_full.total_us, before.out_full.total_us);
}

enum { CROWD = 6, TURNS = 60, CROWD_PAGES = 10 };

static void *take_turns(void *arg)
{
	int s = *(int *)arg, i, fd;

	for (i = 0; i < TURNS; i++) {
		fd = alloc(s, 1 + i % CROWD_PAGES, WARD_BUF_WAIT, 0);
		if (fd < 0)
			return (void *)(intptr_t)fd;
		close(fd);
	}
	return NULL;
}

/* More want room than there is, and all of them get it in the end. */
TEST(crowd)
{
	int s = session_open(), i;
	pthread_t threads[CROWD];
	struct ward_pressure p;
	void *ret;

	ASSERT_EQ(watch(s, CROWD_PAGES * PAGE), 0);
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, take_turns, &s), 0);
	for (i = 0; i < CROWD; i++) {
		ASSERT_EQ(pthread_join(threads[i], &ret), 0);
		EXPECT_EQ((intptr_t)ret, 0);
	}
	p = session_pressure(s);
	EXPECT_EQ(p.out_live, 0);
	EXPECT_EQ(p.out_waiting, 0);
	EXPECT_LE(p.out_peak, CROWD_PAGES * PAGE);
	EXPECT_EQ(p.out_failed, 0);
}

KTAP_MAIN()
