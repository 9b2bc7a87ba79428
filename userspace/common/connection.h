/* SPDX-License-Identifier: MIT */
/*
 * Connections of an HTTPS listener: how many there are, how many of whom, what they
 * have sent and how long they may take. All of one thread.
 */
#ifndef WARD_COMMON_CONNECTION_H
#define WARD_COMMON_CONNECTION_H

#include <event2/bufferevent.h>
#include <openssl/ssl.h>

#include "connection_limits.h"
#include "peer.h"

#define CONNECTION_IDLE_SECONDS	30		/* between two requests */
#define CONNECTION_LIFE_SECONDS	120

struct connection;
struct connections;

/**
 * struct connection_refusal - in what words libevent's own refusals are sent
 * @write: puts a whole answer of HTTP with this status into @out, which is empty; 0, or -1: no memory
 * @arg: for @write
 */
struct connection_refusal {
	int (*write)(int status, struct evbuffer *out, void *arg);
	void *arg;
};

/**
 * struct connection_counts - since the start
 * @taken, @refused: admitted; or not, because their prefix has enough
 * @evicted: the oldest, closed where there were too many; or the largest
 * @late: closed because a request did not end in time, or their life did
 * @open: now
 * @unfinished: bytes of requests that are not answered yet, now
 */
struct connection_counts {
	uint64_t taken, refused, evicted, late;
	unsigned int open;
	size_t unfinished;
};

/**
 * struct connection_layer - what stands between TLS and HTTP on every connection
 * @begin: one begins; returns its state, or NULL: no memory
 * @take: moves what came to @out, in so far as it is HTTP; -1 ends the connection
 * @give: moves what HTTP says to @out; -1: no memory
 * @end: of the state
 * @arg: for @begin
 */
struct connection_layer {
	void *(*begin)(struct connection *c, SSL *ssl, void *arg);
	int (*take)(void *state, struct evbuffer *in, struct evbuffer *out);
	int (*give)(void *state, struct evbuffer *in, struct evbuffer *out);
	void (*end)(void *state);
	void *arg;
};

/**
 * connections_new - those of a listener
 * @refusal: copied, or NULL: libevent's own pages
 * @layer: copied, or NULL: none
 * Returns NULL: no memory.
 */
struct connections *connections_new(struct event_base *base, struct peer_table *peers,
				    const struct connection_limits *limits,
				    const struct connection_refusal *refusal,
				    const struct connection_layer *layer);
/** connections_free - after all of them are gone */
void connections_free(struct connections *all);

/** connections_limit - others from now on; borrowed as in connections_new() */
void connections_limit(struct connections *all, const struct connection_limits *limits);

/**
 * connection_new - a bufferevent that begins as TLS server
 * Nobody is at its other end yet, and it does not count.
 * Returns NULL: no memory. The connection goes with its SSL.
 */
struct bufferevent *connection_new(struct connections *all, SSL_CTX *tls);

/**
 * connection_begin - somebody will be at its other end before the loop comes round
 * Who that is is looked at then, before any answer.
 */
void connection_begin(struct bufferevent *bev);

/** connection_of - NULL = not one of ours */
struct connection *connection_of(struct bufferevent *bev);

/** connection_peer - NULL = not admitted */
struct peer *connection_peer(const struct connection *c);

/** connection_answered - the answer to its request is on its way, and is no refusal of libevent's */
void connection_answered(struct connection *c);

/**
 * connection_works - its answer takes up to @seconds, in which it is not idle
 * @gone: told if it goes before connection_worked(), and @c with it
 */
void connection_works(struct connection *c, uint32_t seconds, void (*gone)(void *arg), void *arg);

/** connection_worked - that answer is on its way */
void connection_worked(struct connection *c);

/** connection_more - something came that belongs to no request yet */
int connection_more(const struct connection *c);

/** connection_say - send what is the layer's own, past it; 0, or -1: no memory */
int connection_say(struct connection *c, const void *bytes, size_t len);

/** connection_last - end it when what was said is sent */
void connection_last(struct connection *c);

/** connection_cut - nothing more is sent or taken; it goes when its owner sees that */
void connection_cut(struct connection *c);

/** connections_drain - close those that wait for nothing; returns how many are left */
unsigned int connections_drain(struct connections *all);

/** connections_crowded - so many that no more should be accepted for the moment */
int connections_crowded(const struct connections *all);

struct connection_counts connections_count(const struct connections *all);

/** connections_now - milliseconds of the clock that peers are measured by */
int64_t connections_now(void);

#endif /* WARD_COMMON_CONNECTION_H */
