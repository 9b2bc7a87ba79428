// SPDX-License-Identifier: MIT
#include <openssl/crypto.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "judge.h"
#include "kind.h"

int judge_start(struct judge *j, const struct wv_appraisal *a, struct wv_verdict *v)
{
	memset(v, 0, sizeof(*v));
	fault_clear(&v->fault);
	*j = (struct judge){
		.a = a, .p = a->policy ? a->policy : &j->none, .v = v,
		.rules = { .each = a->rule, .context = a->rule_context, .fault = &v->fault,
			   .v = v },
	};
	policy_none(&j->none);
	if (a->roots)
		return WV_OK;
	return fault_set(&v->fault, WV_USAGE, "roots", -1, "no roots were given");
}

int judge_end(struct judge *j, int rc)
{
	rc = rules_end(&j->rules, rc ?: policy_crl(j->p, j->v->warnings, &j->rules));
	return rc ? rc : fault_clear(&j->v->fault);
}

static int fresh_in_bundle(struct judge *j, struct wv_bytes carried, enum judge_form form,
			   const char *field, int64_t offset)
{
	struct wv_bytes all = PIECE(j->report_data, 64);
	uint8_t digest[32];

	if (form == JUDGE_DIGEST) {
		if (!digest_sha256(digest, &all, 1))
			return fault_set(&j->v->fault, WV_NO_MEMORY, field, -1, "no memory");
		all = PIECE(digest, sizeof(digest));
	}
	if (carried.len == all.len && !CRYPTO_memcmp(carried.data, all.data, all.len))
		return WV_OK;
	return fault_set(&j->v->fault, WV_REPORT_DATA_MISMATCH, field, offset,
			 "the TEE signed other claims than these");
}

int judge_fresh(struct judge *j, struct wv_bytes carried, enum judge_form form,
		const char *field, int64_t offset)
{
	struct wv_bytes want = j->challenge;

	if (j->report_data)
		return fresh_in_bundle(j, carried, form, field, offset);
	if (!want.data) {
		j->v->warnings |= WV_WARN_NONCE_UNCHECKED;
		return WV_OK;
	}
	if (want.len != carried.len)
		return fault_set(&j->v->fault, WV_USAGE, field, -1,
				 "%zu bytes are expected, not %zu", carried.len, want.len);
	if (CRYPTO_memcmp(want.data, carried.data, want.len))
		return fault_set(&j->v->fault, WV_REPORT_DATA_MISMATCH, field, offset,
				 "it is not the one expected");
	return WV_OK;
}

int judge_tee(struct judge *j, unsigned int bit)
{
	char expected[160];
	struct wv_rule says = { .name = "allow_tee", .reason = WV_TEE_REFUSED,
				.field = "evidence.tee", .offset = -1, .expected = expected };

	if (j->v->simulated) {
		j->v->warnings |= WV_WARN_SIMULATED;
		bit = POLICY_TEE_SIMULATED;
		says.reason = WV_SIMULATED_REFUSED;
	}
	j->seen |= bit;
	says.held = (j->p->tee & bit) != 0;
	says.found = kind_of_bit(bit);
	kind_words(j->p->tee, expected, sizeof(expected));
	return rule(&j->rules, &says, "the policy's allow_tee does not name %s", says.found);
}

int judge_beside(struct judge *j, const char *field, const char *what)
{
	if (!j->v->simulated)
		return WV_OK;
	j->v->warnings |= WV_WARN_SIMULATED;
	if (j->p->tee & POLICY_TEE_SIMULATED)
		return WV_OK;
	return fault_set(&j->v->fault, WV_SIMULATED_REFUSED, field, -1,
			 "the root of the %s is a simulator's", what);
}
