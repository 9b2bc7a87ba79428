// SPDX-License-Identifier: MIT
/*
 * $XDG_RUNTIME_DIR/ward/kbs-DIGEST: memory of the user's login, gone with it. The digest is
 * over broker, authority (what its file holds), protocol and kind of key, so that no
 * attestation meets another broker than its own. Who could write there could read our
 * memory as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "../common/regular.h"
#include "hex.h"
#include "kbs_session.h"
#include "outfile.h"

#define CACHE_MAX	(512u << 10)
#define AUTHORITY_MAX	(1u << 20)	/* bytes; by a larger one nothing is cached */

static bool ours(const struct stat *st, mode_t kind)
{
	return (st->st_mode & S_IFMT) == kind && st->st_uid == geteuid() &&
	       !(st->st_mode & 077);
}

/* The directory, if there can be one. */
static bool place(char *dir, size_t size, bool make)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (!base || *base != '/' || stat(base, &st) || !ours(&st, S_IFDIR) ||
	    (size_t)snprintf(dir, size, "%s/ward", base) >= size)
		return false;
	if (make && mkdir(dir, 0700) && errno != EEXIST)
		return false;
	return !lstat(dir, &st) && ours(&st, S_IFDIR);
}

/* Other certificates in the same place are another authority. */
static bool add_authority(EVP_MD_CTX *md, const char *ca)
{
	int fd = regular_open(ca);
	size_t all = 0;
	char part[4096];
	ssize_t n = -1;

	if (fd < 0)
		return false;
	while (all < AUTHORITY_MAX && (n = read(fd, part, sizeof(part))) > 0) {
		EVP_DigestUpdate(md, part, (size_t)n);
		all += (size_t)n;
	}
	close(fd);
	return !n;
}

static bool digest(const struct kbs_session *s, char *hex)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t raw[32];
	char *text;
	int len = asprintf(&text, "%s\n%d\n%d\n%u\n", s->url, s->trustee, s->key, s->tee);
	bool good = len > 0 && md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(md, text, (size_t)len) == 1 && add_authority(md, s->ca) &&
		    EVP_DigestFinal_ex(md, raw, NULL) == 1;

	EVP_MD_CTX_free(md);
	if (len > 0)
		free(text);
	if (good)
		hex_encode(raw, sizeof(raw), hex);
	return good;
}

static bool path_of(const struct kbs_session *s, char *path, size_t size, bool make)
{
	char dir[PATH_MAX], hex[65];

	return !s->no_cache && place(dir, sizeof(dir), make) && digest(s, hex) &&
	       (size_t)snprintf(path, size, "%s/kbs-%s", dir, hex) < size;
}

/* CACHE_MAX bytes of @text; -1 = not a file that only we could have written. */
static ssize_t read_ours(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && ours(&st, S_IFREG) && st.st_size < CACHE_MAX)
		n = read(fd, text, CACHE_MAX);
	close(fd);
	return n;
}

bool kbs_cache_get(struct kbs_session *s)
{
	char path[PATH_MAX], *text;
	ssize_t n;
	int err = -1;

	if (!path_of(s, path, sizeof(path), false))
		return false;
	text = malloc(CACHE_MAX);
	n = text ? read_ours(path, text) : -1;
	if (n > 0) {
		err = ward_kbs_load(s->kbs, text, (size_t)n);
		OPENSSL_cleanse(text, (size_t)n);
	}
	free(text);
	if (n > 0 && err)
		unlink(path);
	return !err;
}

static int write_ours(const char *path, const char *text)
{
	size_t len = strlen(text);
	struct outfile file;
	int err = outfile_open(&file, path, 0600);

	if (err)
		return err;
	if (write(file.fd, text, len) == (ssize_t)len)
		return outfile_commit(&file);
	outfile_abort(&file);
	return -EIO;
}

void kbs_cache_put(const struct kbs_session *s)
{
	char path[PATH_MAX], *text;

	if (!path_of(s, path, sizeof(path), true) || ward_kbs_save(s->kbs, &text))
		return;
	write_ours(path, text);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
}

void kbs_cache_drop(const struct kbs_session *s)
{
	char path[PATH_MAX];

	if (path_of(s, path, sizeof(path), false))
		unlink(path);
}
