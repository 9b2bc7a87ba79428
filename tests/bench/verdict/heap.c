// SPDX-License-Identifier: MIT
/*
 * Memory of the library's own: its calls are led here by the linker (--wrap), jansson
 * is told to call malloc of this program.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

static size_t held, peak;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

void heap_reset(void)
{
	held = 0;
	peak = 0;
}

size_t heap_peak(void)
{
	return peak;
}

/* Wrong by what several threads do at a time: it is asked for where there is one. */
static void *take(void *p)
{
	held += p ? malloc_usable_size(p) : 0;
	if (held > peak && held < (size_t)1 << 40)
		peak = held;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return take(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return take(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	held -= p ? malloc_usable_size(p) : 0;
	return take(__real_realloc(p, size));
}

void __wrap_free(void *p)
{
	held -= p ? malloc_usable_size(p) : 0;
	__real_free(p);
}
