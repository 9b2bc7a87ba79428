/* SPDX-License-Identifier: MIT */
/* An encrypted data set as a site: file, header, key, columns. */
#ifndef WARD_WORKER_DATA_H
#define WARD_WORKER_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "dataset.h"
#include "failure.h"
#include "site.h"

/**
 * struct data - one data set
 * @name: of the site; the caller's
 * @path: its file; the caller's
 * @id: data-set id, from the header
 * @digest: ward_dataset_digest(), once it is open
 * @chunk_bytes: plaintext bytes of a chunk
 * @chunks: how many
 * @rows: of the table
 * @fd: of the file
 */
struct data {
	const char *name;
	const char *path;
	uint8_t id[WARD_DATASET_ID_LEN];
	uint8_t digest[WARD_DATASET_DIGEST_LEN];
	size_t chunk_bytes;
	uint64_t chunks;
	uint64_t rows;
	int fd;

	/* private */
	struct ward_dataset *set;
	bool by_kernel;
	json_t *metadata;
	const char **columns;
};

/**
 * data_peek() - read the header, without a key: what it says is not proved yet
 * @data: name and path filled in by the caller, the rest zero
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int data_peek(struct data *data, struct failure *failure);

/**
 * data_peek_fd() - the same of a file that is open
 * @data: name, path and fd filled in by the caller, the rest zero; the file is closed with it
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int data_peek_fd(struct data *data, struct failure *failure);

/**
 * data_warm_up() - let OpenSSL set up for good what data sets and checkpoints will need
 *
 * Writes and reads a file in memory, with a key of zeros: what OpenSSL caches while it does
 * so then lies on the heap and not in the vault.
 */
void data_warm_up(void);

/**
 * data_open() - check the header with the key, keep the key schedule,
 *	in the vault where there is one
 * @data: peeked
 * @key: WARD_DATASET_KEY_LEN bytes; not kept
 * @failure: what went wrong, also: another data set than was peeked at
 *
 * Return: 0 or -1.
 */
int data_open(struct data *data, const uint8_t *key, struct failure *failure);

/**
 * data_open_kernel() - the same by a key that the kernel holds
 * @data: peeked
 * @key: outlives @data
 * @buffer: class A, of the key's session
 * @failure: as above
 *
 * Return: 0 or -1.
 */
int data_open_kernel(struct data *data, struct ward_key *key, struct ward_buffer *buffer,
		     struct failure *failure);

/**
 * data_site() - the upper part of a site
 * @data: open; outlives the site
 * @index: its place in the cohort
 * @site: filled in
 * @failure: what went wrong: metadata that is not that of a table
 *
 * Return: 0 or -1.
 */
int data_site(struct data *data, unsigned int index, struct site *site,
	      struct failure *failure);

/**
 * data_close() - forget key schedule and metadata, close the file
 * @data: in any state
 */
void data_close(struct data *data);

#endif /* WARD_WORKER_DATA_H */
