// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hex.h"
#include "text.h"

void text_hex(const void *data, size_t len, char *out)
{
	hex_encode(data, len, out);
}

int text_unhex(const char *hex, uint8_t *out, size_t len)
{
	return hex_decode_lower(hex, out, len) ? 0 : -1;
}

void text_time(int64_t seconds, char out[TEXT_TIME_LEN])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, TEXT_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm))
		strcpy(out, "1970-01-01T00:00:00Z");
}

static json_t *escaped(const char *text)
{
	char *out = malloc(4 * strlen(text) + 1), *at = out;
	json_t *string;

	if (!out)
		return NULL;
	for (; *text; text++)
		at += sprintf(at, *text & 0x80 ? "\\x%02x" : "%c", (unsigned char)*text);
	*at = 0;
	string = json_string(out);
	free(out);
	return string;
}

json_t *text_json(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string || !text ? string : escaped(text);
}
