/* SPDX-License-Identifier: MIT */
#ifndef BROKER_TEXT_H
#define BROKER_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define TEXT_TIME_LEN 21	/* "2026-01-02T03:04:05Z" and its NUL */

/** text_hex - lower-case hex; @out has 2 * len + 1 bytes */
void text_hex(const void *data, size_t len, char *out);

/** text_unhex - exactly 2 * len lower-case hex digits; 0 or -1 */
int text_unhex(const char *hex, uint8_t *out, size_t len);

/** text_time - seconds since the epoch as RFC 3339, UTC */
void text_time(int64_t seconds, char out[TEXT_TIME_LEN]);

/**
 * text_json - a string of JSON, whatever a stranger wrote into @text
 * What is not UTF-8 has "\\xHH" in place of every byte over 127. NULL is NULL.
 */
json_t *text_json(const char *text);

#endif /* BROKER_TEXT_H */
