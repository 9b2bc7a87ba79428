// SPDX-License-Identifier: MIT
/*
 * Claims; and what follows them as their place in a tree: index, leaves, the path's nodes.
 */
#include <string.h>

#include "fuzz.h"

static void climb(struct wv_bytes in)
{
	uint8_t path[WARD_PATH_NODES_MAX][64], out[64];
	struct wv_bytes claims = { in.data, WARD_CLAIMS_SIZE };
	struct wv_fault fault;
	uint64_t place[2];
	size_t nodes;

	if (in.len < WARD_CLAIMS_SIZE + sizeof(place))
		return;
	memcpy(place, in.data + WARD_CLAIMS_SIZE, sizeof(place));
	nodes = (in.len - WARD_CLAIMS_SIZE - sizeof(place)) / 64;
	if (nodes > WARD_PATH_NODES_MAX)
		nodes = WARD_PATH_NODES_MAX;
	memcpy(path, in.data + WARD_CLAIMS_SIZE + sizeof(place), nodes * 64);
	fuzz_refusal(wv_report_data(claims, place[0], place[1], path, nodes, out, &fault), &fault);
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_claims claims;
	struct wv_fault fault;

	climb(in);
	return fuzz_refusal(wv_claims_parse(in, &claims, &fault), &fault);
}
