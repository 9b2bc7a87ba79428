// SPDX-License-Identifier: MIT
/* A record of the event chain. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	struct wv_event event;
	struct wv_fault fault;

	return fuzz_refusal(wv_event_parse(in, &event, &fault), &fault);
}
