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
/** tee_text - word of a WARD_TEE_*, as in the bundle, or "unknown" */
const char *tee_text(uint32_t tee);
/** verdict_json - formats.md section 9; warnings_json - their words */
json_t *verdict_json(const struct wv_verdict *v);
json_t *warnings_json(uint64_t warnings);
/** put_fault - of a verdict: its word, numbers and sentences */
void put_fault(struct json_out *o, const struct wv_fault *f);
/** keys_text - "kernel" or "user": who holds the data keys, by these claims */
const char *keys_text(const struct wv_claims *k);
json_t *claims_json(const struct wv_claims *k);
json_t *event_json(const struct wv_event *e);
json_t *report_json(const struct wv_snp_report *r);
/** tdx_json, sgx_json - a quote; @verified: its certificates were, too */
json_t *tdx_json(const struct wv_tdx *t, bool verified);
json_t *sgx_json(const struct wv_sgx *s, bool verified);
json_t *tpm_json(const struct wv_tpm *t);
json_t *tcb_status_json(const struct wv_tcb_status *s);
/** gpu_json - a GPU's report; @verified: its certificates were, too */
json_t *gpu_json(const struct wv_gpu *g, bool verified);
json_t *azure_json(const struct wv_azure *a);
json_t *nitro_json(const struct wv_nitro *n);
json_t *cca_json(const struct wv_cca *c);
json_t *psa_json(const struct wv_psa *t);
/** put_quote - what the quote itself says, of @t */
void put_quote(struct json_out *o, const struct wv_tpm *t);

#endif /* WARD_JSON_WRITE_H */
