/* SPDX-License-Identifier: MIT */
/*
 * The ring of chunk buffers: decrypted chunks that are kept for the next pass
 * over the data, as many as memory allows.
 *
 * Each slot is one buffer. A chunk that is asked for is taken from its slot,
 * or decrypted into a new one, or into that of another chunk. Passes are
 * cyclic, so the chunk used last is the one needed again latest: that is the
 * one to give up. The ring never grows again after it gave slots back. How
 * many slots there are decides how often chunks are decrypted, never what is
 * computed.
 *
 * With a reader the chunk behind the one that is asked for is decrypted meanwhile, where
 * there is a slot for it that nobody holds. What becomes of which slot is decided in the
 * thread of whoever asks, so that it does not depend on how fast the reader is.
 */
#ifndef WARD_WORKER_RING_H
#define WARD_WORKER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "memory.h"
#include "reader.h"
#include "source.h"

struct ring_slot {
	struct memory_block block;
	unsigned int site;
	uint64_t chunk;
	size_t len;		/* 0 = empty */
	bool held;
	bool ahead;		/* decrypted, or being decrypted, before anybody asked */
	uint64_t used;
	struct reader_task task;
};

/**
 * struct ring - chunk buffers
 * @before: called before each chunk, when none of its site is held: the moment
 *	to look for pressure and to shrink; or NULL
 * @before_arg: for @before
 * @shrunk: called after slots were given back, by ring_shrink() or, @yielded, to
 *	make room for work: slots before and after, bytes wiped; or NULL
 * @shrunk_arg: for @shrunk
 * @other: asked for what else can be spared when the ring has nothing left to give; returns
 *	bytes wiped; or NULL
 * @other_arg: for @other
 * @count: slots now
 * @cap: slots that there may be
 * @floor: slots that the ring needs: one per site
 * @peak: most slots there ever were
 * @reader: decrypts ahead; ring_read_ahead() starts it, or there is none
 * @hits: chunks found in their slot
 * @misses: chunks decrypted
 * @shrinks: how often the ring became smaller
 */
struct ring {
	struct memory *memory;
	struct ring_slot **slot;
	size_t slot_bytes;
	size_t count;
	size_t cap;
	size_t floor;
	size_t peak;
	struct reader reader;
	uint64_t clock;
	uint64_t hits;
	uint64_t misses;
	uint64_t shrinks;
	void (*before)(void *arg);
	void *before_arg;
	void (*shrunk)(void *arg, bool yielded, size_t before, size_t after,
		       uint64_t bytes);
	void *shrunk_arg;
	size_t (*other)(void *arg);
	void *other_arg;
};

/**
 * ring_init() - an empty ring
 * @ring: filled in
 * @memory: where slots come from; its reclaim becomes ring_yield()
 * @slot_bytes: of the largest chunk
 * @cap: most slots wanted
 * @floor: least slots, not 0
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int ring_init(struct ring *ring, struct memory *memory, size_t slot_bytes,
	      size_t cap, size_t floor, struct failure *failure);

/**
 * ring_read_ahead() - decrypt in a thread of its own from now on
 * @ring: ring
 * @failure: what went wrong
 *
 * Sources may be used by the ring alone from now on.
 *
 * Return: 0 or -1.
 */
int ring_read_ahead(struct ring *ring, struct failure *failure);

/**
 * ring_end() - wipe all slots
 * @ring: or all zero
 */
void ring_end(struct ring *ring);

/**
 * ring_hold() - get a chunk and keep it where it is
 * @ring: ring
 * @site: whose
 * @chunk: which
 * @source: that decrypts it
 * @out: held until ring_drop()
 * @failure: what went wrong
 *
 * At most @floor chunks may be held at once.
 *
 * Return: 0 or -1.
 */
int ring_hold(struct ring *ring, unsigned int site, uint64_t chunk,
	      const struct source *source, struct ring_slot **out,
	      struct failure *failure);

/**
 * ring_look() - look for pressure, as each chunk that is held does
 * @ring: ring
 */
void ring_look(struct ring *ring);

/**
 * ring_drop() - let a chunk go; it stays until its slot is needed
 * @slot: what ring_hold() gave, or NULL
 */
void ring_drop(struct ring_slot *slot);

/**
 * ring_yield() - make room for work: memory's reclaim
 * @ring: struct ring
 * @bytes: wanted
 *
 * Return: bytes wiped and given back; 0 when the ring is at its floor and @other has nothing.
 */
size_t ring_yield(void *ring, size_t bytes);

/**
 * ring_shrink() - give back half of the slots, none that is held
 * @ring: ring
 *
 * Return: bytes wiped; 0 when the ring is at its floor and @other has nothing.
 */
uint64_t ring_shrink(struct ring *ring);

#endif /* WARD_WORKER_RING_H */
