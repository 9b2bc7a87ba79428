// SPDX-License-Identifier: MIT
/*
 * Every way in which a class A buffer ends: wipe, last close, exit, SIGKILL,
 * exec, whoever else holds its fd. Each of them leaves an empty shell that
 * says why, SIGBUS for who still has it mapped, and a ledger at zero.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "ward_test.h"

#define LENGTH	(2 * HUGE + PAGE)

TEST(wipe)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);

	fill_words(b.p, b.length, 3);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(touch(b.p + b.length - 1, true), SIGBUS);
	EXPECT_EQ(buf_info(b.fd).out_end, WARD_END_WIPE);
	EXPECT_EQ(buf_info(b.fd).out_length, b.length);
	EXPECT_EQ(buf_info(b.fd).out_huge, 0);
	EXPECT_EQ(buf_wipe(b.fd), 0);
	munmap(b.p, b.length);
	EXPECT_EQ(try_map(b.fd, b.length, PROT_READ, MAP_SHARED, 0), -EOWNERDEAD);
}

TEST(wipe_of_a_buffer_never_mapped_or_touched)
{
	int s = session_open();
	int fd = buf_alloc(s, LENGTH);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(buf_wipe(fd), LENGTH);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(system_calls_on_a_dead_buffer_fail)
{
	int s = session_open(), zero = open("/dev/zero", O_RDONLY);
	struct buf b = buf_get(s, PAGE);

	ASSERT_GE(zero, 0);
	EXPECT_EQ(read(zero, b.p, PAGE), PAGE);
	EXPECT_EQ(buf_wipe(b.fd), PAGE);
	EXPECT_EQ(read(zero, b.p, PAGE), -1);
	EXPECT_EQ(errno, EFAULT);
}

TEST(last_close_is_an_end)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	int other = dup(b.fd);

	buf_drop(&b);
	EXPECT_EQ(session_info(s).out_live, LENGTH);
	close(other);
	EXPECT_EQ(session_info(s).out_live, 0);
}

/* ---- the owner's end, seen from a process that holds the fd ---------------- */

static void own_and_wait(int sock)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);

	fill_words(b.p, b.length, 4);
	send_fd(sock, s);
	send_fd(sock, b.fd);
	hear(sock);
}

struct held {
	int session;
	int fd;
};

/* What own_and_wait() or one of its kind sent; the buffer lives. */
static struct held receive(const struct peer *peer)
{
	struct held held = { .session = recv_fd(peer->sock) };

	held.fd = recv_fd(peer->sock);
	ASSERT_EQ(buf_info(held.fd).out_end, WARD_END_NONE);
	ASSERT_EQ(session_info(held.session).out_live, LENGTH);
	return held;
}

static void expect_dead_with_owner(const struct held *held)
{
	EXPECT_EQ(buf_info(held->fd).out_end, WARD_END_MM);
	EXPECT_EQ(session_info(held->session).out_live, 0);
	EXPECT_EQ(buf_wipe(held->fd), 0);
	EXPECT_EQ(try_map(held->fd, LENGTH, PROT_READ, MAP_SHARED, 0), -EOWNERDEAD);
}

TEST(exit_of_the_owner)
{
	struct peer peer = peer_start(own_and_wait);
	struct held held = receive(&peer);

	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	expect_dead_with_owner(&held);
}

TEST(sigkill_of_the_owner)
{
	struct peer peer = peer_start(own_and_wait);
	struct held held = receive(&peer);

	peer_kill(&peer);
	expect_dead_with_owner(&held);
}

TEST(fd_parked_in_a_socket_while_the_owner_dies)
{
	struct peer peer = peer_start(own_and_wait);
	struct held held;
	unsigned int i;
	int queued = 0;

	/* Both fds are in the queue, each with a byte; nobody has received them. */
	for (i = 0; i < ktap_seconds(60) * 100 && queued < 2; i++) {
		usleep(10000);
		ASSERT_EQ(ioctl(peer.sock, FIONREAD, &queued), 0);
	}
	ASSERT_EQ(queued, 2);
	kill(peer.pid, SIGKILL);
	waitpid(peer.pid, NULL, 0);
	held.session = recv_fd(peer.sock);
	held.fd = recv_fd(peer.sock);
	expect_dead_with_owner(&held);
}

/* Goes on as another program in the same process, which waits to be killed. */
static void own_and_exec(int sock)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	int keep = dup(b.fd);	/* not O_CLOEXEC: the fd survives */

	ASSERT_GE(keep, 0);
	fill_words(b.p, b.length, 5);
	send_fd(sock, s);
	send_fd(sock, b.fd);
	hear(sock);
	execl("/bin/sleep", "sleep", "30", (char *)NULL);
	ASSERT_TRUE(!"exec failed");
}

TEST(exec_of_the_owner)
{
	struct peer peer = peer_start(own_and_exec);
	struct held held = receive(&peer);

	say(peer.sock);
	EXPECT_EQ(wait_end(held.fd), WARD_END_MM);
	EXPECT_EQ(kill(peer.pid, 0), 0);
	expect_dead_with_owner(&held);
	peer_kill(&peer);
}

/* What the compiler's trap is: an instruction that is none, or a breakpoint. */
#ifdef __aarch64__
#define TRAP_SIGNAL	SIGTRAP
#else
#define TRAP_SIGNAL	SIGILL
#endif

static void own_and_trap(int sock)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);

	fill_words(b.p, b.length, 6);
	send_fd(sock, s);
	send_fd(sock, b.fd);
	hear(sock);
	__builtin_trap();
}

TEST(crash_of_the_owner)
{
	struct peer peer = peer_start(own_and_trap);
	struct held held = receive(&peer);

	say(peer.sock);
	EXPECT_EQ(WTERMSIG(peer_wait(&peer)), TRAP_SIGNAL);
	expect_dead_with_owner(&held);
}

/* ---- an mm of two processes ------------------------------------------------- */

static struct buf shared_buf;
static int shared_sock;

/* Shares the mm (CLONE_VM) and outlives the process that made it. */
static int sharer(void *unused)
{
	(void)unused;
	hear(shared_sock);
	fill_words(shared_buf.p, LENGTH, 8);
	if (!has_words(shared_buf.p, LENGTH, 8))
		_exit(1);
	say(shared_sock);
	hear(shared_sock);
	_exit(0);
}

static void own_and_leave_to_a_sharer(int sock)
{
	static char stack[65536] __attribute__((aligned(16)));
	int s = session_open();
	pid_t pid;

	shared_buf = buf_get(s, LENGTH);
	shared_sock = sock;
	send_fd(sock, s);
	send_fd(sock, shared_buf.fd);
	pid = clone(sharer, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	ASSERT_GT(pid, 0);
	_exit(0);
}

TEST(mm_shared_by_two_processes_ends_with_the_second)
{
	struct peer peer = peer_start(own_and_leave_to_a_sharer);
	struct held held = receive(&peer);

	ASSERT_EQ(waitpid(peer.pid, NULL, 0), peer.pid);
	EXPECT_EQ(buf_info(held.fd).out_end, WARD_END_NONE);
	say(peer.sock);
	hear(peer.sock);
	EXPECT_EQ(buf_info(held.fd).out_end, WARD_END_NONE);
	say(peer.sock);
	EXPECT_EQ(wait_end(held.fd), WARD_END_MM);
	expect_dead_with_owner(&held);
}

/* ---- many buffers, many ends -------------------------------------------------- */

static void own_many(int sock)
{
	int s = session_open(), i;

	for (i = 0; i < 20; i++)
		fill_words(buf_get(s, HUGE).p, HUGE, i + 1);
	send_fd(sock, s);
	hear(sock);
}

TEST(every_buffer_of_the_mm_ends)
{
	struct peer peer = peer_start(own_many);
	struct ward_event *rec = calloc(64, sizeof(*rec));
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)rec, .count = 64,
	};
	int s = recv_fd(peer.sock), wiped = 0;
	unsigned int i;

	EXPECT_EQ(session_info(s).out_live, 20 * HUGE);
	peer_kill(&peer);
	EXPECT_EQ(session_info(s).out_live, 0);
	ASSERT_EQ(ward_call(s, WARD_EVENTS, &cmd), 0);
	for (i = 0; i < cmd.count; i++)
		wiped += rec[i].type == WARD_EVENT_BUF_WIPE && rec[i].reason == WARD_END_MM;
	EXPECT_EQ(wiped, 20);
}

static void wipe_often(int sock)
{
	int s = recv_fd(sock), fd = recv_fd(sock);
	int64_t bytes;

	(void)s;
	say(sock);
	bytes = buf_wipe(fd);
	ASSERT_TRUE(bytes == 0 || bytes == LENGTH);
}

/* The fd's other holder and the owner both end it; one of them does the work. */
TEST(two_ends_at_once)
{
	int i;

	for (i = 0; i < 30; i++) {
		struct peer peer = peer_start(wipe_often);
		int s = session_open();
		struct buf b = buf_get(s, LENGTH);
		int64_t mine;

		fill_words(b.p, b.length, i + 1);
		send_fd(peer.sock, s);
		send_fd(peer.sock, b.fd);
		hear(peer.sock);
		mine = buf_wipe(b.fd);
		EXPECT_TRUE(mine == 0 || mine == LENGTH);
		EXPECT_EQ(session_info(s).out_live, 0);
		EXPECT_EQ(touch(b.p, false), SIGBUS);
		EXPECT_EQ(peer_wait(&peer), 0);
		buf_drop(&b);
		close(s);
	}
}

TEST(another_holder_may_wipe)
{
	struct peer peer = peer_start(own_and_wait);
	struct held held = receive(&peer);

	EXPECT_EQ(buf_wipe(held.fd), LENGTH);
	EXPECT_EQ(buf_info(held.fd).out_end, WARD_END_WIPE);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(buf_info(held.fd).out_end, WARD_END_WIPE);
}

KTAP_MAIN()
