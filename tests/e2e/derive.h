/* SPDX-License-Identifier: MIT */
/* From hospitals to patterns, and to what a plain program would hold. */
#ifndef WARD_E2E_DERIVE_H
#define WARD_E2E_DERIVE_H

#include "patterns.h"
#include "site.h"

/**
 * derive_rows() - windows over the rows of a site
 * @set: where patterns go
 * @site: whose rows
 * @index: of the site
 * @design: or NULL: the table's own order and no standardised values
 * @covered: rows for which text was added; or NULL
 *
 * A window is a run of neighbouring values, as short as it may be while three
 * of them are special: not missing and not a whole number up to 10, which
 * would be found in any memory. A row without a window is taken whole, as text.
 *
 * Return: 0, -ENOMEM, or -EINVAL when the site lacks a column of the design.
 */
int derive_rows(struct patterns *set, const struct site *site, uint32_t index,
		const struct design *design, size_t *covered);

/**
 * derive_keys() - the data key and the file key of a site, in pieces
 * @set: where patterns go
 * @site: whose
 * @index: of the site
 *
 * Pieces, because free() writes over the first bytes of what it frees.
 *
 * Return: 0, -ENOMEM, or -EIO when OpenSSL fails.
 */
int derive_keys(struct patterns *set, const struct site *site, uint32_t index);

/**
 * struct numbers - what tests/e2e/numbers.c wrote: runs of doubles, a NaN behind each
 * @value: @count of them
 */
struct numbers {
	double *value;
	size_t count;
};

/**
 * derive_numbers() - all neighbouring threes of each run
 * @set: where patterns go
 * @numbers: numbers
 *
 * Return: 0 or -ENOMEM.
 */
int derive_numbers(struct patterns *set, const struct numbers *numbers);

/* How a key may be written down. */
struct key_texts {
	char hex[65];
	char upper[65];
	char base64[45];
	char base64url[45];
};

/**
 * derive_key_texts() - write a key down in every usual way
 * @key: SITE_KEY_LEN bytes
 * @out: filled in
 */
void derive_key_texts(const uint8_t *key, struct key_texts *out);

/**
 * struct file_keys - what a data set's key leads to
 * @wrap: what the content key is encrypted with
 * @content: the content key
 * @chunks: what the chunks are encrypted with
 */
struct file_keys {
	uint8_t wrap[SITE_KEY_LEN];
	uint8_t content[SITE_KEY_LEN];
	uint8_t chunks[SITE_KEY_LEN];
};

/**
 * derive_file_keys() - the keys that a data set's key leads to
 * @site: whose
 * @out: wiped by the caller
 *
 * HKDF-SHA-256 and AES-256-GCM as doc/formats.md section 6 has them.
 *
 * Return: 0 or -EIO.
 */
int derive_file_keys(const struct site *site, struct file_keys *out);

#endif /* WARD_E2E_DERIVE_H */
