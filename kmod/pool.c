// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session's clean chunks.
 *
 * Memory is zeroed once, when its buffer ends; what is proven zero is kept for
 * the session's next buffers in place of being freed and zeroed again. A chunk
 * never leaves the session but for the kernel, stays charged to the cgroup that
 * it was allocated in, and stays typed PageOffline.
 *
 * Pools are no part of the ledger: they hold nothing. They are bounded for each
 * session (module parameter "pool") and in all: a quarter of the limit of
 * protected memory, so that what comes on top of the limit stays small beside
 * it. They give way to anybody who needs memory: reclaim, of the machine and of
 * the cgroup alike, takes from them first, and so does a session that can't have
 * a page. Nothing enters the pool of a session that can make no buffer any more,
 * nor during reclaim, nor from a process that is exiting.
 *
 * A hibernation image leaves out pages of this type, so that what they hold
 * after resume is undefined: pools are drained before and kept empty, and a
 * chunk zeroed before is not taken for clean after it. That is what the epoch
 * stands for.
 *
 * Lock order: ward_pool::lock, then the lock of the kernel's list; reclaim comes
 * from the other side and only tries.
 */
#include <linux/atomic.h>
#include <linux/list_lru.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "buffer.h"

#define POOL_DEFAULT	(128ull << 20)	/* bytes for each session */
enum { POOL_SHARE = 4 };		/* of the limit, for all pools */

static char *pool_param;
module_param_named(pool, pool_param, charp, 0444);
MODULE_PARM_DESC(pool, "bytes of wiped memory that a session may keep for its next buffers, with K, M or G; 0 = none (default: 128M)");

static unsigned long pool_most;		/* pages of a session */
static unsigned long all_most;		/* pages of all sessions */
static atomic_long_t all_pages;

static DEFINE_MUTEX(pools_lock);	/* protects the list; outside ward_pool::lock */
static LIST_HEAD(pools);
static bool all_closed;			/* written under pools_lock */
static u32 epoch = 1;			/* likewise; never 0 */

static struct list_lru clean;		/* every chunk in a pool, by node and cgroup */
static struct shrinker *shrinker;
static bool shrinker_ready;

/* ---- one pool --------------------------------------------------------------- */

/*
 * The list that chunks of @nr pages lie in: one for each power of two, and the
 * last for those that are one folio of 2 MiB. Other sizes are not kept.
 */
static struct list_head *list_for(struct ward_pool *pool, unsigned long nr, bool huge)
{
	return is_power_of_2(nr) ? &pool->chunks[ilog2(nr) + huge] : NULL;
}

static void forget(struct ward_chunk *chunk)
{
	struct ward_pool *pool = chunk->pool;

	lockdep_assert_held(&pool->lock);
	list_del_init(&chunk->node);
	WRITE_ONCE(pool->pages, pool->pages - chunk->nr);
	atomic_long_sub(chunk->nr, &all_pages);
}

static struct ward_chunk *take_from(struct list_head *list)
{
	struct ward_chunk *chunk = list_first_entry_or_null(list, struct ward_chunk, node);

	if (chunk) {
		forget(chunk);
		ward_lru_del(&clean, &chunk->lru);
	}
	return chunk;
}

/**
 * ward_pool_take() - a clean chunk, if the session has one
 * @pool: the session's
 * @nr: pages, exactly
 *
 * Return: the chunk, which reads as zero, or NULL.
 */
struct ward_chunk *ward_pool_take(struct ward_pool *pool, unsigned long nr)
{
	struct ward_chunk *chunk = NULL;

	if (!is_power_of_2(nr) || !READ_ONCE(pool->pages))
		return NULL;
	spin_lock(&pool->lock);
	if (nr == WARD_CHUNK_PAGES)
		chunk = take_from(list_for(pool, nr, true));
	if (!chunk)
		chunk = take_from(list_for(pool, nr, false));
	spin_unlock(&pool->lock);
	return chunk;
}

/* A fresh chunk that may come to lie in a pool. */
struct ward_chunk *ward_pool_alloc(unsigned long nr, struct ward_supply *supply)
{
	return ward_chunk_alloc(nr, supply, &clean);
}

static bool has_room(struct ward_pool *pool, unsigned long nr)
{
	lockdep_assert_held(&pool->lock);
	if (pool->closed || READ_ONCE(all_closed) || pool->pages + nr > pool_most)
		return false;
	if (atomic_long_add_return(nr, &all_pages) <= all_most)
		return true;
	atomic_long_sub(nr, &all_pages);
	return false;
}

/**
 * ward_pool_give() - keep a chunk for the session's next buffer
 * @pool: the session's
 * @chunk: in no buffer any more
 * @zeroed: ward_pool_epoch() as it was before the chunk was zeroed; 0 = nobody
 *	proved that it is
 *
 * Return: false where it isn't wanted; it stays the caller's then.
 */
bool ward_pool_give(struct ward_pool *pool, struct ward_chunk *chunk, u32 zeroed)
{
	struct list_head *list = list_for(pool, chunk->nr, chunk->huge);
	bool taken;

	if (!list || !zeroed || current->flags & (PF_EXITING | PF_MEMALLOC))
		return false;
	spin_lock(&pool->lock);
	taken = zeroed == READ_ONCE(epoch) && has_room(pool, chunk->nr);
	if (taken) {
		chunk->pool = pool;
		WRITE_ONCE(pool->pages, pool->pages + chunk->nr);
		list_add(&chunk->node, list);
		ward_lru_add(&clean, &chunk->lru);
	}
	spin_unlock(&pool->lock);
	return taken;
}

static struct ward_chunk *take_any(struct ward_pool *pool)
{
	struct ward_chunk *chunk = NULL;
	unsigned int i;

	spin_lock(&pool->lock);
	for (i = 0; i < ARRAY_SIZE(pool->chunks) && !chunk; i++)
		chunk = take_from(&pool->chunks[i]);
	spin_unlock(&pool->lock);
	return chunk;
}

/**
 * ward_pool_drain() - give all that lies in a pool back to the kernel
 * @pool: the session's
 *
 * Return: pages.
 */
unsigned long ward_pool_drain(struct ward_pool *pool)
{
	struct ward_chunk *chunk;
	unsigned long nr = 0;

	while ((chunk = take_any(pool))) {
		nr += chunk->nr;
		ward_chunk_free(chunk);
		cond_resched();
	}
	return nr;
}

/**
 * ward_pool_close() - drain a pool for good
 * @pool: of a session that makes no buffers any more
 */
void ward_pool_close(struct ward_pool *pool)
{
	spin_lock(&pool->lock);
	pool->closed = true;
	spin_unlock(&pool->lock);
	ward_pool_drain(pool);
}

u64 ward_pool_bytes(const struct ward_pool *pool)
{
	return (u64)READ_ONCE(pool->pages) << PAGE_SHIFT;
}

/* Of all sessions; a chunk on its way in may be counted a moment early. */
u64 ward_pool_total(void)
{
	return (u64)atomic_long_read(&all_pages) << PAGE_SHIFT;
}

void ward_pool_start(struct ward_pool *pool)
{
	unsigned int i;

	spin_lock_init(&pool->lock);
	for (i = 0; i < ARRAY_SIZE(pool->chunks); i++)
		INIT_LIST_HEAD(&pool->chunks[i]);
	mutex_lock(&pools_lock);
	list_add_tail(&pool->node, &pools);
	mutex_unlock(&pools_lock);
}

/* No buffer of the session is left. */
void ward_pool_end(struct ward_pool *pool)
{
	mutex_lock(&pools_lock);
	list_del(&pool->node);
	mutex_unlock(&pools_lock);
	ward_pool_close(pool);
}

/* ---- all pools ---------------------------------------------------------------- */

/* To be asked before zeroing; see ward_pool_give(). */
u32 ward_pool_epoch(void)
{
	return READ_ONCE(epoch);
}

/**
 * ward_pool_drain_all() - no pool holds anything until ward_pool_open_all()
 *
 * What was zeroed before is not clean any more, wherever it is.
 */
void ward_pool_drain_all(void)
{
	struct ward_pool *pool;

	guard(mutex)(&pools_lock);
	WRITE_ONCE(all_closed, true);
	WRITE_ONCE(epoch, epoch + 1 ?: 1);
	list_for_each_entry(pool, &pools, node)
		ward_pool_drain(pool);
}

void ward_pool_open_all(void)
{
	guard(mutex)(&pools_lock);
	WRITE_ONCE(all_closed, false);
}

/* ---- reclaim --------------------------------------------------------------------- */

/* The kernel's list can't tell how large they are: in full chunks. */
static unsigned long pool_count(struct shrinker *unused, struct shrink_control *sc)
{
	if (!smp_load_acquire(&shrinker_ready))
		return SHRINK_EMPTY;
	return list_lru_shrink_count(&clean, sc) * WARD_CHUNK_PAGES ?: SHRINK_EMPTY;
}

/* The list's lock is held; a chunk in it has a pool that is there. */
static enum lru_status isolate(struct list_head *item, struct list_lru_one *list,
			       void *aside)
{
	struct ward_chunk *chunk = container_of(item, struct ward_chunk, lru);
	struct ward_pool *pool = chunk->pool;

	if (!spin_trylock(&pool->lock))
		return LRU_SKIP;
	forget(chunk);
	list_lru_isolate_move(list, item, aside);
	spin_unlock(&pool->lock);
	return LRU_REMOVED;
}
WARD_LRU_WALK(isolate)

static unsigned long pool_scan(struct shrinker *unused, struct shrink_control *sc)
{
	unsigned long items = DIV_ROUND_UP(sc->nr_to_scan, WARD_CHUNK_PAGES);
	struct ward_chunk *chunk, *next;
	unsigned long freed = 0;
	LIST_HEAD(aside);

	list_lru_walk_one(&clean, sc->nid, sc->memcg, isolate_walk, &aside, &items);
	list_for_each_entry_safe(chunk, next, &aside, lru) {
		freed += chunk->nr;
		ward_chunk_free(chunk);
	}
	sc->nr_scanned = max(sc->nr_to_scan, freed);
	return freed ?: SHRINK_STOP;
}

/* Clean memory costs nothing to have again: reclaim trims it before all else. */
static int shrinker_start(void)
{
	int ret;

	shrinker = ward_shrinker_alloc(SHRINKER_NUMA_AWARE | SHRINKER_MEMCG_AWARE,
				       "ward-pool");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = pool_count;
	shrinker->scan_objects = pool_scan;
	shrinker->seeks = 0;
	ret = ward_shrinker_register(shrinker, "ward-pool");
	if (ret)
		return ret;
	/* Older kernels give the shrinker its number only when it is registered. */
	ret = list_lru_init_memcg(&clean, shrinker);
	if (ret)
		ward_shrinker_free(shrinker);
	else
		smp_store_release(&shrinker_ready, true);
	return ret;
}

static u64 session_bytes(void)
{
	u64 asked;
	char *end;

	if (!pool_param)
		return POOL_DEFAULT;
	asked = memparse(pool_param, &end);
	if (end == pool_param || *end) {
		pr_warn("ward: pool is no size, using %llu bytes\n", POOL_DEFAULT);
		return POOL_DEFAULT;
	}
	return asked;
}

/**
 * ward_pool_init() - no session is there yet
 * @limit: bytes of protected memory in all
 */
int ward_pool_init(u64 limit)
{
	int ret;

	pool_most = min_t(u64, session_bytes() >> PAGE_SHIFT, LONG_MAX);
	all_most = min_t(u64, limit / POOL_SHARE >> PAGE_SHIFT, LONG_MAX);
	ret = ward_chunk_init();
	if (ret)
		return ret;
	ret = shrinker_start();
	if (ret)
		ward_chunk_exit();
	return ret;
}

/* No session is left. */
void ward_pool_exit(void)
{
	ward_shrinker_free(shrinker);
	list_lru_destroy(&clean);
	ward_chunk_exit();
}
