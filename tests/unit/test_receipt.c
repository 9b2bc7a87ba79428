// SPDX-License-Identifier: MIT
/*
 * Wipe receipts: accepted for their own session and release alone, and only
 * when nothing is left.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static struct sim_pki pki;
static struct wv_roots *roots;
static struct wv_policy *policy;
static int64_t now;

#define ANCHOR "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

static const char policy_text[] =
	"{\"ward-policy\":1,\"measurement\":[\""
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	"\"],\"purpose\":\"release\",\"uid\":[1000],\"lease_max\":60,\"lease_anchor\":[\"" ANCHOR "\"],\"allow_tee\":[\"simulated-snp\"]}";

static int setup(void **state)
{
	struct wv_bytes text = { (const uint8_t *)policy_text, sizeof(policy_text) - 1 };
	struct wv_bytes ark;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki))
		return -1;
	now = (int64_t)time(NULL);
	roots = wv_roots_new();
	ark = sim_pem(pki.ark);
	assert_int_equal(wv_roots_add(roots, ark, NULL), WV_OK);
	ut_free(ark);
	assert_int_equal(wv_policy_parse(text, &policy, NULL), WV_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wv_policy_free(policy);
	wv_roots_free(roots);
	sim_pki_free(&pki);
	return 0;
}

/* A release, and a session that answers it as it should. */
static void story(struct sim_guest *g, struct wv_release *r)
{
	sim_guest_new(g, WARD_PURPOSE_RECEIPT);
	memset(r, 0, sizeof(*r));
	memset(r->dataset, 0x66, sizeof(r->dataset));
	memset(r->release, 0x77, sizeof(r->release));
	memset(r->receipt_nonce, 0x11, sizeof(r->receipt_nonce));
	memset(r->session, 0x44, sizeof(r->session));
	memset(r->instance, 0x33, sizeof(r->instance));
	r->uid = 1000;
	memcpy(r->measurement, g->measurement, sizeof(r->measurement));
	assert_int_equal(wv_binding_receipt(r->release, r->dataset, r->receipt_nonce,
					    g->claims.binding), WV_OK);
}

static void expect(const struct sim_guest *g, const struct wv_release *r, int want,
		   struct wv_receipt *out)
{
	struct wv_appraisal a = { .roots = roots, .policy = policy, .now = now };
	struct wv_bytes bundle = sim_bundle(g, &pki);
	struct wv_verdict v;

	ut_reason(want, wv_verify_receipt(bundle, r, &a, &v, out), &v.fault);
	ut_free(bundle);
}

static void accepted(void **state)
{
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;

	(void)state;
	story(&g, &r);
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.buffers, 2);
	assert_int_equal(out.bytes, 6 << 20);
	assert_int_equal(out.peak_bytes, 4 << 20);
	assert_int_equal(out.records_summed, 1);
	assert_int_equal(out.tombstone, 0);
	assert_non_null(strstr(wv_receipt_statement(), "Not proved"));
}

/* Of a machine without launch evidence; one that was released to with it is another. */
static void of_a_tpm(void **state)
{
	static const char text[] = "{\"ward-policy\":1,\"allow_tee\":[\"tpm\",\"simulated-snp\"],"
				   "\"accept_unmeasured\":true,\"tpm\":{\"accept_unpinned_ak\":true}}";
	struct wv_policy *usual = policy;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;
	struct tpm_sim t;

	(void)state;
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (const uint8_t *)text, sizeof(text) - 1 },
					 &policy, NULL), WV_OK);
	story(&g, &r);
	tpm_sim_new(&t, key);
	g.no_launch = true;
	g.claims.tee = htole32(WARD_TEE_TPM);
	g.tpm = &t;
	g.tpm_count = 1;
	expect(&g, &r, WV_MEASUREMENT_MISMATCH, &out);
	memset(r.measurement, 0, sizeof(r.measurement));
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.bytes, 6 << 20);
	g.no_launch = false;
	g.claims.tee = htole32(WARD_TEE_SIMULATED);
	expect(&g, &r, WV_MEASUREMENT_MISMATCH, &out);
	wv_policy_free(policy);
	policy = usual;
	EVP_PKEY_free(key);
}

/* Another worker asks on behalf of a session that has ended. */
static void tombstone(void **state)
{
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;

	(void)state;
	story(&g, &r);
	memset(g.claims.session, 0x99, sizeof(g.claims.session));
	expect(&g, &r, WV_WRONG_SESSION, &out);
	g.claims.state = htole32(WARD_STATE_TOMBSTONE);
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.tombstone, 1);
	/* An administrator may ask; of a session that lives only its own user. */
	g.claims.caller.uid = 0;
	expect(&g, &r, WV_OK, &out);
	g.claims.state = htole32(WARD_STATE_SEALED);
	expect(&g, &r, WV_WRONG_UID, &out);
}

static void other_story(void **state)
{
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;

	(void)state;
	story(&g, &r);
	r.session[0] ^= 1;
	expect(&g, &r, WV_WRONG_SESSION, &out);
	story(&g, &r);
	r.instance[0] ^= 1;
	expect(&g, &r, WV_WRONG_INSTANCE, &out);
	story(&g, &r);
	r.release[0] ^= 1;
	expect(&g, &r, WV_BINDING_MISMATCH, &out);
	story(&g, &r);
	r.dataset[0] ^= 1;
	expect(&g, &r, WV_BINDING_MISMATCH, &out);
	story(&g, &r);
	r.receipt_nonce[31] ^= 1;
	expect(&g, &r, WV_NONCE_MISMATCH, &out);
	story(&g, &r);
	r.measurement[0] ^= 1;
	expect(&g, &r, WV_MEASUREMENT_MISMATCH, &out);
	story(&g, &r);
	r.uid = 1001;
	expect(&g, &r, WV_WRONG_UID, &out);
	story(&g, &r);
	g.claims.purpose = htole32(WARD_PURPOSE_REPORT);
	expect(&g, &r, WV_WRONG_PURPOSE, &out);
}

static void not_done(void **state)
{
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;

	(void)state;
	story(&g, &r);
	g.claims.state = 0;
	expect(&g, &r, WV_NOT_SEALED, &out);
	story(&g, &r);
	g.claims.live_a = htole64(4096);
	expect(&g, &r, WV_MEMORY_LIVE, &out);
	story(&g, &r);
	g.claims.live_shared = htole64(1);
	expect(&g, &r, WV_MEMORY_LIVE, &out);
	story(&g, &r);
	g.claims.wiped_bytes = htole64((6 << 20) - 4096);
	expect(&g, &r, WV_WIPED_SHORT, &out);
	story(&g, &r);
	g.claims.wiped_buffers = htole64(1);
	expect(&g, &r, WV_WIPED_SHORT, &out);
	story(&g, &r);
	g.claims.keys_live = htole32(1);
	expect(&g, &r, WV_KEYS_LIVE, &out);
}

/* A lease that ran out ends buffers; it neither seals the session nor spoils its receipt. */
static void expired(void **state)
{
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;

	(void)state;
	story(&g, &r);
	g.claims.state = htole32(WARD_STATE_EXPIRED);
	expect(&g, &r, WV_NOT_SEALED, &out);
	g.claims.state = htole32(WARD_STATE_EXPIRED | WARD_STATE_SEALED);
	g.claims.lease_expires_ns = htole64(1000);
	memset(g.claims.lease_anchor, 0xab, sizeof(g.claims.lease_anchor));
	g.events[3].reason = g.events[4].reason = htole16(WARD_END_LEASE);
	sim_heads(&g);
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.records_summed, 1);
	g.claims.state = htole32(WARD_STATE_EXPIRED | WARD_STATE_TOMBSTONE);
	expect(&g, &r, WV_OK, &out);
	g.claims.state = htole32(WARD_STATE_REVOKED | WARD_STATE_SEALED);
	expect(&g, &r, WV_OK, &out);
}

/* The records tell the same story, or the receipt falls. */
static void records(void **state)
{
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;

	(void)state;
	story(&g, &r);
	g.events[3].bytes = htole64(1 << 20);
	sim_heads(&g);
	expect(&g, &r, WV_WIPED_SHORT, &out);
	story(&g, &r);
	g.events[3].type = htole16(WARD_EVENT_BUF_UNPIN);
	sim_heads(&g);
	expect(&g, &r, WV_WIPED_SHORT, &out);
	story(&g, &r);
	g.event_count = 0;
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.records_summed, 0);
	story(&g, &r);
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.records_summed, 1);
	g.withheld = 1u << 5;		/* what one of them says nobody sees: no sum */
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.records_summed, 0);
	story(&g, &r);
	g.events[1].label[0] = 1;
	expect(&g, &r, WV_CHAIN_BROKEN, &out);
}

static void class_b(void **state)
{
	struct wv_receipt out;
	struct wv_release r;
	struct sim_guest g;

	(void)state;
	story(&g, &r);
	g.claims.unpinned_buffers = htole64(3);
	g.claims.unpinned_bytes = htole64(12288);
	g.claims.live_b = htole64(4096);
	expect(&g, &r, WV_OK, &out);
	assert_int_equal(out.bytes, 6 << 20);
	assert_int_equal(out.class_b_buffers, 3);
	assert_int_equal(out.class_b_bytes, 12288);
	assert_int_equal(out.class_b_live, 4096);
}

static void unmeasured(void **state)
{
	static const char text[] = "{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"]}";
	struct wv_appraisal a = { .roots = roots, .now = now };
	struct wv_bytes bundle;
	struct wv_policy *p;
	struct wv_release r;
	struct sim_guest g;
	struct wv_verdict v;

	(void)state;
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, sizeof(text) - 1 }, &p,
					 NULL), WV_OK);
	a.policy = p;
	story(&g, &r);
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_GUEST_UNMEASURED, wv_verify_receipt(bundle, &r, &a, &v, NULL), &v.fault);
	ut_free(bundle);
	g.claims.live_a = htole64(1);
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_MEMORY_LIVE, wv_verify_receipt(bundle, &r, &a, &v, NULL), &v.fault);
	ut_free(bundle);
	wv_policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),	cmocka_unit_test(of_a_tpm), cmocka_unit_test(tombstone),
		cmocka_unit_test(other_story), cmocka_unit_test(not_done),
		cmocka_unit_test(records), cmocka_unit_test(class_b),
		cmocka_unit_test(unmeasured), cmocka_unit_test(expired),
	};

	return cmocka_run_group_tests_name("receipt", tests, setup, teardown);
}
