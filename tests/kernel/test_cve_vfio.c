// SPDX-License-Identifier: MIT
/*
 * What went wrong in VFIO's pinning and accounting, asked of buffers:
 *
 *  CVE-2023-53171 (4e9e6b3e5e0f, "vfio/type1: prevent underflow of locked_vm
 *  via exec()"): a charge went back to whom it did not come from.
 *
 *  CVE-2022-48700 (873aefb376bb, "vfio/type1: Unpin zero pages"): the zero page
 *  was pinned over and over, until its count overflowed.
 *
 *  CVE-2026-31468 ("vfio: fix double put on fd exhaustion"): what is undone when
 *  there is no descriptor left.
 *
 *  CVE-2026-31456 ("mm/pagewalk: fix race with PUD refault"): readers of /proc
 *  walk page tables that a driver fills and empties.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "ward_test.h"

static uint64_t held_by_all(int session)
{
	struct ward_pressure now = session_pressure(session);

	return now.out_live_global;
}

/* A value of /proc/self/status in KiB. */
static long status_kib(const char *field)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long kib = -1;

	ASSERT_TRUE(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			sscanf(line + strlen(field), ": %ld", &kib);
	fclose(f);
	return kib;
}

static unsigned char *pinnable(size_t n)
{
	unsigned char *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(madvise(p, n, MADV_DONTFORK), 0);
	return p;
}

/* ---- charges --------------------------------------------------------------------------- */

/* Holds one of each class through setuid, a fork, and an exec that ends them. */
static void live_then_exec(int sock)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE);
	int pin = buf_pin(s, pinnable(HUGE), HUGE);
	pid_t child;

	ASSERT_GE(pin, 0);
	ASSERT_EQ(b.p[0], 0);
	ASSERT_EQ(setgid(970), 0);
	ASSERT_EQ(setuid(1001), 0);
	child = fork();
	if (!child)
		_exit(0);
	ASSERT_EQ(waitpid(child, NULL, 0), child);
	say(sock);
	hear(sock);
	/* What a new program has locked and pinned: nothing, and not less. */
	execl("/bin/sh", "sh", "-c",
	      "grep -q '^VmLck:[^0-9]*0 kB' /proc/self/status && "
	      "grep -q '^VmPin:[^0-9]*0 kB' /proc/self/status", NULL);
	_exit(9);
}

TEST(charges_go_back_to_where_they_came_from)
{
	int s = session_open();
	uint64_t before = held_by_all(s);
	long locked = status_kib("VmLck"), pinned = status_kib("VmPin");
	struct peer peer = peer_start(live_then_exec);

	hear(peer.sock);
	EXPECT_EQ(held_by_all(s), before + 2 * HUGE);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(held_by_all(s), before);
	EXPECT_EQ(session_pressure(s).out_live, 0);
	EXPECT_EQ(status_kib("VmLck"), locked);
	EXPECT_EQ(status_kib("VmPin"), pinned);
}

static void allocate_and_pass(int sock)
{
	int s = session_open();

	send_fd(sock, s);
	send_fd(sock, buf_alloc(s, HUGE));
	hear(sock);
}

/* The holder of a passed fd ends it as another user: the session is relieved. */
TEST(charge_returns_whoever_ends_it)
{
	struct peer peer = peer_start(allocate_and_pass);
	int s = recv_fd(peer.sock), fd = recv_fd(peer.sock);

	EXPECT_EQ(session_info(s).out_live, HUGE);
	EXPECT_EQ(buf_wipe(fd), HUGE);
	EXPECT_EQ(session_info(s).out_live, 0);
	close(fd);
	EXPECT_EQ(session_info(s).out_live, 0);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(session_info(s).out_live, 0);
}

/* ---- the zero page ------------------------------------------------------------------------ */

enum { ZERO_PAGES = 512, ZERO_ROUNDS = 256 };	/* 131072 pins */

/*
 * Memory that was only read is the zero page. A pin takes pages of its own for
 * it: after 10^5 of them the zero page is zero, mapped, and counted as before.
 */
TEST_TIMEOUT(zero_page_is_never_pinned, 600)
{
	unsigned char *p = pinnable(ZERO_PAGES * PAGE), *other = pinnable(PAGE);
	int s = session_open(), i, k, fd;

	small_pages(p, ZERO_PAGES * PAGE);
	for (i = 0; i < ZERO_ROUNDS; i++) {
		ASSERT_EQ(madvise(p, ZERO_PAGES * PAGE, MADV_DONTNEED), 0);
		for (k = 0; k < ZERO_PAGES; k++)
			ASSERT_EQ(((volatile unsigned char *)p)[k * PAGE], 0);
		fd = buf_pin(s, p, ZERO_PAGES * PAGE);
		ASSERT_GE(fd, 0);
		memset(p, 0x5a, PAGE);
		p[ZERO_PAGES * PAGE - 1] = 0x5a;
		ASSERT_EQ(((volatile unsigned char *)other)[0], 0);
		close(fd);
		ASSERT_EQ(p[1], 0);
		ASSERT_EQ(p[ZERO_PAGES * PAGE - 1], 0);
	}
	EXPECT_TRUE(all_zero(other, PAGE));
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

/* ---- no descriptor left ----------------------------------------------------------------- */

static int with_descriptors(rlim_t nr, int (*call)(int s, void *p), int s, void *p)
{
	struct rlimit few = { nr, 4096 };
	int ret;

	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	ret = call(s, p);
	few.rlim_cur = 4096;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	return ret;
}

static int allocate(int s, void *p)
{
	(void)p;
	return buf_alloc(s, HUGE);
}

static int pin(int s, void *p)
{
	return buf_pin(s, p, HUGE);
}

static void sweep(int (*call)(int s, void *p))
{
	unsigned char *p = pinnable(HUGE);
	unsigned int nr, refused = 0, got = 0;
	int s = session_open(), fd;

	memset(p, 0x11, HUGE);
	for (nr = 0; nr < 32; nr++) {
		fd = with_descriptors(nr, call, s, p);
		ASSERT_TRUE(fd >= 0 || fd == -EMFILE);
		refused += fd < 0;
		got += fd >= 0;
		EXPECT_EQ(session_pressure(s).out_live, fd < 0 ? 0 : HUGE);
		if (fd < 0)
			ASSERT_EQ(p[HUGE - 1], 0x11);	/* what was not taken is not wiped */
		else
			close(fd);
		memset(p, 0x11, HUGE);
	}
	EXPECT_GT(refused, 2);
	EXPECT_GT(got, 2);
	EXPECT_EQ(session_pressure(s).out_live, 0);
}

TEST(allocation_without_descriptors)
{
	sweep(allocate);
}

TEST(pin_without_descriptors)
{
	sweep(pin);
}

/* ---- readers of page tables ---------------------------------------------------------------- */

static struct {
	unsigned char *p;
	volatile bool stop;
	unsigned int frames;	/* told by pagemap */
} walk;

static void read_through(const char *path)
{
	char text[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;		/* a kernel without it */
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void *read_maps(void *path)
{
	while (!walk.stop)
		read_through(path);
	return NULL;
}

static void *read_pagemap(void *unused)
{
	static uint64_t entries[512];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), i;

	(void)unused;
	while (!walk.stop && pread(fd, entries, sizeof(entries),
				   (uintptr_t)walk.p / PAGE * 8) == sizeof(entries))
		for (i = 0; i < 512; i++)
			walk.frames += entries[i] >> 63 && entries[i] & ((1ull << 55) - 1);
	close(fd);
	return NULL;
}

/* By 2 MiB, by 4 KiB, wiped under the walkers, and all over again. */
static void map_and_unmap(int s, int round)
{
	struct buf b = buf_get(s, 2 * HUGE);

	walk.p = b.p;
	fill_words(b.p, b.length, round + 1);
	if (round % 3 == 0)
		ASSERT_EQ(mprotect(b.p + PAGE, PAGE, PROT_READ), 0);
	if (round % 2)
		ASSERT_EQ(buf_wipe(b.fd), b.length);
	else
		ASSERT_TRUE(has_words(b.p, b.length, round + 1));
	buf_drop(&b);
}

TEST_TIMEOUT(walkers_while_pages_come_and_go, 600)
{
	static char *const paths[] = {
		"/proc/self/smaps", "/proc/self/numa_maps", "/proc/self/smaps_rollup",
	};
	int s = session_open(), i;
	pthread_t threads[4];

	walk.p = pinnable(2 * HUGE);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, read_maps, paths[i]), 0);
	ASSERT_EQ(pthread_create(&threads[3], NULL, read_pagemap, NULL), 0);
	munmap(walk.p, 2 * HUGE);
	for (i = 0; i < 60; i++)
		map_and_unmap(s, i);
	walk.stop = true;
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(session_info(s).out_live, 0);
}

KTAP_MAIN()
