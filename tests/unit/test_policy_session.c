// SPDX-License-Identifier: MIT
/*
 * What a policy accepts of a session: memory, records, module, namespace, age; each at
 * its boundary, and policies that can never hold.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define M48 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define HEAD "{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"],\"measurement\":[\"" M48 "\"],"
#define B20 "0102030405060708090a0b0c0d0e0f1011121314"

static struct sim_pki pki;
static struct wv_roots *roots;
static int64_t now;

static int setup(void **state)
{
	struct wv_bytes ark;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki))
		return -1;
	now = (int64_t)time(NULL);
	roots = wv_roots_new();
	ark = sim_pem(pki.ark);
	ut_reason(WV_OK, wv_roots_add(roots, ark, NULL), NULL);
	ut_free(ark);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wv_roots_free(roots);
	sim_pki_free(&pki);
	return 0;
}

static struct wv_policy *policy(const char *more)
{
	char text[1024];
	struct wv_fault fault;
	struct wv_policy *p;

	snprintf(text, sizeof(text), HEAD "%s}", more);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p,
					 &fault), &fault);
	return p;
}

static void expect_at(const struct sim_guest *g, const char *more, int want, const char *field,
		      int line)
{
	struct wv_appraisal a = { .roots = roots, .now = now };
	struct wv_bytes bundle = sim_bundle(g, &pki);
	struct wv_policy *p = policy(more);
	struct wv_verdict v;
	int rc;

	a.policy = p;
	rc = wv_verify_bundle(bundle, &a, &v);
	if (rc != want || (field && strcmp(v.fault.field, field)))
		fail_msg("line %d: %d (%s) in %s, not %d: %s", line, rc, wv_reason_text(rc),
			 v.fault.field, want, v.fault.text);
	wv_policy_free(p);
	ut_free(bundle);
}
#define expect(g, more, want, field) expect_at(g, more, want, field, __LINE__)

static void ledger(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.live_a = htole64(4096);
	g.claims.peak_a = htole64(8192);
	expect(&g, "\"ledger\":{\"max_live_bytes\":4096,\"max_peak_bytes\":8192}", WV_OK, NULL);
	expect(&g, "\"ledger\":{\"max_live_bytes\":4095}", WV_LEDGER_REFUSED, "claims.live_a");
	expect(&g, "\"ledger\":{\"max_live_bytes\":0}", WV_LEDGER_REFUSED, "claims.live_a");
	expect(&g, "\"ledger\":{\"max_peak_bytes\":8191}", WV_LEDGER_REFUSED, "claims.peak_a");
	expect(&g, "\"ledger\":{\"shared\":\"refuse\",\"class_b\":\"refuse\"}", WV_OK, NULL);
	g.claims.peak_shared = htole64(1);
	expect(&g, "\"ledger\":{\"shared\":\"refuse\"}", WV_LEDGER_REFUSED, "claims.peak_shared");
	expect(&g, "\"ledger\":{\"shared\":\"allow\"}", WV_OK, NULL);
	expect(&g, "\"ledger\":{\"max_peak_bytes\":8192}", WV_LEDGER_REFUSED, "claims.peak_a");
	g.claims.peak_shared = htole64(UINT64_MAX);
	expect(&g, "\"ledger\":{\"max_peak_bytes\":8192}", WV_LEDGER_REFUSED, "claims.peak_a");
	g.claims.unpinned_buffers = htole64(1);
	expect(&g, "\"ledger\":{\"class_b\":\"refuse\"}", WV_LEDGER_REFUSED, "claims.peak_b");
	g.claims.unpinned_buffers = 0;
	g.claims.live_b = htole64(1);
	expect(&g, "\"ledger\":{\"class_b\":\"refuse\"}", WV_LEDGER_REFUSED, "claims.peak_b");
	expect(&g, "\"ledger\":{\"class_b\":\"allow\"}", WV_OK, NULL);
}

static void records(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	expect(&g, "\"chain\":{\"events\":\"complete\",\"dropped\":\"refuse\"}", WV_OK, NULL);
	g.claims.events_dropped = htole64(1);
	expect(&g, "\"chain\":{\"dropped\":\"refuse\"}", WV_EVENTS_GAP, "claims.events_dropped");
	expect(&g, "\"chain\":{\"dropped\":\"allow\"}", WV_OK, NULL);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.event_count = 0;
	expect(&g, "\"chain\":{\"events\":\"complete\"}", WV_EVENTS_GAP, "events");
	expect(&g, "\"chain\":{\"events\":\"any\"}", WV_OK, NULL);
}

static void module(void **state)
{
	struct sim_guest g;
	int i;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.module_version = htole32(1 << 16 | 2 << 8 | 3);
	for (i = 0; i < 20; i++)
		g.claims.build_id[i] = (uint8_t)(i + 1);
	expect(&g, "\"module\":{\"min_version\":\"1.2.3\",\"version\":[\"1.2.2\",\"1.2.3\"],"
		   "\"build_id\":[\"" B20 "\"]}", WV_OK, NULL);
	expect(&g, "\"module\":{\"min_version\":\"1.2.4\"}", WV_MODULE_REFUSED,
	       "claims.module_version");
	expect(&g, "\"module\":{\"min_version\":\"0.255.255\"}", WV_OK, NULL);
	expect(&g, "\"module\":{\"min_version\":\"2.0.0\"}", WV_MODULE_REFUSED, NULL);
	expect(&g, "\"module\":{\"version\":[\"1.2.4\",\"1.2.2\"]}", WV_MODULE_REFUSED,
	       "claims.module_version");
	g.claims.build_id[19] ^= 1;
	expect(&g, "\"module\":{\"build_id\":[\"" B20 "\"]}", WV_MODULE_REFUSED,
	       "claims.build_id");
}

static void caller(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.caller.userns_level = htole32(1);
	expect(&g, "\"userns_level_max\":1", WV_OK, NULL);
	expect(&g, "\"userns_level_max\":0", WV_WRONG_USERNS, "claims.caller.userns_level");
	expect(&g, "\"sealed\":false", WV_OK, NULL);
	expect(&g, "\"sealed\":true", WV_NOT_SEALED, "claims.state");
	g.claims.state = htole32(WARD_STATE_SEALED);
	expect(&g, "\"sealed\":true", WV_OK, NULL);
}

/* A fact that is set but not known is none: "exclusive" most of all. */
static void exclusive(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.posture = htole64(WARD_POSTURE_EXCLUSIVE);
	g.claims.posture_known = htole64(WARD_POSTURE_EXCLUSIVE);
	expect(&g, "\"posture\":[\"exclusive\"]", WV_OK, NULL);
	g.claims.posture_known = 0;
	expect(&g, "\"posture\":[\"exclusive\"]", WV_CLAIMS_DAMAGED, "claims.posture");
	g.claims.posture = 0;
	expect(&g, "\"posture\":[\"exclusive\"]", WV_POSTURE_REFUSED, "claims.posture");
	g.claims.posture_known = htole64(WARD_POSTURE_EXCLUSIVE);
	expect(&g, "\"posture\":[\"exclusive\"]", WV_POSTURE_REFUSED, "claims.posture");
}

static void at(struct sim_guest *g, int64_t t)
{
	g->claims.real_ns = htole64((uint64_t)t * 1000000000ull);
}

static void age(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	at(&g, now - 600);
	expect(&g, "\"max_age\":600", WV_OK, NULL);
	expect(&g, "\"max_age\":599", WV_EVIDENCE_OLD, "claims.real_ns");
	expect(&g, "\"max_age\":599,\"clock_leeway\":1", WV_OK, NULL);
	expect(&g, "\"max_age\":1,\"clock_leeway\":598", WV_EVIDENCE_OLD, NULL);
	at(&g, now + 60);
	expect(&g, "\"max_age\":600", WV_EVIDENCE_FUTURE, "claims.real_ns");
	expect(&g, "\"max_age\":600,\"clock_leeway\":59", WV_EVIDENCE_FUTURE, NULL);
	expect(&g, "\"max_age\":600,\"clock_leeway\":60", WV_OK, NULL);
	expect(&g, "\"uid\":[1000]", WV_OK, NULL);
	at(&g, 0);
	expect(&g, "\"max_age\":4294967295", WV_OK, NULL);
	g.claims.real_ns = htole64(UINT64_MAX);
	expect(&g, "\"max_age\":4294967295,\"clock_leeway\":86400", WV_EVIDENCE_FUTURE, NULL);
}

/* Whose nonce is in the claims knows how old they are at most; else the clock is all. */
static void age_is_no_proof(void **state)
{
	struct wv_appraisal a = { .roots = roots, .now = now };
	struct wv_expect e = { .purpose = 0 };
	struct wv_policy *p = policy("\"max_age\":600");
	struct wv_verdict v;
	struct sim_guest g;
	struct wv_bytes b;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	at(&g, now);
	b = sim_bundle(&g, &pki);
	a.policy = p;
	ut_reason(WV_OK, wv_verify_bundle(b, &a, &v), &v.fault);
	assert_true(v.warnings & WV_WARN_AGE_UNPROVEN);
	e.nonce = (struct wv_bytes){ g.claims.nonce, le32toh(g.claims.nonce_len) };
	a.expect = &e;
	ut_reason(WV_OK, wv_verify_bundle(b, &a, &v), &v.fault);
	assert_false(v.warnings & WV_WARN_AGE_UNPROVEN);
	wv_policy_free(p);
	ut_free(b);
}

struct counted {
	size_t rules, measurements;
};

static void count(void *context, const struct wv_rule *r)
{
	struct counted *c = context;

	c->rules++;
	c->measurements += !strcmp(r->name, "measurement");
}

static int judged_at(int64_t when, const char *more, struct counted *told)
{
	struct wv_appraisal a = { .roots = roots, .now = when };
	struct wv_policy *p = policy(more);
	struct wv_verdict v;
	struct sim_guest g;
	struct wv_bytes b;
	int rc;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	b = sim_bundle(&g, &pki);
	a.policy = p;
	a.rule = told ? count : NULL;
	a.rule_context = told;
	rc = wv_verify_bundle(b, &a, &v);
	assert_int_equal(v.matched_count, 0);
	wv_policy_free(p);
	ut_free(b);
	return rc;
}

/* Certificates of the simulated chain: from a day before the test on, for ten years. */
static void leeway(void **state)
{
	int64_t from = now - 86400, to = now + 3650ll * 86400;
	struct counted told = { 0, 0 };

	(void)state;
	assert_int_equal(judged_at(from - 600, "\"uid\":[1000]", NULL), WV_CERTIFICATE_NOT_YET);
	assert_int_equal(judged_at(from - 600, "\"clock_leeway\":500", NULL),
			 WV_CERTIFICATE_NOT_YET);
	assert_int_equal(judged_at(from - 600, "\"clock_leeway\":700", NULL), WV_OK);
	assert_int_equal(judged_at(to + 600, "\"clock_leeway\":500", NULL),
			 WV_CERTIFICATE_EXPIRED);
	assert_int_equal(judged_at(to + 600, "\"clock_leeway\":700", NULL), WV_OK);
	assert_int_equal(judged_at(to + 600, "\"clock_leeway\":700,\"uid\":[1]", NULL),
			 WV_WRONG_UID);
	/* What is tried again is told once. */
	assert_int_equal(judged_at(to + 600, "\"clock_leeway\":700", &told), WV_OK);
	assert_int_equal(told.measurements, 1);
	assert_int_equal(judged_at(now, "\"clock_leeway\":700", &told), WV_OK);
	assert_int_equal(told.measurements, 2);
}

/* What no evidence can meet is a mistake of whoever wrote it. */
static void never(void **state)
{
	static const char *const texts[] = {
		"\"module\":{\"min_version\":\"1.2.4\",\"version\":[\"1.2.3\",\"0.9.9\"]}",
		"\"evidence\":[\"snp\"]",
	};
	char text[1024];
	struct wv_fault fault;
	struct wv_policy *p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), HEAD "%s}", texts[i]);
		ut_reason(WV_POLICY_DAMAGED,
			  wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p,
					  &fault), &fault);
		if (!strstr(fault.text, "can never hold") || fault.line != 1)
			fail_msg("%s: %d: %s", texts[i], fault.line, fault.text);
	}
}

static uint64_t left_open(const char *text)
{
	struct wv_fault fault;
	struct wv_policy *p;
	uint64_t w;

	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p,
					 &fault), &fault);
	w = wv_policy_warnings(p);
	wv_policy_free(p);
	return w;
}

/* What a policy leaves open is told before any evidence is there. */
static void warnings(void **state)
{
#define P "{\"ward-policy\":1,\"purpose\":\"release\","
#define PIN "\"measurement\":[\"" M48 "\"]"
	(void)state;
	assert_int_equal(left_open(P PIN "}"), 0);
	assert_int_equal(left_open(P PIN ",\"accept_unmeasured\":true}"), 0);
	assert_int_equal(left_open(P PIN ",\"max_age\":60}"), WV_WARN_AGE_UNPROVEN);
	assert_int_equal(left_open(P PIN ",\"allow_tee\":[\"snp\",\"tpm\"]}"), 0);
	/* The other kind is refused as unmeasured, unless that is accepted. */
	assert_int_equal(left_open(P PIN ",\"allow_tee\":[\"snp\",\"tpm\"],"
				     "\"accept_unmeasured\":true}"), WV_WARN_UNMEASURED);
	assert_int_equal(left_open(P PIN ",\"allow_tee\":[\"snp\",\"tdx\"]}"),
			 WV_WARN_COLLATERAL_UNCHECKED);
	assert_int_equal(left_open(P "\"allow_tee\":[\"simulated-snp\"]}"),
			 WV_WARN_UNMEASURED | WV_WARN_SIMULATED);
#undef P
#undef PIN
}

/* Bound to the session's own key, or to a key of the worker's. */
static void bind(struct sim_guest *g, const uint8_t *key)
{
	uint8_t thumbprint[WV_THUMBPRINT_LEN];
	struct wv_bytes nonce = { g->claims.nonce, le32toh(g->claims.nonce_len) };

	assert_int_equal(wv_thumbprint_x25519(key, thumbprint), WV_OK);
	assert_int_equal(wv_binding_release(nonce, thumbprint, g->claims.binding), WV_OK);
}

/* The key of RFC 8037, appendix A.6, its thumbprint made by another program. */
static void thumbprint(void **state)
{
	static const uint8_t key[32] = {
		0xde, 0x9e, 0xdb, 0x7d, 0x7b, 0x7d, 0xc1, 0xb4, 0xd3, 0x5b, 0x61, 0xc2, 0xec,
		0xe4, 0x35, 0x37, 0x3f, 0x83, 0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d, 0xad, 0xfc,
		0x7e, 0x14, 0x6f, 0x88, 0x2b, 0x4f,
	};
	static const uint8_t want[32] = {
		0x82, 0x24, 0x2a, 0x8a, 0x04, 0xff, 0x20, 0xa7, 0x2e, 0xcc, 0x79, 0x74, 0x15,
		0x52, 0x77, 0x93, 0x9b, 0x6c, 0xdf, 0xf4, 0xd6, 0x34, 0x0c, 0x6f, 0xb0, 0x2d,
		0x3c, 0x51, 0x9b, 0x1f, 0x70, 0xcf,
	};
	uint8_t got[WV_THUMBPRINT_LEN];

	(void)state;
	assert_int_equal(wv_thumbprint_x25519(key, got), WV_OK);
	assert_memory_equal(got, want, sizeof(want));
}

static void keys(void **state)
{
	uint8_t own[32] = { 9 }, other[32] = { 8 };
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	expect(&g, "\"keys\":\"any\"", WV_OK, NULL);
	expect(&g, "\"keys\":\"kernel\"", WV_KEYS_IN_USER_SPACE, "claims.session_key");
	/* A pair alone is not enough: what is released must go to it. */
	memcpy(g.claims.session_key, own, sizeof(own));
	expect(&g, "\"keys\":\"kernel\"", WV_KEYS_IN_USER_SPACE, "claims.session_key");
	bind(&g, other);
	expect(&g, "\"keys\":\"kernel\"", WV_KEYS_IN_USER_SPACE, "claims.session_key");
	bind(&g, own);
	expect(&g, "\"keys\":\"kernel\"", WV_OK, NULL);
	g.claims.nonce[0] ^= 1;
	expect(&g, "\"keys\":\"kernel\"", WV_KEYS_IN_USER_SPACE, "claims.session_key");
	sim_guest_new(&g, WARD_PURPOSE_RECEIPT);
	memcpy(g.claims.session_key, own, sizeof(own));
	expect(&g, "\"keys\":\"kernel\"", WV_KEYS_IN_USER_SPACE, "claims.session_key");
	g.claims.keys_destroyed = htole32(1);
	expect(&g, "\"keys\":\"kernel\"", WV_OK, NULL);
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	memcpy(g.claims.session_key, own, sizeof(own));
	expect(&g, "\"keys\":\"kernel\"", WV_OK, NULL);
}

/* A report alone can't say who asked. */
static void bare(void **state)
{
	static const char *const asks[] = {
		"\"uid\":[1000]", "\"purpose\":\"release\"", "\"posture\":[\"exclusive\"]",
		"\"lease_max\":60", "\"sealed\":true", "\"max_age\":60", "\"userns_level_max\":0",
		"\"ledger\":{\"max_live_bytes\":0}", "\"chain\":{\"events\":\"complete\"}",
		"\"module\":{\"min_version\":\"0.0.0\"}", "\"keys\":\"kernel\"",
	};
	struct wv_appraisal a = { .roots = roots, .now = now };
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 1 };
	struct wv_evidence e = { .tee = "simulated-snp", .data = { report, sizeof(report) } };
	struct wv_bytes none = { NULL, 0 }, ask = sim_pem(pki.ask), vcek = sim_pem(pki.vek);
	struct wv_collateral c = { .intermediate = ask, .vek = vcek };
	struct wv_policy *p;
	struct wv_verdict v;
	struct sim_guest g;
	size_t i;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	sim_report(&g, &pki, data, report);
	a.collateral = &c;
	for (i = 0; i <= sizeof(asks) / sizeof(asks[0]); i++) {
		bool last = i == sizeof(asks) / sizeof(asks[0]);

		p = policy(last ? "\"vmpl_max\":1" : asks[i]);
		a.policy = p;
		ut_reason(WV_OK, wv_verify_evidence(&e, none, &a, &v), &v.fault);
		if (!(v.warnings & WV_WARN_CLAIMS_ABSENT) != last)
			fail_msg("%s: warnings 0x%llx", asks[i], (unsigned long long)v.warnings);
		wv_policy_free(p);
	}
	ut_free(ask);
	ut_free(vcek);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ledger), cmocka_unit_test(records), cmocka_unit_test(module),
		cmocka_unit_test(caller), cmocka_unit_test(exclusive), cmocka_unit_test(age),
		cmocka_unit_test(age_is_no_proof), cmocka_unit_test(never), cmocka_unit_test(leeway),
		cmocka_unit_test(warnings), cmocka_unit_test(bare),
		cmocka_unit_test(thumbprint), cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
