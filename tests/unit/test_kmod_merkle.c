// SPDX-License-Identifier: MIT
/*
 * The kernel's tree, compiled here, against paths checked as RFC 9162 section
 * 2.1.3.2 checks them and roots made by splitting, as section 2.1.1 has them, which
 * is another way to the same shape.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <linux/ward_claims.h>

/* What merkle.c wants of ward.h and evidence.h. */
#define WARD_H
#define WARD_EVIDENCE_H
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define WARD_MERKLE_NODES	(2 * WARD_PATH_MAX - 1)
typedef uint8_t u8;
struct ward_merkle {
	unsigned int n;
	const u8 *root;
	u8 node[WARD_MERKLE_NODES][WARD_DIGEST_LEN];
};
struct ward_span {
	const void *data;
	size_t len;
};

static void ward_sha512(const struct ward_span *spans, unsigned int n, u8 *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int i;

	assert_non_null(ctx);
	assert_int_equal(EVP_DigestInit_ex(ctx, EVP_sha512(), NULL), 1);
	for (i = 0; i < n; i++)
		assert_int_equal(EVP_DigestUpdate(ctx, spans[i].data, spans[i].len), 1);
	assert_int_equal(EVP_DigestFinal_ex(ctx, out, NULL), 1);
	EVP_MD_CTX_free(ctx);
}

/* It has external functions whose prototypes evidence.h would have. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "../../kmod/merkle.c"

static u8 leaves[WARD_PATH_MAX][WARD_DIGEST_LEN];

static struct ward_merkle *grown(unsigned int n)
{
	static struct ward_merkle tree;

	memset(&tree, 0x5a, sizeof(tree));
	tree.n = n;
	memcpy(tree.node, leaves, n * WARD_DIGEST_LEN);
	ward_merkle_grow(&tree);
	return &tree;
}

static void make_leaves(void)
{
	unsigned int i;

	for (i = 0; i < WARD_PATH_MAX; i++)
		SHA512((const u8 *)&i, sizeof(i), leaves[i]);
}

static void node_of(const u8 *left, const u8 *right, u8 *out)
{
	u8 text[129] = { 1 };

	memcpy(text + 1, left, 64);
	memcpy(text + 65, right, 64);
	SHA512(text, sizeof(text), out);
}

/* The left subtree has the largest power of two of leaves below @n. */
static void root_by_splitting(const u8 (*leaf)[64], unsigned int n, u8 *root)
{
	u8 left[64], right[64];
	unsigned int k = 1;

	if (n == 1) {
		memcpy(root, leaf, 64);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	root_by_splitting(leaf, k, left);
	root_by_splitting(leaf + k, n - k, right);
	node_of(left, right, root);
}

static int climb(unsigned int fn, unsigned int n, u8 (*path)[64], unsigned int nodes, u8 *r)
{
	unsigned int sn = n - 1, i;

	for (i = 0; i < nodes; i++) {
		if (!sn)
			return 0;
		if ((fn & 1) || fn == sn) {
			node_of(path[i], r, r);
			for (; !(fn & 1) && fn; fn >>= 1)
				sn >>= 1;
		} else {
			node_of(r, path[i], r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0;
}

static void roots_of_every_size(void **state)
{
	unsigned int n;
	u8 root[64];

	(void)state;
	for (n = 1; n <= WARD_PATH_MAX; n++) {
		root_by_splitting((const u8 (*)[64])leaves, n, root);
		assert_memory_equal(grown(n)->root, root, 64);
	}
}

static void paths_of_every_leaf(void **state)
{
	u8 path[WARD_PATH_NODES_MAX][64], r[64];
	const struct ward_merkle *tree;
	unsigned int n, i, nodes;

	(void)state;
	for (n = 1; n <= WARD_PATH_MAX; n++) {
		tree = grown(n);
		for (i = 0; i < n; i++) {
			nodes = ward_merkle_path(tree, i, path);
			assert_in_range(nodes, 0, WARD_PATH_NODES_MAX);
			memcpy(r, leaves[i], 64);
			assert_true(climb(i, n, path, nodes, r));
			assert_memory_equal(r, tree->root, 64);
		}
	}
}

static void other_positions_do_not_fit(void **state)
{
	u8 path[WARD_PATH_NODES_MAX][64], r[64];
	const struct ward_merkle *tree;
	unsigned int n, i, j, nodes;

	(void)state;
	for (n = 2; n <= 17; n++) {
		tree = grown(n);
		for (i = 0; i < n; i++) {
			nodes = ward_merkle_path(tree, i, path);
			for (j = 0; j < n; j++) {
				memcpy(r, leaves[i], 64);
				if (climb(j, n, path, nodes, r) && i != j)
					assert_memory_not_equal(r, tree->root, 64);
			}
		}
	}
}

static void leaf_and_report_data(void **state)
{
	struct ward_claims claims;
	u8 text[1 + sizeof(claims)] = { 0 }, data[15 + 64] = "WARD-CLAIMS-V1";
	u8 leaf[64], expected[64];

	(void)state;
	memset(&claims, 0xa7, sizeof(claims));
	memcpy(text + 1, &claims, sizeof(claims));
	SHA512(text, sizeof(text), expected);
	ward_merkle_leaf(&claims, leaf);
	assert_memory_equal(leaf, expected, 64);
	memcpy(data + 15, leaf, 64);
	SHA512(data, sizeof(data), expected);
	ward_merkle_report_data(leaf, leaf);
	assert_memory_equal(leaf, expected, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_of_every_size),
		cmocka_unit_test(paths_of_every_leaf),
		cmocka_unit_test(other_positions_do_not_fit),
		cmocka_unit_test(leaf_and_report_data),
	};

	make_leaves();
	return cmocka_run_group_tests_name("merkle", tests, NULL, NULL);
}
