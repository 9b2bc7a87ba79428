// SPDX-License-Identifier: MIT
/*
 * Allocations that fail when they are told to: the library's own, to which the linker
 * leads its calls here (--wrap), OpenSSL's, and jansson's but for its text buffer.
 */
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "fuzz.h"

static unsigned long count[ALLOC_KINDS], failing[ALLOC_KINDS];
static bool held;

static bool refused(enum alloc_of whose)
{
	return !held && ++count[whose] == failing[whose];
}

void alloc_fail(enum alloc_of whose, unsigned long nth)
{
	enum alloc_of i;

	for (i = 0; i < ALLOC_KINDS; i++)
		count[i] = failing[i] = 0;
	failing[whose] = nth;
}

void alloc_none(void)
{
	alloc_fail(ALLOC_OWN, 0);
}

bool alloc_failing(void)
{
	enum alloc_of i;

	for (i = 0; i < ALLOC_KINDS; i++)
		if (failing[i])
			return true;
	return false;
}

void alloc_hold(bool hold)
{
	held = hold;
}

unsigned long alloc_count(enum alloc_of whose)
{
	return count[whose];
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t size)
{
	return refused(ALLOC_OWN) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused(ALLOC_OWN) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return refused(ALLOC_OWN) ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
	return refused(ALLOC_OWN) ? NULL : __real_strdup(s);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return !size || refused(ALLOC_OPENSSL) ? NULL : __real_malloc(size);
}

static void openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void *openssl_realloc(void *p, size_t size, const char *file, int line)
{
	if (!p)
		return openssl_malloc(size, file, line);
	if (!size)
		free(p);
	return !size || refused(ALLOC_OPENSSL) ? NULL : __real_realloc(p, size);
}

/*
 * jansson 2.14 goes on as if its text had grown when it could not: it reads and writes
 * behind it, and leaves keys out of what it prints. What it reads is gathered in buffers
 * of a power of two, from 16 on; what it prints, in others, too: printing fails whole.
 */
static void *jansson_malloc(size_t size)
{
	bool text = size >= 16 && !(size & (size - 1));

	return !text && refused(ALLOC_JANSSON) ? NULL : __real_malloc(size);
}

char *__real_json_dumps(const json_t *json, size_t flags);
char *__wrap_json_dumps(const json_t *json, size_t flags);

char *__wrap_json_dumps(const json_t *json, size_t flags)
{
	bool was = held;
	char *text = NULL;

	if (!refused(ALLOC_JANSSON)) {
		held = true;
		text = __real_json_dumps(json, flags);
		held = was;
	}
	return text;
}

/*
 * Before either library allocates anything: later OpenSSL takes no other functions. And
 * before all constructors, as libjose's makes OpenSSL allocate.
 */
__attribute__((no_sanitize("address", "undefined"))) static void take_over(void)
{
	if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free))
		fuzz_die("OpenSSL has allocated already");
	json_set_alloc_funcs(jansson_malloc, free);
}

static void (*const early)(void) __attribute__((section(".preinit_array"), used)) = take_over;
