// SPDX-License-Identifier: MIT
/*
 * What ends a wait for room from outside, that nothing is charged by it, how
 * many may wait, and who is told of it (PSI).
 */
#include "attest_test.h"

#include <sys/stat.h>

#include "wait_test.h"

/* ---- ends ------------------------------------------------------------------------------------- */

TEST(seal_ends_the_wait)
{
	int fd, s = full_session(10, &fd);
	struct ward_seal seal = { .size = sizeof(seal) };
	struct waiter w = { 0 };

	start(&w, s, 5);
	ASSERT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
	EXPECT_EQ(finish(&w), -ESHUTDOWN);
	EXPECT_EQ(session_pressure(s).out_waiting, 0);
	EXPECT_EQ(session_info(s).out_live, 10 * PAGE);
}

TEST(revoke_ends_the_wait)
{
	int fd, s = full_session(10, &fd);
	struct ward_info info = session_info(s);
	struct wire *wire = wire_open();
	struct waiter w = { 0 };

	start(&w, s, 5);
	ASSERT_EQ(tell(wire, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID,
		       info.out_session, WARD_ID_LEN), 0);
	EXPECT_EQ(finish(&w), -ESHUTDOWN);
	EXPECT_EQ(session_info(s).out_live, 0);
}

static int shared_session;

static void wait_in_child(int sock)
{
	say(sock);
	alloc(shared_session, 6, WARD_BUF_WAIT, 0);
	_exit(7);
}

/* A waiter that is killed charges nothing and lets the next one by. */
TEST(killed_waiter)
{
	int s = session_open(), fds[2];
	struct waiter next = { 0 };
	struct peer peer;
	int status;

	ASSERT_EQ(watch(s, 10 * PAGE), 0);
	fds[0] = buf_alloc(s, 3 * PAGE);
	fds[1] = buf_alloc(s, 7 * PAGE);
	ASSERT_GE(fds[1], 0);
	shared_session = s;
	peer = peer_start(wait_in_child);
	hear(peer.sock);
	ASSERT_TRUE(waiting_becomes(s, 1));
	start(&next, s, 2);
	close(fds[0]);
	nap(100 * MS);
	EXPECT_FALSE(is_done(&next));
	status = peer_kill(&peer);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_GE(finish(&next), 0);
	EXPECT_EQ(session_pressure(s).out_waiting, 0);
	EXPECT_EQ(session_info(s).out_live, 9 * PAGE);
}

/* Killed in the very moment of the grant, over and over: every byte comes back. */
TEST(kill_against_grant)
{
	int s = session_open(), i, fd;
	struct peer peer;

	ASSERT_EQ(watch(s, 10 * PAGE), 0);
	shared_session = s;
	for (i = 0; i < 25; i++) {
		fd = buf_alloc(s, 10 * PAGE);
		ASSERT_GE(fd, 0);
		peer = peer_start(wait_in_child);
		hear(peer.sock);
		ASSERT_TRUE(waiting_becomes(s, 1));
		if (i % 2)
			kill(peer.pid, SIGKILL);
		close(fd);
		peer_kill(&peer);
		ASSERT_TRUE(waiting_becomes(s, 0));
		ASSERT_EQ(session_info(s).out_live, 0);
	}
	EXPECT_GE(buf_alloc(s, 10 * PAGE), 0);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void catch(int flags)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = flags };

	ASSERT_EQ(sigaction(SIGUSR1, &act, NULL), 0);
}

TEST(signal_ends_the_wait)
{
	int fd, s = full_session(10, &fd);
	struct waiter w = { 0 };

	catch(SA_RESTART);
	start(&w, s, 5);
	/* Without a deadline of the caller's it would begin anew for ever. */
	ASSERT_EQ(pthread_kill(w.thread, SIGUSR1), 0);
	EXPECT_EQ(finish(&w), -EINTR);
	EXPECT_EQ(session_pressure(s).out_waiting, 0);
	EXPECT_EQ(session_pressure(s).out_failed, 0);
}

TEST(wait_with_a_deadline_goes_on_after_a_signal)
{
	struct waiter w = { .deadline = now_boot() + 50 * SECOND };
	int fd, s = full_session(10, &fd);

	catch(SA_RESTART);
	start(&w, s, 5);
	ASSERT_EQ(pthread_kill(w.thread, SIGUSR1), 0);
	nap(200 * MS);
	EXPECT_FALSE(is_done(&w));
	EXPECT_TRUE(waiting_becomes(s, 1));
	close(fd);
	EXPECT_GE(finish(&w), 0);
}

TEST(lease_ends_the_wait)
{
	int fd, s = full_session(10, &fd);
	struct ward_lease lease = { .size = sizeof(lease) };
	struct waiter w = { 0 };

	start(&w, s, 5);
	lease.deadline_ns = now_boot() + 300 * MS;
	ASSERT_EQ(ward_call(s, WARD_LEASE, &lease), 0);
	/* Its own buffers go, and the room that they leave is not for it. */
	EXPECT_EQ(finish(&w), -ESHUTDOWN);
	EXPECT_GE(now_boot(), lease.deadline_ns);
	EXPECT_EQ(wait_end(fd), WARD_END_LEASE);
	EXPECT_EQ(session_pressure(s).out_waiting, 0);
	EXPECT_EQ(session_info(s).out_live, 0);
}

/* ---- how many may wait ------------------------------------------------------------------------ */

enum { MOST = 256 };

static void wait_as_worker(int sock)
{
	int fd, s;

	(void)sock;
	become(WORKER_UID);
	s = full_session(10, &fd);
	ASSERT_EQ(alloc(s, 1, WARD_BUF_WAIT, now_boot() + 200 * MS), -ETIME);
}

static void start_crowd(struct waiter *crowd, const int *sessions)
{
	pthread_attr_t small;
	int i;

	ASSERT_EQ(pthread_attr_init(&small), 0);
	ASSERT_EQ(pthread_attr_setstacksize(&small, 16 * PAGE), 0);
	for (i = 0; i < MOST; i++) {
		crowd[i] = (struct waiter){ .s = sessions[i % 2], .pages = 1 };
		ASSERT_EQ(pthread_create(&crowd[i].thread, &small, wait_for_room, &crowd[i]), 0);
	}
	ASSERT_TRUE(waiting_becomes(sessions[0], MOST));
}

/* The cap is of a uid, over all its sessions; another's part is their own. */
TEST_TIMEOUT(so_many_of_a_user_may_wait, 300)
{
	static struct waiter crowd[MOST];
	int fds[2], sessions[2], i;
	struct peer peer;

	for (i = 0; i < 2; i++)
		sessions[i] = full_session(MOST, &fds[i]);
	start_crowd(crowd, sessions);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(alloc(sessions[i], 1, WARD_BUF_WAIT, 0), -EAGAIN);
		EXPECT_EQ(session_pressure(sessions[i]).out_failed, 1);
	}
	EXPECT_EQ(session_pressure(sessions[0]).out_waiting, MOST);
	peer = peer_start(wait_as_worker);
	EXPECT_EQ(peer_wait(&peer), 0);
	close(fds[0]);
	close(fds[1]);
	for (i = 0; i < MOST; i++)
		EXPECT_GE(finish(&crowd[i]), 0);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(session_info(sessions[i]).out_live, MOST / 2 * PAGE);
	EXPECT_EQ(session_pressure(sessions[0]).out_waiting, 0);
}

/* ---- who is told of the stall -------------------------------------------------------------------- */

#define MACHINE	"/proc/pressure/memory"
#define CGROUP	"/sys/fs/cgroup/ward_wait"
#define OWN	CGROUP "/memory.pressure"

/* Microseconds in which some task stalled; read some time after the stall. */
static uint64_t psi_total(const char *path)
{
	char text[256];
	char *at;

	slurp(path, text, sizeof(text));
	at = strstr(text, "total=");
	ASSERT_TRUE(at != NULL);
	return strtoull(at + strlen("total="), NULL, 10);
}

struct stalls {
	uint64_t machine, own;
};

/* What a wait of two seconds adds. The kernel adds up every two seconds. */
static struct stalls stalls_of(int s, uint32_t flags)
{
	uint64_t machine = psi_total(MACHINE), own = psi_total(OWN);

	ASSERT_EQ(alloc(s, 1, WARD_BUF_WAIT | flags, now_boot() + 2 * SECOND), -ETIME);
	nap(3 * SECOND);
	return (struct stalls){ psi_total(MACHINE) - machine, psi_total(OWN) - own };
}

/* systemd-oomd and its like act on these: nothing gets there unasked. */
TEST(psi_is_told_by_flag_alone)
{
	struct stalls silent, told;
	int fd, s, psi = open(MACHINE, O_RDONLY | O_CLOEXEC);
	char c;

	if (psi < 0 || read(psi, &c, 1) != 1)
		SKIP("this kernel has no PSI, or it is off (psi=1 switches it on)");
	close(psi);
	ASSERT_TRUE(!mkdir(CGROUP, 0755) || errno == EEXIST);
	ASSERT_TRUE(write_to(CGROUP "/cgroup.procs", "0"));
	s = full_session(10, &fd);
	silent = stalls_of(s, 0);
	told = stalls_of(s, WARD_BUF_PSI);
	ASSERT_TRUE(write_to("/sys/fs/cgroup/cgroup.procs", "0"));
	rmdir(CGROUP);
	ktap_note("us without the flag %llu, own %llu; with it %llu, own %llu",
		  (unsigned long long)silent.machine, (unsigned long long)silent.own,
		  (unsigned long long)told.machine, (unsigned long long)told.own);
	EXPECT_LT(silent.machine, 500000);
	EXPECT_LT(silent.own, 500000);
	/* That of the machine is an average over CPUs, by how busy each was. */
	EXPECT_GE(told.machine, 1000000);
	EXPECT_GE(told.own, 1900000);
	EXPECT_LT(told.own, 4000000);
}

KTAP_MAIN()
