/* SPDX-License-Identifier: MIT */
/* What a service has done, as Prometheus reads it (text format 0.0.4). */
#ifndef WARD_WORKER_SERVICE_COUNT_H
#define WARD_WORKER_SERVICE_COUNT_H

#include <stdint.h>

#include <event2/buffer.h>

#include "../common/connection.h"

enum service_path {
	SERVICE_PAGE, SERVICE_INFER, SERVICE_ATTEST, SERVICE_HEALTH, SERVICE_METRICS, SERVICE_OTHER,
	SERVICE_PATHS
};

#define SERVICE_CODES	16

/**
 * struct service_count - since the start
 * @code: statuses that were given
 * @codes: how many of @code are in use
 * @requests: by path and code
 * @rows: that were answered
 * @received, @sent: bytes of bodies of /infer
 */
struct service_count {
	int code[SERVICE_CODES];
	size_t codes;
	uint64_t requests[SERVICE_PATHS][SERVICE_CODES];
	uint64_t rows;
	uint64_t received;
	uint64_t sent;
};

/**
 * struct service_now - what is so at the moment
 * @live: bytes of protected memory that the session holds
 * @budget: that it may
 * @vault: bytes of it that requests, answers and connections take
 * @evidence: requests that wait for some
 * @connections: of the listener
 * @evident, @simulated: of the session's evidence at the start
 */
struct service_now {
	uint64_t live;
	uint64_t budget;
	uint64_t vault;
	unsigned int evidence;
	struct connection_counts connections;
	int evident;
	int simulated;
};

/** service_path_text() - as it stands in a request; "other" for what is none of them */
const char *service_path_text(enum service_path path);

/** service_counted() - one more answer */
void service_counted(struct service_count *count, enum service_path path, int code);

/**
 * service_count_put() - all of it as text
 * @count: counts
 * @now: gauges
 * @out: the text is added to it
 *
 * Return: 0; -1: no memory.
 */
int service_count_put(const struct service_count *count, const struct service_now *now,
		      struct evbuffer *out);

#endif /* WARD_WORKER_SERVICE_COUNT_H */
