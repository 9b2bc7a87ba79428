/* SPDX-License-Identifier: MIT */
/*
 * The session that a job or an aggregator works in, from its opening to what is exported once it
 * is sealed, each step said as it is done.
 */
#ifndef WARD_WORKER_SESSION_H
#define WARD_WORKER_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "card.h"
#include "emit.h"
#include "failure.h"
#include "libward.h"
#include "memory.h"
#include "plan.h"

/**
 * struct session - an open of the device, and what it may hold
 * @device: of ward, or NULL for the usual one
 * @budget: most bytes of protected memory
 * @threshold: bytes held at which it is told of pressure; 0 = three quarters of @budget
 * @emit: where steps are said
 * @failure: what went wrong
 * @ward: the session; closed by ward_session_close(); NULL before session_begin()
 * @memory: its budget
 *
 * The caller fills in what stands before @ward.
 */
struct session {
	const char *device;
	uint64_t budget;
	uint64_t threshold;
	const struct emit *emit;
	struct failure *failure;

	struct ward_session *ward;
	struct memory memory;
};

/**
 * session_failed() - an error of the kernel's
 * @session: session
 * @what: was done
 * @err: negative errno
 *
 * Return: -1.
 */
int session_failed(struct session *session, const char *what, int err);

/**
 * session_begin() - open the device; from then on the kernel holds us to the budget
 * @session: upper part filled in; the rest and the threshold are
 * @card: gets the session's and the instance's id
 *
 * Return: 0 or -1.
 */
int session_begin(struct session *session, struct card *card);

/**
 * session_declare() - put the plan into the declared register
 * @session: begun
 * @plan: plan
 * @card: gets the register
 *
 * Return: 0 or -1.
 */
int session_declare(struct session *session, const struct plan *plan, struct card *card);

/**
 * session_seal() - see that nothing is held any more, and seal
 * @session: whatever it held was given back
 * @held: bytes that it held before that
 *
 * Return: 0 or -1.
 */
int session_seal(struct session *session, uint64_t held);

/**
 * session_cards() - write card-NAME.ward for each run: evidence that vouches for its card
 * @session: sealed or not
 * @plan: plan
 * @digest: of the cards, by run
 * @dir: directory
 *
 * Return: 0 or -1.
 */
int session_cards(struct session *session, const struct plan *plan,
		  const uint8_t (*digest)[CARD_DIGEST_LEN], const char *dir);

#endif /* WARD_WORKER_SESSION_H */
