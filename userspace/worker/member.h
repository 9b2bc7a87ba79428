/* SPDX-License-Identifier: MIT */
/*
 * A site as the aggregator sees it: a connection, and a thread that puts a question to it and
 * takes the answer while the others do the same.
 */
#ifndef WARD_WORKER_MEMBER_H
#define WARD_WORKER_MEMBER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "memory.h"
#include "wire.h"

struct roster;

/**
 * struct question - what is put to sites
 * @number: of it, one more than that of the last
 * @frame: head and payload
 * @len: of both
 * @answer: type of the frame that answers; 0 = nothing is answered
 * @answer_len: of its payload
 * @reattest_rounds: who is asked proves itself first in each such @round; 0 = never
 * @round: how many rounds were before this one
 * @to_heap: the answer has up to so many bytes, and is no secret
 */
struct question {
	uint64_t number;
	const uint8_t *frame;
	size_t len;
	uint32_t answer;
	size_t answer_len;
	uint64_t reattest_rounds;
	uint64_t round;
	bool to_heap;
};

/**
 * enum member_state - of a site
 * @MEMBER_NEW: it has not said who it is
 * @MEMBER_WAITING: it has, and is to be taken in
 * @MEMBER_TAKEN: it is asked
 * @MEMBER_GONE: its connection has ended, its thread will
 */
enum member_state { MEMBER_NEW, MEMBER_WAITING, MEMBER_TAKEN, MEMBER_GONE };

/**
 * struct member - a site
 *
 * Under the roster's lock:
 * @state: see there
 * @since: when it came, in ms
 * @question: that is put to it next; NULL = none
 * @asked: the question that the thread is at, or was at last, by number
 * @done: the last question whose answer is whole
 * @sending: the question is being written
 * @refuse: reason that it is to be told before the connection ends; 0 = none
 * @ending: the thread is to end
 * @text: why it is gone
 *
 * The thread's until @state says that it is there, or @done that it has come:
 * @join: what it said first
 * @answer: of @room bytes, in @block; @heap: where an answer goes that is no secret
 * @answer_len: of the last answer
 *
 * The roster's:
 * @told: it has been said that the site is gone
 * @surveyed: @counts and @stats are there; the latter in @block
 * @scaled: it knows how rows are standardised
 * @here: it takes part in the run that is being trained
 * @wanted: it is to be asked next
 * @figures: of its test rows, by run, where bit n of @has is set
 */
struct member {
	struct roster *roster;
	struct link link;
	pthread_t thread;

	enum member_state state;
	uint64_t since;
	const struct question *question;
	uint64_t asked;
	uint64_t done;
	bool sending;
	uint32_t refuse;
	bool ending;
	char text[160];

	struct wire_join join;
	struct memory_block block;
	uint8_t *answer;
	size_t room;
	uint8_t *heap;
	size_t answer_len;

	bool told;
	bool surveyed;
	bool scaled;
	bool here;
	bool wanted;
	struct wire_counts counts;
	struct stats stats;
	uint32_t has;
	struct metrics figures[PLAN_RUNS_MAX];
};

/** member_main() - a pthread's: @arg: struct member */
void *member_main(void *arg);

#endif /* WARD_WORKER_MEMBER_H */
