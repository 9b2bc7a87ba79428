/* SPDX-License-Identifier: MIT */
/*
 * The file that a federation leaves with each site: models by their digests, every site with
 * its receipts, and the aggregator's own receipt, whose nonce is a digest of all that stands
 * before it (doc/formats.md, Federation). Nothing in it is secret.
 */
#ifndef WARD_COMMON_FEDERATION_FILE_H
#define WARD_COMMON_FEDERATION_FILE_H

#include <stddef.h>
#include <stdint.h>

#define FEDERATION_FILE_NAME	"federation.wardfed"
#define FEDERATION_SITES_MAX	64
#define FEDERATION_MODELS_MAX	8
#define FEDERATION_RECEIPTS_MAX	64	/* of a site */
#define FEDERATION_NAME_LEN	64	/* zero padded */
#define FEDERATION_FILE_MAX	(1u << 27)
#define FEDERATION_LIST_MAX	(1u << 20)	/* a site's receipts together */

/** struct federation_model - @parameters: SHA-256 of them as little-endian doubles */
struct federation_model {
	char name[FEDERATION_NAME_LEN];
	uint8_t parameters[32];
};

/**
 * struct federation_site - a site
 * @name: plain text
 * @session: of its worker
 * @nonce: that it drew when it joined
 * @receipts: federation_receipt_put()'s, back to back behind their number; NULL = none came
 * @len: bytes
 */
struct federation_site {
	char name[FEDERATION_NAME_LEN];
	uint8_t session[16];
	uint8_t nonce[32];
	const uint8_t *receipts;
	size_t len;
};

/**
 * struct federation_file - what stands in it; texts and bytes are views
 * @signed_len: bytes before the aggregator's session: what its receipt's nonce is made of
 * @session: of the aggregator
 * @receipt: its bundle
 * @receipt_len: bytes; 0 = it is not there yet
 */
struct federation_file {
	uint8_t federation[16];
	uint8_t plan[64];
	size_t models;
	struct federation_model model[FEDERATION_MODELS_MAX];
	size_t sites;
	struct federation_site site[FEDERATION_SITES_MAX];
	size_t signed_len;
	uint8_t session[16];
	const uint8_t *receipt;
	size_t receipt_len;
};

/** struct federation_receipt - of one data set: what its bundle is bound to, and the bundle */
struct federation_receipt {
	uint8_t dataset[16];
	uint8_t release[16];
	uint8_t nonce[32];
	const uint8_t *bundle;
	size_t len;
};

/**
 * federation_receipts_put() - a site's receipts
 * @out: or NULL, to count
 * @receipt: @count of them
 *
 * Return: bytes.
 */
size_t federation_receipts_put(uint8_t *out, const struct federation_receipt *receipt,
			       size_t count);

/**
 * federation_receipts_get() - read them
 * @in: of anybody
 * @len: bytes
 * @receipt: FEDERATION_RECEIPTS_MAX of them; bundles are views of @in
 *
 * Return: how many, or -1.
 */
int federation_receipts_get(const uint8_t *in, size_t len, struct federation_receipt *receipt);

/**
 * federation_file_put() - the file, without the aggregator's part where that is not there yet
 * @out: or NULL, to count
 * @file: what stands in it
 *
 * Return: bytes.
 */
size_t federation_file_put(uint8_t *out, const struct federation_file *file);

/**
 * federation_file_get() - read a whole file
 * @in: of anybody
 * @len: bytes
 * @file: filled in with views of @in
 *
 * Names are plain, of sites in ascending order; every receipt list is sound.
 *
 * Return: 0 or -1.
 */
int federation_file_get(const uint8_t *in, size_t len, struct federation_file *file);

/**
 * federation_file_nonce() - what the aggregator's receipt has to answer
 * @in: the file, or its first part alone
 * @signed_len: bytes before the aggregator's session
 * @out: 32 bytes
 *
 * Return: 0, or -1: the cryptographic library failed.
 */
int federation_file_nonce(const uint8_t *in, size_t signed_len, uint8_t out[32]);

#endif /* WARD_COMMON_FEDERATION_FILE_H */
