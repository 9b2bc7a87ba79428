// SPDX-License-Identifier: MIT
/*
 * Getting one item: what the cache has, what the folders have, what the sources say;
 * the first that passes the item's own check is taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_item.h"
#include "infile.h"

/* What was tried without success. @network: some of it may go better later. */
struct tried {
	char text[1600];
	bool network;
};

static void note(struct tried *t, const char *who, const char *why)
{
	size_t at = strlen(t->text);

	snprintf(t->text + at, sizeof(t->text) - at, "%s%.500s: %.500s", at ? "; " : "", who, why);
}

static void drop(struct fetch_item *it)
{
	infile_free(&it->body);
	infile_free(&it->chain);
	it->next_update = 0;
}

void fetch_item_free(struct fetch_item *it)
{
	drop(it);
}

bool fetch_take_body(struct fetch_item *it, const struct fetch_source *s,
		     struct fetch_reply *reply, char *why)
{
	(void)s;
	if (it->key.chain[0] && !reply->chain) {
		snprintf(why, FETCH_WHY, "the answer has no header with its issuers");
		return false;
	}
	it->body = (struct wv_bytes){ reply->data, reply->len };
	reply->data = NULL;
	if (it->key.chain[0]) {
		it->chain = (struct wv_bytes){ (uint8_t *)reply->chain, strlen(reply->chain) };
		reply->chain = NULL;
	}
	return true;
}

static bool from_cache(struct fetch *f, struct fetch_item *it, int64_t since, struct tried *t)
{
	char why[FETCH_WHY] = "";

	if (!fetch_cache_read(f, it, since)) {
		drop(it);
		return false;
	}
	if (it->check(f, it, why)) {
		it->from = "cache";
		return true;
	}
	note(t, "cache", why);
	drop(it);
	return false;
}

static bool from_folders(struct fetch *f, struct fetch_item *it, struct tried *t)
{
	size_t i;

	for (i = 0; i < f->import_count; i++) {
		if (fetch_import(f, it, f->imports[i])) {
			it->from = "import";
			fetch_cache_write(f, it);
			return true;
		}
		drop(it);
		note(t, f->imports[i], "not there, or damaged, out of its dates, or under a root that is"
		     " neither built in nor named (--root)");
	}
	return false;
}

static bool from_source(struct fetch *f, struct fetch_item *it, const struct fetch_source *s,
			struct tried *t)
{
	struct fetch_request rq = { .max = it->max };
	struct fetch_reply reply;
	char why[FETCH_WHY] = "";
	enum fetch_end end;
	bool ok;

	if (!it->request(it, s, &rq)) {
		note(t, s->name, "has no such thing");
		return false;
	}
	end = fetch_ask(f, s, &rq, &reply, why);
	ok = end == FETCH_OK && it->take(it, s, &reply, why) && it->check(f, it, why);
	fetch_reply_free(&reply);
	if (ok) {
		it->from = s->name;
		return true;
	}
	drop(it);
	if (end != FETCH_OK && end != FETCH_ANSWER)
		t->network = true;
	note(t, s->url, why);
	return false;
}

static bool from_sources(struct fetch *f, struct fetch_item *it, struct tried *t)
{
	size_t i;

	for (i = 0; i < f->source_count; i++)
		if (from_source(f, it, &f->sources[i], t)) {
			fetch_cache_write(f, it);
			return true;
		}
	return false;
}

/* Who waited for another's request takes what that one got. */
static bool from_network(struct fetch *f, struct fetch_item *it, struct tried *t)
{
	int lock = fetch_cache_lock(f, it);
	struct tried unused = { "", false };
	bool ok;

	if (lock == -2) {
		t->network = true;
		note(t, f->cache, "another process was asking for it until --timeout was over");
		return false;
	}
	ok = from_cache(f, it, f->refresh ? f->started : 0, &unused) || from_sources(f, it, t);
	fetch_cache_unlock(lock);
	return ok;
}

int fetch_get(struct fetch *f, struct fetch_item *it)
{
	struct tried t = { "", false };

	if ((!f->refresh && from_cache(f, it, 0, &t)) || from_folders(f, it, &t) ||
	    (!f->offline && from_network(f, it, &t)))
		return EXIT_OK;
	if (f->offline)
		return ctl_error(f->ctl, EXIT_COLLATERAL, "collateral-missing",
				 "%s is missing (%s), and --offline forbids to ask for it%s%s",
				 it->what, it->key.item, t.text[0] ? ": " : "", t.text);
	if (t.network)
		return ctl_error(f->ctl, EXIT_NETWORK, "network", "%s could not be had: %s",
				 it->what, t.text);
	return ctl_error(f->ctl, EXIT_COLLATERAL, "collateral-missing", "%s could not be had: %s",
			 it->what, t.text);
}
