// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>

#include "trouble.h"

int trouble_set(struct trouble *why, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return err;
}
