// SPDX-License-Identifier: MIT
/*
 * The path check against trees built by the recursive definitions of RFC 9162:
 * every leaf of every tree up to 64, and what must not pass for it.
 */
#include <string.h>

#include "sim.h"

static void digest(const EVP_MD *md, const void *prefix, size_t n, const void *data, size_t len,
		   uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_true(EVP_DigestInit_ex(ctx, md, NULL) && EVP_DigestUpdate(ctx, prefix, n) &&
		    EVP_DigestUpdate(ctx, data, len) && EVP_DigestFinal_ex(ctx, out, NULL));
	EVP_MD_CTX_free(ctx);
}

static uint8_t leaves[64][64];

/* Claims are any bytes here: leaf i is the digest of the number i. */
static int setup(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < 64; i++)
		digest(EVP_sha512(), "\0", 1, &i, sizeof(i), leaves[i]);
	return 0;
}

static int recompute(uint64_t i, uint64_t index, uint64_t n, uint8_t (*path)[64], size_t nodes,
		     uint8_t out[64])
{
	struct wv_bytes claims = { (const uint8_t *)&i, sizeof(i) };

	return wv_report_data(claims, index, n, path, nodes, out, NULL);
}

static void every_leaf(void **state)
{
	uint8_t root[64], path[8][64], want[64], got[64];
	uint64_t n, i;
	size_t nodes, most = 0;

	(void)state;
	for (n = 1; n <= 64; n++) {
		for (i = 0; i < n; i++) {
			sim_tree(leaves, n, i, root, path, &nodes);
			digest(EVP_sha512(), "WARD-CLAIMS-V1", 15, root, 64, want);
			assert_int_equal(recompute(i, i, n, path, nodes, got), WV_OK);
			assert_memory_equal(got, want, 64);
			if (nodes > most)
				most = nodes;
		}
	}
	assert_int_equal(most, WARD_PATH_NODES_MAX);
}

/* A path of another length, place or content never leads to the same root. */
static void wrong_places(void **state)
{
	uint8_t root[64], path[8][64], want[64], got[64];
	uint64_t n, i, other;
	size_t nodes;

	(void)state;
	for (n = 1; n <= 64; n++) {
		i = n / 3;
		sim_tree(leaves, n, i, root, path, &nodes);
		assert_int_equal(recompute(i, i, n, path, nodes, want), WV_OK);
		for (other = 0; other < n; other++)
			if (other != i && !recompute(i, other, n, path, nodes, got))
				assert_memory_not_equal(got, want, 64);
		memset(path[nodes], 0, 64);
		assert_int_equal(recompute(i, i, n, path, nodes + 1, got), WV_BUNDLE_DAMAGED);
		if (nodes)
			assert_int_equal(recompute(i, i, n, path, nodes - 1, got),
					 WV_BUNDLE_DAMAGED);
		if (nodes) {
			path[nodes - 1][63] ^= 1;
			assert_int_equal(recompute(i, i, n, path, nodes, got), WV_OK);
			assert_memory_not_equal(got, want, 64);
		}
		assert_int_equal(recompute(i, n, n, path, nodes, got), WV_BUNDLE_DAMAGED);
	}
	assert_int_equal(recompute(0, 0, 0, path, 0, got), WV_BUNDLE_DAMAGED);
	assert_int_equal(recompute(0, 0, 65, path, 7, got), WV_BUNDLE_DAMAGED);
	assert_int_equal(recompute(0, UINT64_MAX, UINT64_MAX, path, 6, got), WV_BUNDLE_DAMAGED);
}

/* An inner node can't pass for a leaf: the first byte that is hashed differs. */
static void second_preimage(void **state)
{
	uint8_t pair[128], root[64], path[8][64], want[64], got[64];
	struct wv_bytes claims = { pair, sizeof(pair) };
	size_t nodes;

	(void)state;
	sim_tree(leaves, 2, 0, root, path, &nodes);
	digest(EVP_sha512(), "WARD-CLAIMS-V1", 15, root, 64, want);
	memcpy(pair, leaves[0], 64);
	memcpy(pair + 64, leaves[1], 64);
	assert_int_equal(wv_report_data(claims, 0, 1, NULL, 0, got, NULL), WV_OK);
	assert_memory_not_equal(got, want, 64);
}

/* formats.md section 5, against digests made another way. */
static void bindings(void **state)
{
	uint8_t nonce[64], print[32], id[16], set[16], buf[256], want[64], got[64];

	(void)state;
	memset(nonce, 1, sizeof(nonce));
	memset(print, 2, sizeof(print));
	memset(id, 3, sizeof(id));
	memset(set, 4, sizeof(set));
	memcpy(buf, "WARD-RELEASE-V1\0\x20\0\0\0", 20);
	memcpy(buf + 20, nonce, 32);
	memcpy(buf + 52, print, 32);
	digest(EVP_sha512(), "", 0, buf, 84, want);
	assert_int_equal(wv_binding_release((struct wv_bytes){ nonce, 32 }, print, got), WV_OK);
	assert_memory_equal(got, want, 64);
	assert_int_equal(wv_binding_release((struct wv_bytes){ nonce, 65 }, print, got), WV_USAGE);
	memcpy(buf, "WARD-RECEIPT-V1", 16);
	memcpy(buf + 16, id, 16);
	memcpy(buf + 32, set, 16);
	memcpy(buf + 48, nonce, 32);
	digest(EVP_sha512(), "", 0, buf, 80, want);
	assert_int_equal(wv_binding_receipt(id, set, nonce, got), WV_OK);
	assert_memory_equal(got, want, 64);
	digest(EVP_sha512(), "WARD-REPORT-V1", 15, nonce, 64, want);
	assert_int_equal(wv_binding_report((struct wv_bytes){ nonce, 64 }, got), WV_OK);
	assert_memory_equal(got, want, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_leaf),
		cmocka_unit_test(wrong_places),
		cmocka_unit_test(second_preimage),
		cmocka_unit_test(bindings),
	};

	return cmocka_run_group_tests_name("merkle", tests, setup, NULL);
}
