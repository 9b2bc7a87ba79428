/* SPDX-License-Identifier: MIT */
/* What strangers may take of the broker: member "limits" of its configuration. */
#ifndef BROKER_LIMITS_H
#define BROKER_LIMITS_H

#include <stdint.h>

#include <jansson.h>

#include "../common/connection_limits.h"

#define LIMITS_BUFFERED	(32u << 20)	/* bytes of unfinished requests, all together */

/**
 * struct limits - all from 1
 * @connection: of all connections
 * @peer_connections: of one prefix
 * @peer_rate, @peer_burst: requests of one prefix: a second, and at once
 * @peer_sessions: that one prefix may begin within a session's life
 */
struct limits {
	struct connection_limits connection;
	uint32_t peer_connections, peer_rate, peer_burst, peer_sessions;
};

/**
 * limits_read - defaults, and what @object says otherwise
 * @object: borrowed, or NULL
 * @sessions: session_max of the configuration
 * @why: filled on failure
 * Returns 0 or -1.
 */
int limits_read(json_t *object, uint32_t sessions, struct limits *out, char why[160]);

#endif /* BROKER_LIMITS_H */
