// SPDX-License-Identifier: MIT
#include "ring.h"

#include <errno.h>
#include <stdlib.h>

int ring_init(struct ring *ring, struct memory *memory, size_t slot_bytes,
	      size_t cap, size_t floor, struct failure *failure)
{
	*ring = (struct ring){
		.memory = memory, .slot_bytes = slot_bytes,
		.cap = cap < floor ? floor : cap, .floor = floor,
	};
	ring->slot = calloc(ring->cap, sizeof(*ring->slot));
	if (!ring->slot)
		return failed(failure, EXIT_DEVICE, "ring of %zu chunks: out of memory",
			      ring->cap);
	memory->reclaim = ring_yield;
	memory->reclaim_arg = ring;
	return 0;
}

static void remove_slot(struct ring *ring, size_t i)
{
	struct ring_slot *slot = ring->slot[i];

	memory_put(ring->memory, &slot->block);
	free(slot);
	ring->slot[i] = ring->slot[--ring->count];
}

void ring_end(struct ring *ring)
{
	while (ring->count)
		remove_slot(ring, ring->count - 1);
	free(ring->slot);
	ring->slot = NULL;
	if (ring->memory)
		ring->memory->reclaim = NULL;
}

static struct ring_slot *find(struct ring *ring, unsigned int site, uint64_t chunk)
{
	size_t i;

	for (i = 0; i < ring->count; i++) {
		struct ring_slot *slot = ring->slot[i];

		if (slot->len && slot->site == site && slot->chunk == chunk)
			return slot;
	}
	return NULL;
}

/*
 * The slot to give up: an empty one, else the one used last, never one that is
 * held. Return: its place, or ring->count.
 */
static size_t victim(const struct ring *ring)
{
	size_t i, best = ring->count;

	for (i = 0; i < ring->count; i++) {
		const struct ring_slot *slot = ring->slot[i];

		if (slot->held)
			continue;
		if (!slot->len)
			return i;
		if (best == ring->count || slot->used > ring->slot[best]->used)
			best = i;
	}
	return best;
}

/*
 * A charge that is refused means the same as a notice: no more than this. The
 * backend may have its own reasons (a limit shared with others).
 */
static struct ring_slot *add_slot(struct ring *ring)
{
	struct ring_slot *slot;

	if (ring->count >= ring->cap)
		return NULL;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	if (memory_try(ring->memory, ring->slot_bytes, "chunk", &slot->block)) {
		free(slot);
		if (ring->count >= ring->floor)
			ring->cap = ring->count;
		return NULL;
	}
	ring->slot[ring->count++] = slot;
	if (ring->count > ring->peak)
		ring->peak = ring->count;
	return slot;
}

static struct ring_slot *free_slot(struct ring *ring, struct failure *failure)
{
	struct ring_slot *slot = add_slot(ring);
	size_t i;

	if (slot)
		return slot;
	i = victim(ring);
	if (i < ring->count)
		return ring->slot[i];
	failed(failure, EXIT_DEVICE,
	       "no room for %zu chunk buffers of %zu bytes; raise --budget or the module's limit",
	       ring->floor, ring->slot_bytes);
	return NULL;
}

static int fill(struct ring_slot *slot, unsigned int site, uint64_t chunk,
		const struct source *source, struct failure *failure)
{
	int ret;

	slot->len = 0;
	if (source->open_into)
		ret = source->open_into(source->arg, chunk, slot->block.handle, &slot->len, failure);
	else
		ret = source->open(source->arg, chunk, slot->block.data, &slot->len, failure);
	if (ret)
		return -1;
	slot->site = site;
	slot->chunk = chunk;
	return 0;
}

int ring_hold(struct ring *ring, unsigned int site, uint64_t chunk,
	      const struct source *source, struct ring_slot **out,
	      struct failure *failure)
{
	struct ring_slot *slot;

	if (ring->before)
		ring->before(ring->before_arg);
	slot = find(ring, site, chunk);
	if (slot) {
		ring->hits++;
	} else {
		slot = free_slot(ring, failure);
		if (!slot || fill(slot, site, chunk, source, failure))
			return -1;
		ring->misses++;
	}
	slot->held = true;
	slot->used = ++ring->clock;
	*out = slot;
	return 0;
}

void ring_drop(struct ring_slot *slot)
{
	if (slot)
		slot->held = false;
}

/* Down to @want slots or until @bytes are free. Return: bytes wiped. */
static size_t give_back(struct ring *ring, size_t want, size_t bytes, bool yielded)
{
	size_t before = ring->count, wiped = 0, i;

	while (ring->count > want && wiped < bytes) {
		i = victim(ring);
		if (i == ring->count)
			break;
		wiped += ring->slot[i]->block.len;
		remove_slot(ring, i);
	}
	if (!wiped)
		return 0;
	ring->cap = ring->count;
	if (ring->shrunk)
		ring->shrunk(ring->shrunk_arg, yielded, before, ring->count, wiped);
	return wiped;
}

size_t ring_yield(void *arg, size_t bytes)
{
	struct ring *ring = arg;

	return give_back(ring, ring->floor, bytes, true);
}

uint64_t ring_shrink(struct ring *ring)
{
	size_t want = ring->count / 2;
	uint64_t bytes;

	bytes = give_back(ring, want < ring->floor ? ring->floor : want, SIZE_MAX, false);
	ring->shrinks += bytes > 0;
	return bytes;
}
