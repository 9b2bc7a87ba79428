/* SPDX-License-Identifier: MIT */
/*
 * Rows of one site that are kept as numbers from the first pass over it to the last, where they
 * are few beside the budget: then no pass reads text again. A cache: it may be given back at any
 * moment, and rows are read from the table again.
 */
#ifndef WARD_WORKER_KEPT_H
#define WARD_WORKER_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

/**
 * struct kept - rows as they were read, not standardised
 * @width: doubles of a row
 * @room: rows that there is room for
 * @whole: all of them are there
 *
 * The caller fills in @width and @room, which kept_bytes() has allowed.
 */
struct kept {
	size_t width;
	uint64_t room;
	bool whole;

	/* private */
	struct memory *memory;
	struct memory_block block;
	uint64_t count;
	uint64_t next;
};

/**
 * kept_bytes() - what so many rows take
 * @width: doubles of a row
 * @rows: how many
 *
 * Return: bytes; SIZE_MAX when they are beyond all memory.
 */
size_t kept_bytes(size_t width, uint64_t rows);

/**
 * kept_begin() - make room
 * @kept: upper part filled in, the rest zero; no room: nothing, and nothing is kept
 * @memory: where it comes from; whatever needs memory for work goes first
 */
void kept_begin(struct kept *kept, struct memory *memory);

/**
 * kept_add() - one more row; one more than there is room for drops them all
 * @kept: begun
 * @number: of the row in its table
 * @test: for testing
 * @x: @width doubles
 */
void kept_add(struct kept *kept, uint64_t number, bool test, const double *x);

/**
 * kept_end() - all were added: they are @whole, if they are still there
 * @kept: begun
 */
void kept_end(struct kept *kept);

/**
 * kept_rewind() - start with the first row again
 * @kept: whole
 */
void kept_rewind(struct kept *kept);

/**
 * kept_next() - the next row
 * @kept: whole
 * @x: @width doubles
 * @test: for testing
 *
 * Return: 1, or 0 at the end.
 */
int kept_next(struct kept *kept, double *x, bool *test);

/**
 * kept_last() - which row that was
 * @kept: kept_next() gave one
 *
 * Return: its number.
 */
uint64_t kept_last(const struct kept *kept);

/**
 * kept_mark() - say of that row whether it is for testing
 * @kept: kept_next() gave one
 * @test: from now on
 */
void kept_mark(struct kept *kept, bool test);

/**
 * kept_drop() - wipe them
 * @kept: in any state
 *
 * Return: bytes given back.
 */
size_t kept_drop(struct kept *kept);

#endif /* WARD_WORKER_KEPT_H */
