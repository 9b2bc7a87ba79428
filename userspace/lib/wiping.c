// SPDX-License-Identifier: MIT
/*
 * Every block is preceded by its length, so that free() knows how much to zero
 * and nothing depends on what the C library says about its blocks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "libward.h"

struct block {
	alignas(max_align_t) size_t size;
};

static struct block *block_of(void *ptr)
{
	return (struct block *)ptr - 1;
}

void *ward_wiping_malloc(size_t size)
{
	struct block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	return block + 1;
}

void ward_wiping_free(void *ptr)
{
	struct block *block;

	if (!ptr)
		return;
	block = block_of(ptr);
	explicit_bzero(block, sizeof(*block) + block->size);
	free(block);
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
	old = block_of(ptr)->size;
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
