/* SPDX-License-Identifier: MIT */
/*
 * The plaintext budget: where every byte of patient data, and everything
 * computed from it, lives.
 *
 * Blocks are whole buffers, got and put one by one (the ring's chunks).
 * Regions are blocks that are cut into small pieces and put all at once
 * (rows, statistics, weights, keys). What a backend gives is zeroed, and is
 * wiped when it takes it back: class A buffers in the program, plain mappings
 * in unit tests.
 */
#ifndef WARD_WORKER_MEMORY_H
#define WARD_WORKER_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define MEMORY_PAGE	4096u

struct ward_session;

struct memory_backend {
	/* Whole pages, zeroed. Return: 0 or -errno. */
	int (*get)(void *arg, size_t len, const char *label, void **data,
		   void **handle);
	/* Wiped when it returns. */
	void (*put)(void *arg, void *handle);
	void *arg;
};

struct memory_block {
	uint8_t *data;
	size_t len;
	void *handle;
};

struct memory_region;

/**
 * struct memory - the budget
 * @reclaim: asked for bytes when there is no room for work; returns how many
 *	it gave back, 0 = none; or NULL. Buffers that are only a cache don't ask
 * @reclaim_arg: for @reclaim
 * @live: bytes held
 * @peak: most bytes ever held
 */
struct memory {
	struct memory_backend backend;
	size_t (*reclaim)(void *arg, size_t bytes);
	void *reclaim_arg;
	size_t budget;
	size_t live;
	size_t peak;
	struct memory_region *regions;
};

/**
 * memory_init() - an empty budget
 * @memory: filled in
 * @backend: where blocks come from
 * @budget: most bytes to be held at once
 */
void memory_init(struct memory *memory, const struct memory_backend *backend,
		 size_t budget);

/**
 * memory_backend_ward() - class A buffers of a session
 * @session: outlives the backend
 *
 * Return: the backend.
 */
struct memory_backend memory_backend_ward(struct ward_session *session);

/**
 * memory_get() - take one buffer
 * @memory: budget
 * @len: bytes, rounded up to pages
 * @label: for the event record; no patient data
 * @block: filled in on success
 *
 * Return: 0; -EDQUOT when the budget would be crossed, else the backend's.
 */
int memory_get(struct memory *memory, size_t len, const char *label,
	       struct memory_block *block);

/**
 * memory_try() - memory_get() without reclaim, for a cache
 * @memory: budget
 * @len: bytes, rounded up to pages
 * @label: for the event record
 * @block: filled in on success
 *
 * Return: as memory_get().
 */
int memory_try(struct memory *memory, size_t len, const char *label,
	       struct memory_block *block);

/**
 * memory_put() - wipe a buffer and give it back
 * @memory: budget
 * @block: what memory_get() filled in, or all zero; zero afterwards
 */
void memory_put(struct memory *memory, struct memory_block *block);

/**
 * memory_take() - cut a zeroed piece, aligned to 64 bytes, from a region
 * @memory: budget
 * @len: bytes
 *
 * Return: the piece, valid until its scope is released; NULL when the budget has
 * no room.
 */
void *memory_take(struct memory *memory, size_t len);

/**
 * memory_doubles() - memory_take() of @count doubles
 * @memory: budget
 * @count: how many
 *
 * Return: as memory_take(); NULL also when the size overflows.
 */
double *memory_doubles(struct memory *memory, size_t count);

/**
 * memory_scope() - begin a scope: what is taken from now on
 * @memory: budget
 *
 * Return: what memory_release() needs to end the scope and to go back to the
 * one around it. Scopes nest.
 */
struct memory_region *memory_scope(struct memory *memory);

/**
 * memory_release() - wipe all that was taken in this scope
 * @memory: budget; blocks that were not put stay
 * @outer: what memory_scope() returned; NULL for the outermost
 */
void memory_release(struct memory *memory, struct memory_region *outer);

#endif /* WARD_WORKER_MEMORY_H */
