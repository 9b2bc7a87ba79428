// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "connection.h"

/**
 * struct connection - hangs on its SSL and goes with it
 * @older, @newer: in the order in which they came
 * @timer: fires at once to look who it is, then when its time is over
 * @begun: somebody is at its other end, and it counts
 * @ends: of its life, milliseconds
 * @received: bytes since the last answer
 * @asking: a request has begun, or none has come yet
 * @gone: not NULL: one has come, and its answer is being made for whoever is told with @gone_arg
 * @closing: shut down, not yet gone
 * @answered: at least one request
 * @ours: what goes out next is the answer to a request that was handed on
 * @moving: a callback of the buffers is called for what we do there
 * @held: what libevent says, until it is known what that is
 * @said: it is
 * @layer: the state of what stands between TLS and HTTP
 * @came: what came to that
 * @last: ends when what goes out is sent
 */
struct connection {
	struct connections *all;
	struct connection *older, *newer;
	struct bufferevent *bev;
	SSL *ssl;
	struct event *timer;
	struct peer *peer;
	int64_t ends;
	size_t received;
	int begun, asking, closing, answered, ours, moving, last;
	void (*gone)(void *arg);
	void *gone_arg;
	struct evbuffer *held;
	struct event *said;
	void *layer;
	struct evbuffer *came;
};

struct connections {
	struct event_base *base;
	struct peer_table *peers;
	const struct connection_limits *limits;
	struct connection_refusal refusal;
	struct connection_layer layer;
	struct connection *oldest, *newest;
	unsigned int open, closing;
	size_t received;
	struct connection_counts counts;
};

static int connection_index = -1;

int64_t connections_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

static void unlink_connection(struct connection *c)
{
	struct connections *all = c->all;

	*(c->older ? &c->older->newer : &all->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &all->newest) = c->older;
	all->open--;
	all->closing -= c->closing != 0;
	all->received -= c->received;
}

static void drop(struct connection *c)
{
	if (c->timer)
		event_free(c->timer);
	if (c->said)
		event_free(c->said);
	if (c->held)
		evbuffer_free(c->held);
	if (c->layer)
		c->all->layer.end(c->layer);
	if (c->came)
		evbuffer_free(c->came);
	free(c);
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
	if (c->gone)
		c->gone(c->gone_arg);
	if (c->begun)
		unlink_connection(c);
	if (c->peer)
		peer_leave(c->peer);
	drop(c);
}

/* Only shut down here: the connection's owner sees the end and frees it. */
static void shut(struct connection *c)
{
	if (!c->closing)
		c->all->closing++;
	c->closing = 1;
	shutdown(SSL_get_fd(c->ssl), SHUT_RDWR);
}

static void set_timer(struct connection *c, uint32_t seconds)
{
	int64_t left = c->ends - connections_now();
	int64_t ms = left < seconds * 1000ll ? left : seconds * 1000ll;
	struct timeval tv;

	if (ms < 1)
		ms = 1;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	if (event_add(c->timer, &tv))
		shut(c);
}

/* Where there are too many: the oldest that has no answer, now or ever, else the oldest. */
static void make_room(struct connections *all)
{
	struct connection *c, *victim = NULL;

	for (c = all->oldest; c; c = c->newer) {
		if (c->closing)
			continue;
		if (!victim)
			victim = c;
		if (!c->answered && !c->gone) {
			victim = c;
			break;
		}
	}
	if (victim) {
		all->counts.evicted++;
		shut(victim);
	}
}

static void admit(struct connection *c)
{
	struct connections *all = c->all;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (!getpeername(SSL_get_fd(c->ssl), (struct sockaddr *)&ss, &len))
		c->peer = peer_enter(all->peers, (struct sockaddr *)&ss, connections_now());
	if (!c->peer) {
		all->counts.refused++;
		shut(c);
		return;
	}
	all->counts.taken++;
	if (all->open - all->closing > all->limits->connections)
		make_room(all);
	set_timer(c, all->limits->request_timeout);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	if (!c->peer && !c->closing) {
		admit(c);
		return;
	}
	c->all->counts.late += !c->closing && c->asking;
	shut(c);
}

/* Of unfinished requests, the largest is the one to go: an honest one is small. */
static void drop_largest(struct connections *all)
{
	struct connection *largest = NULL;

	for (struct connection *c = all->oldest; c; c = c->newer)
		if (!c->closing && (!largest || c->received > largest->received))
			largest = c;
	if (largest) {
		all->counts.evicted++;
		all->received -= largest->received;
		largest->received = 0;
		shut(largest);
	}
}

/* What is at the end of @from, behind @before bytes, goes to the end of @to. */
static void move_end(struct connection *c, struct evbuffer *from, size_t before, struct evbuffer *to)
{
	struct evbuffer *front = before ? evbuffer_new() : NULL;

	c->moving = 1;
	evbuffer_unfreeze(from, 1);
	if ((before && !front) ||
	    (before && evbuffer_remove_buffer(from, front, before) != (int)before) ||
	    evbuffer_add_buffer(to, from) || (before && evbuffer_add_buffer(from, front)))
		shut(c);
	if (front)
		evbuffer_free(front);
	c->moving = 0;
}

/* HTTP meets nothing but what the layer takes for its; what that is already stays. */
static void take(struct connection *c, struct evbuffer *input, size_t added)
{
	evbuffer_unfreeze(input, 0);
	move_end(c, input, evbuffer_get_length(input) - added, c->came);
	c->moving = 1;
	if (c->all->layer.take(c->layer, c->came, input))
		shut(c);
	c->moving = 0;
}

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	struct connection *c = arg;

	if (!info->n_added || c->closing || c->moving)
		return;
	if (c->layer)
		take(c, buffer, info->n_added);
	if (!c->asking) {
		c->asking = 1;
		set_timer(c, c->all->limits->request_timeout);
	}
	c->received += info->n_added;
	c->all->received += info->n_added;
	if (c->all->received > c->all->limits->buffered)
		drop_largest(c->all);
}

/*
 * What libevent refuses by itself it answers in a page of its own, in several pieces, before it
 * returns to the loop, and says so to nobody: what goes out without an answer of ours waits for
 * on_said(), which comes before anything is written.
 */
static void on_output(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	struct connection *c = arg;

	if (c->moving)
		return;
	if (info->n_added && (c->layer || !c->ours)) {
		move_end(c, buffer, evbuffer_get_length(buffer) - info->n_added, c->held);
		event_active(c->said, EV_TIMEOUT, 1);
	}
	if (info->n_deleted && !evbuffer_get_length(buffer)) {
		c->ours = 0;
		if (c->last)
			shut(c);
	}
}

/* Of "HTTP/1.1 413 ..." the number; 0 = there is none. */
static int status_of(struct evbuffer *said)
{
	char text[16] = "";
	const char *blank;

	if (evbuffer_copyout(said, text, sizeof(text) - 1) < 0)
		return 0;
	blank = strchr(text, ' ');
	return blank ? atoi(blank + 1) : 0;
}

static void reword(struct connection *c)
{
	const struct connection_refusal *refusal = &c->all->refusal;
	int status = c->ours || !refusal->write ? 0 : status_of(c->held);

	if (status < 400)
		return;
	evbuffer_drain(c->held, evbuffer_get_length(c->held));
	if (refusal->write(status, c->held, refusal->arg))
		shut(c);
}

static void on_said(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	struct evbuffer *output = bufferevent_get_output(c->bev);

	(void)fd;
	(void)what;
	reword(c);
	c->moving = 1;
	if (c->layer ? c->all->layer.give(c->layer, c->held, output) :
		       evbuffer_add_buffer(output, c->held))
		shut(c);
	c->moving = 0;
}

int connection_say(struct connection *c, const void *bytes, size_t len)
{
	int moving = c->moving, rc;

	c->moving = 1;
	rc = evbuffer_add(bufferevent_get_output(c->bev), bytes, len) ||
	     bufferevent_enable(c->bev, EV_WRITE) ? -1 : 0;
	c->moving = moving;
	return rc;
}

static int watch_output(struct connection *c)
{
	if (!c->all->refusal.write && !c->all->layer.begin)
		return 0;
	c->held = evbuffer_new();
	c->said = event_new(c->all->base, -1, 0, on_said, c);
	return c->held && c->said &&
	       evbuffer_add_cb(bufferevent_get_output(c->bev), on_output, c) ? 0 : -1;
}

static int begin_layer(struct connection *c)
{
	const struct connection_layer *layer = &c->all->layer;

	if (!layer->begin)
		return 0;
	c->came = evbuffer_new();
	c->layer = layer->begin(c, c->ssl, layer->arg);
	return c->came && c->layer ? 0 : -1;
}

static struct connection *attach(struct connections *all, SSL *ssl)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->all = all;
	c->ssl = ssl;
	c->asking = 1;
	c->timer = event_new(all->base, -1, 0, on_timer, c);
	if (!c->timer || !SSL_set_ex_data(ssl, connection_index, c)) {
		drop(c);
		return NULL;
	}
	return c;
}

struct bufferevent *connection_new(struct connections *all, SSL_CTX *tls)
{
	SSL *ssl = SSL_new(tls);
	struct connection *c = ssl ? attach(all, ssl) : NULL;

	if (c)
		c->bev = bufferevent_openssl_socket_new(all->base, -1, ssl,
							BUFFEREVENT_SSL_ACCEPTING,
							BEV_OPT_CLOSE_ON_FREE);
	if (!c || !c->bev || !evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c) ||
	    watch_output(c) || begin_layer(c)) {
		if (c && c->bev)
			bufferevent_free(c->bev);
		else
			SSL_free(ssl);
		return NULL;
	}
	bufferevent_openssl_set_allow_dirty_shutdown(c->bev, 1);
	return c->bev;
}

void connection_begin(struct bufferevent *bev)
{
	struct connection *c = connection_of(bev);
	struct connections *all = c->all;

	c->begun = 1;
	c->ends = connections_now() + CONNECTION_LIFE_SECONDS * 1000;
	c->older = all->newest;
	*(all->newest ? &all->newest->newer : &all->oldest) = c;
	all->newest = c;
	all->open++;
	event_active(c->timer, EV_TIMEOUT, 1);
}

struct connection *connection_of(struct bufferevent *bev)
{
	SSL *ssl = bev ? bufferevent_openssl_get_ssl(bev) : NULL;

	return ssl ? SSL_get_ex_data(ssl, connection_index) : NULL;
}

struct peer *connection_peer(const struct connection *c)
{
	return c->closing ? NULL : c->peer;
}

static size_t more(const struct connection *c)
{
	return evbuffer_get_length(bufferevent_get_input(c->bev)) +
	       (c->came ? evbuffer_get_length(c->came) : 0);
}

int connection_more(const struct connection *c)
{
	return more(c) != 0;
}

void connection_last(struct connection *c)
{
	c->last = 1;
	if (!evbuffer_get_length(bufferevent_get_output(c->bev)))
		shut(c);
}

void connection_answered(struct connection *c)
{
	size_t left = more(c);

	c->answered = c->ours = 1;
	c->all->received -= c->received;
	c->received = c->closing ? 0 : left;
	c->all->received += c->received;
	c->asking = left != 0;	/* the next one is there already */
	set_timer(c, left ? c->all->limits->request_timeout : CONNECTION_IDLE_SECONDS);
}

void connection_works(struct connection *c, uint32_t seconds, void (*gone)(void *arg), void *arg)
{
	c->gone = gone;
	c->gone_arg = arg;
	set_timer(c, seconds + CONNECTION_IDLE_SECONDS);
}

void connection_worked(struct connection *c)
{
	c->gone = NULL;
	set_timer(c, c->asking ? c->all->limits->request_timeout : CONNECTION_IDLE_SECONDS);
}

void connection_cut(struct connection *c)
{
	shut(c);
}

unsigned int connections_drain(struct connections *all)
{
	for (struct connection *c = all->oldest; c; c = c->newer)
		if (!c->closing && !c->gone && (!c->asking || !c->received) &&
		    !evbuffer_get_length(bufferevent_get_output(c->bev)) &&
		    !(c->held && evbuffer_get_length(c->held)))
			shut(c);
	return all->open;
}

int connections_crowded(const struct connections *all)
{
	return all->open >= connections_at_most(all->limits->connections);
}

struct connection_counts connections_count(const struct connections *all)
{
	struct connection_counts counts = all->counts;

	counts.open = all->open;
	counts.unfinished = all->received;
	return counts;
}

struct connections *connections_new(struct event_base *base, struct peer_table *peers,
				    const struct connection_limits *limits,
				    const struct connection_refusal *refusal,
				    const struct connection_layer *layer)
{
	struct connections *all = calloc(1, sizeof(*all));

	if (connection_index < 0)
		connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, connection_free);
	if (!all || connection_index < 0) {
		free(all);
		return NULL;
	}
	all->base = base;
	all->peers = peers;
	all->limits = limits;
	if (refusal)
		all->refusal = *refusal;
	if (layer)
		all->layer = *layer;
	return all;
}

void connections_limit(struct connections *all, const struct connection_limits *limits)
{
	all->limits = limits;
}

void connections_free(struct connections *all)
{
	free(all);
}
