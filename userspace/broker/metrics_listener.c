// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "metrics_listener.h"

#define HEADERS_MAX	4096
#define IDLE_SECONDS	5

struct metrics_listener {
	struct evhttp *server;
	char *(*render)(void *arg);
	void *arg;
	uint16_t port;
};

static void answer(struct evhttp_request *req, void *arg)
{
	struct metrics_listener *l = arg;
	char *text = l->render(l->arg);

	if (!text) {
		evhttp_send_error(req, 500, NULL);
		return;
	}
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
			  "text/plain; version=0.0.4; charset=utf-8");
	evhttp_add_header(evhttp_request_get_output_headers(req), "Connection", "close");
	evbuffer_add(evhttp_request_get_output_buffer(req), text, strlen(text));
	evhttp_send_reply(req, 200, NULL, NULL);
	free(text);
}

static void note_port(struct metrics_listener *l, struct evhttp_bound_socket *bound)
{
	struct sockaddr_in6 ss;
	socklen_t len = sizeof(ss);

	/* the port stands at the same place in both kinds of address */
	if (!getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&ss, &len))
		l->port = ntohs(ss.sin6_port);
}

int metrics_listen(struct event_base *base, const struct config *config,
		   char *(*render)(void *arg), void *arg, struct metrics_listener **out,
		   struct config_fault *fault)
{
	struct metrics_listener *l = calloc(1, sizeof(*l));
	struct evhttp_bound_socket *bound = NULL;

	if (l)
		l->server = evhttp_new(base);
	if (l && l->server)
		bound = evhttp_bind_socket_with_handle(l->server, config->metrics_host,
						       config->metrics_port);
	if (!bound) {
		snprintf(fault->text, sizeof(fault->text), "metrics: can't listen on %.64s:%u: %s",
			 config->metrics_host, config->metrics_port, strerror(errno));
		metrics_listener_free(l);
		return -1;
	}
	l->render = render;
	l->arg = arg;
	note_port(l, bound);
	evhttp_set_allowed_methods(l->server, EVHTTP_REQ_GET);
	evhttp_set_max_headers_size(l->server, HEADERS_MAX);
	evhttp_set_max_body_size(l->server, 0);
	evhttp_set_timeout(l->server, IDLE_SECONDS);
	evhttp_set_cb(l->server, "/metrics", answer, l);
	*out = l;
	return 0;
}

void metrics_listener_free(struct metrics_listener *l)
{
	if (l && l->server)
		evhttp_free(l->server);
	free(l);
}

uint16_t metrics_listener_port(const struct metrics_listener *l)
{
	return l->port;
}
