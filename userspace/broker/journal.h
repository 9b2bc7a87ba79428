/* SPDX-License-Identifier: MIT */
/*
 * What the broker decided, as one line of JSON each on stderr. Never a key, a
 * nonce, a cookie or a token.
 */
#ifndef BROKER_JOURNAL_H
#define BROKER_JOURNAL_H

#include <stdint.h>

#include "attested.h"

/**
 * struct decision - one line
 * @time: seconds since the epoch
 * @event: "auth", "attest", "resource", "request" (none of these), "policy" (what it
 *	leaves open), "start", "stop", "error"
 * @result: "ok" or a reason
 * @peer: address of the client, or NULL
 * @resource: path, or NULL
 * @detail: one sentence, or NULL
 * @who: what the evidence said, or NULL
 */
struct decision {
	int64_t time;
	const char *event;
	const char *result;
	const char *peer;
	const char *resource;
	const char *detail;
	const struct attested *who;
};

void journal(const struct decision *d);

#endif /* BROKER_JOURNAL_H */
