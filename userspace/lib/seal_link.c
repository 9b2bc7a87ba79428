// SPDX-License-Identifier: MIT
/*
 * The way to a TPM as tpm2-tss takes it: a device, or a socket that takes commands as they
 * are. One command at a time; a TPM that does not answer for five minutes is given up.
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
#include "seal_tpm.h"

#define LINK_MAGIC	0x77617264736c3031ull
#define ANSWER_MAX	4096u
#define HEADER_LEN	10u		/* tag, size, code */
#define ANSWER_MS	300000		/* a primary key takes a slow TPM a minute */

struct seal_link {
	TSS2_TCTI_CONTEXT_COMMON_V1 common;	/* first: tpm2-tss sees this */
	int fd;
	int socket;
	size_t have;
	uint8_t answer[ANSWER_MAX];
};

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, const uint8_t *command)
{
	struct seal_link *l = (struct seal_link *)tcti;
	ssize_t n;

	l->have = 0;
	do
		n = l->socket ? send(l->fd, command, len, MSG_NOSIGNAL) :
				write(l->fd, command, len);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_IO_ERROR;
}

/* Of the answer, as its header has it; the header alone while that is not there. */
static size_t answer_len(const struct seal_link *l)
{
	struct cursor c = cursor_over(l->answer, l->have);

	if (l->have < HEADER_LEN)
		return HEADER_LEN;
	cursor_skip(&c, 2);
	return cursor_be32(&c);
}

static TSS2_RC answer_read(struct seal_link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	size_t room = l->socket ? answer_len(l) - l->have : ANSWER_MAX - l->have;
	int ready = poll(&p, 1, ANSWER_MS);
	ssize_t n;

	if (ready < 0 && errno == EINTR)
		return TSS2_RC_SUCCESS;
	n = ready > 0 ? read(l->fd, l->answer + l->have, room) : 0;
	if (n < 0 && errno == EINTR)
		return TSS2_RC_SUCCESS;
	if (n <= 0)
		return TSS2_TCTI_RC_IO_ERROR;
	l->have += (size_t)n;
	if (answer_len(l) < HEADER_LEN || answer_len(l) > ANSWER_MAX)
		return TSS2_TCTI_RC_MALFORMED_RESPONSE;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *answer, int32_t timeout)
{
	struct seal_link *l = (struct seal_link *)tcti;

	(void)timeout;
	while (l->have < answer_len(l)) {
		TSS2_RC rc = answer_read(l);

		if (rc)
			return rc;
	}
	if (answer && *len < l->have)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	if (answer)
		memcpy(answer, l->answer, l->have);
	*len = l->have;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC cancel(TSS2_TCTI_CONTEXT *tcti)
{
	(void)tcti;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC locality(TSS2_TCTI_CONTEXT *tcti, uint8_t n)
{
	(void)tcti;
	return n ? TSS2_TCTI_RC_NOT_IMPLEMENTED : TSS2_RC_SUCCESS;
}

/* seal_link_close() does it. */
static void finalize(TSS2_TCTI_CONTEXT *tcti)
{
	(void)tcti;
}

static int open_socket(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	err = -errno;
	close(fd);
	return err == -ECONNREFUSED ? -ENOENT : err;
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_where(const char *where, int *socket, char said[WARD_SEAL_SAID])
{
	const char *path = where + strcspn(where, ":") + 1;
	int fd;

	*socket = !strncmp(where, "unix:", 5);
	if (!*socket && strncmp(where, "device:", 7))
		return seal_say(said, -EINVAL, "a TPM is at device:PATH or unix:PATH");
	fd = *socket ? open_socket(path) : open_device(path);
	if (fd == -ENOENT || fd == -ENXIO || fd == -ENODEV)
		return seal_say(said, -ENOENT, "%.100s: no TPM is there%s", path, *socket ? "" :
				", or its driver is not loaded (modprobe tpm_crb or tpm_tis)");
	return fd >= 0 ? fd : seal_say(said, fd, "TPM at %.100s: %s%s", path, strerror(-fd),
				       fd == -EACCES ? "; run as root, or as group tss" : "");
}

int seal_link_open(const char *where, struct seal_link **out, char said[WARD_SEAL_SAID])
{
	struct seal_link *l = calloc(1, sizeof(*l));

	if (!l)
		return seal_say(said, -ENOMEM, "no memory");
	l->fd = open_where(where, &l->socket, said);
	if (l->fd < 0) {
		int rc = l->fd;

		free(l);
		return rc;
	}
	l->common = (TSS2_TCTI_CONTEXT_COMMON_V1){
		.magic = LINK_MAGIC, .version = 1, .transmit = transmit, .receive = receive,
		.finalize = finalize, .cancel = cancel, .setLocality = locality,
	};
	*out = l;
	return 0;
}

void seal_link_close(struct seal_link *l)
{
	if (!l)
		return;
	close(l->fd);
	free(l);
}

TSS2_TCTI_CONTEXT *seal_link_tcti(struct seal_link *l)
{
	return (TSS2_TCTI_CONTEXT *)&l->common;
}
