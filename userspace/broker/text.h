/* SPDX-License-Identifier: MIT */
#ifndef BROKER_TEXT_H
#define BROKER_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_TIME_LEN 21	/* "2026-01-02T03:04:05Z" and its NUL */

/** text_hex - lower-case hex; @out has 2 * len + 1 bytes */
void text_hex(const void *data, size_t len, char *out);

/** text_unhex - exactly 2 * len lower-case hex digits; 0 or -1 */
int text_unhex(const char *hex, uint8_t *out, size_t len);

/** text_time - seconds since the epoch as RFC 3339, UTC */
void text_time(int64_t seconds, char out[TEXT_TIME_LEN]);

#endif /* BROKER_TEXT_H */
