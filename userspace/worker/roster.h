/* SPDX-License-Identifier: MIT */
/*
 * All sites of a federation, in the order of their names: who is there, who has answered.
 *
 * One thread has the roster (the solver's); each site has one of its own, which only reads
 * and writes its connection. Sites come at any time (roster_add()) and go at any time.
 */
#ifndef WARD_WORKER_ROSTER_H
#define WARD_WORKER_ROSTER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "link.h"
#include "member.h"
#include "memory.h"
#include "plan.h"

#define ROSTER_MAX		PLAN_SITES_MAX
#define ROSTER_JOIN_MS		30000	/* to say who it is */

/**
 * struct roster_options - when it goes on without sites
 * @sites: that are expected
 * @quorum: without so many nothing is computed
 * @join_ms: until then sites are waited for; with a quorum it goes on
 * @round_ms: until then an answer is waited for
 * @reattest_rounds: in each such round sites prove themselves again before they are asked;
 *	0 = never. A round is a question for a gradient, or one of averaging
 */
struct roster_options {
	uint32_t sites;
	uint32_t quorum;
	uint32_t join_ms;
	uint32_t round_ms;
	uint64_t reattest_rounds;
};

/**
 * struct roster - the sites
 * @tell: a site came (@text empty), or went and why; or NULL. Called by the roster's thread
 * @tell_arg: for @tell
 * @federation: its id
 * @frame: room for a question, WIRE_HEAD + wire_len_max() bytes of protected memory
 * @member: @count sites that were taken in, by name; gone ones, too
 */
struct roster {
	const struct plan *plan;
	struct memory *memory;
	struct roster_options options;
	void (*tell)(void *arg, const char *site, const char *text);
	void *tell_arg;
	uint8_t federation[WIRE_ID_LEN];
	uint8_t *frame;

	size_t count;			/* the roster's thread alone has these */
	struct member *member[ROSTER_MAX];

	/* private */
	struct question question;
	uint64_t number;
	uint64_t rounds;
	pthread_mutex_t lock;
	pthread_cond_t moved;		/* a member's state or question */
	bool ready;			/* both are there */
	bool closed;
	size_t newcomers;
	struct member *newcomer[ROSTER_MAX];
};

/**
 * roster_init() - no sites yet
 * @roster: plan, memory, options, tell filled in; the rest zero
 * @failure: what went wrong
 *
 * Return: 0 or -1; roster_end() in any case.
 */
int roster_init(struct roster *roster, struct failure *failure);

/**
 * roster_add() - somebody connected; from any thread
 * @roster: roster
 * @link: taken over
 *
 * Return: 0; -ENOSPC or -ENOMEM, and @link is closed.
 */
int roster_add(struct roster *roster, const struct link *link);

/**
 * roster_gather() - wait until all sites are there, or the time is over and a quorum is
 * @roster: roster
 * @failure: too few came
 *
 * Return: 0 or -1.
 */
int roster_gather(struct roster *roster, struct failure *failure);

/**
 * roster_take() - take in those who wait
 * @roster: roster
 *
 * Return: how many there were; their answers have room now.
 */
size_t roster_take(struct roster *roster);

/** roster_gone() - has this one's connection ended */
bool roster_gone(struct roster *roster, const struct member *member);

/**
 * roster_ask() - put one question to sites and wait
 * @roster: roster; the question's payload stands in @frame behind WIRE_HEAD bytes
 * @type: of the question
 * @len: of its payload
 * @answer: type of the answer; 0 = none is waited for but that it is written
 * @answer_len: bytes of its payload
 * @among: is a member asked; NULL = every one that was taken in
 *
 * Who is still busy with an earlier question is not asked. Who has not even taken the
 * question when the time is over loses its connection; who is only late keeps it.
 *
 * Return: how many answered: roster_answer() has what.
 */
size_t roster_ask(struct roster *roster, uint32_t type, size_t len, uint32_t answer,
		  size_t answer_len, bool (*among)(const struct member *member));

/**
 * roster_ask_bytes() - the same of all, with bytes of the caller's, and answers on the heap
 * @frame: WIRE_HEAD bytes of room, then @len of payload; stays until roster_end()
 * @answer_max: an answer may have up to so many bytes
 */
size_t roster_ask_bytes(struct roster *roster, uint8_t *frame, uint32_t type, size_t len,
			uint32_t answer, size_t answer_max);

/**
 * roster_answer() - of the last question
 * @roster: roster
 * @member: of it
 * @len: of the answer
 *
 * Return: the payload, or NULL: it has not answered.
 */
const uint8_t *roster_answer(struct roster *roster, struct member *member, size_t *len);

/**
 * roster_refuse() - end the connection of a site
 * @roster: roster
 * @member: which; it is told why
 * @reason: enum wire_reason
 */
void roster_refuse(struct roster *roster, struct member *member, uint32_t reason);

/** roster_present() - how many are taken in and not gone */
size_t roster_present(struct roster *roster);

/** roster_close() - nobody is taken in any more */
void roster_close(struct roster *roster);

/** roster_forget() - give back all protected memory; after it roster_ask_bytes() alone */
void roster_forget(struct roster *roster);

/**
 * roster_end() - cut all connections, wait for all threads
 * @roster: or all zero
 */
void roster_end(struct roster *roster);

#endif /* WARD_WORKER_ROSTER_H */
