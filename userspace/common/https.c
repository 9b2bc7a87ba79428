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

#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>

#include "https.h"

#define DRAIN_USECONDS	20000	/* between two looks at what is left, when told to end */
#define BACKLOG		1024

struct https {
	struct https_options options;
	struct event_base *base;
	struct evhttp *server;
	struct evhttp_bound_socket *bound;	/* owned by server, as its listener is */
	struct evconnlistener *listener;
	struct event *term, *intr, *pause, *drain;
	struct connections *connections;
	struct bufferevent *spare;	/* the next one's; where it is NULL nobody is accepted */
	struct peer_table *peers;
	int64_t drained;	/* when the last answers must be out, milliseconds; 0 = not told */
	uint16_t port;
};

struct why {
	char *text;
	size_t len;
};

static int fail(const struct why *why, const char *what, const char *reason)
{
	snprintf(why->text, why->len, "%.160s: %.120s", what, reason);
	return -1;
}

/* There is a connection to hand out, and not too many are. */
static int is_ready(struct https *https)
{
	if (!https->spare)
		https->spare = connection_new(https->connections, https->options.tls);
	return https->spare && !connections_crowded(https->connections);
}

static void look_soon(struct https *https)
{
	struct timeval soon = { 0, DRAIN_USECONDS };

	if (https->listener && !event_add(https->pause, &soon))
		evconnlistener_disable(https->listener);
}

/*
 * Without a bufferevent of ours libevent would go on in plaintext, so one is made before there
 * is somebody to accept: who takes all memory keeps others out, and does not end the program.
 */
static struct bufferevent *accept_tls(struct event_base *base, void *arg)
{
	struct https *https = arg;
	struct bufferevent *bev = https->spare;

	if (!bev) {
		event_base_loopbreak(base);	/* answer() checks again */
		return NULL;
	}
	https->spare = NULL;
	connection_begin(bev);
	if (!is_ready(https))
		look_soon(https);
	return bev;
}

/* Those that were over the cap have gone meanwhile, or given back their memory. */
static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = { 0, DRAIN_USECONDS };
	struct https *https = arg;

	(void)fd;
	(void)what;
	if (!https->listener)
		return;
	if (is_ready(https) || event_add(https->pause, &soon))
		evconnlistener_enable(https->listener);
}

static void answer(struct evhttp_request *req, void *arg)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(req);
	struct connection *c = connection_of(evhttp_connection_get_bufferevent(conn));
	struct https *https = arg;

	if (!c) {
		evhttp_send_error(req, 500, NULL);	/* never anything in plaintext */
		return;
	}
	connection_answered(c);
	if (https->drained)
		evhttp_add_header(evhttp_request_get_output_headers(req), "Connection", "close");
	https->options.answer(req, c, https->options.arg);
}

/* Listen no more; what has begun has until the deadline. Told twice: at once. */
static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct timeval every = { 0, DRAIN_USECONDS };
	struct https *https = arg;

	(void)sig;
	(void)what;
	if (https->drained || event_add(https->drain, &every)) {
		event_base_loopexit(https->base, NULL);
		return;
	}
	https->drained = connections_now() + https->options.limits->shutdown_timeout * 1000ll;
	https->listener = NULL;
	evhttp_del_accept_socket(https->server, https->bound);
}

static void on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct https *https = arg;

	(void)fd;
	(void)what;
	if (!connections_drain(https->connections) || connections_now() >= https->drained)
		event_base_loopexit(https->base, NULL);
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
static int bind_address(struct https *https, const struct why *why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_PASSIVE }, *ai;
	char port[8];
	int rc;

	snprintf(port, sizeof(port), "%u", https->options.port);
	rc = getaddrinfo(https->options.host, port, &hints, &ai);
	if (rc)
		return fail(why, https->options.host, gai_strerror(rc));
	https->listener = evconnlistener_new_bind(https->base, NULL, NULL,
						  LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC |
						  LEV_OPT_CLOSE_ON_FREE, BACKLOG, ai->ai_addr,
						  (int)ai->ai_addrlen);
	freeaddrinfo(ai);
	if (!https->listener)
		return fail(why, "can't listen", strerror(errno));
	send_at_once(https->listener);
	return 0;
}

static void note_port(struct https *https)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(evconnlistener_get_fd(https->listener), (struct sockaddr *)&ss, &len))
		return;
	if (ss.ss_family == AF_INET)
		https->port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	else if (ss.ss_family == AF_INET6)
		https->port = ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
}

static int start_server(struct https *https, const struct why *why)
{
	const struct https_options *o = &https->options;

	https->server = evhttp_new(https->base);
	https->bound = https->server ? evhttp_bind_listener(https->server, https->listener) : NULL;
	if (!https->bound) {
		evconnlistener_free(https->listener);
		return fail(why, "HTTP", "no memory");
	}
	evhttp_set_bevcb(https->server, accept_tls, https);
	evhttp_set_gencb(https->server, answer, https);
	evhttp_set_allowed_methods(https->server, o->methods);
	evhttp_set_max_headers_size(https->server, (ev_ssize_t)o->headers_max);
	evhttp_set_max_body_size(https->server, (ev_ssize_t)o->body_max);
	evhttp_set_timeout(https->server, CONNECTION_IDLE_SECONDS + 5);	/* ours come first */
	return 0;
}

static int add_events(struct https *https)
{
	https->term = evsignal_new(https->base, SIGTERM, on_signal, https);
	https->intr = evsignal_new(https->base, SIGINT, on_signal, https);
	https->drain = event_new(https->base, -1, EV_PERSIST, on_drain, https);
	https->pause = event_new(https->base, -1, 0, on_pause, https);
	if (!https->term || !https->intr || !https->drain || !https->pause)
		return -1;
	return event_add(https->term, NULL) || event_add(https->intr, NULL) ? -1 : 0;
}

static int prepare(struct https *https, const struct why *why)
{
	https->base = event_base_new();
	https->peers = peer_table_new(https->options.peers);
	if (https->base && https->peers)
		https->connections = connections_new(https->base, https->peers,
						     https->options.limits,
						     https->options.refusal,
						     https->options.layer);
	return https->connections ? 0 : fail(why, "libevent", "no memory");
}

int https_new(const struct https_options *options, struct https **out, char *text, size_t len)
{
	struct https *https = calloc(1, sizeof(*https));
	const struct why why = { text, len };
	int rc;

	if (!https) {
		SSL_CTX_free(options->tls);
		return fail(&why, "HTTP", "no memory");
	}
	https->options = *options;
	rc = prepare(https, &why);
	if (!rc)
		rc = bind_address(https, &why);
	if (!rc) {
		note_port(https);
		rc = start_server(https, &why);
	}
	if (!rc && (add_events(https) || !is_ready(https)))
		rc = fail(&why, "libevent", "no memory");
	if (rc)
		https_free(https);
	else
		*out = https;
	return rc;
}

void https_take(struct https *https, const struct connection_limits *limits,
		const struct peer_limits *peers, SSL_CTX *tls)
{
	SSL_CTX_free(https->options.tls);
	https->options.tls = tls;
	https->options.limits = limits;
	peer_table_limit(https->peers, peers);
	connections_limit(https->connections, limits);
	if (https->spare)
		bufferevent_free(https->spare);	/* it has the old certificate */
	https->spare = NULL;
	if (!is_ready(https))
		look_soon(https);
}

unsigned int https_wait(const struct https *https, struct connection *c, enum peer_bucket bucket)
{
	struct peer *peer = connection_peer(c);

	return peer ? peer_take(https->peers, peer, bucket, connections_now()) : 1;
}

SSL *https_ssl(struct evhttp_request *req)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(req);

	return bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(conn));
}

int https_draining(const struct https *https)
{
	return https->drained != 0;
}

struct connection_counts https_count(const struct https *https)
{
	return connections_count(https->connections);
}

struct event_base *https_base(const struct https *https)
{
	return https->base;
}

uint16_t https_port(const struct https *https)
{
	return https->port;
}

int https_run(struct https *https)
{
	int rc = event_base_dispatch(https->base);

	/* a broken loop means that somebody was accepted whose connection could not have TLS */
	return rc < 0 || event_base_got_break(https->base) ? -1 : 0;
}

void https_free(struct https *https)
{
	struct event **events[] = { &https->term, &https->intr, &https->drain, &https->pause };

	if (!https)
		return;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (*events[i])
			event_free(*events[i]);
	https->listener = NULL;	/* goes with the server, before its connections do */
	if (https->server)
		evhttp_free(https->server);
	if (https->spare)
		bufferevent_free(https->spare);
	if (https->base)
		event_base_free(https->base);
	connections_free(https->connections);
	peer_table_free(https->peers);
	SSL_CTX_free(https->options.tls);
	free(https);
}
