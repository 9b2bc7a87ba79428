/* SPDX-License-Identifier: MIT */
/* An answer of HTTP on its way out. */
#ifndef WARD_WORKER_SERVICE_REPLY_H
#define WARD_WORKER_SERVICE_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "infer.h"
#include "standing.h"

/**
 * struct reply - an answer
 * @code: status
 * @headers: of the answer; libevent's
 * @out: its body; libevent's
 * @json: the client asked for JSON rather than bytes
 * @later: it is not there yet; whoever set this sends it
 */
struct reply {
	int code;
	struct evkeyvalq *headers;
	struct evbuffer *out;
	int json;
	int later;
};

/** reply_begin() - 200, empty, with the headers that all have */
void reply_begin(struct reply *reply, struct evhttp_request *req);

/** reply_text() - @text is added to what stands in its body, which is of @type; or 503: no room */
void reply_text(struct reply *reply, const char *type, const char *text);

/**
 * reply_refuse() - instead of whatever stands in its body, why there is no answer
 *
 * Where there is no room for that either it is 503, without a body.
 */
void reply_refuse(struct reply *reply, int code, const char *reason, const char *detail);

/** reply_problem() - the same with the place in the request */
void reply_problem(struct reply *reply, const struct infer_problem *problem);

/** reply_wait() - 429 or 503 with its reason, and when to ask again */
void reply_wait(struct reply *reply, int code, const char *reason, unsigned int seconds);

/** reply_bundle() - evidence: its bytes, or JSON with these in base64; or 503: no room */
void reply_bundle(struct reply *reply, const struct standing *standing, const uint8_t *bundle,
		  size_t len);

/**
 * reply_foreign() - a whole answer of HTTP in place of libevent's own refusal
 * @status: of it
 * @out: empty
 *
 * Return: 0; -1: no memory, and @out is empty.
 */
int reply_foreign(int status, struct evbuffer *out);

/** reply_send() - hand it to libevent; nothing, and the connection ends, where that has no room */
void reply_send(struct reply *reply, struct evhttp_request *req);

#endif /* WARD_WORKER_SERVICE_REPLY_H */
