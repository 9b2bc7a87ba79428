// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/collateral_pick.h"
#include "../common/regular.h"
#include "collateral_set.h"
#include "file.h"

#define DEPTH_MAX 3	/* folders of a cache below each other: vcek/CHIP/FILE */

/**
 * struct walk - one look at a folder
 * @set: NULL = only look
 * @items: files of the folder itself that have no name of their own; @item_bytes: of those
 *	that an appraisal reads, whatever its evidence is
 */
struct walk {
	const char *dir;
	struct collateral_set *set;
	struct config_fault *fault;
	EVP_MD_CTX *print;
	size_t files, items, item_bytes;
};

static int fail(struct walk *w, const char *name, const char *why)
{
	snprintf(w->fault->text, sizeof(w->fault->text), "%.120s%s%.80s: %.100s", w->dir,
		 *name ? "/" : "", name, why);
	return -1;
}

/* Of the folder itself, under no name that collateral_pick_named() knows. */
static bool is_own_item(const char *name)
{
	return !strchr(name, '/') && collateral_is_item(name);
}

static int keep(struct walk *w, const char *name, const char *path)
{
	struct collateral_set *s = w->set;
	struct collateral_file *f, *more;
	struct wv_fault wf = { 0 };
	struct wv_item item;
	uint8_t *data;
	int rc;

	more = realloc(s->files, (s->count + 1) * sizeof(*more));
	if (!more)
		return fail(w, name, "no memory");
	s->files = more;
	f = &more[s->count];
	*f = (struct collateral_file){ .name = strdup(name) };
	s->count++;
	rc = f->name ? file_read(path, COLLATERAL_FILE_MAX, &data, &f->data.len) : -ENOMEM;
	if (rc)
		return fail(w, name, rc == -EFBIG ? "longer than 2 MiB" : regular_strerror(rc));
	f->data.data = data;
	s->bytes += f->data.len;
	if (s->bytes > COLLATERAL_SET_MAX)
		return fail(w, "", "its files are longer than 64 MiB together");
	if (wv_collateral_describe(f->data, &item, &wf))
		return fail(w, name, wf.text);
	f->kind = item.kind;
	if (is_own_item(name) && item.kind != WV_ITEM_UNKNOWN)
		w->item_bytes += f->data.len;
	return 0;
}

/* Else each appraisal would be refused. */
static int check_room(struct walk *w)
{
	char why[96];

	if (w->item_bytes <= WV_COLLATERAL_BYTES_MAX)
		return 0;
	snprintf(why, sizeof(why), "its files beside a cache's have %zu bytes, up to %u are read",
		 w->item_bytes, WV_COLLATERAL_BYTES_MAX);
	return fail(w, "", why);
}

static bool note(struct walk *w, const char *name, const struct stat *st)
{
	int64_t facts[5] = { (int64_t)st->st_ino, st->st_size, st->st_mtim.tv_sec,
			     st->st_mtim.tv_nsec, (int64_t)st->st_dev };

	return EVP_DigestUpdate(w->print, name, strlen(name) + 1) &&
	       EVP_DigestUpdate(w->print, facts, sizeof(facts));
}

static int visit(struct walk *w, const char *name, const char *path, const struct stat *st)
{
	if (++w->files > COLLATERAL_FILES_MAX)
		return fail(w, "", "it holds more than 4096 files");
	if (is_own_item(name) && ++w->items > COLLATERAL_ITEMS_MAX)
		return fail(w, "", "it holds more than 64 files beside a cache's");
	if (!note(w, name, st))
		return fail(w, name, "no memory");
	return w->set ? keep(w, name, path) : 0;
}

/* The cache's folders: what else lies there is nobody's collateral. */
static bool is_cache(const char *name)
{
	return strchr(name, '/') || !strcmp(name, "amd") || !strcmp(name, "intel") ||
	       !strcmp(name, "vcek");
}

static int walk(struct walk *w, const char *below, int depth);

/* What went away meanwhile is not there. */
static int enter(struct walk *w, const char *below, const char *entry, int depth)
{
	char name[PATH_MAX], path[PATH_MAX];
	struct stat st;

	if (snprintf(name, sizeof(name), "%s%s%s", below, *below ? "/" : "", entry) >=
		    (int)sizeof(name) ||
	    snprintf(path, sizeof(path), "%s/%s", w->dir, name) >= (int)sizeof(path))
		return fail(w, below, "a path in it is too long");
	if (stat(path, &st))
		return errno == ENOENT ? 0 : fail(w, name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return depth < DEPTH_MAX && is_cache(name) ? walk(w, name, depth + 1) : 0;
	return collateral_is_file(entry) ? visit(w, name, path, &st) : 0;
}

static int seen(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int walk(struct walk *w, const char *below, int depth)
{
	struct dirent **list;
	char path[PATH_MAX];
	int i, n, rc = 0;

	if (snprintf(path, sizeof(path), "%s/%s", w->dir, below) >= (int)sizeof(path))
		return fail(w, below, "the path is too long");
	n = scandir(path, &list, seen, alphasort);
	if (n < 0)
		return fail(w, below, strerror(errno));
	for (i = 0; i < n; i++) {
		rc = rc ? rc : enter(w, below, list[i]->d_name, depth);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int look(const char *dir, struct collateral_set *set, uint8_t print[32],
		struct config_fault *fault)
{
	struct walk w = { .dir = dir, .set = set, .fault = fault, .print = EVP_MD_CTX_new() };
	int rc = w.print && EVP_DigestInit_ex(w.print, EVP_sha256(), NULL) ?
			 walk(&w, "", 1) ?: check_room(&w) : fail(&w, "", "no memory");

	if (!rc && !EVP_DigestFinal_ex(w.print, print, NULL))
		rc = fail(&w, "", "no memory");
	EVP_MD_CTX_free(w.print);
	return rc;
}

static bool add_content(EVP_MD_CTX *md, const struct collateral_file *f)
{
	uint64_t len = htobe64(f->data.len);

	return EVP_DigestUpdate(md, f->name, strlen(f->name) + 1) &&
	       EVP_DigestUpdate(md, &len, sizeof(len)) &&
	       EVP_DigestUpdate(md, f->data.data, f->data.len);
}

static bool digest(struct collateral_set *set)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);

	for (size_t i = 0; ok && i < set->count; i++)
		ok = add_content(md, &set->files[i]);
	ok = ok && EVP_DigestFinal_ex(md, set->content, NULL);
	EVP_MD_CTX_free(md);
	return ok;
}

int collateral_set_read(const char *dir, struct collateral_set *out, struct config_fault *fault)
{
	memset(out, 0, sizeof(*out));
	if (look(dir, out, out->print, fault))
		return -1;
	if (digest(out))
		return 0;
	snprintf(fault->text, sizeof(fault->text), "%.120s: no memory", dir);
	return -1;
}

int collateral_set_look(const char *dir, uint8_t print[32], struct config_fault *fault)
{
	return look(dir, NULL, print, fault);
}

const struct collateral_file *collateral_set_find(const struct collateral_set *set,
						  const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->files[i].name, name))
			return &set->files[i];
	return NULL;
}

void collateral_set_clear(struct collateral_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		free(set->files[i].name);
		free((void *)set->files[i].data.data);
	}
	free(set->files);
	memset(set, 0, sizeof(*set));
}
