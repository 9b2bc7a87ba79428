// SPDX-License-Identifier: MIT
/*
 * The wiping allocator, seen from free(): this program's own free() looks at
 * every block that is given back while a marker is being hunted. (Under
 * AddressSanitizer the allocator is not ours to replace: no hunt there.)
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../userspace/lib/libward.h"
#include "support.h"

#define MARKER "7h1s-i5-a-m4rk3r"
#define MARKER_LEN 16

static int hunting;
static unsigned int blocks, found;

#ifndef __SANITIZE_ADDRESS__
void __libc_free(void *ptr);

void free(void *ptr)
{
	if (hunting && ptr) {
		blocks++;
		if (memmem(ptr, malloc_usable_size(ptr), MARKER, MARKER_LEN))
			found++;
	}
	__libc_free(ptr);
}
#else
#define CANNOT_HUNT 1
#endif

static void hunt_begin(void)
{
#ifdef CANNOT_HUNT
	ut_skip("AddressSanitizer owns free()");
#endif
	blocks = 0;
	found = 0;
	hunting = 1;
}

static void the_hunt_finds_what_plain_free_leaves(void **state)
{
	char *volatile block;

	(void)state;
	hunt_begin();
	block = malloc(100);
	assert_non_null(block);
	memcpy(block, MARKER, MARKER_LEN);
	__asm__ volatile("" : : "r"(block) : "memory");
	free(block);
	hunting = 0;
	assert_int_equal(found, 1);
}

static void free_and_realloc_leave_nothing(void **state)
{
	static const size_t sizes[] = { 16, 17, 100, 5000, 200000, 24, 300 };
	char *block;
	size_t i;

	(void)state;
	hunt_begin();
	block = ward_wiping_malloc(40);
	assert_non_null(block);
	memcpy(block, MARKER, MARKER_LEN);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		block = ward_wiping_realloc(block, sizes[i]);
		assert_non_null(block);
		assert_memory_equal(block, MARKER, MARKER_LEN);
		memcpy(block + sizes[i] - MARKER_LEN, MARKER, MARKER_LEN);
		memcpy(block, MARKER, MARKER_LEN);
	}
	ward_wiping_free(block);
	hunting = 0;
	assert_true(blocks >= sizeof(sizes) / sizeof(*sizes));
	assert_int_equal(found, 0);
}

static void edges_behave_as_libc(void **state)
{
	char *block = ward_wiping_realloc(NULL, 10);

	(void)state;
	assert_non_null(block);
	assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
	assert_null(ward_wiping_realloc(block, 0));
	ward_wiping_free(NULL);
	assert_null(ward_wiping_malloc(SIZE_MAX));
	block = ward_wiping_malloc(0);
	assert_non_null(block);
	assert_null(ward_wiping_realloc(block, SIZE_MAX - 1));
	ward_wiping_free(block);
}

static void jansson_leaves_nothing(void **state)
{
	json_t *value;
	char *text;

	(void)state;
	assert_int_equal(ward_hook_jansson(), 0);
	hunt_begin();
	value = json_pack("{s:s, s:[s]}", "key", MARKER, "more", MARKER);
	assert_non_null(value);
	text = json_dumps(value, 0);
	assert_non_null(strstr(text, MARKER));
	ward_wiping_free(text);
	json_decref(value);
	value = json_loads("{\"key\":\"" MARKER "\"}", 0, NULL);
	assert_non_null(value);
	json_decref(value);
	hunting = 0;
	assert_true(blocks > 5);
	assert_int_equal(found, 0);
}

static void openssl_leaves_nothing(void **state)
{
	uint8_t *block;
	BIGNUM *number;

	(void)state;
	hunt_begin();
	block = OPENSSL_malloc(64);
	memcpy(block, MARKER, MARKER_LEN);
	block = OPENSSL_realloc(block, 4096);
	OPENSSL_free(block);
	number = BN_bin2bn((const uint8_t *)MARKER MARKER, 2 * MARKER_LEN, NULL);
	BN_free(number);
	hunting = 0;
	assert_true(blocks >= 3);
	assert_int_equal(found, 0);
}

/* In a child: whatever it does to OpenSSL is not this process's. */
static int late_hook(void)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		OPENSSL_free(OPENSSL_malloc(1));
		_exit(ward_hook_openssl() == -EBUSY ? 0 : 1);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int late_hook_result;

static void a_hook_that_comes_too_late_says_so(void **state)
{
	(void)state;
	assert_int_equal(late_hook_result, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hunt_finds_what_plain_free_leaves),
		cmocka_unit_test(free_and_realloc_leave_nothing),
		cmocka_unit_test(edges_behave_as_libc),
		cmocka_unit_test(jansson_leaves_nothing),
		cmocka_unit_test(openssl_leaves_nothing),
		cmocka_unit_test(a_hook_that_comes_too_late_says_so),
	};

	late_hook_result = late_hook();
	if (ward_hook_openssl())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
