// SPDX-License-Identifier: MIT
/*
 * What a folder of collateral holds, by its files' own words: nothing is verified.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/collateral_pick.h"
#include "collateral.h"
#include "infile.h"

static void show_time(struct output *o, const char *key, int64_t t)
{
	char text[32];

	wv_time_text(t, text);
	if (t == INT64_MIN || t == INT64_MAX)
		out_null(o, key);
	else
		out_text(o, key, text);
}

void collateral_members(struct output *o, const struct wv_item *item)
{
	out_text(o, "kind", wv_item_text(item->kind));
	out_uint(o, "count", item->count);
	show_time(o, "issued", item->issued);
	show_time(o, "next_update", item->next_update);
	if (item->has_fmspc) {
		out_hex(o, "fmspc", item->fmspc, sizeof(item->fmspc));
		out_hex(o, "pce_id", item->pce_id, sizeof(item->pce_id));
	}
	if (item->evaluation)
		out_uint(o, "evaluation", item->evaluation);
	if (item->subject[0])
		out_text(o, "subject", item->subject);
	if (item->issuer[0])
		out_text(o, "issuer", item->issuer);
}

/* For people a line, with what tells this file from others of its kind. */
static void show_line(struct output *o, const char *file, const struct wv_item *item)
{
	char until[32] = "no end";
	const char *name = item->subject[0] ? item->subject : item->issuer;

	if (item->next_update != INT64_MAX)
		wv_time_text(item->next_update, until);
	if (!item->kind)
		out_textf(o, NULL, "%s: of no kind that is used", file);
	else if (item->has_fmspc)
		out_textf(o, NULL, "%s: %s, FMSPC %02x%02x%02x%02x%02x%02x, until %s", file,
			  wv_item_text(item->kind), item->fmspc[0], item->fmspc[1], item->fmspc[2],
			  item->fmspc[3], item->fmspc[4], item->fmspc[5], until);
	else
		out_textf(o, NULL, "%s: %s%s%s%s, until %s", file, wv_item_text(item->kind),
			  *name ? " '" : "", name, *name ? "'" : "", until);
}

static void show_file(struct wardctl *ctl, const char *file, struct wv_bytes in)
{
	struct output *o = ctl->out;
	struct wv_fault fault;
	struct wv_item item;
	int rc = wv_collateral_describe(in, &item, &fault);

	if (!ctl->json && !rc) {
		show_line(o, file, &item);
		return;
	}
	if (!ctl->json) {
		out_textf(o, NULL, "%s: %s: %s", file, wv_reason_text(rc), fault.text);
		return;
	}
	out_object(o, NULL);
	out_text(o, "file", file);
	if (rc)
		out_text(o, "fault", fault.text);
	else
		collateral_members(o, &item);
	out_close(o);
}

static int is_file(const struct dirent *e)
{
	return collateral_is_file(e->d_name);
}

int collateral_show(struct wardctl *ctl, const char *dir)
{
	struct dirent **list;
	int i, n = scandir(dir, &list, is_file, alphasort), rc = EXIT_OK;
	struct wv_bytes in;
	char path[4096];

	if (n < 0)
		return EXIT_OK;		/* told by collateral_load() */
	out_list(ctl->out, "collateral");
	for (i = 0; i < n; i++) {
		in = (struct wv_bytes){ NULL, 0 };
		if (!rc && snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name) <
				   (int)sizeof(path))
			rc = infile_read_if(ctl, path, &in);
		if (!rc && in.data)
			show_file(ctl, list[i]->d_name, in);
		infile_free(&in);
		free(list[i]);
	}
	free(list);
	out_close(ctl->out);
	return rc;
}
