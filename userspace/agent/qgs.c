// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "backend.h"
#include "cursor.h"
#include "qgs.h"

enum {
	PREFIX = 4,
	HEAD = 16,
	SIZES = 8,		/* two lengths follow the head, asked and answered */
	MAJOR = 1,
	TYPE_REQUEST = 0,
	TYPE_ANSWER = 1,
	ANSWER_MAX = HEAD + SIZES + 256 + WARD_EVIDENCE_MAX,
};

/** struct line - an open connection, and until when it may be used */
struct line {
	int fd;
	const struct ward_sys *sys;
	uint64_t deadline_ns;
};

/* ---- the connection --------------------------------------------------------------- */

/* 0 when @events are there, -ETIMEDOUT at the deadline, or -errno. */
static int wait_for(const struct line *l, short events)
{
	struct pollfd fd = { .fd = l->fd, .events = events };
	uint64_t now = ward_sys_now(l->sys);
	int n;

	if (now >= l->deadline_ns)
		return -ETIMEDOUT;
	/* Rounded up: a rest below a millisecond must not become none. */
	n = poll(&fd, 1, (int)((l->deadline_ns - now) / 1000000) + 1);
	if (n < 0 && errno != EINTR)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

static bool passing(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int send_all(const struct line *l, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = send(l->fd, data, len, MSG_NOSIGNAL);
		int err = n < 0 && !passing() ? -errno : 0;

		if (!err && n < 0)
			err = wait_for(l, POLLOUT);
		if (err)
			return err;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int receive_all(const struct line *l, uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = recv(l->fd, data, len, 0);
		int err = !n ? -ECONNRESET : n < 0 && !passing() ? -errno : 0;

		if (!err && n < 0)
			err = wait_for(l, POLLIN);
		if (err)
			return err;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int finish_connect(const struct line *l)
{
	socklen_t len = sizeof(int);
	int err = wait_for(l, POLLOUT), so_error = 0;

	if (err)
		return err;
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &so_error, &len))
		return -errno;
	return -so_error;
}

static int connect_to(struct line *l, const struct sockaddr *to, socklen_t len)
{
	int err = 0;

	l->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return -errno;
	if (connect(l->fd, to, len))
		err = errno == EINPROGRESS || errno == EINTR ? finish_connect(l) : -errno;
	if (err)
		close(l->fd);
	return err;
}

static int open_line(const struct qgs *qgs, struct line *l, struct trouble *why)
{
	struct sockaddr_vm host = { .svm_family = AF_VSOCK, .svm_cid = qgs->cid,
				    .svm_port = qgs->port };
	struct sockaddr_un file = { .sun_family = AF_UNIX };
	int err;

	if (!qgs->path) {
		err = connect_to(l, (struct sockaddr *)&host, sizeof(host));
		return !err ? 0 : trouble_set(why, err == -ENOMEM ? err : -ENXIO,
				"no quote generation service at vsock %u:%u: %s", qgs->cid,
				qgs->port, strerror(-err));
	}
	if (strlen(qgs->path) >= sizeof(file.sun_path))
		return trouble_set(why, -ENXIO, "%.40s...: too long for a socket", qgs->path);
	strcpy(file.sun_path, qgs->path);
	err = connect_to(l, (struct sockaddr *)&file, sizeof(file));
	return !err ? 0 : trouble_set(why, err == -ENOMEM ? err : -ENXIO,
			"no quote generation service at %s: %s", qgs->path, strerror(-err));
}

/* ---- messages ------------------------------------------------------------------------ */

static void put(uint8_t **at, uint32_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*(*at)++ = (uint8_t)(v >> 8 * i);
}

static int send_request(const struct line *l, const uint8_t *report, size_t len,
			struct trouble *why)
{
	uint8_t message[PREFIX + HEAD + SIZES + QGS_REPORT_MAX], *at = message;
	uint32_t size = (uint32_t)(HEAD + SIZES + len);
	int err;

	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (uint8_t)(size >> shift);
	put(&at, MAJOR, 2);
	put(&at, 0, 2);
	put(&at, TYPE_REQUEST, 4);
	put(&at, size, 4);
	put(&at, 0, 4);
	put(&at, (uint32_t)len, 4);
	put(&at, 0, 4);
	memcpy(at, report, len);
	err = send_all(l, message, PREFIX + size);
	return !err ? 0 : trouble_set(why, -EIO, "asking the quote generation service: %s",
				      strerror(-err));
}

/* The message without its prefix: *data is freed by the caller. */
static int receive_answer(const struct line *l, uint8_t **data, size_t *len, struct trouble *why)
{
	uint8_t prefix[PREFIX];
	int err = receive_all(l, prefix, sizeof(prefix));
	struct cursor c = cursor_over(prefix, sizeof(prefix));

	*len = cursor_be32(&c);
	if (!err && *len < HEAD)
		return trouble_set(why, -EBADMSG, "the service answers %zu bytes", *len);
	if (!err && *len > ANSWER_MAX)
		return trouble_set(why, -EOVERFLOW, "the service answers %zu bytes, at most %d fit",
				   *len, ANSWER_MAX);
	*data = err ? NULL : malloc(*len);
	if (!err && !*data)
		return trouble_set(why, -ENOMEM, "no memory");
	if (!err)
		err = receive_all(l, *data, *len);
	return !err ? 0 : trouble_set(why, -EIO, "the quote generation service's answer: %s",
				      strerror(-err));
}

/* ---- the answer ------------------------------------------------------------------------ */

static int check_head(struct cursor *c, struct trouble *why)
{
	uint16_t major = cursor_le16(c);
	uint32_t type, size, error;

	/* Services count the minor version up, and answer old requests all the same. */
	cursor_skip(c, 2);
	type = cursor_le32(c);
	size = cursor_le32(c);
	error = cursor_le32(c);
	if (major != MAJOR || type != TYPE_ANSWER)
		return trouble_set(why, -EBADMSG, "the service answers with version %u, type %u",
				   major, type);
	if (size != c->len)
		return trouble_set(why, -EBADMSG, "the service says %u bytes and sends %zu", size,
				   c->len);
	if (error)
		return trouble_set(why, -EIO, "the quote generation service refuses: error 0x%x "
				   "(its own log on the host says why)", error);
	return 0;
}

static int find_quote(const uint8_t *data, size_t len, const uint8_t **quote, size_t *quote_len,
		      struct trouble *why)
{
	struct cursor c = cursor_over(data, len);
	uint32_t id_len;
	int err = check_head(&c, why);

	if (err)
		return err;
	id_len = cursor_le32(&c);
	*quote_len = cursor_le32(&c);
	cursor_skip(&c, id_len);
	*quote = cursor_take(&c, *quote_len);
	if (!cursor_done(&c) || !*quote_len)
		return trouble_set(why, -EBADMSG, "the service's answer: an id of %u bytes and a quote "
				   "of %zu in %zu", id_len, *quote_len, len);
	if (*quote_len > WARD_EVIDENCE_MAX)
		return trouble_set(why, -EOVERFLOW, "a quote of %zu bytes; at most %d fit",
				   *quote_len, WARD_EVIDENCE_MAX);
	return 0;
}

static int ask(const struct line *l, const uint8_t *report, size_t report_len, uint8_t **quote,
	       size_t *quote_len, struct trouble *why)
{
	const uint8_t *found;
	uint8_t *data = NULL, *copy;
	size_t len;
	int err = send_request(l, report, report_len, why);

	if (!err)
		err = receive_answer(l, &data, &len, why);
	if (!err)
		err = find_quote(data, len, &found, quote_len, why);
	copy = err ? NULL : malloc(*quote_len);
	if (!err && !copy)
		err = trouble_set(why, -ENOMEM, "no memory");
	if (!err)
		*quote = memcpy(copy, found, *quote_len);
	free(data);
	return err;
}

int qgs_quote(const struct qgs *qgs, const struct ward_sys *sys, uint64_t deadline_ns,
	      const uint8_t *report, size_t report_len, uint8_t **quote, size_t *quote_len,
	      struct trouble *why)
{
	struct line l = { .fd = -1, .sys = sys, .deadline_ns = deadline_ns };
	int err = open_line(qgs, &l, why);

	if (err)
		return err;
	err = ask(&l, report, report_len, quote, quote_len, why);
	close(l.fd);
	return err;
}
