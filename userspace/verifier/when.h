/* SPDX-License-Identifier: MIT */
/*
 * Calendar time without a clock, a locale or a time zone.
 */
#ifndef WARD_WHEN_H
#define WARD_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/** when_days - days from 1970-01-01 in the Gregorian calendar; @month from 1 */
int64_t when_days(int64_t year, int month, int day);

/** when_parse - RFC 3339 "2026-01-31T12:00:00Z", fraction and offset allowed; false = not one */
bool when_parse(const char *text, int64_t *out);

#define WHEN_TEXT_LEN 32
/** when_text - the other way round, UTC; years beyond 9999 as a number of seconds */
void when_text(int64_t t, char out[WHEN_TEXT_LEN]);

#endif /* WARD_WHEN_H */
