// SPDX-License-Identifier: MIT
/*
 * What went wrong in udmabuf and v4l2loopback, asked of buffers:
 *
 *  CVE-2025-37803 (021ba7f1babd, "udmabuf: fix a buf size overflow issue during
 *  udmabuf creation"): sizes whose page count, or its shift back, wraps.
 *
 *  CVE-2023-2008 (05b252cccb2e, "udmabuf: add back sanity check"): a page offset
 *  beyond the end, taken as an index.
 *
 *  v4l2loopback 695782c: a label that is taken as a format; 004bd88: a device
 *  that is found by its number before it is whole, or after it is gone;
 *  94d18a5: a copy of what others change meanwhile.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/syscall.h>

#include "ward_test.h"

/* ---- sizes and offsets -------------------------------------------------------------- */

static const uint64_t no_sizes[] = {
	0, 1, PAGE - 1, PAGE + 1, (1ull << 31) - 1, (1ull << 31) + 1, (1ull << 32) - 1,
	(1ull << 32) + 1, (1ull << 63) - 1, (1ull << 63) + 1, ~0ull,
};

/* Multiples of a page that no machine has. */
static const uint64_t vast_sizes[] = {
	1ull << 44, 1ull << 52, 1ull << 62, 1ull << 63, (1ull << 63) + PAGE, 0 - PAGE,
	(1ull << 32) * PAGE, (1ull << 32) * PAGE + PAGE, (1ull << 31) * PAGE,
};

TEST(sizes_that_wrap)
{
	int s = session_open(), ret;
	unsigned int i;

	for (i = 0; i < sizeof(no_sizes) / sizeof(no_sizes[0]); i++)
		EXPECT_EQ(buf_alloc(s, no_sizes[i]), -EINVAL);
	for (i = 0; i < sizeof(vast_sizes) / sizeof(vast_sizes[0]); i++) {
		ret = buf_alloc(s, vast_sizes[i]);
		EXPECT_TRUE(ret == -EINVAL || ret == -ENOMEM || ret == -EDQUOT);
	}
	EXPECT_EQ(session_pressure(s).out_live, 0);
}

/* More than this guest has, less than what wraps: an error, and nothing is held. */
TEST(sizes_at_the_edge_of_an_int)
{
	static const uint64_t sizes[] = { 1ull << 31, (1ull << 32) - PAGE, 1ull << 32 };
	int s = session_open(), ret;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ret = buf_alloc(s, sizes[i]);
		EXPECT_TRUE(ret == -ENOMEM || ret == -EDQUOT);
		EXPECT_EQ(session_pressure(s).out_live, 0);
	}
}

static void *map_at(int fd, uint64_t length, uint64_t page)
{
	long ret = syscall(SYS_mmap, NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			   page * PAGE);

	return ret == -1 ? MAP_FAILED : (void *)ret;
}

TEST(offsets_beyond_the_end)
{
	static const uint64_t pages[] = {
		1, 3, 4, 5, 511, 512, 1ull << 20, (1ull << 31) - 1, 1ull << 31, (1ull << 32) - 4,
		1ull << 32, (1ull << 51) - 1, (1ull << 52) - 4, (1ull << 52) - 1,
	};
	int s = session_open(), fd = buf_alloc(s, 4 * PAGE);
	unsigned int i;
	void *p;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		EXPECT_TRUE(map_at(fd, 4 * PAGE, pages[i]) == MAP_FAILED);
		EXPECT_TRUE(map_at(fd, PAGE, pages[i]) == MAP_FAILED);
	}
	EXPECT_TRUE(map_at(fd, 5 * PAGE, 0) == MAP_FAILED);
	EXPECT_TRUE(map_at(fd, HUGE, 0) == MAP_FAILED);
	EXPECT_TRUE(map_at(fd, 1ull << 46, 0) == MAP_FAILED);
	EXPECT_EQ(buf_info(fd).out_mapped, 0);
	p = map_at(fd, 4 * PAGE, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	/* The end cannot be moved afterwards either, from no piece of it. */
	EXPECT_TRUE(mremap(p, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_TRUE(mremap(p + 3 * PAGE, PAGE, 2 * PAGE, 0) == MAP_FAILED);
	EXPECT_TRUE(mremap(p + 3 * PAGE, PAGE, HUGE, MREMAP_MAYMOVE) == MAP_FAILED);
	ASSERT_EQ(munmap(p, 3 * PAGE), 0);
	EXPECT_TRUE(mremap(p + 3 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_EQ(buf_wipe(fd), 4 * PAGE);
}

/* A large folio at the end of a buffer that is shorter must not be seen past it. */
TEST(nothing_past_the_last_page)
{
	int s = session_open(), i;
	struct buf b;

	for (i = 1; i < 40; i += 6) {
		b = buf_get(s, HUGE + i * PAGE);
		EXPECT_EQ(touch(b.p + b.length - 1, true), 0);
		ASSERT_TRUE(all_zero(b.p, b.length - PAGE));
		EXPECT_NE(mremap(b.p, b.length, b.length, 0), MAP_FAILED);
		buf_drop(&b);
	}
}

/* ---- labels ---------------------------------------------------------------------------- */

TEST(label_is_no_format)
{
	static const char label[WARD_LABEL_LEN] = "%s%n%px%p%999999d%hhn";
	struct ward_buf_alloc cmd = { .size = sizeof(cmd), .length = PAGE };
	struct ward_event rec[8];
	struct ward_events events = {
		.size = sizeof(events), .from_seq = 1, .addr = (uintptr_t)rec, .count = 8,
	};
	int s = session_open();

	memcpy(cmd.label, label, sizeof(label));
	ASSERT_EQ(ward_call(s, WARD_BUF_ALLOC, &cmd), 0);
	ASSERT_EQ(ward_call(s, WARD_EVENTS, &events), 0);
	ASSERT_GE(events.count, 2);
	EXPECT_MEMEQ(rec[events.count - 1].label, label, sizeof(label));
	EXPECT_EQ(buf_wipe(cmd.out_fd), PAGE);
}

/* ---- a number that is used before it was told -------------------------------------------- */

static struct {
	volatile int fd;
	volatile bool stop;
	unsigned long closed, told;
} guess;

/* The descriptor that comes next is no secret. */
static void *use_what_is_not_there_yet(void *unused)
{
	struct ward_buf_info info;
	void *p;

	(void)unused;
	while (!guess.stop) {
		info = (struct ward_buf_info) { .size = sizeof(info) };
		if (!ward_call(guess.fd, WARD_BUF_INFO, &info)) {
			guess.told++;
			p = buf_map(guess.fd, 4 * PAGE);
			if (p != MAP_FAILED) {
				touch(p, true);
				munmap(p, 4 * PAGE);
			}
		}
		if (!close(guess.fd))
			guess.closed++;
	}
	return NULL;
}

TEST_TIMEOUT(descriptor_is_whole_or_not_there, 300)
{
	int s = session_open(), i, fd;
	pthread_t thread;

	guess.fd = dup(s);
	close(guess.fd);
	ASSERT_EQ(pthread_create(&thread, NULL, use_what_is_not_there_yet, NULL), 0);
	for (i = 0; i < 3000; i++) {
		fd = buf_alloc(s, 4 * PAGE);
		ASSERT_GE(fd, 0);
		if (fd != guess.fd)
			close(fd);
	}
	guess.stop = true;
	pthread_join(thread, NULL);
	close(guess.fd);
	ktap_note("%lu closed and %lu looked at by the other thread", guess.closed, guess.told);
	EXPECT_EQ(session_info(s).out_live, 0);
}

/* ---- records that are read while they are written ------------------------------------------ */

static void *make_records(void *session)
{
	int s = *(int *)session;

	while (!guess.stop)
		close(buf_alloc(s, PAGE));
	return NULL;
}

TEST_TIMEOUT(records_are_read_whole, 300)
{
	static struct ward_event rec[64];
	int s = session_open();
	uint64_t from = 1;
	pthread_t thread;
	unsigned int i;

	ASSERT_EQ(pthread_create(&thread, NULL, make_records, &s), 0);
	while (from < 1000) {		/* the test's deadline bounds it */
		struct ward_events cmd = {
			.size = sizeof(cmd), .from_seq = from, .addr = (uintptr_t)rec, .count = 64,
		};
		int ret = ward_call(s, WARD_EVENTS, &cmd);

		ASSERT_TRUE(!ret || ret == -EMSGSIZE);
		for (i = 0; i < cmd.count; i++) {
			ASSERT_EQ(rec[i].seq, cmd.out_first_seq + i);
			ASSERT_TRUE(rec[i].type == WARD_EVENT_BUF_ALLOC ||
				    rec[i].type == WARD_EVENT_BUF_WIPE ||
				    rec[i].type == WARD_EVENT_SESSION_OPEN);
			if (rec[i].type != WARD_EVENT_SESSION_OPEN)
				ASSERT_EQ(rec[i].bytes, PAGE);
		}
		from = cmd.count ? cmd.out_first_seq + cmd.count : from;
	}
	guess.stop = true;
	pthread_join(thread, NULL);
}

KTAP_MAIN()
