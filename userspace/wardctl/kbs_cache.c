// SPDX-License-Identifier: MIT
/*
 * $XDG_RUNTIME_DIR/ward/kbs-DIGEST. The digest is over broker, authority, protocol and kind of
 * key, so that no attestation meets another broker than its own.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "kbs_session.h"
#include "session_file.h"

static bool path_of(const struct kbs_session *s, char *path, size_t size, bool make)
{
	char *what;
	bool good;

	if (s->no_cache ||
	    asprintf(&what, "%s\n%d\n%d\n%u\n", s->url, s->trustee, s->key, s->tee) < 0)
		return false;
	good = session_file_path("kbs", what, s->ca, make, path, size);
	free(what);
	return good;
}

bool kbs_cache_get(struct kbs_session *s)
{
	char path[PATH_MAX], *text;
	ssize_t n;
	int err = -1;

	if (!path_of(s, path, sizeof(path), false))
		return false;
	text = malloc(SESSION_FILE_MAX);
	n = text ? session_file_read(path, text) : -1;
	if (n > 0) {
		err = ward_kbs_load(s->kbs, text, (size_t)n);
		OPENSSL_cleanse(text, (size_t)n);
	}
	free(text);
	if (n > 0 && err)
		unlink(path);
	return !err;
}

void kbs_cache_put(const struct kbs_session *s)
{
	char path[PATH_MAX], *text;

	if (!path_of(s, path, sizeof(path), true) || ward_kbs_save(s->kbs, &text))
		return;
	session_file_write(path, text);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
}

void kbs_cache_drop(const struct kbs_session *s)
{
	char path[PATH_MAX];

	if (path_of(s, path, sizeof(path), false))
		unlink(path);
}
