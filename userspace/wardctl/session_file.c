// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../common/regular.h"
#include "hex.h"
#include "outfile.h"
#include "session_file.h"

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

static bool digest(const char *what, const char *ca, char *hex)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t raw[32];
	bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(md, what, strlen(what)) == 1 && add_authority(md, ca) &&
		    EVP_DigestFinal_ex(md, raw, NULL) == 1;

	EVP_MD_CTX_free(md);
	if (good)
		hex_encode(raw, sizeof(raw), hex);
	return good;
}

bool session_file_path(const char *prefix, const char *what, const char *ca, bool make,
		       char *path, size_t size)
{
	char dir[PATH_MAX], hex[65];

	return place(dir, sizeof(dir), make) && digest(what, ca, hex) &&
	       (size_t)snprintf(path, size, "%s/%s-%s", dir, prefix, hex) < size;
}

ssize_t session_file_read(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && ours(&st, S_IFREG) && st.st_size < SESSION_FILE_MAX)
		n = read(fd, text, SESSION_FILE_MAX);
	close(fd);
	return n;
}

void session_file_write(const char *path, const char *text)
{
	size_t len = strlen(text);
	struct outfile file;

	if (outfile_open(&file, path, 0600))
		return;
	if (write(file.fd, text, len) == (ssize_t)len)
		outfile_commit(&file);
	else
		outfile_abort(&file);
}
