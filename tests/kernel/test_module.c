// SPDX-License-Identifier: MIT
/*
 * The module stays while anything of it is in use, goes when nothing is, and
 * leaves nothing behind when it comes again.
 */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "attest_test.h"
#include "module_test.h"
#include "wire.h"

/* The last reload of a test. */
static void restore(void)
{
	module_reload();
	module_fasten();
}

TEST(node_is_for_root_and_its_group)
{
	struct stat st;

	ASSERT_EQ(stat(WARD_DEVICE, &st), 0);
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(st.st_mode & 07777, 0660);
}

TEST(a_session_keeps_it)
{
	int s = session_open();

	module_loosen();
	ASSERT_GE(s, 0);
	EXPECT_EQ(module_unload(), -EAGAIN);
	close(s);
	restore();
}

TEST(a_buffer_keeps_it)
{
	int s, fd;

	module_loosen();
	s = session_open();
	fd = buf_alloc(s, PAGE);
	ASSERT_GE(fd, 0);
	close(s);
	EXPECT_EQ(module_unload(), -EAGAIN);
	close(fd);
	restore();
}

TEST(a_mapping_keeps_it)
{
	struct buf b;
	int s;

	module_loosen();
	s = session_open();
	b = buf_get(s, PAGE);
	close(s);
	close(b.fd);
	EXPECT_EQ(module_unload(), -EAGAIN);
	EXPECT_EQ(touch(b.p, true), 0);
	munmap(b.p, b.length);
	restore();
}

TEST(a_dead_buffer_keeps_it)
{
	struct buf b;
	int s;

	module_loosen();
	s = session_open();
	b = buf_get(s, PAGE);
	EXPECT_EQ(buf_wipe(b.fd), PAGE);
	close(s);
	EXPECT_EQ(module_unload(), -EAGAIN);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	buf_drop(&b);
	restore();
}

TEST(a_pin_keeps_it)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int s, fd;

	module_loosen();
	s = session_open();
	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	fd = buf_pin(s, p, PAGE);
	ASSERT_GE(fd, 0);
	close(s);
	EXPECT_EQ(module_unload(), -EAGAIN);
	close(fd);
	restore();
}

/* O_PATH opens the inode anew: no file of ours, and still our file system. */
static int path_of(int fd)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return open(name, O_PATH | O_CLOEXEC);
}

/* It went, and closing the path killed the kernel. */
TEST(a_path_keeps_it)
{
	int s, fd, path;

	module_loosen();
	s = session_open();
	fd = buf_alloc(s, PAGE);
	ASSERT_GE(fd, 0);
	path = path_of(fd);
	ASSERT_GE(path, 0);
	close(fd);
	close(s);
	EXPECT_EQ(module_unload(), -EAGAIN);
	close(path);
	restore();
}

TEST(ids_do_not_come_again)
{
	struct ward_info before, after;
	uint64_t id;
	int s, fd;

	module_loosen();
	s = session_open();
	fd = buf_alloc(s, PAGE);
	id = buf_info(fd).out_id;
	before = session_info(s);
	close(fd);
	close(s);
	module_reload();
	s = session_open();
	fd = buf_alloc(s, PAGE);
	after = session_info(s);
	EXPECT_GT(buf_info(fd).out_id, id);
	EXPECT_TRUE(memcmp(before.out_instance, after.out_instance, WARD_ID_LEN) != 0);
	EXPECT_EQ(session_pressure(s).out_live_global, PAGE);
	close(fd);
	close(s);
	restore();
}

static void hold_everything(int sock)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill_words(b.p, b.length, 5);
	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	ASSERT_GE(buf_pin(s, p, PAGE), 0);
	say(sock);
	hear(sock);
}

/* It loads, with what each parameter stands for: bounds, which nobody gets around so. */
TEST(parameters_without_sense)
{
	uint64_t limit;
	int s;

	module_loosen();
	module_reload();
	s = session_open();
	limit = session_pressure(s).out_limit_global;
	close(s);
	ASSERT_EQ(module_unload_soon(), 0);
	ASSERT_EQ(module_load_with("limit=many pool=more attest_burst=0 attest_user_burst=5000 "
				   "attest_interval_ms=3600001"), 0);
	module_regroup();
	s = session_open();
	EXPECT_EQ(session_pressure(s).out_limit_global, limit);
	close(s);
	EXPECT_EQ(provider_get(WARD_A_CALL_BURST), 1);
	EXPECT_EQ(provider_get(WARD_A_ASK_BURST), 4096);
	EXPECT_EQ(provider_get(WARD_A_CALL_MS), 3600000);
	restore();
}

/* Whoever held it is killed, and it goes at once: no release is left running. */
TEST_TIMEOUT(killed_users_let_it_go, 300)
{
	int i;

	module_loosen();
	for (i = 0; i < 15; i++) {
		struct peer peer = peer_start(hold_everything);

		hear(peer.sock);
		ASSERT_EQ(module_unload(), -EAGAIN);
		kill(peer.pid, SIGKILL);
		module_reload();
		peer_wait(&peer);
	}
	restore();
}

KTAP_MAIN()
