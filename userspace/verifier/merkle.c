// SPDX-License-Identifier: MIT
/*
 * From claims to report data: doc/formats.md section 2. The walk up the tree is
 * that of RFC 9162 section 2.1.3.2.
 */
#include <string.h>

#include "digest.h"
#include "fault.h"

static bool hash_leaf(struct wv_bytes claims, uint8_t out[64])
{
	static const uint8_t tag = 0x00;
	struct wv_bytes pieces[] = { PIECE(&tag, 1), claims };

	return digest_sha512(out, pieces, 2);
}

static bool hash_node(const uint8_t *left, const uint8_t *right, uint8_t out[64])
{
	static const uint8_t tag = 0x01;
	struct wv_bytes pieces[] = { PIECE(&tag, 1), PIECE(left, 64), PIECE(right, 64) };

	return digest_sha512(out, pieces, 3);
}

/*
 * One step: @r becomes the parent of @r and @sibling. A node that is the last
 * of its level and has no sibling rises unchanged.
 */
static bool climb(uint64_t *fn, uint64_t *sn, const uint8_t *sibling, uint8_t r[64])
{
	bool ok;

	if (*fn & 1 || *fn == *sn) {
		ok = hash_node(sibling, r, r);
		while (!(*fn & 1) && *fn) {
			*fn >>= 1;
			*sn >>= 1;
		}
	} else {
		ok = hash_node(r, sibling, r);
	}
	*fn >>= 1;
	*sn >>= 1;
	return ok;
}

static int bad_path(struct wv_fault *fault, size_t nodes, uint64_t index, uint64_t leaves)
{
	return fault_set(fault, WV_BUNDLE_DAMAGED, "path", -1,
			 "%zu nodes are not the path of leaf %llu of %llu", nodes,
			 (unsigned long long)index, (unsigned long long)leaves);
}

int wv_report_data(struct wv_bytes claims, uint64_t index, uint64_t leaves,
		   const uint8_t (*path)[64], size_t nodes, uint8_t out[64],
		   struct wv_fault *fault)
{
	uint64_t fn = index, sn = leaves - 1;
	uint8_t r[64];
	struct wv_bytes pieces[] = {
		PIECE("WARD-CLAIMS-V1", sizeof("WARD-CLAIMS-V1")),
		PIECE(r, sizeof(r)),
	};
	bool ok;
	size_t i;

	fault_clear(fault);
	if (!leaves || leaves > WARD_PATH_MAX || index >= leaves)
		return bad_path(fault, nodes, index, leaves);
	ok = hash_leaf(claims, r);
	for (i = 0; ok && i < nodes; i++) {
		if (!sn)
			return bad_path(fault, nodes, index, leaves);
		ok = climb(&fn, &sn, path[i], r);
	}
	if (ok && sn)
		return bad_path(fault, nodes, index, leaves);
	ok = ok && digest_sha512(out, pieces, 2);
	return ok ? WV_OK : fault_set(fault, WV_NO_MEMORY, "path", -1, "no memory");
}
