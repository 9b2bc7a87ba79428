// SPDX-License-Identifier: MIT
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
