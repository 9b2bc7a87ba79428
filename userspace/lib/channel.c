// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "channel_private.h"

#define HANDSHAKE_MS	30000u

/* Time asleep counts: evidence ages meanwhile. */
static uint64_t boot_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const struct channel_parts real_parts = { ward_binding_channel, boot_ms };

static bool options_valid(const struct ward_channel_options *o)
{
	return o->size >= sizeof(*o) && (o->evidence || o->verify);
}

static int check_key(struct ward_channel *c, const uint8_t *key)
{
	if (!key || !CRYPTO_memcmp(key, c->peer.key, WARD_CHANNEL_KEY_LEN))
		return 0;
	return channel_fail(c, -EACCES, "the peer has another key than the one that was asked for");
}

static int set_nonblocking(struct ward_channel *c)
{
	int flags = fcntl(c->fd, F_GETFL);

	if (flags < 0 || fcntl(c->fd, F_SETFL, flags | O_NONBLOCK))
		return channel_fail(c, -errno, "the socket can't be used");
	return 0;
}

static int identify(struct ward_channel *c, const struct ward_channel_identity **identity)
{
	int rc = 0;

	*identity = c->options.identity;
	if (!*identity) {
		rc = ward_channel_identity_new(&c->own);
		*identity = c->own;
	}
	return rc ? channel_fail(c, rc, "no TLS key could be made") : 0;
}

static int open_channel(struct ward_channel *c)
{
	uint32_t ms = c->options.handshake_ms ? c->options.handshake_ms : HANDSHAKE_MS;
	const struct ward_channel_identity *identity;
	int rc = identify(c, &identity);

	c->deadline = c->parts->now_ms() + ms;
	if (!rc)
		rc = set_nonblocking(c);
	if (!rc)
		rc = channel_tls_new(c, identity);
	if (!rc)
		rc = channel_handshake(c);
	if (!rc)
		rc = channel_tls_peer(c);
	if (!rc)
		rc = check_key(c, c->options.peer_key);
	if (!rc)
		rc = channel_greet(c);
	c->deadline = 0;
	return rc;
}

static void free_channel(struct ward_channel *c)
{
	SSL_free(c->ssl);
	BIO_meth_free(c->meth);
	ward_channel_identity_free(c->own);
	free(c->body);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}

int channel_open_with(const struct channel_parts *parts, uint8_t role, int fd,
		      const struct ward_channel_options *options, struct ward_channel **out,
		      struct ward_channel_fault *fault)
{
	struct ward_channel *c;
	int rc;

	if (fault)
		memset(fault, 0, sizeof(*fault));
	if (!options_valid(options))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fd = fd;
	c->parts = parts;
	c->role = role;
	c->peer.role = WARD_CHANNEL_CONNECTOR + WARD_CHANNEL_ACCEPTOR - role;
	c->options = *options;
	rc = open_channel(c);
	c->options.peer_key = NULL;
	if (!rc) {
		*out = c;
		return 0;
	}
	if (fault)
		*fault = c->peer.fault;
	channel_give_up(c);
	free_channel(c);
	return rc;
}

int ward_channel_connect(int fd, const struct ward_channel_options *options,
			 struct ward_channel **out, struct ward_channel_fault *fault)
{
	return channel_open_with(&real_parts, WARD_CHANNEL_CONNECTOR, fd, options, out, fault);
}

int ward_channel_accept(int fd, const struct ward_channel_options *options,
			struct ward_channel **out, struct ward_channel_fault *fault)
{
	return channel_open_with(&real_parts, WARD_CHANNEL_ACCEPTOR, fd, options, out, fault);
}

/* What an open channel does before anything else; an error ends it for the peer, too. */
static int turn(struct ward_channel *c)
{
	int rc = channel_timers(c);

	if (!rc)
		rc = channel_pump(c);
	if (rc >= 0 && channel_flush(c))
		rc = c->error;
	return rc;
}

static int over(struct ward_channel *c)
{
	if (c->error)
		channel_give_up(c);
	return c->error;
}

static int64_t read_data(struct ward_channel *c, void *data, size_t len)
{
	int64_t n = channel_take(c, data, len < c->left ? len : c->left);

	if (n <= 0)
		return n;
	c->moved += (uint64_t)n;
	c->left -= (uint32_t)n;
	if (!c->left)
		c->head_at = 0;
	return n;
}

int64_t ward_channel_read(struct ward_channel *c, void *data, size_t len)
{
	int64_t n = 0;
	int rc;

	if (c->error || !len)
		return c->error ? c->error : -EINVAL;
	while (!n) {
		rc = turn(c);
		if (rc < 0)
			return over(c);
		if (rc)
			n = read_data(c, data, len);
		else if (c->closed)
			return 0;
		if (!n && !c->error)
			channel_wait(c, POLLIN);
		if (c->error)
			return over(c);
	}
	return n;
}

static bool asked(const struct ward_channel *c)
{
	return c->want_evidence;
}

/* Until the peer's evidence is no longer so; 0 or -errno. */
static int wait_while(struct ward_channel *c, bool (*so)(const struct ward_channel *c))
{
	int rc;

	for (;;) {
		rc = turn(c);
		if (rc < 0)
			return over(c);
		if (!so(c))
			return 0;
		if (rc)
			return -EAGAIN;
		if (c->closed)
			return -ECONNRESET;
		if (channel_wait(c, POLLIN))
			return over(c);
	}
}

int ward_channel_write(struct ward_channel *c, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t n;
	int rc;

	if (c->error)
		return c->error;
	for (; len; at += n, len -= n) {
		n = len < FRAME_DATA_MAX ? len : FRAME_DATA_MAX;
		rc = wait_while(c, channel_stale);	/* too old to send more on */
		if (rc)
			return rc;
		if (channel_send(c, FRAME_DATA, at, n))
			return over(c);
		c->moved += n;
	}
	return channel_flush(c) ? over(c) : 0;
}

int ward_channel_renew(struct ward_channel *c)
{
	int rc;

	if (c->error || !c->options.verify)
		return c->error ? c->error : -EINVAL;
	/* What was asked for before this call is no answer to it. */
	rc = wait_while(c, asked);
	if (rc)
		return rc;
	return channel_ask(c) ? over(c) : wait_while(c, asked);
}

int ward_channel_fd(const struct ward_channel *c)
{
	return c->fd;
}

int ward_channel_pending(const struct ward_channel *c)
{
	return c->error || c->closed || c->left || SSL_has_pending(c->ssl);
}

const struct ward_channel_peer *ward_channel_peer(const struct ward_channel *c)
{
	return &c->peer;
}

void ward_channel_close(struct ward_channel *c)
{
	if (!c)
		return;
	/* Half a record may be out where the channel has an error: it is no end then. */
	if (!c->error)
		SSL_shutdown(c->ssl);
	close(c->fd);
	free_channel(c);
}
