// SPDX-License-Identifier: MIT
#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int failed(struct failure *failure, enum exit_code exit, const char *fmt, ...)
{
	va_list args;

	if (failure->exit != EXIT_OK)
		return -1;
	failure->exit = exit;
	va_start(args, fmt);
	vsnprintf(failure->text, sizeof(failure->text), fmt, args);
	va_end(args);
	return -1;
}

enum exit_code fail_errno(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return EXIT_REFUSED;
	default:
		return EXIT_DEVICE;
	}
}
