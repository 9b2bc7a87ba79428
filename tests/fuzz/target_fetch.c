// SPDX-License-Identifier: MIT
/*
 * What comes from the network: an item and whom it is asked (one byte: below 64 the vendor's
 * service, else THIM or a PCCS), the answer's status line and headers, and its body, as
 * fuzz_split() has them.
 */
#include "fetch_world.h"
#include "no_curl.h"

static bool run(struct wv_bytes in, struct fetch *f, struct fetch_item *it, unsigned int *kind)
{
	bool other = in.len && in.data[0] & FETCH_OTHER;

	if (!in.len || !fuzz_split((struct wv_bytes){ in.data + 1, in.len - 1 }, &no_curl_headers,
				    &no_curl_body))
		return false;
	*kind = (in.data[0] & 0x3f) % FETCH_ITEMS;
	fetch_world(f, *kind, it);
	f->source_count = 1;
	f->sources[0] = (struct fetch_source){
		.kind = *kind < 3 ? other ? FETCH_THIM : FETCH_KDS : other ? FETCH_PCCS : FETCH_PCS,
		.name = "source", .url = "https://collateral.example",
	};
	return true;
}

int fuzz_one(struct wv_bytes in)
{
	return fetch_world_get(run, in);
}
