/* SPDX-License-Identifier: MIT */
/*
 * Results of a verb: built once, shown as text or as JSON. Keys are
 * snake_case; text shows them with spaces. A key of NULL is an element of the
 * list that is open. Nothing is printed before out_finish().
 */
#ifndef WARDCTL_OUTPUT_H
#define WARDCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct output;

/** out_new - results as text (or JSON) for @stream; NULL = no memory */
struct output *out_new(FILE *stream, bool json);
/** out_compact - JSON on one line each time, for streams of objects */
void out_compact(struct output *o);
void out_free(struct output *o);

/** out_object, out_list - open a level below @key; out_close() ends it */
void out_object(struct output *o, const char *key);
void out_list(struct output *o, const char *key);
void out_close(struct output *o);

void out_text(struct output *o, const char *key, const char *value);
void out_textf(struct output *o, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void out_uint(struct output *o, const char *key, uint64_t value);
void out_int(struct output *o, const char *key, int64_t value);
void out_real(struct output *o, const char *key, double value);
void out_bool(struct output *o, const char *key, bool value);
void out_null(struct output *o, const char *key);
/** out_hex - bytes as lower-case hex */
void out_hex(struct output *o, const char *key, const void *data, size_t len);

/** out_line - a sentence for people; absent from JSON */
void out_line(struct output *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * out_parsed - in place of calls above: a JSON object that a library made.
 * Text mode shows it like everything else. False = not JSON, or no memory.
 */
bool out_parsed(struct output *o, const char *key, const char *json);

/** out_tame - a text for a terminal: what it would obey becomes '?', but for \n and \t */
void out_tame(char *text);

/** out_reset - forget what was collected */
void out_reset(struct output *o);

/** out_finish - print; false = a write failed or memory ran out */
bool out_finish(struct output *o);

#endif /* WARDCTL_OUTPUT_H */
