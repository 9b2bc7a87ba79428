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
	return reason;
}
