// SPDX-License-Identifier: MIT
/*
 * An SNP report, and the certificate table behind it; or certificates in PEM, of which some
 * may be of the report's key, as files that the caller has.
 */
#include "fuzz.h"
#include "vek.h"

static void files(struct wv_bytes in)
{
	const struct wv_appraisal *world = fuzz_world();
	struct wv_bytes report, pem, none = { NULL, 0 };
	struct wv_collateral c = { .items = &pem, .item_count = 1 };
	struct wv_vek *vek = NULL;
	struct wv_fault fault;

	if (!fuzz_split(in, &report, &pem) || !pem.len || pem.data[0] != '-')
		return;
	fuzz_refusal(vek_open(world->roots, &c, none, report, VEK_ANY_KIND, world->now, &vek, &fault),
		     &fault);
	wv_vek_free(vek);
}

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kind = { .tee = "snp", .split = true };

	files(in);
	return fuzz_evidence(&kind, in);
}
