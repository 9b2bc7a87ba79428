// SPDX-License-Identifier: MIT
/*
 * Memory that the machine declares broken (MCE, hwpoison) while a buffer lies
 * in it: the SGX driver freed poisoned pages back into use, and reclaim tripped
 * over them (commit 992801ae9243, "x86/sgx: Initial poison handling for dirty
 * and free pages"). Here: neither offlining takes the buffer's contents
 * elsewhere, the buffer ends as ever, and nobody gets the page again.
 *
 * The frame is found by what /proc/kpageflags says of class A: OFFLINE.
 */
#include "ward_test.h"

#define KPF_HWPOISON	(1ull << 19)
#define KPF_OFFLINE	(1ull << 23)
#define SYS_MEMORY	"/sys/devices/system/memory/"

static uint64_t frame_flags(int flags, uint64_t frame)
{
	uint64_t word = 0;

	return pread(flags, &word, sizeof(word), frame * 8) == sizeof(word) ? word : 0;
}

static int flags_open(void)
{
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		SKIP("no /proc/kpageflags");
	return fd;
}

/* The first frame that has @flag, from @frame on, or 0. */
static uint64_t frame_with(int flags, uint64_t flag, uint64_t frame)
{
	uint64_t words[512];
	ssize_t n;
	int i;

	for (; (n = pread(flags, words, sizeof(words), frame * 8)) > 0; frame += n / 8)
		for (i = 0; i < n / 8; i++)
			if (words[i] & flag)
				return frame + i;
	return 0;
}

/* 0 or -errno; the kernel takes an address, and its answer is its own business. */
static int take_offline(const char *how, uint64_t frame)
{
	char path[96], text[32];
	int fd, ret;

	snprintf(path, sizeof(path), SYS_MEMORY "%s_offline_page", how);
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)frame * PAGE);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		SKIP("this kernel takes no page offline");
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* Frames of buffers, and of nothing else, are marked so. */
TEST(frames_are_marked_while_they_are_held)
{
	int s = session_open(), flags = flags_open();
	uint64_t before = frame_with(flags, KPF_OFFLINE, 1), frame;
	struct ward_seal seal = { .size = sizeof(seal) };
	struct buf b = buf_get(s, HUGE);

	EXPECT_EQ(before, 0);
	frame = frame_with(flags, KPF_OFFLINE, 1);
	EXPECT_NE(frame, 0);
	EXPECT_EQ(buf_wipe(b.fd), HUGE);
	/* Wiped memory may lie in the session's pool, still marked, until it is sealed. */
	EXPECT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
	EXPECT_EQ(frame_flags(flags, frame) & KPF_OFFLINE, 0);
	EXPECT_EQ(frame_with(flags, KPF_OFFLINE, 1), 0);
}

TEST(soft_offline_moves_nothing)
{
	int s = session_open(), flags = flags_open();
	struct buf b = buf_get(s, HUGE);
	uint64_t seed = fresh_seed(), frame;

	fill_words(b.p, HUGE, seed);
	frame = frame_with(flags, KPF_OFFLINE, 1);
	ASSERT_NE(frame, 0);
	EXPECT_NE(take_offline("soft", frame + 3), 0);
	EXPECT_TRUE(frame_flags(flags, frame + 3) & KPF_OFFLINE);
	EXPECT_TRUE(has_words(b.p, HUGE, seed));
	EXPECT_EQ(buf_wipe(b.fd), HUGE);
}

/* What is left of memory after a while of use holds no page that is broken. */
static void use_memory(int s)
{
	struct buf b[8];
	int i;

	for (i = 0; i < 8; i++) {
		b[i] = buf_get(s, 2 * HUGE);
		ASSERT_TRUE(all_zero(b[i].p, b[i].length));
	}
	for (i = 0; i < 8; i++)
		buf_drop(&b[i]);
}

TEST_TIMEOUT(hard_offline_ends_with_the_buffer, 300)
{
	int s = session_open(), flags = flags_open(), ret;
	struct buf b = buf_get(s, HUGE);
	uint64_t seed = fresh_seed(), frame;

	fill_words(b.p, HUGE, seed);
	frame = frame_with(flags, KPF_OFFLINE, 1) + 5;
	ret = take_offline("hard", frame);
	ktap_note("the kernel answers %d; the frame is %smarked broken", ret,
		  frame_flags(flags, frame) & KPF_HWPOISON ? "" : "not ");
	EXPECT_EQ(touch(b.p, true), 0);
	EXPECT_EQ(buf_wipe(b.fd), HUGE);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(session_info(s).out_live, 0);
	use_memory(s);
	EXPECT_EQ(session_info(s).out_live, 0);
}

KTAP_MAIN()
