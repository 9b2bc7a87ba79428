// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/collateral_pick.h"
#include "collateral.h"
#include "infile.h"

/* Where files are read from, and the numbers of @read are exit codes. */
struct folder {
	struct wardctl *ctl;
	const char *dir;
};

static int read_below(void *context, const char *name, struct wv_bytes *out)
{
	const struct folder *f = context;
	char path[PATH_MAX];

	*out = (struct wv_bytes){ NULL, 0 };
	if (snprintf(path, sizeof(path), "%s/%s", f->dir, name) >= (int)sizeof(path))
		return ctl_error(f->ctl, EXIT_USAGE, "usage", "%s: the path is too long", f->dir);
	return infile_read_if(f->ctl, path, out);
}

static void drop(void *context, struct wv_bytes *b)
{
	(void)context;
	infile_free(b);
}

static struct collateral_source source(struct folder *f)
{
	return (struct collateral_source){ .read = read_below, .drop = drop, .context = f };
}

static int is_item(const struct dirent *e)
{
	return collateral_is_item(e->d_name);
}

static int load_item(struct folder *f, const char *name, struct wv_collateral *out)
{
	struct wv_bytes *items = (struct wv_bytes *)out->items;
	int rc = read_below(f, name, &items[out->item_count]);

	if (!rc && items[out->item_count].data)
		out->item_count++;
	return rc;
}

/* In the order of their names, so that every run sees the same. */
static int load_items(struct folder *f, struct wv_collateral *out)
{
	struct dirent **list;
	struct wardctl *ctl = f->ctl;
	int i, n = scandir(f->dir, &list, is_item, alphasort), rc = EXIT_OK;

	if (n < 0)
		return ctl_error(ctl, EXIT_COLLATERAL, "collateral-missing", "%s: %s", f->dir,
				 strerror(errno));
	if (n > COLLATERAL_ITEMS_MAX)
		rc = ctl_error(ctl, EXIT_USAGE, "usage", "%s holds %d files, at most %d are taken",
			       f->dir, n, COLLATERAL_ITEMS_MAX);
	out->items = calloc(COLLATERAL_ITEMS_MAX, sizeof(*out->items));
	if (!rc && !out->items)
		rc = ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	for (i = 0; i < n; i++) {
		rc = rc ? rc : load_item(f, list[i]->d_name, out);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int is_folder(struct wardctl *ctl, const char *dir)
{
	struct stat st;

	if (stat(dir, &st))
		return ctl_error(ctl, EXIT_COLLATERAL, "collateral-missing", "%s: %s", dir,
				 strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return ctl_error(ctl, EXIT_USAGE, "usage", "%s is not a folder", dir);
	return EXIT_OK;
}

int collateral_load(struct wardctl *ctl, const char *dir, int kind, struct wv_collateral *out)
{
	struct folder f = { ctl, dir };
	struct collateral_source s = source(&f);

	memset(out, 0, sizeof(*out));
	out->ignore_unknown = 1;
	return is_folder(ctl, dir) ?: collateral_pick_named(&s, kind, out) ?: load_items(&f, out);
}

int collateral_load_names(struct wardctl *ctl, const char *dir, int kind,
			  struct wv_collateral *out)
{
	struct folder f = { ctl, dir };
	struct collateral_source s = source(&f);
	struct wv_bytes *crl;
	int rc;

	memset(out, 0, sizeof(*out));
	crl = calloc(1, sizeof(*crl));
	out->items = crl;
	if (!crl)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = is_folder(ctl, dir) ?: collateral_pick_named(&s, kind, out) ?:
	     collateral_pick(&s, "crl", crl);
	out->item_count = crl->data != NULL;
	return rc;
}

int collateral_load_cache(struct wardctl *ctl, const char *dir, struct wv_bytes evidence,
			  struct wv_collateral *out)
{
	struct folder f = { ctl, dir };
	struct collateral_source s = source(&f);
	int rc = collateral_pick_cache(&s, evidence, out);

	return rc == COLLATERAL_NO_MEMORY ?
		       ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory") : rc;
}

void collateral_free(struct wv_collateral *c)
{
	infile_free(&c->vek);
	infile_free(&c->intermediate);
	infile_free(&c->ark);
	while (c->item_count)
		infile_free((struct wv_bytes *)&c->items[--c->item_count]);
	free((void *)c->items);
	c->items = NULL;
}
