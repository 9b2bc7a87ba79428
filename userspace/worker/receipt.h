/* SPDX-License-Identifier: MIT */
/*
 * Evidence that leaves the worker as .ward files: a receipt for each data set
 * once all is wiped and the session sealed.
 */
#ifndef WARD_WORKER_RECEIPT_H
#define WARD_WORKER_RECEIPT_H

#include <stdint.h>

#include "failure.h"
#include "libward.h"

#define RECEIPT_RELEASE_LEN	16
#define RECEIPT_DATASET_LEN	16
#define RECEIPT_NONCE_LEN	32

/* What a receipt is bound to, doc/formats.md section 5. */
struct receipt_binding {
	const uint8_t *release;
	const uint8_t *dataset;
	const uint8_t *nonce;
};

/**
 * receipt_take() - get evidence as a bundle
 * @session: sealed and empty for WARD_PURPOSE_RECEIPT
 * @purpose: as receipt_export()
 * @binding: data set
 * @bundle: on the heap, the caller's to free
 * @len: its length
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int receipt_take(struct ward_session *session, uint32_t purpose,
		 const struct receipt_binding *binding, uint8_t **bundle, size_t *len,
		 struct failure *failure);

/**
 * receipt_export() - get evidence and write it as a bundle
 * @session: sealed and empty for WARD_PURPOSE_RECEIPT
 * @purpose: WARD_PURPOSE_RECEIPT, or WARD_PURPOSE_REPORT: the same request
 *	before the seal, which no verifier may take for a receipt
 * @binding: data set
 * @path: file
 * @bytes: length of the file is written there; or NULL
 * @failure: what went wrong
 *
 * The bundle holds the session's records up to the chain's head in the claims.
 *
 * Return: 0 or -1.
 */
int receipt_export(struct ward_session *session, uint32_t purpose,
		   const struct receipt_binding *binding, const char *path,
		   size_t *bytes, struct failure *failure);

/**
 * receipt_export_card() - evidence that vouches for a model's card
 * @session: sealed and empty
 * @digest: SHA-512 of the card's bytes
 * @path: file
 * @bytes: length of the file is written there; or NULL
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int receipt_export_card(struct ward_session *session, const uint8_t *digest, const char *path,
			size_t *bytes, struct failure *failure);

#endif /* WARD_WORKER_RECEIPT_H */
