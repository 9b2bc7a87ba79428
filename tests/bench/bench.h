/* SPDX-License-Identifier: MIT */
/*
 * Counting instructions in a guest, and the rows that come of it.
 *
 * Under -icount shift=0 the time-stamp counter counts instructions. What is
 * compared runs in turns within one guest (a race); the first contender runs
 * once more at the end of every round as its own control. A race whose control
 * is not within 3 % of itself is worth nothing: the program says so and ends.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <x86intrin.h>

#include <linux/ward.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define MIB	(1UL << 20)

enum { ROUNDS = 15, PARTS = 3 };

/**
 * struct side - a contender of a race
 * @name: for people
 * @round: once through; adds what it counted to @part[0..PARTS)
 * @arg: for @round
 * @v: filled in by race(), each part sorted
 */
struct side {
	const char *name;
	void (*round)(const void *arg, uint64_t part[PARTS]);
	const void *arg;
	uint64_t v[PARTS][ROUNDS];
};

/* One round to warm up, then ROUNDS of each in turns; checks the control. */
void race(struct side *sides, int n);
/* The same for one that has nobody to compare with. */
void race_alone(struct side *side);
uint64_t median(const struct side *side, int part);
/* Median of the parts' sums, since the median of a sum is not a sum of medians. */
uint64_t total(const struct side *side);

/* A row with a target: met when @value is at most @most (a ratio, or a count). */
void row_ratio(const char *what, double value, double most);
void row_count(const char *what, double value, double most);
/* A row that only tells. */
void tell(const char *what, double value, const char *unit);
/* Both kernels of the issue have targets of their own. */
double target(double on_6_12, double on_newest);

_Noreturn void die(const char *what);
void need(bool ok, const char *what);

/* ---- what ward and its benchmark module are asked ---------------------------- */

int session_open(void);
/* The fd of an agent, which is the primary provider of this guest then. */
int bench_agent(int session);
/* A buffer's fd or -errno; populated if this ward can, else touched by the caller. */
int ward_alloc(int session, uint64_t length, uint32_t flags);
int bench_open(void);
/* One operation of wardbench.h, @n times: instructions of one of them. */
uint64_t bench_each(int op, int fd, uint32_t n);
/* Median of such rounds. */
uint64_t bench_median(int op, int fd, uint32_t n);
/* Instructions of one fill of 2 MiB, by the kernel's clear_page() and by ward. */
uint64_t clear_cost(void);
uint64_t fill_cost(void);

/* A key of the session's, @cmd to open 1 MiB with it, one message; for as long as we run. */
int bench_key(int session, struct ward_key_open *cmd);

/* An address where 2 MiB mappings of @length are possible; nothing is there. */
void *huge_hint(size_t length);
void touch(void *p, size_t length, size_t step);
/* A fill as the kernel's is counted: 8 bytes an instruction. */
void fill_words(void *p, size_t length);

/* Rounds of the floor under every call: @arg is a descriptor of /dev/null, ... */
enum { CALLS = 200 };
void bench_enotty(const void *arg, uint64_t part[PARTS]);
/* ... of a session: WARD_INFO in the shortest form there is, nothing asked for. */
void bench_null(const void *arg, uint64_t part[PARTS]);
/* ... of a session: claims composed for a receipt, which it isn't ready for. */
void bench_claims(const void *arg, uint64_t part[PARTS]);

/* ---- the rows ------------------------------------------------------------------ */

void rows_memory(void);		/* P1 to P4 */
void rows_memory_cold(void);	/* P1 alone */
void rows_pin(void);		/* P5, P6 */
void rows_calls(void);		/* P7 to P9 */
void rows_curve(void);		/* cost of size, of number; unmap */
void rows_bind(void);		/* what binding to an mm costs */
void rows_reuse(void);		/* P10 */
void rows_mediate(void);	/* P10 */
void rows_batch(void);		/* P11 */
void rows_heard(void);		/* P11 */
void rows_keys(void);		/* P15 */

#endif /* BENCH_H */
