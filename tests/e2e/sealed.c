// SPDX-License-Identifier: MIT
/*
 * sealed: the guest's part of sealing.sh that a shell can't do.
 *
 *   sealed fill FILE SEED     a megabyte of markers, which stand nowhere else
 *   sealed wipe FILE          zeroes in its place, in the same pages
 *   sealed hostile SOCKET     misbehave at wardd's socket; prints what came of it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "marker.h"
#include "seal_agent.h"

enum { SIZE = 1 << 20, PAGE = 4096, IDLE = 100 };

static uint8_t *map_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0644);
	void *p = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, SIZE))
		p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		perror(path);
	if (fd >= 0)
		close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static int fill(const char *path, uint64_t seed)
{
	uint8_t *p = map_file(path);

	for (uint32_t at = 0; p && at < SIZE; at += MARKER_STRIDE)
		marker_write((volatile uint64_t *)(p + at), seed,
			     (struct marker){ 1, at / PAGE, at % PAGE });
	return !p;
}

static int wipe(const char *path)
{
	uint8_t *p = map_file(path);

	if (p)
		memset(p, 0, SIZE);
	return !p;
}

static int connect_to(const char *path)
{
	const struct timeval limit = { .tv_sec = 60 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) &&
	    !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	perror(path);
	exit(1);
}

/* What wardd says to a question with those descriptors; "closed" if nothing. */
static void ask(const char *path, const char *name, const struct seal_agent_ask *q, size_t len,
		const int *fds, size_t count)
{
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { (void *)q, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct seal_agent_answer answer = { .said = "closed" };
	int fd = connect_to(path);

	if (count) {
		struct cmsghdr *c = (struct cmsghdr *)control.bytes;

		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	}
	if (sendmsg(fd, &m, MSG_NOSIGNAL) != (ssize_t)len || recv(fd, &answer, sizeof(answer), 0) < 0)
		snprintf(answer.said, sizeof(answer.said), "%s", strerror(errno));
	printf("%s: %d %s\n", name, answer.rc, answer.said);
	close(fd);
}

static int hostile(const char *path)
{
	static const uint8_t how[SEAL_SNP_HOW_LEN] = { 1, 0, 0, 0, 0, 0, 0, 0, 8 };
	struct seal_agent_ask q = { .magic = SEAL_AGENT_MAGIC };
	int ward = open("/dev/ward", O_RDWR), null = open("/dev/null", O_RDWR), idle[IDLE];
	int loose = memfd_create("loose", MFD_ALLOW_SEALING);
	int fds[3] = { ward, loose, null }, strange[2] = { null, loose };

	if (ward < 0 || null < 0 || loose < 0 || ftruncate(loose, SEAL_AGENT_ROOM))
		return 1;
	memcpy(q.how, how, sizeof(how));
	for (int i = 0; i < IDLE; i++)
		idle[i] = connect_to(path);
	ask(path, "short", &q, 7, fds, 2);
	ask(path, "bare", &q, sizeof(q), NULL, 0);
	ask(path, "many", &q, sizeof(q), fds, 3);
	ask(path, "loose", &q, sizeof(q), fds, 2);
	ask(path, "strange", &q, sizeof(q), strange, 2);
	q.how[2] = 0x80;
	ask(path, "unknown", &q, sizeof(q), fds, 2);
	q.magic++;
	ask(path, "magic", &q, sizeof(q), fds, 2);
	for (int i = 0; i < IDLE; i++)
		close(idle[i]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "fill"))
		return fill(argv[2], strtoull(argv[3], NULL, 0));
	if (argc == 3 && !strcmp(argv[1], "wipe"))
		return wipe(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "hostile"))
		return hostile(argv[2]);
	fprintf(stderr, "usage: sealed fill FILE SEED | wipe FILE | hostile SOCKET\n");
	return 2;
}
