// SPDX-License-Identifier: MIT
#include "service.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "../common/tls_server.h"
#include "door.h"
#include "scrub.h"
#include "service_reply.h"
#include "vault.h"

/* What one prefix may ask at once, and again after the period. */
#define PEER_BURST	2000
#define PEER_PERIOD_MS	10000

/* ---- one path each -------------------------------------------------------------------- */

static void give_page(struct service *service, struct reply *reply)
{
	if (!service->page) {
		reply_refuse(reply, 404, "path-unknown", "there is no page");
		return;
	}
	evhttp_add_header(reply->headers, "Content-Security-Policy", service->policy);
	evhttp_add_header(reply->headers, "Referrer-Policy", "no-referrer");
	reply_text(reply, "text/html; charset=utf-8", service->page);
}

static void give_health(struct service *service, struct reply *reply)
{
	int draining = https_draining(service->https);

	reply->code = draining ? 503 : 200;
	reply_text(reply, "application/json", draining ? "{\"status\":\"draining\"}\n" :
							 "{\"status\":\"ok\"}\n");
}

static void give_metrics(struct service *service, struct reply *reply)
{
	const struct memory *memory = service->memory;
	const struct service_now now = {
		.live = memory->live, .budget = memory->budget, .vault = vault_used(),
		.evidence = service_evidence_waiting(&service->evidence),
		.connections = https_count(service->https), .evident = service->standing->evident,
		.simulated = service->standing->simulated,
	};

	if (service_count_put(&service->count, &now, reply->out))
		reply_refuse(reply, 503, "no-room", "no room for the answer");
	else
		reply_text(reply, "text/plain; version=0.0.4; charset=utf-8", "");
}

static int kind_of(const char *type, enum infer_kind *kind)
{
	size_t len = type ? strcspn(type, "; \t") : 0;

	if (len == 8 && !strncasecmp(type, "text/csv", len))
		*kind = INFER_CSV;
	else if (len == 16 && !strncasecmp(type, "application/json", len))
		*kind = INFER_JSON;
	else
		return -1;
	return 0;
}

static void give_answer(struct service *service, struct reply *reply, struct evbuffer *in,
			const char *type)
{
	size_t len = evbuffer_get_length(in);
	struct infer_problem problem;
	enum infer_kind kind;
	const uint8_t *body;
	uint64_t rows = 0;

	if (len > service->body_max) {
		reply_refuse(reply, 413, "request-too-long", "the request is longer than this server takes");
		return;
	}
	if (kind_of(type, &kind)) {
		reply_refuse(reply, 415, "type-unsupported",
			     "Content-Type must be text/csv or application/json");
		return;
	}
	service->count.received += len;
	body = len ? evbuffer_pullup(in, -1) : (const uint8_t *)"";
	if (!body) {
		reply_refuse(reply, 503, "no-room", "no room for the request");
	} else if (infer_answer(service->infer, kind, body, len, reply->out, &rows, &problem)) {
		reply_problem(reply, &problem);
	} else {
		service->count.rows += rows;
		service->count.sent += evbuffer_get_length(reply->out);
		reply_text(reply, "application/json", "");
	}
}

/* ---- which path ------------------------------------------------------------------------- */

static enum service_path path_of(const char *path)
{
	enum service_path i;

	for (i = 0; i < SERVICE_OTHER; i++) {
		if (!strcmp(path, service_path_text(i)))
			return i;
	}
	return SERVICE_OTHER;
}

static bool takes(enum service_path path, enum evhttp_cmd_type method)
{
	return method == (path == SERVICE_INFER ? EVHTTP_REQ_POST : EVHTTP_REQ_GET);
}

static void give(struct service *service, struct evhttp_request *req, struct connection *c,
		 enum service_path path, struct reply *reply)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	struct evkeyvalq *headers = evhttp_request_get_input_headers(req);

	switch (path) {
	case SERVICE_PAGE:
		give_page(service, reply);
		break;
	case SERVICE_INFER:
		give_answer(service, reply, evhttp_request_get_input_buffer(req),
			    evhttp_find_header(headers, "Content-Type"));
		break;
	case SERVICE_ATTEST:
		service_evidence_give(service, req, c, reply, uri ? evhttp_uri_get_query(uri) : NULL);
		break;
	case SERVICE_HEALTH:
		give_health(service, reply);
		break;
	case SERVICE_METRICS:
		give_metrics(service, reply);
		break;
	default:
		reply_refuse(reply, 404, "path-unknown", "there is nothing at this path");
	}
}

static void decide(struct service *service, struct evhttp_request *req, struct connection *c,
		   enum service_path path, struct reply *reply)
{
	unsigned int wait = https_wait(service->https, c, PEER_REQUESTS);

	if (wait) {
		reply_wait(reply, 429, "rate-limited", wait);
	} else if (path != SERVICE_OTHER && !takes(path, evhttp_request_get_command(req))) {
		evhttp_add_header(reply->headers, "Allow", path == SERVICE_INFER ? "POST" : "GET");
		reply_refuse(reply, 405, "method-unsupported", "the path takes another method");
	} else {
		give(service, req, c, path, reply);
	}
}

/* The answer is out, and its buffers are free: what the stack has of it goes, too. */
static void on_scrub(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	scrub_stack();
}

static void on_complete(struct evhttp_request *req, void *arg)
{
	struct service *service = arg;

	(void)req;
	event_active(service->scrub, EV_TIMEOUT, 1);
}

/*
 * What follows a request in its connection would keep the buffer alive in which that stood: the
 * connection ends with this answer.
 */
static void end_if_more(struct evhttp_request *req, struct reply *reply)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(req);

	if (connection_more(connection_of(evhttp_connection_get_bufferevent(conn))))
		evhttp_add_header(reply->headers, "Connection", "close");
}

/* libevent sends a body after all, without its length: a client takes it for the next answer. */
static void end_bodiless(struct evhttp_request *req, struct reply *reply)
{
	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD)
		return;
	evbuffer_drain(reply->out, evbuffer_get_length(reply->out));
	evhttp_add_header(reply->headers, "Connection", "close");
}

void service_finish(struct service *service, struct evhttp_request *req, enum service_path path,
		    struct reply *reply)
{
	end_bodiless(req, reply);
	service_counted(&service->count, path, reply->code);
	evhttp_request_set_on_complete_cb(req, on_complete, service);
	reply_send(reply, req);
	explicit_bzero(reply, sizeof(*reply));
	scrub_stack();
}

static void answer(struct evhttp_request *req, struct connection *c, void *arg)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *text = uri ? evhttp_uri_get_path(uri) : NULL;
	enum service_path path = path_of(text && *text ? text : "");
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	struct service *service = arg;
	struct reply reply;

	reply_begin(&reply, req);
	end_if_more(req, &reply);
	decide(service, req, c, path, &reply);
	evbuffer_drain(in, evbuffer_get_length(in));
	if (!reply.later)
		service_finish(service, req, path, &reply);
}

static int refuse_foreign(int status, struct evbuffer *out, void *arg)
{
	struct service *service = arg;

	service_counted(&service->count, SERVICE_OTHER, status);
	return reply_foreign(status, out);
}

/* ---- the listener -------------------------------------------------------------------------- */

static SSL_CTX *tls_of_files(struct service *service, struct failure *failure)
{
	char why[320];
	SSL_CTX *tls = tls_server_new(service->certificate, service->key, why, sizeof(why));

	if (!tls) {
		failed(failure, EXIT_MISUSE, "%s", why);
		return NULL;
	}
	SSL_CTX_set_options(tls, SSL_OP_CLEANSE_PLAINTEXT);
	if (!tls_server_spki(SSL_CTX_get0_certificate(tls), service->standing->key))
		return tls;
	SSL_CTX_free(tls);
	failed(failure, EXIT_DEVICE, "%s: no digest of its key", service->certificate);
	return NULL;
}

static SSL_CTX *tls_of_channel(struct service *service, struct failure *failure)
{
	int err = ward_channel_identity_new(&service->identity);
	SSL_CTX *tls = err ? NULL : ward_channel_identity_tls(service->identity);

	if (err) {
		failed(failure, EXIT_DEVICE, "no key for the channel: %s; raise --budget",
		       ward_strerror(err));
		return NULL;
	}
	SSL_CTX_up_ref(tls);
	SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
	memcpy(service->standing->key, ward_channel_identity_key(service->identity),
	       WARD_CHANNEL_KEY_LEN);
	return tls;
}

/* Nobody shuts all others out by himself. */
static uint32_t of_one_prefix(const struct connection_limits *limits)
{
	return limits->connections > 1 ? limits->connections / 2 : 1;
}

int service_listen(struct service *service, struct failure *failure)
{
	const struct peer_limits peers = {
		.connections = of_one_prefix(&service->limits), .burst = { PEER_BURST, EVIDENCE_PEER_BURST },
		.period = { PEER_PERIOD_MS, EVIDENCE_PERIOD_MS },
	};
	const struct connection_refusal refusal = { refuse_foreign, service };
	const struct connection_layer layer = door_layer(service);
	struct https_options options = {
		.host = service->host, .port = service->port, 
		.tls = service->channel ? tls_of_channel(service, failure) :
					  tls_of_files(service, failure),
		.limits = &service->limits, .peers = &peers, .headers_max = SERVICE_HEADERS_MAX,
		/* what is a little too long is told so in our own words */
		.body_max = 2 * service->body_max, .answer = answer, .arg = service,
		.refusal = &refusal, .layer = service->channel ? &layer : NULL,
		.methods = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
			   EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
			   EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH,
	};
	char why[320];

	if (!options.tls)
		return -1;
	if (https_new(&options, &service->https, why, sizeof(why)))
		return failed(failure, EXIT_NETWORK, "%s", why);
	service->scrub = event_new(https_base(service->https), -1, 0, on_scrub, service);
	if (!service->scrub)
		return failed(failure, EXIT_DEVICE, "libevent: no memory");
	return 0;
}

uint16_t service_port(const struct service *service)
{
	return https_port(service->https);
}

int service_run(struct service *service, struct failure *failure)
{
	int err = service_evidence_begin(&service->evidence, service->standing,
					 https_base(service->https), service->evidence_s);

	if (err)
		return failed(failure, EXIT_DEVICE, "the thread that asks for evidence: %s",
			      ward_strerror(err));
	return https_run(service->https) ?
	       failed(failure, EXIT_DEVICE, "no room for a connection's TLS; raise --budget") : 0;
}

void service_end(struct service *service)
{
	service_evidence_end(&service->evidence);
	if (service->scrub)
		event_free(service->scrub);
	service->scrub = NULL;
	https_free(service->https);
	service->https = NULL;
	ward_channel_identity_free(service->identity);
	service->identity = NULL;
	scrub_stack();
}
