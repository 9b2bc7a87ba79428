/* SPDX-License-Identifier: MIT */
/* The bytes of a checkpoint: doc/formats.md, section 18; sealed, and put in place whole. */
#ifndef WARD_WORKER_CHECKPOINT_FILE_H
#define WARD_WORKER_CHECKPOINT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "data.h"
#include "failure.h"
#include "keeper.h"
#include "memory.h"
#include "seal.h"

/**
 * struct checkpoint_head - what it belongs to, and how far it is
 * @uid: who trains
 * @plan: SHA-512, PLAN_DIGEST_LEN bytes
 * @data: data sets: name, id, digest
 * @sites: how many
 * @done: models that are trained
 * @words: of their records, 8 bytes each
 */
struct checkpoint_head {
	uint64_t uid;
	const uint8_t *plan;
	const struct data *data;
	size_t sites;
	uint64_t done;
	uint64_t words;
};

/**
 * struct checkpoint_body - what it holds, in the bytes that were checked
 * @done: models that are trained
 * @words: of their records
 * @records: the records
 * @state: of a solver
 * @state_len: its bytes, 0 = none
 */
struct checkpoint_body {
	uint64_t done;
	uint64_t words;
	const uint8_t *records;
	const uint8_t *state;
	size_t state_len;
};

/**
 * checkpoint_file_write() - seal it and put it in place of the one before
 * @path: file
 * @seal: who can open it
 * @head: head
 * @records: of @head's models
 * @state: of a solver, no parts = none
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int checkpoint_file_write(const char *path, const struct seal *seal,
			  const struct checkpoint_head *head, const uint64_t *records,
			  const struct state *state, struct failure *failure);

/**
 * checkpoint_file_read() - unseal it
 * @path: file
 * @seal: who opens it
 * @memory: where its contents go
 * @block: of them, filled in
 * @len: their bytes
 * @failure: what went wrong
 *
 * Return: 1; 0 when there is no such file; -1.
 */
int checkpoint_file_read(const char *path, struct seal *seal, struct memory *memory,
			 struct memory_block *block, size_t *len, struct failure *failure);

/**
 * checkpoint_file_check() - does it belong to this run
 * @path: for messages
 * @bytes: its contents
 * @len: how many
 * @head: what it ought to say; done and words aside
 * @body: filled in
 * @failure: what of it differs
 *
 * Return: 0 or -1.
 */
int checkpoint_file_check(const char *path, const uint8_t *bytes, size_t len,
			  const struct checkpoint_head *head, struct checkpoint_body *body,
			  struct failure *failure);

#endif /* WARD_WORKER_CHECKPOINT_FILE_H */
