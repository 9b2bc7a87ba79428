/* SPDX-License-Identifier: MIT */
/*
 * What the broker decided: where systemd's journal reads stderr, a message each with
 * fields and an id, else a line of JSON. Never a key, a nonce, a cookie or a token.
 */
#ifndef BROKER_JOURNAL_H
#define BROKER_JOURNAL_H

#include <stdint.h>

#include "attested.h"

/**
 * struct platform - the worker's machine against what its vendor published
 * @tcb: of Intel's: wv_tcb_level_text(); else NULL
 * @until: next update of what @tcb rests on, seconds since the epoch; 0 = none
 * @revocation: "checked" or "unchecked"; NULL = the kind of evidence has no lists
 */
struct platform {
	const char *tcb;
	int64_t until;
	const char *revocation;
};

/**
 * struct decision - one line
 * @time: seconds since the epoch
 * @event: "auth", "attest", "resource", "counter", "request" (none of these), "policy" (what it
 *	leaves open), "collateral" (it changed, or a change was not taken), "reload" (likewise), "admin", "start", "stop", "error"
 * @result: "ok" or a reason
 * @peer: address of the client, or NULL
 * @resource: path, or NULL
 * @detail: one sentence, or NULL
 * @platform: of evidence that was accepted, or NULL
 * @who: what the evidence said, or NULL
 */
struct decision {
	int64_t time;
	const char *event;
	const char *result;
	const char *peer;
	const char *resource;
	const char *detail;
	const struct platform *platform;
	const struct attested *who;
};

void journal(const struct decision *d);

/** journal_fault - why the broker does not start, in words */
void journal_fault(const char *text);

#endif /* BROKER_JOURNAL_H */
