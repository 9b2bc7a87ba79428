/* SPDX-License-Identifier: MIT */
/*
 * Where chunks of plaintext come from: an encrypted data set in the program,
 * a text in unit tests.
 */
#ifndef WARD_WORKER_SOURCE_H
#define WARD_WORKER_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/**
 * struct source - chunks by number, in any order, as often as wanted
 * @chunks: how many, at least 1
 * @chunk_bytes: plaintext bytes of every chunk but the last, which may hold less
 * @open: write chunk @chunk to @out (@chunk_bytes of protected memory) and its
 *	length to @len. Return: 0 or -1
 * @open_into: the same where the kernel decrypts: into a buffer, memory_block.handle;
 *	or NULL
 * @arg: for both
 */
struct source {
	uint64_t chunks;
	size_t chunk_bytes;
	int (*open)(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
		    struct failure *failure);
	int (*open_into)(void *arg, uint64_t chunk, void *handle, size_t *len,
			 struct failure *failure);
	void *arg;
};

#endif /* WARD_WORKER_SOURCE_H */
