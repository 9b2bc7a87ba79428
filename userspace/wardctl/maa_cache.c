// SPDX-License-Identifier: MIT
/*
 * $XDG_RUNTIME_DIR/ward/maa-DIGEST: token, nonce, the service's keys and our own. What is
 * found there is verified again, and is of no use in the last seconds of its life.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "hex.h"
#include "maa.h"
#include "session_file.h"

#define MARGIN_SECONDS 10

static bool path_of(const struct maa *m, char *path, size_t size, bool make)
{
	char *what;
	bool good;

	if (m->no_cache || m->evidence ||
	    asprintf(&what, "%s\n%d\n%s\n", m->url, m->platform, m->key.where) < 0)
		return false;
	good = session_file_path("maa", what, m->ca, make, path, size);
	free(what);
	return good;
}

static bool take_nonce(struct maa *m, const char *hex)
{
	uint8_t nonce[sizeof(m->nonce)];
	size_t len = strlen(hex) / 2;

	if (len < 8 || len > sizeof(nonce) || !hex_decode(hex, nonce, len) ||
	    (m->nonce_given && (len != m->nonce_len || memcmp(nonce, m->nonce, len))))
		return false;
	memcpy(m->nonce, nonce, len);
	m->nonce_len = len;
	return true;
}

static bool take(struct maa *m, json_t *all)
{
	const char *token, *nonce, *jwks;
	const json_t *key;
	int version;

	if (json_unpack(all, "{s:i, s:s, s:s, s:s, s:o !}", "ward-maa", &version, "token", &token,
			"nonce", &nonce, "jwks", &jwks, "key", &key) || version != 1 ||
	    !take_nonce(m, nonce) || (!json_is_null(key) && !maa_key_load(&m->key, key)))
		return false;
	if (!m->jwks.data)
		m->jwks = (struct wv_bytes){ (uint8_t *)strdup(jwks), strlen(jwks) };
	m->token = strdup(token);
	return m->token && m->jwks.data;
}

/* Silently: what does not serve is asked for anew. */
static bool holds(struct maa *m)
{
	m->in.jwks = m->jwks;
	m->in.nonce = (struct wv_bytes){ m->nonce, m->nonce_len };
	m->in.now = (int64_t)time(NULL);
	m->in.leeway = WV_TOKEN_LEEWAY;
	return !wv_verify_token((struct wv_bytes){ (uint8_t *)m->token, strlen(m->token) }, &m->in,
				&m->said) &&
	       m->said.expires_at - MARGIN_SECONDS > m->in.now &&
	       ((!m->key.own && !m->key.pcrs) || maa_names_key(m));
}

static void forget(struct maa *m)
{
	const char *where = m->key.where;

	maa_key_free(&m->key);
	m->key.where = where;
	free(m->token);
	m->token = NULL;
	if (!m->jwks_path) {
		free((void *)m->jwks.data);
		m->jwks = (struct wv_bytes){ NULL, 0 };
	}
}

bool maa_cache_get(struct maa *m)
{
	char path[PATH_MAX], *text;
	json_t *all;
	ssize_t n;
	bool good;

	if (!path_of(m, path, sizeof(path), false))
		return false;
	text = malloc(SESSION_FILE_MAX);
	n = text ? session_file_read(path, text) : -1;
	all = n > 0 ? json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (n > 0)
		OPENSSL_cleanse(text, (size_t)n);
	free(text);
	good = all && take(m, all) && holds(m);
	json_decref(all);
	if (!good)
		forget(m);
	return good;
}

void maa_cache_put(const struct maa *m)
{
	char path[PATH_MAX], nonce[2 * sizeof(m->nonce) + 1], *text;
	json_t *all;

	if (!path_of(m, path, sizeof(path), true) ||
	    m->said.expires_at - MARGIN_SECONDS <= (int64_t)time(NULL))
		return;
	hex_encode(m->nonce, m->nonce_len, nonce);
	all = json_pack("{s:i, s:s, s:s, s:s%, s:o}", "ward-maa", 1, "token", m->token, "nonce", nonce,
			"jwks", m->jwks.data, m->jwks.len, "key",
			m->key.own || m->key.pcrs ? maa_key_save(&m->key) : json_null());
	text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	if (!text)
		return;
	session_file_write(path, text);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
}
