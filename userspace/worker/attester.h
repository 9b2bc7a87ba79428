/* SPDX-License-Identifier: MIT */
/*
 * Evidence that is waited for by a thread of its own, one piece after the other, while the event
 * loop goes on answering.
 *
 * No two ask for the same: each has drawn its nonce. So they queue, in a queue that is short and has
 * a deadline; the kernel puts what waits there together into one call of the TEE's.
 */
#ifndef WARD_WORKER_ATTESTER_H
#define WARD_WORKER_ATTESTER_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "libward_channel.h"

#define ATTESTER_MOST	16	/* that are waited for at a time */

struct attester;
struct attester_ask;

/**
 * attester_done_fn - how it ended
 * @err: 0; -ETIME: the deadline; or of the evidence function
 * @bundle: evidence; the attester's
 * @len: bytes
 * @arg: of attester_ask()
 */
typedef void (*attester_done_fn)(int err, const uint8_t *bundle, size_t len, void *arg);

/**
 * struct attester_options - who asks whom
 * @base: of the loop in which all functions here and @done are called
 * @evidence, @arg: called in the thread; must come back by itself, soon after @deadline_ms
 * @deadline_ms: from asking to being told
 */
struct attester_options {
	struct event_base *base;
	ward_channel_evidence_fn evidence;
	void *arg;
	uint32_t deadline_ms;
};

/**
 * attester_new() - begin the thread
 * @options: copied
 * @out: ended by attester_free()
 *
 * Return: 0 or a negative errno.
 */
int attester_new(const struct attester_options *options, struct attester **out);

/**
 * attester_ask() - have evidence made
 * @attester: attester
 * @nonce: WARD_CHANNEL_NONCE_LEN bytes
 * @binding: WARD_BINDING_LEN bytes
 * @done: called once, not before this returns
 * @arg: for @done
 *
 * Return: what attester_forget() takes, until @done is called; NULL: ATTESTER_MOST are under way.
 */
struct attester_ask *attester_ask(struct attester *attester, const uint8_t *nonce,
				  const uint8_t *binding, attester_done_fn done, void *arg);

/** attester_forget() - whoever asked is gone: done is not called */
void attester_forget(struct attester_ask *ask);

/** attester_free() - waits for the piece that is being made; calls no done; accepts NULL */
void attester_free(struct attester *attester);

#endif /* WARD_WORKER_ATTESTER_H */
