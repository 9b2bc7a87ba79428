// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#include <openssl/crypto.h>

#include "die_at.h"
#include "http.h"
#include "journal.h"
#include "libward.h"
#include "metrics.h"
#include "problem.h"
#include "tls.h"

#define SWEEP_SECONDS	10
#define WATCH_SECONDS	1	/* between two looks at the configuration's files */
#define DRAIN_USECONDS	20000	/* between two looks at what is left, when told to end */
#define BACKLOG		1024

struct http {
	struct event_base *base;
	struct evhttp *server;
	struct evhttp_bound_socket *bound;	/* owned by server, as its listener is */
	struct evconnlistener *listener;
	struct event *term, *intr, *hangup, *sweep, *watch, *pause, *drain;
	SSL_CTX *tls;
	struct rcar *rcar;
	struct connections *connections;
	struct peer_table *peers;
	struct http_hooks hooks;
	int64_t drained;	/* when the last answers must be out, milliseconds; 0 = not told */
	uint16_t port;
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

/*
 * Without a bufferevent of ours libevent would go on in plaintext: a connection
 * that can't have TLS ends the broker (and answer() checks again).
 */
static struct bufferevent *accept_tls(struct event_base *base, void *arg)
{
	struct http *http = arg;
	struct bufferevent *bev = connection_new(http->connections, http->tls);
	struct timeval soon = { 0, DRAIN_USECONDS };

	if (!bev) {
		event_base_loopbreak(base);
		return NULL;
	}
	if (connections_crowded(http->connections) && http->listener &&
	    !event_add(http->pause, &soon))
		evconnlistener_disable(http->listener);
	return bev;
}

/* Those that were over the cap have gone meanwhile. */
static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = { 0, DRAIN_USECONDS };
	struct http *http = arg;

	(void)fd;
	(void)what;
	if (!http->listener)
		return;
	if (!connections_crowded(http->connections) || event_add(http->pause, &soon))
		evconnlistener_enable(http->listener);
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
	struct evhttp_connection *conn = evhttp_request_get_connection(req);
	SSL *ssl = bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(conn));

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

static unsigned int must_wait(struct http *http, struct peer *peer, const struct rcar_request *r)
{
	int64_t now = connections_now();
	unsigned int wait = peer_take(http->peers, peer, PEER_REQUESTS, now);

	if (!wait && !strcmp(r->method, "POST") && !strcmp(r->path, "/kbs/v0/auth"))
		wait = peer_take(http->peers, peer, PEER_SESSIONS, now);
	if (wait && peer_first_refusal(peer)) {
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
	struct peer *peer = connection_peer(c);
	struct rcar_reply reply;
	unsigned int wait = peer ? must_wait(http, peer, r) : 1;

	if (http->drained)
		evhttp_add_header(evhttp_request_get_output_headers(req), "Connection", "close");
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

static void answer(struct evhttp_request *req, void *arg)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(req);
	struct connection *c = connection_of(evhttp_connection_get_bufferevent(conn));
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	char *cookie;
	struct rcar_request r = { 0 };
	uint8_t client[32];

	if (!c) {
		evhttp_send_error(req, 500, NULL);	/* never anything in plaintext */
		return;
	}
	cookie = find_cookie(evhttp_find_header(evhttp_request_get_input_headers(req), "Cookie"));
	r.cookie = cookie;
	fill_request(req, &r, path ? path : "");
	if (!tls_client_key(bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(conn)),
			    client))
		r.client = client;
	connection_answered(c);
	serve(arg, req, &r, c);
	if (cookie)
		OPENSSL_cleanse(cookie, strlen(cookie));
	free(cookie);
}

/* Listen no more; what has begun has until the deadline. Told twice: at once. */
static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct timeval every = { 0, DRAIN_USECONDS };
	struct http *http = arg;

	(void)sig;
	(void)what;
	if (http->drained || event_add(http->drain, &every)) {
		event_base_loopexit(http->base, NULL);
		return;
	}
	http->drained = connections_now() + http->rcar->config->limits.shutdown_timeout * 1000ll;
	http->listener = NULL;
	evhttp_del_accept_socket(http->server, http->bound);
}

static void on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;

	(void)fd;
	(void)what;
	if (!connections_drain(http->connections) || connections_now() >= http->drained)
		event_base_loopexit(http->base, NULL);
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
	if (http->hooks.reload && !http->drained)
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

static int fail(struct config_fault *fault, const char *what, const char *why)
{
	snprintf(fault->text, sizeof(fault->text), "%.160s: %.120s", what, why);
	return -1;
}

/*
 * An answer is several small TLS records: without this the later ones wait for
 * the client's delayed acknowledgement, 40 ms each. Connections inherit it.
 */
static void send_at_once(struct evconnlistener *listener)
{
	const int on = 1;

	setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* A numeric address; names are not looked up. */
static int bind_address(struct http *http, const struct config *config,
			struct config_fault *fault)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_PASSIVE }, *ai;
	char port[8];
	int rc;

	snprintf(port, sizeof(port), "%u", config->port);
	rc = getaddrinfo(config->host, port, &hints, &ai);
	if (rc)
		return fail(fault, config->host, gai_strerror(rc));
	http->listener = evconnlistener_new_bind(http->base, NULL, NULL,
						 LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC |
						 LEV_OPT_CLOSE_ON_FREE, BACKLOG, ai->ai_addr,
						 (int)ai->ai_addrlen);
	freeaddrinfo(ai);
	if (!http->listener)
		return fail(fault, "can't listen", strerror(errno));
	send_at_once(http->listener);
	return 0;
}

static void note_port(struct http *http)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(evconnlistener_get_fd(http->listener), (struct sockaddr *)&ss, &len))
		return;
	if (ss.ss_family == AF_INET)
		http->port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	else if (ss.ss_family == AF_INET6)
		http->port = ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
}

static int start_server(struct http *http, struct config_fault *fault)
{
	http->server = evhttp_new(http->base);
	http->bound = http->server ? evhttp_bind_listener(http->server, http->listener) : NULL;
	if (!http->bound) {
		evconnlistener_free(http->listener);
		return fail(fault, "HTTP", "no memory");
	}
	evhttp_set_bevcb(http->server, accept_tls, http);
	evhttp_set_gencb(http->server, answer, http);
	evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
				   EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(http->server, HTTP_HEADERS_MAX);
	evhttp_set_max_body_size(http->server, RCAR_ATTEST_MAX);
	evhttp_set_timeout(http->server, CONNECTION_IDLE_SECONDS + 5);	/* ours come first */
	return 0;
}

static int add_events(struct http *http)
{
	struct timeval sweep = { SWEEP_SECONDS, 0 }, watch = { WATCH_SECONDS, 0 };

	http->term = evsignal_new(http->base, SIGTERM, on_signal, http);
	http->intr = evsignal_new(http->base, SIGINT, on_signal, http);
	http->hangup = evsignal_new(http->base, SIGHUP, on_hangup, http);
	http->sweep = event_new(http->base, -1, EV_PERSIST, on_sweep, http);
	http->watch = event_new(http->base, -1, EV_PERSIST, on_watch, http);
	http->drain = event_new(http->base, -1, EV_PERSIST, on_drain, http);
	http->pause = event_new(http->base, -1, 0, on_pause, http);
	if (!http->term || !http->intr || !http->hangup || !http->sweep || !http->watch ||
	    !http->drain || !http->pause)
		return -1;
	return event_add(http->term, NULL) || event_add(http->intr, NULL) ||
			       event_add(http->hangup, NULL) || event_add(http->sweep, &sweep) ||
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

static int prepare(struct http *http, const struct config *config, struct config_fault *fault)
{
	struct peer_limits limits = peer_limits_of(config);

	http->tls = tls_new(config, fault);
	if (!http->tls)
		return -1;
	http->base = event_base_new();
	http->peers = peer_table_new(&limits);
	if (http->base && http->peers)
		http->connections = connections_new(http->base, http->peers, &config->limits);
	return http->connections ? 0 : fail(fault, "libevent", "no memory");
}

int http_new(const struct config *config, struct rcar *rcar, struct http **out,
	     struct config_fault *fault)
{
	struct http *http = calloc(1, sizeof(*http));
	int rc;

	if (!http)
		return fail(fault, "HTTP", "no memory");
	event_set_log_callback(on_library_log);
	http->rcar = rcar;
	rc = prepare(http, config, fault);
	if (!rc)
		rc = bind_address(http, config, fault);
	if (!rc) {
		note_port(http);
		rc = start_server(http, fault);
	}
	if (!rc && add_events(http))
		rc = fail(fault, "libevent", "no memory");
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
	struct peer_limits limits = peer_limits_of(config);

	SSL_CTX_free(http->tls);
	http->tls = tls;
	peer_table_limit(http->peers, &limits);
	connections_limit(http->connections, &config->limits);
}

struct connection_counts http_count(const struct http *http)
{
	return connections_count(http->connections);
}

struct event_base *http_base(const struct http *http)
{
	return http->base;
}

uint16_t http_port(const struct http *http)
{
	return http->port;
}

int http_run(struct http *http)
{
	int rc = event_base_dispatch(http->base);

	/* a broken loop means that a connection could not have TLS */
	return rc < 0 || event_base_got_break(http->base) ? -1 : 0;
}

void http_free(struct http *http)
{
	struct event **events[] = { &http->term, &http->intr, &http->hangup, &http->sweep,
				    &http->watch, &http->drain, &http->pause };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (*events[i])
			event_free(*events[i]);
	http->listener = NULL;	/* goes with the server, before its connections do */
	if (http->server)
		evhttp_free(http->server);
	if (http->base)
		event_base_free(http->base);
	connections_free(http->connections);
	peer_table_free(http->peers);
	SSL_CTX_free(http->tls);
	free(http);
}
