/* SPDX-License-Identifier: MIT */
/* What the connections of a listener may take, for whoever reads it from a configuration. */
#ifndef WARD_COMMON_CONNECTION_LIMITS_H
#define WARD_COMMON_CONNECTION_LIMITS_H

#include <stdint.h>

/**
 * struct connection_limits - all from 1
 * @connections: at a time, from everywhere
 * @request_timeout: seconds from a request's first byte (of the first: from connecting)
 *	to its last
 * @shutdown_timeout: seconds for answers on their way when told to end
 * @buffered: bytes of unfinished requests, all together
 */
struct connection_limits {
	uint32_t connections, request_timeout, shutdown_timeout, buffered;
};

/* All that there may be at a time, with those on their way out that are not counted any more. */
static inline uint32_t connections_at_most(uint32_t connections)
{
	uint32_t leaving = connections / 4 + 8;

	return connections + (leaving < 64 ? leaving : 64);
}

#endif /* WARD_COMMON_CONNECTION_LIMITS_H */
