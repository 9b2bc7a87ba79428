/* SPDX-License-Identifier: MIT */
/* GET /metrics, in plaintext and therefore on the loopback alone. */
#ifndef BROKER_METRICS_LISTENER_H
#define BROKER_METRICS_LISTENER_H

#include <stdint.h>

#include "config.h"

struct event_base;
struct metrics_listener;

/**
 * metrics_listen - serve them
 * @base: borrowed
 * @render: text to be freed with free(), or NULL
 * @out: freed by metrics_listener_free(), before @base
 * Returns 0 or -1 with *fault filled.
 */
int metrics_listen(struct event_base *base, const struct config *config,
		   char *(*render)(void *arg), void *arg, struct metrics_listener **out,
		   struct config_fault *fault);
void metrics_listener_free(struct metrics_listener *l);

uint16_t metrics_listener_port(const struct metrics_listener *l);

#endif /* BROKER_METRICS_LISTENER_H */
