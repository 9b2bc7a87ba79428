// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>

#include "admin_listener.h"
#include "../common/connection.h"
#include "journal.h"
#include "libward.h"
#include "problem.h"
#include "tls.h"

#define HEADERS_MAX		8192
#define PEER_CONNECTIONS	8	/* of one address */
#define PEER_BURST		200	/* requests of one address at once, ... */
#define PEER_PERIOD		10000	/* ... and in so many milliseconds */

struct admin_listener {
	struct evhttp *server;
	struct connections *connections;
	struct peer_table *peers;
	SSL_CTX *tls;
	struct admin *admin;
	uint8_t clients[CONFIG_CLIENTS_MAX][32];
	size_t client_count;
	uint16_t port;
};

static int fail(struct config_fault *fault, const char *what, const char *why)
{
	snprintf(fault->text, sizeof(fault->text), "admin: %.160s: %.120s", what, why);
	return -1;
}

static const char *method_name(enum evhttp_cmd_type type)
{
	switch (type) {
	case EVHTTP_REQ_GET: return "GET";
	case EVHTTP_REQ_PUT: return "PUT";
	case EVHTTP_REQ_POST: return "POST";
	case EVHTTP_REQ_DELETE: return "DELETE";
	default: return "other";
	}
}

static void send_reply(struct evhttp_request *req, const struct rcar_reply *reply)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);

	evhttp_add_header(headers, "Content-Type",
			  reply->problem ? "application/problem+json" : "application/json");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "Connection", "close");
	if (reply->body)
		evbuffer_add(evhttp_request_get_output_buffer(req), reply->body,
			     strlen(reply->body));
	evhttp_send_reply(req, reply->status, NULL, NULL);
}

static int listed(const struct admin_listener *l, const SSL *ssl, uint8_t key[32])
{
	if (SSL_get_verify_result(ssl) != X509_V_OK || tls_client_key(ssl, key))
		return 0;
	for (size_t i = 0; i < l->client_count; i++)
		if (!memcmp(l->clients[i], key, 32))
			return 1;
	return 0;
}

/* @said: nobody needs to hear of it again */
static void refuse(struct evhttp_request *req, const char *reason, int said)
{
	struct rcar_reply reply = { .status = problem_status(reason), .problem = 1,
				    .body = problem_json(reason, "") };
	struct decision d = { .time = time(NULL), .event = "admin", .result = reason };
	char *peer = NULL;
	ev_uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(req), &peer, &port);
	d.peer = peer;
	if (!said)
		journal(&d);
	send_reply(req, &reply);
	ward_wiping_free(reply.body);
}

/* True: the address has asked for enough, and was told so. */
static int must_wait(struct admin_listener *l, struct evhttp_request *req, struct peer *peer)
{
	unsigned int wait = peer ? peer_take(l->peers, peer, PEER_REQUESTS, connections_now()) : 1;
	char text[16];

	if (!wait)
		return 0;
	snprintf(text, sizeof(text), "%u", wait);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After", text);
	refuse(req, "rate-limited", !peer || !peer_first_refusal(peer));
	return 1;
}

static void handle(struct admin_listener *l, struct evhttp_request *req, const uint8_t *client)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	size_t len = evbuffer_get_length(in);
	struct rcar_request r = { .path = path ? path : "", .time = time(NULL), .body_len = len,
				  .client = client,
				  .query = uri ? evhttp_uri_get_query(uri) : NULL,
				  .body = len ? evbuffer_pullup(in, -1) : NULL,
				  .method = method_name(evhttp_request_get_command(req)) };
	struct rcar_reply reply;
	char *peer = NULL;
	ev_uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(req), &peer, &port);
	r.peer = peer;
	admin_handle(l->admin, &r, &reply);
	send_reply(req, &reply);
	ward_wiping_free(reply.body);
	if (len)	/* a key may have come */
		OPENSSL_cleanse((void *)r.body, len);
}

static void answer(struct evhttp_request *req, void *arg)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(req);
	struct bufferevent *bev = evhttp_connection_get_bufferevent(conn);
	struct admin_listener *l = arg;
	struct connection *c = connection_of(bev);
	uint8_t key[32];

	if (!c) {
		evhttp_send_error(req, 500, NULL);	/* never anything in plaintext */
		return;
	}
	connection_answered(c);
	if (must_wait(l, req, connection_peer(c)))
		return;
	if (listed(l, bufferevent_openssl_get_ssl(bev), key))
		handle(l, req, key);
	else	/* the CA signed for it: somebody should hear of that */
		refuse(req, "client-refused", 0);
}

static struct bufferevent *accept_tls(struct event_base *base, void *arg)
{
	struct admin_listener *l = arg;
	struct bufferevent *bev = connection_new(l->connections, l->tls);

	if (bev)
		connection_begin(bev);
	else
		event_base_loopbreak(base);
	return bev;
}

SSL_CTX *admin_tls(const struct config *config, struct config_fault *fault)
{
	SSL_CTX *tls = tls_new(config, fault);

	if (!tls || !tls_require(tls, config->admin_ca, fault))
		return tls;
	SSL_CTX_free(tls);
	return NULL;
}

void admin_listener_take(struct admin_listener *l, const struct config *config, SSL_CTX *tls)
{
	SSL_CTX_free(l->tls);
	l->tls = tls;
	l->client_count = config->admin_client_count;
	memcpy(l->clients, config->admin_clients, l->client_count * sizeof(l->clients[0]));
}

static int prepare(struct admin_listener *l, struct event_base *base, const struct config *config,
		   struct config_fault *fault)
{
	const struct peer_limits limits = {
		.connections = PEER_CONNECTIONS, .burst = { PEER_BURST, 1 },
		.period = { PEER_PERIOD, 1 },
	};
	SSL_CTX *tls = admin_tls(config, fault);

	if (!tls)
		return -1;
	admin_listener_take(l, config, tls);
	l->peers = peer_table_new(&limits);
	l->connections = l->peers ? connections_new(base, l->peers, &config->limits.connection,
							      NULL, NULL) : NULL;
	l->server = l->connections ? evhttp_new(base) : NULL;
	return l->server ? 0 : fail(fault, "HTTP", "no memory");
}

static int start(struct admin_listener *l, const struct config *config, struct config_fault *fault)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_in6 ss;
	socklen_t len = sizeof(ss);

	bound = evhttp_bind_socket_with_handle(l->server, config->admin_host, config->admin_port);
	if (!bound)
		return fail(fault, config->admin_host, strerror(errno));
	/* the port stands at the same place in both kinds of address */
	if (!getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&ss, &len))
		l->port = ntohs(ss.sin6_port);
	evhttp_set_bevcb(l->server, accept_tls, l);
	evhttp_set_gencb(l->server, answer, l);
	evhttp_set_allowed_methods(l->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
				   EVHTTP_REQ_DELETE);
	evhttp_set_max_headers_size(l->server, HEADERS_MAX);
	evhttp_set_max_body_size(l->server, ADMIN_BODY_MAX);
	evhttp_set_timeout(l->server, CONNECTION_IDLE_SECONDS + 5);
	return 0;
}

int admin_listen(struct event_base *base, const struct config *config, struct admin *admin,
		 struct admin_listener **out, struct config_fault *fault)
{
	struct admin_listener *l = calloc(1, sizeof(*l));

	if (!l)
		return fail(fault, "HTTP", "no memory");
	l->admin = admin;
	if (prepare(l, base, config, fault) || start(l, config, fault)) {
		admin_listener_free(l);
		return -1;
	}
	*out = l;
	return 0;
}

void admin_listener_free(struct admin_listener *l)
{
	if (!l)
		return;
	if (l->server)
		evhttp_free(l->server);
	if (l->connections)
		connections_free(l->connections);
	peer_table_free(l->peers);
	SSL_CTX_free(l->tls);
	free(l);
}

uint16_t admin_listener_port(const struct admin_listener *l)
{
	return l->port;
}
