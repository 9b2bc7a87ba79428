/* SPDX-License-Identifier: MIT */
/* Event logs of TPMs, made for tests. */
#ifndef TCGLOG_MAKE_H
#define TCGLOG_MAKE_H

#include "wardverify.h"

#define TCGLOG_MADE_MAX 16384

/** struct tcglog_made - a log that grows */
struct tcglog_made {
	uint8_t bytes[TCGLOG_MADE_MAX];
	size_t len;
};

/** tcglog_begin - the header of one with SHA-1 and SHA-256 */
void tcglog_begin(struct tcglog_made *log);
/** tcglog_put - numbers, little endian, in @width bytes */
void tcglog_put(struct tcglog_made *log, uint64_t value, size_t width);
/** tcglog_add - an event whose digests are those of its own data */
void tcglog_add(struct tcglog_made *log, uint32_t pcr, uint32_t type, const void *data, size_t len);
/** tcglog_measured - an event whose digests are of @what, its data being @said */
void tcglog_measured(struct tcglog_made *log, uint32_t pcr, uint32_t type, struct wv_bytes what,
		     struct wv_bytes said);

static inline struct wv_bytes tcglog_bytes(const struct tcglog_made *log)
{
	return (struct wv_bytes){ log->bytes, log->len };
}

#endif /* TCGLOG_MAKE_H */
