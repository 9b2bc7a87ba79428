// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* What the kernel takes: the final NUL fits, and no character is cut in two. */
static size_t label_length(const char *label)
{
	size_t len = strnlen(label, WARD_LABEL_LEN);

	if (len < WARD_LABEL_LEN)
		return len;
	for (len = WARD_LABEL_LEN - 1; len && (label[len] & 0xc0) == 0x80; len--)
		;
	return len;
}

void ward_label_set(uint8_t *to, const char *label)
{
	memset(to, 0, WARD_LABEL_LEN);
	if (label)
		memcpy(to, label, label_length(label));
}

static int session_wrap(const struct ward_sys *sys, int fd,
			struct ward_session **out)
{
	struct ward_info info = { .size = sizeof(info) };
	struct ward_session *session;
	int err;

	err = ward_sys_ioctl(sys, fd, WARD_INFO, &info);
	if (err)
		return err;
	if (info.out_abi != WARD_ABI_VERSION)
		return -EPROTO;
	session = malloc(sizeof(*session));
	if (!session)
		return -ENOMEM;
	session->sys = sys;
	session->fd = fd;
	*out = session;
	return 0;
}

int ward_session_open_with(const struct ward_sys *sys, const char *device,
			   struct ward_session **out)
{
	int err, fd;

	fd = sys->open(device ? device : WARD_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = session_wrap(sys, fd, out);
	if (err)
		sys->close(fd);
	return err;
}

int ward_session_open(const char *device, struct ward_session **out)
{
	if (!out)
		return -EINVAL;
	return ward_session_open_with(&ward_sys_real, device, out);
}

int ward_session_from_fd(int fd, struct ward_session **out)
{
	if (!out)
		return -EINVAL;
	return session_wrap(&ward_sys_real, fd, out);
}

void ward_session_close(struct ward_session *session)
{
	if (!session)
		return;
	session->sys->close(session->fd);
	free(session);
}

int ward_session_fd(const struct ward_session *session)
{
	return session->fd;
}

int ward_session_info(struct ward_session *session, struct ward_info *info)
{
	return ward_sys_ioctl(session->sys, session->fd, WARD_INFO, info);
}

int ward_session_seal(struct ward_session *session, struct ward_seal *seal)
{
	struct ward_seal own = { .size = sizeof(own) };

	return ward_sys_ioctl(session->sys, session->fd, WARD_SEAL,
			      seal ? seal : &own);
}

int ward_session_measure(struct ward_session *session, const uint8_t *digest,
			 uint8_t *out_register)
{
	struct ward_measure measure = { .size = sizeof(measure) };
	int err;

	memcpy(measure.digest, digest, sizeof(measure.digest));
	err = ward_sys_ioctl(session->sys, session->fd, WARD_MEASURE, &measure);
	if (!err && out_register)
		memcpy(out_register, measure.out_register,
		       sizeof(measure.out_register));
	return err;
}

int ward_session_watch(struct ward_session *session, uint64_t threshold,
		       uint64_t limit)
{
	struct ward_watch watch = {
		.size = sizeof(watch),
		.threshold = threshold,
		.limit = limit,
	};

	return ward_sys_ioctl(session->sys, session->fd, WARD_WATCH, &watch);
}

int ward_session_pressure(struct ward_session *session,
			  struct ward_pressure *pressure)
{
	return ward_sys_ioctl(session->sys, session->fd, WARD_PRESSURE,
			      pressure);
}

/* Whole records; the descriptor is readable. */
static int notices_read(struct ward_session *session,
			struct ward_notice *notice, size_t count)
{
	ssize_t n, i;

	n = session->sys->read(session->fd, notice, count * sizeof(*notice));
	if (n < 0)
		return -errno;
	if (!n || n % sizeof(*notice))
		return -EBADMSG;
	n /= sizeof(*notice);
	for (i = 0; i < n; i++)
		if (notice[i].size != sizeof(*notice))
			return -EBADMSG;
	return n;
}

int ward_session_notices(struct ward_session *session, int timeout_ms,
			 struct ward_notice *notice, size_t count)
{
	struct pollfd pfd = { .fd = session->fd, .events = POLLIN };
	int n;

	if (!count || count > INT_MAX / sizeof(*notice))
		return -EINVAL;
	n = session->sys->poll(&pfd, 1, timeout_ms);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIME;
	if (pfd.revents & POLLIN)
		return notices_read(session, notice, count);
	/* The kernel gives no other reason, not even for a session that is over. */
	return -EBADF;
}

int ward_session_notice(struct ward_session *session, int timeout_ms,
			struct ward_notice *notice)
{
	struct ward_notice got;
	int n = ward_session_notices(session, timeout_ms, &got, 1);

	if (n < 0)
		return n;
	*notice = got;
	return 0;
}
