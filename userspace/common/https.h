/* SPDX-License-Identifier: MIT */
/*
 * HTTP over TLS in one thread (libevent, OpenSSL). Everything a client can make grow is
 * capped: connections, headers, bodies, idle time, and the whole life of a connection.
 * SIGTERM and SIGINT end it: nothing new is taken, and what has begun has its time.
 */
#ifndef WARD_COMMON_HTTPS_H
#define WARD_COMMON_HTTPS_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/http.h>
#include <openssl/ssl.h>

#include "connection.h"
#include "peer.h"

struct https;

/**
 * struct https_options - how to listen
 * @host: numeric address; names are not looked up
 * @port: 0 = any free one
 * @tls: of tls_server_new(); the caller's reference goes over, also on failure
 * @limits: borrowed until https_take()
 * @peers: what one prefix may do
 * @headers_max, @body_max: bytes; a longer body is answered with 413
 * @methods: of enum evhttp_cmd_type, or'ed: that are asked about; others are 405
 * @refusal: of struct connections; NULL: what libevent refuses is answered by its own pages
 * @layer: of struct connections, or NULL
 * @answer: a request is there; @c has a peer, or should be refused
 * @arg: for @answer
 */
struct https_options {
	const char *host;
	uint16_t port;
	SSL_CTX *tls;
	const struct connection_limits *limits;
	const struct peer_limits *peers;
	size_t headers_max, body_max;
	uint16_t methods;
	const struct connection_refusal *refusal;
	const struct connection_layer *layer;
	void (*answer)(struct evhttp_request *req, struct connection *c, void *arg);
	void *arg;
};

/**
 * https_new - listen
 * @options: copied; see there for what is borrowed
 * @out: freed by https_free()
 * @why: filled on failure: one sentence
 * @why_len: room of it
 * Returns 0 or -1.
 */
int https_new(const struct https_options *options, struct https **out, char *why, size_t why_len);
void https_free(struct https *https);

/** https_take - limits and certificate for what comes from now on, as in struct https_options */
void https_take(struct https *https, const struct connection_limits *limits,
		const struct peer_limits *peers, SSL_CTX *tls);

/** https_wait - seconds that @c must wait before it may have a token of @bucket; 0 = it has it */
unsigned int https_wait(const struct https *https, struct connection *c, enum peer_bucket bucket);

/** https_ssl - the TLS of a request's connection */
SSL *https_ssl(struct evhttp_request *req);

/** https_draining - told to end: answers say that they are the connection's last */
int https_draining(const struct https *https);

struct connection_counts https_count(const struct https *https);
struct event_base *https_base(const struct https *https);

/** https_port - the port that it listens on */
uint16_t https_port(const struct https *https);

/**
 * https_run - serve until SIGTERM or SIGINT; what has begun then has shutdown_timeout
 *	seconds to end, nothing new is taken, and a second signal ends it at once
 * Returns 0, or -1 when the event loop failed.
 */
int https_run(struct https *https);

#endif /* WARD_COMMON_HTTPS_H */
