// SPDX-License-Identifier: MIT
/*
 * First fit over one class A buffer. The spans lie on the heap, outside the
 * protected memory: they hold offsets only, and a stray write of the program
 * into its plaintext cannot corrupt them. Spans are in address order, cover the
 * whole budget, and two free ones never touch.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct span {
	struct span *prev, *next;
	size_t offset;
	size_t len;
	int used;
};

struct ward_arena {
	struct ward_buffer *buffer;
	struct span *first;
	size_t used;
	size_t peak;
};

static struct span *span_new(size_t offset, size_t len)
{
	struct span *span = calloc(1, sizeof(*span));

	if (span) {
		span->offset = offset;
		span->len = len;
	}
	return span;
}

static void link_after(struct span *span, struct span *after)
{
	after->prev = span;
	after->next = span->next;
	if (span->next)
		span->next->prev = after;
	span->next = after;
}

/* Swallow the next span. */
static void merge_next(struct span *span)
{
	struct span *next = span->next;

	span->len += next->len;
	span->next = next->next;
	if (next->next)
		next->next->prev = span;
	free(next);
}

/* Cut @span to @len bytes; the rest becomes a free span. */
static int split(struct span *span, size_t len)
{
	struct span *rest;

	if (span->len == len)
		return 0;
	rest = span_new(span->offset + len, span->len - len);
	if (!rest)
		return -ENOMEM;
	link_after(span, rest);
	span->len = len;
	return 0;
}

int ward_arena_new(struct ward_session *session, size_t budget,
		   const char *label, struct ward_arena **out)
{
	struct ward_arena *arena = calloc(1, sizeof(*arena));
	int err;

	if (!arena)
		return -ENOMEM;
	err = ward_buffer_alloc(session, budget, 0, label, &arena->buffer);
	if (err)
		goto free_arena;
	arena->first = span_new(0, ward_buffer_size(arena->buffer));
	if (!arena->first) {
		err = -ENOMEM;
		goto free_buffer;
	}
	*out = arena;
	return 0;

free_buffer:
	ward_buffer_free(arena->buffer);
free_arena:
	free(arena);
	return err;
}

static struct span *find_free(struct ward_arena *arena, size_t len)
{
	struct span *span;

	for (span = arena->first; span; span = span->next)
		if (!span->used && span->len >= len)
			return span;
	return NULL;
}

static uint8_t *span_data(struct ward_arena *arena, const struct span *span)
{
	return (uint8_t *)ward_buffer_data(arena->buffer) + span->offset;
}

void *ward_arena_alloc(struct ward_arena *arena, size_t size)
{
	struct span *span;
	size_t len;

	if (!size || size > SIZE_MAX - WARD_ARENA_ALIGN)
		return NULL;
	len = (size + WARD_ARENA_ALIGN - 1) & ~(size_t)(WARD_ARENA_ALIGN - 1);
	span = find_free(arena, len);
	if (!span || split(span, len))
		return NULL;
	span->used = 1;
	arena->used += len;
	if (arena->used > arena->peak)
		arena->peak = arena->used;
	return span_data(arena, span);
}

static struct span *find_used(struct ward_arena *arena, const void *ptr)
{
	struct span *span;

	for (span = arena->first; span; span = span->next)
		if (span->used && span_data(arena, span) == ptr)
			return span;
	return NULL;
}

int ward_arena_free(struct ward_arena *arena, void *ptr)
{
	struct span *span;

	if (!ptr)
		return 0;
	span = find_used(arena, ptr);
	if (!span)
		return -EINVAL;
	explicit_bzero(ptr, span->len);
	span->used = 0;
	arena->used -= span->len;
	if (span->next && !span->next->used)
		merge_next(span);
	if (span->prev && !span->prev->used)
		merge_next(span->prev);
	return 0;
}

void ward_arena_reset(struct ward_arena *arena)
{
	struct span *span;

	for (span = arena->first; span; span = span->next)
		if (span->used)
			explicit_bzero(span_data(arena, span), span->len);
	while (arena->first->next)
		merge_next(arena->first);
	arena->first->used = 0;
	arena->used = 0;
}

size_t ward_arena_used(const struct ward_arena *arena)
{
	return arena->used;
}

size_t ward_arena_peak(const struct ward_arena *arena)
{
	return arena->peak;
}

size_t ward_arena_budget(const struct ward_arena *arena)
{
	return ward_buffer_size(arena->buffer);
}

struct ward_buffer *ward_arena_buffer(struct ward_arena *arena)
{
	return arena->buffer;
}

void ward_arena_destroy(struct ward_arena *arena)
{
	if (!arena)
		return;
	/* The kernel zeroes the buffer: touching it here could meet SIGBUS. */
	while (arena->first->next)
		merge_next(arena->first);
	free(arena->first);
	ward_buffer_free(arena->buffer);
	free(arena);
}
