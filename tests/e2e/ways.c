// SPDX-License-Identifier: MIT
/*
 * ways: end protected buffers in one way, and be there while the guest's memory
 * is searched for what they held.
 *
 *   ways --list          names, one a line, with the number in the markers
 *   ways SEED NAME       does it; says "ready NAME" when all have ended (or are
 *                        held, for the controls), and goes when its standard
 *                        input ends
 *
 * Each way is one child process with 600 buffers that holds nothing else, and
 * sessions that the parent has opened, so that their records tell afterwards
 * that the buffers ended in this way and no other. Exit: 0; 1 they did not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"
#include "libward_control.h"
#include "marker.h"

#define PAGE		4096ul
#define CGROUP		"/sys/fs/cgroup/ways"
#define CGROUP_MAX	"96M"

static struct crowd crowd;
static int tell[2], parked[2];
static int held[CROWD];		/* buffers' fds that the parent was sent */

/* ---- what the child does when its buffers are full -------------------------------- */

static void do_exit_now(void)
{
	_exit(0);
}

static void do_wait(void)
{
	for (;;)
		pause();
}

static void do_close(void)
{
	crowd_unmap(&crowd);
	crowd_close(&crowd);
}

static void do_close_then_unmap(void)
{
	crowd_close(&crowd);
	crowd_unmap(&crowd);
}

static void do_close_alone(void)
{
	crowd_close(&crowd);
}

static void do_wipe(void)
{
	struct ward_buf_wipe cmd = { .size = sizeof(cmd) };
	int i;

	for (i = 0; i < CROWD; i++)
		if (ioctl(crowd.members[i].fd, WARD_BUF_WIPE, &cmd))
			_exit(1);
}

/* Page by page, the last one first; the fd is closed before. */
static void do_unmap_in_pieces(void)
{
	struct member *m;
	uint64_t at;
	int i;

	crowd_close(&crowd);
	for (i = 0; i < CROWD; i++) {
		m = &crowd.members[i];
		for (at = m->length; at; at -= PAGE)
			munmap(m->p + at - PAGE, PAGE);
	}
}

/* Every other page alone; then the process is killed. */
static void do_unmap_some(void)
{
	struct member *m;
	uint64_t at;
	int i;

	for (i = 0; i < CROWD; i++) {
		m = &crowd.members[i];
		for (at = 0; at < m->length; at += 2 * PAGE)
			munmap(m->p + at, PAGE);
	}
}

static void do_unmap(void)
{
	crowd_unmap(&crowd);
}

static void do_exec(void)
{
	int i;

	for (i = 0; i < CROWD; i++)
		fcntl(crowd.members[i].fd, F_SETFD, 0);
	execl("/bin/sleep", "sleep", "1000", (char *)NULL);
	_exit(1);
}

static void do_crash(void)
{
	volatile char *p = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*p = 1;
}

static void do_stop(void)
{
	raise(SIGSTOP);
}

/* What is left of the cgroup's memory goes to ordinary pages, until it is too much. */
static void do_eat(void)
{
	uint8_t *p;

	for (;;) {
		p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
		if (p != MAP_FAILED)
			memset(p, 0x11, 1 << 20);
	}
}

/* Room for one gang's length is wanted where the limit leaves none. */
static void do_purge(void)
{
	struct ward_buf_volatile cmd = { .size = sizeof(cmd) };
	struct ward_info info = { .size = sizeof(info) };
	struct ward_watch watch = { .size = sizeof(watch) };
	struct ward_buf_alloc more = { .size = sizeof(more) };
	int i;

	for (i = 0; i < CROWD; i++)
		if (ioctl(crowd.members[i].fd, WARD_BUF_VOLATILE, &cmd))
			_exit(1);
	for (i = 0; i < GANGS; i++) {
		if (ioctl(crowd.sessions[i], WARD_INFO, &info))
			_exit(1);
		watch.limit = more.length = info.out_live;
		if (ioctl(crowd.sessions[i], WARD_WATCH, &watch) ||
		    ioctl(crowd.sessions[i], WARD_BUF_ALLOC, &more))
			_exit(1);
	}
}

static void send_fds(int from, int count)
{
	char byte = 'f', room[CMSG_SPACE(GANG * sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int)),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int i;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	for (i = 0; i < count; i++)
		memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &crowd.members[from + i].fd,
		       sizeof(int));
	if (sendmsg(parked[0], &msg, 0) != 1)
		_exit(1);
}

static void park(void)
{
	int i;

	for (i = 0; i < GANGS; i++)
		send_fds(i * GANG, GANG);
}

static void do_park(void)
{
	park();
	_exit(0);
}

/* Goes on with the buffers, and without the sessions. */
static void do_park_and_wait(void)
{
	int i;

	for (i = 0; i < GANGS; i++)
		close(crowd.sessions[i]);
	park();
}

/* Two processes have it mapped and write to it; both end. */
static void do_share(void)
{
	struct member *m;
	pid_t pid = fork();
	int i;

	if (!pid) {
		for (i = 0; i < CROWD; i++) {
			m = &crowd.members[i];
			m->p = mmap(NULL, m->length, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
			if (m->p == MAP_FAILED)
				_exit(1);
		}
		crowd_fill(&crowd);
		_exit(0);
	}
	waitpid(pid, &i, 0);
	_exit(i ? 1 : 0);
}

/* ---- what the parent does to it, and what must have come of it ------------------------- */

static void nothing(pid_t pid)
{
	(void)pid;
}

static void kill_it(pid_t pid)
{
	kill(pid, SIGKILL);
}

static void revoke_it(pid_t pid)
{
	struct ward_info info = { .size = sizeof(info) };
	struct ward_control *control;
	int i;

	(void)pid;
	if (ward_control_open(&control))
		exit(1);
	for (i = 0; i < GANGS; i++)
		if (ioctl(crowd.sessions[i], WARD_INFO, &info) ||
		    ward_control_revoke(control, info.out_session))
			exit(1);
	ward_control_close(control);
}

/* The fds are received, and stay open here. */
static void unpark(pid_t pid)
{
	char byte, room[CMSG_SPACE(GANG * sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
		.msg_controllen = sizeof(room),
	};
	int i;

	(void)pid;
	for (i = 0; i < GANGS; i++) {
		msg.msg_controllen = sizeof(room);
		if (recvmsg(parked[1], &msg, 0) != 1 || msg.msg_flags & MSG_CTRUNC)
			exit(1);
		memcpy(held + i * GANG, CMSG_DATA(CMSG_FIRSTHDR(&msg)), GANG * sizeof(int));
	}
}

/* The hard deadline of every session is near, and its owner is stopped. */
static void let_lease_end(pid_t pid)
{
	struct ward_lease lease = { .size = sizeof(lease) };
	struct timespec now;
	int i;

	(void)pid;
	clock_gettime(CLOCK_BOOTTIME, &now);
	lease.deadline_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + 300000000u;
	for (i = 0; i < GANGS; i++)
		if (ioctl(crowd.sessions[i], WARD_LEASE, &lease))
			exit(1);
}

/* The child has let go of the sessions; whoever holds the buffers' fds sees the end. */
static void close_sessions(pid_t pid)
{
	struct ward_buf_info info = { .size = sizeof(info) };
	int i;

	unpark(pid);
	for (i = 0; i < GANGS; i++)
		close(crowd.sessions[i]);
	for (i = 0; i < CROWD; i++)
		if (ioctl(held[i], WARD_BUF_INFO, &info) || info.out_end != WARD_END_SESSION)
			exit(1);
}

/**
 * struct way - a way of ending
 * @number: in the markers
 * @child: what the child does; it has said that its buffers are full
 * @act: what the parent does then
 * @reason: WARD_END_* that the records must tell; 0: it is not asked
 * @dies: the child ends
 */
static const struct way {
	const char *name;
	uint32_t number;
	enum crowd_kind kind;
	void (*child)(void);
	void (*act)(pid_t pid);
	uint32_t reason;
	bool dies;
} ways[] = {
	{ "held", 1, CROWD_A, do_wait, nothing, 0, false },
	{ "held-plain", 2, CROWD_PLAIN, do_wait, nothing, 0, false },
	{ "killed-plain", 3, CROWD_PLAIN, do_wait, kill_it, 0, true },
	{ "close", 10, CROWD_A, do_close, nothing, WARD_END_CLOSE, false },
	{ "close-then-unmap", 11, CROWD_A, do_close_then_unmap, nothing, WARD_END_CLOSE, false },
	{ "wipe", 12, CROWD_A, do_wipe, nothing, WARD_END_WIPE, false },
	{ "unmap-in-pieces", 13, CROWD_A, do_unmap_in_pieces, nothing, WARD_END_CLOSE, false },
	{ "unmap-some", 14, CROWD_A, do_unmap_some, kill_it, WARD_END_MM, true },
	{ "exit", 15, CROWD_A, do_exit_now, nothing, WARD_END_MM, true },
	{ "sigkill", 16, CROWD_A, do_wait, kill_it, WARD_END_MM, true },
	{ "crash", 17, CROWD_A, do_crash, nothing, WARD_END_MM, true },
	{ "exec", 18, CROWD_A, do_exec, nothing, WARD_END_MM, false },
	{ "oom", 19, CROWD_A, do_eat, nothing, WARD_END_MM, true },
	{ "parked-received", 20, CROWD_A, do_park, unpark, WARD_END_MM, true },
	{ "parked-in-a-queue", 21, CROWD_A, do_park, nothing, WARD_END_MM, true },
	{ "revoke", 22, CROWD_A, do_wait, revoke_it, WARD_END_REVOKE, false },
	{ "lease", 26, CROWD_A, do_stop, let_lease_end, WARD_END_LEASE, false },
	{ "purge", 23, CROWD_A, do_purge, nothing, WARD_END_PURGE, false },
	{ "shared-exit", 24, CROWD_SHARED, do_share, nothing, WARD_END_CLOSE, true },
	{ "shared-session", 27, CROWD_SHARED, do_park_and_wait, close_sessions, 0, false },
	{ "shared-revoke", 25, CROWD_SHARED, do_stop, revoke_it, WARD_END_REVOKE, false },
	{ "b-close", 30, CROWD_B, do_close_alone, nothing, WARD_END_CLOSE, false },
	{ "b-unmap", 31, CROWD_B, do_unmap, nothing, WARD_END_UNMAP, false },
	{ "b-unmap-some", 32, CROWD_B, do_unmap_some, nothing, WARD_END_UNMAP, false },
	{ "b-exit", 33, CROWD_B, do_exit_now, nothing, WARD_END_MM, true },
	{ "b-sigkill", 34, CROWD_B, do_wait, kill_it, WARD_END_MM, true },
	{ "b-exec", 35, CROWD_B, do_exec, nothing, WARD_END_MM, false },
	{ "b-parked", 36, CROWD_B, do_park, unpark, WARD_END_MM, true },
	{ "b-revoke", 37, CROWD_B, do_stop, revoke_it, WARD_END_REVOKE, false },
	{ "b-lease", 38, CROWD_B, do_stop, let_lease_end, WARD_END_LEASE, false },
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* ---- a way from its beginning to its end ------------------------------------------------ */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(1);
	close(fd);
}

/* Its buffers are charged to a cgroup that does not hold much more. */
static void enter_cgroup(void)
{
	char pid[16];

	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		_exit(1);
	write_file(CGROUP "/memory.max", CGROUP_MAX);
	snprintf(pid, sizeof(pid), "%d", getpid());
	write_file(CGROUP "/cgroup.procs", pid);
}

static void child(const struct way *way)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (way->child == do_eat)
		enter_cgroup();
	if (!crowd_make(&crowd))
		_exit(1);
	if (write(tell[1], "f", 1) != 1)
		_exit(1);
	way->child();
	do_wait();
}

static int complain(const struct way *way, const char *what, long got)
{
	printf("failed %s: %s %ld\n", way->name, what, got);
	return 1;
}

static int await(const struct way *way, pid_t pid)
{
	struct timespec nap = { .tv_nsec = 20000000 };
	unsigned int ended = 0;
	int status, i;

	if (way->dies && waitpid(pid, &status, 0) != pid)
		return complain(way, "no end of the child:", errno);
	if (way->dies && WIFEXITED(status) && WEXITSTATUS(status))
		return complain(way, "the child's status is", WEXITSTATUS(status));
	for (i = 0; i < 1500 && way->reason; i++) {
		ended = crowd_ended(&crowd, way->reason);
		if (ended >= CROWD)
			break;
		nanosleep(&nap, NULL);
	}
	if (way->reason && ended != CROWD)
		return complain(way, "buffers whose records tell this end:", ended);
	return 0;
}

static int run(const struct way *way)
{
	char byte;
	pid_t pid;

	crowd.way = way->number;
	crowd.kind = way->kind;
	if (pipe2(tell, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, parked) ||
	    (way->kind != CROWD_PLAIN && !crowd_open(&crowd)))
		return complain(way, "nothing to begin with:", errno);
	pid = fork();
	if (!pid)
		child(way);
	close(tell[1]);
	if (pid < 0 || read(tell[0], &byte, 1) != 1)
		return complain(way, "the child could not make its buffers", 0);
	way->act(pid);
	if (await(way, pid))
		return 1;
	printf("ready %s\n", way->name);
	fflush(stdout);
	while (read(0, &byte, 1) == 1)
		;
	if (!way->dies)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

static void list(void)
{
	int i;

	for (i = 0; i < WAYS; i++)
		printf("%u %s\n", ways[i].number, ways[i].name);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 4096, 4096 };
	int i;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	if (argc != 3 || setrlimit(RLIMIT_NOFILE, &files))
		return 1;
	crowd.seed = strtoull(argv[1], NULL, 0);
	for (i = 0; i < WAYS; i++)
		if (!strcmp(argv[2], ways[i].name))
			return run(&ways[i]);
	fprintf(stderr, "ways: no way %s\n", argv[2]);
	return 1;
}
