// SPDX-License-Identifier: MIT
/*
 * The wiping malloc() of the worker: whatever the C library and OpenSSL free is
 * zero afterwards. The words that the allocator itself keeps at the start of a
 * free block are looked past.
 */
#include "worker_bench.h"

#include <malloc.h>

#include <openssl/evp.h>

#include "../../userspace/worker/scrub.h"

#define KEPT 16		/* two words of glibc's free lists */

/* Links in wiping_malloc.o even where nothing else would. */
extern void *pvalloc(size_t size);

/* Called through these, so that the compiler does not reason about freed memory. */
static void (*volatile give)(void *) = free;
static void *(*volatile move)(void *, size_t) = realloc;
static void *(*volatile move_array)(void *, size_t, size_t) = reallocarray;

static uintptr_t where(const void *p)
{
	volatile uintptr_t at = (uintptr_t)p;

	return at;
}

/* Read through a pointer that the compiler knows nothing about. */
static void assert_zero(uintptr_t from, size_t len)
{
	const volatile uint8_t *at = (const volatile uint8_t *)from;
	size_t i;

	for (i = KEPT; i < len; i++)
		assert_int_equal(at[i], 0);
}

static void test_freed(void **state)
{
	size_t sizes[] = { 24, 100, 1000, 5000, 60000 }, i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *guard, *p = malloc(sizes[i]);
		uintptr_t was = where(p);

		guard = malloc(64);	/* keeps the block from joining the top */
		memset(p, 0x5a, malloc_usable_size(p));
		give(p);
		assert_zero(was, sizes[i]);
		give(guard);
	}
}

static void test_moved(void **state)
{
	char *p = malloc(200), *guard = malloc(64), *moved;
	uintptr_t was = where(p);
	size_t i;

	(void)state;
	memset(p, 0x5a, 200);
	p = move(p, 40);		/* shrinks in place, tail zeroed */
	assert_int_equal((uintptr_t)p, was);
	assert_zero(was + 40 - KEPT, 160 + KEPT);
	memset(p, 0x5a, 40);
	moved = move(p, 4000);
	assert_int_not_equal((uintptr_t)moved, was);
	assert_zero(was, 200);
	for (i = 0; i < 40; i++)
		assert_int_equal(moved[i], 0x5a);
	assert_null(move(moved, 0));
	give(guard);
}

static void test_aligned(void **state)
{
	void *p = NULL;

	(void)state;
	assert_int_equal(posix_memalign(&p, 48, 10), EINVAL);
	assert_int_equal(posix_memalign(&p, 256, 10), 0);
	assert_int_equal((uintptr_t)p % 256, 0);
	give(p);
	p = pvalloc(1);
	assert_int_equal((uintptr_t)p % 4096, 0);
	assert_true(malloc_usable_size(p) >= 4096);
	give(p);
	assert_null(move_array(NULL, SIZE_MAX, 2));
}

/* Every library of the process allocates here: see where OpenSSL's memory is. */
static void test_libraries_use_it(void **state)
{
	extern void *CRYPTO_malloc(size_t num, const char *file, int line);
	extern void CRYPTO_free(void *ptr, const char *file, int line);
	char *p = CRYPTO_malloc(300, "", 0), *guard = malloc(64);
	uintptr_t was = where(p);

	(void)state;
	memset(p, 0x5a, 300);
	CRYPTO_free(p, "", 0);
	assert_zero(was, 300);
	give(guard);
	p = strdup("a text that a library's own strdup() would keep");
	guard = malloc(64);
	was = where(p);
	give(p);
	assert_zero(was, 40);
	give(guard);
}

static uintptr_t spilled;

__attribute__((noinline)) static void spill(void)
{
	volatile uint8_t secret[512];
	size_t i;

	for (i = 0; i < sizeof(secret); i++)
		secret[i] = 0xa5;
	spilled = (uintptr_t)secret;
}

static void test_stack(void **state)
{
	const volatile uint8_t *at;
	size_t i, left = 0;

	(void)state;
	spill();
	scrub_stack();
	at = (const volatile uint8_t *)spilled;
	for (i = 0; i < 512; i++)
		left += at[i] == 0xa5;
	assert_true(left < 8);	/* what the calls since then left there by chance */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_libraries_use_it),
		cmocka_unit_test(test_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
