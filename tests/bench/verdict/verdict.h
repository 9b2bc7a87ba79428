/* SPDX-License-Identifier: MIT */
#ifndef BENCH_VERDICT_H
#define BENCH_VERDICT_H

#include "wardverify.h"

enum { ROUNDS = 41, BATCH = 100 };

/** struct job - what is appraised, again and again */
struct job {
	struct wv_evidence evidence;
	struct wv_collateral collateral;
	struct wv_appraisal a;
};

void die(const char *what);
void judge(const struct job *job);

/*
 * primitives.c: OpenSSL's calls, counted and timed; of one thread, until primitives_off().
 */
double now_us(void);
void primitives_reset(void);
void primitives_off(void);
double primitives_us(void);
/** primitives_show - a line: how many of which */
void primitives_show(void);

/*
 * heap.c: what the library's own code, jansson's with it, has allocated.
 */
void heap_reset(void);
size_t heap_peak(void);

/** threads_compare - threads.c: lines of what two threads lose to each other; primitives_off() */
void threads_compare(const struct job *job);

#endif /* BENCH_VERDICT_H */
