// SPDX-License-Identifier: MIT
/*
 * The member "sgx" of a policy: doc/policy.md.
 */
#include <stdlib.h>

#include "policy_read.h"
#include "quote.h"
#include "quote_policy.h"

static const char *const members[] = {
	"required", "mrenclave", "mrsigner", "isvprodid", "min_isvsvn", "attributes",
	"min_qe_svn", "min_pce_svn", NULL,
};

static bool product_element(json_t *v, uint8_t *out, size_t width)
{
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;

	(void)width;
	out[0] = (uint8_t)n;
	out[1] = (uint8_t)(n >> 8);
	return n >= 0 && n <= UINT16_MAX;
}

int policy_read_sgx(struct doc_in *in, struct policy_sgx *out)
{
	json_t *object;
	int rc = doc_object(in, in->root, "sgx", members, &object);

	if (rc || !object)
		return rc;
	out->given = 1;
	out->required = 1;
	return doc_flag(in, object, "required", &out->required) ?:
	       policy_read_set(in, object, "mrenclave", 32, policy_hex_element,
			       "64 hexadecimal digits", &out->mr_enclave) ?:
	       policy_read_set(in, object, "mrsigner", 32, policy_hex_element,
			       "64 hexadecimal digits", &out->mr_signer) ?:
	       policy_read_set(in, object, "isvprodid", 2, product_element,
			       "a number from 0 to 65535", &out->prod_id) ?:
	       doc_number(in, object, "min_isvsvn", UINT16_MAX, 0, &out->min_svn) ?:
	       policy_read_bits(in, object, "attributes", &out->attributes) ?:
	       doc_number(in, object, "min_qe_svn", UINT16_MAX, 0, &out->min_qe_svn) ?:
	       doc_number(in, object, "min_pce_svn", UINT16_MAX, 0, &out->min_pce_svn);
}

void policy_sgx_clear(struct policy_sgx *s)
{
	free(s->mr_enclave.values);
	free(s->mr_signer.values);
	free(s->prod_id.values);
}

bool policy_sgx_tells(const struct policy_sgx *s)
{
	return s->mr_enclave.count || (s->mr_signer.count && s->prod_id.count && s->min_svn);
}

static int check_debug(const struct wv_policy *p, const struct wv_enclave *e, struct rules *rules)
{
	bool debug = e->attributes & WV_SGX_DEBUG;
	struct wv_rule says = { .name = "allow_debug", .held = !debug || p->allow_debug,
				.reason = WV_DEBUG_ALLOWED, .field = "quote.attributes",
				.offset = 96, .expected = p->allow_debug ? "any" : "no debug",
				.found = debug ? "debug" : "no debug" };

	return rule(rules, &says, "bit 1 (DEBUG) is set in the enclave's attributes 0x%llx",
		    (unsigned long long)e->attributes);
}

static int check_svns(const struct policy_sgx *p, const struct wv_sgx *s, struct rules *rules)
{
	int rc = WV_OK;

	if (p->min_svn)
		rc = rule_least(rules, "sgx.min_isvsvn", p->min_svn, s->enclave.svn,
				WV_TCB_BELOW_POLICY, "quote.isvsvn", 306);
	if (!rc && p->min_qe_svn)
		rc = rule_least(rules, "sgx.min_qe_svn", p->min_qe_svn, s->qe.svn,
				WV_TCB_BELOW_POLICY, "quote.qe_report", 258);
	if (!rc && p->min_pce_svn)
		rc = rule_least(rules, "sgx.min_pce_svn", p->min_pce_svn, s->pck.pce_svn,
				WV_TCB_BELOW_POLICY, "PCK", -1);
	return rc;
}

int policy_sgx(const struct wv_policy *p, const struct wv_sgx *s, struct wv_verdict *v,
	       struct rules *rules)
{
	const struct policy_sgx *own = &p->sgx;
	const struct wv_enclave *e = &s->enclave;
	const uint8_t product[2] = { (uint8_t)e->prod_id, (uint8_t)(e->prod_id >> 8) };

	if (e->attributes & WV_SGX_DEBUG)
		v->warnings |= WV_WARN_DEBUG;
	return check_debug(p, e, rules) ?:
	       rule_set(rules, "sgx.mrenclave", &own->mr_enclave, e->mr_enclave,
			WV_MEASUREMENT_MISMATCH, "quote.mrenclave", 112) ?:
	       rule_set(rules, "sgx.mrsigner", &own->mr_signer, e->mr_signer, WV_ENCLAVE_REFUSED,
			"quote.mrsigner", 176) ?:
	       rule_set(rules, "sgx.isvprodid", &own->prod_id, product, WV_ENCLAVE_REFUSED,
			"quote.isvprodid", 304) ?:
	       policy_bits_rule(rules, "sgx.attributes", &own->attributes, e->attributes,
				WV_ENCLAVE_REFUSED, "quote.attributes", 96) ?:
	       check_svns(own, s, rules);
}
