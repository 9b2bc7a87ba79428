// SPDX-License-Identifier: MIT
/*
 * Class B: the caller's anonymous memory, pinned and zeroed in place. What may
 * be pinned, that exactly that is zeroed, and that it happens at every end.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "pin_test.h"

#define LENGTH	(HUGE + 3 * PAGE)

TEST(wipe_zeroes_exactly_the_range)
{
	int s = session_open();
	unsigned char *p = pinnable(LENGTH + 2 * PAGE);
	struct ward_buf_info info;
	int fd;

	memset(p, 0xa5, LENGTH + 2 * PAGE);
	fd = buf_pin(s, p + PAGE, LENGTH);
	ASSERT_GE(fd, 0);
	info = buf_info(fd);
	EXPECT_EQ(info.out_class, WARD_CLASS_B);
	EXPECT_EQ(info.out_length, LENGTH);
	EXPECT_EQ(info.out_mapped, 0);
	EXPECT_EQ(session_info(s).out_live_b, LENGTH);
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_EQ(p[PAGE], 0xa5);

	EXPECT_EQ(buf_wipe(fd), LENGTH);
	EXPECT_TRUE(all_zero(p + PAGE, LENGTH));
	EXPECT_EQ(p[PAGE - 1], 0xa5);
	EXPECT_EQ(p[PAGE + LENGTH], 0xa5);
	EXPECT_EQ(buf_info(fd).out_end, WARD_END_WIPE);
	EXPECT_EQ(session_info(s).out_live_b, 0);
	EXPECT_EQ(buf_wipe(fd), 0);
	EXPECT_EQ(touch(p + PAGE, true), 0);
}

TEST(close_zeroes)
{
	int s = session_open();
	unsigned char *p = pinnable(LENGTH);
	int fd;

	memset(p, 0xa5, LENGTH);
	fd = buf_pin(s, p, LENGTH);
	ASSERT_GE(fd, 0);
	close(fd);
	EXPECT_TRUE(all_zero(p, LENGTH));
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

TEST(what_the_owner_unmapped_is_zeroed_all_the_same)
{
	int s = session_open();
	unsigned char *p = pinnable(LENGTH);
	int fd;

	memset(p, 0xa5, LENGTH);
	fd = buf_pin(s, p, LENGTH);
	ASSERT_GE(fd, 0);
	munmap(p, LENGTH);
	EXPECT_EQ(wait_end(fd), WARD_END_UNMAP);
	EXPECT_EQ(session_info(s).out_live_b, 0);
	EXPECT_EQ(buf_wipe(fd), 0);
}

/* One page of it in the middle: the rest is zeroed under its owner's eyes. */
TEST(unmapping_a_part_ends_it)
{
	int s = session_open();
	unsigned char *p = pinnable(LENGTH);
	int fd;

	memset(p, 0xa5, LENGTH);
	fd = buf_pin(s, p, LENGTH);
	ASSERT_GE(fd, 0);
	munmap(p + HUGE / 2, PAGE);
	EXPECT_EQ(wait_end(fd), WARD_END_UNMAP);
	EXPECT_TRUE(all_zero(p, HUGE / 2));
	EXPECT_TRUE(all_zero(p + HUGE / 2 + PAGE, LENGTH - HUGE / 2 - PAGE));
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

TEST(moving_it_ends_it)
{
	int s = session_open();
	unsigned char *p = pinnable(2 * PAGE), *to = anon(2 * PAGE, MAP_PRIVATE);
	int fd;

	memset(p, 0xa5, 2 * PAGE);
	fd = buf_pin(s, p, 2 * PAGE);
	ASSERT_GE(fd, 0);
	ASSERT_TRUE(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	EXPECT_EQ(wait_end(fd), WARD_END_UNMAP);
	EXPECT_TRUE(all_zero(to, 2 * PAGE));
}

/* Neighbours, splitting, protection and copies are no end. */
TEST(what_is_no_end)
{
	int s = session_open();
	unsigned char *p = pinnable(3 * HUGE), *q;
	int fd;

	q = (void *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
	madvise(q, HUGE, MADV_HUGEPAGE);
	memset(p, 0xa5, 3 * HUGE);
	fd = buf_pin(s, q, HUGE);
	ASSERT_GE(fd, 0);
	munmap(q + HUGE, PAGE);
	munmap(q - PAGE, q > p ? PAGE : 0);
	EXPECT_EQ(mprotect(q, PAGE, PROT_READ), 0);
	EXPECT_EQ(mprotect(q, PAGE, PROT_READ | PROT_WRITE), 0);
	madvise(q, HUGE, MADV_COLD);
	madvise(q, HUGE, MADV_PAGEOUT);
	EXPECT_EQ(madvise(q + PAGE, PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(q[PAGE], 0);
	usleep(50000);
	EXPECT_EQ(buf_info(fd).out_end, 0);
	EXPECT_EQ(q[0], 0xa5);
	EXPECT_EQ(buf_wipe(fd), HUGE);
	EXPECT_TRUE(all_zero(q, HUGE));
}

/* ---- registration before content --------------------------------------------- */

TEST(clean_means_that_not_one_byte_is_set)
{
	static const size_t at[] = { 0, 4095, PAGE, HUGE, LENGTH - 1 };
	int s = session_open(), fd;
	unsigned char *p = pinnable(LENGTH + PAGE);
	unsigned int i;

	memset(p + LENGTH, 0xa5, PAGE);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		p[at[i]] = 1;
		EXPECT_EQ(pin_clean(s, p, LENGTH), -ENOTEMPTY);
		EXPECT_EQ(p[at[i]], 1);
		EXPECT_EQ(session_info(s).out_live_b, 0);
		p[at[i]] = 0;
	}
	fd = pin_clean(s, p, LENGTH);
	ASSERT_GE(fd, 0);
	EXPECT_TRUE(buf_info(fd).out_protection & WARD_PROTECT_CLEAN);
	p[5] = 1;
	close(fd);
	EXPECT_EQ(p[5], 0);
}

/* What was charged for it is given back once: what others hold stays charged. */
TEST(one_that_fails_costs_nobody_else)
{
	unsigned char *held = pinnable(2 * PAGE), *dirty = pinnable(PAGE);
	int s = session_open(), fd = buf_pin(s, held, 2 * PAGE);

	ASSERT_GE(fd, 0);
	dirty[0] = 1;
	EXPECT_EQ(pin_clean(s, dirty, PAGE), -ENOTEMPTY);
	EXPECT_EQ(session_info(s).out_live_b, 2 * PAGE);
	close(fd);
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

TEST(it_says_what_protection_was_obtained)
{
	int s = session_open(), fd;
	unsigned char *p = pinnable(2 * PAGE);

	fd = buf_pin(s, p, 2 * PAGE);
	EXPECT_EQ(buf_info(fd).out_protection, WARD_PROTECT_WIPED |
		  WARD_PROTECT_NO_SWAP | WARD_PROTECT_NO_FORK);
	close(fd);
	/* All of it, or it is not said. */
	ASSERT_EQ(madvise(p, PAGE, MADV_DONTDUMP), 0);
	fd = buf_pin(s, p, 2 * PAGE);
	EXPECT_EQ(buf_info(fd).out_protection & WARD_PROTECT_NO_DUMP, 0);
	close(fd);
	ASSERT_EQ(madvise(p, 2 * PAGE, MADV_DONTDUMP), 0);
	fd = buf_pin(s, p, 2 * PAGE);
	EXPECT_TRUE(buf_info(fd).out_protection & WARD_PROTECT_NO_DUMP);
	EXPECT_EQ(buf_info(fd).out_present, 2 * PAGE);
	close(fd);
}

static unsigned char *race_range;
static volatile bool race_over;
static volatile int race_pinned;

/* On a slow machine no pin is quick enough: now and then wait until one was had. */
static void let_one_pin(void)
{
	int had = race_pinned, patience = 100000;

	while (race_pinned == had && !race_over && patience--)
		sched_yield();
}

static void *unmap_and_map(void *unused)
{
	unsigned int round;

	for (round = 0; !race_over; round++) {
		munmap(race_range, 4 * PAGE);
		if (mmap(race_range, 4 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == race_range)
			madvise(race_range, 4 * PAGE, MADV_DONTFORK);
		if (round % 32 == 31)
			let_one_pin();
	}
	return unused;
}

/* Whatever comes first, nothing stays pinned that its owner has unmapped. */
TEST(unmapping_while_it_is_being_pinned)
{
	int s = session_open(), fd, i;
	pthread_t thread;

	race_range = pinnable(4 * PAGE);
	ASSERT_EQ(pthread_create(&thread, NULL, unmap_and_map, NULL), 0);
	for (i = 0; i < 5000 && (race_pinned < 10 || i < 500); i++) {
		fd = buf_pin(s, race_range, 4 * PAGE);
		if (fd < 0)
			continue;
		race_pinned++;
		EXPECT_EQ(wait_end(fd), WARD_END_UNMAP);
		close(fd);
	}
	race_over = true;
	pthread_join(thread, NULL);
	ktap_note("%d of %d attempts pinned", race_pinned, i);
	EXPECT_GT(race_pinned, 0);
	EXPECT_EQ(session_info(s).out_live_b, 0);
}

TEST(untouched_memory_may_be_pinned)
{
	int s = session_open();
	unsigned char *p = pinnable(LENGTH);
	int fd = buf_pin(s, p, LENGTH);

	ASSERT_GE(fd, 0);
	memset(p, 1, LENGTH);
	close(fd);
	EXPECT_TRUE(all_zero(p, LENGTH));
}

TEST(fork_would_copy)
{
	int s = session_open();

	EXPECT_EQ(buf_pin(s, anon(PAGE, MAP_PRIVATE), PAGE), -EPERM);
	EXPECT_EQ(session_pressure(s).out_peak, 0);
}

TEST(one_page_that_fork_would_copy)
{
	int s = session_open();
	unsigned char *p = pinnable(8 * PAGE);

	ASSERT_EQ(madvise(p + 5 * PAGE, PAGE, MADV_DOFORK), 0);
	EXPECT_EQ(buf_pin(s, p, 8 * PAGE), -EPERM);
	EXPECT_GE(buf_pin(s, p, 5 * PAGE), 0);
	EXPECT_GE(buf_pin(s, p + 6 * PAGE, 2 * PAGE), 0);
}

TEST(read_only_memory)
{
	int s = session_open();
	unsigned char *p = pinnable(2 * PAGE);

	ASSERT_EQ(mprotect(p, 2 * PAGE, PROT_READ), 0);
	EXPECT_EQ(buf_pin(s, p, 2 * PAGE), -EPERM);
}

TEST(other_kinds_of_memory)
{
	int s = session_open();
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	unsigned char *shared = anon(PAGE, MAP_SHARED), *mapped;

	EXPECT_EQ(buf_pin(s, shared, PAGE), -EOPNOTSUPP);
	ASSERT_EQ(ftruncate(file, PAGE), 0);
	mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	ASSERT_TRUE(mapped != MAP_FAILED);
	mapped[0] = 1;
	ASSERT_EQ(madvise(mapped, PAGE, MADV_DONTFORK), 0);
	EXPECT_EQ(buf_pin(s, mapped, PAGE), -EOPNOTSUPP);
	EXPECT_EQ(mapped[0], 1);
}

TEST(ranges)
{
	int s = session_open();
	unsigned char *p = pinnable(4 * PAGE);

	EXPECT_EQ(buf_pin(s, p, 0), -EINVAL);
	EXPECT_EQ(buf_pin(s, p, 1), -EINVAL);
	EXPECT_EQ(buf_pin(s, p + 1, PAGE), -EINVAL);
	EXPECT_EQ(buf_pin(s, p, WARD_PIN_MAX + PAGE), -EINVAL);
	EXPECT_EQ(buf_pin(s, p, 1ull << 63), -EINVAL);
	EXPECT_EQ(buf_pin(s, (void *)-PAGE, PAGE), -EFAULT);
	EXPECT_EQ(buf_pin(s, (void *)(1ul << 62), PAGE), -EFAULT);
	EXPECT_EQ(buf_pin(s, NULL, PAGE), -EFAULT);
	munmap(p + 2 * PAGE, PAGE);
	EXPECT_EQ(buf_pin(s, p, 4 * PAGE), -EFAULT);
	EXPECT_EQ(session_info(s).out_live_b, 0);
	EXPECT_EQ(session_pressure(s).out_peak, 0);
	EXPECT_GE(buf_pin(s, p, 2 * PAGE), 0);
}

TEST(no_mapping_of_its_fd)
{
	int s = session_open();
	int fd = buf_pin(s, pinnable(PAGE), PAGE);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(try_map(fd, PAGE, PROT_READ, MAP_SHARED, 0), -ENODEV);
}

TEST(sealed_session_pins_no_more)
{
	int s = session_open();
	struct ward_seal seal = { .size = sizeof(seal) };

	ASSERT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
	EXPECT_EQ(buf_pin(s, pinnable(PAGE), PAGE), -ESHUTDOWN);
}

TEST(chain_tells_the_same)
{
	int s = session_open();
	struct ward_event rec[8];
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)rec, .count = 8,
	};
	int fd = buf_pin(s, pinnable(PAGE), PAGE);

	ASSERT_GE(fd, 0);
	close(fd);
	ASSERT_EQ(ward_call(s, WARD_EVENTS, &cmd), 0);
	ASSERT_EQ(cmd.count, 3);
	EXPECT_EQ(rec[1].type, WARD_EVENT_BUF_PIN);
	EXPECT_EQ(rec[1].class, WARD_CLASS_B);
	EXPECT_EQ(rec[2].type, WARD_EVENT_BUF_UNPIN);
	EXPECT_EQ(rec[2].reason, WARD_END_CLOSE);
	EXPECT_EQ(rec[2].bytes, PAGE);
}

/* ---- the owner's end ---------------------------------------------------------- */

static void pin_and_wait(int sock)
{
	int s = session_open();
	unsigned char *p = pinnable(LENGTH);
	int fd;

	memset(p, 0xa5, LENGTH);
	fd = buf_pin(s, p, LENGTH);
	ASSERT_GE(fd, 0);
	send_fd(sock, s);
	send_fd(sock, fd);
	hear(sock);
}

TEST(sigkill_of_the_owner_with_the_fd_elsewhere)
{
	struct peer peer = peer_start(pin_and_wait);
	int s = recv_fd(peer.sock), fd = recv_fd(peer.sock);

	EXPECT_EQ(session_info(s).out_live_b, LENGTH);
	peer_kill(&peer);
	EXPECT_EQ(buf_info(fd).out_end, WARD_END_MM);
	EXPECT_EQ(session_info(s).out_live_b, 0);
	EXPECT_EQ(buf_wipe(fd), 0);
}

/* A child that shares nothing of it sees what fork gives it: nothing. */
static unsigned char *parent_memory;

static void child_looks(int sock)
{
	(void)sock;
	ASSERT_EQ(touch(parent_memory, false), SIGSEGV);
}

TEST(child_gets_no_copy)
{
	int s = session_open();
	struct peer peer;

	parent_memory = pinnable(PAGE);
	memset(parent_memory, 0xa5, PAGE);
	ASSERT_GE(buf_pin(s, parent_memory, PAGE), 0);
	peer = peer_start(child_looks);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(parent_memory[0], 0xa5);
}

/* ---- memory that changes its kind between check and pin ------------------------- */


static struct {
	unsigned char *p;
	int file;
	volatile bool stop;
} swap_race;

/* The range is now anonymous, now a shared file that nobody may zero. */
static void *swap_kinds(void *unused)
{
	const int rw = PROT_READ | PROT_WRITE;

	(void)unused;
	while (!swap_race.stop) {
		mmap(swap_race.p, 4 * PAGE, rw, MAP_SHARED | MAP_FIXED, swap_race.file, 0);
		mmap(swap_race.p, 4 * PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		madvise(swap_race.p, 4 * PAGE, MADV_DONTFORK);
	}
	return NULL;
}

TEST(file_is_never_zeroed_by_a_race)
{
	unsigned char mark[4 * PAGE], seen[4 * PAGE];
	int s = session_open(), i, fd, pinned = 0;
	pthread_t thread;

	memset(mark, 0x77, sizeof(mark));
	swap_race.file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	swap_race.p = pinnable(4 * PAGE);
	ASSERT_EQ(pwrite(swap_race.file, mark, sizeof(mark), 0), sizeof(mark));
	ASSERT_EQ(pthread_create(&thread, NULL, swap_kinds, NULL), 0);
	for (i = 0; i < 3000; i++) {
		fd = buf_pin(s, swap_race.p, 4 * PAGE);
		EXPECT_TRUE(fd >= 0 || fd == -EOPNOTSUPP || fd == -EPERM || fd == -EFAULT);
		pinned += fd >= 0;
		if (fd >= 0)
			close(fd);
	}
	swap_race.stop = true;
	pthread_join(thread, NULL);
	ASSERT_EQ(pread(swap_race.file, seen, sizeof(seen), 0), sizeof(seen));
	EXPECT_MEMEQ(seen, mark, sizeof(mark));
	EXPECT_EQ(session_info(s).out_live_b, 0);
	ktap_note("%d of %d pins succeeded", pinned, i);
}

KTAP_MAIN()
