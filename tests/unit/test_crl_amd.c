// SPDX-License-Identifier: MIT
/*
 * AMD's revocation lists, and a chain whose parts lie among the further items.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "intel_make.h"
#include "sim.h"

static struct sim_pki amd;

static int setup(void **state)
{
	(void)state;
	return sim_pki_make(&sim_default_recipe, NULL, &amd);
}

static int teardown(void **state)
{
	(void)state;
	sim_pki_free(&amd);
	return 0;
}

static struct wv_bytes text(const char *s)
{
	return (struct wv_bytes){ (const uint8_t *)s, strlen(s) };
}

/* A report under the simulator's chain, beside what the ARK publishes. */
static int with_list(struct crl_recipe *r, const char *rules, struct wv_verdict *v)
{
	struct wv_bytes list = r ? crl_make(r) : (struct wv_bytes){ NULL, 0 };
	struct wv_collateral c = { .items = &list, .item_count = r != NULL };
	struct wv_appraisal a = { .roots = wv_roots_new(), .now = (int64_t)time(NULL),
				  .collateral = &c };
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 1 }, *table;
	struct wv_policy *policy;
	struct wv_fault fault;
	struct sim_guest g;
	struct wv_bytes ark = sim_pem(amd.ark);
	size_t len;
	int rc;

	ut_reason(WV_OK, wv_policy_parse(text(rules), &policy, &fault), &fault);
	assert_int_equal(wv_roots_add((struct wv_roots *)a.roots, ark, NULL), WV_OK);
	a.policy = policy;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	sim_report(&g, &amd, data, report);
	table = sim_cert_table(&amd, &len);
	rc = wv_verify_snp((struct wv_bytes){ report, sizeof(report) },
			   (struct wv_bytes){ table, len }, (struct wv_bytes){ data, 64 }, &a, v);
	free(table);
	ut_free(ark);
	ut_free(list);
	wv_policy_free(policy);
	wv_roots_free((struct wv_roots *)a.roots);
	return rc;
}

/* The chain may lie among the items, too. */
static void chain_in_items(void **state)
{
	struct wv_bytes ask = sim_pem(amd.ask), ark = sim_pem(amd.ark), vek = sim_pem(amd.vek);
	struct wv_bytes items[2] = { ark, ask }, none = { NULL, 0 };
	struct wv_collateral c = { .vek = vek, .items = items, .item_count = 2 };
	struct wv_roots *roots = wv_roots_new();
	int64_t now = (int64_t)time(NULL);
	struct wv_vek_info info;
	struct wv_fault fault;
	struct wv_vek *out;

	(void)state;
	assert_int_equal(wv_roots_add(roots, ark, NULL), WV_OK);
	ut_reason(WV_OK, wv_vek_open(roots, &c, none, now, &out, &fault), &fault);
	wv_vek_info(out, &info);
	assert_int_equal(info.crl_checked, 0);
	wv_vek_free(out);
	c.item_count = 1;
	ut_reason(WV_COLLATERAL_MISSING, wv_vek_open(roots, &c, none, now, &out, &fault), &fault);
	wv_roots_free(roots);
	ut_free(ask);
	ut_free(ark);
	ut_free(vek);
}

#define RULES(more) "{\"ward-policy\":1,\"accept_unmeasured\":true," \
		    "\"allow_tee\":[\"simulated-snp\"]" more "}"
#define REQUIRED RULES(",\"collateral\":{\"crl\":\"required\"}")

static struct crl_recipe arks(void)
{
	int64_t now = (int64_t)time(NULL);

	return (struct crl_recipe){ .issuer = amd.ark, .key = amd.ark_key, .pss = true,
				    .from = now - INTEL_DAY, .to = now + INTEL_DAY };
}

static void amds(void **state)
{
	struct crl_recipe r = arks();
	struct wv_verdict v;

	(void)state;
	ut_reason(WV_OK, with_list(&r, REQUIRED, &v), &v.fault);
	assert_int_equal(v.vek.crl_checked, 1);
	assert_int_equal(v.warnings & WV_WARN_CRL_UNCHECKED, 0);
	ut_reason(WV_OK, with_list(NULL, RULES(""), &v), &v.fault);
	assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
	assert_int_equal(v.vek.crl_checked, 0);
	ut_reason(WV_CRL_MISSING, with_list(NULL, REQUIRED, &v), &v.fault);
	ut_reason(WV_OK, with_list(NULL, RULES(",\"collateral\":{\"crl\":\"if-given\"}"), &v),
		  &v.fault);
	r.revoked[r.revoked_count++] = amd.vek;
	ut_reason(WV_OK, with_list(&r, REQUIRED, &v), &v.fault);
	r.revoked[r.revoked_count++] = amd.ask;
	ut_reason(WV_CERTIFICATE_REVOKED, with_list(&r, RULES(""), &v), &v.fault);
	assert_string_equal(v.fault.field, "ASK");
}

static void amds_refused(void **state)
{
	struct crl_recipe r = arks();
	struct wv_verdict v;

	(void)state;
	r.key = amd.ask_key;		/* not by the ARK */
	ut_reason(WV_CRL_INVALID, with_list(&r, RULES(""), &v), &v.fault);
	r = arks();
	r.salt_len = 32;
	ut_reason(WV_CRL_INVALID, with_list(&r, RULES(""), &v), &v.fault);
	r = arks();
	r.md = EVP_sha256();
	ut_reason(WV_CRL_INVALID, with_list(&r, RULES(""), &v), &v.fault);
	r = arks();
	r.pss = false;			/* RSA with PKCS #1 v1.5 */
	r.md = EVP_sha384();
	ut_reason(WV_CRL_INVALID, with_list(&r, RULES(""), &v), &v.fault);
	r = arks();
	r.beside = true;		/* no two files are the same list */
	ut_reason(WV_CRL_INVALID, with_list(&r, RULES(""), &v), &v.fault);
	r = arks();
	r.to = r.from + 1;
	ut_reason(WV_COLLATERAL_EXPIRED, with_list(&r, RULES(""), &v), &v.fault);
	r = arks();
	r.issuer = amd.ask;		/* the ASK's own list revokes nobody here */
	r.key = amd.ask_key;
	ut_reason(WV_OK, with_list(&r, RULES(""), &v), &v.fault);
	assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
	ut_reason(WV_CRL_MISSING, with_list(&r, REQUIRED, &v), &v.fault);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_in_items),
		cmocka_unit_test(amds),
		cmocka_unit_test(amds_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
