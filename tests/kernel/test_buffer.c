// SPDX-License-Identifier: MIT
/*
 * Class A buffers: what may be allocated and mapped, what each way of mapping
 * answers, and that the ledger and the chain say the same as the memory does.
 * How buffers end is in test_end.c, who else can reach them in test_reach.c.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "ward_test.h"

TEST(fresh_memory_is_zero_and_mine)
{
	int s = session_open();
	struct buf b = buf_get(s, 3 * HUGE + 5 * PAGE);
	struct ward_buf_info info = buf_info(b.fd);
	uint64_t seed = fresh_seed();

	EXPECT_TRUE(all_zero(b.p, b.length));
	fill_words(b.p, b.length, seed);
	EXPECT_TRUE(has_words(b.p, b.length, seed));
	EXPECT_EQ(info.out_class, WARD_CLASS_A);
	EXPECT_EQ(info.out_end, WARD_END_NONE);
	EXPECT_EQ(info.out_length, b.length);
	EXPECT_EQ(info.out_mapped, 1);
	EXPECT_TRUE(info.out_huge <= b.length && info.out_huge % HUGE == 0);
	EXPECT_TRUE(info.out_id != 0);
}

TEST(reused_memory_is_zero)
{
	int s = session_open(), i;

	for (i = 0; i < 20; i++) {
		struct buf b = buf_get(s, 8 * HUGE);

		ASSERT_TRUE(all_zero(b.p, b.length));
		fill_words(b.p, b.length, fresh_seed());
		buf_drop(&b);
	}
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(sizes)
{
	static const struct {
		uint64_t length;
		int error;
	} cases[] = {
		{ 0, EINVAL }, { 1, EINVAL }, { PAGE - 1, EINVAL },
		{ PAGE + 1, EINVAL }, { (1ull << 32) - 1, EINVAL },
		{ (1ull << 32) + 1, EINVAL }, { ~0ull, EINVAL },
		{ (1ull << 63) + 1, EINVAL }, { 1ull << 63, EDQUOT },
		{ -PAGE, EDQUOT }, { 1ull << 44, EDQUOT },
	};
	int s = session_open();
	uint64_t limit = session_info(s).out_limit, failed;
	unsigned int i, quota = 0;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(buf_alloc(s, cases[i].length), -cases[i].error);
		quota += cases[i].error == EDQUOT;
	}
	EXPECT_EQ(buf_alloc(s, limit + PAGE), -EDQUOT);
	failed = session_pressure(s).out_failed;
	EXPECT_EQ(failed, quota + 1);
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_EQ(session_pressure(s).out_peak, 0);
}

TEST(odd_sizes_work)
{
	static const uint64_t pages[] = { 1, 2, 3, 511, 512, 513, 1023, 1025, 1537 };
	int s = session_open();
	unsigned int i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct buf b = buf_get(s, pages[i] * PAGE);
		uint64_t seed = fresh_seed();

		EXPECT_EQ(session_info(s).out_live, b.length);
		EXPECT_TRUE(all_zero(b.p, b.length));
		fill_words(b.p, b.length, seed);
		EXPECT_TRUE(has_words(b.p, b.length, seed));
		EXPECT_EQ(touch(b.p + b.length - 1, true), 0);
		buf_drop(&b);
	}
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(huge_folios_where_the_kernel_has_them)
{
	int s = session_open();
	struct buf b = buf_get(s, 16 * HUGE);

	if (!(session_info(s).out_features & WARD_FEATURE_HUGE))
		SKIP("this kernel maps buffers by 4 KiB");
	EXPECT_TRUE(buf_info(b.fd).out_huge > 0);
	EXPECT_EQ((uintptr_t)b.p % HUGE, 0);
}

TEST(second_mapping_is_refused)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE);

	EXPECT_EQ(try_map(b.fd, b.length, PROT_READ, MAP_SHARED, 0), -EBUSY);
	EXPECT_EQ(touch(b.p, true), 0);
	EXPECT_EQ(buf_info(b.fd).out_mapped, 1);
}

TEST(mapping_again_after_munmap_keeps_contents)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE + PAGE);
	uint64_t seed = fresh_seed();

	fill_words(b.p, b.length, seed);
	ASSERT_EQ(munmap(b.p, b.length), 0);
	EXPECT_EQ(buf_info(b.fd).out_mapped, 0);
	EXPECT_EQ(session_info(s).out_live, b.length);
	b.p = buf_map(b.fd, b.length);
	ASSERT_TRUE(b.p != MAP_FAILED);
	EXPECT_TRUE(has_words(b.p, b.length, seed));
}

TEST(wrong_mappings)
{
	const int rw = PROT_READ | PROT_WRITE;
	int s = session_open();
	int fd = buf_alloc(s, 4 * PAGE);

	ASSERT_TRUE(fd >= 0);
	EXPECT_EQ(try_map(fd, 4 * PAGE, rw, MAP_PRIVATE, 0), -EINVAL);
	EXPECT_EQ(try_map(fd, 4 * PAGE, PROT_READ, MAP_PRIVATE, 0), -EINVAL);
	EXPECT_EQ(try_map(fd, 4 * PAGE, rw, MAP_SHARED, PAGE), -EINVAL);
	EXPECT_EQ(try_map(fd, 3 * PAGE, rw, MAP_SHARED, 0), -EINVAL);
	EXPECT_EQ(try_map(fd, 5 * PAGE, rw, MAP_SHARED, 0), -EINVAL);
	EXPECT_EQ(try_map(fd, 3 * PAGE, rw, MAP_SHARED, PAGE), -EINVAL);
	EXPECT_EQ(try_map(fd, 4 * PAGE, rw | PROT_EXEC, MAP_SHARED, 0), -EPERM);
	EXPECT_EQ(try_map(fd, 4 * PAGE, PROT_EXEC, MAP_SHARED, 0), -EPERM);
	EXPECT_EQ(buf_info(fd).out_mapped, 0);
	EXPECT_EQ(try_map(fd, 4 * PAGE, rw, MAP_SHARED, 0), 0);
}

TEST(never_executable_later)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * PAGE);

	EXPECT_TRUE(mprotect(b.p, b.length, PROT_READ | PROT_EXEC) < 0 && errno == EACCES);
	EXPECT_EQ(touch(b.p, true), 0);
}

TEST(mprotect_splits_and_holds)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);

	fill_words(b.p, b.length, 7);
	ASSERT_EQ(mprotect(b.p + PAGE, HUGE, PROT_READ), 0);
	EXPECT_EQ(touch(b.p + PAGE, true), SIGSEGV);
	EXPECT_EQ(touch(b.p + PAGE, false), 0);
	EXPECT_EQ(try_map(b.fd, b.length, PROT_READ, MAP_SHARED, 0), -EBUSY);
	ASSERT_EQ(mprotect(b.p, b.length, PROT_READ | PROT_WRITE), 0);
	EXPECT_TRUE(has_words(b.p, b.length, 7));
	EXPECT_EQ(touch(b.p + PAGE, true), 0);
}

TEST(partial_munmap)
{
	int s = session_open();
	struct buf b = buf_get(s, 4 * HUGE);
	unsigned char *hole = b.p + HUGE + 3 * PAGE;

	fill_words(b.p, b.length, 9);
	ASSERT_EQ(munmap(hole, HUGE), 0);
	EXPECT_EQ(touch(hole, false), SIGSEGV);
	EXPECT_EQ(touch(hole - PAGE, false), 0);
	EXPECT_EQ(touch(hole + HUGE, false), 0);
	EXPECT_EQ(try_map(b.fd, b.length, PROT_READ, MAP_SHARED, 0), -EBUSY);
	EXPECT_EQ(session_info(s).out_live, b.length);
	ASSERT_EQ(munmap(b.p, b.length), 0);
	EXPECT_EQ(buf_info(b.fd).out_mapped, 0);
	b.p = buf_map(b.fd, b.length);
	ASSERT_TRUE(b.p != MAP_FAILED);
	EXPECT_TRUE(has_words(b.p, b.length, 9));
}

TEST(partial_munmap_then_wipe)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);

	fill_words(b.p, b.length, 9);
	ASSERT_EQ(munmap(b.p + PAGE, PAGE), 0);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(touch(b.p + PAGE, false), SIGSEGV);
	EXPECT_EQ(touch(b.p + 2 * PAGE, false), SIGBUS);
}

TEST(mremap_may_move_but_not_grow)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);
	void *to;

	fill_words(b.p, b.length, 11);
	EXPECT_TRUE(mremap(b.p, b.length, b.length + PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_TRUE(mremap(b.p, 0, b.length, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_TRUE(mremap(b.p, b.length, b.length, MREMAP_MAYMOVE | 4) == MAP_FAILED);

	to = mmap(NULL, b.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(to != MAP_FAILED);
	ASSERT_TRUE(mremap(b.p, b.length, b.length, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	EXPECT_EQ(touch(b.p, false), SIGSEGV);
	EXPECT_TRUE(has_words(to, b.length, 11));
	EXPECT_EQ(try_map(b.fd, b.length, PROT_READ, MAP_SHARED, 0), -EBUSY);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(to, false), SIGBUS);
	munmap(to, b.length);
	EXPECT_EQ(buf_info(b.fd).out_mapped, 0);
}

TEST(mremap_of_a_part)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);
	unsigned char *to;

	fill_words(b.p, b.length, 12);
	to = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(mremap(b.p + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		      to) == to);
	EXPECT_EQ(touch(b.p + PAGE, false), SIGSEGV);
	EXPECT_EQ(touch(to, false), 0);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(to, false), SIGBUS);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
}

TEST(unaligned_address_works)
{
	int s = session_open();
	int fd = buf_alloc(s, 2 * HUGE);
	unsigned char *room, *p;

	room = mmap(NULL, 4 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(fd >= 0 && room != MAP_FAILED);
	p = room + HUGE - (uintptr_t)room % HUGE + 3 * PAGE;
	ASSERT_TRUE(mmap(p, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    fd, 0) == p);
	EXPECT_TRUE(all_zero(p, 2 * HUGE));
	fill_words(p, 2 * HUGE, 13);
	EXPECT_TRUE(has_words(p, 2 * HUGE, 13));
	EXPECT_EQ(buf_wipe(fd), 2 * HUGE);
	EXPECT_EQ(touch(p, false), SIGBUS);
}

TEST(read_first_then_write)
{
	int s = session_open();
	int fd = buf_alloc(s, HUGE);
	unsigned char *p;

	ASSERT_TRUE(fd >= 0);
	p = mmap(NULL, HUGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	EXPECT_EQ(touch(p, false), 0);
	EXPECT_EQ(touch(p, true), SIGSEGV);
	ASSERT_EQ(mprotect(p, HUGE, PROT_READ | PROT_WRITE), 0);
	EXPECT_EQ(touch(p, true), 0);
	EXPECT_EQ(p[0], 0x5a);
}

TEST(madvise_cannot_undo_the_flags)
{
	static const int advices[] = { MADV_DOFORK, MADV_DODUMP, MADV_DONTNEED, MADV_REMOVE };
	int s = session_open();
	struct buf b = buf_get(s, 2 * PAGE);
	unsigned int i;

	for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		EXPECT_TRUE(madvise(b.p, b.length, advices[i]) < 0);
	EXPECT_EQ(touch(b.p, false), 0);
}

TEST(mapping_outlives_the_fd)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE);

	close(b.fd);
	fill_words(b.p, b.length, 15);
	EXPECT_TRUE(has_words(b.p, b.length, 15));
	EXPECT_EQ(session_info(s).out_live, b.length);
	munmap(b.p, b.length);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(buffer_outlives_the_session_fd)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE);

	close(s);
	EXPECT_EQ(touch(b.p, true), 0);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(b.p, true), SIGBUS);
}

TEST(sealed_session_allocates_no_more)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE);
	struct ward_seal seal = { .size = sizeof(seal) };

	ASSERT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
	EXPECT_EQ(seal.out_live, b.length);
	EXPECT_EQ(buf_alloc(s, PAGE), -ESHUTDOWN);
	EXPECT_EQ(touch(b.p, true), 0);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
	EXPECT_EQ(seal.out_live, 0);
}

TEST(out_of_descriptors_leaves_nothing)
{
	struct rlimit lim = { .rlim_cur = 0, .rlim_max = 0 };
	int s = session_open();

	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lim), 0);
	EXPECT_EQ(buf_alloc(s, HUGE), -EMFILE);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(unwritable_reply_leaves_nothing)
{
	int s = session_open();
	struct ward_buf_alloc *cmd = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int next = dup(s), after;

	close(next);
	*cmd = (struct ward_buf_alloc){ .size = sizeof(*cmd), .length = HUGE };
	ASSERT_EQ(mprotect(cmd, PAGE, PROT_READ), 0);
	EXPECT_EQ(ward_call(s, WARD_BUF_ALLOC, cmd), -EFAULT);
	after = dup(s);
	EXPECT_EQ(after, next);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(descriptor_is_closed_on_exec_and_not_a_stream)
{
	int s = session_open();
	int fd = buf_alloc(s, PAGE);
	char c;

	EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EXPECT_TRUE(read(fd, &c, 1) < 0 && errno == EINVAL);
	EXPECT_TRUE(write(fd, &c, 1) < 0 && errno == EINVAL);
	EXPECT_TRUE(ftruncate(fd, 0) < 0);
}

TEST(chain_tells_the_same)
{
	int s = session_open();
	struct ward_event rec[8];
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)rec, .count = 8,
	};
	struct buf b = buf_get(s, 2 * PAGE);
	uint64_t id = buf_info(b.fd).out_id;

	buf_drop(&b);
	ASSERT_EQ(ward_call(s, WARD_EVENTS, &cmd), 0);
	ASSERT_EQ(cmd.count, 3);
	EXPECT_EQ(rec[1].type, WARD_EVENT_BUF_ALLOC);
	EXPECT_EQ(rec[1].id, id);
	EXPECT_EQ(rec[1].bytes, 2 * PAGE);
	EXPECT_EQ(rec[1].class, WARD_CLASS_A);
	EXPECT_EQ(memcmp(rec[1].label, "test", 5), 0);
	EXPECT_EQ(rec[2].type, WARD_EVENT_BUF_WIPE);
	EXPECT_EQ(rec[2].reason, WARD_END_CLOSE);
	EXPECT_EQ(rec[2].id, id);
	EXPECT_TRUE(rec[2].cost_ns > 0);
}

KTAP_MAIN()
