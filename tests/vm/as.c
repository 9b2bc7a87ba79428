// SPDX-License-Identifier: MIT
/*
 * as USER COMMAND...: run a command of a test guest as one of its users. It
 * replaces itself, so that signals and exit codes reach the caller unchanged.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const struct {
	const char *name;
	uid_t uid;
	gid_t gid;
} users[] = {
	{ "root", 0, 0 },
	{ "worker", 1001, 970 },
	{ "other", 1002, 970 },
	{ "stranger", 1003, 1003 },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 3) {
		fprintf(stderr, "usage: as USER COMMAND...\n");
		return 125;
	}
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (!strcmp(argv[1], users[i].name))
			break;
	if (i == sizeof(users) / sizeof(users[0])) {
		fprintf(stderr, "as: no user %s\n", argv[1]);
		return 125;
	}
	if (setgroups(1, &users[i].gid) || setgid(users[i].gid) ||
	    setuid(users[i].uid)) {
		fprintf(stderr, "as: %s: %s\n", argv[1], strerror(errno));
		return 125;
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "as: %s: %s\n", argv[2], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
