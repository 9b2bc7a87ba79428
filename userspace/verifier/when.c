// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "cursor.h"
#include "wardverify.h"
#include "when.h"

int64_t when_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int number(struct cursor *c, size_t digits)
{
	int n = 0;

	while (digits--) {
		uint8_t d = cursor_u8(c);

		if (d < '0' || d > '9')
			c->failed = true;
		n = n * 10 + (d - '0');
	}
	return n;
}

static void mark(struct cursor *c, char want)
{
	if (cursor_u8(c) != (uint8_t)want)
		c->failed = true;
}

static char peek(const struct cursor *c)
{
	return cursor_left(c) ? (char)c->data[c->at] : '\0';
}

static void skip_fraction(struct cursor *c)
{
	if (peek(c) != '.')
		return;
	cursor_skip(c, 1);
	number(c, 1);
	while (peek(c) >= '0' && peek(c) <= '9')
		cursor_skip(c, 1);
}

/* Seconds that local time is ahead of UTC. */
static int zone(struct cursor *c)
{
	char sign = (char)cursor_u8(c);
	int hours, minutes;

	if (sign == 'Z' || sign == 'z')
		return 0;
	if (sign != '+' && sign != '-')
		c->failed = true;
	hours = number(c, 2);
	mark(c, ':');
	minutes = number(c, 2);
	if (hours > 23 || minutes > 59)
		c->failed = true;
	return (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
}

static int days_in(int year, int month)
{
	return (int)(when_days(month == 12 ? year + 1 : year, month % 12 + 1, 1) -
		     when_days(year, month, 1));
}

bool when_parse(const char *text, int64_t *out)
{
	struct cursor c = cursor_over(text, strlen(text));
	int year, month, day, hour, minute, second, ahead;
	char t;

	year = number(&c, 4);
	mark(&c, '-');
	month = number(&c, 2);
	mark(&c, '-');
	day = number(&c, 2);
	t = (char)cursor_u8(&c);
	hour = number(&c, 2);
	mark(&c, ':');
	minute = number(&c, 2);
	mark(&c, ':');
	second = number(&c, 2);
	skip_fraction(&c);
	ahead = zone(&c);
	if (!cursor_done(&c) || (t != 'T' && t != 't' && t != ' ') || month < 1 || month > 12 ||
	    day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60)
		return false;
	*out = when_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - ahead;
	return true;
}

void when_text(int64_t t, char out[WHEN_TEXT_LEN])
{
	int64_t day = t / 86400 - (t % 86400 < 0), rest = (t % 86400 + 86400) % 86400;
	int year = 1970, month = 1;

	if (t < -62135596800 || t > 253402300799) {
		snprintf(out, WHEN_TEXT_LEN, "%lld", (long long)t);
		return;
	}
	year += (int)(day / 366);
	while (when_days(year + 1, 1, 1) <= day)
		year++;
	while (when_days(year, 1, 1) > day)
		year--;
	while (month < 12 && when_days(year, month + 1, 1) <= day)
		month++;
	snprintf(out, WHEN_TEXT_LEN, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month,
		 (int)(day - when_days(year, month, 1)) + 1, (int)(rest / 3600),
		 (int)(rest / 60 % 60), (int)(rest % 60));
}

int wv_time_parse(const char *text, int64_t *out)
{
	return when_parse(text, out) ? WV_OK : WV_USAGE;
}

void wv_time_text(int64_t t, char out[WHEN_TEXT_LEN])
{
	when_text(t, out);
}
