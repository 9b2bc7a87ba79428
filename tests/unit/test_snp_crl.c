// SPDX-License-Identifier: MIT
/*
 * AMD's revocation lists, made under a test ARK: they name ASKs and ASVKs.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crl_make.h"
#include "sim.h"

static struct sim_pki pki, other;
static struct wv_roots *roots;
static struct wv_policy *if_given, *required;
static uint8_t report[WV_SNP_REPORT_SIZE], *table;
static size_t table_len;
static int64_t now;

static struct wv_policy *policy_of(const char *crl)
{
	struct wv_policy *p;
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_tee\":[\"simulated-snp\"],"
		 "\"collateral\":{\"crl\":\"%s\"}}", crl);
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p,
					 NULL), WV_OK);
	return p;
}

static int setup(void **state)
{
	uint8_t data[64] = { 3 };
	struct wv_bytes ark;
	struct sim_guest g;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki) ||
	    sim_pki_make(&sim_default_recipe, NULL, &other))
		return -1;
	now = (int64_t)time(NULL);
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	sim_report(&g, &pki, data, report);
	table = sim_cert_table(&pki, &table_len);
	roots = wv_roots_new();
	ark = sim_pem(pki.ark);
	assert_int_equal(wv_roots_add(roots, ark, NULL), WV_OK);
	ut_free(ark);
	if_given = policy_of("if-given");
	required = policy_of("required");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wv_policy_free(if_given);
	wv_policy_free(required);
	wv_roots_free(roots);
	free(table);
	sim_pki_free(&pki);
	sim_pki_free(&other);
	return 0;
}

static int judge(const struct wv_bytes *items, size_t count, const struct wv_policy *policy,
		 const struct wv_vek *vek, struct wv_verdict *v)
{
	struct wv_collateral c = { .items = items, .item_count = count };
	struct wv_appraisal a = { .roots = roots, .policy = policy, .collateral = &c, .now = now,
				  .vek = vek };

	return wv_verify_snp((struct wv_bytes){ report, sizeof(report) },
			     (struct wv_bytes){ table, table_len }, (struct wv_bytes){ NULL, 0 },
			     &a, v);
}

struct list {
	const char *what;
	int want, want_required;	/* by a policy that takes, or asks for a list */
	int revokes;			/* 1 the ASK, 2 the other chain's ASK */
	bool by_other_key, by_other, as_intel;
	long from, to;
	int salt_len;
	bool critical;
};

#define DAY 86400L

static const struct list lists[] = {
	{ .what = "names nothing", .from = -DAY, .to = DAY },
	{ .what = "names another ASK", .from = -DAY, .to = DAY, .revokes = 2 },
	{ .what = "names the ASK", .want = WV_CERTIFICATE_REVOKED,
	  .want_required = WV_CERTIFICATE_REVOKED, .from = -DAY, .to = DAY, .revokes = 1 },
	{ .what = "not by the ARK, under its name", .want = WV_CRL_INVALID,
	  .want_required = WV_CRL_INVALID, .from = -DAY, .to = DAY, .by_other_key = true },
	{ .what = "names the ASK, not by the ARK", .want = WV_CRL_INVALID,
	  .want_required = WV_CRL_INVALID, .from = -DAY, .to = DAY, .by_other_key = true,
	  .revokes = 1 },
	{ .what = "PKCS #1 or ECDSA, not PSS", .want = WV_CRL_INVALID,
	  .want_required = WV_CRL_INVALID, .from = -DAY, .to = DAY, .as_intel = true },
	{ .what = "a salt of 32 bytes", .want = WV_CRL_INVALID, .want_required = WV_CRL_INVALID,
	  .from = -DAY, .to = DAY, .salt_len = 32 },
	{ .what = "a critical extension that nobody knows", .want = WV_CRL_INVALID,
	  .want_required = WV_CRL_INVALID, .from = -DAY, .to = DAY, .critical = true },
	{ .what = "has ended", .want = WV_COLLATERAL_EXPIRED,
	  .want_required = WV_COLLATERAL_EXPIRED, .from = -2 * DAY, .to = -DAY },
	{ .what = "begins later", .want = WV_CLOCK_SUSPECT,
	  .want_required = WV_CLOCK_SUSPECT, .from = DAY, .to = 2 * DAY },
};

static struct wv_bytes list_of(const struct list *l)
{
	struct crl_recipe r = {
		.issuer = pki.ark, .key = l->by_other_key ? other.ark_key : pki.ark_key,
		.pss = !l->as_intel, .salt_len = l->salt_len, .from = now + l->from,
		.to = now + l->to, .critical = l->critical, .revoked_count = l->revokes != 0,
		.revoked = { l->revokes == 2 ? other.ask : pki.ask },
	};

	return crl_make(&r);
}

static void judged(void **state)
{
	struct wv_verdict v;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct wv_bytes der = list_of(&lists[i]), pem = crl_pem(der);

		rc = judge(&der, 1, if_given, NULL, &v);
		if (rc != lists[i].want)
			print_error("a list that %s\n", lists[i].what);
		ut_reason(lists[i].want, rc, &v.fault);
		assert_int_equal(!!(v.warnings & WV_WARN_CRL_UNCHECKED), 0);
		assert_int_equal(wv_reason_exit(rc) == 4, rc == WV_CERTIFICATE_REVOKED ||
				 rc == WV_CRL_INVALID);
		ut_reason(lists[i].want, judge(&pem, 1, if_given, NULL, &v), &v.fault);
		ut_reason(lists[i].want_required, judge(&der, 1, required, NULL, &v), &v.fault);
		ut_free(der);
		ut_free(pem);
	}
}

/* None, or another root's: a warning, or a refusal where the policy asks for one. */
static void missing(void **state)
{
	struct crl_recipe r = { .issuer = other.ask, .key = other.ask_key, .pss = true,
				.from = now - DAY, .to = now + DAY };
	struct wv_bytes der = crl_make(&r);
	struct wv_verdict v;

	(void)state;
	ut_reason(WV_OK, judge(NULL, 0, if_given, NULL, &v), &v.fault);
	assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
	ut_reason(WV_CRL_MISSING, judge(NULL, 0, required, NULL, &v), &v.fault);
	ut_reason(WV_OK, judge(&der, 1, if_given, NULL, &v), &v.fault);
	assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
	ut_reason(WV_CRL_MISSING, judge(&der, 1, required, NULL, &v), &v.fault);
	ut_free(der);
}

/* A VEK opened without a list does not do where the policy asks for one. */
static void warm(void **state)
{
	struct wv_bytes der = list_of(&lists[0]), revoking = list_of(&lists[2]);
	struct wv_collateral c = { .items = &der, .item_count = 1 };
	struct wv_bytes t = { table, table_len };
	struct wv_vek *without, *with;
	struct wv_verdict v;

	(void)state;
	ut_reason(WV_OK, wv_vek_open(roots, NULL, t, now, &without, &v.fault), &v.fault);
	ut_reason(WV_OK, wv_vek_open(roots, &c, t, now, &with, &v.fault), &v.fault);
	ut_reason(WV_OK, judge(NULL, 0, if_given, without, &v), &v.fault);
	assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
	ut_reason(WV_CRL_MISSING, judge(NULL, 0, required, without, &v), &v.fault);
	ut_reason(WV_OK, judge(NULL, 0, required, with, &v), &v.fault);
	ut_reason(WV_OK, judge(&der, 1, required, without, &v), &v.fault);
	ut_reason(WV_CERTIFICATE_REVOKED, judge(&revoking, 1, required, without, &v), &v.fault);
	wv_vek_free(without);
	wv_vek_free(with);
	ut_free(der);
	ut_free(revoking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judged), cmocka_unit_test(missing), cmocka_unit_test(warm),
	};

	return cmocka_run_group_tests_name("snp crl", tests, setup, teardown);
}
