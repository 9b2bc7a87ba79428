// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel needs memory: volatile buffers go, the one longest volatile first.
 * Pools have a shrinker of their own (pool.c), which is registered earlier and
 * therefore asked before this one. It also serves the reclaim of a cgroup; this
 * one doesn't, since the kernel has no list of buffers by cgroup: a session that
 * meets its cgroup's limit purges its own.
 */
#include <linux/mm.h>
#include <linux/shrinker.h>

#include "buffer.h"

static struct shrinker *shrinker;

static unsigned long volatile_count(struct shrinker *unused, struct shrink_control *sc)
{
	return ward_volatile_count() ?: SHRINK_EMPTY;
}

/* Whole buffers go, so that more may be freed than was asked for. */
static unsigned long volatile_scan(struct shrinker *unused, struct shrink_control *sc)
{
	unsigned long freed = ward_volatile_purge_some(sc->nr_to_scan);

	sc->nr_scanned = max(sc->nr_to_scan, freed);
	return freed ?: SHRINK_STOP;
}

int ward_shrinker_init(void)
{
	shrinker = ward_shrinker_alloc(0, "ward-volatile");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = volatile_count;
	shrinker->scan_objects = volatile_scan;
	shrinker->seeks = DEFAULT_SEEKS;
	return ward_shrinker_register(shrinker, "ward-volatile");
}

void ward_shrinker_exit(void)
{
	ward_shrinker_free(shrinker);
}
