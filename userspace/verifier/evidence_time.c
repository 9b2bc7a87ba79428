// SPDX-License-Identifier: MIT
#include <string.h>

#include "fault.h"
#include "kind.h"

/* The kinds whose signature covers a time. */
static const struct {
	const char *tee;
	int (*made)(struct wv_bytes data, int64_t *out, struct wv_fault *fault);
} timed[] = {
	{ "nitro", kind_nitro_time },
};

int wv_evidence_time(const struct wv_evidence *e, int64_t *out, struct wv_fault *fault)
{
	size_t i;

	fault_clear(fault);
	*out = 0;
	for (i = 0; i < sizeof(timed) / sizeof(timed[0]); i++)
		if (!strcmp(timed[i].tee, e->tee))
			return timed[i].made(e->data, out, fault);
	return fault_set(fault, WV_NO_OWN_TIME, "evidence", -1,
			 "evidence of kind '%s' does not say when it was made", e->tee);
}
