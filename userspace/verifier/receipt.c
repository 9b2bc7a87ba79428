// SPDX-License-Identifier: MIT
/*
 * Wipe receipts: evidence that a session ended with all of its protected memory
 * zeroed, for a release that a broker logged.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "verify.h"

const char *wv_receipt_statement(void)
{
	return "Proved: the measured kernel says that every byte of class A memory that this "
	       "session ever held was unmapped and zeroed, that none is live, that the session can "
	       "allocate no more, and that every data key which the kernel held for it was "
	       "overwritten. Not proved: that the worker made no copy elsewhere (heap, files, "
	       "sockets) or forgot a key that it was given itself; for that the measured image and "
	       "the worker's code are trusted. Class B memory is counted apart and is not part of "
	       "the total.";
}

static int check_session(const struct wv_release *r, const struct wv_claims *k,
			 struct wv_fault *fault)
{
	int ended = k->state & WARD_STATE_TOMBSTONE;

	if (!ended && memcmp(k->session, k->subject, sizeof(k->session)))
		return fault_set(fault, WV_WRONG_SESSION, "claims.session", 160,
				 "another session speaks for one that has not ended");
	if (!ended && k->caller.uid != r->uid)
		return fault_set(fault, WV_WRONG_UID, "claims.caller.uid", 208,
				 "uid %u, the key was released to uid %u", k->caller.uid, r->uid);
	if (!(k->state & WARD_STATE_SEALED) && !ended)
		return fault_set(fault, WV_NOT_SEALED, "claims.state", 704,
				 "the session was neither sealed nor had it ended");
	return WV_OK;
}

static int check_ledger(const struct wv_claims *k, struct wv_fault *fault)
{
	if (k->live_a || k->live_shared)
		return fault_set(fault, WV_MEMORY_LIVE, "claims.live_a", 584,
				 "%llu bytes live, %llu shared bytes live",
				 (unsigned long long)k->live_a,
				 (unsigned long long)k->live_shared);
	if (k->wiped_bytes != k->alloc_bytes || k->wiped_buffers != k->alloc_buffers)
		return fault_set(fault, WV_WIPED_SHORT, "claims.wiped_bytes", 664,
				 "%llu of %llu bytes and %llu of %llu buffers were wiped",
				 (unsigned long long)k->wiped_bytes,
				 (unsigned long long)k->alloc_bytes,
				 (unsigned long long)k->wiped_buffers,
				 (unsigned long long)k->alloc_buffers);
	if (k->keys_live)
		return fault_set(fault, WV_KEYS_LIVE, "claims.keys_live", 520,
				 "%u data keys are held by the kernel", k->keys_live);
	return WV_OK;
}

/* The records are a second account of the same memory: both must agree. */
static int check_records(const struct chain_result *chain, const struct wv_claims *k,
			 struct wv_receipt *out, struct wv_fault *fault)
{
	if (!chain->complete || chain->withheld)
		return WV_OK;
	if (chain->wiped_bytes != k->wiped_bytes || chain->wiped_buffers != k->wiped_buffers)
		return fault_set(fault, WV_WIPED_SHORT, "events", -1,
				 "the wipe records sum up to %llu bytes in %llu buffers, the claims to %llu in %llu",
				 (unsigned long long)chain->wiped_bytes,
				 (unsigned long long)chain->wiped_buffers,
				 (unsigned long long)k->wiped_bytes,
				 (unsigned long long)k->wiped_buffers);
	out->records_summed = 1;
	return WV_OK;
}

static int check_measurement(const struct wv_release *r, const struct wv_verdict *v,
			     struct wv_fault *fault)
{
	bool snp = v->have & WV_HAVE_REPORT;
	uint8_t have[sizeof(r->measurement)];

	wv_verdict_measurement(v, have);
	if (!memcmp(r->measurement, have, sizeof(have)))
		return WV_OK;
	return fault_set(fault, WV_MEASUREMENT_MISMATCH,
			 snp ? "report.measurement" : "evidence.measurement", snp ? 0x90 : -1,
			 "the key was released to a guest with another measurement");
}

static void fill(struct wv_receipt *out, const struct wv_claims *k)
{
	out->buffers = k->wiped_buffers;
	out->bytes = k->wiped_bytes;
	out->peak_bytes = k->peak_a;
	out->class_b_buffers = k->unpinned_buffers;
	out->class_b_bytes = k->unpinned_bytes;
	out->class_b_live = k->live_b;
	out->keys_destroyed = k->keys_destroyed;
	out->tombstone = !!(k->state & WARD_STATE_TOMBSTONE);
}

/*
 * What the receipt must say of itself follows from the release alone; what is
 * wrong with the memory comes before a measurement that is merely not pinned.
 */
static int check_receipt(const struct wv_release *release, const struct chain_result *chain,
			 struct wv_verdict *v, struct wv_receipt *out)
{
	int pending = v->fault.reason;
	struct wv_fault fault;
	int rc;

	if (pending && pending != WV_GUEST_UNMEASURED)
		return pending;
	fill(out, &v->claims);
	rc = check_measurement(release, v, &fault) ?:
	     check_session(release, &v->claims, &fault) ?: check_ledger(&v->claims, &fault) ?:
	     check_records(chain, &v->claims, out, &fault);
	if (rc)
		v->fault = fault;
	return rc ? rc : pending;
}

int wv_verify_receipt(struct wv_bytes bundle, const struct wv_release *release,
		      const struct wv_appraisal *appraisal, struct wv_verdict *out,
		      struct wv_receipt *receipt)
{
	struct wv_appraisal a = *appraisal;
	struct wv_expect expect = {
		.purpose = WARD_PURPOSE_RECEIPT,
		.nonce = PIECE(release->receipt_nonce, sizeof(release->receipt_nonce)),
		.instance = PIECE(release->instance, sizeof(release->instance)),
		.subject = PIECE(release->session, sizeof(release->session)),
		.events_complete = appraisal->expect && appraisal->expect->events_complete,
	};
	uint8_t binding[WV_BINDING_LEN];
	struct wv_receipt scratch;
	struct chain_result chain;

	receipt = receipt ? receipt : &scratch;
	memset(receipt, 0, sizeof(*receipt));
	if (wv_binding_receipt(release->release, release->dataset, release->receipt_nonce,
			       binding)) {
		memset(out, 0, sizeof(*out));
		return fault_set(&out->fault, WV_NO_MEMORY, "binding", -1, "no memory");
	}
	expect.binding = PIECE(binding, sizeof(binding));
	a.expect = &expect;
	verify_bundle(bundle, &a, 1, &chain, out);
	return check_receipt(release, &chain, out, receipt);
}
