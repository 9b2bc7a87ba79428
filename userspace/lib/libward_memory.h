/* SPDX-License-Identifier: MIT */
/*
 * libward, allocators: an arena on protected memory, and a heap that is zeroed
 * when it is freed. Conventions as in libward.h, which includes this.
 */
#ifndef LIBWARD_MEMORY_H
#define LIBWARD_MEMORY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_session;
struct ward_buffer;
struct ward_arena;

/* ---- arena.c: an allocator on one class A buffer -------------------------- */

#define WARD_ARENA_ALIGN	64

/**
 * ward_arena_new() - an arena for a program's plaintext
 * @session: session
 * @budget: bytes, rounded up to whole pages; bookkeeping lies outside them
 * @label: as for ward_buffer_alloc()
 * @out: ended by ward_arena_destroy()
 *
 * Return: 0; as ward_buffer_alloc().
 */
int ward_arena_new(struct ward_session *session, size_t budget,
		   const char *label, struct ward_arena **out);

/**
 * ward_arena_alloc() - take zeroed bytes, aligned to WARD_ARENA_ALIGN
 * @arena: arena
 * @size: bytes, not 0
 *
 * Return: the bytes, or NULL when no gap of the arena is long enough.
 */
void *ward_arena_alloc(struct ward_arena *arena, size_t size);

/**
 * ward_arena_free() - zero and give back
 * @arena: arena
 * @ptr: what ward_arena_alloc() gave, or NULL
 *
 * Return: 0; -EINVAL when @ptr is no allocation of the arena.
 */
int ward_arena_free(struct ward_arena *arena, void *ptr);

/**
 * ward_arena_reset() - zero and give back everything
 * @arena: arena
 */
void ward_arena_reset(struct ward_arena *arena);

/**
 * ward_arena_used() - bytes taken, in units of WARD_ARENA_ALIGN
 * @arena: arena
 *
 * Return: bytes.
 */
size_t ward_arena_used(const struct ward_arena *arena);

/**
 * ward_arena_peak() - most bytes ever taken
 * @arena: arena
 *
 * Return: bytes.
 */
size_t ward_arena_peak(const struct ward_arena *arena);

/**
 * ward_arena_budget() - bytes in all
 * @arena: arena
 *
 * Return: bytes.
 */
size_t ward_arena_budget(const struct ward_arena *arena);

/**
 * ward_arena_buffer() - the buffer under the arena
 * @arena: stays the owner of it
 *
 * Return: the buffer.
 */
struct ward_buffer *ward_arena_buffer(struct ward_arena *arena);

/**
 * ward_arena_destroy() - wipe by the kernel, unmap, forget
 * @arena: or NULL
 */
void ward_arena_destroy(struct ward_arena *arena);

/* ---- wiping.c: an allocator that zeroes what it frees ---------------------- */

/**
 * ward_wiping_malloc() - malloc() whose memory is zeroed on ward_wiping_free()
 * @size: bytes
 *
 * The memory is ordinary heap: not pinned, not hidden, not counted in any
 * receipt. It only leaves no residue behind once freed.
 *
 * Return: memory, or NULL.
 */
void *ward_wiping_malloc(size_t size);

/**
 * ward_wiping_realloc() - realloc() that zeroes what it leaves behind
 * @ptr: what ward_wiping_malloc() gave, or NULL
 * @size: bytes; 0 frees
 *
 * Return: memory, or NULL, @ptr then being untouched (freed for @size 0).
 */
void *ward_wiping_realloc(void *ptr, size_t size);

/**
 * ward_wiping_free() - zero and free
 * @ptr: or NULL
 */
void ward_wiping_free(void *ptr);

/**
 * ward_hook_openssl() - let OpenSSL allocate through the wiping allocator
 *
 * For a program's first lines: OpenSSL takes it only before its own first
 * allocation. Process wide; for programs, not for libraries.
 *
 * Return: 0; -EBUSY when OpenSSL has allocated before.
 */
int ward_hook_openssl(void);

/**
 * ward_hook_jansson() - let jansson allocate through the wiping allocator
 *
 * For a program's first lines, before any value is made. Process wide.
 *
 * Return: 0.
 */
int ward_hook_jansson(void);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_MEMORY_H */
