// SPDX-License-Identifier: MIT
/*
 * Nitro documents under a root that the test makes: what is accepted of them, and every
 * way in which one is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cose_make.h"
#include "intel_make.h"

#define HEX48(d) d d d d d d d d d d d d d d d d d d d d d d d d \
		 d d d d d d d d d d d d d d d d d d d d d d d d
#define ANYHOW	"\"allow_tee\":[\"nitro\"],\"accept_unmeasured\":true"
#define IMAGE	"\"allow_tee\":[\"nitro\"],\"nitro\":{\"pcrs\":{\"0\":[\"" HEX48("10") "\"]}}"

static struct nitro_pki pki;
static struct wv_roots *roots;
static uint8_t data[64];
static const struct wv_bytes user_data = { data, sizeof(data) };

static struct wv_roots *trusting(const struct nitro_pki *p)
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
	memset(data, 0xd7, sizeof(data));
	nitro_pki_make(&nitro_default, &pki);
	roots = trusting(&pki);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wv_roots_free(roots);
	nitro_pki_free(&pki);
	return 0;
}

/* @rules: members of a policy; @challenge: absent = none. */
static int judge(struct wv_bytes document, const struct wv_roots *r, const char *rules,
		 struct wv_bytes challenge, int64_t now, struct wv_verdict *v)
{
	struct wv_evidence e = { .tee = "nitro", .data = document };
	struct wv_appraisal a = { .roots = r, .now = now };
	struct wv_policy *policy;
	char text[2048];
	struct wv_fault fault;
	int rc;

	snprintf(text, sizeof(text), "{\"ward-policy\":1,%s}", rules);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &policy,
					 &fault), &fault);
	a.policy = policy;
	rc = wv_verify_evidence(&e, challenge, &a, v);
	wv_policy_free(policy);
	return rc;
}

static void refused(const struct nitro_plan *plan, const char *rules, int reason,
		    const char *field)
{
	struct wv_bytes doc = nitro_make(&pki, plan);
	struct wv_verdict v;

	ut_reason(reason, judge(doc, roots, rules, user_data, COSE_NOW, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
	ut_free(doc);
}

static void sound(void **state)
{
	static const struct nitro_plan forms[] = {
		{ .user_data = { data, sizeof(data) } },
		{ .user_data = { data, sizeof(data) }, .open = true },
		{ .user_data = { data, sizeof(data) }, .registers = 24 },
		{ .user_data = { data, sizeof(data) }, .registers = 32 },
		{ .nonce = { data, sizeof(data) } },
	};
	struct wv_verdict v;
	struct wv_bytes doc;
	char *json;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		doc = nitro_make(&pki, &forms[i]);
		assert_string_equal(wv_evidence_find(doc), "nitro");
		ut_reason(WV_OK, judge(doc, roots, IMAGE, user_data, COSE_NOW, &v), &v.fault);
		assert_int_equal(v.measured, 1);
		assert_int_equal(v.have, WV_HAVE_NITRO);
		assert_int_equal(v.warnings, WV_WARN_NAMED_ROOT | WV_WARN_CRL_UNCHECKED);
		ut_reason(WV_CRL_MISSING, judge(doc, roots, IMAGE ",\"collateral\":{\"crl\":\"required\"}",
						user_data, COSE_NOW, &v), &v.fault);
		ut_reason(WV_OK, judge(doc, roots, IMAGE, user_data, COSE_NOW, &v), &v.fault);
		assert_int_equal(v.nitro.named_root, 1);
		assert_string_equal(v.nitro.issued_by[1], "aws.nitro-enclaves");
		assert_true(v.nitro.timestamp_ms == (uint64_t)COSE_NOW * 1000 + 250);
		assert_true(v.nitro.pcr_there == (forms[i].registers == 32 ? 0xffffffff :
						  forms[i].registers ? 0xffffff : 0xffff));
		assert_int_equal(v.nitro.pcr[4][47], 0x14);
		json = wv_verdict_json(&v);
		assert_non_null(strstr(json, "\"module_id\": \"i-0123456789abcdef0-enc"));
		assert_non_null(strstr(json, "\"root\": \"aws.nitro-enclaves\""));
		free(json);
		ut_free(doc);
	}
}

static void own_time(void **state)
{
	struct nitro_plan plan = { .user_data = user_data };
	struct wv_bytes doc = nitro_make(&pki, &plan);
	struct wv_evidence e = { .tee = "nitro", .data = doc }, other = { .tee = "snp" };
	struct wv_fault fault;
	int64_t at;

	(void)state;
	ut_reason(WV_OK, wv_evidence_time(&e, &at, &fault), &fault);
	assert_true(at == COSE_NOW);
	ut_reason(WV_NO_OWN_TIME, wv_evidence_time(&other, &at, &fault), &fault);
	e.data.len--;
	ut_reason(WV_EVIDENCE_DAMAGED, wv_evidence_time(&e, &at, &fault), &fault);
	ut_free(doc);
}

static void policy_decides(void **state)
{
	struct nitro_plan plan = { .user_data = user_data };
	struct nitro_plan debug = { .user_data = user_data, .debug = true };
	struct wv_bytes doc = nitro_make(&pki, &plan);
	struct wv_verdict v;

	(void)state;
	refused(&plan, "\"accept_unmeasured\":true", WV_TEE_REFUSED, "evidence.tee");
	refused(&plan, "\"allow_tee\":[\"nitro\"]", WV_GUEST_UNMEASURED, NULL);
	/* Where it runs does not tell what runs; nor does the kernel alone. */
	refused(&plan, "\"allow_tee\":[\"nitro\"],\"nitro\":{\"pcrs\":{\"4\":[\"" HEX48("14") "\"]}}",
		WV_GUEST_UNMEASURED, NULL);
	refused(&plan, "\"allow_tee\":[\"nitro\"],\"nitro\":{\"pcrs\":{\"1\":[\"" HEX48("11") "\"]}}",
		WV_GUEST_UNMEASURED, NULL);
	ut_reason(WV_OK, judge(doc, roots, "\"allow_tee\":[\"nitro\"],\"nitro\":{\"pcrs\":{"
			       "\"1\":[\"" HEX48("11") "\"],\"2\":[\"" HEX48("00") "\",\""
			       HEX48("12") "\"]}}", user_data, COSE_NOW, &v), &v.fault);
	assert_int_equal(v.measured, 1);
	refused(&plan, "\"allow_tee\":[\"nitro\"],\"nitro\":{\"pcrs\":{\"0\":[\"" HEX48("11") "\"]}}",
		WV_PCR_MISMATCH, "payload.pcrs.0");
	refused(&plan, "\"allow_tee\":[\"nitro\"],\"nitro\":{\"pcrs\":{\"20\":[\"" HEX48("24") "\"]}}",
		WV_PCR_MISSING, "payload.pcrs.20");
	refused(&plan, ANYHOW ",\"nitro\":{\"module_id\":[\"i-1\"]}", WV_IDENTITY_REFUSED,
		"payload.module_id");
	ut_reason(WV_OK, judge(doc, roots, ANYHOW ",\"nitro\":{\"module_id\":[\"i-1\","
			       "\"i-0123456789abcdef0-enc0123456789abcdef\"]}", user_data, COSE_NOW,
			       &v), &v.fault);
	ut_free(doc);
	/* Zeroes that are pinned are an enclave in debug mode all the same. */
	refused(&debug, ANYHOW ",\"nitro\":{\"pcrs\":{\"0\":[\"" HEX48("00") "\"]}}",
		WV_DEBUG_ALLOWED, "payload.pcrs");
	doc = nitro_make(&pki, &debug);
	ut_reason(WV_OK, judge(doc, roots, ANYHOW ",\"allow_debug\":true", user_data, COSE_NOW, &v),
		  &v.fault);
	assert_true(v.warnings & WV_WARN_DEBUG);
	ut_free(doc);
	refused(&debug, "\"allow_tee\":[\"nitro\"],\"allow_debug\":true,\"nitro\":{\"pcrs\":{\"0\":[\""
		HEX48("00") "\"]}}", WV_GUEST_UNMEASURED, NULL);
}

static void fresh(void **state)
{
	uint8_t other[64] = { 1 };
	struct nitro_plan plan = { .user_data = user_data, .nonce = { other, 20 } }, none = { .open = 0 };
	struct wv_bytes doc = nitro_make(&pki, &plan), nothing = { NULL, 0 };
	struct wv_verdict v;

	(void)state;
	/* Either of the two places answers; a part of one or its beginning does not. */
	ut_reason(WV_OK, judge(doc, roots, IMAGE, user_data, COSE_NOW, &v), &v.fault);
	ut_reason(WV_OK, judge(doc, roots, IMAGE, plan.nonce, COSE_NOW, &v), &v.fault);
	ut_reason(WV_REPORT_DATA_MISMATCH,
		  judge(doc, roots, IMAGE, (struct wv_bytes){ other, 19 }, COSE_NOW, &v), &v.fault);
	ut_reason(WV_REPORT_DATA_MISMATCH,
		  judge(doc, roots, IMAGE, (struct wv_bytes){ other, 64 }, COSE_NOW, &v), &v.fault);
	ut_reason(WV_REPORT_DATA_MISMATCH,
		  judge(doc, roots, IMAGE, (struct wv_bytes){ data, 20 }, COSE_NOW, &v), &v.fault);
	ut_reason(WV_OK, judge(doc, roots, IMAGE, nothing, COSE_NOW, &v), &v.fault);
	assert_true(v.warnings & WV_WARN_NONCE_UNCHECKED);
	ut_free(doc);
	refused(&none, IMAGE, WV_REPORT_DATA_MISMATCH, NULL);
}

static void chains(void **state)
{
	struct nitro_recipe r[] = { nitro_default, nitro_default, nitro_default, nitro_default,
				    nitro_default, nitro_default, nitro_default };
	const int reasons[] = { WV_CHAIN_INVALID, WV_CHAIN_INVALID, WV_CHAIN_INVALID,
				WV_CHAIN_INVALID, WV_CERTIFICATE_EXPIRED, WV_CERTIFICATE_EXPIRED,
				WV_CERTIFICATE_NOT_YET };
	const char *const fields[] = { "chain[1]", "chain[0]", "chain[0]", "chain[2]", "chain[2]",
				       "chain[1]", "chain[0]" };
	struct nitro_plan plan = { .user_data = user_data };
	struct nitro_pki p;
	struct wv_roots *trust;
	struct wv_verdict v;
	struct wv_bytes doc;

	(void)state;
	r[0].zone_no_ca = true;
	r[1].leaf_ca = true;
	r[2].critical = true;
	r[3].root_pathlen = 0;
	r[4].dated = 1;
	r[4].to = COSE_NOW - 1;
	r[5].dated = 2;
	r[5].to = COSE_NOW - 1;
	r[6].dated = 3;
	r[6].from = COSE_NOW + 1;
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		nitro_pki_make(&r[i], &p);
		trust = trusting(&p);
		doc = nitro_make(&p, &plan);
		ut_reason(reasons[i], judge(doc, trust, IMAGE, user_data, COSE_NOW, &v), &v.fault);
		assert_string_equal(v.fault.field, fields[i]);
		ut_free(doc);
		wv_roots_free(trust);
		nitro_pki_free(&p);
	}
}

/* AWS's names, somebody else's keys, the chain sent along: names count for nothing. */
static void forged(void **state)
{
	struct nitro_plan plan = { .user_data = user_data };
	struct wv_roots *built_in = wv_roots_new();
	struct nitro_pki other;
	struct wv_bytes doc;
	struct wv_verdict v;

	(void)state;
	nitro_pki_make(&nitro_default, &other);
	doc = nitro_make(&other, &plan);
	ut_reason(WV_CHAIN_UNTRUSTED, judge(doc, built_in, IMAGE, user_data, COSE_NOW, &v),
		  &v.fault);
	ut_reason(WV_CHAIN_UNTRUSTED, judge(doc, roots, IMAGE, user_data, COSE_NOW, &v), &v.fault);
	ut_free(doc);
	/* Without its root in the bundle the one that was named is tried, and did not sign. */
	plan.no_root = true;
	doc = nitro_make(&other, &plan);
	ut_reason(WV_CHAIN_INVALID, judge(doc, roots, IMAGE, user_data, COSE_NOW, &v), &v.fault);
	ut_reason(WV_COLLATERAL_MISSING, judge(doc, built_in, IMAGE, user_data, COSE_NOW, &v),
		  &v.fault);
	ut_free(doc);
	doc = nitro_make(&pki, &plan);
	ut_reason(WV_OK, judge(doc, roots, IMAGE, user_data, COSE_NOW, &v), &v.fault);
	ut_free(doc);
	/* Signed by a CA of the chain, not by the leaf. */
	plan.cose.key = pki.zone_key;
	refused(&plan, IMAGE, WV_SIGNATURE_INVALID, "document.signature");
	wv_roots_free(built_in);
	nitro_pki_free(&other);
}

static void cose_refused(void **state)
{
	struct nitro_plan p = { .user_data = user_data };
	EVP_PKEY *p256 = EVP_EC_gen("P-256"), *p521 = EVP_EC_gen("P-521");

	(void)state;
	p.cose.alg = -7;
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.protected");
	p.cose.alg = -37;	/* PS256 */
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.protected");
	p.cose = (struct cose_plan){ .no_alg = true };
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.protected");
	p.cose.alg_outside = true;
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.unprotected");
	p.cose = (struct cose_plan){ .alg_outside = true };
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.unprotected");
	p.cose = (struct cose_plan){ .crit = true };
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.protected");
	p.cose = (struct cose_plan){ .tag = 18 };
	refused(&p, IMAGE, WV_EVIDENCE_DAMAGED, "document");
	p.cose = (struct cose_plan){ .zero_r = true };
	refused(&p, IMAGE, WV_SIGNATURE_INVALID, "document.signature");
	p.cose = (struct cose_plan){ .order_s = true };
	refused(&p, IMAGE, WV_SIGNATURE_INVALID, "document.signature");
	p.cose = (struct cose_plan){ .longer = 1 };
	refused(&p, IMAGE, WV_SIGNATURE_INVALID, "document.signature");
	/* Signed on a curve that is not the certificate's. */
	p.cose = (struct cose_plan){ .key = p256 };
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.protected");
	p.cose = (struct cose_plan){ .key = p521 };
	refused(&p, IMAGE, WV_COSE_ALGORITHM, "document.protected");
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p521);
}

static void form_refused(void **state)
{
	static const char *const needed[] = { "module_id", "digest", "timestamp", "pcrs",
					      "certificate", "cabundle" };
	struct nitro_plan p = { .user_data = user_data };
	char field[64];

	(void)state;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		snprintf(field, sizeof(field), "payload.%s", needed[i]);
		p = (struct nitro_plan){ .user_data = user_data, .without = needed[i] };
		refused(&p, IMAGE, WV_EVIDENCE_DAMAGED, field);
		p = (struct nitro_plan){ .user_data = user_data, .twice = needed[i] };
		refused(&p, IMAGE, WV_EVIDENCE_DAMAGED, "payload");
		p.open = true;
		refused(&p, IMAGE, WV_EVIDENCE_DAMAGED, "payload");
	}
	p = (struct nitro_plan){ .user_data = user_data, .digest = "SHA256" };
	refused(&p, IMAGE, WV_EVIDENCE_DAMAGED, "payload.digest");
	p = (struct nitro_plan){ .user_data = user_data, .registers = 33 };
	refused(&p, IMAGE, WV_EVIDENCE_DAMAGED, "payload.pcrs");
	p = (struct nitro_plan){ .user_data = user_data, .registers = 2 };
	refused(&p, IMAGE, WV_EVIDENCE_DAMAGED, "payload.pcrs");
}

/* No byte of a document is without a signature over it. */
static void every_byte(void **state)
{
	struct nitro_plan plan = { .user_data = user_data };
	struct wv_bytes doc = nitro_make(&pki, &plan);
	uint8_t *bytes = (uint8_t *)doc.data;
	struct wv_verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < doc.len; i++) {
		bytes[i] ^= (uint8_t)(1u << (i * 5) % 8);
		if (!judge(doc, roots, IMAGE, user_data, COSE_NOW, &v))
			fail_msg("byte %zu of %zu can be changed", i, doc.len);
		bytes[i] ^= (uint8_t)(1u << (i * 5) % 8);
	}
	assert_int_equal(judge((struct wv_bytes){ NULL, 0 }, roots, IMAGE, user_data, COSE_NOW, &v),
			 WV_EVIDENCE_DAMAGED);
	for (i = 0; i < doc.len; i++)
		if (!judge((struct wv_bytes){ bytes, i }, roots, IMAGE, user_data, COSE_NOW, &v))
			fail_msg("the first %zu bytes of %zu do", i, doc.len);
	ut_free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),
		cmocka_unit_test(own_time),
		cmocka_unit_test(policy_decides),
		cmocka_unit_test(fresh),
		cmocka_unit_test(chains),
		cmocka_unit_test(forged),
		cmocka_unit_test(cose_refused),
		cmocka_unit_test(form_refused),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
