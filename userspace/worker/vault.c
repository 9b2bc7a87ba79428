// SPDX-License-Identifier: MIT
#include "vault.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/*
 * Blocks lie back to back, each behind its header; free neighbours are joined. Small ones that
 * were freed are kept aside for the next of their size, so that nobody looks for room among them;
 * where there is none left they are joined, too. What is kept aside is zero but for its link.
 */
struct header {
	size_t size;		/* of the block, without this header */
	size_t state;
};

enum { BLOCK_FREE, BLOCK_USED, BLOCK_ASIDE };

#define ALIGN	sizeof(struct header)
#define SMALL	512u
#define BINS	(SMALL / ALIGN)

_Static_assert(sizeof(struct header) == 16, "blocks are aligned to 16");

/* malloc() has no argument to hand this through. */
static struct {
	struct memory *memory;
	struct memory_block block;
	uint8_t *base;		/* stays when the buffer has been carried over */
	size_t len;
	size_t used;
	size_t most;		/* larger blocks are not for the vault */
	size_t lowest;		/* before it no block is free */
	struct header *aside[BINS];	/* by size; the link to the next is a block's first word */
} vault;

static __thread bool entered;

/* Over the headers: a reader may free what the first thread allocated. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct header *header_at(size_t at)
{
	return (struct header *)(vault.base + at);
}

static size_t header_offset(const struct header *here)
{
	return (size_t)((const uint8_t *)here - vault.base);
}

int vault_open(struct memory *memory, size_t len)
{
	int err;

	if (vault.base)
		return -EBUSY;
	err = memory_get(memory, len, "keys", &vault.block);
	if (err)
		return err;
	vault.memory = memory;
	vault.base = vault.block.data;
	vault.len = vault.block.len;
	vault.used = vault.lowest = 0;
	vault.most = VAULT_BLOCK_MAX;
	memset(vault.aside, 0, sizeof(vault.aside));
	header_at(0)->size = vault.len - sizeof(struct header);
	return 0;
}

/* The same bytes at the same place, but of ordinary memory. */
static void carry_over(void)
{
	void *copy = malloc(vault.len), *again;

	if (!copy)
		abort();	/* else a library would run into unmapped memory */
	memcpy(copy, vault.base, vault.len);
	memory_put(vault.memory, &vault.block);
	again = mmap(vault.base, vault.len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (again != vault.base)
		abort();
	memcpy(again, copy, vault.len);
	free(copy);
}

size_t vault_close(void)
{
	size_t left = vault.used;

	entered = false;
	if (!vault.block.handle)
		return 0;
	if (left) {
		carry_over();
		return left;
	}
	memory_put(vault.memory, &vault.block);
	vault.base = NULL;
	return 0;
}

void vault_enter(void)
{
	entered = vault.block.handle;
}

void vault_leave(void)
{
	entered = false;
}

void vault_limit(size_t size)
{
	vault.most = size;
}

bool vault_inside(void)
{
	return entered;
}

bool vault_wants(size_t size)
{
	return entered && size <= vault.most;
}

bool vault_owns(const void *ptr)
{
	return vault.base && (const uint8_t *)ptr >= vault.base &&
	       (const uint8_t *)ptr < vault.base + vault.len;
}

static struct header *header_of(const void *ptr)
{
	return (struct header *)((uintptr_t)ptr - sizeof(struct header));
}

size_t vault_size(const void *ptr)
{
	return header_of(ptr)->size;
}

size_t vault_used(void)
{
	return vault.used;
}

/* Join what follows a free block to it, as far as that is free too. */
static void join(size_t at)
{
	struct header *here = header_at(at);
	size_t next = at + sizeof(*here) + here->size;

	while (next < vault.len && header_at(next)->state == BLOCK_FREE) {
		struct header *gone = header_at(next);

		here->size += sizeof(*gone) + gone->size;
		next += sizeof(*gone) + gone->size;
		*gone = (struct header){ 0 };
	}
}

/* Cut a free block to size, unless the rest could not hold anything. */
static void cut(size_t at, size_t size)
{
	struct header *here = header_at(at);
	struct header *rest;

	if (here->size < size + sizeof(*rest) + ALIGN)
		return;
	rest = header_at(at + sizeof(*here) + size);
	rest->size = here->size - size - sizeof(*rest);
	rest->state = BLOCK_FREE;
	here->size = size;
}

static void *find_room(size_t want)
{
	size_t lowest = vault.len, at;
	struct header *here;

	for (at = vault.lowest; at < vault.len; at += sizeof(*here) + here->size) {
		here = header_at(at);
		if (here->state != BLOCK_FREE)
			continue;
		join(at);
		if (here->size < want) {
			lowest = at < lowest ? at : lowest;
			continue;
		}
		cut(at, want);
		at += sizeof(*here) + here->size;
		vault.lowest = at < lowest ? at : lowest;
		return here;
	}
	vault.lowest = lowest;
	return NULL;
}

static size_t *link_of(struct header *here)
{
	return (size_t *)(here + 1);
}

static struct header *take_aside(size_t want)
{
	struct header **bin = want <= SMALL ? &vault.aside[want / ALIGN - 1] : NULL;
	struct header *here = bin ? *bin : NULL;

	if (!here)
		return NULL;
	*bin = (struct header *)*link_of(here);
	*link_of(here) = 0;
	return here;
}

static void put_aside(struct header *here)
{
	struct header **bin = &vault.aside[here->size / ALIGN - 1];

	here->state = BLOCK_ASIDE;
	*link_of(here) = (size_t)*bin;
	*bin = here;
}

static void set_free(struct header *here)
{
	here->state = BLOCK_FREE;
	if (header_offset(here) < vault.lowest)
		vault.lowest = header_offset(here);
}

/* Return: there were some. */
static bool free_aside(void)
{
	struct header *here;
	bool any = false;
	size_t i;

	for (i = 1; i <= BINS; i++) {
		while ((here = take_aside(i * ALIGN))) {
			set_free(here);
			any = true;
		}
	}
	return any;
}

static void *find_block(size_t size)
{
	size_t want = size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	struct header *here;

	if (size > vault.len)
		return NULL;
	here = take_aside(want);
	if (!here)
		here = find_room(want);
	if (!here && free_aside())
		here = find_room(want);
	if (!here)
		return NULL;
	here->state = BLOCK_USED;
	vault.used += sizeof(*here) + here->size;
	return here + 1;
}

void *vault_alloc(size_t size)
{
	void *block;

	pthread_mutex_lock(&lock);
	block = find_block(size);
	pthread_mutex_unlock(&lock);
	if (!block)
		errno = ENOMEM;
	return block;
}

void vault_free(void *ptr)
{
	struct header *here = header_of(ptr);

	explicit_bzero(ptr, here->size);
	pthread_mutex_lock(&lock);
	vault.used -= sizeof(*here) + here->size;
	if (here->size <= SMALL)
		put_aside(here);
	else
		set_free(here);
	pthread_mutex_unlock(&lock);
}

static int backend_get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	(void)arg;
	(void)label;
	*data = *handle = vault_alloc(len);
	return *data ? 0 : -ENOMEM;
}

static void backend_put(void *arg, void *handle)
{
	(void)arg;
	vault_free(handle);
}

struct memory_backend vault_backend(void)
{
	return (struct memory_backend){ .get = backend_get, .put = backend_put };
}
