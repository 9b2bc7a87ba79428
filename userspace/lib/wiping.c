// SPDX-License-Identifier: MIT
/*
 * Blocks are malloc()'s own, without a header in front: libjose gives text that
 * jansson allocated to free(), which then leaves it unwiped but does no harm.
 * How much to zero is what the C library says the block can hold.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "libward.h"

void *ward_wiping_malloc(size_t size)
{
	return malloc(size);
}

void ward_wiping_free(void *ptr)
{
	if (!ptr)
		return;
	explicit_bzero(ptr, malloc_usable_size(ptr));
	free(ptr);
}

void *ward_wiping_realloc(void *ptr, size_t size)
{
	size_t old;
	void *copy;

	if (!ptr)
		return ward_wiping_malloc(size);
	if (!size) {
		ward_wiping_free(ptr);
		return NULL;
	}
	/* Never in place: realloc() may move, and would leave the old bytes. */
	copy = ward_wiping_malloc(size);
	if (!copy)
		return NULL;
	old = malloc_usable_size(ptr);
	memcpy(copy, ptr, old < size ? old : size);
	ward_wiping_free(ptr);
	return copy;
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return ward_wiping_malloc(size);
}

static void *crypto_realloc(void *ptr, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return ward_wiping_realloc(ptr, size);
}

static void crypto_free(void *ptr, const char *file, int line)
{
	(void)file;
	(void)line;
	ward_wiping_free(ptr);
}

int ward_hook_openssl(void)
{
	return CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
					crypto_free) ? 0 : -EBUSY;
}

int ward_hook_jansson(void)
{
	json_set_alloc_funcs(ward_wiping_malloc, ward_wiping_free);
	return 0;
}
