/* SPDX-License-Identifier: MIT */
/*
 * Protected memory for what OpenSSL keeps of a data key: its cipher contexts
 * hold the expanded key for as long as chunks are decrypted, and would lie on
 * the heap, where a worker that is killed leaves them.
 *
 * Between vault_enter() and vault_leave() the program's malloc() takes small
 * blocks from one class A buffer; free() knows them by their address. Large
 * blocks hold ciphertext and stay on the heap; where they hold requests and answers,
 * vault_limit() has them in the vault, too.
 */
#ifndef WARD_WORKER_VAULT_H
#define WARD_WORKER_VAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "memory.h"

#define VAULT_BLOCK_MAX	4096u	/* larger ones stay on the heap, unless vault_limit() says so */

/* Room for what is set up and gone again: a data set opened, a checkpoint sealed or opened. */
#define VAULT_CHECKPOINT	4096u
/* And for what stays, of each data set that is open. */
#define VAULT_DATASET		4096u

/**
 * vault_open() - have a vault; there is one per process
 * @memory: where its buffer comes from
 * @len: bytes
 *
 * Return: 0; -EBUSY when there is one already; as memory_get().
 */
int vault_open(struct memory *memory, size_t len);

/**
 * vault_limit() - which blocks go to the vault
 * @size: of the largest; SIZE_MAX = all of them, for who meets plaintext in between and would
 *	rather have no memory than one that is not protected. VAULT_BLOCK_MAX after vault_open()
 */
void vault_limit(size_t size);

/**
 * vault_close() - wipe it and give its buffer back
 *
 * A library may have put something into it that outlives the keys, a cache,
 * say. Such blocks are carried over to ordinary memory at the same addresses;
 * blocks that were freed are zero by then. Does nothing without a vault.
 *
 * Return: bytes carried over, 0 where all went well.
 */
size_t vault_close(void);

/** vault_enter() - this thread's malloc() goes to the vault from now on */
void vault_enter(void);

/** vault_leave() - and to the heap again */
void vault_leave(void);

/** vault_inside() - is this thread between the two */
bool vault_inside(void);

/** vault_wants() - shall a malloc() of so many bytes come from the vault */
bool vault_wants(size_t size);

/**
 * vault_alloc() - a zeroed block, aligned to 16
 * @size: bytes
 *
 * Return: the block, or NULL when the vault is full: never one of the heap.
 */
void *vault_alloc(size_t size);

/** vault_owns() - does a block lie in the vault */
bool vault_owns(const void *ptr);

/** vault_size() - bytes that a block of the vault can hold */
size_t vault_size(const void *ptr);

/** vault_free() - zero a block of the vault and give it back */
void vault_free(void *ptr);

/**
 * vault_backend() - memory for a budget that is cut from the vault: nothing is asked of the
 *	kernel for it, and its records stay few
 */
struct memory_backend vault_backend(void);

/** vault_used() - bytes of blocks in use, their headers included */
size_t vault_used(void);

#endif /* WARD_WORKER_VAULT_H */
