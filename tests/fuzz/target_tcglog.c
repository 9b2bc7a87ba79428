// SPDX-License-Identifier: MIT
/* The event log of firmware: read, walked, replayed. */
#include "fuzz.h"

static int walk(const struct wv_tcglog *log)
{
	struct wv_tcglog_event event;
	struct wv_tcglog_pcrs pcrs;
	struct wv_fault fault;
	size_t at = log->first, events = 0, i;

	while (wv_tcglog_next(log, &at, &event)) {
		events++;
		if (event.data_len && (event.data < log->data ||
				       event.data + event.data_len > log->data + log->len))
			fuzz_die("an event's data lie outside of the log");
	}
	if (events != log->events)
		fuzz_die("%zu events, %zu were promised", events, log->events);
	for (i = 0; i < log->banks; i++)
		wv_tcglog_replay(log, log->alg[i], &pcrs, &fault);
	return WV_OK;
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_tcglog log;
	struct wv_fault fault;

	return fuzz_refusal(wv_tcglog_open(in, &log, &fault), &fault) ?: walk(&log);
}
