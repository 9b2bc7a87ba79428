// SPDX-License-Identifier: MIT
/*
 * The vault: an allocator in one buffer, and the place where the expanded keys
 * of open data sets are. The process searches its own memory for them.
 */
#include "worker_bench.h"

#include <fcntl.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "../../userspace/worker/data.h"
#include "../../userspace/worker/scrub.h"
#include "../../userspace/worker/vault.h"
#include "dataset.h"

static struct bench_memory bench;
static struct memory memory;

/* Called through this, so that the compiler does not reason about the heap. */
static void *(*volatile take)(size_t) = malloc;

static int setup(void **state)
{
	struct memory_backend backend;

	(void)state;
	memset(&bench, 0, sizeof(bench));
	backend = bench_backend(&bench);
	memory_init(&memory, &backend, 1 << 20);
	return 0;
}

static void assert_filled(const uint8_t *at, size_t len, uint8_t with)
{
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(at[i], with);
}

/* Blocks come and go at random; none overlaps, all come zeroed. */
static void test_stress(void **state)
{
	uint8_t *block[64] = { 0 };
	size_t size[64] = { 0 }, full = 0, round;
	uint64_t seed = 9;

	(void)state;
	assert_int_equal(vault_open(&memory, 32768), 0);
	assert_int_equal(vault_open(&memory, 32768), -EBUSY);
	for (round = 0; round < 20000; round++) {
		size_t i = random_below(&seed, 64);

		if (block[i]) {
			assert_filled(block[i], size[i], (uint8_t)(i + 1));
			vault_free(block[i]);
			block[i] = NULL;
			continue;
		}
		size[i] = random_below(&seed, 1500);
		block[i] = vault_alloc(size[i]);
		full += !block[i];
		if (!block[i])
			continue;
		assert_true(vault_owns(block[i]) && vault_size(block[i]) >= size[i]);
		assert_int_equal((uintptr_t)block[i] % 16, 0);
		assert_filled(block[i], size[i], 0);
		memset(block[i], (int)(i + 1), size[i]);
	}
	assert_true(full > 0);
	for (round = 0; round < 64; round++) {
		if (block[round])
			vault_free(block[round]);
	}
	assert_int_equal(vault_used(), 0);
	block[0] = vault_alloc(32768 - 16);	/* all joined again */
	assert_non_null(block[0]);
	assert_filled(block[0], 32768 - 16, 0);
	vault_free(block[0]);
	assert_int_equal(vault_close(), 0);
	assert_int_equal(bench.live, 0);
}

static void test_routing(void **state)
{
	char *outside, *inside, *large, *moved;

	(void)state;
	vault_enter();		/* no vault: nothing happens */
	outside = malloc(100);
	assert_false(vault_owns(outside));
	assert_int_equal(vault_open(&memory, 8192), 0);
	vault_enter();
	inside = calloc(10, 10);
	large = malloc(VAULT_BLOCK_MAX + 1);
	assert_true(vault_owns(inside));
	assert_false(vault_owns(large));
	outside = realloc(outside, 300);
	assert_false(vault_owns(outside));
	vault_leave();
	moved = malloc(10);
	assert_false(vault_owns(moved));
	strcpy(inside, "kept");
	inside = realloc(inside, 50);
	assert_true(vault_owns(inside));
	inside = realloc(inside, 500);	/* grows out of it, once it is left */
	assert_false(vault_owns(inside));
	assert_string_equal(inside, "kept");
	assert_int_equal(vault_used(), 0);
	vault_enter();
	while (take(1000))	/* never given back: the next test's */
		;
	assert_int_equal(errno, ENOMEM);
	vault_leave();
	free(inside);
	free(large);
	free(moved);
	free(outside);
}

/* What libraries left in it goes on to work, in ordinary memory. */
static void test_carried_over(void **state)
{
	size_t left = vault_used();
	char *cached;

	(void)state;
	assert_true(left > 7000);	/* by the test before, which filled it up */
	assert_int_equal(vault_close(), left);
	assert_int_equal(bench.live, 0);
	assert_int_equal(vault_close(), 0);
	vault_enter();
	cached = malloc(16);
	assert_false(vault_owns(cached));
	free(cached);
}

/* ---- keys ------------------------------------------------------------------------ */

static const uint8_t key[WARD_DATASET_KEY_LEN] = "0123456789abcdefghijklmnopqrstu";

static int encrypted(const char *metadata)
{
	struct ward_dataset_params params = {
		.kind = WARD_DATASET_TABLE,
		.chunk_size = WARD_DATASET_CHUNK_MIN, .length = 4, .rows = 1,
		.metadata = metadata, .metadata_len = strlen(metadata),
	};
	struct ward_dataset_writer *writer;
	int fd = memfd_create("wds", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ward_dataset_create(fd, key, &params, &writer, NULL), 0);
	assert_int_equal(ward_dataset_write(writer, "1,2\n", 4, NULL), 0);
	assert_int_equal(ward_dataset_finish(writer, NULL), 0);
	ward_dataset_writer_free(writer);
	return fd;
}

/* doc/formats.md section 6, by nothing of the library's. */
static void derive(const uint8_t *secret, uint8_t *salt, const char *info, uint8_t *out)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string("key", (void *)secret, 32),
		OSSL_PARAM_construct_octet_string("salt", salt, 32),
		OSSL_PARAM_construct_octet_string("info", (void *)info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};

	assert_int_equal(EVP_KDF_derive(ctx, out, 32, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* The chunks' key: the header of 128 bytes, the first recipient's wrap at 44 behind it. */
static void file_key(int fd, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t salt[32], wrap[32], content[32], iv[12] = { 0 };
	int n;

	assert_int_equal(pread(fd, salt, sizeof(salt), 16), sizeof(salt));
	assert_int_equal(pread(fd, wrap, sizeof(wrap), 128 + 44), sizeof(wrap));
	derive(key, salt, "WARD-WRAP-V2", out);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, out, iv), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, content, &n, wrap, sizeof(wrap)), 1);
	EVP_CIPHER_CTX_free(ctx);
	derive(content, salt, "WARD-DATASET-V2", out);
	explicit_bzero(content, sizeof(content));
}

/* Places in this process's heap that hold @bytes. The pattern is kept inverted. */
static size_t search_heap(const uint8_t *inverted, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to, at;
	char line[512];
	size_t hits = 0, i;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "[heap]"))
			continue;
		assert_int_equal(sscanf(line, "%lx-%lx", &from, &to), 2);
		for (at = from; at + len <= to; at++) {
			const volatile uint8_t *p = (const volatile uint8_t *)at;

			for (i = 0; i < len && p[i] == (uint8_t)~inverted[i]; i++)
				;
			hits += i == len;
		}
	}
	fclose(maps);
	return hits;
}

static size_t hits_with(bool with_vault, size_t *peak)
{
	struct data data = { .name = "x", .path = "memfd", .fd = encrypted("{}") };
	struct failure failure = { 0 };
	uint8_t inverted[32];
	size_t hits, i;

	data.chunk_bytes = WARD_DATASET_CHUNK_MIN;
	assert_int_equal(pread(data.fd, data.id, sizeof(data.id), 16), sizeof(data.id));
	file_key(data.fd, inverted);
	for (i = 0; i < sizeof(inverted); i++)
		inverted[i] = (uint8_t)~inverted[i];
	scrub_stack();
	data_warm_up();
	if (with_vault)
		assert_int_equal(vault_open(&memory, 8192), 0);
	if (data_open(&data, key, &failure))
		fail_msg("%s", failure.text);
	*peak = vault_used();
	hits = search_heap(inverted, 16);
	data_close(&data);
	return hits;
}

static void test_where_keys_are(void **state)
{
	size_t held;

	(void)state;
	assert_true(hits_with(false, &held) > 0);	/* the search finds what is there */
	assert_int_equal(held, 0);
	assert_int_equal(hits_with(true, &held), 0);
	assert_true(held > 0 && held < 3000);	/* of the 4096 that each site is given */
	assert_int_equal(vault_used(), 0);	/* OpenSSL kept nothing */
	assert_int_equal(vault_close(), 0);
	assert_int_equal(bench.live, 0);
}

/* Larger blocks only where they are asked for, and then none that is not protected. */
static void test_limit(void **state)
{
	void *block;

	(void)state;
	assert_int_equal(vault_open(&memory, 65536), 0);
	vault_enter();
	block = take(VAULT_BLOCK_MAX + 1);
	assert_false(vault_owns(block));
	free(block);
	vault_limit(SIZE_MAX);
	block = take(40000);
	assert_true(vault_owns(block));
	assert_null(take(40000));
	free(block);
	vault_leave();
	assert_int_equal(vault_close(), 0);
	assert_int_equal(vault_open(&memory, 65536), 0);
	vault_enter();
	assert_false(vault_wants(VAULT_BLOCK_MAX + 1));
	vault_leave();
	assert_int_equal(vault_close(), 0);
}

/* Small blocks that were freed are taken again, and joined where there is no room else. */
static void test_aside(void **state)
{
	void *small[600], *again;
	size_t i;

	(void)state;
	assert_int_equal(vault_open(&memory, 32768), 0);
	for (i = 0; i < 600; i++) {
		small[i] = vault_alloc(32);
		assert_non_null(small[i]);
	}
	vault_free(small[300]);
	again = vault_alloc(20);
	assert_ptr_equal(again, small[300]);
	assert_filled(again, 32, 0);
	assert_null(vault_alloc(16384));
	for (i = 0; i < 600; i++)
		vault_free(small[i]);
	assert_int_equal(vault_used(), 0);
	again = vault_alloc(32768 - 16);
	assert_non_null(again);
	assert_filled(again, 32768 - 16, 0);
	vault_free(again);
	assert_int_equal(vault_close(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_stress, setup),
		cmocka_unit_test_setup(test_limit, setup),
		cmocka_unit_test_setup(test_aside, setup),
		cmocka_unit_test_setup(test_where_keys_are, setup),
		cmocka_unit_test_setup(test_routing, setup),
		cmocka_unit_test(test_carried_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
