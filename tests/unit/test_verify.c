// SPDX-License-Identifier: MIT
/*
 * The appraisal of whole bundles: every reason of a refusal, one at a time.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Keys are slow to make: once for all tests. */
static struct sim_pki pki;
static struct wv_roots *roots;
static int64_t now;

static const char sim_policy[] =
	"{\"ward-policy\":1,\"measurement\":[\""
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	"\"],\"purpose\":\"release\",\"uid\":[1000],\"allow_tee\":[\"simulated-snp\"]";

static struct wv_policy *policy(const char *more)
{
	struct wv_policy *p;
	struct wv_fault fault;
	char text[2048];

	snprintf(text, sizeof(text), "%s%s}", sim_policy, more);
	ut_reason(WV_OK,
		  wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, &fault),
		  &fault);
	return p;
}

static struct wv_policy *policy_of(const char *text)
{
	struct wv_policy *p;
	struct wv_fault fault;

	ut_reason(WV_OK,
		  wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, &fault),
		  &fault);
	return p;
}

static int setup(void **state)
{
	struct wv_bytes ark;
	struct wv_fault fault;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki))
		return -1;
	now = (int64_t)time(NULL);
	roots = wv_roots_new();
	ark = sim_pem(pki.ark);
	ut_reason(WV_OK, wv_roots_add(roots, ark, &fault), &fault);
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

/* Appraise what @g would send; the policy is freed. */
static void expect(const struct sim_guest *g, struct wv_policy *p, const struct wv_expect *e,
		   int want, const char *field)
{
	struct wv_appraisal a = { .roots = roots, .policy = p, .expect = e, .now = now };
	struct wv_bytes bundle = sim_bundle(g, &pki);
	struct wv_verdict v;

	ut_reason(want, wv_verify_bundle(bundle, &a, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
	if (!want) {
		assert_int_equal(v.simulated, 1);
		assert_true(v.warnings & WV_WARN_SIMULATED);
	}
	ut_free(bundle);
	wv_policy_free(p);
}

static void accepted(void **state)
{
	struct wv_appraisal a = { .roots = roots, .policy = policy(""), .now = now };
	uint8_t nonce[32], binding[64], session[16];
	struct wv_expect e = {
		.purpose = WARD_PURPOSE_RELEASE,
		.nonce = { nonce, 32 },
		.binding = { binding, 64 },
		.session = { session, 16 },
		.events_complete = 1,
	};
	struct wv_bytes bundle;
	struct sim_guest g;
	struct wv_verdict v;
	char *json;

	(void)state;
	memset(nonce, 0x11, sizeof(nonce));
	memset(binding, 0x22, sizeof(binding));
	memset(session, 0x44, sizeof(session));
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	bundle = sim_bundle(&g, &pki);
	a.expect = &e;
	ut_reason(WV_OK, wv_verify_bundle(bundle, &a, &v), &v.fault);
	assert_int_equal(v.measured, 1);
	assert_int_equal(v.events_complete, 1);
	assert_int_equal(v.event_count, 6);
	assert_int_equal(v.claims.caller.uid, 1000);
	assert_int_equal(v.claims.alloc_bytes, 6 << 20);
	assert_int_equal(v.vek.simulated, 1);
	assert_int_equal(v.warnings,
			 WV_WARN_SIMULATED | WV_WARN_NAMED_ROOT | WV_WARN_CRL_UNCHECKED | WV_WARN_SMT);
	json = wv_verdict_json(&v);
	assert_non_null(strstr(json, "\"simulated\": true"));
	free(json);
	ut_free(bundle);
	wv_policy_free((struct wv_policy *)a.policy);
}

/* Requests that were answered together: every place in trees of several sizes. */
static void in_a_tree(void **state)
{
	static const uint64_t sizes[] = { 2, 3, 7, 64 };
	struct sim_guest g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		sim_guest_new(&g, WARD_PURPOSE_RELEASE);
		g.leaves = sizes[i];
		g.index = sizes[i] - 1;
		expect(&g, policy(""), NULL, WV_OK, NULL);
		g.index = sizes[i] / 2;
		expect(&g, policy(""), NULL, WV_OK, NULL);
	}
}

static void report_refused(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.policy |= WV_SNP_POLICY_DEBUG;
	expect(&g, policy(""), NULL, WV_DEBUG_ALLOWED, "report.policy");
	expect(&g, policy(",\"allow_debug\":true"), NULL, WV_OK, NULL);

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.vmpl = 1;
	expect(&g, policy(""), NULL, WV_VMPL_REFUSED, "report.vmpl");
	expect(&g, policy(",\"vmpl_max\":1"), NULL, WV_OK, NULL);

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.measurement[47] ^= 1;
	expect(&g, policy(""), NULL, WV_MEASUREMENT_MISMATCH, "report.measurement");

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	expect(&g, policy(",\"min_tcb\":{\"milan\":{\"microcode\":115}}"), NULL, WV_OK, NULL);
	expect(&g, policy(",\"min_tcb\":{\"milan\":{\"microcode\":116}}"), NULL,
	       WV_TCB_BELOW_POLICY, NULL);
	expect(&g, policy(",\"min_tcb\":{\"genoa\":{\"snp\":1}}"), NULL, WV_TCB_BELOW_POLICY, NULL);
	expect(&g, policy(",\"host_data\":[\"0101010101010101010101010101010101010101010101010101010101010101\"]"),
	       NULL, WV_HOST_DATA_REFUSED, NULL);

	g.cpuid[1] = 0x11;
	expect(&g, policy(""), NULL, WV_PRODUCT_MISMATCH, "report.cpuid");
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	for (g.version = 1; g.version <= 6; g.version++)
		expect(&g, policy(""), NULL,
		       g.version < 2 || g.version > 5 ? WV_EVIDENCE_DAMAGED : WV_OK, NULL);
}

static void unmeasured(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	expect(&g, policy_of("{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"]}"), NULL,
	       WV_GUEST_UNMEASURED, "report.measurement");
	expect(&g, policy_of("{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"],"
			     "\"accept_unmeasured\":true}"), NULL, WV_OK, NULL);
}

/* A simulated TEE is refused whatever it calls itself, unless it is named. */
static void simulated(void **state)
{
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	expect(&g, NULL, NULL, WV_SIMULATED_REFUSED, "evidence.tee");
	g.tee = "snp";
	expect(&g, NULL, NULL, WV_SIMULATED_REFUSED, "evidence.tee");
	g.claims.tee = htole32(WARD_TEE_SNP);
	expect(&g, NULL, NULL, WV_SIMULATED_REFUSED, "evidence.tee");
	expect(&g, policy_of("{\"ward-policy\":1,\"allow_tee\":[\"snp\",\"tpm\"]}"), NULL,
	       WV_SIMULATED_REFUSED, NULL);
	g.tee = "sev";
	expect(&g, policy(""), NULL, WV_EVIDENCE_UNSUPPORTED, "evidence.tee");
}

/* A piece of a kind that is not verified is told, one that is must hold. */
static void pieces_beside(void **state)
{
	struct wv_appraisal a = { .roots = roots, .policy = policy(""), .now = now };
	struct wv_bytes bundle;
	struct sim_guest g;
	struct wv_verdict v;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.beside = "sev";
	g.claims.tee = htole32(WARD_TEE_SNP);
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_OK, wv_verify_bundle(bundle, &a, &v), &v.fault);
	assert_true(v.warnings & WV_WARN_EVIDENCE_UNCHECKED);
	assert_string_equal(wv_warning_text(16), "evidence-unchecked");
	ut_free(bundle);
	wv_policy_free((struct wv_policy *)a.policy);
	g.tee = "other";
	expect(&g, policy(""), NULL, WV_EVIDENCE_UNSUPPORTED, "evidence.tee");
	g.tee = "simulated-snp";
	g.beside = "tdx";	/* a hundred bytes that are none */
	expect(&g, policy(""), NULL, WV_EVIDENCE_UNSUPPORTED, "evidence[1].quote.key_type");
	g.claims.tee = htole32(WARD_TEE_AZURE_TDX);
	g.beside = NULL;
	expect(&g, policy(""), NULL, WV_OK, NULL);
	g.claims.tee = htole32(WARD_TEE_AZURE_TDX + 1);
	expect(&g, policy(""), NULL, WV_CLAIMS_DAMAGED, "claims.tee");
}

/* Two reports over the same claims: which machine's they are would not be told. */
static void second_report(void **state)
{
	struct wv_bytes bundle;
	struct wv_bundle *b;
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	bundle = sim_bundle(&g, &pki);
	assert_int_equal(wv_bundle_decode(bundle, &b, NULL), WV_OK);
	g.more = &b->evidence[0];
	g.more_count = 1;
	expect(&g, policy(""), NULL, WV_EVIDENCE_REPEATED, "evidence[1].tee");
	wv_bundle_free(b);
	ut_free(bundle);
}

#define X16(d) d d d d d d d d d d d d d d d d
#define DECLARED(d) ",\"declared\":[\"" X16(d) X16(d) X16(d) X16(d) "\"]"

static void claims_refused(void **state)
{
	struct sim_guest g;

	(void)state;
	for (uint32_t other = WARD_PURPOSE_CHANNEL; other <= WARD_PURPOSE_REPORT; other++) {
		sim_guest_new(&g, other);
		expect(&g, policy(""), NULL, WV_WRONG_PURPOSE, "claims.purpose");
	}
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.caller.uid = htole32(1001);
	expect(&g, policy(""), NULL, WV_WRONG_UID, "claims.caller.uid");
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	expect(&g, policy(",\"gid\":[7]"), NULL, WV_WRONG_GID, NULL);
	expect(&g, policy(",\"cgroup\":[\"/ward.slice\"]"), NULL, WV_WRONG_CGROUP, NULL);
	expect(&g, policy(",\"exe\":[\"0101010101010101010101010101010101010101010101010101010101010101\"]"),
	       NULL, WV_WRONG_EXE, NULL);
	expect(&g, policy(DECLARED("44")), NULL, WV_WRONG_DECLARED, "claims.declared");
	memset(g.claims.declared, 0x44, sizeof(g.claims.declared));
	expect(&g, policy(DECLARED("44")), NULL, WV_OK, NULL);
	expect(&g, policy(DECLARED("45")), NULL, WV_WRONG_DECLARED, "claims.declared");
	expect(&g, policy(",\"posture\":[\"module-sig\"]"), NULL, WV_POSTURE_REFUSED, NULL);
	g.claims.posture = g.claims.posture_known = htole64(WARD_POSTURE_MODULE_SIG);
	expect(&g, policy(",\"posture\":[\"module-sig\"]"), NULL, WV_OK, NULL);
	g.claims.taint = htole64(1 << 13);
	expect(&g, policy(",\"taint_mask\":8192"), NULL, WV_TAINT_REFUSED, NULL);
	expect(&g, policy(",\"taint_mask\":1"), NULL, WV_OK, NULL);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.state = htole32(WARD_STATE_REVOKED);
	expect(&g, policy(""), NULL, WV_SESSION_REVOKED, NULL);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.subject[0] ^= 1;
	expect(&g, policy(""), NULL, WV_WRONG_SESSION, "claims.subject");
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.reserved[5] = 1;
	expect(&g, policy(""), NULL, WV_CLAIMS_DAMAGED, "claims");
}

static void leases(void **state)
{
	static const char anchored[] = ",\"lease_anchor\":["
		"\"abababababababababababababababababababababababababababababababab\"]";
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.boot_ns = htole64(5 * 1000000000ull);
	expect(&g, policy(",\"lease_max\":60"), NULL, WV_LEASE_REFUSED, "claims.lease_expires_ns");
	g.claims.lease_expires_ns = htole64(65 * 1000000000ull);
	expect(&g, policy(",\"lease_max\":60"), NULL, WV_OK, NULL);
	g.claims.lease_expires_ns = htole64(65 * 1000000000ull + 1);
	expect(&g, policy(",\"lease_max\":60"), NULL, WV_LEASE_REFUSED, "claims.lease_expires_ns");
	expect(&g, policy(anchored), NULL, WV_LEASE_REFUSED, "claims.lease_anchor");
	memset(g.claims.lease_anchor, 0xab, sizeof(g.claims.lease_anchor));
	expect(&g, policy(anchored), NULL, WV_OK, NULL);
	g.claims.state = htole32(WARD_STATE_EXPIRED);
	expect(&g, policy(""), NULL, WV_LEASE_EXPIRED, "claims.state");
}

static void cgroup_and_exe(void **state)
{
	struct sim_guest g;
	uint8_t hash[32];

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	assert_true(EVP_Digest("/ward.slice", 11, hash, NULL, EVP_sha256(), NULL));
	memcpy(g.claims.caller.cgroup_hash, hash, 32);
	expect(&g, policy(",\"cgroup\":[\"/a\",\"/ward.slice\"]"), NULL, WV_OK, NULL);
	g.claims.exe_kind = htole32(WARD_EXE_VERITY);
	memset(g.claims.exe_digest, 1, 32);
	expect(&g, policy(",\"exe\":[\"0101010101010101010101010101010101010101010101010101010101010101\"]"),
	       NULL, WV_OK, NULL);
	g.claims.exe_digest[32] = 1;
	expect(&g, policy(",\"exe\":[\"0101010101010101010101010101010101010101010101010101010101010101\"]"),
	       NULL, WV_WRONG_EXE, NULL);
}

/* Does the verdict on these advisory bits warn that a digest was leaned on? */
static bool warns_of_exe(struct sim_guest *g, uint32_t advisory, const char *more)
{
	struct wv_policy *p = policy(more);
	struct wv_appraisal a = { .roots = roots, .policy = p, .now = now };
	struct wv_bytes bundle;
	struct wv_verdict v;

	g->claims.advisory = htole32(advisory);
	bundle = sim_bundle(g, &pki);
	ut_reason(WV_OK, wv_verify_bundle(bundle, &a, &v), &v.fault);
	ut_free(bundle);
	wv_policy_free(p);
	return v.warnings & WV_WARN_EXE_ADVISORY;
}

static void leaning_on_a_digest(void **state)
{
	static const char leans[] =
		",\"exe\":[\"0101010101010101010101010101010101010101010101010101010101010101\"]";
	const uint32_t strong = WARD_ADVISE_NO_NEW_PRIVS | WARD_ADVISE_INIT_USERNS;
	const uint32_t weak[] = { WARD_ADVISE_TRACED, WARD_ADVISE_DUMPABLE,
				  WARD_ADVISE_CALLER_NOT_OPENER };
	struct sim_guest g;
	size_t i;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.exe_kind = htole32(WARD_EXE_IMA);
	memset(g.claims.exe_digest, 1, 32);
	assert_false(warns_of_exe(&g, strong, leans));
	for (i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		assert_true(warns_of_exe(&g, strong | weak[i], leans));
		assert_false(warns_of_exe(&g, strong | weak[i], ""));
	}
	/* Where PR_SET_MM_EXE_FILE is free to all, and where exec may raise rights. */
	assert_true(warns_of_exe(&g, WARD_ADVISE_NO_NEW_PRIVS, leans));
	assert_true(warns_of_exe(&g, WARD_ADVISE_INIT_USERNS, leans));
}

static void expectations(void **state)
{
	uint8_t other[64];
	struct sim_guest g;
	struct wv_expect e;

	(void)state;
	memset(other, 0x55, sizeof(other));
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	e = (struct wv_expect){ .nonce = { other, 32 } };
	expect(&g, policy(""), &e, WV_NONCE_MISMATCH, "claims.nonce");
	/* Each byte of it counts. */
	memset(other, 0x11, 33);
	for (size_t i = 0; i < 32; i++) {
		other[i] ^= 1;
		expect(&g, policy(""), &e, WV_NONCE_MISMATCH, "claims.nonce");
		other[i] ^= 1;
	}
	e.nonce.len = 33;
	expect(&g, policy(""), &e, WV_NONCE_MISMATCH, NULL);
	e.nonce.len = 31;
	expect(&g, policy(""), &e, WV_NONCE_MISMATCH, NULL);
	e.nonce.len = 0;
	expect(&g, policy(""), &e, WV_USAGE, NULL);
	e = (struct wv_expect){ .binding = { other, 64 } };
	expect(&g, policy(""), &e, WV_BINDING_MISMATCH, "claims.binding");
	e.binding.len = 63;
	expect(&g, policy(""), &e, WV_USAGE, NULL);
	e = (struct wv_expect){ .session = { other, 16 } };
	expect(&g, policy(""), &e, WV_WRONG_SESSION, "claims.session");
	e = (struct wv_expect){ .instance = { other, 16 } };
	expect(&g, policy(""), &e, WV_WRONG_INSTANCE, NULL);
	e = (struct wv_expect){ .purpose = WARD_PURPOSE_CHANNEL };
	expect(&g, policy(""), &e, WV_WRONG_PURPOSE, NULL);
}

static uint64_t warnings(const struct sim_guest *g)
{
	struct wv_appraisal a = { .roots = roots, .policy = policy(""), .now = now };
	struct wv_bytes bundle = sim_bundle(g, &pki);
	struct wv_verdict v;

	ut_reason(WV_OK, wv_verify_bundle(bundle, &a, &v), &v.fault);
	wv_policy_free((struct wv_policy *)a.policy);
	ut_free(bundle);
	return v.warnings;
}

static void event_lists(void **state)
{
	struct wv_expect complete = { .events_complete = 1 };
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.events[2].bytes ^= 1;
	expect(&g, policy(""), NULL, WV_CHAIN_BROKEN, "events");
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.event_count--;
	expect(&g, policy(""), NULL, WV_CHAIN_BROKEN, "events");
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	memmove(g.events, g.events + 1, 5 * sizeof(g.events[0]));
	g.event_count = 5;
	g.claims.events_dropped = htole64(1);
	expect(&g, policy(""), NULL, WV_OK, NULL);
	expect(&g, policy(""), &complete, WV_EVENTS_GAP, "events");
	g.event_count = 0;
	expect(&g, policy(""), NULL, WV_OK, NULL);
	expect(&g, policy(""), &complete, WV_EVENTS_GAP, "events");
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.session_seq = htole64(5);
	expect(&g, policy(""), NULL, WV_CHAIN_BROKEN, "events");
}

/* What is accepted, and said: of records, and of memory that its owner may rewrite. */
static void warned(void **state)
{
	enum { RECORDS = WV_WARN_EVENTS_GAP | WV_WARN_EVENTS_ABSENT | WV_WARN_EVENTS_WITHHELD };
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	assert_int_equal(warnings(&g) & (RECORDS | WV_WARN_CLASS_B), 0);
	g.claims.live_b = htole64(4096);
	assert_int_equal(warnings(&g) & (RECORDS | WV_WARN_CLASS_B), WV_WARN_CLASS_B);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.unpinned_buffers = htole64(1);
	assert_int_equal(warnings(&g) & (RECORDS | WV_WARN_CLASS_B), WV_WARN_CLASS_B);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	memmove(g.events, g.events + 1, (g.event_count - 1) * sizeof(g.events[0]));
	g.event_count--;
	assert_int_equal(warnings(&g) & RECORDS, WV_WARN_EVENTS_GAP);
	g.event_count = 0;
	assert_int_equal(warnings(&g) & RECORDS, WV_WARN_EVENTS_ABSENT);
}

/* Records of which the digest alone is shown: the list is whole, and leads to the same head. */
static void withheld(void **state)
{
	struct wv_expect complete = { .events_complete = 1 };
	struct sim_guest g;

	(void)state;
	for (uint32_t which = 1; which < 64; which++) {
		sim_guest_new(&g, WARD_PURPOSE_RELEASE);
		assert_int_equal(g.event_count, 6);
		g.withheld = which;
		expect(&g, policy(""), &complete, WV_OK, NULL);
		assert_true(warnings(&g) & WV_WARN_EVENTS_WITHHELD);
		assert_false(warnings(&g) & (WV_WARN_EVENTS_GAP | WV_WARN_EVENTS_ABSENT));
		/* of another record: one that is shown, or whose digest is */
		g.events[which % 6].bytes ^= 1;
		expect(&g, policy(""), NULL, WV_CHAIN_BROKEN, "events");
	}
}

/* One bit of every byte: nothing that is signed or hashed can change unnoticed. */
static void every_byte(void **state)
{
	struct wv_appraisal a = { .roots = roots, .policy = policy(""), .now = now };
	struct wv_bundle *b;
	struct wv_bytes bundle;
	struct sim_guest g;
	struct wv_verdict v;
	size_t at, refused = 0, accepted_count = 0, from, to;
	uint8_t *bytes;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.leaves = 3;
	bundle = sim_bundle(&g, &pki);
	bytes = (uint8_t *)bundle.data;
	ut_reason(WV_OK, wv_bundle_decode(bundle, &b, NULL), NULL);
	/* The certificate table has its own test; the provider's name is not protected. */
	from = (size_t)(b->evidence[0].aux.data - bundle.data);
	to = from + b->evidence[0].aux.len;
	for (at = 0; at < bundle.len; at += at + 1 == from ? 1 + to - from : 1) {
		bytes[at] ^= (uint8_t)(1 << at % 7);
		if (wv_verify_bundle(bundle, &a, &v)) {
			refused++;
		} else {
			accepted_count++;
			assert_true(at >= bundle.len - strlen("tsmsim"));
		}
		bytes[at] ^= (uint8_t)(1 << at % 7);
	}
	print_message("%zu changed bytes refused, %zu of the provider's name accepted\n", refused,
		      accepted_count);
	assert_true(refused > 3000);
	wv_bundle_free(b);
	ut_free(bundle);
	wv_policy_free((struct wv_policy *)a.policy);
}

/* Nobody to trust is a caller's mistake, and never everybody: of what kind the evidence is. */
static void no_roots(void **state)
{
	struct wv_appraisal a = { .policy = policy(""), .now = now };
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 1 }, *table;
	const struct wv_bytes challenge = { data, sizeof(data) };
	struct wv_evidence e = { .tee = "snp" };
	struct wv_bytes bundle;
	struct wv_verdict v;
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_USAGE, wv_verify_bundle(bundle, &a, &v), &v.fault);
	assert_string_equal(v.fault.field, "roots");
	sim_report(&g, &pki, data, report);
	table = sim_cert_table(&pki, &e.aux.len);
	e.aux.data = table;
	e.data = (struct wv_bytes){ report, sizeof(report) };
	ut_reason(WV_USAGE, wv_verify_snp(e.data, e.aux, challenge, &a, &v), &v.fault);
	ut_reason(WV_USAGE, wv_verify_evidence(&e, challenge, &a, &v), &v.fault);
	assert_string_equal(v.fault.field, "roots");
	wv_policy_free((struct wv_policy *)a.policy);
	free(table);
	ut_free(bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(in_a_tree),
		cmocka_unit_test(report_refused),
		cmocka_unit_test(unmeasured),
		cmocka_unit_test(simulated),
		cmocka_unit_test(pieces_beside),
		cmocka_unit_test(second_report),
		cmocka_unit_test(claims_refused),
		cmocka_unit_test(leases),
		cmocka_unit_test(cgroup_and_exe),
		cmocka_unit_test(leaning_on_a_digest),
		cmocka_unit_test(expectations),
		cmocka_unit_test(event_lists),
		cmocka_unit_test(warned),
		cmocka_unit_test(withheld),
		cmocka_unit_test(no_roots),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests_name("verify", tests, setup, teardown);
}
