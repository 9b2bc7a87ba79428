// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jose/b64.h>
#include <openssl/rand.h>

#include "release.h"
#include "text.h"

#define KEY_LEN		32
#define KEY_TEXT_LEN	43	/* base64url of 32 bytes */

struct release_log {
	int fd;
};

static int end_torn_line(int fd)
{
	struct stat st;
	char last;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!st.st_size)
		return 0;
	if (pread(fd, &last, 1, st.st_size - 1) != 1)
		return -EIO;
	if (last != '\n' && write(fd, "\n", 1) != 1)
		return -EIO;
	return 0;
}

int release_log_open(const char *path, struct release_log **out)
{
	struct release_log *log = calloc(1, sizeof(*log));
	int rc;

	if (!log)
		return -ENOMEM;
	log->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (log->fd < 0)
		rc = -errno;
	else if (flock(log->fd, LOCK_EX | LOCK_NB))
		rc = -errno;	/* another broker writes it */
	else
		rc = end_torn_line(log->fd);
	if (rc)
		release_log_close(log);
	else
		*out = log;
	return rc;
}

void release_log_close(struct release_log *log)
{
	if (!log)
		return;
	if (log->fd >= 0)
		close(log->fd);
	free(log);
}

int release_new(struct release *r)
{
	return RAND_bytes(r->id, sizeof(r->id)) == 1 &&
	       RAND_bytes(r->receipt_nonce, sizeof(r->receipt_nonce)) == 1 ? 0 : -1;
}

size_t release_payload(const struct release *r, const struct config_resource *resource,
		       const uint8_t *key, char *out)
{
	char dataset[33], id[33], nonce[65], text[KEY_TEXT_LEN + 1];
	int n;

	text_hex(resource->dataset, 16, dataset);
	text_hex(r->id, 16, id);
	text_hex(r->receipt_nonce, 32, nonce);
	text[jose_b64_enc_buf(key, KEY_LEN, text, KEY_TEXT_LEN)] = 0;
	n = snprintf(out, RELEASE_PAYLOAD_MAX,
		     "{\"version\":1,\"dataset\":\"%s\",\"key\":\"%s\",\"release\":\"%s\","
		     "\"receipt_nonce\":\"%s\"}", dataset, text, id, nonce);
	explicit_bzero(text, sizeof(text));
	return (size_t)n;
}

/* The path of a resource needs no escaping: config_parse() saw to that. */
int release_line(const struct release *r, const struct config_resource *resource,
		 const struct attested *who, int64_t now, char *out)
{
	char when[TEXT_TIME_LEN], dataset[33], id[33], nonce[65], session[33], instance[33];
	char measurement[97], evidence[65];
	int n;

	text_time(now, when);
	text_hex(resource->dataset, 16, dataset);
	text_hex(r->id, 16, id);
	text_hex(r->receipt_nonce, 32, nonce);
	text_hex(who->session, 16, session);
	text_hex(who->instance, 16, instance);
	text_hex(who->measurement, 48, measurement);
	text_hex(who->evidence, 32, evidence);
	n = snprintf(out, RELEASE_LINE_MAX,
		     "{\"version\":1,\"time\":\"%s\",\"resource\":\"%s\",\"dataset\":\"%s\","
		     "\"release\":\"%s\",\"receipt_nonce\":\"%s\",\"session\":\"%s\","
		     "\"instance\":\"%s\",\"uid\":%u,\"measurement\":\"%s\","
		     "\"evidence_sha256\":\"%s\"}", when, resource->path, dataset, id, nonce,
		     session, instance, who->uid, measurement, evidence);
	return n > 0 && n < RELEASE_LINE_MAX - 1 ? 0 : -EOVERFLOW;
}

static int write_line(int fd, const char *text, size_t len)
{
	off_t start = lseek(fd, 0, SEEK_END);
	ssize_t n;
	int rc;

	if (start < 0)
		return -errno;
	n = write(fd, text, len);
	if (n == (ssize_t)len && !fdatasync(fd))
		return 0;
	rc = n >= 0 && n != (ssize_t)len ? -ENOSPC : -errno;
	if (ftruncate(fd, start))
		return rc;	/* the next open ends the torn line */
	return rc;
}

int release_log_append(struct release_log *log, const char *line)
{
	char text[RELEASE_LINE_MAX + 1];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	return n > 0 && n < (int)sizeof(text) ? write_line(log->fd, text, (size_t)n) : -EOVERFLOW;
}

int release_log_fd(const struct release_log *log)
{
	return log->fd;
}
