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

int ring_read_ahead(struct ring *ring, struct failure *failure)
{
	return reader_begin(&ring->reader, failure);
}

/* What was asked of the reader is there; what failed is empty, and is tried again when its turn comes. */
static void settle(struct ring *ring)
{
	size_t i;

	if (!ring->reader.running)
		return;
	reader_settle(&ring->reader);
	for (i = 0; i < ring->count; i++) {
		struct ring_slot *slot = ring->slot[i];

		if (!slot->ahead)
			continue;
		slot->len = slot->task.len;
		slot->ahead = slot->len > 0;
	}
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
	reader_end(&ring->reader);
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

		if ((slot->len || slot->ahead) && slot->site == site && slot->chunk == chunk)
			return slot;
	}
	return NULL;
}

/*
 * The slot to give up: an empty one, else the one used last, never one that is
 * held, nor one with what was decrypted ahead, unless there is no other and
 * @ahead says so. Return: its place, or ring->count.
 */
static size_t victim(const struct ring *ring, bool ahead)
{
	size_t i, best = ring->count;

	for (i = 0; i < ring->count; i++) {
		const struct ring_slot *slot = ring->slot[i];

		if (slot->held || (slot->ahead && !ahead))
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
	i = victim(ring, false);
	if (i == ring->count)
		i = victim(ring, true);
	if (i < ring->count)
		return ring->slot[i];
	failed(failure, EXIT_DEVICE,
	       "no room for %zu chunk buffers of %zu bytes; raise --budget or the module's limit",
	       ring->floor, ring->slot_bytes);
	return NULL;
}

static void assign(struct ring *ring, struct ring_slot *slot, unsigned int site, uint64_t chunk,
		   const struct source *source)
{
	slot->site = site;
	slot->chunk = chunk;
	slot->len = 0;
	slot->task = (struct reader_task){
		.source = source, .chunk = chunk, .block = &slot->block,
	};
	ring->misses++;
}

/* Decrypted here and now. Return: NULL on failure. */
static struct ring_slot *fill(struct ring *ring, unsigned int site, uint64_t chunk,
			      const struct source *source, struct failure *failure)
{
	struct ring_slot *slot;

	settle(ring);
	slot = free_slot(ring, failure);
	if (!slot)
		return NULL;
	slot->ahead = false;
	assign(ring, slot, site, chunk, source);
	if (reader_read(&slot->task)) {
		failed(failure, slot->task.failure.exit, "%s", slot->task.failure.text);
		return NULL;
	}
	slot->len = slot->task.len;
	return slot;
}

/* It was found: it may still be under way. Return: as fill(). */
static struct ring_slot *use(struct ring *ring, struct ring_slot *slot, struct failure *failure)
{
	if (!slot->ahead) {
		ring->hits++;
		return slot;
	}
	reader_wait(&ring->reader, &slot->task);
	slot->ahead = false;
	slot->len = slot->task.len;
	if (!slot->task.failure.exit)
		return slot;
	failed(failure, slot->task.failure.exit, "%s", slot->task.failure.text);
	return NULL;
}

/* A cache of the future gives nothing up that is used now, and waits for nothing. */
static void read_ahead(struct ring *ring, unsigned int site, uint64_t chunk,
		       const struct source *source)
{
	struct ring_slot *slot;
	size_t i;

	if (!ring->reader.running || chunk >= source->chunks || find(ring, site, chunk))
		return;
	slot = add_slot(ring);
	if (!slot) {
		i = victim(ring, false);
		if (i == ring->count)
			return;
		slot = ring->slot[i];
	}
	assign(ring, slot, site, chunk, source);
	slot->ahead = true;
	slot->used = ring->clock;
	reader_ask(&ring->reader, &slot->task);
}

void ring_look(struct ring *ring)
{
	if (ring->before)
		ring->before(ring->before_arg);
}

int ring_hold(struct ring *ring, unsigned int site, uint64_t chunk,
	      const struct source *source, struct ring_slot **out,
	      struct failure *failure)
{
	struct ring_slot *slot;

	ring_look(ring);
	slot = find(ring, site, chunk);
	slot = slot ? use(ring, slot, failure) : fill(ring, site, chunk, source, failure);
	if (!slot)
		return -1;
	slot->held = true;
	slot->used = ++ring->clock;
	*out = slot;
	read_ahead(ring, site, chunk + 1, source);
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

	settle(ring);
	while (ring->count > want && wiped < bytes) {
		i = victim(ring, true);
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

static size_t spare_other(struct ring *ring)
{
	return ring->other ? ring->other(ring->other_arg) : 0;
}

size_t ring_yield(void *arg, size_t bytes)
{
	struct ring *ring = arg;
	size_t wiped = give_back(ring, ring->floor, bytes, true);

	return wiped ? wiped : spare_other(ring);
}

uint64_t ring_shrink(struct ring *ring)
{
	size_t want = ring->count / 2;
	uint64_t bytes;

	bytes = give_back(ring, want < ring->floor ? ring->floor : want, SIZE_MAX, false);
	ring->shrinks += bytes > 0;
	return bytes ? bytes : spare_other(ring);
}
