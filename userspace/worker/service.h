/* SPDX-License-Identifier: MIT */
/*
 * The requests of `ward-train serve`: which path takes which method, what is refused and how it
 * is said (RFC 7807), and what is counted.
 */
#ifndef WARD_WORKER_SERVICE_H
#define WARD_WORKER_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "../common/https.h"
#include "failure.h"
#include "infer.h"
#include "service_count.h"
#include "service_evidence.h"
#include "standing.h"

#define SERVICE_HEADERS_MAX	8192
#define SERVICE_NONCE_HEX	64

/**
 * struct service - what requests are answered with
 * @infer: answers
 * @standing: evidence
 * @memory: of the session, to tell of it
 * @page: of GET /, NUL terminated
 * @policy: its content security policy
 * @host: numeric address
 * @port: 0 = any free one
 * @certificate, @key: PEM files; NULL where it is by @channel
 * @channel: attested channels, with a key that is made here and never leaves
 * @limits: of connections
 * @body_max: bytes of a request
 * @evidence_s: seconds that evidence may take
 *
 * The caller fills in the above.
 */
struct service {
	const struct infer *infer;
	struct standing *standing;
	const struct memory *memory;
	const char *page;
	const char *policy;
	const char *host;
	uint16_t port;
	const char *certificate;
	const char *key;
	bool channel;
	struct connection_limits limits;
	size_t body_max;
	uint32_t evidence_s;

	/* private */
	struct ward_channel_identity *identity;
	struct service_evidence evidence;
	struct https *https;
	struct event *scrub;
	struct service_count count;
};

/**
 * service_listen() - listen; nothing is answered before service_run()
 * @service: upper part filled in, the rest zero; the standing's key is
 * @failure: what went wrong
 *
 * Return: 0 or -1; service_end() in any case.
 */
int service_listen(struct service *service, struct failure *failure);

/** service_port() - that it listens on */
uint16_t service_port(const struct service *service);

/**
 * service_run() - answer until SIGTERM or SIGINT, and then what has begun
 * @service: listens
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int service_run(struct service *service, struct failure *failure);

/** service_finish() - send an answer that is there now; for who made it later */
void service_finish(struct service *service, struct evhttp_request *req, enum service_path path,
		    struct reply *reply);

/** service_end() - let go of every connection, once the evidence that is being made is there */
void service_end(struct service *service);

#endif /* WARD_WORKER_SERVICE_H */
