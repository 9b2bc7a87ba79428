// SPDX-License-Identifier: MIT
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include <openssl/crypto.h>

#include "../common/https.h"
#include "die_at.h"
#include "http.h"
#include "journal.h"
#include "libward.h"
#include "metrics.h"
#include "problem.h"
#include "tls.h"

#define SWEEP_SECONDS	10
#define WATCH_SECONDS	1	/* between two looks at the configuration's files */

struct http {
	struct https *https;
	struct event *hangup, *sweep, *watch;
	struct rcar *rcar;
	struct http_hooks hooks;
};

static int64_t seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec;
}

static struct peer_limits peer_limits_of(const struct config *config)
{
	const struct limits *l = &config->limits;
	struct peer_limits p = { .connections = l->peer_connections };

	p.burst[PEER_REQUESTS] = l->peer_burst;
	p.period[PEER_REQUESTS] = (l->peer_burst * 1000ll + l->peer_rate - 1) / l->peer_rate;
	p.burst[PEER_SESSIONS] = l->peer_sessions;
	p.period[PEER_SESSIONS] = config->session_timeout * 1000ll;
	return p;
}

static const char *method_name(enum evhttp_cmd_type type)
{
	switch (type) {
	case EVHTTP_REQ_GET: return "GET";
	case EVHTTP_REQ_POST: return "POST";
	default: return "other";
	}
}

/* The value of our cookie out of a Cookie header, to be freed; NULL = none. */
static char *find_cookie(const char *header)
{
	static const char name[] = RCAR_COOKIE "=";

	while (header && *header) {
		size_t len;

		header += strspn(header, "; ");
		len = strcspn(header, ";");
		if (len >= sizeof(name) - 1 && !strncmp(header, name, sizeof(name) - 1))
			return strndup(header + sizeof(name) - 1, len - (sizeof(name) - 1));
		header += len;
	}
	return NULL;
}

static const char *find_bearer(const char *header)
{
	if (!header || strncasecmp(header, "Bearer ", 7))
		return NULL;
	return header + 7 + strspn(header + 7, " ");
}

/* Half of a wrapped key's bytes on the wire, then nothing: for a test of crashes alone. */
static void die_half_sent(struct evhttp_request *req, const struct rcar_reply *reply)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n";
	SSL *ssl = https_ssl(req);

	if (!reply->body || !strstr(reply->body, "ciphertext"))
		return;
	SSL_write(ssl, head, sizeof(head) - 1);
	SSL_write(ssl, reply->body, (int)strlen(reply->body) / 2);
	die_at("half-sent");
}

static void send_reply(struct evhttp_request *req, const struct rcar_reply *reply)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *out = evhttp_request_get_output_buffer(req);
	char cookie[sizeof(RCAR_COOKIE) + SESSION_COOKIE_LEN + 64];

	if (dies_at("half-sent"))
		die_half_sent(req, reply);
	evhttp_add_header(headers, "Content-Type",
			  reply->problem ? "application/problem+json" : "application/json");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	if (reply->cookie[0]) {
		snprintf(cookie, sizeof(cookie), "%s=%s; Path=/kbs/v0; Secure; HttpOnly",
			 RCAR_COOKIE, reply->cookie);
		evhttp_add_header(headers, "Set-Cookie", cookie);
		OPENSSL_cleanse(cookie, sizeof(cookie));
	}
	if (reply->body)
		evbuffer_add(out, reply->body, strlen(reply->body));
	evhttp_send_reply(req, reply->status, NULL, NULL);
}

/* The prefix has asked for enough: refused before anything is looked at. */
static void send_wait(struct evhttp_request *req, unsigned int wait)
{
	struct rcar_reply reply = { .status = 429, .problem = 1 };
	char text[16];

	snprintf(text, sizeof(text), "%u", wait);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After", text);
	reply.body = problem_json("rate-limited", "");
	send_reply(req, &reply);
	ward_wiping_free(reply.body);
}

static unsigned int must_wait(struct http *http, struct connection *c,
			      const struct rcar_request *r)
{
	unsigned int wait = https_wait(http->https, c, PEER_REQUESTS);
	struct peer *peer = connection_peer(c);

	if (!wait && !strcmp(r->method, "POST") && !strcmp(r->path, "/kbs/v0/auth"))
		wait = https_wait(http->https, c, PEER_SESSIONS);
	if (wait && peer && peer_first_refusal(peer)) {
		struct decision d = { .time = r->time, .event = "request", .peer = r->peer,
				      .result = "rate-limited",
				      .detail = "said once; others of this prefix may follow" };

		journal(&d);
	}
	return wait;
}

static void fill_request(struct evhttp_request *req, struct rcar_request *r, const char *path)
{
	struct evkeyvalq *headers = evhttp_request_get_input_headers(req);
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	char *peer = NULL;
	ev_uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(req), &peer, &port);
	r->peer = peer;
	r->method = method_name(evhttp_request_get_command(req));
	r->path = path;
	r->bearer = find_bearer(evhttp_find_header(headers, "Authorization"));
	r->body_len = evbuffer_get_length(in);
	r->body = r->body_len ? evbuffer_pullup(in, -1) : NULL;
	r->now = seconds(CLOCK_BOOTTIME);
	r->time = seconds(CLOCK_REALTIME);
}

static void serve(struct http *http, struct evhttp_request *req, struct rcar_request *r,
		  struct connection *c)
{
	unsigned int wait = must_wait(http, c, r);
	struct rcar_reply reply;

	if (wait) {
		metrics_decision("request", "rate-limited", 0);
		send_wait(req, wait);
		return;
	}
	rcar_handle(http->rcar, r, &reply);
	send_reply(req, &reply);
	ward_wiping_free(reply.body);
	OPENSSL_cleanse(&reply, sizeof(reply));
}

static void answer(struct evhttp_request *req, struct connection *c, void *arg)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	struct rcar_request r = { 0 };
	uint8_t client[32];
	char *cookie;

	cookie = find_cookie(evhttp_find_header(evhttp_request_get_input_headers(req), "Cookie"));
	r.cookie = cookie;
	fill_request(req, &r, path ? path : "");
	if (!tls_client_key(https_ssl(req), client))
		r.client = client;
	serve(arg, req, &r, c);
	if (cookie)
		OPENSSL_cleanse(cookie, strlen(cookie));
	free(cookie);
}

static void on_hangup(evutil_socket_t sig, short what, void *arg)
{
	struct http *http = arg;

	(void)sig;
	(void)what;
	if (http->hooks.reload)
		http->hooks.reload(http->hooks.arg, 1);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;

	(void)fd;
	(void)what;
	if (http->hooks.reload && !https_draining(http->https))
		http->hooks.reload(http->hooks.arg, 0);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;
	struct rcar *rcar = http->rcar;
	int64_t now = seconds(CLOCK_REALTIME);
	struct db_fault fault = { "" };
	struct decision d = { .time = now, .event = "error", .result = "store-failed",
			      .detail = fault.text };

	(void)fd;
	(void)what;
	session_sweep(rcar->db, &rcar->limits, now, &fault);
	if (tally_flush(&rcar->tally, rcar->db, rcar->audit, now, &fault))
		journal(&d);
}

static int add_events(struct http *http)
{
	struct timeval sweep = { SWEEP_SECONDS, 0 }, watch = { WATCH_SECONDS, 0 };
	struct event_base *base = https_base(http->https);

	http->hangup = evsignal_new(base, SIGHUP, on_hangup, http);
	http->sweep = event_new(base, -1, EV_PERSIST, on_sweep, http);
	http->watch = event_new(base, -1, EV_PERSIST, on_watch, http);
	if (!http->hangup || !http->sweep || !http->watch)
		return -1;
	return event_add(http->hangup, NULL) || event_add(http->sweep, &sweep) ||
	       event_add(http->watch, &watch) ? -1 : 0;
}

/* What libevent has to say goes the way of everything else. */
static void on_library_log(int severity, const char *text)
{
	struct decision d = { .time = seconds(CLOCK_REALTIME), .event = "error",
			      .result = "libevent", .detail = text };

	if (severity >= EVENT_LOG_WARN)
		journal(&d);
}

static int listen_tls(struct http *http, const struct config *config, struct config_fault *fault)
{
	struct peer_limits peers = peer_limits_of(config);
	struct https_options options = {
		.host = config->host, .port = config->port, .tls = tls_new(config, fault),
		.limits = &config->limits.connection, .peers = &peers,
		.headers_max = HTTP_HEADERS_MAX, .body_max = RCAR_ATTEST_MAX,
		.methods = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
			   EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD,
		.answer = answer, .arg = http,
	};

	return options.tls ? https_new(&options, &http->https, fault->text, sizeof(fault->text)) : -1;
}

int http_new(const struct config *config, struct rcar *rcar, struct http **out,
	     struct config_fault *fault)
{
	struct http *http = calloc(1, sizeof(*http));
	int rc = -1;

	if (http) {
		event_set_log_callback(on_library_log);
		http->rcar = rcar;
		rc = listen_tls(http, config, fault);
	}
	if (!http || (!rc && add_events(http))) {
		snprintf(fault->text, sizeof(fault->text), "HTTP: no memory");
		rc = -1;
	}
	if (rc)
		http_free(http);
	else
		*out = http;
	return rc;
}

void http_hook(struct http *http, const struct http_hooks *hooks)
{
	http->hooks = *hooks;
}

void http_take(struct http *http, const struct config *config, SSL_CTX *tls)
{
	struct peer_limits peers = peer_limits_of(config);

	https_take(http->https, &config->limits.connection, &peers, tls);
}

struct connection_counts http_count(const struct http *http)
{
	return https_count(http->https);
}

struct event_base *http_base(const struct http *http)
{
	return https_base(http->https);
}

uint16_t http_port(const struct http *http)
{
	return https_port(http->https);
}

int http_run(struct http *http)
{
	return https_run(http->https);
}

void http_free(struct http *http)
{
	struct event **events[] = { &http->hangup, &http->sweep, &http->watch };

	if (!http)
		return;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (*events[i])
			event_free(*events[i]);
	https_free(http->https);
	free(http);
}
