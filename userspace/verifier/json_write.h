/* SPDX-License-Identifier: MIT */
/*
 * JSON of what the library decodes. Out of memory shows once, at the end.
 */
#ifndef WARD_JSON_WRITE_H
#define WARD_JSON_WRITE_H

#include <jansson.h>
#include <stdbool.h>

#include "wardverify.h"

/** struct json_out - an object being made; @object is NULL once memory ran out */
struct json_out {
	json_t *object;
};

struct json_out out_start(void);
/** out_take - the finished object (or NULL), owned by the caller */
json_t *out_take(struct json_out *o);
/** out_text_of - the finished object as text to be freed with free(), or NULL */
char *out_text_of(struct json_out *o);

/** out_put - takes over @value */
void out_put(struct json_out *o, const char *key, json_t *value);
void out_put_text(struct json_out *o, const char *key, const char *value);
/** out_put_number - above 2^63-1 as text, since JSON readers differ there */
void out_put_number(struct json_out *o, const char *key, uint64_t value);
/** out_put_limit - ~0 as null: no limit */
void out_put_limit(struct json_out *o, const char *key, uint64_t value);
void out_put_bool(struct json_out *o, const char *key, bool value);
void out_put_hex(struct json_out *o, const char *key, const uint8_t *data, size_t len);
/** out_put_when - RFC 3339 */
void out_put_when(struct json_out *o, const char *key, int64_t t);

json_t *hex_json(const uint8_t *data, size_t len);
json_t *claims_json(const struct wv_claims *k);
json_t *event_json(const struct wv_event *e);
json_t *report_json(const struct wv_snp_report *r);

#endif /* WARD_JSON_WRITE_H */
