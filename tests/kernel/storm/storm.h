/* SPDX-License-Identifier: MIT */
/*
 * What the parts of test_storm share: a process of eight threads, the sessions and
 * buffers that they take from each other, and what its parent sees of it.
 */
#ifndef STORM_H
#define STORM_H

#include <pthread.h>
#include <stdatomic.h>

#include "../agent_test.h"
#include "../wire.h"

enum {
	THREADS = 8,
	SEATS = 5,		/* sessions */
	PLACES = 12,		/* buffers, each with a window of addresses */
	OPERATIONS = 250,	/* of a thread */
};

#define WINDOW	(2 * HUGE)	/* begins at a multiple of HUGE */

/** struct tally - what the parent sees of the process, whatever that ends by */
struct tally {
	atomic_uint operations, touched, bus, segv, verified, dirty, strange;
	atomic_int errno_of;	/* of the first strange answer */
	_Atomic(const char *) name_of;
	_Atomic(const char *) name[THREADS];	/* where each thread is: for a hang */
};

/* The process's own, but for @tally, which its parent has too. */
extern struct tally *tally;
extern atomic_int seats[SEATS], places[PLACES];	/* fds, or -1 */
extern unsigned char *windows;
extern bool has_provider;

/** struct storm - one thread's own */
struct storm {
	pthread_t thread;
	int number;
	uint64_t seed;
	struct wire *wire;
	struct answer *answer;
	unsigned char *pinned;
};

/**
 * struct operation - something that a thread does
 * @act: 0 or -errno
 * @weight: how often, beside the others
 */
struct operation {
	const char *name;
	int (*act)(struct storm *s);
	unsigned int weight;
};

/* Both end with a row without a name. */
extern const struct operation memory_operations[];
extern const struct operation other_operations[];

uint64_t draw(struct storm *s, uint64_t below);
int seat_of(struct storm *s);
unsigned char *window(unsigned int place);
void touch_some(struct storm *s, void *arg);
/* Once in the process. */
void guard_signals(void);
/* 0, or the signal that @body ended with. */
int guarded(void (*body)(struct storm *s, void *arg), struct storm *s, void *arg);

/* The process: all threads with the seeds from @seed on, to their end. */
void storm_process(uint64_t seed);

#endif /* STORM_H */
