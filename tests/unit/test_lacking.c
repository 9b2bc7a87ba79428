// SPDX-License-Identifier: MIT
/* What OpenSSL and jansson cannot read for want of memory is refused, and told as that. */
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "gpu.h"
#include "gpu_make.h"
#include "jws.h"

static unsigned long made, failing;

static void *lacking(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++made == failing ? NULL : malloc(size);
}

static void *lacking_more(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++made == failing ? NULL : realloc(p, size);
}

static void release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* OpenSSL takes them only before it allocates anything. */
__attribute__((constructor)) static void take_over(void)
{
	if (!CRYPTO_set_mem_functions(lacking, lacking_more, release))
		abort();
}

static int read_leaf(X509 *leaf, struct wv_gpu *gpu, unsigned long nth)
{
	struct wv_fault fault = { .reason = WV_OK };
	int rc;

	memset(gpu, 0, sizeof(*gpu));
	gpu->has_fwid = 1;
	memset(gpu->fwid, 0xf1, sizeof(gpu->fwid));
	made = 0;
	failing = nth;
	rc = gpu_read_leaf(leaf, gpu, &fault);
	failing = 0;
	assert_int_equal(rc, fault.reason);
	return rc;
}

/* A policy may name devices: an accepted GPU without a name is another device. */
static void device_of_a_gpu(void **state)
{
	static struct wv_gpu gpu;
	struct gpu_recipe recipe;
	struct gpu_pki pki;
	unsigned long n, all, refused = 0;

	(void)state;
	gpu_recipe_new(&recipe);
	gpu_pki_make(&recipe, &pki);
	assert_int_equal(read_leaf(pki.cert[0], &gpu, 0), WV_OK);
	for (n = 1, all = made; n <= all; n++) {
		if (read_leaf(pki.cert[0], &gpu, n))
			refused++;
		else
			assert_string_equal(gpu.device_id, "48B02D92494BADF4");
	}
	assert_true(refused);
	gpu_pki_free(&pki);
}

/* jansson 2.14 does not survive that its text cannot grow: 16 bytes, 32, and so on. */
static void *lacking_json(size_t size)
{
	bool text = size >= 16 && !(size & (size - 1));

	return !text && ++made == failing ? NULL : malloc(size);
}

static void keys_of_a_service(void **state)
{
	static const char text[] = "{\"keys\":[{\"kid\":\"a key of theirs\",\"use\":\"sig\",\"n\":1}]}";
	struct wv_bytes in = { (const uint8_t *)text, sizeof(text) - 1 };
	struct wv_fault fault;
	unsigned long n, all, lacked = 0;
	json_t *set;
	int rc;

	(void)state;
	json_set_alloc_funcs(lacking_json, free);
	made = failing = 0;
	assert_int_equal(jws_json(in, WV_JWKS_DAMAGED, "jwks", &set, &fault), WV_OK);
	json_decref(set);
	for (n = 1, all = made; n <= all; n++) {
		made = 0;
		failing = n;
		rc = jws_json(in, WV_JWKS_DAMAGED, "jwks", &set, &fault);
		/* Of a string that it has no memory for jansson says that it is invalid. */
		assert_true(rc == WV_NO_MEMORY || (rc == WV_JWKS_DAMAGED && *fault.text));
		assert_null(set);
		lacked += rc == WV_NO_MEMORY;
	}
	failing = 0;
	assert_true(lacked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_of_a_gpu),
		cmocka_unit_test(keys_of_a_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
