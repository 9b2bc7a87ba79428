/* SPDX-License-Identifier: MIT */
/*
 * Tables of numbers as plain text: the check that an owner's table passes before
 * it is encrypted, and the metadata that the data set then carries
 * (doc/formats.md, section 6).
 *
 * Messages name line and field, never a value: the values are patient data.
 */
#ifndef WARD_TABLE_H
#define WARD_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define WARD_TABLE_LINE_MAX	65536
#define WARD_TABLE_COLUMNS_MAX	4096
#define WARD_TABLE_NAME_MAX	128
#define WARD_TABLE_MISSING_MAX	32
#define WARD_TABLE_NUMBER_MAX	1024

/**
 * struct ward_table_spec - how to read a table
 * @delimiter: ',', ';' or tab; 0 = ','
 * @columns: names, separated by commas; NULL = the first line holds them
 * @label: name of the column to predict, or NULL
 * @missing: text that marks a missing value, or NULL
 */
struct ward_table_spec {
	char delimiter;
	const char *columns;
	const char *label;
	const char *missing;
};

/**
 * struct ward_table_error - what was wrong, and where
 * @line: from 1; 0 = the file or the specification as a whole
 * @field: from 1; 0 = the line as a whole
 * @text: one sentence for people, without a final newline
 */
struct ward_table_error {
	uint64_t line;
	uint32_t field;
	char text[232];
};

/**
 * struct ward_table - what the check found
 * @rows: lines without the header line
 * @bytes: size of the file
 * @columns: names, @column_count of them
 * @header: the first line held them
 * @missing_values: fields that were missing
 */
struct ward_table {
	uint64_t rows;
	uint64_t bytes;
	char **columns;
	size_t column_count;
	int header;
	uint64_t missing_values;
};

/**
 * ward_table_check() - read a whole table and check every field
 * @fd: readable; read from its current position to its end
 * @spec: how to read it
 * @ret: freed by ward_table_clear(); untouched on failure
 * @err: filled on failure; may be NULL
 *
 * What was read is wiped from the library's memory before it returns.
 * Returns 0; -EINVAL: the specification makes no sense; -EBADMSG: the table is
 * damaged; -ENOMEM; -EIO and others from reading.
 */
int ward_table_check(int fd, const struct ward_table_spec *spec, struct ward_table *ret,
		     struct ward_table_error *err);

/** ward_table_clear() - free what ward_table_check() gave */
void ward_table_clear(struct ward_table *table);

/**
 * ward_table_metadata() - the metadata of a data set made of a table
 * @table: as checked; NULL = not a table, @name alone counts
 * @spec: as given to the check; ignored without @table
 * @name: the data set's name, UTF-8, or NULL
 *
 * Returns JSON text that the caller frees, or NULL: no memory, or a text is not
 * valid UTF-8.
 */
char *ward_table_metadata(const struct ward_table *table, const struct ward_table_spec *spec,
			  const char *name);

/** ward_table_is_number() - is this a decimal number as the format has it? */
int ward_table_is_number(const char *s, size_t len);

#endif /* WARD_TABLE_H */
