/* SPDX-License-Identifier: MIT */
/* One hospital: its table in the clear, its encrypted data set, its key. */
#ifndef WARD_E2E_SITE_H
#define WARD_E2E_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_KEY_LEN		32
#define SITE_COLUMNS_MAX	512

/**
 * struct field - where a field of the table stands
 * @at: offset of its first byte in the text
 * @len: bytes, blanks around it left out
 */
struct field {
	uint32_t at;
	uint32_t len;
};

/**
 * struct site - what its owner has
 * @column: names
 * @label: which column is the label; @columns where none is
 * @text: the table's bytes
 * @field: rows times columns
 * @value: rows times columns; NaN where missing
 * @line: of the text, per row, from 1
 */
struct site {
	char *name;
	size_t columns;
	char *column[SITE_COLUMNS_MAX];
	size_t label;
	char delimiter;
	char *missing;
	bool header;
	uint8_t id[16];
	uint8_t salt[16];
	uint8_t wrap[SITE_KEY_LEN + 16];
	uint8_t key[SITE_KEY_LEN];
	char *text;
	size_t text_len;
	size_t rows;
	struct field *field;
	double *value;
	uint32_t *line;
};

/**
 * site_load() - read all three files
 * @site: filled in; ended by site_free()
 * @dataset: .wds file; only its header is read
 * @key: key file, 32 bytes
 * @table: the table that was encrypted
 * @error: 256 bytes for what went wrong
 *
 * Return: 0 or -1.
 */
int site_load(struct site *site, const char *dataset, const char *key,
	      const char *table, char *error);

/**
 * site_free() - wipe and forget
 * @site: or all zero
 */
void site_free(struct site *site);

/**
 * struct feature - a column of the design matrix
 * @name: the table's column
 * @indicator: 1 where the column equals @level, else 0
 */
struct feature {
	char *name;
	bool indicator;
	double level;
};

/**
 * struct design - the design matrix, and how it was standardised
 * @scales: sets of mean and deviation, @features numbers each
 */
struct design {
	size_t features;
	struct feature *feature;
	size_t scales;
	double **mean;
	double **sd;
};

/**
 * design_load() - read a plan, and how models were standardised
 * @design: filled in; ended by design_free()
 * @plan: JSON
 * @model: safetensors files
 * @models: how many
 * @error: 256 bytes for what went wrong
 *
 * Return: 0 or -1.
 */
int design_load(struct design *design, const char *plan, char *const *model,
		size_t models, char *error);

/**
 * design_row() - the design matrix's row for one of a site
 * @design: design
 * @site: site
 * @row: from 0
 * @out: @design->features numbers; NaN where missing
 *
 * Return: 0, or -1 when the site lacks a column.
 */
int design_row(const struct design *design, const struct site *site, size_t row,
	       double *out);

/**
 * design_free() - forget
 * @design: or all zero
 */
void design_free(struct design *design);

#endif /* WARD_E2E_SITE_H */
