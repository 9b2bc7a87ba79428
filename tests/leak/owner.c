// SPDX-License-Identifier: MIT
/*
 * Users, and the process that owns what is attacked from outside.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leak.h"
#include "passfd.h"

static const struct {
	const char *name;
	uid_t uid;
	gid_t gid;
} people[WHO_NR] = {
	[WHO_ROOT] = { "root", 0, 0 },
	[WHO_USER] = { "user", 1001, 970 },
	[WHO_OTHER] = { "other", 1003, 1003 },
};

const char *who_name(enum who who)
{
	return people[who].name;
}

/* A change of uid makes a process unreadable to its own user; a new program isn't. */
void who_become(enum who who)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	gid_t gid = people[who].gid;

	if (setrlimit(RLIMIT_MEMLOCK, &all) || setrlimit(RLIMIT_CORE, &all))
		cell_broken("setrlimit");
	if (setgroups(1, &gid) || setgid(gid) || setuid(people[who].uid))
		cell_broken("setuid");
	if (prctl(PR_SET_DUMPABLE, 1))
		cell_broken("prctl");
}

int owner_fd(struct owner *owner)
{
	int fd;

	if (owner->region.fd < 0)
		return -1;
	fd = write(owner->sock, "f", 1) == 1 ? take_fd(owner->sock, 0) : -1;
	if (fd < 0)
		cell_broken("recvmsg");
	return fd;
}

/* Each word on the socket asks for the descriptor; its end is the owner's. */
static void be_owner(int sock, enum memory kind, enum who who, uint64_t tag)
{
	struct owner self = { .pid = getpid() };
	char word;

	who_become(who);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!memory_get(kind, &self.region, tag))
		self.error = errno ?: EINVAL;
	if (write(sock, &self, sizeof(self)) != sizeof(self))
		_exit(1);
	while (read(sock, &word, 1) == 1)
		if (pass_fd(sock, self.region.fd) != 1)
			cell_broken("sendmsg");
	_exit(0);
}

void owner_start(struct owner *owner, enum memory kind, enum who who, uint64_t tag)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		cell_broken("socketpair");
	pid = fork();
	if (pid < 0)
		cell_broken("fork");
	if (!pid) {
		close(pair[0]);
		be_owner(pair[1], kind, who, tag);
	}
	close(pair[1]);
	if (read(pair[0], owner, sizeof(*owner)) != sizeof(*owner))
		cell_broken("the owner died");
	owner->pid = pid;
	owner->sock = pair[0];
}

/* Other owners, who started later, hold copies of the socket. */
void owner_end(struct owner *owner)
{
	shutdown(owner->sock, SHUT_RDWR);
	close(owner->sock);
	waitpid(owner->pid, NULL, 0);
}
