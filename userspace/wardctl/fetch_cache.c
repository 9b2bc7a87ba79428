// SPDX-License-Identifier: MIT
/*
 * The cache: plain files, so that it is a folder for a stick, for --import and, as to
 * its vcek/, for Trustee. Entries appear by rename and are checked at each reading;
 * one lock file an item makes one process ask for what many want.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/regular.h"
#include "fetch_item.h"
#include "outfile.h"

#define POLL_MS 50

static bool fits(char *out, int n)
{
	if (n > 0 && n < PATH_MAX)
		return true;
	out[0] = 0;
	return false;
}

/* An absolute path, as the XDG base directory specification wants it. */
static const char *folder_of(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0] == '/' ? value : NULL;
}

bool fetch_cache_place(struct fetch *f, const char *named)
{
	const char *xdg = folder_of("XDG_CACHE_HOME"), *home = folder_of("HOME");
	char *out = f->cache;

	if (!named)
		named = folder_of("WARD_COLLATERAL_CACHE");
	if (named)
		return fits(out, snprintf(out, PATH_MAX, "%s", named));
	if (!geteuid())
		return fits(out, snprintf(out, PATH_MAX, "/var/cache/ward-collateral"));
	if (xdg)
		return fits(out, snprintf(out, PATH_MAX, "%s/ward-collateral", xdg));
	if (home)
		return fits(out, snprintf(out, PATH_MAX, "%s/.cache/ward-collateral", home));
	out[0] = 0;
	return true;
}

static bool path_of(const struct fetch *f, const char *key, char path[PATH_MAX])
{
	return f->cache[0] && fits(path, snprintf(path, PATH_MAX, "%s/%s", f->cache, key));
}

bool fetch_mkdirs(const char *path)
{
	char part[PATH_MAX];
	char *slash;

	if (!fits(part, snprintf(part, sizeof(part), "%s", path)))
		return false;
	for (slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(part, 0755) && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

static uint8_t *read_whole(int fd, size_t len)
{
	uint8_t *data = malloc(len ? len : 1);
	size_t at = 0;
	ssize_t n;

	while (data && at < len) {
		n = read(fd, data + at, len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(data);
			return NULL;
		}
		at += (size_t)n;
	}
	return data;
}

static bool read_entry(const struct fetch *f, const char *key, size_t max, int64_t since,
		       struct wv_bytes *out)
{
	char path[PATH_MAX];
	struct stat st;
	int fd = path_of(f, key, path) ? regular_open(path) : -1;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && st.st_size >= 0 && (uint64_t)st.st_size <= max &&
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec >= since) {
		out->data = read_whole(fd, (size_t)st.st_size);
		out->len = out->data ? (size_t)st.st_size : 0;
	}
	close(fd);
	return out->data != NULL;
}

bool fetch_cache_read(const struct fetch *f, struct fetch_item *it, int64_t since)
{
	return read_entry(f, it->key.item, it->max, since, &it->body) &&
	       (!it->key.chain[0] ||
		read_entry(f, it->key.chain, FETCH_CERT_MAX, since, &it->chain));
}

static int write_entry(const struct fetch *f, const char *key, struct wv_bytes b)
{
	char path[PATH_MAX];

	if (!path_of(f, key, path))
		return f->cache[0] ? -ENAMETOOLONG : 0;
	if (!fetch_mkdirs(path))
		return -errno;
	return outfile_whole(path, 0644, b.data, b.len);
}

/* The chain first: whoever sees the body finds its issuers. */
void fetch_cache_write(struct fetch *f, const struct fetch_item *it)
{
	int rc = it->key.chain[0] ? write_entry(f, it->key.chain, it->chain) : 0;

	if (rc >= 0)
		rc = write_entry(f, it->key.item, it->body);
	if (rc < 0)
		fprintf(stderr, "wardctl: %s is not kept in %s: %s\n", it->what, f->cache,
			outfile_strerror(rc));
}

static int open_lock(const struct fetch *f, const struct fetch_item *it)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char key[64], path[PATH_MAX];
	size_t i, n;

	SHA256((const uint8_t *)it->key.item, strlen(it->key.item), digest);
	n = (size_t)snprintf(key, sizeof(key), "locks/");
	for (i = 0; i < 16; i++)
		n += (size_t)snprintf(key + n, sizeof(key) - n, "%02x", digest[i]);
	if (!path_of(f, key, path) || !fetch_mkdirs(path))
		return -1;
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
}

int fetch_cache_lock(const struct fetch *f, const struct fetch_item *it)
{
	const struct timespec poll = { 0, POLL_MS * 1000000L };
	int fd = open_lock(f, it);

	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			close(fd);
			return -1;
		}
		if (!fetch_left(f)) {
			close(fd);
			return -2;
		}
		nanosleep(&poll, NULL);
	}
	return fd < 0 ? -1 : fd;
}

/* The kernel drops the lock of a process that dies, too. */
void fetch_cache_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}
