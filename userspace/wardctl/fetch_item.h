/* SPDX-License-Identifier: MIT */
/* One piece of collateral: where it may come from, and what makes it believable. */
#ifndef WARDCTL_FETCH_ITEM_H
#define WARDCTL_FETCH_ITEM_H

#include "../common/collateral_key.h"
#include "fetch.h"

/**
 * struct fetch_item - one piece
 * @what: for people: "the VCEK of chip 0123.."
 * @key: its path in the cache, and that of its issuers
 * @request: fill in what @s is asked; false = this source has no such thing
 * @take: make @body and @chain of a reply, which it may empty; false = @why
 * @check: is it what was asked for, signed by whom it must be, valid now? May put
 *	@body and @chain into their own form; false = @why
 * @pool: @body comes out of the certificates that a folder holds, not out of one file
 * @max: no file of this kind is longer
 * @want: of the callbacks
 * @body, @chain: owned
 * @from: "cache", "import", or the source's name
 * @next_update: seconds, 0 = it has none
 */
struct fetch_item {
	char what[192];
	struct collateral_key key;
	bool (*request)(const struct fetch_item *it, const struct fetch_source *s,
			struct fetch_request *rq);
	bool (*take)(struct fetch_item *it, const struct fetch_source *s,
		     struct fetch_reply *reply, char *why);
	bool (*check)(struct fetch *f, struct fetch_item *it, char *why);
	bool pool;
	size_t max;
	const void *want;
	struct wv_bytes body, chain;
	const char *from;
	int64_t next_update;
};

/** fetch_get - cache, then folders, then sources; an exit code, the error told */
int fetch_get(struct fetch *f, struct fetch_item *it);
void fetch_item_free(struct fetch_item *it);
/** fetch_take_body - the usual @take: the body as it is, and the header's chain */
bool fetch_take_body(struct fetch_item *it, const struct fetch_source *s,
		     struct fetch_reply *reply, char *why);

/* The cache; nothing in it is believed for being there. */

/** fetch_cache_place - decide f->cache; @named: --cache, or NULL; false = too long */
bool fetch_cache_place(struct fetch *f, const char *named);
/** fetch_cache_read - both parts, as they are; entries older than @since (ns) don't count */
bool fetch_cache_read(const struct fetch *f, struct fetch_item *it, int64_t since);
/** fetch_cache_write - both parts, each whole or not at all; what failed goes to stderr */
void fetch_cache_write(struct fetch *f, const struct fetch_item *it);
/**
 * fetch_cache_lock - be the only one who asks for this item; -1 = no lock can be had
 *	(the cache can't be written), -2 = the run's time is over. fetch_cache_unlock() it
 */
int fetch_cache_lock(const struct fetch *f, const struct fetch_item *it);
void fetch_cache_unlock(int lock);

/** fetch_import - look for @it in the folder @dir and those below; true = believed */
bool fetch_import(struct fetch *f, struct fetch_item *it, const char *dir);

/** fetch_mkdirs - the folders above @path, mode 0755 */
bool fetch_mkdirs(const char *path);

#endif /* WARDCTL_FETCH_ITEM_H */
