// SPDX-License-Identifier: MIT
/*
 * Hellos, evidence and verdicts. Opening goes by turns, so that neither side waits to
 * write while the other does: hello, hello, the connector's evidence, the acceptor's
 * verdict and evidence, the connector's verdict. Afterwards either may ask again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "channel_private.h"

/* Reasons of <wardverify_reason.h>, which libward does not lean on: stable numbers. */
#define REASON_NO_MEMORY	3
#define REASON_EVIDENCE_MISSING	87

#define ANSWER_MS	10000u

static bool gives(const struct ward_channel *c)
{
	return c->options.evidence && c->peer_flags & HELLO_WANTS;
}

static bool wants(const struct ward_channel *c)
{
	return c->options.verify != NULL;
}

bool channel_ready(const struct ward_channel *c)
{
	return c->greeted && (!gives(c) || c->peer.told) && (!wants(c) || c->peer.accepted);
}

/* What our evidence, or the peer's, is bound to when it answers @nonce of the other side. */
static int binding_of(struct ward_channel *c, bool ours, const uint8_t *nonce, uint8_t *out)
{
	const uint8_t *giver = c->nonce[ours ? 0 : 1];
	struct ward_channel_bound b = {
		.role = ours ? c->role : WARD_CHANNEL_CONNECTOR + WARD_CHANNEL_ACCEPTOR - c->role,
	};
	bool connects = b.role == WARD_CHANNEL_CONNECTOR;
	int rc;

	memcpy(b.own_key, ours ? c->key : c->peer.key, sizeof(b.own_key));
	memcpy(b.peer_key, ours ? c->peer.key : c->key, sizeof(b.peer_key));
	memcpy(b.nonce, nonce, sizeof(b.nonce));
	rc = channel_tls_export(c, connects ? giver : nonce, connects ? nonce : giver, b.exporter);
	if (!rc)
		rc = c->parts->binding(&b, out);
	OPENSSL_cleanse(&b, sizeof(b));
	return rc ? channel_fail(c, rc, "the binding could not be made") : 0;
}

static int send_evidence(struct ward_channel *c)
{
	uint8_t binding[WARD_BINDING_LEN], *bundle = NULL;
	size_t len = 0;
	int rc = binding_of(c, true, c->answer_nonce, binding);

	if (rc)
		return rc;
	rc = c->options.evidence(c->answer_nonce, binding, &bundle, &len, c->options.evidence_arg);
	if (rc)
		return channel_fail(c, rc < 0 ? rc : -EIO, "no evidence could be had");
	if (len < 1 || len > WARD_BUNDLE_MAX)
		rc = channel_fail(c, -EMSGSIZE, "the evidence is no bundle by its length");
	c->want_verdict = true;
	rc = rc ? rc : channel_send(c, FRAME_EVIDENCE, bundle, len);
	free(bundle);
	return rc;
}

static int send_verdict(struct ward_channel *c, uint32_t reason)
{
	uint8_t body[VERDICT_LEN];

	verdict_put(body, reason);
	return channel_send(c, FRAME_VERDICT, body, sizeof(body));
}

/* Tells the peer, in so far as it can still be told, and ends. */
static int refuse(struct ward_channel *c, uint32_t reason, int error, const char *text)
{
	bool failed = c->error != 0;

	if (!failed && !c->writing)
		send_verdict(c, reason);
	c->error = 0;
	c->peer.fault.reason = (int)reason;
	channel_fail(c, error, text);
	return c->error;
}

static int judge_peer(struct ward_channel *c)
{
	uint8_t binding[WARD_BINDING_LEN];
	int rc = binding_of(c, false, c->ask_nonce, binding);

	if (rc)
		return rc;
	rc = c->options.verify(c->ask_nonce, binding, c->body, c->frame.len, c->options.verify_arg);
	c->want_evidence = false;
	c->owe_verdict = true;
	c->verdict = rc < 0 ? REASON_NO_MEMORY : (uint32_t)rc;
	if (rc)
		return 0;
	c->peer.accepted++;
	c->accepted_ms = c->parts->now_ms();
	c->moved = 0;
	return 0;
}

static int take_verdict(struct ward_channel *c)
{
	uint32_t reason;

	if (verdict_get(c->body, c->frame.len, &reason) || (!reason && !c->want_verdict))
		return channel_fail(c, -EPROTO, "a verdict that nobody waits for, or that is none");
	c->want_verdict = false;
	if (!reason) {
		c->peer.told++;
		return 0;
	}
	c->peer.fault.reason = (int)reason;
	c->peer.fault.by_peer = 1;
	return channel_fail(c, -EACCES, "the peer refused the evidence of this side");
}

static int take_hello(struct ward_channel *c)
{
	struct hello hello;

	if (c->greeted || hello_get(c->body, c->frame.len, &hello))
		return channel_fail(c, -EPROTO, "a hello of another version, or that is none");
	if (hello.role == c->role)
		return channel_fail(c, -EPROTO, "the peer claims the role of this side");
	c->greeted = true;
	c->peer_flags = hello.flags;
	memcpy(c->nonce[1], hello.nonce, sizeof(hello.nonce));
	memcpy(c->answer_nonce, hello.nonce, sizeof(hello.nonce));
	/* It may stand right behind the hello. */
	c->want_evidence = wants(c) && hello.flags & HELLO_GIVES;
	return 0;
}

/* It may stand right behind the verdict that opens the peer's side, before ours is open. */
static int take_ask(struct ward_channel *c)
{
	if (!channel_ready(c) || !gives(c) || c->owe_evidence || c->want_verdict)
		return channel_fail(c, -EPROTO, "evidence is asked for out of turn");
	memcpy(c->answer_nonce, c->body, sizeof(c->answer_nonce));
	c->owe_evidence = true;
	return 0;
}

int channel_incoming(struct ward_channel *c)
{
	if (!c->greeted && c->frame.type != FRAME_HELLO)
		return channel_fail(c, -EPROTO, "a frame before the hello");
	switch (c->frame.type) {
	case FRAME_HELLO:
		return take_hello(c);
	case FRAME_EVIDENCE:
		if (!c->want_evidence)
			return channel_fail(c, -EPROTO, "evidence that nobody asked for");
		return judge_peer(c);
	case FRAME_VERDICT:
		return take_verdict(c);
	default:
		return take_ask(c);
	}
}

int channel_flush(struct ward_channel *c)
{
	int rc = c->error;

	if (!rc && c->owe_verdict) {
		c->owe_verdict = false;
		if (c->verdict)
			return refuse(c, c->verdict, -EACCES, "the peer's evidence was refused");
		rc = send_verdict(c, 0);
	}
	if (!rc && c->owe_ask) {
		c->owe_ask = false;
		rc = channel_send(c, FRAME_ASK, c->ask_nonce, sizeof(c->ask_nonce));
	}
	if (!rc && c->open && c->owe_evidence) {
		c->owe_evidence = false;
		rc = send_evidence(c);
	}
	return rc;
}

static int send_hello(struct ward_channel *c)
{
	struct hello hello = { .role = c->role };
	uint8_t body[HELLO_LEN];

	hello.flags = (c->options.evidence ? HELLO_GIVES : 0) | (wants(c) ? HELLO_WANTS : 0);
	memcpy(hello.nonce, c->nonce[0], sizeof(hello.nonce));
	hello_put(body, &hello);
	return channel_send(c, FRAME_HELLO, body, sizeof(body));
}

/*
 * Takes in frames until *@until is as it shall be, and writes what they call for. Not more
 * than that: behind a hello that says why the peer goes there is the end of the connection.
 */
static int await(struct ward_channel *c, const bool *until, bool value)
{
	int rc;

	while (*until != value) {
		rc = channel_step(c);
		if (rc >= 0 && channel_flush(c))
			return c->error;
		if (!rc && *until != value)
			rc = channel_wait(c, POLLIN);
		if (rc < 0)
			return rc;
	}
	return channel_flush(c);
}

static int give(struct ward_channel *c)
{
	return gives(c) ? send_evidence(c) : 0;
}

/* One that can't have what it wants says so, and neither gives anything. */
static int agree(struct ward_channel *c)
{
	if (wants(c) && !(c->peer_flags & HELLO_GIVES))
		return refuse(c, REASON_EVIDENCE_MISSING, -EACCES, "the peer has no evidence to give");
	if (c->peer_flags & HELLO_WANTS && !c->options.evidence) {
		c->peer.fault.reason = REASON_EVIDENCE_MISSING;
		c->peer.fault.by_peer = 1;
		return channel_fail(c, -EACCES, "the peer wants evidence, and this side has none");
	}
	return 0;
}

static int exchange(struct ward_channel *c)
{
	bool first = c->role == WARD_CHANNEL_CONNECTOR;
	int rc = first ? give(c) : await(c, &c->want_evidence, false);

	/* A connector is told at once what its own evidence came to. */
	if (!rc && first)
		rc = await(c, &c->want_verdict, false);
	if (!rc)
		rc = first ? await(c, &c->want_evidence, false) : give(c);
	return rc ? rc : await(c, &c->want_verdict, false);
}

/* Before anything is read: what comes early is judged by a nonce that nobody knows. */
static int draw_nonce(struct ward_channel *c)
{
	if (RAND_bytes(c->nonce[0], sizeof(c->nonce[0])) != 1)
		return channel_fail(c, -EIO, "no random nonce could be had");
	memcpy(c->ask_nonce, c->nonce[0], sizeof(c->ask_nonce));
	return 0;
}

int channel_greet(struct ward_channel *c)
{
	bool first = c->role == WARD_CHANNEL_CONNECTOR;
	int rc = draw_nonce(c);

	if (!rc && first)
		rc = send_hello(c);
	if (!rc)
		rc = await(c, &c->greeted, true);
	if (!rc && !first)
		rc = send_hello(c);
	if (!rc)
		rc = agree(c);
	if (!rc)
		rc = exchange(c);
	c->open = !rc;
	return rc;
}

static uint64_t answer_ms(const struct ward_channel *c)
{
	return c->options.answer_ms ? c->options.answer_ms : ANSWER_MS;
}

static bool due(const struct ward_channel *c, uint64_t now)
{
	const struct ward_channel_options *o = &c->options;

	return (o->reattest_ms && now - c->accepted_ms >= o->reattest_ms) ||
	       (o->reattest_bytes && c->moved >= o->reattest_bytes);
}

int channel_ask(struct ward_channel *c)
{
	if (RAND_bytes(c->ask_nonce, sizeof(c->ask_nonce)) != 1)
		return channel_fail(c, -EIO, "no random nonce could be had");
	c->asked_ms = c->parts->now_ms();
	c->want_evidence = c->owe_ask = true;
	return 0;
}

int channel_timers(struct ward_channel *c)
{
	uint64_t now = c->parts->now_ms();

	if (!wants(c) || c->error)
		return c->error;
	if (c->want_evidence && now - c->asked_ms >= answer_ms(c))
		return refuse(c, REASON_EVIDENCE_MISSING, -ETIME,
			      "the peer did not attest again in time");
	return c->want_evidence || c->owe_verdict || !due(c, now) ? 0 : channel_ask(c);
}

int channel_timer_ms(struct ward_channel *c)
{
	uint64_t now = c->parts->now_ms(), at;

	if (!wants(c) || (!c->want_evidence && !c->options.reattest_ms))
		return -1;
	at = c->want_evidence ? c->asked_ms + answer_ms(c) : c->accepted_ms + c->options.reattest_ms;
	if (now >= at)
		return 0;
	return at - now > 60000 ? 60000 : (int)(at - now);
}

bool channel_stale(const struct ward_channel *c)
{
	const struct ward_channel_options *o = &c->options;
	uint64_t age = c->parts->now_ms() - c->accepted_ms;

	if (!wants(c))
		return false;
	return (o->reattest_ms && age >= o->reattest_ms + answer_ms(c)) ||
	       (o->reattest_bytes && c->moved / 2 >= o->reattest_bytes);
}
