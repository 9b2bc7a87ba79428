// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that wait together become the leaves of one tree, whose root goes
 * into the report data of one call of the provider (doc/formats.md section 2).
 * Shape and paths are those of RFC 9162 sections 2.1.1 and 2.1.3.1, so a leaf
 * can never pass for a node, nor a tree for one of another size.
 */
#include "evidence.h"
#include "ward.h"

static const u8 leaf_prefix[] = { 0x00 };
static const u8 node_prefix[] = { 0x01 };
/* The final NUL is part of it. */
static const u8 claims_prefix[] = "WARD-CLAIMS-V1";

/**
 * ward_merkle_leaf() - SHA-512(0x00 || claims)
 * @claims: whole and final
 * @leaf: WARD_DIGEST_LEN bytes
 */
void ward_merkle_leaf(const struct ward_claims *claims, u8 *leaf)
{
	const struct ward_span spans[] = {
		{ leaf_prefix, sizeof(leaf_prefix) },
		{ claims, sizeof(*claims) },
	};

	ward_sha512(spans, 2, leaf);
}

static void merkle_node(const u8 *left, const u8 *right, u8 *node)
{
	const struct ward_span spans[] = {
		{ node_prefix, sizeof(node_prefix) },
		{ left, WARD_DIGEST_LEN },
		{ right, WARD_DIGEST_LEN },
	};

	ward_sha512(spans, 3, node);
}

/* Leaves of the left subtree: the largest power of two below @n, @n > 1. */
static unsigned int merkle_split(unsigned int n)
{
	unsigned int k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

/**
 * ward_merkle_root() - root of a tree; RFC 9162 section 2.1.1
 * @leaves: @n leaves
 * @n: 1 to WARD_PATH_MAX, which bounds the recursion to 7
 * @root: WARD_DIGEST_LEN bytes; the leaf itself where @n is 1
 */
void ward_merkle_root(const u8 (*leaves)[WARD_DIGEST_LEN], unsigned int n, u8 *root)
{
	u8 left[WARD_DIGEST_LEN], right[WARD_DIGEST_LEN];
	unsigned int k;

	if (n == 1) {
		memcpy(root, leaves[0], WARD_DIGEST_LEN);
		return;
	}
	k = merkle_split(n);
	ward_merkle_root(leaves, k, left);
	ward_merkle_root(leaves + k, n - k, right);
	merkle_node(left, right, root);
}

/**
 * ward_merkle_path() - how to get from a leaf to the root; RFC 9162 section 2.1.3.1
 * @leaves: @n leaves
 * @n: 1 to WARD_PATH_MAX
 * @index: of the leaf, below @n
 * @path: room for WARD_PATH_NODES_MAX nodes, filled from the leaf upwards
 *
 * Return: nodes of the path, 0 where @n is 1
 */
unsigned int ward_merkle_path(const u8 (*leaves)[WARD_DIGEST_LEN], unsigned int n,
			      unsigned int index, u8 (*path)[WARD_DIGEST_LEN])
{
	unsigned int k, depth;

	if (n == 1)
		return 0;
	k = merkle_split(n);
	if (index < k) {
		depth = ward_merkle_path(leaves, k, index, path);
		ward_merkle_root(leaves + k, n - k, path[depth]);
	} else {
		depth = ward_merkle_path(leaves + k, n - k, index - k, path);
		ward_merkle_root(leaves, k, path[depth]);
	}
	return depth + 1;
}

/**
 * ward_merkle_report_data() - what the TEE signs:
 *	SHA-512("WARD-CLAIMS-V1" || 0x00 || root)
 * @root: of the tree
 * @report_data: WARD_DIGEST_LEN bytes
 */
void ward_merkle_report_data(const u8 *root, u8 *report_data)
{
	const struct ward_span spans[] = {
		{ claims_prefix, sizeof(claims_prefix) },
		{ root, WARD_DIGEST_LEN },
	};

	ward_sha512(spans, 2, report_data);
}
