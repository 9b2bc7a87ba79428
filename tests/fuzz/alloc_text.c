// SPDX-License-Identifier: MIT
/* Texts that are allocated: as alloc.c has it, by way of its malloc(). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *__wrap_strndup(const char *s, size_t n);
int __wrap_asprintf(char **out, const char *fmt, ...);

char *__wrap_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

int __wrap_asprintf(char **out, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	*out = len < 0 ? NULL : malloc((size_t)len + 1);
	len = *out ? vsnprintf(*out, (size_t)len + 1, fmt, again) : -1;
	va_end(again);
	return len;
}
