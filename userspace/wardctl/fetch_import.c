// SPDX-License-Identifier: MIT
/*
 * Collateral out of a folder, whatever its layout: Trustee's store of VCEKs
 * (vcek/HWID/blNN_teeNN_snpNN_ucodeNN[_fmcNN]_vcek.der, or HWID/vcek.der), this
 * program's own cache, or files beside each other. Names decide nothing; each file is
 * offered to the item's check.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/regular.h"
#include "fetch_amd.h"
#include "fetch_item.h"
#include "fetch_pool.h"
#include "infile.h"

#define DEPTH_MAX 5
#define FILES_MAX 100000

/**
 * struct walk - through a folder
 * @offer: true = found, the walk ends
 */
struct walk {
	struct fetch *f;
	struct fetch_item *it;
	struct fetch_pool *pool;
	bool (*offer)(struct walk *w, struct wv_bytes file);
	size_t max, files;
};

static bool read_file(const char *path, size_t max, struct wv_bytes *out)
{
	int fd = regular_open(path);
	struct stat st;
	uint8_t *data = NULL;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && st.st_size > 0 && (uint64_t)st.st_size <= max)
		data = malloc((size_t)st.st_size);
	if (data)
		n = read(fd, data, (size_t)st.st_size);
	close(fd);
	if (!data || n != st.st_size) {
		free(data);
		return false;
	}
	*out = (struct wv_bytes){ data, (size_t)n };
	return true;
}

static bool visit(struct walk *w, const char *path)
{
	struct wv_bytes file;
	bool found;

	if (w->files++ >= FILES_MAX || !read_file(path, w->max, &file))
		return false;
	found = w->offer(w, file);
	infile_free(&file);
	return found;
}

/* Links to folders are not followed: a folder may hold itself. */
static bool walk(struct walk *w, const char *dir, int depth)
{
	char path[PATH_MAX];
	struct dirent *e;
	struct stat st;
	bool found = false;
	DIR *d = depth < DEPTH_MAX ? opendir(dir) : NULL;

	while (d && !found && (e = readdir(d))) {
		if (e->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path) ||
		    lstat(path, &st))
			continue;
		found = S_ISDIR(st.st_mode) ? walk(w, path, depth + 1) : visit(w, path);
	}
	if (d)
		closedir(d);
	return found;
}

/* A chip's own key issues nothing, and a store may have thousands of them. */
static bool collect(struct walk *w, struct wv_bytes file)
{
	size_t i = w->pool->count;

	fetch_pool_add(w->pool, file);
	while (i < w->pool->count) {
		if (!fetch_is_vek(w->pool->certs[i])) {
			i++;
			continue;
		}
		X509_free(w->pool->certs[i]);
		w->pool->certs[i] = w->pool->certs[--w->pool->count];
	}
	return false;
}

static struct wv_bytes pool_bytes(const struct fetch_pool *p)
{
	struct wv_bytes all = { NULL, 0 };
	size_t i;

	for (i = 0; i < p->count; i++) {
		struct wv_bytes one = fetch_cert_bytes(p->certs[i], true);
		uint8_t *more = one.data ? realloc((void *)all.data, all.len + one.len) : NULL;

		if (more) {
			memcpy(more + all.len, one.data, one.len);
			all = (struct wv_bytes){ more, all.len + one.len };
		}
		infile_free(&one);
	}
	return all;
}

static struct wv_bytes copy(struct wv_bytes b)
{
	uint8_t *data = malloc(b.len ? b.len : 1);

	if (!data)
		return (struct wv_bytes){ NULL, 0 };
	memcpy(data, b.data, b.len);
	return (struct wv_bytes){ data, b.len };
}

static bool offer(struct walk *w, struct wv_bytes file)
{
	struct fetch_item *it = w->it;
	char why[FETCH_WHY];

	it->body = copy(file);
	if (it->key.chain[0])
		it->chain = pool_bytes(w->pool);
	if (it->body.data && it->check(w->f, it, why))
		return true;
	infile_free(&it->body);
	infile_free(&it->chain);
	return false;
}

bool fetch_import(struct fetch *f, struct fetch_item *it, const char *dir)
{
	struct fetch_pool pool = { 0 };
	struct walk w = { f, it, &pool, collect, FETCH_CERT_MAX, 0 };
	char why[FETCH_WHY];
	bool found;

	if (it->pool || it->key.chain[0])
		walk(&w, dir, 0);
	if (it->pool) {
		it->body = pool_bytes(&pool);
		found = it->body.data && it->check(f, it, why);
	} else {
		w = (struct walk){ f, it, &pool, offer, it->max, 0 };
		found = walk(&w, dir, 0);
	}
	fetch_pool_clear(&pool);
	return found;
}
