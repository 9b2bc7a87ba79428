// SPDX-License-Identifier: MIT
/*
 * Buffers end while many threads fault on them. Whoever touches the memory
 * afterwards gets SIGBUS, no store goes into pages that have been given back,
 * and a neighbour's buffer is not disturbed.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>

#include "ward_test.h"

enum { THREADS = 4, ROUNDS = 40 };
#define LENGTH	(2 * HUGE + 16 * PAGE)

static __thread sigjmp_buf storm_back;

static void storm_fault(int sig)
{
	siglongjmp(storm_back, sig);
}

static struct storm {
	unsigned char *p;
	atomic_bool go, stop;
	atomic_int touched, bus, other;
} storm;

/* Writes all over the buffer until a signal says that it is gone. */
static void *write_until_killed(void *seed)
{
	uint64_t state = (uintptr_t)seed * 2654435761u | 1;
	int sig;

	while (!storm.go)
		;
	sig = sigsetjmp(storm_back, 1);
	if (!sig) {
		while (!storm.stop) {
			storm.p[next_word(&state) % LENGTH] = 0xa5;
			storm.touched++;
		}
		return NULL;
	}
	if (sig == SIGBUS)
		storm.bus++;
	else
		storm.other++;
	return NULL;
}

static void storm_signals(void)
{
	struct sigaction act = { .sa_handler = storm_fault };

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
}

static void storm_start(unsigned char *p, pthread_t *threads)
{
	int i;

	storm.p = p;
	storm.stop = storm.go = false;
	storm.touched = storm.bus = storm.other = 0;
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, write_until_killed,
					 (void *)(intptr_t)(i + 1)), 0);
	storm.go = true;
}

static void wait_touched(int n)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < 20000 && storm.touched < n; i++)
		nanosleep(&nap, NULL);
	ASSERT_GE(storm.touched, n);
}

/* By hand, so that no other memory is written: is it still zero after a while? */
static void expect_stays_zero(int s)
{
	struct buf fresh = buf_get(s, 8 * HUGE);
	int i;

	for (i = 0; i < 3; i++)
		EXPECT_TRUE(all_zero(fresh.p, fresh.length));
	buf_drop(&fresh);
}

TEST_TIMEOUT(wipe_under_writing_threads, 300)
{
	int s = session_open(), i, k;
	struct buf neighbour = buf_get(s, LENGTH);
	pthread_t threads[THREADS];

	storm_signals();
	fill_words(neighbour.p, LENGTH, 77);
	for (i = 0; i < ROUNDS; i++) {
		struct buf b = buf_get(s, LENGTH);

		storm_start(b.p, threads);
		wait_touched(1 + i * 50);
		ASSERT_EQ(buf_wipe(b.fd), LENGTH);
		for (k = 0; k < THREADS; k++)
			pthread_join(threads[k], NULL);
		EXPECT_EQ(storm.bus, THREADS);
		EXPECT_EQ(storm.other, 0);
		buf_drop(&b);
		expect_stays_zero(s);
	}
	EXPECT_TRUE(has_words(neighbour.p, LENGTH, 77));
	EXPECT_EQ(session_info(s).out_live, LENGTH);
}

/* ---- the whole process dies ------------------------------------------------------- */

static void die_in_a_storm(int sock)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	pthread_t threads[THREADS];

	send_fd(sock, s);
	send_fd(sock, b.fd);
	storm_start(b.p, threads);
	wait_touched(100);
	say(sock);
	pthread_join(threads[0], NULL);
}

TEST_TIMEOUT(sigkill_under_writing_threads, 300)
{
	int mine = session_open(), i;
	struct buf neighbour = buf_get(mine, LENGTH);

	fill_words(neighbour.p, LENGTH, 78);
	for (i = 0; i < ROUNDS / 2; i++) {
		struct peer peer = peer_start(die_in_a_storm);
		int s = recv_fd(peer.sock), fd = recv_fd(peer.sock);

		hear(peer.sock);
		peer_kill(&peer);
		EXPECT_EQ(buf_info(fd).out_end, WARD_END_MM);
		EXPECT_EQ(session_info(s).out_live, 0);
		close(fd);
		close(s);
	}
	expect_stays_zero(mine);
	EXPECT_TRUE(has_words(neighbour.p, LENGTH, 78));
}

/* The owner is killed and the holder of its fd wipes, at the same moment. */
TEST_TIMEOUT(sigkill_and_wipe_at_once, 300)
{
	int i;

	for (i = 0; i < ROUNDS / 2; i++) {
		struct peer peer = peer_start(die_in_a_storm);
		int s = recv_fd(peer.sock), fd = recv_fd(peer.sock);
		int64_t bytes;
		uint32_t end;

		hear(peer.sock);
		kill(peer.pid, SIGKILL);
		bytes = buf_wipe(fd);
		end = buf_info(fd).out_end;
		EXPECT_TRUE((bytes == LENGTH && end == WARD_END_WIPE) ||
			    (bytes == 0 && end == WARD_END_MM));
		peer_wait(&peer);
		EXPECT_EQ(session_info(s).out_live, 0);
		close(fd);
		close(s);
	}
}

/* ---- mappings that move while the buffer ends --------------------------------------- */

static void *move_about(void *arg)
{
	struct buf *b = arg;
	unsigned char *spots[2], *at = b->p;
	int i;

	for (i = 0; i < 2; i++)
		spots[i] = mmap(NULL, LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < 100000 && !storm.stop; i++) {
		at = mremap(at, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, spots[i % 2]);
		if (at == MAP_FAILED)
			return NULL;
		storm.touched++;
	}
	return at;
}

TEST_TIMEOUT(wipe_while_mremap_moves, 300)
{
	int s = session_open(), i;
	pthread_t mover;

	for (i = 0; i < ROUNDS; i++) {
		struct buf b = buf_get(s, LENGTH);
		void *at;

		fill_words(b.p, LENGTH, i + 1);
		storm.stop = false;
		storm.touched = 0;
		ASSERT_EQ(pthread_create(&mover, NULL, move_about, &b), 0);
		wait_touched(1 + i);
		ASSERT_EQ(buf_wipe(b.fd), LENGTH);
		storm.stop = true;
		pthread_join(mover, &at);
		ASSERT_TRUE(at != NULL);
		EXPECT_EQ(touch(at, false), SIGBUS);
		EXPECT_EQ(touch((unsigned char *)at + LENGTH - 1, false), SIGBUS);
		munmap(at, LENGTH);
		EXPECT_EQ(buf_info(b.fd).out_mapped, 0);
		close(b.fd);
	}
	EXPECT_EQ(session_info(s).out_live, 0);
}

/* ---- allocations that are killed ------------------------------------------------------- */

static void allocate_for_ever(int sock)
{
	int s = session_open(), fd;

	send_fd(sock, s);
	for (;;) {
		fd = buf_alloc(s, 96 * HUGE / 4);
		if (fd >= 0)
			close(fd);
	}
}

TEST_TIMEOUT(killed_allocations_leave_nothing, 300)
{
	struct timespec nap = { .tv_nsec = 3000000 };
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct peer peer = peer_start(allocate_for_ever);
		int s = recv_fd(peer.sock);

		nap.tv_nsec = 1000000 + i * 777777 % 20000000;
		nanosleep(&nap, NULL);
		peer_kill(&peer);
		EXPECT_EQ(session_info(s).out_live, 0);
		close(s);
	}
}

/* Signals that do not kill: the call is restarted, or says EINTR, and works. */
static void nothing(int sig)
{
	(void)sig;
}

static void *shower(void *to)
{
	struct timespec nap = { .tv_nsec = 200000 };

	while (!storm.stop) {
		pthread_kill(*(pthread_t *)to, SIGUSR1);
		nanosleep(&nap, NULL);
	}
	return NULL;
}

TEST_TIMEOUT(signals_do_no_harm, 300)
{
	struct sigaction act = { .sa_handler = nothing };	/* not SA_RESTART */
	int s = session_open(), i, made = 0, interrupted = 0;
	pthread_t self = pthread_self(), thread;

	sigaction(SIGUSR1, &act, NULL);
	storm.stop = false;
	ASSERT_EQ(pthread_create(&thread, NULL, shower, &self), 0);
	for (i = 0; i < 2000; i++) {
		int fd = buf_alloc(s, PAGE);

		EXPECT_TRUE(fd >= 0 || fd == -EINTR);
		made += fd >= 0;
		interrupted += fd == -EINTR;
		if (fd >= 0)
			close(fd);
	}
	storm.stop = true;
	pthread_join(thread, NULL);
	EXPECT_GT(made, 0);
	EXPECT_EQ(session_info(s).out_live, 0);
	ktap_note("%d made, %d interrupted", made, interrupted);
}

KTAP_MAIN()
