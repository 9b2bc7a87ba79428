// SPDX-License-Identifier: MIT
/*
 * A line of a broker's release log; and the same bytes as a time, in text and as a number, and as
 * a text in which the place of a member is looked for.
 */
#include <string.h>

#include "fuzz.h"
#include "store.h"

/* A time that is written is read again, in the years that RFC 3339 has. */
static void round_trip(int64_t t)
{
	char text[32];
	int64_t again;

	wv_time_text(t, text);
	if (t >= -62135596800 && t <= 253402300799 && (wv_time_parse(text, &again) || again != t))
		fuzz_die("%lld is written as %s", (long long)t, text);
}

static void times(struct wv_bytes in)
{
	char text[40];
	int64_t t;

	if (in.len >= sizeof(t)) {
		memcpy(&t, in.data, sizeof(t));
		round_trip(t);
	}
	if (in.len >= sizeof(text))
		return;
	if (in.len)
		memcpy(text, in.data, in.len);
	text[in.len] = '\0';
	if (!wv_time_parse(text, &t))
		round_trip(t);
}

/* Where a member stands, of any bytes: among them, if anywhere. */
static void place(struct wv_bytes in)
{
	struct wv_bytes at;

	if (json_span(in, "tcbInfo", &at) &&
	    (at.data < in.data || at.len > in.len || at.data + at.len > in.data + in.len))
		fuzz_die("a member lies outside of its text");
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_release release;
	struct wv_fault fault;

	times(in);
	place(in);
	return fuzz_refusal(wv_release_parse(in, &release, &fault), &fault);
}
