// SPDX-License-Identifier: MIT
/*
 * Reading a table as doc/formats.md section 6 has it. The reader is the test's
 * own, so that worker and scanner cannot share a mistake.
 */
#include "site.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define ERROR_LEN	256
#define HEADER_FIXED	88
#define TABLE_FIXED	44	/* of a table of recipients, up to the first one's description */
#define FILE_MAX	(256u << 20)

static int wrong(char *error, const char *file, const char *what)
{
	snprintf(error, ERROR_LEN, "%s: %s", file, what);
	return -1;
}

static char *read_file(const char *path, size_t max, size_t *len, char *error)
{
	FILE *f = fopen(path, "rb");
	char *bytes;

	if (!f) {
		wrong(error, path, strerror(errno));
		return NULL;
	}
	bytes = malloc(max + 1);
	*len = bytes ? fread(bytes, 1, max, f) : 0;
	if (!bytes || ferror(f)) {
		wrong(error, path, "cannot be read");
		free(bytes);
		bytes = NULL;
	} else {
		bytes[*len] = '\0';
	}
	fclose(f);
	return bytes;
}

static uint32_t le32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static char *text_of(json_t *object, const char *member, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, member));

	return strdup(text ? text : otherwise);
}

static int take_metadata(struct site *site, json_t *meta, const char *file, char *error)
{
	json_t *columns = json_object_get(meta, "columns"), *name;
	char *text;
	size_t i;

	if (!json_array_size(columns) || json_array_size(columns) > SITE_COLUMNS_MAX)
		return wrong(error, file, "the metadata names no columns");
	site->columns = json_array_size(columns);
	site->name = text_of(meta, "name", "?");
	site->missing = text_of(meta, "missing", "");
	site->header = json_is_true(json_object_get(meta, "header"));
	text = text_of(meta, "delimiter", ",");
	site->delimiter = *text;
	free(text);
	text = text_of(meta, "label", "");
	site->label = site->columns;
	json_array_foreach(columns, i, name) {
		site->column[i] = strdup(json_is_string(name) ? json_string_value(name) : "");
		if (!strcmp(site->column[i], text))
			site->label = i;
	}
	free(text);
	return 0;
}

/* The content key as the first recipient, whose data key the owner's is, has it. */
static int take_wrap(struct site *site, const char *bytes, size_t len, const char *file,
		     char *error)
{
	size_t at = le32(bytes + 8) + (size_t)TABLE_FIXED;

	if (at > len || bytes[at - 20] != 1)
		return wrong(error, file, "has no recipient with a data key first");
	at += (uint8_t)bytes[at - 18] | (size_t)(uint8_t)bytes[at - 17] << 8;
	if (at + sizeof(site->wrap) > len)
		return wrong(error, file, "has no recipient with a data key first");
	memcpy(site->wrap, bytes + at, sizeof(site->wrap));
	return 0;
}

static int load_header(struct site *site, const char *file, char *error)
{
	size_t len, meta_len;
	char *bytes = read_file(file, 2 * 65536, &len, error);
	json_t *meta = NULL;
	int rc = -1;

	if (!bytes)
		return -1;
	meta_len = len >= HEADER_FIXED ? le32(bytes + 80) : 0;
	if (len < HEADER_FIXED || memcmp(bytes, "WARDDS2", 8) ||
	    meta_len > len - HEADER_FIXED) {
		wrong(error, file, "is no encrypted data set");
		goto out;
	}
	memcpy(site->id, bytes + 16, sizeof(site->id));
	memcpy(site->salt, bytes + 32, sizeof(site->salt));
	if (take_wrap(site, bytes, len, file, error))
		goto out;
	meta = json_loadb(bytes + HEADER_FIXED, meta_len, 0, NULL);
	rc = take_metadata(site, meta, file, error);
	json_decref(meta);
out:
	free(bytes);
	return rc;
}

static int load_key(struct site *site, const char *file, char *error)
{
	size_t len;
	char *bytes = read_file(file, SITE_KEY_LEN + 1, &len, error);

	if (!bytes)
		return -1;
	memcpy(site->key, bytes, SITE_KEY_LEN);
	explicit_bzero(bytes, SITE_KEY_LEN + 1);
	free(bytes);
	return len == SITE_KEY_LEN ? 0 : wrong(error, file, "is no key of 32 bytes");
}

static void trim(const char *text, struct field *f)
{
	while (f->len && strchr(" \t\r", text[f->at])) {
		f->at++;
		f->len--;
	}
	while (f->len && strchr(" \t\r", text[f->at + f->len - 1]))
		f->len--;
}

static double value_of(const struct site *site, const struct field *f)
{
	char number[64];

	if (f->len >= sizeof(number) ||
	    (f->len == strlen(site->missing) &&
	     !memcmp(site->text + f->at, site->missing, f->len)))
		return NAN;
	memcpy(number, site->text + f->at, f->len);
	number[f->len] = '\0';
	return strtod(number, NULL);
}

static int parse_row(struct site *site, size_t at, size_t end)
{
	struct field *f = site->field + site->rows * site->columns;
	double *value = site->value + site->rows * site->columns;
	size_t column = 0, from = at;

	for (; at <= end; at++) {
		if (at < end && site->text[at] != site->delimiter)
			continue;
		if (column == site->columns)
			return -1;
		f[column] = (struct field){ (uint32_t)from, (uint32_t)(at - from) };
		trim(site->text, &f[column]);
		value[column] = value_of(site, &f[column]);
		column++;
		from = at + 1;
	}
	return column == site->columns ? 0 : -1;
}

static int parse_table(struct site *site, const char *file, char *error)
{
	size_t lines = 0, line = 0, at, end;
	char text[64];

	for (at = 0; at < site->text_len; at++)
		lines += site->text[at] == '\n';
	lines++;
	site->field = reallocarray(NULL, lines * site->columns, sizeof(*site->field));
	site->value = reallocarray(NULL, lines * site->columns, sizeof(*site->value));
	site->line = reallocarray(NULL, lines, sizeof(*site->line));
	if (!site->field || !site->value || !site->line)
		return wrong(error, file, "out of memory");
	for (at = 0; at < site->text_len; at = end + 1) {
		end = at + strcspn(site->text + at, "\n");
		if (!line++ && site->header)
			continue;
		if (parse_row(site, at, end)) {
			snprintf(text, sizeof(text), "line %zu has not the columns of the data set",
				 line);
			return wrong(error, file, text);
		}
		site->line[site->rows++] = (uint32_t)line;
	}
	return 0;
}

int site_load(struct site *site, const char *dataset, const char *key,
	      const char *table, char *error)
{
	*site = (struct site){ 0 };
	if (load_header(site, dataset, error) || load_key(site, key, error))
		return -1;
	site->text = read_file(table, FILE_MAX, &site->text_len, error);
	return site->text ? parse_table(site, table, error) : -1;
}

void site_free(struct site *site)
{
	size_t i;

	for (i = 0; i < site->columns; i++)
		free(site->column[i]);
	explicit_bzero(site->key, sizeof(site->key));
	free(site->name);
	free(site->missing);
	free(site->text);
	free(site->field);
	free(site->value);
	free(site->line);
	*site = (struct site){ 0 };
}
