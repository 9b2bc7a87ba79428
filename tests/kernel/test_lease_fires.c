// SPDX-License-Identifier: MIT
/*
 * A lease runs out whatever its session's owner does about it: stopped, asleep
 * where no signal helps, spinning, gone and its fds parked elsewhere; and
 * whatever the session does at that moment: renew, allocate, end.
 */
#define _GNU_SOURCE
#include "lease_test.h"

#include <pthread.h>
#include <sched.h>

#define LENGTH	(HUGE + PAGE)

/* ---- owners who do not help ------------------------------------------------------- */

struct held {
	int session;
	int fd;
};

/* A session with a filled buffer, both fds handed to the parent. */
static struct buf own(int sock, int *session)
{
	struct buf b;

	*session = session_open();
	b = buf_get(*session, LENGTH);
	fill_words(b.p, b.length, 11);
	send_fd(sock, *session);
	send_fd(sock, b.fd);
	return b;
}

static struct held receive(const struct peer *peer)
{
	struct held held = { .session = recv_fd(peer->sock) };

	held.fd = recv_fd(peer->sock);
	return held;
}

static void expect_run_out(const struct held *held)
{
	EXPECT_EQ(wait_end(held->fd), WARD_END_LEASE);
	EXPECT_EQ(session_info(held->session).out_live, 0);
	EXPECT_EQ(session_info(held->session).out_state, WARD_STATE_EXPIRED);
}

/* State of a process as /proc has it. */
static char state_of(pid_t pid)
{
	char path[64], text[1024], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	slurp(path, text, sizeof(text));
	p = strrchr(text, ')');
	return p ? p[2] : '?';
}

static bool becomes(pid_t pid, char state)
{
	int i;

	for (i = 0; i < 1000 && state_of(pid) != state; i++)
		sleep_ns(10 * MS);
	return state_of(pid) == state;
}

static void wait_then_touch(int sock)
{
	int session;
	struct buf b = own(sock, &session);

	hear(sock);
	ASSERT_EQ(touch(b.p, false), SIGBUS);
	ASSERT_EQ(touch(b.p + b.length - 1, true), SIGBUS);
}

TEST(the_owner_is_stopped)
{
	struct peer peer = peer_start(wait_then_touch);
	struct held held = receive(&peer);

	ASSERT_EQ(kill(peer.pid, SIGSTOP), 0);
	ASSERT_TRUE(becomes(peer.pid, 'T'));
	lease_for(held.session, 200 * MS);
	expect_run_out(&held);
	EXPECT_EQ(state_of(peer.pid), 'T');
	kill(peer.pid, SIGCONT);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* Who waits for a vfork() child sleeps uninterruptibly; the child shares the mm. */
static void sleep_in_the_kernel(int sock)
{
	int session;
	struct buf b = own(sock, &session);
	pid_t child = vfork();

	if (!child) {
		char c;

		while (read(sock, &c, 1) != 1)
			;
		_exit(0);
	}
	ASSERT_TRUE(child > 0);
	ASSERT_EQ(touch(b.p, false), SIGBUS);
}

TEST(the_owner_sleeps_in_the_kernel)
{
	struct peer peer = peer_start(sleep_in_the_kernel);
	struct held held = receive(&peer);

	ASSERT_TRUE(becomes(peer.pid, 'D'));
	lease_for(held.session, 200 * MS);
	expect_run_out(&held);
	EXPECT_EQ(state_of(peer.pid), 'D');
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

static sigjmp_buf out_of_loop;

static void leave_loop(int sig)
{
	siglongjmp(out_of_loop, sig);
}

/* Never a system call: reads and writes until it cannot. */
static void spin(int sock)
{
	struct sigaction act = { .sa_handler = leave_loop };
	int session, sig;
	volatile unsigned char *p = own(sock, &session).p;

	sigaction(SIGBUS, &act, NULL);
	sig = sigsetjmp(out_of_loop, 1);
	while (!sig)
		p[PAGE]++;
	ASSERT_EQ(sig, SIGBUS);
}

TEST(the_owner_spins)
{
	struct peer peer = peer_start(spin);
	struct held held = receive(&peer);

	lease_for(held.session, 200 * MS);
	expect_run_out(&held);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* A real-time loop; the tests themselves run on CPU 0. */
static void hog(int sock)
{
	struct sched_param param = { .sched_priority = 1 };
	cpu_set_t one;

	(void)sock;
	CPU_ZERO(&one);
	CPU_SET(1, &one);
	if (sched_setaffinity(0, sizeof(one), &one) ||
	    sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(1);
	for (;;)
		;
}

TEST(a_cpu_is_kept_busy)
{
	struct peer peer;
	struct held held;
	struct peer spinner;
	cpu_set_t one;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("one CPU only");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	peer = peer_start(wait_then_touch);
	held = receive(&peer);
	lease_for(held.session, 300 * MS);
	spinner = peer_start(hog);
	expect_run_out(&held);
	peer_kill(&spinner);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* The session's own fd is closed by all, the buffer's is in a socket's queue. */
static void leak_and_go_on(int sock)
{
	struct buf b;
	int session = session_open(), pair[2];

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	b = buf_get(session, LENGTH);
	fill_words(b.p, b.length, 12);
	send_fd(pair[0], b.fd);
	send_fd(sock, pair[1]);
	lease_for(session, 500 * MS);
	close(b.fd);
	close(session);
	hear(sock);
	ASSERT_EQ(touch(b.p, false), SIGBUS);
}

TEST(the_fds_are_parked_elsewhere)
{
	struct peer peer = peer_start(leak_and_go_on);
	int queue = recv_fd(peer.sock), fd;

	sleep_ns(SECOND);
	fd = recv_fd(queue);
	EXPECT_EQ(wait_end(fd), WARD_END_LEASE);
	EXPECT_EQ(try_map(fd, LENGTH, PROT_READ, MAP_SHARED, 0), -EOWNERDEAD);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* Whoever holds the session's fd can neither renew it nor go on with it. */
TEST(the_session_was_given_away)
{
	struct peer peer = peer_start(wait_then_touch);
	struct held held = receive(&peer);
	struct owner o = owner_new();
	struct ward_lease cmd;

	ASSERT_EQ(lease_term(held.session, &o, 300 * MS), 0);
	expect_run_out(&held);
	EXPECT_EQ(lease_renew(held.session, o.x[1], &cmd), -ESHUTDOWN);
	EXPECT_EQ(buf_alloc(held.session, PAGE), -ESHUTDOWN);
	peer_kill(&peer);
}

/* ---- at that very moment -------------------------------------------------------------- */

static int racing;		/* a session */
static volatile int go_on;

/* Has the kernel write to what it maps: EFAULT harms no thread, SIGBUS would. */
static void *allocate_for_ever(void *unused)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), fd;

	(void)unused;
	while ((fd = buf_alloc(racing, 2 * PAGE)) >= 0) {
		void *p = buf_map(fd, 2 * PAGE);

		if (p != MAP_FAILED) {
			if (read(zero, p, 2 * PAGE) < 0 && errno != EFAULT)
				abort();
			munmap(p, 2 * PAGE);
		}
		close(fd);
	}
	close(zero);
	return (void *)(intptr_t)fd;
}

/* No buffer slips through between the end of all and the first refusal. */
TEST(while_it_allocates)
{
	pthread_t thread[3];
	void *ret;
	int round, i;

	for (round = 0; round < 10; round++) {
		racing = session_open();
		ASSERT_GE(racing, 0);
		for (i = 0; i < 3; i++)
			ASSERT_EQ(pthread_create(&thread[i], NULL, allocate_for_ever, NULL), 0);
		lease_for(racing, (50 + 10 * round) * MS);
		for (i = 0; i < 3; i++) {
			pthread_join(thread[i], &ret);
			EXPECT_EQ((intptr_t)ret, -ESHUTDOWN);
		}
		EXPECT_EQ(session_info(racing).out_live, 0);
		close(racing);
	}
}

static void *shrink_for_ever(void *unused)
{
	uint64_t deadline = boot_ns() + 600 * SECOND;

	(void)unused;
	while (go_on)
		lease_deadline(racing, deadline -= MS);
	return NULL;
}

/* Two threads set the clock; it goes by what was set last. */
TEST(while_it_is_set)
{
	pthread_t thread[2];
	struct buf b;
	int i;

	racing = session_open();
	b = buf_get(racing, PAGE);
	go_on = 1;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, shrink_for_ever, NULL), 0);
	sleep_ns(200 * MS);
	lease_for(racing, 300 * MS);
	EXPECT_EQ(wait_end(b.fd), WARD_END_LEASE);
	go_on = 0;
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(session_info(racing).out_state, WARD_STATE_EXPIRED);
}

/* Sessions end before, after and while their clock is heard. */
TEST(while_the_session_ends)
{
	int set = 0, i, s, ret;

	for (i = 0; i < 300; i++) {
		struct buf b;

		s = session_open();
		ASSERT_GE(s, 0);
		b = buf_get(s, PAGE);
		ret = lease_deadline(s, boot_ns() + 2 * MS + (uint64_t)i * 10000);
		EXPECT_TRUE(!ret || ret == -EINVAL);	/* a slow machine: it is over */
		set += !ret;
		sleep_ns((uint64_t)(i % 30) * MS / 5);
		buf_drop(&b);
		close(s);
	}
	EXPECT_GT(set, 100);
}

/* An armed clock holds nothing: the session ends, and leaves a tombstone. */
TEST(an_armed_clock_holds_no_session)
{
	struct ward_info info;
	struct answer *a;
	int s, other;

	provider_attach();
	s = session_open();
	other = session_open();
	info = session_info(s);
	lease_for(s, 3600 * SECOND);
	close(s);
	a = answer_new(WARD_PURPOSE_REPORT);
	memcpy(a->cmd.subject, info.out_session, WARD_ID_LEN);
	ASSERT_EQ(answer_ask(a, other), 0);
	EXPECT_EQ(a->claims.state, WARD_STATE_TOMBSTONE);
	free(a);
}

KTAP_MAIN()
