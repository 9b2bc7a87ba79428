// SPDX-License-Identifier: MIT
/*
 * A socket that does not block, TLS over it, and waiting with deadlines. Whoever waits
 * to write takes in frames meanwhile: two sides that prove themselves to each other in
 * the midst of data never wait for each other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "channel_private.h"

#define GIVE_UP_MS	200		/* for the peer to read why */
#define GIVE_UP_BYTES	(4u << 20)
#define TOGETHER	8192	/* bytes of a frame that go with its head, in one record; never data */

static int bio_write(BIO *bio, const char *data, int len)
{
	struct ward_channel *c = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	do
		n = send(c->fd, data, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_write(bio);
	return (int)n;
}

static int bio_read(BIO *bio, char *data, int len)
{
	struct ward_channel *c = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	do
		n = recv(c->fd, data, (size_t)len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(bio);
	if (!n)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return (int)n;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	return cmd == BIO_CTRL_FLUSH;
}

BIO *channel_bio_new(struct ward_channel *c)
{
	BIO *bio;

	c->meth = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "ward channel");
	if (!c->meth || !BIO_meth_set_write(c->meth, bio_write) ||
	    !BIO_meth_set_read(c->meth, bio_read) || !BIO_meth_set_ctrl(c->meth, bio_ctrl))
		return NULL;
	bio = BIO_new(c->meth);
	if (!bio)
		return NULL;
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	return bio;
}

int channel_fail(struct ward_channel *c, int error, const char *text)
{
	if (!c->error) {
		c->error = error;
		snprintf(c->peer.fault.text, sizeof(c->peer.fault.text), "%s", text);
	}
	return c->error;
}

int channel_ssl_error(struct ward_channel *c, int code)
{
	unsigned long why = ERR_peek_last_error();
	int reason = ERR_GET_REASON(why);
	const char *word = why ? ERR_reason_error_string(why) : NULL;
	char text[128];

	if (code == SSL_ERROR_SYSCALL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return channel_fail(c, -ECONNRESET, "the connection ended without being closed");
	if (reason == ERR_R_MALLOC_FAILURE)
		return channel_fail(c, -ENOMEM, "no memory for TLS");
	snprintf(text, sizeof(text), "TLS: %.100s", word ? word : "an error without a name");
	return channel_fail(c, -EPROTO, text);
}

static int next_timeout(struct ward_channel *c)
{
	uint64_t now = c->parts->now_ms();

	if (c->deadline)
		return now >= c->deadline ? 0 : (int)(c->deadline - now);
	return channel_timer_ms(c);
}

int channel_wait(struct ward_channel *c, short events)
{
	struct pollfd at = { .fd = c->fd, .events = events };

	if (c->deadline && c->parts->now_ms() >= c->deadline)
		return channel_fail(c, -ETIME, "the peer did not open the channel in time");
	if (poll(&at, 1, next_timeout(c)) < 0 && errno != EINTR)
		return channel_fail(c, -errno, "the socket can't be waited for");
	return c->open ? channel_timers(c) : 0;
}

int channel_handshake(struct ward_channel *c)
{
	int rc, code;

	for (;;) {
		ERR_clear_error();
		rc = SSL_do_handshake(c->ssl);
		if (rc == 1)
			return 0;
		code = SSL_get_error(c->ssl, rc);
		if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE)
			return channel_ssl_error(c, code);
		rc = channel_wait(c, code == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
		if (rc)
			return rc;
	}
}

/* Waits until the socket takes more; takes in what comes meanwhile, where it may. */
static int wait_to_write(struct ward_channel *c)
{
	int rc = channel_pump(c);

	if (rc < 0)
		return rc;
	return channel_wait(c, rc || c->closed ? POLLOUT : POLLIN | POLLOUT);
}

static int write_all(struct ward_channel *c, const void *data, size_t len)
{
	size_t done;
	int code, rc;

	for (;;) {
		ERR_clear_error();
		if (SSL_write_ex(c->ssl, data, len, &done))
			return 0;
		code = SSL_get_error(c->ssl, 0);
		if (code != SSL_ERROR_WANT_WRITE && code != SSL_ERROR_WANT_READ)
			return channel_ssl_error(c, code);
		rc = wait_to_write(c);
		if (rc)
			return rc;
	}
}

int channel_send(struct ward_channel *c, uint32_t type, const void *data, size_t len)
{
	size_t with = type == FRAME_DATA ? 0 : len < TOGETHER ? len : TOGETHER;
	uint8_t first[FRAME_HEAD + TOGETHER];
	int rc;

	frame_head_put(first, type, (uint32_t)len);
	memcpy(first + FRAME_HEAD, data, with);
	c->writing = true;
	rc = write_all(c, first, FRAME_HEAD + with);
	if (!rc && len > with)
		rc = write_all(c, (const uint8_t *)data + with, len - with);
	c->writing = false;
	return rc;
}

int64_t channel_take(struct ward_channel *c, void *data, size_t len)
{
	size_t n = 0;
	int code;

	if (c->closed)
		return 0;
	ERR_clear_error();
	if (SSL_read_ex(c->ssl, data, len, &n))
		return (int64_t)n;
	code = SSL_get_error(c->ssl, 0);
	if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
		return 0;
	if (code != SSL_ERROR_ZERO_RETURN)
		return channel_ssl_error(c, code);
	if (c->head_at || !channel_ready(c))
		return channel_fail(c, -ECONNRESET, "the peer closed in the midst of a frame");
	c->closed = true;
	return 0;
}

/* A head is whole: data waits for the caller, else there is a body to be gathered. */
static int begin_frame(struct ward_channel *c)
{
	if (frame_head_get(c->head, &c->frame))
		return channel_fail(c, -EPROTO, "a frame that is none");
	if (c->frame.type == FRAME_DATA) {
		if (!channel_ready(c))
			return channel_fail(c, -EPROTO, "data before the evidence was judged");
		c->left = c->frame.len;
		return 0;
	}
	c->body_at = 0;
	c->body = malloc(c->frame.len);
	return c->body ? 0 : channel_fail(c, -ENOMEM, "no memory for a frame");
}

static int end_frame(struct ward_channel *c)
{
	int rc = channel_incoming(c);

	free(c->body);
	c->body = NULL;
	c->head_at = 0;
	return rc;
}

static int pump_once(struct ward_channel *c)
{
	bool head = c->head_at < FRAME_HEAD;
	size_t *at = head ? &c->head_at : &c->body_at;
	size_t whole = head ? FRAME_HEAD : c->frame.len;
	int64_t n = channel_take(c, (head ? c->head : c->body) + *at, whole - *at);
	int rc = 0;

	if (n <= 0)
		return (int)n;
	*at += (size_t)n;
	if (*at == whole)
		rc = head ? begin_frame(c) : end_frame(c);
	return rc ? rc : 1;
}

int channel_step(struct ward_channel *c)
{
	if (c->error)
		return c->error;
	return c->left ? 0 : pump_once(c);
}

int channel_pump(struct ward_channel *c)
{
	int rc;

	do
		rc = channel_step(c);
	while (rc > 0);
	return !rc && c->left ? 1 : rc;
}

/* What the peer still sends is thrown away: unread, it would have the answer lost. */
void channel_give_up(struct ward_channel *c)
{
	struct pollfd at = { .fd = c->fd, .events = POLLIN };
	uint64_t until = c->parts->now_ms() + GIVE_UP_MS, now;
	uint8_t bin[4096];
	size_t seen = 0;
	ssize_t n = 1;

	shutdown(c->fd, SHUT_WR);
	while (n > 0 && seen < GIVE_UP_BYTES && (now = c->parts->now_ms()) < until) {
		if (poll(&at, 1, (int)(until - now)) <= 0)
			break;
		n = recv(c->fd, bin, sizeof(bin), MSG_DONTWAIT);
		seen += n > 0 ? (size_t)n : 0;
	}
	shutdown(c->fd, SHUT_RDWR);
}
