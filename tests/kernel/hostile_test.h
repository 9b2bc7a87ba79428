/* SPDX-License-Identifier: MIT */
/*
 * A host that lies, played by agents: the primary one and three beside, all of whom are
 * asked in each call. A thread answers for all of them, by a seed.
 */
#ifndef HOSTILE_TEST_H
#define HOSTILE_TEST_H

#include "agent_test.h"

enum { HOST_AGENTS = WARD_PARTS_MAX, HOST_ENDLESS = -1 };

/**
 * struct host - it, and what it meant
 * @agent: descriptors; [0] is the primary one
 * @meant: how the last call of each was to end: 0 or a positive errno, as
 *	WARD_ATTEST and parts have it
 * @replies: answers, each to one call of one agent
 * @calls: to be answered; HOST_ENDLESS = until it is stopped
 */
struct host {
	int agent[HOST_AGENTS];
	volatile uint32_t meant[HOST_AGENTS];
	unsigned int replies;
	uint64_t seed, first_seed;
	int calls;
	uint8_t *bytes;
	uint8_t last[HOST_AGENTS][REPORT_LEN];
	pthread_t thread;
};

/* The link is gone, nothing is paced, and there is no breaker. */
struct host *host_new(uint64_t seed);
void host_start(struct host *host, int calls);
/* Until it has answered as often as it was to. */
void host_wait(struct host *host);
/* One that is endless: nobody asks any more. */
void host_stop(struct host *host);
void host_end(struct host *host);

/* A question with room for everything, parts too; and the next one. */
struct answer *answer_with_parts(void);
void question_next(struct answer *a);
void answer_free(struct answer *a);
/* Error of part @i of an answer. */
uint32_t part_error(const struct answer *a, int i);

/* Replies of agents that a run is to have; /fw/hostile, a number, asks for others. */
int replies_wanted(void);

/** struct memory - what the kernel holds, in KiB; @listed: free, too, in processors' own lists */
struct memory {
	long free, listed, slab, vmalloc;
};

struct memory memory_now(void);
/* Where a debug kernel keeps what was freed, its own leak detector judges. */
void expect_no_growth(const struct memory *before, const char *what);

#endif /* HOSTILE_TEST_H */
