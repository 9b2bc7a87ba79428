/* SPDX-License-Identifier: MIT */
/*
 * The broker's requests over ../common/https.h: cookies, tokens and clients' keys out of
 * them, what they are limited to, and what the loop does beside.
 */
#ifndef BROKER_HTTP_H
#define BROKER_HTTP_H

#include <stdint.h>

#include <openssl/ssl.h>

#include "config.h"
#include "../common/connection.h"
#include "rcar.h"

#define HTTP_HEADERS_MAX	16384

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

/**
 * struct http_hooks - what the loop calls; once a second, and when SIGHUP comes
 * @reload: @now: whatever the files look like (SIGHUP)
 */
struct http_hooks {
	void (*reload)(void *arg, int now);
	void *arg;
};

void http_hook(struct http *http, const struct http_hooks *hooks);

/**
 * http_take - limits and certificate for what comes from now on
 * @config: borrowed until the next one
 * @tls: of tls_new(); the caller's reference goes over
 */
void http_take(struct http *http, const struct config *config, SSL_CTX *tls);

struct connection_counts http_count(const struct http *http);

/** http_base - the loop that it runs in, for others that listen */
struct event_base *http_base(const struct http *http);

/** http_port - the port that it listens on */
uint16_t http_port(const struct http *http);

/**
 * http_run - serve until SIGTERM or SIGINT; what has begun then has shutdown_timeout
 *	seconds to end, nothing new is taken, and a second signal ends it at once
 * Returns 0, or -1 when the event loop failed.
 */
int http_run(struct http *http);

#endif /* BROKER_HTTP_H */
