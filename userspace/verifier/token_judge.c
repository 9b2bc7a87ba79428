// SPDX-License-Identifier: MIT
/*
 * An authentic token's claims against what is expected. That a token names a measurement
 * proves nothing by itself: it is compared, or the verdict says that it was not.
 */
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "fault.h"
#include "hex.h"
#include "tcb_status.h"
#include "token.h"

static bool is_snp(const struct token_claims *c)
{
	return c->bit == POLICY_TEE_AZURE_SNP;
}

static const char *measurement_name(const struct token_claims *c)
{
	return is_snp(c) ? "x-ms-sevsnpvm-launchmeasurement" : "tdx_mrtd";
}

static int check_debug(const struct wv_policy *p, const struct token_claims *c,
		       struct wv_token *t)
{
	if (!t->debug || (p && p->allow_debug))
		return WV_OK;
	return fault_set(&t->fault, WV_DEBUG_ALLOWED,
			 is_snp(c) ? "x-ms-sevsnpvm-is-debuggable" : "tdx_td_attributes", -1,
			 "the guest, or what started it, can be looked into");
}

/* The service's word stands in for TCB info; its date and advisories do not. */
static int check_tcb(const struct wv_policy *p, const struct token_claims *c, struct wv_token *t)
{
	unsigned int levels = p && p->collateral.levels ? p->collateral.levels :
							  1u << WV_TCB_UP_TO_DATE;
	int level = c->tcb_status ? tcb_level_find(c->tcb_status) : WV_TCB_UNCHECKED;

	if (p && (p->collateral.accepted.count || p->collateral.refused.count))
		return fault_set(&t->fault, WV_JWT_CLAIM_MISSING, "attester_advisory_ids", -1,
				 "the policy judges by advisories, which are not read from tokens");
	if (!c->tcb_status && !(p && p->collateral.pins))
		return WV_OK;
	if (level > WV_TCB_UNCHECKED && level != WV_TCB_REVOKED && levels & 1u << level)
		return WV_OK;
	return fault_set(&t->fault, WV_TCB_STATUS_REFUSED, "attester_tcb_status", -1,
			 "'%.60s' is not accepted", c->tcb_status ? c->tcb_status : "");
}

/* What the caller names must be it, whatever the policy pins beside it. */
static int check_measurement(const struct wv_token_appraisal *a, const struct token_claims *c,
			     bool tells, struct wv_token *t)
{
	char have[97];

	if (a->measurement.data && memcmp(a->measurement.data, t->measurement, 48)) {
		hex_encode(t->measurement, sizeof(t->measurement), have);
		return fault_set(&t->fault, WV_MEASUREMENT_MISMATCH, measurement_name(c), -1,
				 "%s is not the one that is expected", have);
	}
	t->measured = a->measurement.data || tells;
	if (t->measured)
		return WV_OK;
	t->unchecked |= WV_TOKEN_NO_MEASUREMENT;
	if (a->accept_unmeasured || (a->policy && a->policy->accept_unmeasured))
		return WV_OK;
	return fault_set(&t->fault, WV_GUEST_UNMEASURED, measurement_name(c), -1,
			 "nothing pins it");
}

/* The services repeat a nonce as it was given: as text, or as base64 or hex of bytes. */
static bool is_nonce(const json_t *v, struct wv_bytes want)
{
	const char *text = json_string_value(v);
	size_t n = json_string_length(v), len;
	uint8_t raw[B64_DATA_LEN(192)];

	if (!text || n > 192)
		return false;
	if (n == want.len && !memcmp(text, want.data, n))
		return true;
	if (n == 2 * want.len && hex_decode(text, raw, want.len) &&
	    !memcmp(raw, want.data, want.len))
		return true;
	return b64_decode(text, n, raw, &len) && len == want.len && !memcmp(raw, want.data, len);
}

static const json_t *at(const json_t *o, const char *outer, const char *inner)
{
	return json_object_get(json_object_get(o, outer), inner);
}

static int check_nonce(const struct wv_token_appraisal *a, const struct token_claims *c,
		       struct wv_token *t)
{
	const json_t *runtime = json_object_get(c->root, "x-ms-runtime");
	const json_t *const places[] = {
		at(runtime, "client-payload", "nonce"), json_object_get(runtime, "nonce"),
		json_object_get(c->root, "nonce"),
	};
	const json_t *const intel[] = {
		at(c->tee, "verifier_nonce", "val"), at(c->root, "verifier_nonce", "val"),
		json_object_get(c->tee, "attester_held_data"),
	};
	const json_t *const *place = t->service == WV_TOKEN_MAA ? places : intel;

	if (!a->nonce.data) {
		t->unchecked |= WV_TOKEN_NO_NONCE;
		return WV_OK;
	}
	for (int i = 0; i < 3; i++)
		if (is_nonce(place[i], a->nonce))
			return WV_OK;
	return fault_set(&t->fault, WV_NONCE_MISMATCH,
			 t->service == WV_TOKEN_MAA ? "x-ms-runtime" : "verifier_nonce", -1,
			 "the nonce is not there");
}

int token_judge(const struct wv_token_appraisal *a, const struct token_claims *c,
		struct wv_token *t)
{
	bool tells = false;

	return check_debug(a->policy, c, t) ?:
	       (a->policy ? token_policy(a->policy, c, t, &tells) : WV_OK) ?: check_tcb(a->policy, c, t) ?:
	       check_measurement(a, c, tells, t) ?: check_nonce(a, c, t);
}
