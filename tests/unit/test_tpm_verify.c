// SPDX-License-Identifier: MIT
/*
 * The appraisal of a TPM's quote: every reason of a refusal, every downgrade. The
 * keys are OpenSSL's; quotes of a TPM program are in test_wardd_vtpm_judged.c.
 */
#include "tpm_judge.h"

#define LISTS ",\"collateral\":{\"crl\":\"required\"}"

static void pinned(void **state)
{
	struct sim_guest g;
	struct tpm_sim t;
	struct wv_verdict v;
	char *json;

	(void)state;
	tpm_sim_new(&t, p256);
	machine(&g, &t);
	ut_reason(WV_OK, judge(&g, roots, policy(&t, PINNED), &v), &v.fault);
	assert_int_equal(v.measured, 1);
	assert_int_equal(v.simulated, 0);
	assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_TPM);
	assert_int_equal(v.tpm.ak_trust, WV_AK_PINNED);
	assert_int_equal(v.tpm.ak_bits, 256);
	assert_int_equal(v.tpm.bank, SIM_SHA256);
	assert_int_equal(v.tpm.selected, 0x2ff);
	assert_int_equal(v.tpm.pcr[9][31], 0x19);
	assert_int_equal(v.tpm.clock_ms, 123456);
	assert_int_equal(v.tpm.reset_count, 7);
	assert_int_equal(v.tpm.restart_count, 3);
	assert_int_equal(v.tpm.clock_safe, 1);
	assert_true(v.tpm.firmware_version == 0x2020031200120000);
	assert_int_equal(v.warnings, WV_WARN_NONCE_UNCHECKED | WV_WARN_BINDING_UNCHECKED |
					     WV_WARN_NO_PURPOSE);
	json = wv_verdict_json(&v);
	assert_non_null(strstr(json, "\"9\": \"" HEX19 "\""));
	assert_non_null(strstr(json, "\"trust\": \"pinned\""));
	free(json);
	/* The key's name, and two machines of which this is one. */
	ut_reason(WV_OK, judge(&g, roots, policy(&t, "\"allow_tee\":[\"snp\",\"tpm\"],\"tpm\":{\"ak\":["
			       "\"" HEX10 "\",\"000b%s\"],\"pcrs\":{\"sha256\":{\"4\":[\"" HEX14 "\"]}}}"),
			       &v), &v.fault);
	assert_int_equal(v.measured, 1);
	/* Its digits are of either case, as all of hexadecimal text. */
	ut_reason(WV_OK, judge(&g, roots, policy(&t, "\"allow_tee\":[\"snp\",\"tpm\"],\"tpm\":{\"ak\":["
			       "\"000B%s\"],\"pcrs\":{\"sha256\":{\"4\":[\"" HEX14 "\"]}}}"),
			       &v), &v.fault);
	/* A key that is pinned rests on no certificate: there is no list to ask for. */
	ut_reason(WV_OK, judge(&g, roots, policy(&t, PINNED LISTS), &v), &v.fault);
	/* Any system that the machine starts extends those to what is pinned. */
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"%s\"],\"pcrs\":"
			      "{\"sha256\":{\"9\":[\"" HEX19 "\"]}}}"), WV_GUEST_UNMEASURED, "tpm");
}

static void kinds_of_keys(void **state)
{
	const struct {
		EVP_PKEY *key;
		uint16_t scheme, hash;
	} kinds[] = {
		{ p256, SIM_ECDSA, SIM_SHA256 },  { p384, SIM_ECDSA, SIM_SHA384 },
		{ p256, SIM_ECDSA, SIM_SHA512 },  { rsa, SIM_RSASSA, SIM_SHA256 },
		{ rsa, SIM_RSASSA, SIM_SHA384 },  { rsa, SIM_RSAPSS, SIM_SHA256 },
		{ rsa, SIM_RSAPSS, SIM_SHA384 },
	};
	struct sim_guest g;
	struct tpm_sim t;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		tpm_sim_new(&t, kinds[i].key);
		t.scheme = kinds[i].scheme;
		t.hash = kinds[i].hash;
		machine(&g, &t);
		expect(&g, policy(&t, PINNED), WV_OK, NULL);
	}
	/* Registers of another bank than that of the hash that signs. */
	tpm_sim_new(&t, rsa);
	t.bank = SIM_SHA384;
	t.pcr_len = 48;
	machine(&g, &t);
	expect(&g, policy(&t, ANYHOW), WV_OK, NULL);
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"%s\"],\"pcrs\":{\"sha384\":{"
			      "\"7\":[\"171717171717171717171717171717171717171717171717"
			      "171717171717171717171717171717171717171717171717\"]}}}"), WV_OK, NULL);
	expect(&g, policy(&t, PINNED), WV_PCR_BANK_REFUSED, "quote");
	t.bank = SIM_SHA512;
	t.pcr_len = 64;
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"%s\"],\"pcrs\":{\"sha512\":{"
			      "\"4\":[\"" HEX14 HEX14 "\"]}}}"), WV_OK, NULL);
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"%s\"],\"pcrs\":{\"sha512\":{"
			      "\"4\":[\"" HEX14 HEX19 "\"]}}}"), WV_PCR_MISMATCH, "pcrs.4");
}

static void unfit_keys(void **state)
{
	static const uint32_t flaws[] = {
		SIM_AK_ATTRIBUTES & ~(1u << 1),	 SIM_AK_ATTRIBUTES & ~(1u << 4),
		SIM_AK_ATTRIBUTES & ~(1u << 5),	 SIM_AK_ATTRIBUTES & ~(1u << 16),
		SIM_AK_ATTRIBUTES & ~(1u << 18), SIM_AK_ATTRIBUTES | 1u << 17, 0,
	};
	struct tpm_sim t, with[6];
	EVP_PKEY *small = EVP_RSA_gen(1024);
	struct sim_guest g;

	(void)state;
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		tpm_sim_new(&t, p256);
		t.attributes = flaws[i];
		machine(&g, &t);
		expect(&g, policy(&t, PINNED), WV_AK_UNFIT, "ak");
		expect(&g, policy(&t, ANYHOW), WV_AK_UNFIT, "ak");
	}
	for (size_t i = 0; i < 6; i++)
		tpm_sim_new(&with[i], i == 5 ? small : i > 2 ? rsa : p256);
	with[0].scheme = SIM_NULL;
	with[1].hash = SIM_SHA1;
	with[2].symmetric = 6;
	with[3].exponent = 3;
	with[4].name = SIM_SHA1;
	for (size_t i = 0; i < 6; i++) {
		machine(&g, &with[i]);
		expect(&g, policy(&with[i], ANYHOW), WV_AK_UNFIT, "ak");
	}
	EVP_PKEY_free(small);
}

static void quotes_refused(void **state)
{
	static const uint8_t other[64] = { 9 };
	struct tpm_sim t, with[12];
	const struct {
		int want;
		const char *field;
	} wanted[12] = {
		{ WV_QUOTE_UNFIT, "quote" },	{ WV_QUOTE_UNFIT, "quote" },
		{ WV_QUOTE_UNFIT, "quote" },	{ WV_QUOTE_UNFIT, "quote" },
		{ WV_QUOTE_UNFIT, "quote" },	{ WV_QUOTE_UNFIT, "quote" },
		{ WV_EVIDENCE_DAMAGED, "quote" }, { WV_PCR_BANK_REFUSED, "quote" },
		{ WV_PCR_BANK_REFUSED, "quote" }, { WV_REPORT_DATA_MISMATCH, "quote.extraData" },
		{ WV_SIGNATURE_INVALID, "signature" }, { WV_EVIDENCE_DAMAGED, "quote" },
	};
	struct sim_guest g;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		tpm_sim_new(&with[i], p256);
	with[0].magic ^= 1;		/* made outside of a TPM */
	with[1].type = 0x8014;		/* certifies a creation */
	with[2].selections = 0;
	with[3].selections = 2;		/* the bank twice: each register, too */
	with[4].width = 0;
	with[5].width = 4;
	with[5].selected |= 1u << 24;
	with[6].safe = 2;
	with[7].bank = SIM_SHA1;
	with[7].pcr_len = 20;
	with[8].bank = 0x12;		/* SM3 */
	with[9].over = other;		/* another nonce's */
	with[10].told_key = p384;
	with[10].hash = SIM_SHA256;
	with[11].width = 5;
	for (size_t i = 0; i < 12; i++) {
		struct wv_verdict v;

		machine(&g, &with[i]);
		if (judge(&g, roots, policy(&with[i], ANYHOW), &v) != wanted[i].want ||
		    strcmp(v.fault.field, wanted[i].field))
			fail_msg("quote %zu: %s, %s: %s", i, wv_reason_text(v.fault.reason),
				 v.fault.field, v.fault.text);
	}
	tpm_sim_new(&t, p256);
	machine(&g, &t);
	expect(&g, policy(&t, ANYHOW), WV_OK, NULL);
}

static void registers_refused(void **state)
{
	struct tpm_sim t, with[5];
	struct sim_guest g;
	struct wv_verdict v;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		tpm_sim_new(&with[i], p256);
	with[0].swapped = true;
	with[1].dropped = true;
	with[2].doubled = true;
	with[3].pcr_len = 48;		/* of another bank than is said */
	with[4].swapped = with[4].doubled = with[4].dropped = true;
	for (size_t i = 0; i < 5; i++) {
		machine(&g, &with[i]);
		expect(&g, policy(&with[i], PINNED), WV_PCR_DIGEST_MISMATCH, "pcrs");
		expect(&g, policy(&with[i], ANYHOW), WV_PCR_DIGEST_MISMATCH, "pcrs");
	}
	tpm_sim_new(&t, p256);
	t.pcr[9][31] ^= 1;
	machine(&g, &t);
	ut_reason(WV_PCR_MISMATCH, judge(&g, roots, policy(&t, PINNED), &v), &v.fault);
	assert_string_equal(v.fault.field, "pcrs.9");
	assert_non_null(strstr(v.fault.text, "1919"));
	t.selected &= ~(1u << 9);
	ut_reason(WV_PCR_MISSING, judge(&g, roots, policy(&t, PINNED), &v), &v.fault);
	assert_string_equal(v.fault.field, "pcrs.9");
}

/* Another machine's quote is as good a quote. */
static void whose_key(void **state)
{
	struct tpm_sim t, other;
	struct sim_guest g;
	struct wv_verdict v;

	(void)state;
	tpm_sim_new(&t, p256);
	tpm_sim_new(&other, p384);
	machine(&g, &other);
	expect(&g, policy(&t, PINNED), WV_AK_UNTRUSTED, "ak");
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"]"), WV_AK_UNTRUSTED, "ak");
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"],\"accept_unmeasured\":true"), WV_AK_UNTRUSTED,
	       "ak");
	/* Accepted unpinned, its registers measure nothing. */
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"],\"tpm\":{\"accept_unpinned_ak\":true,\"pcrs\":"
			      "{\"sha256\":{\"4\":[\"" HEX14 "\"]}}}"), WV_GUEST_UNMEASURED, "tpm");
	ut_reason(WV_OK, judge(&g, roots, policy(&t, ANYHOW), &v), &v.fault);
	assert_int_equal(v.measured, 0);
	assert_int_equal(v.tpm.ak_trust, WV_AK_UNKNOWN);
	assert_true(v.warnings & WV_WARN_AK_UNPINNED);
	assert_true(v.warnings & WV_WARN_UNMEASURED);
	assert_false(v.warnings & WV_WARN_AK_SHARED);
	/* A pinned key without registers measures nothing either. */
	machine(&g, &t);
	expect(&g, policy(&t, "\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"%s\"]}"),
	       WV_GUEST_UNMEASURED, "tpm");
	t.shared = 1;
	ut_reason(WV_OK, judge(&g, roots, policy(&t, PINNED), &v), &v.fault);
	assert_true(v.warnings & WV_WARN_AK_SHARED);
}

static struct wv_roots *roots_of(X509 *cert)
{
	struct wv_roots *r = wv_roots_new();
	struct wv_bytes pem = sim_pem(cert);

	assert_int_equal(wv_roots_add(r, pem, NULL), WV_OK);
	ut_free(pem);
	return r;
}

#define CERTIFIED "\"allow_tee\":[\"tpm\"],\"tpm\":{\"pcrs\":{\"sha256\":{\"4\":[\"" HEX14 "\"]}}}"

static void certified_as(X509 *cert, const struct wv_roots *named, int want)
{
	struct sim_guest g;
	struct tpm_sim t;
	struct wv_verdict v;

	tpm_sim_new(&t, p256);
	t.cert = cert;
	machine(&g, &t);
	ut_reason(want, judge(&g, named, policy(&t, CERTIFIED), &v), &v.fault);
	if (want)
		return;
	assert_int_equal(v.measured, 1);
	assert_int_equal(v.tpm.ak_trust, WV_AK_CERTIFIED);
	assert_true(v.warnings & WV_WARN_AK_SHARED);
	assert_true(v.warnings & WV_WARN_NAMED_ROOT);
	assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
	/* No list of its issuer's is looked at: who asks for them is refused. */
	ut_reason(WV_CRL_MISSING, judge(&g, named, policy(&t, CERTIFIED LISTS), &v), &v.fault);
}

static void certificates(void **state)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-384");
	X509 *ca = tpm_sim_cert("test AK CA", ca_key, NULL, NULL, true, -60, 600);
	X509 *good = tpm_sim_cert("ak", p256, ca, ca_key, false, -60, 600);
	X509 *late = tpm_sim_cert("ak", p256, ca, ca_key, false, -60, -30);
	X509 *early = tpm_sim_cert("ak", p256, ca, ca_key, false, 300, 600);
	X509 *of_other = tpm_sim_cert("ak", p384, ca, ca_key, false, -60, 600);
	X509 *forged = tpm_sim_cert("ak", p256, ca, p384, false, -60, 600);
	X509 *itself = tpm_sim_cert("ak", p256, NULL, NULL, false, -60, 600);
	X509 *of_no_ca = tpm_sim_cert("ak", p256, of_other, p384, false, -60, 600);
	X509 *sim_ca = tpm_sim_cert("SIMULATED root", p384, NULL, NULL, true, -60, 600);
	X509 *of_sim = tpm_sim_cert("ak", p256, sim_ca, p384, false, -60, 600);
	struct wv_roots *named = roots_of(ca), *leaf = roots_of(of_other), *sim = roots_of(sim_ca);
	struct wv_policy *p;
	struct sim_guest g;
	struct tpm_sim t;
	struct wv_verdict v;

	(void)state;
	certified_as(good, named, WV_CHAIN_INVALID);	/* it does not say what it is for */
	tpm_sim_usage(good, NID_key_usage, "critical,digitalSignature", ca_key);
	certified_as(good, named, WV_OK);
	tpm_sim_usage(of_sim, NID_key_usage, "digitalSignature", p384);
	certified_as(of_sim, sim, WV_AK_UNTRUSTED);	/* named for a simulated TEE */
	certified_as(good, roots, WV_AK_UNTRUSTED);	/* the simulated ARK's root is no such */
	certified_as(NULL, named, WV_AK_UNTRUSTED);
	tpm_sim_usage(late, NID_key_usage, "digitalSignature", ca_key);
	certified_as(late, named, WV_CERTIFICATE_EXPIRED);
	tpm_sim_usage(early, NID_key_usage, "digitalSignature", ca_key);
	certified_as(early, named, WV_CERTIFICATE_NOT_YET);
	certified_as(of_other, named, WV_CHAIN_INVALID);
	certified_as(forged, named, WV_CHAIN_INVALID);
	tpm_sim_usage(itself, NID_key_usage, "digitalSignature", p256);
	certified_as(itself, named, WV_AK_UNTRUSTED);
	tpm_sim_usage(of_no_ca, NID_key_usage, "digitalSignature", p384);
	certified_as(of_no_ca, leaf, WV_AK_UNTRUSTED);	/* ends at what is no CA */
	tpm_sim_usage(good, NID_ext_key_usage, "clientAuth,2.23.133.8.3", ca_key);
	certified_as(good, named, WV_OK);
	/* Signed by the CA now, for a server, which some say and some don't. */
	tpm_sim_usage(forged, NID_key_usage, "digitalSignature,keyEncipherment", ca_key);
	certified_as(forged, named, WV_CHAIN_INVALID);
	tpm_sim_usage(forged, NID_ext_key_usage, "serverAuth", ca_key);
	certified_as(forged, named, WV_CHAIN_INVALID);
	/* Where the policy names keys, a certificate is no way around them. */
	tpm_sim_new(&t, p256);
	t.cert = good;
	machine(&g, &t);
	p = policy(&t, "\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"" HEX10 "\"]}");
	ut_reason(WV_AK_UNTRUSTED, judge(&g, named, p, &v), &v.fault);
	wv_roots_free(named);
	wv_roots_free(leaf);
	wv_roots_free(sim);
	X509_free(sim_ca);
	X509_free(of_sim);
	X509_free(ca);
	X509_free(good);
	X509_free(late);
	X509_free(early);
	X509_free(of_other);
	X509_free(forged);
	X509_free(itself);
	X509_free(of_no_ca);
	EVP_PKEY_free(ca_key);
}

#define M48 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define LAUNCH "\"allow_tee\":[\"simulated-snp\"],\"measurement\":[\"" M48 "\"]"
#define BOTH LAUNCH ",\"tpm\":{\"ak\":[\"%s\"],\"pcrs\":{\"sha256\":{\"4\":[\"" HEX14 "\"]}}}"

/* Launch and registers: what takes one of the two away is told. */
static void beside_a_launch(void **state)
{
	struct tpm_sim t[2];
	struct sim_guest g;
	struct wv_verdict v;

	(void)state;
	tpm_sim_new(&t[0], p256);
	tpm_sim_new(&t[1], p256);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.tpm = t;
	g.tpm_count = 1;
	ut_reason(WV_OK, judge(&g, roots, policy(&t[0], BOTH), &v), &v.fault);
	assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_REPORT | WV_HAVE_VEK | WV_HAVE_TPM);
	assert_int_equal(v.measured, 1);
	/* A policy that says nothing of TPMs: it must hold, and nothing rests on it. */
	ut_reason(WV_OK, judge(&g, roots, policy(&t[0], LAUNCH), &v), &v.fault);
	assert_true(v.warnings & WV_WARN_AK_UNPINNED);
	assert_false(v.warnings & WV_WARN_EVIDENCE_UNCHECKED);
	/* Asked for, it is no other than one by a key that is known. */
	expect(&g, policy(&t[0], LAUNCH ",\"evidence\":[\"tpm\"]"), WV_AK_UNTRUSTED, "evidence[1].ak");
	expect(&g, policy(&t[0], LAUNCH ",\"tpm\":{\"required\":false}"), WV_AK_UNTRUSTED,
	       "evidence[1].ak");
	t[0].pcr[4][0] ^= 1;
	expect(&g, policy(&t[0], BOTH), WV_PCR_MISMATCH, "evidence[1].pcrs.4");
	expect(&g, policy(&t[0], LAUNCH), WV_OK, NULL);
	t[0].swapped = true;
	expect(&g, policy(&t[0], LAUNCH), WV_PCR_DIGEST_MISMATCH, "evidence[1].pcrs");
	tpm_sim_new(&t[0], p256);
	g.measurement[0] ^= 1;
	expect(&g, policy(&t[0], BOTH), WV_MEASUREMENT_MISMATCH, "evidence[0].report.measurement");
}

static void taken_away(void **state)
{
	struct tpm_sim t[2];
	struct sim_guest g;

	(void)state;
	tpm_sim_new(&t[0], p256);
	tpm_sim_new(&t[1], p256);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	/* the quote */
	expect(&g, policy(&t[0], BOTH), WV_EVIDENCE_MISSING, "evidence");
	expect(&g, policy(&t[0], LAUNCH ",\"tpm\":{\"required\":false}"), WV_OK, NULL);
	expect(&g, policy(&t[0], LAUNCH ",\"evidence\":[\"tpm\"]"), WV_EVIDENCE_MISSING, "evidence");
	expect(&g, policy(&t[0], LAUNCH ",\"evidence\":[\"simulated-snp\"]"), WV_OK, NULL);
	expect(&g, policy(&t[0], "\"allow_tee\":[\"snp\",\"simulated-snp\"],\"measurement\":[\"" M48 "\"],"
			      "\"evidence\":[\"snp\"]"), WV_EVIDENCE_MISSING, "evidence");
	/* the launch */
	g.tpm = t;
	g.tpm_count = 1;
	g.no_launch = true;
	expect(&g, policy(&t[0], BOTH), WV_TEE_REFUSED, "evidence.tee");
	expect(&g, policy(&t[0], PINNED), WV_EVIDENCE_MISSING, "evidence");
	g.claims.tee = htole32(WARD_TEE_SNP);
	expect(&g, policy(&t[0], PINNED), WV_EVIDENCE_MISSING, "evidence");
	g.claims.tee = htole32(WARD_TEE_TPM);
	expect(&g, policy(&t[0], PINNED), WV_OK, NULL);
	expect(&g, policy(&t[0], "\"allow_tee\":[\"snp\",\"tpm\"],\"evidence\":[\"snp\",\"tpm\"],\"tpm\":"
			      "{\"ak\":[\"%s\"],\"pcrs\":{\"sha256\":{\"4\":[\"" HEX14 "\"]}}}"),
	       WV_EVIDENCE_MISSING, "evidence");
	expect(&g, NULL, WV_TEE_REFUSED, "evidence.tee");
	/* a quote more */
	g.tpm_count = 2;
	expect(&g, policy(&t[0], PINNED), WV_EVIDENCE_REPEATED, "evidence[1].tee");
	g.no_launch = false;
	g.claims.tee = htole32(WARD_TEE_SIMULATED);
	expect(&g, policy(&t[0], LAUNCH), WV_EVIDENCE_REPEATED, "evidence[2].tee");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pinned),	    cmocka_unit_test(kinds_of_keys),
		cmocka_unit_test(unfit_keys),	    cmocka_unit_test(quotes_refused),
		cmocka_unit_test(registers_refused), cmocka_unit_test(whose_key),
		cmocka_unit_test(certificates),	    cmocka_unit_test(beside_a_launch),
		cmocka_unit_test(taken_away),
	};

	return cmocka_run_group_tests_name("tpm_verify", tests, setup, teardown);
}
