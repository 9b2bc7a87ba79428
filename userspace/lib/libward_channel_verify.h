/* SPDX-License-Identifier: MIT */
/*
 * libward, the attested channel: judging the peer by libwardverify. In a header so that
 * libward itself does not lean on the verifier; a program that uses it links both.
 */
#ifndef LIBWARD_CHANNEL_VERIFY_H
#define LIBWARD_CHANNEL_VERIFY_H

#include <time.h>

#include "libward_channel.h"
#include "wardverify.h"

/**
 * struct ward_channel_judge - what ward_channel_judge() judges by
 * @appraisal: roots, policy, collateral, and in @expect what is known of the peer beforehand
 *	(a session, say). Purpose, nonce, binding and the time are the channel's
 * @now: time of the verification; 0 = the system's clock
 * @verdict: the last one (out); NULL = nobody asks
 */
struct ward_channel_judge {
	const struct wv_appraisal *appraisal;
	int64_t now;
	struct wv_verdict *verdict;
};

/** ward_channel_judge() - a ward_channel_verify_fn; @arg: the struct of that name */
static inline int
ward_channel_judge(const uint8_t *nonce, const uint8_t *binding, const uint8_t *bundle,
		   size_t bundle_len, void *arg)
{
	const struct ward_channel_judge *judge = (const struct ward_channel_judge *)arg;
	struct wv_appraisal appraisal = *judge->appraisal;
	struct wv_expect expect = { 0 };
	struct wv_bytes in = { bundle, bundle_len };
	struct wv_verdict own;

	if (appraisal.expect)
		expect = *appraisal.expect;
	expect.purpose = WARD_PURPOSE_CHANNEL;
	expect.nonce.data = nonce;
	expect.nonce.len = WARD_CHANNEL_NONCE_LEN;
	expect.binding.data = binding;
	expect.binding.len = WARD_BINDING_LEN;
	appraisal.expect = &expect;
	appraisal.now = judge->now ? judge->now : (int64_t)time(NULL);
	return wv_verify_bundle(in, &appraisal, judge->verdict ? judge->verdict : &own);
}

#endif /* LIBWARD_CHANNEL_VERIFY_H */
