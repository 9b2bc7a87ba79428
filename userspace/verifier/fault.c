// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"

int fault_clear(struct wv_fault *fault)
{
	if (fault) {
		memset(fault, 0, sizeof(*fault));
		fault->offset = -1;
	}
	return WV_OK;
}

/* Names out of certificates and documents may hold anything; terminals obey some of it. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if (*s < 0x20 || *s > 0x7e)
			*s = '?';
}

int fault_set(struct wv_fault *fault, int reason, const char *field, int64_t offset,
	      const char *fmt, ...)
{
	va_list ap;

	if (!fault)
		return reason;
	fault_clear(fault);
	fault->reason = reason;
	fault->offset = offset;
	snprintf(fault->field, sizeof(fault->field), "%s", field);
	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	make_printable(fault->field);
	make_printable(fault->text);
	return reason;
}
