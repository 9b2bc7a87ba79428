// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/collateral_need.h"
#include "../common/collateral_pick.h"
#include "collateral.h"
#include "collateral_set.h"
#include "journal.h"

/**
 * struct collateral - @set: what appraisals see
 * @looked: when the folder was looked at last; -1 = not since the start
 * @told: what the journal was told is wrong; "" = nothing is
 */
struct collateral {
	char *dir;
	struct collateral_set set;
	int64_t looked;
	struct config_fault told;
};

static int no_memory(struct config_fault *fault)
{
	snprintf(fault->text, sizeof(fault->text), "collateral: no memory");
	return -1;
}

int collateral_open(const char *dir, struct collateral **out, struct config_fault *fault)
{
	struct collateral *c = calloc(1, sizeof(*c));

	*out = c;
	if (!c)
		return no_memory(fault);
	c->looked = -1;
	c->dir = strdup(dir);
	return c->dir ? collateral_set_read(dir, &c->set, fault) : no_memory(fault);
}

void collateral_close(struct collateral *c)
{
	if (!c)
		return;
	collateral_set_clear(&c->set);
	free(c->dir);
	free(c);
}

static void say(int64_t time, const char *result, const char *detail)
{
	struct decision d = { .time = time, .event = "collateral", .result = result,
			      .detail = detail };

	journal(&d);
}

/* Once for each thing that is wrong, however often it is found. */
static void keep_old(struct collateral *c, const struct config_fault *fault, int64_t time)
{
	if (strcmp(c->told.text, fault->text))
		say(time, "collateral-kept", fault->text);
	c->told = *fault;
}

/* A file that was a list or a document, and now is nothing: a part of it, or overwritten. */
static int check_kinds(const struct collateral *c, const struct collateral_set *fresh,
		       struct config_fault *fault)
{
	const struct collateral_file *old;
	size_t i;

	for (i = 0; i < fresh->count; i++) {
		if (fresh->files[i].kind != WV_ITEM_UNKNOWN)
			continue;
		old = collateral_set_find(&c->set, fresh->files[i].name);
		if (!old || old->kind == WV_ITEM_UNKNOWN)
			continue;
		snprintf(fault->text, sizeof(fault->text),
			 "%.120s/%.80s: was %s, and is nothing that is known", c->dir,
			 fresh->files[i].name, wv_item_text(old->kind));
		return -1;
	}
	return 0;
}

static void read_again(struct collateral *c, int64_t time)
{
	struct config_fault fault = { "" };
	struct collateral_set fresh;
	char text[64];

	if (collateral_set_read(c->dir, &fresh, &fault) || check_kinds(c, &fresh, &fault)) {
		collateral_set_clear(&fresh);
		keep_old(c, &fault, time);
		return;
	}
	collateral_set_clear(&c->set);
	c->set = fresh;
	c->told.text[0] = '\0';
	snprintf(text, sizeof(text), "%zu files", fresh.count);
	say(time, "ok", text);
}

void collateral_refresh(struct collateral *c, int64_t now, int64_t time)
{
	struct config_fault fault = { "" };
	uint8_t print[32];

	if (c->looked >= 0 && now - c->looked < COLLATERAL_SECONDS)
		return;
	c->looked = now;
	if (collateral_set_look(c->dir, print, &fault))
		keep_old(c, &fault, time);
	else if (memcmp(print, c->set.print, sizeof(print)))
		read_again(c, time);
	else
		c->told.text[0] = '\0';
}

void collateral_reread(struct collateral *c, int64_t time)
{
	c->told.text[0] = '\0';
	read_again(c, time);
}

const uint8_t *collateral_id(const struct collateral *c)
{
	return c->set.content;
}

static int lend(void *context, const char *name, struct wv_bytes *out)
{
	const struct collateral *c = context;
	const struct collateral_file *f = collateral_set_find(&c->set, name);

	*out = f ? f->data : (struct wv_bytes){ NULL, 0 };
	return 0;
}

static void take_back(void *context, struct wv_bytes *b)
{
	(void)context;
	*b = (struct wv_bytes){ NULL, 0 };
}

static int lend_items(const struct collateral *c, struct wv_collateral *out)
{
	struct wv_bytes *items = calloc(COLLATERAL_ITEMS_MAX, sizeof(*items));
	size_t i;

	out->items = items;
	for (i = 0; items && i < c->set.count; i++)
		if (!strchr(c->set.files[i].name, '/') && collateral_is_item(c->set.files[i].name))
			items[out->item_count++] = c->set.files[i].data;
	return items ? 0 : -1;
}

int collateral_take(const struct collateral *c, struct wv_bytes evidence,
		    struct wv_collateral *out)
{
	struct collateral_source s = { .read = lend, .drop = take_back, .context = (void *)c };
	struct wv_snp_report report;
	struct wv_fault fault;
	int kind = collateral_report(evidence, &report, &fault) ? -1 : (int)report.signing_key;

	memset(out, 0, sizeof(*out));
	out->ignore_unknown = 1;
	return collateral_pick_named(&s, kind, out) || lend_items(c, out) ||
	       collateral_pick_cache(&s, evidence, out) ? -1 : 0;
}

void collateral_release(struct wv_collateral *out)
{
	free((void *)out->items);
	memset(out, 0, sizeof(*out));
}
