/* SPDX-License-Identifier: MIT */
/*
 * What leaves the worker: the model as safetensors, and its card, JSON that
 * says what it was made of, by whom, and how good it is.
 */
#ifndef WARD_WORKER_CARD_H
#define WARD_WORKER_CARD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cohort.h"
#include "data.h"
#include "failure.h"
#include "libward.h"
#include "train.h"

#define CARD_RELEASE_LEN	16
#define CARD_DIGEST_LEN		64

/**
 * struct card - what the card says besides the model's own figures
 * @cohort: plan, sites, scalers
 * @data: one per site; NULL where the data are at other places: an aggregator's card
 * @release: release ids, one per site
 * @session: session id
 * @instance: ward instance id
 * @declared: the declared register that the keys were released against
 * @tee: evidence's name of the TEE
 * @simulated: the TEE is simulated
 * @keys_kernel: the kernel alone held the data keys
 * @digest: where the SHA-512 of the card's bytes goes, CARD_DIGEST_LEN bytes: evidence that
 *	vouches for it will stand in card-NAME.ward; NULL = nothing vouches for it
 */
struct card {
	const struct cohort *cohort;
	const struct data *data;
	const uint8_t (*release)[CARD_RELEASE_LEN];
	uint8_t session[WARD_ID_LEN];
	uint8_t instance[WARD_ID_LEN];
	uint8_t declared[WARD_DIGEST_LEN];
	const char *tee;
	int simulated;
	int keys_kernel;
	uint8_t *digest;
};

/**
 * card_write() - write model-NAME.safetensors, model-NAME.onnx and then model-NAME.json
 * @card: card
 * @model: model
 * @dir: directory
 * @failure: what went wrong
 *
 * The card holds the SHA-256 of the model's files: a card that stands beside
 * another model does not fit it.
 *
 * Return: 0 or -1.
 */
int card_write(const struct card *card, const struct model *model, const char *dir,
	       struct failure *failure);

/**
 * card_metrics() - figures as JSON; null where there is none
 * @metrics: figures
 *
 * Return: a new reference, or NULL without memory.
 */
json_t *card_metrics(const struct metrics *metrics);

#endif /* WARD_WORKER_CARD_H */
