// SPDX-License-Identifier: MIT
/* A certificate table beside a report: the chain that is built of it. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	struct wv_collateral none = { .item_count = 0 };
	const struct wv_appraisal *world = fuzz_world();
	struct wv_vek *vek = NULL;
	struct wv_fault fault;
	int rc = fuzz_refusal(wv_vek_open(world->roots, &none, in, world->now, &vek, &fault),
			      &fault);

	wv_vek_free(vek);
	return rc;
}
