// SPDX-License-Identifier: MIT
/*
 * A bundle: read, shown, appraised; its records also as if they were those that claims
 * attest. Long ones are not shown, nor written again, and their records are gone through once,
 * as a verifier does: else that would be all that is measured.
 */
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "fuzz.h"

#define SHOWN_MAX (64u << 10)

static void again(const struct wv_bundle *bundle, struct wv_bytes in)
{
	struct wv_fault fault;
	uint8_t *out;
	size_t len;

	if (wv_bundle_encode(bundle, &out, &len, &fault))
		return;
	/* The encoding is deterministic: there is one for each bundle. */
	if (len != in.len || memcmp(out, in.data, len))
		fuzz_die("a bundle that was read is written with other bytes");
	free(out);
}

static void attested(const struct wv_bundle *bundle)
{
	struct wv_claims claims = { .session_seq = bundle->event_count };
	struct chain_result r;
	struct wv_fault fault;

	fuzz_refusal(chain_check(bundle, &claims, &r, &fault), &fault);
}

static void attested_in_part(const struct wv_bundle *bundle)
{
	struct wv_claims claims = { .session_seq = bundle->event_count + 1 };
	struct chain_result r;
	struct wv_fault fault;

	if (!fuzz_refusal(chain_check(bundle, &claims, &r, &fault), &fault) && r.complete)
		fuzz_die("all of the records are there, but the first is not");
}

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind bundles = { .tee = NULL };
	struct wv_bundle *bundle = NULL;
	struct wv_fault fault;
	int rc = fuzz_refusal(wv_bundle_decode(in, &bundle, &fault), &fault);

	if (!rc)
		attested(bundle);
	if (!rc && in.len <= SHOWN_MAX) {
		attested_in_part(bundle);
		fuzz_text(wv_bundle_json(bundle));
		again(bundle, in);
	}
	wv_bundle_free(bundle);
	return rc ?: fuzz_appraise(&bundles, in);
}
