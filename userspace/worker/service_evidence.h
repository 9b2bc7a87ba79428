/* SPDX-License-Identifier: MIT */
/*
 * GET /attest: evidence for who asks, within limits of one prefix and of all, made while other
 * requests are answered.
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
 */
struct service_evidence {
	struct attester *attester;
	struct bucket all;
	struct evidence_wait *first;
	uint32_t seconds;
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

/** service_evidence_end() - waits for the piece that is being made; answers nobody any more */
void service_evidence_end(struct service_evidence *evidence);

/** service_evidence_waiting() - how many requests wait */
unsigned int service_evidence_waiting(const struct service_evidence *evidence);

/**
 * service_evidence_give() - answer a request for evidence, later where it may have some
 * @service: with limits
 * @req: request
 * @c: its connection
 * @reply: answered, or later
 * @query: of the path, or NULL
 */
void service_evidence_give(struct service *service, struct evhttp_request *req,
			   struct connection *c, struct reply *reply, const char *query);

#endif /* WARD_WORKER_SERVICE_EVIDENCE_H */
