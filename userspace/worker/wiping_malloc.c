// SPDX-License-Identifier: MIT
/*
 * malloc() and its kin for this whole program: freed memory is zero.
 *
 * OpenSSL and jansson take an allocator of one's own, libcurl takes one that
 * not all of its backends honour, libjose and the C library take none. The
 * GNU C library lets a program replace malloc() for everything in the process
 * (glibc manual, "Replacing malloc"); these replacements add the wipe and
 * leave the work to glibc's own allocator under its __libc_ names.
 *
 * What is still allocated at the end is zeroed by scrub_exit(). While the vault
 * is entered (vault.h) small blocks come from there.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vault.h"

/* The libraries' calls must find these too. */
#pragma GCC visibility push(default)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *ptr);

void *malloc(size_t size)
{
	return vault_wants(size) ? vault_alloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;

	if (!__builtin_mul_overflow(count, size, &bytes) && vault_wants(bytes))
		return vault_alloc(bytes);
	return __libc_calloc(count, size);
}

void free(void *ptr)
{
	int saved = errno;

	if (!ptr)
		return;
	if (vault_owns(ptr)) {
		vault_free(ptr);
		return;
	}
	explicit_bzero(ptr, malloc_usable_size(ptr));
	__libc_free(ptr);
	errno = saved;
}

/*
 * glibc's own realloc() may move without wiping, and shrink by cutting off a
 * tail that keeps its bytes. Here a block stays where it is, tail zeroed,
 * unless it has to grow.
 */
void *realloc(void *ptr, size_t size)
{
	size_t usable;
	void *moved;

	if (!ptr)
		return malloc(size);
	if (!size) {
		free(ptr);
		return NULL;
	}
	usable = vault_owns(ptr) ? vault_size(ptr) : malloc_usable_size(ptr);
	if (size <= usable) {
		explicit_bzero((char *)ptr + size, usable - size);
		return ptr;
	}
	/* What grew up on the heap stays there, whoever makes it grow. */
	moved = vault_owns(ptr) ? malloc(size) : __libc_malloc(size);
	if (!moved)
		return NULL;
	memcpy(moved, ptr, usable);
	free(ptr);
	return moved;
}

void *reallocarray(void *ptr, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(ptr, bytes);
}

void *memalign(size_t align, size_t size)
{
	return __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	void *ptr;

	if (align % sizeof(void *) || !align || (align & (align - 1)))
		return EINVAL;
	ptr = __libc_memalign(align, size);
	if (!ptr)
		return ENOMEM;
	*out = ptr;
	return 0;
}

void *valloc(size_t size)
{
	return __libc_memalign((size_t)sysconf(_SC_PAGESIZE), size);
}

void *pvalloc(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (size > SIZE_MAX - page) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_memalign(page, (size + page - 1) / page * page);
}

#pragma GCC visibility pop
