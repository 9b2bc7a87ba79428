// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "channel_leg.h"

#define LEG_MS	60000	/* an emulated guest takes its time */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const struct channel_parts parts = { ward_binding_channel, now_ms };

int leg_new(struct leg *m, uint8_t role, int fd, const struct ward_channel_identity *identity)
{
	memset(m, 0, sizeof(*m));
	m->c = calloc(1, sizeof(*m->c));
	if (!m->c)
		return -ENOMEM;
	m->c->fd = fd;
	m->c->role = role;
	m->c->parts = &parts;
	m->c->deadline = now_ms() + LEG_MS;
	return channel_tls_new(m->c, identity);
}

int leg_shake(struct leg *m)
{
	return channel_handshake(m->c);
}

int leg_send(struct leg *m, uint32_t type, const void *data, size_t len)
{
	/* Nobody else's frames are to be taken in meanwhile: they are short. */
	return channel_send(m->c, type, data, len);
}

static int take_all(struct leg *m, uint8_t *at, size_t len)
{
	int64_t n;

	for (; len; at += n, len -= (size_t)n) {
		n = channel_take(m->c, at, len);
		if (n < 0 || (!n && (m->c->closed || channel_wait(m->c, POLLIN))))
			return -1;
	}
	return 0;
}

int leg_take(struct leg *m)
{
	uint8_t head[FRAME_HEAD];
	struct frame frame;

	if (take_all(m, head, sizeof(head)) || frame_head_get(head, &frame))
		return -1;
	free(m->body);
	m->body = malloc(frame.len);
	if (!m->body)
		return -1;
	m->type = frame.type;
	m->len = frame.len;
	return take_all(m, m->body, frame.len);
}

int leg_pass(struct leg *from, struct leg *to)
{
	return leg_take(from) || leg_send(to, from->type, from->body, from->len) ? -1 : 0;
}

int leg_hello(struct leg *m, uint8_t flags)
{
	struct hello hello = { .role = m->c->role, .flags = flags };
	uint8_t body[HELLO_LEN];

	hello_put(body, &hello);
	return leg_send(m, FRAME_HELLO, body, sizeof(body));
}

void leg_end(struct leg *m)
{
	SSL_free(m->c->ssl);
	BIO_meth_free(m->c->meth);
	close(m->c->fd);
	free(m->body);
	free(m->c);
}
