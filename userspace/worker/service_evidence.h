/* SPDX-License-Identifier: MIT */
/*
 * Evidence for who asks, by GET /attest or as a channel opens: within limits of one prefix and of
 * all, and made while other requests are answered.
 */
#ifndef WARD_WORKER_SERVICE_EVIDENCE_H
#define WARD_WORKER_SERVICE_EVIDENCE_H

#include <stdint.h>

#include <event2/event.h>
#include <event2/http.h>

#include "../common/connection.h"
#include "attester.h"
#include "service_reply.h"
#include "standing.h"

/* What one prefix may have, and all together, at once and again after the period. */
#define EVIDENCE_PEER_BURST	16
#define EVIDENCE_ALL_BURST	64
#define EVIDENCE_PERIOD_MS	60000
#define EVIDENCE_PEER_WAITS	4	/* of one prefix at a time */

struct service;
struct evidence_wait;

/**
 * struct service_evidence - the thread, and who waits for it
 * @attester: NULL before service_evidence_begin()
 * @all: tokens of all together
 * @first: of those who wait
 * @seconds: that it may take
 * @again: until who was refused last may ask again
 */
struct service_evidence {
	struct attester *attester;
	struct bucket all;
	struct evidence_wait *first;
	uint32_t seconds;
	unsigned int again;
};

/**
 * service_evidence_begin() - begin the thread
 * @evidence: zero
 * @standing: whose evidence
 * @base: the loop
 * @seconds: that a piece may take
 *
 * Return: 0 or a negative errno; service_evidence_end() in any case.
 */
int service_evidence_begin(struct service_evidence *evidence, struct standing *standing,
			   struct event_base *base, uint32_t seconds);

/** service_evidence_end() - waits for the piece that is being made; all are told -ESHUTDOWN */
void service_evidence_end(struct service_evidence *evidence);

/** service_evidence_waiting() - how many requests wait */
unsigned int service_evidence_waiting(const struct service_evidence *evidence);

/**
 * service_evidence_ask() - have a piece made
 * @service: with limits
 * @c: of whom; may go, without a word
 * @nonce: WARD_CHANNEL_NONCE_LEN bytes
 * @binding: WARD_BINDING_LEN bytes
 * @done: called once, not before this returns
 * @arg: for @done
 * @out: what service_evidence_forget() takes, until @done is called
 *
 * Return: 0; -EAGAIN: it asks too often; -EBUSY: too many wait; -ENOMEM.
 */
int service_evidence_ask(struct service *service, struct connection *c, const uint8_t *nonce,
			 const uint8_t *binding, attester_done_fn done, void *arg,
			 struct evidence_wait **out);

/** service_evidence_forget() - whoever asked is gone: done is not called */
void service_evidence_forget(struct evidence_wait *wait);

/**
 * service_evidence_give() - answer GET /attest, later where it may have some
 * @service: with limits
 * @req: request
 * @c: its connection
 * @reply: answered, or later
 * @query: of the path, or NULL
 */
void service_evidence_give(struct service *service, struct evhttp_request *req,
			   struct connection *c, struct reply *reply, const char *query);

#endif /* WARD_WORKER_SERVICE_EVIDENCE_H */
