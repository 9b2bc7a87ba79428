// SPDX-License-Identifier: MIT
/*
 * The rules of a policy one by one: what is told of each, the names of values that
 * match, and that the verdict is the same whether somebody looks on or not.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define M48 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define X48 "b0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define TEE "\"allow_tee\":[\"simulated-snp\"]"
#define HEAD "{\"ward-policy\":1," TEE ",\"measurement\":[\"" M48 "\"]"

/* Keys are slow to make: once for all tests. */
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

struct told {
	size_t count;
	struct {
		char name[48];
		int held;
		char expected[400], found[160];
	} rules[64];
};

static void tell(void *context, const struct wv_rule *r)
{
	struct told *t = context;

	assert_true(t->count < 64);
	assert_non_null(r->name);
	assert_non_null(r->field);
	assert_non_null(wv_reason_text(r->reason));
	snprintf(t->rules[t->count].name, 48, "%s", r->name);
	snprintf(t->rules[t->count].expected, 400, "%s", r->expected ?: "");
	snprintf(t->rules[t->count].found, 160, "%s", r->found ?: "");
	t->rules[t->count++].held = r->held;
}

/* The verdict of what @g sends, told and untold; both must be one. */
static int both(const struct sim_guest *g, const char *text, const struct wv_expect *e,
		struct told *told, struct wv_verdict *v)
{
	struct wv_appraisal a = { .roots = roots, .expect = e, .now = now };
	struct wv_bytes bundle = sim_bundle(g, &pki);
	struct wv_policy *p;
	struct wv_fault fault;
	struct wv_verdict alone;
	int rc;

	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p,
					 &fault), &fault);
	a.policy = p;
	rc = wv_verify_bundle(bundle, &a, &alone);
	memset(told, 0, sizeof(*told));
	a.rule = tell;
	a.rule_context = told;
	assert_int_equal(wv_verify_bundle(bundle, &a, v), rc);
	assert_memory_equal(&alone.fault, &v->fault, sizeof(v->fault));
	wv_policy_free(p);
	ut_free(bundle);
	return rc;
}

static int find(const struct told *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (!strcmp(t->rules[i].name, name))
			return (int)i;
	fail_msg("no rule '%s' was told", name);
	return -1;
}

static void is_told(const struct told *t, const char *name, int held, const char *expected,
		    const char *found)
{
	int i = find(t, name);

	if (t->rules[i].held != held || !strstr(t->rules[i].expected, expected) ||
	    !strstr(t->rules[i].found, found))
		fail_msg("%s: held %d, expected '%s', found '%s'", name, t->rules[i].held,
			 t->rules[i].expected, t->rules[i].found);
}

static void names(void **state)
{
	static const char text[] = "{\"ward-policy\":1," TEE ",\"measurement\":[\"" X48 "\","
		"{\"name\":\"image 2026-10\",\"value\":\"" M48 "\"}],"
		"\"uid\":[{\"value\":7,\"name\":\"seven\"},{\"name\":\"trainer\",\"value\":1000}]}";
	struct sim_guest g;
	struct wv_verdict v;
	struct told told;
	char *json;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	ut_reason(WV_OK, both(&g, text, NULL, &told, &v), &v.fault);
	assert_int_equal(v.matched_count, 2);
	assert_string_equal(v.matched[0].member, "measurement");
	assert_string_equal(v.matched[0].name, "image 2026-10");
	assert_string_equal(v.matched[1].name, "trainer");
	is_told(&told, "measurement", 1, X48 " or " M48 " (image 2026-10)", M48);
	is_told(&told, "uid", 1, "7 (seven) or 1000 (trainer)", "1000");
	json = wv_verdict_json(&v);
	assert_non_null(strstr(json, "\"measurement\": \"image 2026-10\""));
	free(json);
	g.claims.caller.uid = htole32(7);
	ut_reason(WV_OK, both(&g, text, NULL, &told, &v), &v.fault);
	assert_string_equal(v.matched[1].name, "seven");
	g.claims.caller.uid = htole32(8);
	ut_reason(WV_WRONG_UID, both(&g, text, NULL, &told, &v), &v.fault);
	assert_string_equal(v.fault.text, "8 is not in the policy's list");
	assert_int_equal(v.matched_count, 1);
}

/* A value without a name says nothing, and nothing is said of none. */
static void no_names(void **state)
{
	struct sim_guest g;
	struct wv_verdict v;
	struct told told;
	char *json;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	ut_reason(WV_OK, both(&g, HEAD "}", NULL, &told, &v), &v.fault);
	assert_int_equal(v.matched_count, 0);
	json = wv_verdict_json(&v);
	assert_null(strstr(json, "matched"));
	free(json);
}

/* All that does not hold is told; the verdict is the first of it. */
static void several(void **state)
{
	struct sim_guest g;
	struct wv_verdict v;
	struct told told;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_CHANNEL);
	g.claims.taint = htole64(4096);
	ut_reason(WV_WRONG_PURPOSE,
		  both(&g, HEAD ",\"purpose\":\"release\",\"uid\":[1],\"gid\":[2],"
		       "\"cgroup\":[\"/nowhere\"],\"taint_mask\":4096,\"lease_max\":60,"
		       "\"posture\":[\"lockdown-confidentiality\"]}", NULL, &told, &v), &v.fault);
	is_told(&told, "allow_tee", 1, "simulated-snp", "simulated-snp");
	is_told(&told, "measurement", 1, M48, M48);
	is_told(&told, "purpose", 0, "release", "channel");
	is_told(&told, "uid", 0, "1", "1000");
	is_told(&told, "gid", 0, "2", "");
	is_told(&told, "cgroup", 0, "", "");
	is_told(&told, "posture", 0, "lockdown-confidentiality", "");
	is_told(&told, "taint_mask", 0, "none of 0x1000", "0x1000");
	is_told(&told, "lease_max", 0, "at most 60 s", "no lease");
	is_told(&told, "accept_unmeasured", 1, "measured", "measured");
	find(&told, "claims.state");
}

/* What is expected of the exchange counts as a rule, too. */
static void expectations(void **state)
{
	uint8_t nonce[32] = { 1 };
	struct wv_expect e = { .nonce = { nonce, sizeof(nonce) },
			       .purpose = WARD_PURPOSE_CHANNEL, .events_complete = 1 };
	struct sim_guest g;
	struct wv_verdict v;
	struct told told;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.event_count = 0;
	ut_reason(WV_WRONG_PURPOSE, both(&g, HEAD "}", &e, &told, &v), &v.fault);
	is_told(&told, "expect.purpose", 0, "channel", "release");
	is_told(&told, "expect.nonce", 0, "0100000000", "1111");
	is_told(&told, "expect.complete", 0, "records", "0 records");
	e.purpose = 0;
	ut_reason(WV_NONCE_MISMATCH, both(&g, HEAD "}", &e, &told, &v), &v.fault);
}

/* Evidence that is no evidence has no rules: nothing behind it can be believed. */
static void nothing_to_tell(void **state)
{
	struct wv_appraisal a = { .roots = roots, .now = now };
	struct told told = { 0 };
	struct wv_verdict v;
	struct sim_guest g;
	struct wv_bytes b;

	(void)state;
	a.rule = tell;
	a.rule_context = &told;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	b = sim_bundle(&g, &pki);
	((uint8_t *)b.data)[400] ^= 1;
	ut_reason(WV_REPORT_DATA_MISMATCH, wv_verify_bundle(b, &a, &v), &v.fault);
	assert_int_equal(told.count, 0);
	ut_free(b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(no_names), cmocka_unit_test(several),
		cmocka_unit_test(expectations), cmocka_unit_test(nothing_to_tell),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
