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

#include "http.h"
#include "journal.h"
#include "tls.h"

#define SWEEP_SECONDS	10
#define LINGER_USECONDS	200000	/* for answers on their way when we are told to end */

struct http {
	struct event_base *base;
	struct evhttp *server;
	struct evconnlistener *listener;	/* owned by server */
	struct event *term, *intr, *sweep;
	SSL_CTX *tls;
	struct rcar *rcar;
	unsigned int connections;
	uint16_t port;
};

/**
 * struct connection - hangs on its SSL and goes with it
 * @life: ends the connection when its time is over
 */
struct connection {
	struct http *http;
	SSL *ssl;
	struct event *life;
};

static int connection_index = -1;

static int64_t seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec;
}

/* The SSL is freed with its connection, however that ends. */
static void connection_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl,
			    void *argp)
{
	struct connection *c = ptr;

	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	if (!c)
		return;
	if (c->http->connections-- == HTTP_CONNECTIONS_MAX && c->http->listener)
		evconnlistener_enable(c->http->listener);
	event_free(c->life);
	free(c);
}

/* Only shut down here: the connection's owner sees the end and frees it. */
static void connection_over(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	shutdown(SSL_get_fd(c->ssl), SHUT_RDWR);
}

static SSL *connection_new(struct http *http)
{
	struct timeval life = { HTTP_LIFE_SECONDS, 0 };
	struct connection *c = calloc(1, sizeof(*c));
	SSL *ssl = SSL_new(http->tls);

	if (!c || !ssl)
		goto fail;
	c->http = http;
	c->ssl = ssl;
	c->life = event_new(http->base, -1, 0, connection_over, c);
	if (!c->life || event_add(c->life, &life) || !SSL_set_ex_data(ssl, connection_index, c))
		goto fail;
	if (++http->connections == HTTP_CONNECTIONS_MAX)
		evconnlistener_disable(http->listener);
	return ssl;
fail:
	if (c && c->life)
		event_free(c->life);
	free(c);
	SSL_free(ssl);
	return NULL;
}

/*
 * Without a bufferevent of ours libevent would go on in plaintext: a connection
 * that can't have TLS ends the broker (and answer() checks again).
 */
static struct bufferevent *accept_tls(struct event_base *base, void *arg)
{
	struct http *http = arg;
	SSL *ssl = connection_new(http);
	struct bufferevent *bev = NULL;

	if (ssl)
		bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
						     BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		SSL_free(ssl);
		event_base_loopbreak(base);
		return NULL;
	}
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
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

static void send_reply(struct evhttp_request *req, const struct rcar_reply *reply)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *out = evhttp_request_get_output_buffer(req);
	char cookie[sizeof(RCAR_COOKIE) + SESSION_COOKIE_LEN + 64];

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

static void answer(struct evhttp_request *req, void *arg)
{
	struct http *http = arg;
	struct evhttp_connection *conn = evhttp_request_get_connection(req);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	char *cookie = find_cookie(evhttp_find_header(evhttp_request_get_input_headers(req),
						      "Cookie"));
	struct rcar_request r = { .cookie = cookie };
	struct rcar_reply reply;

	if (!bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(conn))) {
		evhttp_send_error(req, 500, NULL);	/* never anything in plaintext */
		free(cookie);
		return;
	}
	fill_request(req, &r, path ? path : "");
	rcar_handle(http->rcar, &r, &reply);
	send_reply(req, &reply);
	if (cookie)
		OPENSSL_cleanse(cookie, strlen(cookie));
	free(cookie);
	free(reply.body);
	OPENSSL_cleanse(&reply, sizeof(reply));
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct timeval linger = { 0, LINGER_USECONDS };
	struct http *http = arg;

	(void)sig;
	(void)what;
	evconnlistener_disable(http->listener);
	event_base_loopexit(http->base, &linger);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;

	(void)fd;
	(void)what;
	session_sweep(http->rcar->sessions, seconds(CLOCK_BOOTTIME));
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
						 LEV_OPT_CLOSE_ON_FREE, 64, ai->ai_addr,
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
	if (!http->server || !evhttp_bind_listener(http->server, http->listener)) {
		evconnlistener_free(http->listener);
		return fail(fault, "HTTP", "no memory");
	}
	evhttp_set_bevcb(http->server, accept_tls, http);
	evhttp_set_gencb(http->server, answer, http);
	evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
				   EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(http->server, HTTP_HEADERS_MAX);
	evhttp_set_max_body_size(http->server, RCAR_ATTEST_MAX);
	evhttp_set_timeout(http->server, HTTP_IDLE_SECONDS);
	return 0;
}

static int add_events(struct http *http)
{
	struct timeval every = { SWEEP_SECONDS, 0 };

	http->term = evsignal_new(http->base, SIGTERM, on_signal, http);
	http->intr = evsignal_new(http->base, SIGINT, on_signal, http);
	http->sweep = event_new(http->base, -1, EV_PERSIST, on_sweep, http);
	return http->term && http->intr && http->sweep && !event_add(http->term, NULL) &&
	       !event_add(http->intr, NULL) && !event_add(http->sweep, &every) ? 0 : -1;
}

/* What libevent has to say goes the way of everything else. */
static void on_library_log(int severity, const char *text)
{
	struct decision d = { .time = seconds(CLOCK_REALTIME), .event = "error",
			      .result = "libevent", .detail = text };

	if (severity >= EVENT_LOG_WARN)
		journal(&d);
}

int http_new(const struct config *config, struct rcar *rcar, struct http **out,
	     struct config_fault *fault)
{
	struct http *http = calloc(1, sizeof(*http));
	int rc = -1;

	if (!http)
		return fail(fault, "HTTP", "no memory");
	if (connection_index < 0)
		connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, connection_free);
	event_set_log_callback(on_library_log);
	http->rcar = rcar;
	http->tls = tls_new(config, fault);
	http->base = http->tls ? event_base_new() : NULL;
	if (http->tls && (!http->base || connection_index < 0))
		fail(fault, "libevent", "no memory");
	else if (http->tls)
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
	struct event **events[] = { &http->term, &http->intr, &http->sweep };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (*events[i])
			event_free(*events[i]);
	http->listener = NULL;	/* goes with the server, before its connections do */
	if (http->server)
		evhttp_free(http->server);
	if (http->base)
		event_base_free(http->base);
	SSL_CTX_free(http->tls);
	free(http);
}
