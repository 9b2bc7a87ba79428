// SPDX-License-Identifier: MIT
/*
 * Ranges to be pinned that consist of several mappings: all of it is of the right
 * kind, or nothing is pinned.
 */
#define _GNU_SOURCE
#include "pin_test.h"

enum { MIXED = 3 * HUGE };	/* the piece is the middle third, or its first page */

static int between_shmem(unsigned char *at)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at;
}

static int between_file(unsigned char *at)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	return file < 0 || ftruncate(file, PAGE) ||
	       mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
		    file, 0) != at;
}

static int between_buffer(unsigned char *at)
{
	int fd = buf_alloc(session_open(), PAGE);

	return fd < 0 || mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			      fd, 0) != at;
}

static int between_hugetlb(unsigned char *at)
{
	return !write_to("/proc/sys/vm/nr_hugepages", "2") ||
	       mmap(at, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		    MAP_HUGETLB | MAP_FIXED, -1, 0) != at;
}

static int between_stack(unsigned char *at)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		    MAP_GROWSDOWN | MAP_FIXED, -1, 0) != at;
}

static int between_forked(unsigned char *at)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at;
}

static int between_read_only(unsigned char *at)
{
	return mprotect(at, PAGE, PROT_READ);
}

static int between_hole(unsigned char *at)
{
	return munmap(at, PAGE);
}

static const struct piece {
	const char *name;
	int (*make)(unsigned char *at);	/* 0 = done */
	bool fork_copies;		/* it stays without MADV_DONTFORK */
	int wanted;
} pieces[] = {
	{ "shmem", between_shmem, false, -EOPNOTSUPP },
	{ "private file", between_file, false, -EOPNOTSUPP },
	{ "class A", between_buffer, false, -EOPNOTSUPP },
	{ "stack", between_stack, false, -EOPNOTSUPP },
	{ "fork copies it", between_forked, true, -EPERM },
	{ "read only", between_read_only, false, -EPERM },
	{ "hole", between_hole, true, -EFAULT },
	{ "hugetlb", between_hugetlb, false, -EOPNOTSUPP },
};

/* A range that may be pinned but for @piece; at a boundary of 2 MiB. */
static unsigned char *mixed_range(const struct piece *piece)
{
	unsigned char *p = pinnable(MIXED + HUGE);

	p = (void *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
	memset(p, 0xa5, MIXED);
	if (piece->make(p + HUGE)) {
		ktap_note("%s: not to be had here (%s)", piece->name, strerror(errno));
		return NULL;
	}
	if (!piece->fork_copies)
		madvise(p + HUGE, PAGE, MADV_DONTFORK);
	return p;
}

/* All or nothing: no page is zeroed, charged or recorded. */
TEST(one_piece_of_another_kind)
{
	unsigned int i, tried = 0;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		unsigned char *p = mixed_range(&pieces[i]);
		int s = session_open(), got;
		struct ward_events cmd = {
			.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)&cmd,
		};

		if (!p)
			continue;
		tried++;
		got = buf_pin(s, p, MIXED);
		if (got != pieces[i].wanted)
			ktap_note("%s", pieces[i].name);
		EXPECT_EQ(got, pieces[i].wanted);
		EXPECT_EQ(p[0], 0xa5);
		EXPECT_EQ(p[HUGE - 1], 0xa5);
		EXPECT_EQ(p[2 * HUGE], 0xa5);
		EXPECT_EQ(p[MIXED - 1], 0xa5);
		EXPECT_EQ(session_pressure(s).out_peak, 0);
		ward_call(s, WARD_EVENTS, &cmd);
		EXPECT_EQ(cmd.out_last_seq, 1);		/* open */
		/* What lies before and behind it is as good as ever. */
		EXPECT_GE(buf_pin(s, p, HUGE), 0);
		EXPECT_GE(buf_pin(s, p + 2 * HUGE, HUGE), 0);
		close(s);
	}
	EXPECT_GE(tried, sizeof(pieces) / sizeof(pieces[0]) - 1);	/* hugetlb may be off */
}

/* Several mappings that may all be pinned are one range. */
TEST(mixed_mappings_of_the_right_kind)
{
	unsigned char *p = pinnable(6 * PAGE);
	int s = session_open(), fd, zero = open("/dev/zero", O_RDWR);

	/* A private mapping of /dev/zero is anonymous memory. */
	ASSERT_TRUE(mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
			 zero, 0) == p + PAGE);
	ASSERT_EQ(mprotect(p + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	ASSERT_EQ(madvise(p, 6 * PAGE, MADV_DONTFORK), 0);
	ASSERT_EQ(madvise(p + 5 * PAGE, PAGE, MADV_DONTDUMP), 0);
	memset(p, 0xa5, 6 * PAGE);
	fd = buf_pin(s, p, 6 * PAGE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(session_info(s).out_live_b, 6 * PAGE);
	EXPECT_EQ(buf_wipe(fd), 6 * PAGE);
	EXPECT_TRUE(all_zero(p, 6 * PAGE));
}

/* Memory that was only read is the kernel's page of zeros: it is not what is pinned. */
TEST(zero_page_is_nobodys)
{
	unsigned char *p = pinnable(2 * HUGE), *other = anon(2 * HUGE, MAP_PRIVATE);
	int s = session_open(), fd;

	madvise(p, 2 * HUGE, MADV_HUGEPAGE);
	madvise(other, 2 * HUGE, MADV_HUGEPAGE);
	ASSERT_TRUE(all_zero(p, 2 * HUGE));
	ASSERT_TRUE(all_zero(other, 2 * HUGE));
	fd = pin_clean(s, p, 2 * HUGE);
	ASSERT_GE(fd, 0);
	memset(p, 0xa5, 2 * HUGE);
	EXPECT_TRUE(all_zero(other, 2 * HUGE));
	EXPECT_EQ(buf_wipe(fd), 2 * HUGE);
	EXPECT_TRUE(all_zero(p, 2 * HUGE));
}

KTAP_MAIN()
