// SPDX-License-Identifier: MIT
/*
 * What went wrong in memfd_secret, asked of class A buffers:
 *
 *  CVE-2024-35872 (f2259f3f1d6e, "mm/secretmem: fix GUP-fast succeeding on
 *  secretmem folios"): the lockless walk of page tables found pages that the
 *  slow one refuses. Who walks so: vmsplice, MSG_ZEROCOPY, shared futexes,
 *  O_DIRECT and io_uring (tests/leak asks the last two).
 *
 *  CVE-2025-40272 (6f86d0534fdd, "mm/secretmem: fix use-after-free race in
 *  fault handler"): two faults on one page, one of which fails.
 *
 *  f9b141f93659 ("mm/secretmem: fix panic when growing a memfd_secret"): a size
 *  that changes below a mapping.
 *
 *  110860541f44 ("mm/secretmem: use refcount_t instead of atomic_t"): a counter
 *  of users that wraps.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "ward_test.h"

/* ---- the lockless walk ---------------------------------------------------------- */

static int splice_page(void *p)
{
	struct iovec iov = { p, PAGE };
	int ends[2], ret;

	ASSERT_EQ(pipe(ends), 0);
	ret = vmsplice(ends[1], &iov, 1, 0) < 0 ? -errno : 0;
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static int udp_to_itself(void)
{
	struct sockaddr_in self = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t n = sizeof(self);
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;

	ASSERT_EQ(bind(sock, (struct sockaddr *)&self, sizeof(self)), 0);
	ASSERT_EQ(getsockname(sock, (struct sockaddr *)&self, &n), 0);
	ASSERT_EQ(connect(sock, (struct sockaddr *)&self, sizeof(self)), 0);
	ASSERT_EQ(setsockopt(sock, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), 0);
	return sock;
}

static int send_page(void *p)
{
	int sock = udp_to_itself();
	int ret = send(sock, p, PAGE, MSG_ZEROCOPY) < 0 ? -errno : 0;

	close(sock);
	return ret;
}

/* A kernel without it has nobody who takes pages that way. */
static bool has_inet(void)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	close(sock);
	return sock >= 0;
}

static int wake_page(void *p)
{
	return syscall(SYS_futex, p, FUTEX_WAKE, 1, NULL, NULL, 0) < 0 ? -errno : 0;
}

static void nobody_takes(void *p)
{
	ASSERT_EQ(splice_page(p), -EFAULT);
	ASSERT_EQ(wake_page(p), -EFAULT);
	if (has_inet())
		ASSERT_EQ(send_page(p), -EFAULT);
}

TEST(fast_walk_finds_no_page)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE), small = buf_get(s, 3 * PAGE);
	void *plain = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	ASSERT_EQ(splice_page(plain), 0);
	ASSERT_EQ(wake_page(plain), 0);
	if (has_inet())
		ASSERT_EQ(send_page(plain), 0);
	nobody_takes(b.p + PAGE);			/* not there yet */
	fill_words(b.p, b.length, 1);
	fill_words(small.p, small.length, 2);
	nobody_takes(b.p + PAGE);			/* one step of 2 MiB, where there are such */
	nobody_takes(small.p + PAGE);
	ASSERT_EQ(mprotect(b.p, PAGE, PROT_READ), 0);	/* 4 KiB from here on */
	nobody_takes(b.p);
	ASSERT_EQ(touch(b.p + 9 * PAGE, true), 0);
	nobody_takes(b.p + 9 * PAGE);
	ASSERT_EQ(mprotect(b.p, b.length, PROT_READ), 0);
	nobody_takes(b.p + HUGE);
}

/* ---- the walk, and faults, while page tables come and go ------------------------------ */

enum { THREADS = 8, ROUNDS = 200 };

static struct {
	unsigned char *p;
	pthread_barrier_t gate;
	volatile bool stop;
	unsigned int taken;	/* atomic */
} race;

static void *take_pages(void *unused)
{
	unsigned int i = 0;

	(void)unused;
	while (!race.stop)
		if (!splice_page(race.p + (i++ * 37 % 512) * PAGE))
			__atomic_add_fetch(&race.taken, 1, __ATOMIC_RELAXED);
	return NULL;
}

TEST_TIMEOUT(fast_walk_during_faults, 300)
{
	int s = session_open(), i, k;
	struct buf b = buf_get(s, HUGE);
	pthread_t taker;

	race.p = b.p;
	ASSERT_EQ(pthread_create(&taker, NULL, take_pages, NULL), 0);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(munmap(b.p, HUGE), 0);
		ASSERT_TRUE(mmap(b.p, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				 b.fd, 0) == b.p);
		for (k = 0; k < 512; k += 16)
			b.p[k * PAGE] = 1;
	}
	race.stop = true;
	pthread_join(taker, NULL);
	EXPECT_EQ(race.taken, 0);
	EXPECT_EQ(buf_wipe(b.fd), HUGE);
}

/* All eight at the same page of the same step, half of them reading. */
static void *fault_first(void *nr)
{
	volatile unsigned char *p = race.p + 5 * PAGE + (intptr_t)nr;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&race.gate);
		if ((intptr_t)nr % 2)
			(void)*p;
		else
			*p = (intptr_t)nr;
		pthread_barrier_wait(&race.gate);
	}
	return NULL;
}

static void eight_fault(uint64_t length)
{
	int s = session_open();
	struct buf b = buf_get(s, length);
	pthread_t threads[THREADS];
	intptr_t i;

	race.p = b.p;
	ASSERT_EQ(pthread_barrier_init(&race.gate, NULL, THREADS + 1), 0);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, fault_first, (void *)i), 0);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(munmap(b.p, length), 0);
		ASSERT_TRUE(mmap(b.p, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				 b.fd, 0) == b.p);
		pthread_barrier_wait(&race.gate);
		pthread_barrier_wait(&race.gate);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < THREADS; i += 2)
		EXPECT_EQ(b.p[5 * PAGE + i], i);
	EXPECT_EQ(buf_wipe(b.fd), length);
	EXPECT_EQ(touch(b.p + 5 * PAGE, false), SIGBUS);
}

TEST_TIMEOUT(eight_threads_fault_one_step, 300)
{
	eight_fault(HUGE);
}

TEST_TIMEOUT(eight_threads_fault_one_page, 300)
{
	eight_fault(16 * PAGE);
}

/* ---- the size ------------------------------------------------------------------------- */

TEST(size_cannot_change)
{
	int s = session_open(), zero = open("/dev/zero", O_RDWR);
	struct buf b = buf_get(s, 4 * PAGE);
	struct stat before, after;
	char page[PAGE] = { 1 };

	ASSERT_EQ(fstat(b.fd, &before), 0);
	fill_words(b.p, b.length, 3);
	EXPECT_EQ(ftruncate(b.fd, 0), -1);
	EXPECT_EQ(ftruncate(b.fd, 8 * PAGE), -1);
	EXPECT_EQ(ftruncate(b.fd, PAGE + 1), -1);
	EXPECT_EQ(fallocate(b.fd, 0, 0, 8 * PAGE), -1);
	EXPECT_EQ(fallocate(b.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), -1);
	EXPECT_EQ(write(b.fd, page, sizeof(page)), -1);
	EXPECT_EQ(pwrite(b.fd, page, sizeof(page), 4 * PAGE), -1);
	EXPECT_EQ(read(b.fd, page, sizeof(page)), -1);
	EXPECT_EQ(sendfile(b.fd, zero, NULL, PAGE), -1);
	EXPECT_EQ(copy_file_range(zero, NULL, b.fd, NULL, PAGE, 0), -1);
	ASSERT_EQ(fstat(b.fd, &after), 0);
	EXPECT_EQ(after.st_size, before.st_size);
	EXPECT_EQ(buf_info(b.fd).out_length, 4 * PAGE);
	EXPECT_TRUE(has_words(b.p, b.length, 3));
	close(zero);
}

/* ---- the count of mappings --------------------------------------------------------------- */

/* Splits and merges count up and down the same way, however often. */
TEST_TIMEOUT(count_of_mappings_comes_back, 300)
{
	int s = session_open(), i;
	struct buf b = buf_get(s, 4 * PAGE);

	fill_words(b.p, b.length, 4);
	for (i = 0; i < 20000; i++)
		ASSERT_EQ(mprotect(b.p + PAGE, PAGE, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ), 0);
	EXPECT_EQ(buf_info(b.fd).out_mapped, 1);
	ASSERT_EQ(munmap(b.p, b.length), 0);
	EXPECT_EQ(buf_info(b.fd).out_mapped, 0);
	b.p = buf_map(b.fd, b.length);
	ASSERT_TRUE(b.p != MAP_FAILED);
	EXPECT_EQ(try_map(b.fd, b.length, PROT_READ, MAP_SHARED, 0), -EBUSY);
	EXPECT_TRUE(has_words(b.p, b.length, 4));
	EXPECT_EQ(buf_wipe(b.fd), b.length);
}

KTAP_MAIN()
