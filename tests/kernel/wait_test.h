/* SPDX-License-Identifier: MIT */
/*
 * What the tests of waiting share: a session that is full, and threads that
 * wait for room in it.
 */
#ifndef WAIT_TEST_H
#define WAIT_TEST_H

#include <pthread.h>

#include "wire.h"

#define MS	1000000ull
#define SECOND	(1000 * MS)

static inline uint64_t now_boot(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static inline int watch(int s, uint64_t limit)
{
	struct ward_watch cmd = { .size = sizeof(cmd), .limit = limit };

	return ward_call(s, WARD_WATCH, &cmd);
}

static inline int alloc(int s, uint64_t pages, uint32_t flags, uint64_t deadline)
{
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .length = pages * PAGE,
		.label = "wait", .deadline_ns = deadline,
	};
	int ret = ward_call(s, WARD_BUF_ALLOC, &cmd);

	return ret ? ret : cmd.out_fd;
}

/** struct waiter - a thread that waits for room; its result is there when done. */
struct waiter {
	pthread_t thread;
	int s;
	uint64_t pages;
	uint32_t flags;
	uint64_t deadline;
	int ret;
	bool done;
};

static inline void *wait_for_room(void *arg)
{
	struct waiter *w = arg;

	w->ret = alloc(w->s, w->pages, WARD_BUF_WAIT | w->flags, w->deadline);
	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static inline bool is_done(const struct waiter *w)
{
	return __atomic_load_n(&w->done, __ATOMIC_ACQUIRE);
}

static inline void nap(uint64_t ns)
{
	struct timespec t = { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Until so many wait; false after twenty seconds. */
static inline bool waiting_becomes(int s, uint64_t n)
{
	int i;

	for (i = 0; i < 2000 && session_pressure(s).out_waiting != n; i++)
		nap(10 * MS);
	return session_pressure(s).out_waiting == n;
}

/* Started, and in the queue behind those that are there. */
static inline void start(struct waiter *w, int s, uint64_t pages)
{
	uint64_t before = session_pressure(s).out_waiting;

	w->s = s;
	w->pages = pages;
	ASSERT_EQ(pthread_create(&w->thread, NULL, wait_for_room, w), 0);
	ASSERT_TRUE(waiting_becomes(s, before + 1));
}

/* Its result: a fd or -errno. */
static inline int finish(struct waiter *w)
{
	ASSERT_EQ(pthread_join(w->thread, NULL), 0);
	return w->ret;
}

/* A session that may hold @pages and does. */
static inline int full_session(uint64_t pages, int *fd)
{
	int s = session_open();

	ASSERT_GE(s, 0);
	ASSERT_EQ(watch(s, pages * PAGE), 0);
	*fd = buf_alloc(s, pages * PAGE);
	ASSERT_GE(*fd, 0);
	return s;
}

#endif /* WAIT_TEST_H */
