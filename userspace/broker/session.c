// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "session.h"
#include "text.h"

struct session_table {
	size_t max;
	uint32_t timeout;
	struct session slot[];
};

struct session_table *session_table_new(size_t max, uint32_t timeout)
{
	struct session_table *t = calloc(1, sizeof(*t) + max * sizeof(t->slot[0]));

	if (!t)
		return NULL;
	t->max = max;
	t->timeout = timeout;
	return t;
}

void session_table_free(struct session_table *table)
{
	if (!table)
		return;
	OPENSSL_cleanse(table->slot, table->max * sizeof(table->slot[0]));
	free(table);
}

int session_expired(const struct session_table *table, const struct session *s, int64_t now)
{
	return now < s->started || now - s->started >= table->timeout;
}

/* A free slot, or the one that ended first. */
static struct session *find_room(struct session_table *t, int64_t now)
{
	struct session *oldest = NULL;

	for (size_t i = 0; i < t->max; i++) {
		struct session *s = &t->slot[i];

		if (s->state == SESSION_FREE)
			return s;
		if (session_expired(t, s, now) && (!oldest || s->started < oldest->started))
			oldest = s;
	}
	return oldest;
}

struct session *session_start(struct session_table *table, int64_t now)
{
	struct session *s = find_room(table, now);

	if (!s)
		return NULL;
	OPENSSL_cleanse(s, sizeof(*s));
	if (RAND_priv_bytes(s->id, sizeof(s->id)) != 1 ||
	    RAND_bytes(s->nonce, sizeof(s->nonce)) != 1)
		return NULL;
	s->started = now;
	s->state = SESSION_NEW;
	return s;
}

struct session *session_find(struct session_table *table, const char *cookie)
{
	struct session *found = NULL;
	uint8_t id[SESSION_ID_LEN];

	if (text_unhex(cookie, id, sizeof(id)))
		return NULL;
	for (size_t i = 0; i < table->max; i++) {
		struct session *s = &table->slot[i];

		if (!CRYPTO_memcmp(s->id, id, sizeof(id)) && s->state != SESSION_FREE)
			found = s;
	}
	OPENSSL_cleanse(id, sizeof(id));
	return found;
}

int session_nonce_used(const struct session_table *table, const uint8_t *nonce, size_t len)
{
	int used = 0;

	if (len != SESSION_NONCE_LEN)
		return 0;
	for (size_t i = 0; i < table->max; i++) {
		const struct session *s = &table->slot[i];

		if (!CRYPTO_memcmp(s->nonce, nonce, SESSION_NONCE_LEN) &&
		    (s->state == SESSION_SPENT || s->state == SESSION_ATTESTED))
			used = 1;
	}
	return used;
}

void session_cookie(const struct session *s, char *out)
{
	text_hex(s->id, sizeof(s->id), out);
}

size_t session_sweep(struct session_table *table, int64_t now)
{
	size_t live = 0;

	for (size_t i = 0; i < table->max; i++) {
		struct session *s = &table->slot[i];

		if (s->state == SESSION_FREE)
			continue;
		if (!session_expired(table, s, now))
			live++;
		else if (now < s->started || now - s->started >= 2 * (int64_t)table->timeout)
			OPENSSL_cleanse(s, sizeof(*s));
	}
	return live;
}
