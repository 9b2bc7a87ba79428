// SPDX-License-Identifier: MIT
/*
 * Bandwidth of ward's zeroing loop on this machine, in user space: the lines of
 * kmod/fill.h beside a plain 64-bit loop and beside what else zeroes memory, in
 * turns over the same 128 MiB, in CPU time. The plain loop runs twice in each
 * turn; where it differs from itself by more than 3 % the machine is too busy,
 * the whole is tried again, and after a few times there is no figure.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../../kmod/fill.h"

#define LENGTH	(128UL << 20)

enum { ROUNDS = 15, TRIES = 8 };

static void ward_loop(void *p)
{
	ward_fill_zero(p, LENGTH);
}

static void plain_loop(void *p)
{
	volatile uint64_t *w = p;
	size_t i;

	for (i = 0; i < LENGTH / sizeof(*w); i++)
		w[i] = 0;
}

#ifdef __x86_64__
/* As the kernel clears a page at a time. */
static void string_pages(void *p)
{
	char *at = p, *end = at + LENGTH;
	size_t n;

	while (at < end) {
		n = 4096;
		asm volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(0) : "memory");
	}
}
#endif

static void libc(void *p)
{
	explicit_bzero(p, LENGTH);
}

static const struct way {
	const char *name;
	void (*fill)(void *p);
} ways[] = {
	{ "plain 64-bit loop", plain_loop },
	{ "plain 64-bit loop, again", plain_loop },
	{ "ward's loop", ward_loop },
	{ "explicit_bzero (vector registers)", libc },
#ifdef __x86_64__
	{ "rep stosb, 4 KiB at a time", string_pages },
#endif
};

enum { PLAIN, AGAIN, WARD, WAYS = sizeof(ways) / sizeof(ways[0]) };

static double seconds(const struct way *way, void *p)
{
	struct timespec a, b;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	way->fill(p);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Medians of @ROUNDS turns into @t. */
static void race(void *p, double *t)
{
	double v[WAYS][ROUNDS];
	size_t i;
	int round;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < WAYS; i++)
			v[i][round] = seconds(&ways[i], p);
	for (i = 0; i < WAYS; i++) {
		qsort(v[i], ROUNDS, sizeof(double), by_value);
		t[i] = v[i][ROUNDS / 2];
	}
}

static int steady(const double *t)
{
	double ratio = t[AGAIN] / t[PLAIN];

	return ratio >= 0.97 && ratio <= 1.03;
}

int main(void)
{
	void *p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double t[WAYS];
	size_t i;
	int tries;

	if (p == MAP_FAILED)
		return 1;
	madvise(p, LENGTH, MADV_HUGEPAGE);
	memset(p, 1, LENGTH);
	for (tries = 0, race(p, t); !steady(t) && ++tries < TRIES;)
		race(p, t);
	if (!steady(t)) {
		fprintf(stderr, "fill_cost: the plain loop against itself is %.3f, not within 0.97 to 1.03: no figure\n",
			t[AGAIN] / t[PLAIN]);
		return 1;
	}
	printf("%-64s %12.3f  %-10s %s\n", "the fill loop's bandwidth / a plain 64-bit loop's",
	       t[PLAIN] / t[WARD], ">= 0.90", t[PLAIN] / t[WARD] >= 0.9 ? "met" : "NOT MET");
	for (i = WARD + 1; i < WAYS; i++)
		printf("    %-60s %12.3f  of the plain loop's\n", ways[i].name, t[PLAIN] / t[i]);
	return 0;
}
