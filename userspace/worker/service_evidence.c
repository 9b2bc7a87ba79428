// SPDX-License-Identifier: MIT
#include "service_evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/keyvalq_struct.h>

#include <openssl/crypto.h>

#include "libward.h"
#include "service.h"

/*
 * struct evidence_wait - a request that is not answered yet
 *
 * libevent reads nothing more of its connection until it is answered, and sees no end of it: so
 * @req and @c are there as long as this is.
 */
struct evidence_wait {
	struct evidence_wait *next, **at;
	struct service *service;
	struct evhttp_request *req;
	struct connection *c;
	struct reply reply;
};

/* ---- who waits -------------------------------------------------------------------------- */

static void leave(struct evidence_wait *wait)
{
	*wait->at = wait->next;
	if (wait->next)
		wait->next->at = wait->at;
	free(wait);
}

/* NULL: no memory. */
static struct evidence_wait *enter(struct service *service, struct evhttp_request *req,
				   struct connection *c, const struct reply *reply)
{
	struct evidence_wait *wait = malloc(sizeof(*wait)), **first = &service->evidence.first;

	if (!wait)
		return NULL;
	*wait = (struct evidence_wait){
		.next = *first, .at = first, .service = service, .req = req, .c = c, .reply = *reply,
	};
	if (wait->next)
		wait->next->at = &wait->next;
	*first = wait;
	return wait;
}

/* Of one prefix, or NULL: of all. */
static unsigned int waiting_of(const struct service_evidence *evidence, const struct peer *peer)
{
	const struct evidence_wait *wait;
	unsigned int count = 0;

	for (wait = evidence->first; wait; wait = wait->next)
		count += !peer || connection_peer(wait->c) == peer;
	return count;
}

unsigned int service_evidence_waiting(const struct service_evidence *evidence)
{
	return waiting_of(evidence, NULL);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void on_done(int err, const uint8_t *bundle, size_t len, void *arg)
{
	struct evidence_wait *wait = arg;
	struct service *service = wait->service;

	if (err == -ETIME)
		reply_refuse(&wait->reply, 504, "evidence-late",
			     "the TEE did not answer in time; ask again");
	else if (err)
		reply_refuse(&wait->reply, 503, "no-evidence", ward_strerror(err));
	else
		reply_bundle(&wait->reply, service->standing, bundle, len);
	connection_worked(wait->c);
	service_finish(service, wait->req, SERVICE_ATTEST, &wait->reply);
	leave(wait);
}

/* nonce= and 64 digits of hex, nothing else */
static int read_nonce(const char *query, uint8_t nonce[WARD_CHANNEL_NONCE_LEN])
{
	static const char name[] = "nonce=";
	long len;
	uint8_t *bytes;
	int ok;

	if (!query || strncmp(query, name, sizeof(name) - 1) ||
	    strlen(query + sizeof(name) - 1) != SERVICE_NONCE_HEX ||
	    strspn(query + sizeof(name) - 1, "0123456789abcdefABCDEF") != SERVICE_NONCE_HEX)
		return -1;
	bytes = OPENSSL_hexstr2buf(query + sizeof(name) - 1, &len);
	ok = bytes && len == WARD_CHANNEL_NONCE_LEN;
	if (ok)
		memcpy(nonce, bytes, WARD_CHANNEL_NONCE_LEN);
	OPENSSL_free(bytes);
	return ok ? 0 : -1;
}

/* Seconds until @c may ask: its prefix's turn comes before that of all. */
static unsigned int wait_of(struct service *service, struct connection *c)
{
	struct service_evidence *evidence = &service->evidence;
	unsigned int seconds;

	if (waiting_of(evidence, connection_peer(c)) >= EVIDENCE_PEER_WAITS)
		return evidence->seconds;
	seconds = https_wait(service->https, c, PEER_SESSIONS);
	return seconds ? seconds : bucket_take(&evidence->all, EVIDENCE_ALL_BURST,
					       EVIDENCE_PERIOD_MS, connections_now());
}

static void ask(struct service *service, struct evhttp_request *req, struct connection *c,
		struct reply *reply, const uint8_t *nonce)
{
	struct service_evidence *evidence = &service->evidence;
	struct evidence_wait *wait = enter(service, req, c, reply);
	uint8_t binding[WARD_BINDING_LEN];

	if (!wait || standing_bind(service->standing, nonce, binding)) {
		reply_refuse(reply, 503, "no-room", "no room for the evidence");
	} else if (attester_ask(evidence->attester, nonce, binding, on_done, wait)) {
		connection_works(c, evidence->seconds);
		reply->later = 1;
		return;
	} else {
		reply_wait(reply, 503, "busy", evidence->seconds);
	}
	if (wait)
		leave(wait);
}

void service_evidence_give(struct service *service, struct evhttp_request *req,
			   struct connection *c, struct reply *reply, const char *query)
{
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN];
	unsigned int seconds;

	if (read_nonce(query, nonce)) {
		reply_refuse(reply, 400, "nonce-damaged",
			     "the query must be nonce= and 64 hexadecimal digits, which you drew");
		return;
	}
	seconds = wait_of(service, c);
	if (seconds)
		reply_wait(reply, 429, "rate-limited", seconds);
	else
		ask(service, req, c, reply, nonce);
}

/* ---- begin and end --------------------------------------------------------------------------- */

int service_evidence_begin(struct service_evidence *evidence, struct standing *standing,
			   struct event_base *base, uint32_t seconds)
{
	const struct attester_options options = {
		.base = base, .evidence = standing_evidence, .arg = standing,
		.deadline_ms = seconds * 1000,
	};

	evidence->seconds = seconds;
	bucket_fill(&evidence->all, EVIDENCE_ALL_BURST, EVIDENCE_PERIOD_MS, connections_now());
	return attester_new(&options, &evidence->attester);
}

void service_evidence_end(struct service_evidence *evidence)
{
	attester_free(evidence->attester);
	evidence->attester = NULL;
	while (evidence->first)
		leave(evidence->first);
}
