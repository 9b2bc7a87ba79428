// SPDX-License-Identifier: MIT
/*
 * The module stays while anything of it is in use, goes when nothing is, and
 * leaves nothing behind when it comes again.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ward_test.h"

#define MODULE_FILE	"/lib/ward/ward.ko"
#define TSM_ENTRY	"/sys/kernel/config/tsm/report/ward"
#define TSM_GROUP	"/sys/kernel/config/ward/tsm"
#define TSM_LINK	TSM_GROUP "/source"

/* 0 or -errno; EAGAIN says that it is in use (libkmod and rmmod say EBUSY). */
static int unload(void)
{
	return syscall(SYS_delete_module, "ward", O_NONBLOCK) < 0 ? -errno : 0;
}

static int load(void)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC), ret;

	ASSERT_GE(fd, 0);
	ret = syscall(SYS_finit_module, fd, "", 0) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* References that fput() drops on the way to user space are gone soon. */
static int unload_soon(void)
{
	struct timespec nap = { .tv_nsec = 10000000 };
	int ret = unload(), i;

	for (i = 0; i < 500 && ret == -EAGAIN; i++) {
		nanosleep(&nap, NULL);
		ret = unload();
	}
	return ret;
}

/* What is set again after loading: the node's group, the provider's link. */
static struct stat node;
static bool linked;

static void set_up(void)
{
	ASSERT_EQ(stat(WARD_DEVICE, &node), 0);
	linked = access(TSM_LINK, F_OK) == 0;
	if (!linked)
		return;
	ASSERT_EQ(unlink(TSM_LINK), 0);
	ASSERT_EQ(rmdir(TSM_GROUP), 0);
}

static void reload(void)
{
	ASSERT_EQ(unload_soon(), 0);
	ASSERT_EQ(access(WARD_DEVICE, F_OK), -1);
	ASSERT_EQ(load(), 0);
	ASSERT_EQ(chown(WARD_DEVICE, node.st_uid, node.st_gid), 0);
}

/* The last reload of a test. */
static void restore(void)
{
	reload();
	if (!linked)
		return;
	ASSERT_EQ(mkdir(TSM_GROUP, 0755), 0);
	ASSERT_EQ(symlink(TSM_ENTRY, TSM_LINK), 0);
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

	set_up();
	ASSERT_GE(s, 0);
	EXPECT_EQ(unload(), -EAGAIN);
	close(s);
	restore();
}

TEST(a_buffer_keeps_it)
{
	int s, fd;

	set_up();
	s = session_open();
	fd = buf_alloc(s, PAGE);
	ASSERT_GE(fd, 0);
	close(s);
	EXPECT_EQ(unload(), -EAGAIN);
	close(fd);
	restore();
}

TEST(a_mapping_keeps_it)
{
	struct buf b;
	int s;

	set_up();
	s = session_open();
	b = buf_get(s, PAGE);
	close(s);
	close(b.fd);
	EXPECT_EQ(unload(), -EAGAIN);
	EXPECT_EQ(touch(b.p, true), 0);
	munmap(b.p, b.length);
	restore();
}

TEST(a_dead_buffer_keeps_it)
{
	struct buf b;
	int s;

	set_up();
	s = session_open();
	b = buf_get(s, PAGE);
	EXPECT_EQ(buf_wipe(b.fd), PAGE);
	close(s);
	EXPECT_EQ(unload(), -EAGAIN);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	buf_drop(&b);
	restore();
}

TEST(a_pin_keeps_it)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int s, fd;

	set_up();
	s = session_open();
	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	fd = buf_pin(s, p, PAGE);
	ASSERT_GE(fd, 0);
	close(s);
	EXPECT_EQ(unload(), -EAGAIN);
	close(fd);
	restore();
}

TEST(ids_do_not_come_again)
{
	struct ward_info before, after;
	uint64_t id;
	int s, fd;

	set_up();
	s = session_open();
	fd = buf_alloc(s, PAGE);
	id = buf_info(fd).out_id;
	before = session_info(s);
	close(fd);
	close(s);
	reload();
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

/* Whoever held it is killed, and it goes at once: no release is left running. */
TEST_TIMEOUT(killed_users_let_it_go, 300)
{
	int i;

	set_up();
	for (i = 0; i < 15; i++) {
		struct peer peer = peer_start(hold_everything);

		hear(peer.sock);
		ASSERT_EQ(unload(), -EAGAIN);
		kill(peer.pid, SIGKILL);
		reload();
		peer_wait(&peer);
	}
	restore();
}

KTAP_MAIN()
