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

/**
 * ward_merkle_grow() - all nodes above the leaves; RFC 9162 section 2.1.1
 * @tree: @n and as many leaves, from the first node on, are there
 *
 * Row upon row: pairs from the left make nodes of the row above, an odd one goes
 * up as it is, which is the shape that the RFC has by splitting. Each hash is made
 * once, and whoever takes a path makes none.
 */
void ward_merkle_grow(struct ward_merkle *tree)
{
	u8 (*row)[WARD_DIGEST_LEN] = tree->node, (*above)[WARD_DIGEST_LEN];
	unsigned int width, i;

	for (width = tree->n; width > 1; row = above, width = DIV_ROUND_UP(width, 2)) {
		above = row + width;
		for (i = 0; i + 1 < width; i += 2)
			merkle_node(row[i], row[i + 1], above[i / 2]);
		if (i < width)
			memcpy(above[i / 2], row[i], WARD_DIGEST_LEN);
	}
	tree->root = row[0];
}

/**
 * ward_merkle_path() - how to get from a leaf to the root; RFC 9162 section 2.1.3.1
 * @tree: grown
 * @index: of the leaf, below @tree->n
 * @path: room for WARD_PATH_NODES_MAX nodes, filled from the leaf upwards
 *
 * Return: nodes of the path, 0 where there is one leaf
 */
unsigned int ward_merkle_path(const struct ward_merkle *tree, unsigned int index,
			      u8 (*path)[WARD_DIGEST_LEN])
{
	const u8 (*row)[WARD_DIGEST_LEN] = (const u8 (*)[WARD_DIGEST_LEN])tree->node;
	unsigned int width, depth = 0;

	for (width = tree->n; width > 1; width = DIV_ROUND_UP(width, 2), index /= 2) {
		/* Without a sibling it went up as it is. */
		if ((index ^ 1) < width)
			memcpy(path[depth++], row[index ^ 1], WARD_DIGEST_LEN);
		row += width;
	}
	return depth;
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
