/* SPDX-License-Identifier: MIT */
/* A descriptor over a socket: one byte, and the descriptor with it (unix(7)). */
#ifndef WARD_TEST_PASSFD_H
#define WARD_TEST_PASSFD_H

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

/* As sendmsg(): 1, or -1 and errno. */
static inline ssize_t pass_fd(int sock, int fd)
{
	char byte = 'f', room[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0);
}

/* The descriptor; -EBADMSG where none came with the byte, or -errno. */
static inline int take_fd(int sock, int flags)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	struct cmsghdr *c;
	int fd;

	errno = EBADMSG;
	if (recvmsg(sock, &msg, flags) != 1)
		return -errno;
	c = CMSG_FIRSTHDR(&msg);
	if (!c)
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

#endif /* WARD_TEST_PASSFD_H */
