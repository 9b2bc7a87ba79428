/* SPDX-License-Identifier: MIT */
/*
 * Messages with fields for the journal, by its native protocol (systemd's
 * "Native Journal Protocol"): one datagram each, of lines FIELD=value; a value that
 * has a line feed goes by its length, so that what a stranger sent stays a value.
 */
#ifndef WARD_COMMON_JOURNALD_H
#define WARD_COMMON_JOURNALD_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef JOURNALD_SOCKET		/* a test has its own */
#define JOURNALD_SOCKET "/run/systemd/journal/socket"
#endif

/* As syslog(3) has them. */
enum journald_priority {
	JOURNALD_ERR = 3,
	JOURNALD_WARNING = 4,
	JOURNALD_NOTICE = 5,
	JOURNALD_INFO = 6,
};

/** struct journald - a message that is being composed; bounded, so that it fits a datagram */
struct journald {
	char data[8192];
	size_t len;
	bool cut;		/* a field did not fit, and is left out */
};

/** journald_listens - does the journal read this descriptor (JOURNAL_STREAM names it) */
static inline bool journald_listens(int fd)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return text && sscanf(text, "%llu:%llu", &dev, &ino) == 2 && !fstat(fd, &st) &&
	       st.st_dev == dev && st.st_ino == ino;
}

static inline void journald_put(struct journald *j, const void *data, size_t len)
{
	memcpy(j->data + j->len, data, len);
	j->len += len;
}

/** journald_field - add one, whole or not at all; @name is of A-Z, 0-9 and _ */
static inline void journald_field(struct journald *j, const char *name, const char *value)
{
	size_t name_len = strlen(name), len = strlen(value);
	uint8_t le[8];

	if (len > sizeof(j->data) || name_len + len + sizeof(le) + 2 > sizeof(j->data) - j->len) {
		j->cut = true;
		return;
	}
	journald_put(j, name, name_len);
	if (strchr(value, '\n')) {
		for (size_t i = 0; i < sizeof(le); i++)
			le[i] = (uint8_t)((uint64_t)len >> 8 * i);
		journald_put(j, "\n", 1);
		journald_put(j, le, sizeof(le));
	} else {
		journald_put(j, "=", 1);
	}
	journald_put(j, value, len);
	journald_put(j, "\n", 1);
}

static inline void journald_number(struct journald *j, const char *name, long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", value);
	journald_field(j, name, text);
}

/** journald_begin - what every message has; then its other fields */
static inline void journald_begin(struct journald *j, const char *program, const char *id,
				  enum journald_priority priority, const char *text)
{
	j->len = 0;
	j->cut = false;
	journald_field(j, "MESSAGE", text);
	journald_field(j, "MESSAGE_ID", id);
	journald_number(j, "PRIORITY", priority);
	journald_field(j, "SYSLOG_IDENTIFIER", program);
}

/** journald_send - 0 or -errno, whereupon the caller has standard error still */
static inline int journald_send(const struct journald *j, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, err = 0;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, j->data, j->len, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to)) < 0)
		err = -errno;
	close(fd);
	return err;
}

#endif /* WARD_COMMON_JOURNALD_H */
