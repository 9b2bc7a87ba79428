// SPDX-License-Identifier: MIT
/*
 * What went wrong in io_uring's mapped rings and registered buffers, and in
 * remap_pfn_range(), asked of buffers:
 *
 *  CVE-2024-0582 (c392cbecd8ec, "io_uring/kbuf: defer release of mapped buffer
 *  rings"): pages were freed while they were still mapped.
 *
 *  CVE-2024-47674 (79a61cc3fc04, "mm: avoid leaving partial pfn mappings around
 *  in error case").
 *
 *  CVE-2023-2598 (776617db78c6), CVE-2025-40216, CVE-2026-43006, 53fd75f25b22
 *  ("io_uring/rsrc: fix folio unpinning"): registered memory is taken for one
 *  large folio that it is not, and other pages are unpinned than were pinned.
 *  Here: starts and ends inside of folios, folios of both sizes, one folio
 *  several times, a folio that is split while it is pinned.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "ward_test.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* ---- mapped memory stays ------------------------------------------------------------- */

enum { PIECES = 8 };

/* The fd is closed first; then the mapping goes piece by piece, in an odd order. */
TEST(memory_stays_until_the_last_piece)
{
	int s = session_open(), i, k;
	struct buf b = buf_get(s, 2 * HUGE);
	uint64_t step = b.length / PIECES;
	bool gone[PIECES] = { false };

	for (i = 0; i < PIECES; i++)
		fill_words(b.p + i * step, step, 10 + i);
	close(b.fd);
	for (i = 0; i < PIECES; i++) {
		EXPECT_EQ(session_info(s).out_live, b.length);
		for (k = 0; k < PIECES; k++)
			if (!gone[k])
				ASSERT_TRUE(has_words(b.p + k * step, step, 10 + k));
		k = (i * 3 + 5) % PIECES;
		ASSERT_EQ(munmap(b.p + k * step, step), 0);
		gone[k] = true;
		ASSERT_EQ(touch(b.p + k * step, false), SIGSEGV);
	}
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(memory_stays_for_a_dup_and_a_moved_piece)
{
	int s = session_open(), other;
	struct buf b = buf_get(s, 4 * PAGE);
	unsigned char *to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill_words(b.p + PAGE, PAGE, 20);
	other = dup(b.fd);
	close(b.fd);
	ASSERT_TRUE(mremap(b.p + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	ASSERT_EQ(munmap(b.p, b.length), 0);
	EXPECT_TRUE(has_words(to, PAGE, 20));
	close(other);
	EXPECT_TRUE(has_words(to, PAGE, 20));
	EXPECT_EQ(session_info(s).out_live, b.length);
	ASSERT_EQ(munmap(to, PAGE), 0);
	EXPECT_EQ(session_info(s).out_live, 0);
}

static struct buf shared_with_child;

/* The child's copy of the fd, and its exit, take nothing from the parent. */
static void child_closes_and_exits(int sock)
{
	close(shared_with_child.fd);
	munmap(shared_with_child.p, shared_with_child.length);
	say(sock);
}

TEST(memory_stays_when_a_child_ends)
{
	int s = session_open(), i;
	struct peer peer;

	shared_with_child = buf_get(s, HUGE);
	fill_words(shared_with_child.p, HUGE, 30);
	for (i = 0; i < 5; i++) {
		peer = peer_start(child_closes_and_exits);
		hear(peer.sock);
		EXPECT_TRUE(has_words(shared_with_child.p, HUGE, 30));
		EXPECT_EQ(peer_wait(&peer), 0);
		EXPECT_TRUE(has_words(shared_with_child.p, HUGE, 30));
		EXPECT_EQ(session_info(s).out_live, HUGE);
	}
}

/* The other way round: the buffer ends, and no entry of it stays anywhere. */
TEST(no_piece_outlives_the_memory)
{
	int s = session_open(), i;
	struct buf b = buf_get(s, 2 * HUGE);
	unsigned char *to = mmap(NULL, HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill_words(b.p, b.length, 40);
	ASSERT_EQ(mprotect(b.p + 3 * PAGE, PAGE, PROT_READ), 0);
	ASSERT_EQ(munmap(b.p + 7 * PAGE, PAGE), 0);
	ASSERT_TRUE(mremap(b.p + HUGE, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			   to) == to);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	for (i = 0; i < 512; i++)
		ASSERT_EQ(touch(b.p + i * PAGE, false), i == 7 ? SIGSEGV : SIGBUS);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(touch(to + i * PAGE, false), SIGBUS);
}

/* ---- what a failed mapping leaves ------------------------------------------------------- */

/* MAP_FIXED takes away what was there before the driver is asked, and refuses. */
TEST(failed_mapping_leaves_none)
{
	int s = session_open(), i;
	struct buf b = buf_get(s, HUGE), other = buf_get(s, HUGE);

	fill_words(b.p, HUGE, 50);
	fill_words(other.p, HUGE, 51);
	EXPECT_TRUE(mmap(b.p, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 other.fd, 0) == MAP_FAILED);
	EXPECT_EQ(errno, EBUSY);
	for (i = 0; i < 512; i += 5) {
		int sig = touch(b.p + i * PAGE, false);

		/* Some kernels ask first: then the old mapping is whole. */
		ASSERT_TRUE(sig == SIGSEGV || (!sig && has_words(b.p, HUGE, 50)));
	}
	EXPECT_TRUE(has_words(other.p, HUGE, 51));
	EXPECT_EQ(buf_wipe(b.fd), HUGE);
	EXPECT_NE(touch(b.p, false), 0);
	EXPECT_EQ(buf_wipe(other.fd), HUGE);
	EXPECT_EQ(touch(other.p, false), SIGBUS);
}

/* A mapping that the end of the buffer overtakes has nothing in it. */
TEST(mapping_made_of_a_dead_buffer_is_none)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE);

	fill_words(b.p, HUGE, 52);
	EXPECT_EQ(buf_wipe(b.fd), HUGE);
	ASSERT_EQ(munmap(b.p, HUGE / 2), 0);
	EXPECT_EQ(touch(b.p, false), SIGSEGV);
	EXPECT_EQ(touch(b.p + HUGE / 2, false), SIGBUS);
	EXPECT_TRUE(mmap(b.p, HUGE, PROT_READ, MAP_SHARED | MAP_FIXED, b.fd, 0) == MAP_FAILED);
	EXPECT_NE(touch(b.p, false), 0);
}

/* ---- pinned memory of every shape --------------------------------------------------------- */

/* Aligned to 2 MiB, by large pages if it can be had. */
static unsigned char *large(size_t n, bool *is_large)
{
	unsigned char *p = mmap(NULL, n + HUGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	p = (unsigned char *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
	madvise(p, n, MADV_HUGEPAGE);
	memset(p, 0x11, n);
	*is_large = !madvise(p, n, MADV_COLLAPSE);
	ASSERT_EQ(madvise(p, n, MADV_DONTFORK), 0);
	return p;
}

static bool all_are(const unsigned char *p, size_t n, unsigned char byte)
{
	return !n || (p[0] == byte && !memcmp(p, p + 1, n - 1));
}

/* Exactly @n bytes at @at of @p are zeroed, none beside. */
static void pin_and_wipe(unsigned char *p, size_t whole, size_t at, size_t n)
{
	int s = session_open(), fd;

	memset(p, 0x11, whole);
	fd = buf_pin(s, p + at, n);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(buf_wipe(fd), n);
	EXPECT_TRUE(all_are(p, at, 0x11));
	EXPECT_TRUE(all_are(p + at, n, 0));
	EXPECT_TRUE(all_are(p + at + n, whole - at - n, 0x11));
	EXPECT_EQ(session_info(s).out_live_b, 0);
	close(fd);
	close(s);
}

TEST(pin_starts_and_ends_inside_of_folios)
{
	bool is_large;
	unsigned char *p = large(2 * HUGE, &is_large);

	ktap_note("large pages: %s", is_large ? "yes" : "no");
	pin_and_wipe(p, 2 * HUGE, PAGE, PAGE);
	pin_and_wipe(p, 2 * HUGE, HUGE - PAGE, 2 * PAGE);
	pin_and_wipe(p, 2 * HUGE, 3 * PAGE, HUGE);
	pin_and_wipe(p, 2 * HUGE, HUGE, HUGE);
	pin_and_wipe(p, 2 * HUGE, 2 * HUGE - PAGE, PAGE);
	pin_and_wipe(p, 2 * HUGE, 0, 2 * HUGE);
}

TEST(pin_over_folios_of_both_sizes)
{
	bool is_large;
	unsigned char *p = large(4 * HUGE, &is_large);

	/* The second step by 4 KiB, every other page of it a fresh one. */
	small_pages(p + HUGE, HUGE);
	ASSERT_EQ(madvise(p + HUGE, HUGE, MADV_DONTNEED), 0);
	pin_and_wipe(p, 4 * HUGE, HUGE - 5 * PAGE, HUGE + 10 * PAGE);
	pin_and_wipe(p, 4 * HUGE, HUGE / 2, 3 * HUGE);
}

TEST(no_pin_of_nothing_or_of_half_a_page)
{
	bool is_large;
	unsigned char *p = large(HUGE, &is_large);
	int s = session_open();

	EXPECT_EQ(buf_pin(s, p, 0), -EINVAL);
	EXPECT_EQ(buf_pin(s, p + PAGE, 0), -EINVAL);
	EXPECT_EQ(buf_pin(s, p + 1, PAGE), -EINVAL);
	EXPECT_EQ(buf_pin(s, p + PAGE / 2, HUGE), -EINVAL);
	EXPECT_EQ(buf_pin(s, p, PAGE - 1), -EINVAL);
	EXPECT_TRUE(all_are(p, HUGE, 0x11));
}

/* One folio pinned many times, page by page and whole; each end wipes its own. */
TEST(pins_of_one_folio)
{
	int s = session_open(), fds[64], i;
	bool is_large;
	unsigned char *p = large(HUGE, &is_large);

	for (i = 0; i < 64; i++) {
		fds[i] = i % 8 ? buf_pin(s, p + i * PAGE, PAGE) : buf_pin(s, p, HUGE);
		ASSERT_GE(fds[i], 0);
	}
	for (i = 1; i < 64; i++) {
		if (i % 8 == 0)
			continue;
		memset(p, 0x11, HUGE);
		ASSERT_EQ(buf_wipe(fds[i]), PAGE);
		EXPECT_TRUE(all_are(p + i * PAGE, PAGE, 0));
		EXPECT_TRUE(all_are(p, i * PAGE, 0x11));
	}
	for (i = 0; i < 64; i += 8) {
		memset(p, 0x11, HUGE);
		ASSERT_EQ(buf_wipe(fds[i]), HUGE);
		EXPECT_TRUE(all_are(p, HUGE, 0));
	}
	EXPECT_EQ(session_info(s).out_live_b, 0);
	memset(p, 0x22, HUGE);
	munmap(p, HUGE);
}

/* Splits of the mapping, and attempts to split or move the folio, under a pin. */
TEST(folio_split_under_pin)
{
	int s = session_open(), fd;
	bool is_large;
	unsigned char *p = large(2 * HUGE, &is_large);

	fd = buf_pin(s, p, 2 * HUGE);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(mprotect(p + 5 * PAGE, PAGE, PROT_READ), 0);
	ASSERT_EQ(madvise(p + 9 * PAGE, PAGE, MADV_DONTNEED), 0);
	madvise(p + HUGE, PAGE, 20 /* MADV_COLD */);
	madvise(p + HUGE, 64 * PAGE, 21 /* MADV_PAGEOUT */);
	madvise(p + HUGE, HUGE, MADV_COLLAPSE);
	p[9 * PAGE] = 0x33;	/* a fresh page: not the one that is pinned */
	EXPECT_EQ(buf_wipe(fd), 2 * HUGE);
	EXPECT_TRUE(all_are(p, 9 * PAGE, 0));
	EXPECT_EQ(p[9 * PAGE], 0x33);
	EXPECT_TRUE(all_are(p + 10 * PAGE, 2 * HUGE - 10 * PAGE, 0));
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

/* A hole in the mapping ends the pin; what is left of the folio is zeroed too. */
TEST(hole_in_a_pinned_folio)
{
	int s = session_open(), fd;
	bool is_large;
	unsigned char *p = large(HUGE, &is_large);

	fd = buf_pin(s, p, HUGE);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(munmap(p + 3 * PAGE, PAGE), 0);
	EXPECT_NE(wait_end(fd), WARD_END_NONE);
	EXPECT_TRUE(all_are(p, 3 * PAGE, 0));
	EXPECT_TRUE(all_are(p + 4 * PAGE, HUGE - 4 * PAGE, 0));
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

KTAP_MAIN()
