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

#endif /* WARD_COMMON_CONNECTION_LIMITS_H */
