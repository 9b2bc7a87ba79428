// SPDX-License-Identifier: MIT
/* What wardctl's readers complain with, in place of its main.c: it says something. */
#include <stdarg.h>

#include "../../userspace/wardctl/wardctl.h"
#include "sentence.h"

static int said(int code, const char *fmt, va_list ap)
{
	char text[1024] = "";

	vsnprintf(text, sizeof(text), fmt, ap);
	fuzz_sentence(text);
	return code;
}

int ctl_error(struct wardctl *ctl, int code, const char *reason, const char *fmt, ...)
{
	va_list ap;

	(void)ctl;
	if (!code || (reason && !*reason))
		fuzz_die("an error without code or word");
	va_start(ap, fmt);
	code = said(code, fmt, ap);
	va_end(ap);
	return code;
}

int ctl_usage(struct wardctl *ctl, const char *fmt, ...)
{
	va_list ap;
	int code;

	(void)ctl;
	va_start(ap, fmt);
	code = said(EXIT_USAGE, fmt, ap);
	va_end(ap);
	return code;
}
