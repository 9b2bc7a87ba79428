// SPDX-License-Identifier: MIT
#include "door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "../lib/channel_frame.h"
#include "service.h"
#include "wardverify.h"

enum door_state { DOOR_GREETS, DOOR_MAKES_EVIDENCE, DOOR_AWAITS_VERDICT, DOOR_OPEN };

/**
 * struct door - a connection's
 * @wait: for the evidence, while it is being made
 * @head, @head_at, @frame: of the frame that comes in; below FRAME_HEAD its head is not whole
 * @body, @body_at: its payload, but of data
 * @left: bytes of a data frame that did not come yet
 */
struct door {
	struct service *service;
	struct connection *c;
	SSL *ssl;
	enum door_state state;
	struct evidence_wait *wait;
	uint8_t head[FRAME_HEAD];
	size_t head_at;
	struct frame frame;
	uint8_t body[FRAME_SMALL_MAX];
	size_t body_at;
	uint32_t left;
};

/* ---- what is said ------------------------------------------------------------------------ */

static int say(struct door *door, uint32_t type, const void *data, size_t len)
{
	uint8_t head[FRAME_HEAD];

	frame_head_put(head, type, (uint32_t)len);
	return connection_say(door->c, head, sizeof(head)) ||
	       connection_say(door->c, data, len) ? -1 : 0;
}

/* Who shall give evidence and can't says so, and goes. */
static int refuse(struct door *door)
{
	uint8_t body[VERDICT_LEN];

	verdict_put(body, WV_EVIDENCE_MISSING);
	if (say(door, FRAME_VERDICT, body, sizeof(body)))
		return -1;
	connection_last(door->c);
	return 0;
}

static void on_evidence(int err, const uint8_t *bundle, size_t len, void *arg)
{
	struct door *door = arg;

	door->wait = NULL;
	door->state = DOOR_AWAITS_VERDICT;
	if (err ? refuse(door) : say(door, FRAME_EVIDENCE, bundle, len))
		connection_cut(door->c);
}

static int give_evidence(struct door *door, const uint8_t *own, const uint8_t *peer)
{
	struct ward_channel_bound bound;
	uint8_t binding[WARD_BINDING_LEN];
	int err = ward_channel_tls_bound(door->ssl, WARD_CHANNEL_ACCEPTOR, own, peer, &bound);

	if (!err)
		err = ward_binding_channel(&bound, binding);
	OPENSSL_cleanse(&bound, sizeof(bound));
	if (!err)
		err = service_evidence_ask(door->service, door->c, peer, binding, on_evidence,
					   door, &door->wait);
	door->state = DOOR_MAKES_EVIDENCE;
	return err ? refuse(door) : 0;
}

/* ---- what comes ----------------------------------------------------------------------------- */

static int take_hello(struct door *door)
{
	struct hello peer, own = { .role = WARD_CHANNEL_ACCEPTOR, .flags = HELLO_GIVES };
	uint8_t body[HELLO_LEN];

	if (hello_get(door->body, door->frame.len, &peer) || peer.role != WARD_CHANNEL_CONNECTOR ||
	    RAND_bytes(own.nonce, sizeof(own.nonce)) != 1)
		return -1;
	hello_put(body, &own);
	if (say(door, FRAME_HELLO, body, sizeof(body)))
		return -1;
	if (peer.flags & HELLO_WANTS)
		return give_evidence(door, own.nonce, peer.nonce);
	door->state = DOOR_OPEN;
	return 0;
}

/* One that refuses goes by itself; here it is nobody's business why. */
static int take_verdict(struct door *door)
{
	uint32_t reason;

	if (verdict_get(door->body, door->frame.len, &reason) || reason)
		return -1;
	door->state = DOOR_OPEN;
	return 0;
}

/* What may come now; else there is no going on. */
static int begin_frame(struct door *door)
{
	static const uint32_t next[] = {
		[DOOR_GREETS] = FRAME_HELLO, [DOOR_AWAITS_VERDICT] = FRAME_VERDICT,
		[DOOR_OPEN] = FRAME_DATA,
	};

	if (frame_head_get(door->head, &door->frame) || door->state == DOOR_MAKES_EVIDENCE ||
	    door->frame.type != next[door->state])
		return -1;
	door->body_at = 0;
	door->left = door->frame.len;
	return 0;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int take_head(struct door *door, struct evbuffer *in)
{
	int got = evbuffer_remove(in, door->head + door->head_at, FRAME_HEAD - door->head_at);

	if (got < 0)
		return -1;
	door->head_at += (size_t)got;
	return door->head_at == FRAME_HEAD ? begin_frame(door) : 0;
}

static int take_data(struct door *door, struct evbuffer *in, struct evbuffer *out)
{
	size_t len = least(door->left, evbuffer_get_length(in));

	if (evbuffer_remove_buffer(in, out, len) != (int)len)
		return -1;
	door->left -= (uint32_t)len;
	if (!door->left)
		door->head_at = 0;
	return 0;
}

static int take_body(struct door *door, struct evbuffer *in)
{
	int got = evbuffer_remove(in, door->body + door->body_at, door->left);

	if (got < 0)
		return -1;
	door->body_at += (size_t)got;
	door->left -= (uint32_t)got;
	if (door->left)
		return 0;
	door->head_at = 0;
	return door->state == DOOR_GREETS ? take_hello(door) : take_verdict(door);
}

static int take(void *state, struct evbuffer *in, struct evbuffer *out)
{
	struct door *door = state;
	int rc = 0;

	while (!rc && evbuffer_get_length(in)) {
		if (door->head_at < FRAME_HEAD)
			rc = take_head(door, in);
		else if (door->frame.type == FRAME_DATA)
			rc = take_data(door, in, out);
		else
			rc = take_body(door, in);
	}
	return rc;
}

/* ---- what goes ---------------------------------------------------------------------------------- */

static int give(void *state, struct evbuffer *in, struct evbuffer *out)
{
	const struct door *door = state;
	uint8_t head[FRAME_HEAD];
	size_t len;

	if (door->state != DOOR_OPEN)
		return -1;
	while ((len = least(evbuffer_get_length(in), FRAME_DATA_MAX))) {
		frame_head_put(head, FRAME_DATA, (uint32_t)len);
		if (evbuffer_add(out, head, sizeof(head)) ||
		    evbuffer_remove_buffer(in, out, len) != (int)len)
			return -1;
	}
	return 0;
}

/* ---- begin and end --------------------------------------------------------------------------------- */

static void *begin(struct connection *c, SSL *ssl, void *arg)
{
	struct door *door = calloc(1, sizeof(*door));

	if (!door)
		return NULL;
	door->service = arg;
	door->c = c;
	door->ssl = ssl;
	return door;
}

static void end(void *state)
{
	struct door *door = state;

	if (door->wait)
		service_evidence_forget(door->wait);
	free(door);
}

struct connection_layer door_layer(struct service *service)
{
	return (struct connection_layer){
		.begin = begin, .take = take, .give = give, .end = end, .arg = service,
	};
}
