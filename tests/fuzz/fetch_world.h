/* SPDX-License-Identifier: MIT */
/* What `wardctl fetch` is after, under the seeds' roots. */
#ifndef TEST_FUZZ_FETCH_WORLD_H
#define TEST_FUZZ_FETCH_WORLD_H

#include "../../userspace/wardctl/fetch_item.h"
#include "sentence.h"

#define FETCH_ITEMS 7
#define FETCH_OTHER 0x40	/* in the item's byte: another state of the world */

/** fetch_world - a run without cache, sources and folders, and one of the items */
void fetch_world(struct fetch *f, unsigned int kind, struct fetch_item *it);

/**
 * fetch_world_get - fetch_get(); 0 = believed. What is believed then says what something says
 * that a seed of this target leads to: all of it but what nobody signed
 * @run: fetch_world() and more, for an input; false = there is nothing to get
 */
int fetch_world_get(bool (*run)(struct wv_bytes in, struct fetch *f, struct fetch_item *it,
				unsigned int *kind), struct wv_bytes in);

#endif /* TEST_FUZZ_FETCH_WORLD_H */
