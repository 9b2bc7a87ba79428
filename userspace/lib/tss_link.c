// SPDX-License-Identifier: MIT
/*
 * One command at a time: written whole, its answer read whole. What goes wrong
 * here leaves the TPM in the midst of something, so the link is broken for good.
 *
 * A device in the midst of a command holds poll(2) in the kernel: there the
 * kernel's own limit for the command ends the wait, not the deadline.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cursor.h"
#include "tss_link.h"

#define LINK_MAGIC	0x7761726476747031ull
#define ANSWER_MAX	4096u	/* bytes of the longest answer of any TPM */
#define HEADER_LEN	10u	/* tag, size, code */

struct tss_link {
	TSS2_TCTI_CONTEXT_COMMON_V1 common;	/* first: tpm2-tss sees this */
	const struct ward_sys *sys;
	int fd;
	bool socket;
	uint64_t deadline_ns;
	const char *broken;
	size_t have;
	uint8_t answer[ANSWER_MAX];
};

static TSS2_RC link_break(struct tss_link *link, const char *why)
{
	link->broken = why;
	return TSS2_TCTI_RC_IO_ERROR;
}

/* 0 when @events came, -1 when the link broke. */
static int link_wait(struct tss_link *link, short events)
{
	struct pollfd pfd = { .fd = link->fd, .events = events };

	for (;;) {
		uint64_t now = ward_sys_now(link->sys), left;
		int n;

		if (now >= link->deadline_ns) {
			link_break(link, "the TPM did not answer in time");
			return -1;
		}
		left = (link->deadline_ns - now + 999999) / 1000000;
		n = poll(&pfd, 1, left < 60000 ? (int)left : 60000);
		if (n > 0 && (pfd.revents & (events | POLLHUP | POLLERR)))
			return 0;
		if (n < 0 && errno != EINTR) {
			link_break(link, "the TPM cannot be waited for");
			return -1;
		}
	}
}

static ssize_t link_write(struct tss_link *link, const uint8_t *data, size_t len)
{
	if (link->socket)
		return send(link->fd, data, len, MSG_NOSIGNAL);
	return write(link->fd, data, len);
}

static TSS2_RC link_transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, const uint8_t *command)
{
	struct tss_link *link = (struct tss_link *)tcti;
	size_t at = 0;

	if (link->broken)
		return TSS2_TCTI_RC_IO_ERROR;
	link->have = 0;
	while (at < len) {
		ssize_t n = link_write(link, command + at, len - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno == EAGAIN && link_wait(link, POLLOUT))
			return TSS2_TCTI_RC_IO_ERROR;
		else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			return link_break(link, "the TPM is gone");
	}
	return TSS2_RC_SUCCESS;
}

/* Of the answer, as its header has it; the header alone while that is not there. */
static size_t answer_len(const struct tss_link *link)
{
	struct cursor c = cursor_over(link->answer, link->have);

	if (link->have < HEADER_LEN)
		return HEADER_LEN;
	cursor_skip(&c, 2);
	return cursor_be32(&c);
}

static TSS2_RC answer_read(struct tss_link *link)
{
	size_t room = link->socket ? answer_len(link) - link->have : ANSWER_MAX - link->have;
	ssize_t n;

	if (link_wait(link, POLLIN))
		return TSS2_TCTI_RC_IO_ERROR;
	n = read(link->fd, link->answer + link->have, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return TSS2_RC_SUCCESS;
	if (n <= 0)
		return link_break(link, "the TPM is gone");
	link->have += (size_t)n;
	if (answer_len(link) < HEADER_LEN || answer_len(link) > ANSWER_MAX)
		return link_break(link, "the TPM answered something that is no answer");
	return TSS2_RC_SUCCESS;
}

static TSS2_RC link_receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *answer, int32_t timeout)
{
	struct tss_link *link = (struct tss_link *)tcti;
	TSS2_RC rc;

	(void)timeout;	/* the deadline holds */
	if (link->broken)
		return TSS2_TCTI_RC_IO_ERROR;
	while (link->have < answer_len(link)) {
		rc = answer_read(link);
		if (rc)
			return rc;
	}
	if (link->have != answer_len(link))
		return link_break(link, "the TPM answered something that is no answer");
	if (answer && *len < link->have)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	if (answer)
		memcpy(answer, link->answer, link->have);
	*len = link->have;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC link_cancel(TSS2_TCTI_CONTEXT *tcti)
{
	(void)tcti;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC link_locality(TSS2_TCTI_CONTEXT *tcti, uint8_t locality)
{
	(void)tcti;
	return locality ? TSS2_TCTI_RC_NOT_IMPLEMENTED : TSS2_RC_SUCCESS;
}

/* tss_link_close() does it. */
static void link_finalize(TSS2_TCTI_CONTEXT *tcti)
{
	(void)tcti;
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static int open_socket(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	err = -errno;
	close(fd);
	return err == -ECONNREFUSED ? -ENOENT : err;
}

static int open_where(const char *where, bool *socket, struct trouble *why)
{
	const char *path = strchr(where, ':') + 1;
	int fd;

	*socket = !strncmp(where, "unix:", 5);
	fd = *socket ? open_socket(path) : open_device(path);
	if (fd == -ENOENT || fd == -ENXIO || fd == -ENODEV)
		return trouble_set(why, -ENOENT, "%s: no TPM is there%s", path, *socket ? "" :
				   ", or its driver is not loaded (modprobe tpm_crb or tpm_tis)");
	if (fd == -EBUSY)
		return trouble_set(why, fd, "%s: another program has it open; "
				   "/dev/tpmrm0 is for several", path);
	if (fd < 0)
		return trouble_set(why, fd, "%s: %s%s", path, strerror(-fd),
				   fd == -EACCES ? " (run as root, or as one who may open it: group tss)" : "");
	return fd;
}

int tss_link_open(const struct ward_sys *sys, const char *where, struct tss_link **out,
		  struct trouble *why)
{
	struct tss_link *link;

	if (strncmp(where, "device:", 7) && strncmp(where, "unix:", 5))
		return trouble_set(why, -EINVAL, "tcti %.80s: device:PATH or unix:PATH is wanted, such as "
				   "device:/dev/tpmrm0, or the socket of a software TPM", where);
	link = calloc(1, sizeof(*link));
	if (!link)
		return trouble_set(why, -ENOMEM, "no memory");
	link->fd = open_where(where, &link->socket, why);
	if (link->fd < 0) {
		int err = link->fd;

		free(link);
		return err;
	}
	link->sys = sys;
	link->common = (TSS2_TCTI_CONTEXT_COMMON_V1){
		.magic = LINK_MAGIC, .version = 1, .transmit = link_transmit,
		.receive = link_receive, .finalize = link_finalize,
		.cancel = link_cancel, .setLocality = link_locality,
	};
	*out = link;
	return 0;
}

void tss_link_close(struct tss_link *link)
{
	if (!link)
		return;
	close(link->fd);
	free(link);
}

TSS2_TCTI_CONTEXT *tss_link_tcti(struct tss_link *link)
{
	return (TSS2_TCTI_CONTEXT *)&link->common;
}

void tss_link_deadline(struct tss_link *link, uint64_t deadline_ns)
{
	link->deadline_ns = deadline_ns;
}

const char *tss_link_broken(const struct tss_link *link)
{
	return link->broken;
}
