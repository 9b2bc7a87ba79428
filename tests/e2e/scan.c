// SPDX-License-Identifier: MIT
/*
 * Every byte offset is looked up: the eight bytes there are hashed into a bit
 * filter that stays in the cache, then into the chains of patterns. Zero pages,
 * most of a guest's memory, are passed over at the speed of memcmp().
 */
#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE	4096u
#define REPORT	(16u << 20)

struct walk {
	const struct patterns *set;
	const uint8_t *image;
	size_t len;
	const uint8_t *kernel;	/* a bit per page, or NULL */
	uint8_t *seen;		/* per pattern */
	struct scan *out;
};

static void hit(struct walk *w, uint32_t index, size_t at)
{
	struct scan_kind *kind = &w->out->kind[w->set->list[index].kind];

	if (kind->hits < SCAN_SHOWN)
		kind->shown[kind->hits] = (struct scan_hit){ at, index };
	kind->hits++;
	if (w->kernel)
		kind->kernel_hits += w->kernel[at / PAGE / 8] >> at / PAGE % 8 & 1;
	kind->distinct += !w->seen[index];
	w->seen[index] = 1;
	w->out->hits++;
}

static void compare(struct walk *w, uint64_t hash, size_t at)
{
	const struct patterns *set = w->set;
	uint32_t i = set->table[hash >> (64 - set->table_bits)];

	for (; i != PATTERN_NONE; i = set->list[i].next) {
		const struct pattern *p = &set->list[i];

		if (at < p->anchor || w->len - (at - p->anchor) < p->len)
			continue;
		if (!memcmp(w->image + at - p->anchor, set->pool + p->offset, p->len))
			hit(w, i, at - p->anchor);
	}
}

/* Anchors that begin in [from, to); w->len - 7 is the end of all. */
static void walk_range(struct walk *w, size_t from, size_t to)
{
	const uint64_t *filter = w->set->filter;
	uint64_t value, hash, bit;
	size_t at;

	for (at = from; at < to; at++) {
		memcpy(&value, w->image + at, sizeof(value));
		if (!value)
			continue;
		hash = patterns_hash(value);
		bit = hash >> (64 - PATTERN_FILTER_BITS);
		if (filter[bit / 64] >> (bit % 64) & 1)
			compare(w, hash, at);
	}
}

static int is_zero(const uint8_t *bytes, size_t len)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, len - 1);
}

static void walk_page(struct walk *w, size_t page)
{
	size_t last = w->len - (PATTERN_ANCHOR - 1);
	size_t end = page + PAGE < w->len ? page + PAGE : w->len;
	size_t to = end < last ? end : last;

	if (!is_zero(w->image + page, end - page)) {
		walk_range(w, page, to);
		return;
	}
	w->out->zero_pages += end - page == PAGE;
	/* An anchor may begin in the last zeros and go on behind them. */
	walk_range(w, to > page + PATTERN_ANCHOR ? to - PATTERN_ANCHOR : page, to);
}

int scan_memory(const struct patterns *set, const uint8_t *image, size_t len,
		const uint8_t *kernel, void (*progress)(size_t done, size_t all), struct scan *out)
{
	struct walk w = { .set = set, .image = image, .len = len, .kernel = kernel,
			  .out = out };
	size_t page;

	*out = (struct scan){ .bytes = len };
	if (!set->count || len < PATTERN_ANCHOR)
		return 0;
	w.seen = calloc(set->count, 1);
	if (!w.seen)
		return -ENOMEM;
	for (page = 0; page < len - (PATTERN_ANCHOR - 1); page += PAGE) {
		if (progress && page % REPORT == 0)
			progress(page, len);
		walk_page(&w, page);
	}
	if (progress)
		progress(len, len);
	free(w.seen);
	return 0;
}
