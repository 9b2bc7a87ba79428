/* SPDX-License-Identifier: MIT */
/* What the readers of tables (infer_csv.c) and of JSON (infer_json.c) share with infer.c. */
#ifndef WARD_WORKER_INFER_PRIVATE_H
#define WARD_WORKER_INFER_PRIVATE_H

#include <stdbool.h>

#include "course.h"
#include "design.h"
#include "infer.h"

/**
 * struct inferring - one request on its way
 * @infer: see there
 * @body: the request
 * @len: bytes
 * @problem: filled in on failure
 * @names: that the plan asks for
 * @count: how many
 * @design: of the columns as the request has them; infer_begin() makes it
 * @values: room for a row of as many
 */
struct inferring {
	const struct infer *infer;
	const uint8_t *body;
	size_t len;
	struct infer_problem *problem;
	const char *names[PLAN_FEATURES_MAX];
	size_t count;
	struct design design;
	double *values;

	/* private to infer.c */
	struct evbuffer *out;
	struct course course;
	double *x;
	uint64_t rows;
	uint64_t last;		/* row of the course that is open; 0 = none is */
	bool known;		/* it is long enough: its end is in x */
	bool more;		/* an answer stands before this one */
};

/**
 * infer_refuse() - fill in a problem
 * @at: of the request
 * @status: of HTTP
 * @reason: word
 * @fmt: sentence
 *
 * Return: -1.
 */
__attribute__((format(printf, 4, 5)))
int infer_refuse(struct inferring *at, int status, const char *reason, const char *fmt, ...);

/** infer_trouble() - the same of what failed for want of memory, or of the table */
int infer_trouble(struct inferring *at, const struct failure *failure);

/**
 * infer_begin() - the columns are known
 * @at: of the request
 * @names: of its columns; outlive @at
 * @columns: how many
 *
 * Return: 0 or -1.
 */
int infer_begin(struct inferring *at, const char *const *names, size_t columns);

/**
 * infer_row() - one more row is in @at->values
 * @at: of the request
 *
 * Return: 0 or -1.
 */
int infer_row(struct inferring *at);

/**
 * infer_find() - a column by its name
 * @at: of the request
 * @name: text, not NUL terminated
 * @len: bytes
 *
 * Return: its place in @at->names; @at->count for the label's, which is not looked at;
 * SIZE_MAX: the plan has none of that name.
 */
size_t infer_find(const struct inferring *at, const char *name, size_t len);

/* Read @at->body: infer_begin(), then infer_row() of each. Return: 0 or -1. */
int infer_csv(struct inferring *at);
int infer_json(struct inferring *at);

#endif /* WARD_WORKER_INFER_PRIVATE_H */
