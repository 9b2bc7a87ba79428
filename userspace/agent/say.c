// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "say.h"

enum { LEVEL_WRONG = 3, LEVEL_TOLD = 6 };

static void write_line(int level, const char *fmt, va_list ap)
{
	char line[512];
	size_t at = 0;
	int n;

	if (getenv("JOURNAL_STREAM"))
		at = (size_t)snprintf(line, sizeof(line), "<%d>", level);
	at += (size_t)snprintf(line + at, sizeof(line) - at, "wardd: ");
	n = vsnprintf(line + at, sizeof(line) - at - 1, fmt, ap);
	if (n < 0)
		return;
	at += (size_t)n < sizeof(line) - at - 1 ? (size_t)n : sizeof(line) - at - 2;
	line[at++] = '\n';
	/* Nobody is left to tell that nobody reads. */
	if (write(STDERR_FILENO, line, at) < 0)
		return;
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LEVEL_TOLD, fmt, ap);
	va_end(ap);
}

void say_wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LEVEL_WRONG, fmt, ap);
	va_end(ap);
}
