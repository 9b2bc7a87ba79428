// SPDX-License-Identifier: MIT
/*
 * The member "collateral" of policies: a platform's status, and what is made of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intel_group.h"
#include "judge.h"
#include "pck.h"
#include "tcb.h"

#define ALL 7	/* bits of given() */

static struct wv_policy *policy(const char *member)
{
	char text[512];
	struct wv_policy *p;
	struct wv_fault fault;

	snprintf(text, sizeof(text), "{\"ward-policy\":1%s%s}", *member ? ",\"collateral\":" : "",
		 member);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p,
					 &fault), &fault);
	return p;
}

struct heard {
	size_t rules, refused;
	char first[64];
};

static void hear(void *context, const struct wv_rule *r)
{
	struct heard *h = context;

	h->rules++;
	if (r->held || h->refused++)
		return;
	snprintf(h->first, sizeof(h->first), "%s", r->name);
}

/**
 * struct given - a platform and what is known of it
 * @lag: by how much its SVNs are below the newest
 * @parts: 1 TCB info, 2 identity, 4 lists
 */
struct given {
	unsigned int lag;
	unsigned int parts;
	const char *levels;
	int64_t now;
};

static size_t items_of(const struct given *g, struct wv_bytes items[5])
{
	struct intel_doc d = intel_doc_default;
	size_t n = 0;

	d.levels = g->levels;
	if (g->parts & 1)
		items[n++] = intel_tcb_info(&pki, &d);
	if (g->parts & 2)
		items[n++] = intel_identity(&pki, &intel_doc_default);
	if (g->parts & 4) {
		struct crl_recipe r = { .issuer = pki.root, .key = pki.root_key,
					.from = INTEL_NOW - 20 * INTEL_DAY,
					.to = INTEL_NOW + 40 * INTEL_DAY };

		items[n++] = crl_make(&r);
		r.issuer = pki.ca;
		r.key = pki.ca_key;
		items[n++] = crl_make(&r);
	}
	items[n++] = intel_signers(&pki);
	return n;
}

static int appraise(const struct given *g, const char *member, wv_rule_fn each,
		    struct heard *h, struct wv_verdict *v)
{
	struct wv_policy *p = policy(member);
	struct wv_bytes items[5];
	struct wv_collateral c = { .items = items, .item_count = items_of(g, items) };
	struct wv_appraisal a = { .roots = wv_roots_new(), .policy = p, .collateral = &c,
				  .now = g->now ? g->now : INTEL_NOW, .rule = each,
				  .rule_context = h };
	X509 *chain[3] = { pki.pck, pki.ca, pki.root };
	struct wv_tdx tdx = { .body = 2 };
	struct wv_enclave qe = { .attributes = 0x15, .prod_id = 2, .svn = 4 };
	struct wv_tcb_status st;
	uint8_t report[384];
	struct wv_pck pck;
	struct judge j;
	int rc;

	intel_qe_report(true, 4, report);
	memcpy(qe.mr_signer, report + 128, 32);
	assert_int_equal(pck_read(pki.pck, &pck, NULL), WV_OK);
	memset(tdx.tee_tcb_svn, 5, 16);
	tdx.tee_tcb_svn[1] = 1;
	pck.pce_svn = (uint16_t)(pck.pce_svn - g->lag);
	assert_int_equal(judge_start(&j, &a, v), WV_OK);
	rc = tcb_appraise(&(struct tcb_platform){ .tdx = &tdx, .qe = &qe, .pck = &pck,
						  .chain = chain }, &j, &st);
	rc = judge_end(&j, rc);
	assert_int_equal(rc, v->fault.reason);
	while (c.item_count)
		ut_free(items[--c.item_count]);
	wv_policy_free(p);
	wv_roots_free((struct wv_roots *)a.roots);
	return rc;
}

/* The same answer whether somebody looks on or not, and the first refusal is the verdict. */
static void expect(int want, const struct given *g, const char *member, uint64_t warnings)
{
	struct wv_verdict v, told;
	struct heard h = { 0 };
	int rc = appraise(g, member, NULL, NULL, &v);

	if (rc != want)
		print_error("policy %s\n", member);
	ut_reason(want, rc, &v.fault);
	if (!rc)
		assert_int_equal(v.warnings, warnings);
	assert_int_equal(appraise(g, member, hear, &h, &told), want);
	assert_string_equal(told.fault.field, v.fault.field);
	assert_string_equal(told.fault.text, v.fault.text);
}

#define CRL WV_WARN_CRL_UNCHECKED
#define DOC WV_WARN_COLLATERAL_UNCHECKED

static void what_must_be_there(void **state)
{
	static const struct {
		const char *member;
		int rc[4];	/* nothing, TCB info, identity, both: never lists */
	} rows[] = {
		{ "", { WV_OK, WV_OK, WV_OK, WV_OK } },
		{ "{}", { WV_OK, WV_OK, WV_OK, WV_OK } },
		{ "{\"crl\":\"if-given\"}", { WV_OK, WV_OK, WV_OK, WV_OK } },
		{ "{\"crl\":\"required\"}", { WV_CRL_MISSING, WV_CRL_MISSING, WV_CRL_MISSING,
					      WV_CRL_MISSING } },
#define PINS { WV_COLLATERAL_MISSING, WV_COLLATERAL_MISSING, WV_COLLATERAL_MISSING, WV_OK }
		{ "{\"tcb_status\":[\"UpToDate\"]}", PINS },
		{ "{\"grace_days\":1}", PINS },
		{ "{\"max_age_days\":30}", PINS },
		{ "{\"advisories_accepted\":[\"INTEL-SA-00615\"]}", PINS },
		{ "{\"advisories_refused\":[\"INTEL-SA-00615\"]}", PINS },
	};
	unsigned int parts;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (parts = 0; parts < 4; parts++)
			expect(rows[i].rc[parts], &(struct given){ .parts = parts }, rows[i].member,
			       CRL | (parts == 3 ? 0 : DOC));
	expect(WV_OK, &(struct given){ .parts = ALL },
	       "{\"crl\":\"required\",\"tcb_status\":[\"UpToDate\"]}", 0);
}

/* Up to date alone, unless the policy says otherwise; revoked never. */
static void statuses(void **state)
{
	static const char *const words[] = {
		"UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
		"ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
		"Revoked",
	};
	struct given g = { .parts = ALL };
	char member[128];
	size_t i, k;

	(void)state;
	for (i = 0; i < 7; i++) {
		char *levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", words[i], NULL);
		int refused = i == 6 ? WV_TCB_LEVEL_REVOKED : WV_TCB_STATUS_REFUSED;

		g.levels = levels;
		expect(i ? refused : WV_OK, &g, "", 0);
		for (k = 0; k < 6; k++) {
			snprintf(member, sizeof(member), "{\"tcb_status\":[\"%s\"]}", words[k]);
			expect(i == k ? WV_OK : refused, &g, member, 0);
		}
		free(levels);
	}
}

/* The level came out on 2025-05-14: 232 days before. */
static void grace(void **state)
{
	struct given g = { .parts = ALL, .lag = 1 };
	char *levels, *old;

	(void)state;
	expect(WV_TCB_STATUS_REFUSED, &g, "", 0);
	expect(WV_TCB_STATUS_REFUSED, &g, "{\"grace_days\":0}", 0);
	expect(WV_TCB_STATUS_REFUSED, &g, "{\"grace_days\":231}", 0);
	expect(WV_OK, &g, "{\"grace_days\":232}", 0);
	expect(WV_TCB_STATUS_REFUSED, &g,
	       "{\"grace_days\":232,\"tcb_status\":[\"SWHardeningNeeded\"]}", 0);
	expect(WV_OK, &g, "{\"tcb_status\":[\"OutOfDate\"]}", 0);
	/* Out of date as nothing is newer: since when cannot be told. */
	g.lag = 0;
	g.levels = levels = intel_level(true, 5, 13, "2025-12-14T00:00:00Z", "OutOfDate", NULL);
	expect(WV_TCB_STATUS_REFUSED, &g, "{\"grace_days\":3650}", 0);
	free(levels);
	/* Two updates behind: the first counts. What remains must be accepted. */
	g.lag = 2;
	levels = intel_level(true, 5, 13, "2025-12-14T00:00:00Z", "UpToDate", NULL);
	old = intel_level(true, 5, 12, "2025-11-14T00:00:00Z", "OutOfDate", NULL);
	levels = realloc(levels, 3 * strlen(levels) + 1024);
	assert_non_null(levels);
	strcat(strcat(levels, ","), old);
	free(old);
	old = intel_level(true, 5, 11, "2025-10-14T00:00:00Z", "OutOfDateConfigurationNeeded", NULL);
	strcat(strcat(levels, ","), old);
	free(old);
	g.levels = levels;
	expect(WV_TCB_STATUS_REFUSED, &g,
	       "{\"grace_days\":47,\"tcb_status\":[\"ConfigurationNeeded\"]}", 0);
	expect(WV_OK, &g, "{\"grace_days\":48,\"tcb_status\":[\"ConfigurationNeeded\"]}", 0);
	expect(WV_TCB_STATUS_REFUSED, &g, "{\"grace_days\":48}", 0);
	free(levels);
}

static void advisories(void **state)
{
	struct given g = { .parts = ALL };
	char *levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", "SWHardeningNeeded",
				   "\"INTEL-SA-1\",\"INTEL-SA-2\"");

	(void)state;
	g.levels = levels;
#define SW(more) "{\"tcb_status\":[\"SWHardeningNeeded\"]," more "}"
	expect(WV_OK, &g, SW("\"advisories_accepted\":[\"INTEL-SA-2\",\"INTEL-SA-3\",\"INTEL-SA-1\"]"),
	       0);
	expect(WV_ADVISORY_REFUSED, &g, SW("\"advisories_accepted\":[\"INTEL-SA-2\"]"), 0);
	expect(WV_ADVISORY_REFUSED, &g, SW("\"advisories_refused\":[\"INTEL-SA-2\"]"), 0);
	expect(WV_OK, &g, SW("\"advisories_refused\":[\"INTEL-SA-20\",\"INTEL-SA\"]"), 0);
	free(levels);
}

static void age(void **state)
{
	struct given g = { .parts = ALL };

	(void)state;
	expect(WV_OK, &g, "{\"max_age_days\":12}", 0);	/* issued 11 days and 14 hours before */
	expect(WV_COLLATERAL_AGED, &g, "{\"max_age_days\":11}", 0);
}

/* One asks for every rule: all that do not hold are told of, and the first one counts. */
static void all_are_told(void **state)
{
	struct given g = { .parts = ALL, .lag = 1 };
	struct heard h = { 0 };
	struct wv_verdict v;

	(void)state;
	assert_int_equal(appraise(&g, "{\"crl\":\"required\",\"max_age_days\":1,\"tcb_status\":"
				  "[\"UpToDate\"],\"advisories_refused\":[\"INTEL-SA-00837\"]}",
				  hear, &h, &v), WV_TCB_STATUS_REFUSED);
	assert_int_equal(h.rules, 5);
	assert_int_equal(h.refused, 3);
	assert_string_equal(h.first, "collateral.tcb_status");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_must_be_there),
		cmocka_unit_test(statuses),
		cmocka_unit_test(grace),
		cmocka_unit_test(advisories),
		cmocka_unit_test(age),
		cmocka_unit_test(all_are_told),
	};

	return cmocka_run_group_tests(tests, intel_setup, intel_teardown);
}
