/* SPDX-License-Identifier: MIT */
/*
 * Getting the data keys: prove to the broker what this session is, once, then
 * fetch a key for each data set. Keys go straight into protected memory.
 */
#ifndef WARD_WORKER_RELEASE_H
#define WARD_WORKER_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "libward.h"
#include "memory.h"

#define RELEASE_KEY_LEN		32
#define RELEASE_ID_LEN		16
#define RELEASE_DATASET_LEN	16
#define RELEASE_NONCE_LEN	32

struct release_client;

/**
 * struct release - one released key
 * @key: RELEASE_KEY_LEN bytes in protected memory; NULL where the kernel has it
 * @held: by the kernel; the caller's to free; or NULL
 * @id: release id, the broker's
 * @dataset: the data set that the key is for
 * @nonce: what the receipt must carry
 */
struct release {
	const uint8_t *key;
	struct ward_key *held;
	uint8_t id[RELEASE_ID_LEN];
	uint8_t dataset[RELEASE_DATASET_LEN];
	uint8_t nonce[RELEASE_NONCE_LEN];
};

/* What the broker was shown; @kernel: keys go to the kernel, which has a pair for them. */
struct release_proof {
	char tee[32];
	bool simulated;
	bool kernel;
};

/**
 * release_open() - connect, get a challenge, attest
 * @url: of the broker, https
 * @ca: PEM file of the roots that its certificate must lead to
 * @session: whose evidence it is
 * @kernel: keys are to go to the kernel, where it can and the broker knows how: else
 *	to this process, which @proof says
 * @proof: filled in
 * @out: closed by release_close()
 * @failure: what went wrong: refused (5), network (8), no evidence (6)
 *
 * Return: 0 or -1.
 */
int release_open(const char *url, const char *ca, struct ward_session *session, bool kernel,
		 struct release_proof *proof, struct release_client **out,
		 struct failure *failure);

/**
 * release_fetch() - get one key
 * @client: client
 * @memory: where the key goes, into the scope that is open
 * @resource: repository/type/tag
 * @release: filled in
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int release_fetch(struct release_client *client, struct memory *memory,
		  const char *resource, struct release *release,
		  struct failure *failure);

/**
 * release_close() - forget the ephemeral key and the connection
 * @client: or NULL
 */
void release_close(struct release_client *client);

#endif /* WARD_WORKER_RELEASE_H */
