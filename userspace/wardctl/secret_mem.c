// SPDX-License-Identifier: MIT
#include <string.h>

#include <openssl/crypto.h>

#include "secret_mem.h"

#define LEAST	64	/* what OpenSSL's arena hands out at least */

static bool class_a(struct secret_mem *m)
{
	if (ward_session_open(NULL, &m->session))
		return false;
	if (ward_buffer_alloc(m->session, m->size, 0, "wardctl", &m->buffer)) {
		ward_session_close(m->session);
		m->session = NULL;
		return false;
	}
	m->data = ward_buffer_data(m->buffer);
	m->kind = SECRET_CLASS_A;
	return true;
}

/*
 * The arena is a power of two, and hands out halves of halves of itself: one half is not
 * ours, since from now on OpenSSL keeps its private keys there, too.
 */
static bool locked(struct secret_mem *m)
{
	size_t arena = LEAST;
	int got;

	while (arena < 2 * m->size)
		arena *= 2;
	got = CRYPTO_secure_malloc_initialized() ? 0 : CRYPTO_secure_malloc_init(arena, LEAST);
	m->data = OPENSSL_secure_zalloc(m->size);
	m->kind = got == 1 && m->data ? SECRET_LOCKED : SECRET_UNLOCKED;
	return m->data;
}

bool secret_mem_new(struct secret_mem *m, size_t size)
{
	memset(m, 0, sizeof(*m));
	m->size = size;
	return class_a(m) || locked(m);
}

void secret_mem_free(struct secret_mem *m)
{
	if (!m->buffer)
		OPENSSL_secure_clear_free(m->data, m->size);
	ward_buffer_free(m->buffer);
	ward_session_close(m->session);
	memset(m, 0, sizeof(*m));
}

const char *secret_mem_word(const struct secret_mem *m)
{
	static const char *const words[] = { "class-a", "locked", "unlocked" };

	return words[m->kind];
}
