// SPDX-License-Identifier: MIT
/*
 * Quotes of every form that tests make, and what must be refused of them.
 */
#include <stdlib.h>
#include <string.h>

#include "quote.h"
#include "quote_make.h"

static struct intel_pki pki;		/* the caller names its root */
static struct wv_roots *roots;

static const struct { int version, body; } forms[] = { { 3, 0 }, { 4, 0 }, { 5, 2 }, { 5, 3 } };
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static struct wv_roots *trusting(const struct intel_pki *p)
{
	struct wv_roots *r = wv_roots_new();
	struct wv_bytes pem = intel_pem((X509 *[]){ p->root }, 1);

	assert_int_equal(wv_roots_add(r, pem, NULL), WV_OK);
	ut_free(pem);
	return r;
}

static int setup(void **state)
{
	(void)state;
	intel_pki_make(&intel_default, &pki);
	roots = trusting(&pki);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wv_roots_free(roots);
	intel_pki_free(&pki);
	return 0;
}

static int verify_at(struct wv_bytes in, const struct wv_roots *r, int64_t now, struct quote *q,
		     struct wv_fault *fault)
{
	struct pck pck;
	int rc = quote_verify(in, r, now, q, &pck, fault);

	pck_close(&pck);
	return rc;
}

static int verify(struct wv_bytes in, struct quote *q, struct wv_fault *fault)
{
	return verify_at(in, roots, INTEL_NOW, q, fault);
}

static void same_td(const struct quote_plan *plan, const struct wv_tdx *t)
{
	const uint8_t *b = plan->bytes;

	assert_int_equal(t->body, plan->version == 5 ? plan->body : 2);
	assert_memory_equal(t->tee_tcb_svn, b + TD_TCB_SVN, 16);
	assert_memory_equal(t->mr_seam, b + TD_MRSEAM, 48);
	assert_memory_equal(t->mr_td, b + TD_MRTD, 48);
	assert_memory_equal(t->rtmr, b + TD_RTMR0, 192);
	assert_memory_equal(t->report_data, b + TD_REPORT_DATA, 64);
	assert_int_equal(t->attributes, 0x10000000);
	assert_int_equal(t->xfam, 0x602e7);
	if (t->body == 3)
		assert_memory_equal(t->tee_tcb_svn2, b + TD_TCB_SVN2, 16);
	assert_int_equal(t->qe.svn, 6);
}

static void sound(void **state)
{
	struct wv_fault fault;
	struct quote q;
	size_t i;

	(void)state;
	for (i = 0; i < FORMS; i++) {
		struct quote_plan plan;
		struct wv_bytes in;

		quote_plan_new(&plan, &pki, forms[i].version, forms[i].body);
		in = quote_make(&plan);
		assert_true(quote_is(in));
		ut_reason(WV_OK, verify(in, &q, &fault), &fault);
		assert_int_equal(q.header.version, forms[i].version);
		if (forms[i].version == 3) {
			assert_memory_equal(q.sgx.enclave.mr_enclave, plan.bytes + SGX_MRENCLAVE, 32);
			assert_int_equal(q.sgx.enclave.prod_id, 1);
			assert_int_equal(q.sgx.pck.pce_svn, 13);
			assert_memory_equal(q.sgx.pck.fmspc, intel_default.fmspc, 6);
			assert_int_equal(q.sgx.pck.named_root, 1);
		} else {
			same_td(&plan, &q.tdx);
			assert_memory_equal(q.tdx.pck.components, intel_default.components, 16);
		}
		ut_free(in);
		quote_plan_free(&plan);
	}
}

/* Cut anywhere, it is refused, and never read past its end. */
static void cut(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < FORMS; i++) {
		struct quote_plan plan;
		struct wv_bytes in;

		quote_plan_new(&plan, &pki, forms[i].version, forms[i].body);
		in = quote_make(&plan);
		for (n = 0; n < in.len; n++) {
			uint8_t *copy = malloc(n ?: 1);
			struct wv_fault fault;
			struct quote q;
			int rc;

			memcpy(copy, in.data, n);
			rc = quote_parse((struct wv_bytes){ copy, n }, &q, &fault);
			ut_reason(WV_EVIDENCE_DAMAGED, rc, &fault);
			free(copy);
		}
		ut_free(in);
		quote_plan_free(&plan);
	}
}

/* Bytes that follow are no part of it, whatever they are; their number is told. */
static void padded(void **state)
{
	struct quote_plan plan;
	struct wv_bytes in;
	uint8_t *more;
	struct quote q;

	(void)state;
	quote_plan_new(&plan, &pki, 4, 0);
	in = quote_make(&plan);
	more = calloc(1, QUOTE_MAX + 1);
	memcpy(more, in.data, in.len);
	assert_int_equal(verify((struct wv_bytes){ more, in.len + 100 }, &q, NULL), WV_OK);
	assert_int_equal(q.tdx.trailing, 100);
	assert_int_equal(q.tdx.trailing_zero, 1);
	more[in.len + 50] = 1;
	assert_int_equal(verify((struct wv_bytes){ more, in.len + 100 }, &q, NULL), WV_OK);
	assert_int_equal(q.tdx.trailing_zero, 0);
	assert_int_equal(verify((struct wv_bytes){ more, QUOTE_MAX }, &q, NULL), WV_OK);
	assert_int_equal(verify((struct wv_bytes){ more, QUOTE_MAX + 1 }, &q, NULL),
			 WV_EVIDENCE_DAMAGED);
	free(more);
	ut_free(in);
	quote_plan_free(&plan);
}

/* One byte of a quote of version @version changed to @value */
struct change {
	int version, body;
	size_t at;
	int value;
	int want;
	const char *field;
};

#define TD_END 632	/* of the signed part of version 4 */

static const struct change changes[] = {
	{ 4, 0, 0, 2, WV_EVIDENCE_UNSUPPORTED, "quote.version" },
	{ 4, 0, 0, 6, WV_EVIDENCE_UNSUPPORTED, "quote.version" },
	{ 4, 0, 2, 3, WV_EVIDENCE_UNSUPPORTED, "quote.key_type" },
	{ 4, 0, 4, 0, WV_EVIDENCE_UNSUPPORTED, "quote.tee_type" },
	{ 3, 0, 4, 0x81, WV_EVIDENCE_UNSUPPORTED, "quote.tee_type" },
	{ 4, 0, 8, 1, WV_EVIDENCE_DAMAGED, "quote.header" },
	{ 5, 3, 10, 1, WV_EVIDENCE_DAMAGED, "quote.header" },
	{ 3, 0, 8, 1, WV_SIGNATURE_INVALID, NULL },
	{ 4, 0, 12, 0, WV_EVIDENCE_UNSUPPORTED, "quote.qe_vendor" },
	{ 5, 2, 48, 1, WV_EVIDENCE_UNSUPPORTED, "quote.body_type" },
	{ 5, 2, 48, 4, WV_EVIDENCE_UNSUPPORTED, "quote.body_type" },
	{ 5, 2, 48, 3, WV_EVIDENCE_DAMAGED, "quote.body_size" },
	{ 5, 3, 48, 2, WV_EVIDENCE_DAMAGED, "quote.body_size" },
	{ 5, 3, 50, 0x87, WV_EVIDENCE_DAMAGED, "quote.body_size" },
	/* reserved bytes of an enclave's report */
	{ 3, 0, 48 + 20, 1, WV_EVIDENCE_DAMAGED, "quote.body" },
	{ 3, 0, 48 + 96, 1, WV_EVIDENCE_DAMAGED, "quote.body" },
	{ 3, 0, 48 + 160, 1, WV_EVIDENCE_DAMAGED, "quote.body" },
	{ 3, 0, 48 + 262, 1, WV_EVIDENCE_DAMAGED, "quote.body" },
	/* the body, the header and the signature over both */
	{ 4, 0, 28, 1, WV_SIGNATURE_INVALID, "quote.signature" },
	{ 4, 0, 48 + TD_MRTD, 0, WV_SIGNATURE_INVALID, "quote.signature" },
	{ 4, 0, TD_END - 1, 0, WV_SIGNATURE_INVALID, "quote.signature" },
	{ 5, 3, 54 + TD_MRSERVICETD + 47, 1, WV_SIGNATURE_INVALID, "quote.signature" },
	/* sizes */
	{ 4, 0, TD_END, 0, WV_EVIDENCE_DAMAGED, NULL },
	{ 4, 0, TD_END + 3, 1, WV_EVIDENCE_DAMAGED, "quote.signature_size" },
	{ 4, 0, TD_END + 4 + 128, 5, WV_EVIDENCE_UNSUPPORTED, "quote.qe_certification_data" },
	{ 4, 0, TD_END + 4 + 130, 0, WV_EVIDENCE_DAMAGED, "quote.qe_certification_data" },
	/* report of the enclave that quotes, and what it vouches for */
	{ 4, 0, TD_END + 4 + 134, 0x55, WV_QE_SIGNATURE_INVALID, "quote.qe_signature" },
	{ 4, 0, TD_END + 4 + 134 + 20, 1, WV_EVIDENCE_DAMAGED, "quote.qe_report" },
	{ 4, 0, TD_END + 4 + 134 + 384 + 64, 33, WV_EVIDENCE_UNSUPPORTED,
	  "quote.certification_data" },
	{ 4, 0, TD_END + 4 + 134 + 384 + 66, 0, WV_QE_HASH_MISMATCH, "quote.qe_report" },
	{ 3, 0, 432 + 4 + 128, 0x55, WV_QE_SIGNATURE_INVALID, "quote.qe_signature" },
};

static void changed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		struct quote_plan plan;
		struct wv_fault fault;
		struct wv_bytes in;
		struct quote q;

		quote_plan_new(&plan, &pki, c->version, c->body);
		in = quote_make(&plan);
		((uint8_t *)in.data)[c->at] = (uint8_t)c->value;
		print_message("version %d, byte %zu\n", c->version, c->at);
		ut_reason(c->want, verify(in, &q, &fault), &fault);
		if (c->field)
			assert_string_equal(fault.field, c->field);
		ut_free(in);
		quote_plan_free(&plan);
	}
}

/* Two numbers below the order of the group sign, and no others. */
static void numbers(void **state)
{
	/* the order of P-256 */
	static const uint8_t n[32] = {
		0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
		0x25, 0x51,
	};
	static const size_t places[] = { TD_END + 4, TD_END + 4 + 134 + 384 };
	static const int reasons[] = { WV_SIGNATURE_INVALID, WV_QE_SIGNATURE_INVALID };
	struct quote_plan plan;
	struct wv_bytes in;
	size_t i, half;

	(void)state;
	quote_plan_new(&plan, &pki, 4, 0);
	in = quote_make(&plan);
	for (i = 0; i < 4; i++) {
		uint8_t *at = (uint8_t *)in.data + places[i / 2], keep[64], *part;
		struct wv_fault fault;
		struct quote q;

		half = 32 * (i % 2);
		memcpy(keep, at, 64);
		part = at + half;
		memset(part, 0, 32);
		ut_reason(reasons[i / 2], verify(in, &q, &fault), &fault);
		memcpy(part, n, 32);
		ut_reason(reasons[i / 2], verify(in, &q, &fault), &fault);
		memset(part, 0xff, 32);
		ut_reason(reasons[i / 2], verify(in, &q, &fault), &fault);
		memset(at, 0, 64);
		ut_reason(reasons[i / 2], verify(in, &q, &fault), &fault);
		memcpy(at, keep, 64);
		ut_reason(WV_OK, verify(in, &q, &fault), &fault);
	}
	ut_free(in);
	quote_plan_free(&plan);
}

/* The wrong keys in each place. */
static void keys(void **state)
{
	struct quote_plan plan;
	struct wv_fault fault;
	struct wv_bytes in;
	struct quote q;
	EVP_PKEY *other = EVP_EC_gen("P-256");

	(void)state;
	quote_plan_new(&plan, &pki, 4, 0);
	plan.bad_hash = true;
	in = quote_make(&plan);
	ut_reason(WV_QE_HASH_MISMATCH, verify(in, &q, &fault), &fault);
	ut_free(in);
	plan.bad_hash = false;
	plan.pck = other;
	in = quote_make(&plan);
	ut_reason(WV_QE_SIGNATURE_INVALID, verify(in, &q, &fault), &fault);
	ut_free(in);
	plan.pck = pki.pck_key;
	plan.off_curve = true;
	in = quote_make(&plan);
	ut_reason(WV_SIGNATURE_INVALID, verify(in, &q, &fault), &fault);
	assert_string_equal(fault.field, "quote.key");
	ut_free(in);
	plan.off_curve = false;
	plan.auth_len = 0;
	in = quote_make(&plan);
	ut_reason(WV_OK, verify(in, &q, &fault), &fault);
	ut_free(in);
	EVP_PKEY_free(other);
	quote_plan_free(&plan);
}

/* Certification data of other types, by name. */
static void types(void **state)
{
	struct quote_plan plan;
	struct wv_fault fault;
	struct wv_bytes in;
	struct quote q;
	uint16_t type;

	(void)state;
	for (type = 0; type <= 8; type++) {
		quote_plan_new(&plan, &pki, type % 2 ? 3 : 4, 0);
		plan.certs_type = type;
		in = quote_make(&plan);
		ut_reason(type == 5 ? WV_OK : type >= 1 && type <= 3 ? WV_PCK_ABSENT :
			  WV_EVIDENCE_UNSUPPORTED, verify(in, &q, &fault), &fault);
		ut_free(in);
		quote_plan_free(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),
		cmocka_unit_test(cut),
		cmocka_unit_test(padded),
		cmocka_unit_test(changed),
		cmocka_unit_test(numbers),
		cmocka_unit_test(keys),
		cmocka_unit_test(types),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
