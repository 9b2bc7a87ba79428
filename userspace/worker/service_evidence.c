// SPDX-License-Identifier: MIT
#include "service_evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/keyvalq_struct.h>

#include <openssl/crypto.h>

#include "libward.h"
#include "service.h"

/** struct evidence_wait - somebody who waits for a piece; @c NULL: the connection is gone */
struct evidence_wait {
	struct evidence_wait *next, **at;
	struct service *service;
	struct connection *c;
	struct attester_ask *ask;
	attester_done_fn done;
	void *arg;
};

/*
 * struct asked - a request that is not answered yet
 *
 * libevent reads nothing more of its connection until it is answered, but may fail to write what
 * was said before, as a door's hello: then the connection goes, and @req stays until its answer.
 */
struct asked {
	struct service *service;
	struct evhttp_request *req;
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

static void enter(struct service *service, struct evidence_wait *wait)
{
	struct evidence_wait **first = &service->evidence.first;

	wait->next = *first;
	wait->at = first;
	if (wait->next)
		wait->next->at = &wait->next;
	*first = wait;
}

/* Of one prefix, or NULL: of all. */
static unsigned int waiting_of(const struct service_evidence *evidence, const struct peer *peer)
{
	const struct evidence_wait *wait;
	unsigned int count = 0;

	for (wait = evidence->first; wait; wait = wait->next)
		count += !peer || (wait->c && connection_peer(wait->c) == peer);
	return count;
}

unsigned int service_evidence_waiting(const struct service_evidence *evidence)
{
	return waiting_of(evidence, NULL);
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

static void on_made(int err, const uint8_t *bundle, size_t len, void *arg)
{
	struct evidence_wait *wait = arg;
	attester_done_fn done = wait->done;
	void *done_arg = wait->arg;

	if (wait->c)
		connection_worked(wait->c);
	leave(wait);
	done(err, bundle, len, done_arg);
}

static void on_gone(void *arg)
{
	struct evidence_wait *wait = arg;

	wait->c = NULL;
}

int service_evidence_ask(struct service *service, struct connection *c, const uint8_t *nonce,
			 const uint8_t *binding, attester_done_fn done, void *arg,
			 struct evidence_wait **out)
{
	struct service_evidence *evidence = &service->evidence;
	struct evidence_wait *wait;

	evidence->again = wait_of(service, c);
	if (evidence->again)
		return -EAGAIN;
	wait = malloc(sizeof(*wait));
	if (!wait)
		return -ENOMEM;
	*wait = (struct evidence_wait){ .service = service, .c = c, .done = done, .arg = arg };
	wait->ask = attester_ask(evidence->attester, nonce, binding, on_made, wait);
	if (!wait->ask) {
		free(wait);
		evidence->again = evidence->seconds;
		return -EBUSY;
	}
	enter(service, wait);
	connection_works(c, evidence->seconds, on_gone, wait);
	*out = wait;
	return 0;
}

void service_evidence_forget(struct evidence_wait *wait)
{
	attester_forget(wait->ask);
	if (wait->c)
		connection_worked(wait->c);
	leave(wait);
}

/* ---- GET /attest ------------------------------------------------------------------------------ */

static void on_done(int err, const uint8_t *bundle, size_t len, void *arg)
{
	struct asked *asked = arg;
	struct service *service = asked->service;

	if (err == -ETIME)
		reply_refuse(&asked->reply, 504, "evidence-late",
			     "the TEE did not answer in time; ask again");
	else if (err)
		reply_refuse(&asked->reply, 503, "no-evidence", ward_strerror(err));
	else
		reply_bundle(&asked->reply, service->standing, bundle, len);
	service_finish(service, asked->req, SERVICE_ATTEST, &asked->reply);
	free(asked);
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

static int ask(struct service *service, struct evhttp_request *req, struct connection *c,
	       const struct reply *reply, const uint8_t *nonce)
{
	struct asked *asked = malloc(sizeof(*asked));
	uint8_t binding[WARD_BINDING_LEN];
	struct evidence_wait *wait;
	int err = asked ? standing_bind(service->standing, nonce, binding) : -ENOMEM;

	if (!err) {
		*asked = (struct asked){ service, req, *reply };
		err = service_evidence_ask(service, c, nonce, binding, on_done, asked, &wait);
	}
	if (err)
		free(asked);
	return err;
}

void service_evidence_give(struct service *service, struct evhttp_request *req,
			   struct connection *c, struct reply *reply, const char *query)
{
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN];
	int err;

	if (read_nonce(query, nonce)) {
		reply_refuse(reply, 400, "nonce-damaged",
			     "the query must be nonce= and 64 hexadecimal digits, which you drew");
		return;
	}
	err = ask(service, req, c, reply, nonce);
	reply->later = !err;
	if (err == -EAGAIN)
		reply_wait(reply, 429, "rate-limited", service->evidence.again);
	else if (err == -EBUSY)
		reply_wait(reply, 503, "busy", service->evidence.again);
	else if (err)
		reply_refuse(reply, 503, "no-room", "no room for the evidence");
}

/* ---- begin and end --------------------------------------------------------------------------- */

int service_evidence_begin(struct service_evidence *evidence, struct standing *standing,
			   struct event_base *base, uint32_t seconds)
{
	const struct attester_options options = {
		.base = base,
		.evidence = standing->evidence ? standing->evidence : standing_evidence,
		.arg = standing->evidence ? standing->evidence_arg : standing,
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
		on_made(-ESHUTDOWN, NULL, 0, evidence->first);
}
