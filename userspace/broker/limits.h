/* SPDX-License-Identifier: MIT */
/* What strangers may take of the broker: member "limits" of its configuration. */
#ifndef BROKER_LIMITS_H
#define BROKER_LIMITS_H

#include <stdint.h>

#include <jansson.h>

/**
 * struct limits - all from 1
 * @connections: at a time, from everywhere
 * @peer_connections: of one prefix
 * @peer_rate, @peer_burst: requests of one prefix: a second, and at once
 * @peer_sessions: that one prefix may begin within a session's life
 * @request_timeout: seconds from a request's first byte (of the first: from connecting)
 *	to its last
 * @shutdown_timeout: seconds for answers on their way when told to end
 */
struct limits {
	uint32_t connections, peer_connections, peer_rate, peer_burst, peer_sessions;
	uint32_t request_timeout, shutdown_timeout;
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
