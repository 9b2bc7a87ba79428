/* SPDX-License-Identifier: MIT */
/*
 * The list of steps on standard output: lines `step: text` for people, one
 * JSON object per line for programs.
 */
#ifndef WARD_WORKER_EMIT_H
#define WARD_WORKER_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct emit {
	bool json;
	bool quiet;	/* text only: nothing but failures */
};

/**
 * emit_step() - say what was done
 * @emit: how
 * @step: name of the step: open, measure, release, data, pressure, train,
 *	metrics, write, wipe, seal, receipt, bench
 * @fields: members for programs, or NULL; freed
 * @fmt: text for people
 *
 * As JSON: {"step": step, "text": text, then @fields}.
 */
__attribute__((format(printf, 4, 5)))
void emit_step(const struct emit *emit, const char *step, json_t *fields,
	       const char *fmt, ...);

/**
 * emit_hex() - bytes as JSON text
 * @bytes: bytes
 * @len: at most 64
 *
 * Return: a new reference, lower case hex; NULL without memory.
 */
json_t *emit_hex(const uint8_t *bytes, size_t len);

#endif /* WARD_WORKER_EMIT_H */
