/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a request to those of its answer: rows of a table, or their courses, and
 * what a model says of them. Knows nothing of HTTP.
 *
 * The same request has the same answer, byte by byte: numbers are written with the 17 digits
 * that name a double, in the order of the rows. No text says what stands in a field.
 */
#ifndef WARD_WORKER_INFER_H
#define WARD_WORKER_INFER_H

#include <stddef.h>
#include <stdint.h>

#include <event2/buffer.h>

#include "memory.h"
#include "plan.h"
#include "trained.h"

#define INFER_MODEL_LEN	32	/* SHA-256 of its file */

enum infer_kind { INFER_CSV, INFER_JSON };

/**
 * struct infer - what answers are made with
 * @plan: that the model was trained by
 * @run: of it
 * @trained: the model
 * @model: digest of its file
 * @memory: where rows live while they are worked on
 * @missing: text that marks a missing value of a table; JSON has null
 * @rows_max: of one request
 */
struct infer {
	const struct plan *plan;
	const struct plan_run *run;
	struct trained *trained;
	uint8_t model[INFER_MODEL_LEN];
	struct memory *memory;
	const char *missing;
	uint64_t rows_max;
};

/**
 * struct infer_problem - why a request has no answer
 * @status: of HTTP
 * @reason: one word for programs
 * @detail: one sentence for people
 * @line, @column: where in the request, from 1; 0 = nowhere in particular
 * @row: of the table or array, from 1; 0 = none
 * @field: the plan's name of the column, or ""
 */
struct infer_problem {
	int status;
	const char *reason;
	char detail[512];
	uint64_t line, column, row;
	char field[PLAN_NAME_MAX + 1];
};

/**
 * infer_columns() - what a request has to tell of a row
 * @plan: plan
 * @names: room for PLAN_FEATURES_MAX; texts of the plan
 *
 * Return: how many there are.
 */
size_t infer_columns(const struct plan *plan, const char **names);

/**
 * infer_answer() - answer a request
 * @infer: see there
 * @kind: of @body
 * @body: the request
 * @len: bytes
 * @out: the answer, JSON, is added to it; where there is none, what is there means nothing
 * @rows: how many the request had
 * @problem: filled in where there is none
 *
 * Return: 0 or -1.
 */
int infer_answer(const struct infer *infer, enum infer_kind kind, const uint8_t *body, size_t len,
		 struct evbuffer *out, uint64_t *rows, struct infer_problem *problem);

#endif /* WARD_WORKER_INFER_H */
