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

/* Blocks lie back to back, each behind its header; free neighbours are joined. */
struct header {
	size_t size;		/* of the block, without this header */
	size_t used;
};

#define ALIGN	sizeof(struct header)

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

	while (next < vault.len && !header_at(next)->used) {
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
	rest->used = 0;
	here->size = size;
}

static void *find_block(size_t size)
{
	size_t at, want = size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	size_t lowest = vault.len;
	struct header *here;

	if (size > vault.len)
		return NULL;
	for (at = vault.lowest; at < vault.len; at += sizeof(*here) + here->size) {
		here = header_at(at);
		if (here->used)
			continue;
		join(at);
		if (here->size < want) {
			lowest = at < lowest ? at : lowest;
			continue;
		}
		cut(at, want);
		here->used = 1;
		vault.used += sizeof(*here) + here->size;
		at += sizeof(*here) + here->size;
		vault.lowest = at < lowest ? at : lowest;
		return here + 1;
	}
	vault.lowest = lowest;
	return NULL;
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
	here->used = 0;
	if (header_offset(here) < vault.lowest)
		vault.lowest = header_offset(here);
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
