/* SPDX-License-Identifier: MIT */
/*
 * HTTP over TLS 1.3 in one thread (libevent, OpenSSL). Everything a client can
 * make grow is capped: connections, headers, bodies, idle time, and the whole
 * life of a connection.
 */
#ifndef BROKER_HTTP_H
#define BROKER_HTTP_H

#include <stdint.h>

#include "config.h"
#include "rcar.h"

#define HTTP_CONNECTIONS_MAX	64
#define HTTP_HEADERS_MAX	16384
#define HTTP_IDLE_SECONDS	30
#define HTTP_LIFE_SECONDS	120

struct http;

/**
 * http_new - listen
 * @config: address, certificate and key
 * @rcar: answers requests; borrowed
 * @out: freed by http_free()
 * @fault: filled on failure
 * Returns 0 or -1.
 */
int http_new(const struct config *config, struct rcar *rcar, struct http **out,
	     struct config_fault *fault);
void http_free(struct http *http);

/** http_port - the port that it listens on */
uint16_t http_port(const struct http *http);

/**
 * http_run - serve until SIGTERM or SIGINT; what has been answered is still sent
 * Returns 0, or -1 when the event loop failed.
 */
int http_run(struct http *http);

#endif /* BROKER_HTTP_H */
