/* SPDX-License-Identifier: MIT */
/*
 * A table as text, read row by row from chunks that end anywhere.
 *
 * The text is that of doc/formats.md section 6. Between two chunks the head of
 * a line that straddles them is kept in the carry, in protected memory.
 */
#ifndef WARD_WORKER_TABLE_H
#define WARD_WORKER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "field.h"
#include "memory.h"

#define TABLE_LINE_MAX		65536
#define TABLE_COLUMNS_MAX	4096

/**
 * struct table - what is read and how far
 * @name: for messages
 * @columns: number of columns, 1 to TABLE_COLUMNS_MAX
 * @names: their names
 * @missing: text that marks a missing value; "" = an empty field, NULL = none
 * @delimiter: between fields
 * @header: the first line holds the names
 * @use: what is made of each column; NULL = all are numbers
 * @line, @column: where reading is, both from 1; column 0 = no field of it
 *
 * The caller fills in what stands before @line; it stays the owner of the texts.
 */
struct table {
	const char *name;
	size_t columns;
	const char *const *names;
	const char *missing;
	char delimiter;
	bool header;
	const struct field_use *use;
	uint64_t line;
	size_t column;

	/* private */
	struct memory *memory;
	struct memory_block carry;
	size_t carried;
	const char *at;
	const char *end;
	bool last;
	bool header_seen;
	uint64_t rows;
	char *scratch;
};

/**
 * table_init() - prepare to read
 * @table: upper part filled in by the caller, the rest zero
 * @memory: where the carry and scratch live
 * @failure: says what went wrong
 *
 * Return: 0 or -1.
 */
int table_init(struct table *table, struct memory *memory,
	       struct failure *failure);

/**
 * table_end() - give the carry back
 * @table: or all zero
 */
void table_end(struct table *table);

/**
 * table_rewind() - start again with the first chunk
 * @table: table
 */
void table_rewind(struct table *table);

/**
 * table_feed() - hand over the next chunk
 * @table: has asked for it: table_next() returned 0, or just begun
 * @bytes: stay where they are until table_next() asks for more
 * @len: how many
 * @last: no more follow
 */
void table_feed(struct table *table, const uint8_t *bytes, size_t len,
		bool last);

/**
 * table_next() - the next row
 * @table: table
 * @values: one double per column, as its use says; NaN where missing
 * @failure: names line and column of a bad field
 *
 * Return: 1 with a row, 0 when the chunk is used up (after the last one: the
 * table has ended), -1 on failure.
 */
int table_next(struct table *table, double *values, struct failure *failure);

#endif /* WARD_WORKER_TABLE_H */
