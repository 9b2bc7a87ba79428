// SPDX-License-Identifier: MIT
/*
 * Shared buffers: several processes of one user map the same memory; it ends
 * with the session's fd, with its last reference, or by a wipe, for all of them.
 */
#include "ward_test.h"

#define LENGTH	(HUGE + PAGE)

static struct buf shared_get(int session)
{
	return buf_get_with(session, LENGTH, WARD_BUF_SHARED);
}

static int shared_session;	/* a child closes its copy */

/* Writes at the end, says so, and looks again when it is told. */
static void use(int sock)
{
	int fd = recv_fd(sock);
	unsigned char *p = buf_map(fd, LENGTH);

	close(shared_session);
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(p[0], 0x11);
	p[LENGTH - 1] = 0x22;
	say(sock);
	hear(sock);
	ASSERT_EQ(touch(p, false), SIGBUS);
	ASSERT_EQ(touch(p + LENGTH - 1, true), SIGBUS);
	ASSERT_EQ(try_map(fd, LENGTH, PROT_READ, MAP_SHARED, 0), -EOWNERDEAD);
}

static struct peer share_with_child(struct buf *b)
{
	struct peer peer;

	peer = peer_start(use);
	b->p[0] = 0x11;
	send_fd(peer.sock, b->fd);
	hear(peer.sock);
	EXPECT_EQ(b->p[LENGTH - 1], 0x22);
	return peer;
}

TEST(two_processes_share_and_a_wipe_ends_it_for_both)
{
	int s = shared_session = session_open();
	struct buf b = shared_get(s);
	struct peer peer = share_with_child(&b);

	EXPECT_TRUE(buf_info(b.fd).out_state & WARD_BUF_IS_SHARED);
	EXPECT_EQ(buf_wipe(b.fd), LENGTH);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(the_sessions_end_ends_it)
{
	int s = shared_session = session_open(), other = session_open();
	struct buf b = shared_get(s);
	struct peer peer = share_with_child(&b);

	EXPECT_EQ(buf_info(b.fd).out_end, 0);
	close(s);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_SESSION);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(session_pressure(other).out_live_global, 0);
}

/* It outlives the process that made it, as long as the session lives. */
static void make_and_hand_over(int sock)
{
	int s = session_open();
	struct buf b = shared_get(s);

	fill_words(b.p, LENGTH, 9);
	send_fd(sock, s);
	send_fd(sock, b.fd);
	hear(sock);
}

TEST(outlives_the_process_that_made_it)
{
	struct peer peer = peer_start(make_and_hand_over);
	int s = recv_fd(peer.sock), fd = recv_fd(peer.sock);
	unsigned char *p;

	peer_kill(&peer);
	EXPECT_EQ(buf_info(fd).out_end, 0);
	p = buf_map(fd, LENGTH);
	ASSERT_TRUE(p != MAP_FAILED);
	EXPECT_TRUE(has_words(p, LENGTH, 9));
	close(s);
	EXPECT_EQ(buf_info(fd).out_end, WARD_END_SESSION);
	EXPECT_EQ(touch(p, false), SIGBUS);
}

static void try_as_another_user(int sock)
{
	int fd = recv_fd(sock);

	ASSERT_EQ(setuid(1234), 0);
	ASSERT_EQ(try_map(fd, LENGTH, PROT_READ, MAP_SHARED, 0), -EPERM);
}

TEST(another_user_cannot_map_it)
{
	int s = session_open();
	struct buf b = shared_get(s);
	struct peer peer = peer_start(try_as_another_user);

	send_fd(peer.sock, b.fd);
	EXPECT_EQ(peer_wait(&peer), 0);
}

static void read_inherited(int sock);
static struct buf inherited;

TEST(children_do_not_inherit_the_mapping)
{
	int s = session_open();
	struct peer peer;

	inherited = shared_get(s);
	inherited.p[0] = 1;
	peer = peer_start(read_inherited);
	EXPECT_EQ(peer_wait(&peer), 0);
}

static void read_inherited(int sock)
{
	ASSERT_EQ(touch(inherited.p, false), SIGSEGV);
	ASSERT_EQ(sock < 0, 0);
}

TEST(may_be_mapped_twice_and_never_private_or_executable)
{
	int s = session_open();
	struct buf b = shared_get(s);
	unsigned char *again = buf_map(b.fd, LENGTH);

	ASSERT_TRUE(again != MAP_FAILED);
	b.p[HUGE] = 0x33;
	EXPECT_EQ(again[HUGE], 0x33);
	EXPECT_EQ(try_map(b.fd, LENGTH, PROT_READ, MAP_PRIVATE, 0), -EINVAL);
	EXPECT_EQ(try_map(b.fd, LENGTH, PROT_READ | PROT_EXEC, MAP_SHARED, 0), -EPERM);
	munmap(again, LENGTH);
	EXPECT_EQ(buf_info(b.fd).out_mapped, 1);
}

KTAP_MAIN()
