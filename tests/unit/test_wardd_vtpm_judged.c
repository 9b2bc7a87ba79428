// SPDX-License-Identifier: MIT
/* Quotes that wardd's vtpm backend takes of a TPM program (swtpm), judged by the verifier. */
#include <endian.h>

#include "hex.h"
#include "sim.h"
#include "vtpm_backend.h"

/* Evidence alone, of whatever claims; its report data go to the backend. */
struct judged {
	struct sim_guest guest;
	struct tpm_sim piece;
	struct ward_piece from;
	struct wv_verdict v;
};

static void take(struct judged *j)
{
	uint8_t over[64];

	memset(j, 0, sizeof(*j));
	sim_guest_new(&j->guest, WARD_PURPOSE_RELEASE);
	j->guest.claims.tee = htole32(WARD_TEE_TPM);
	j->guest.no_launch = true;
	j->guest.tpm = &j->piece;
	j->guest.tpm_count = 1;
	sim_report_data(&j->guest, over);
	if (vtpm_backend.quote(backend, over, ward_sys_now(&ward_sys_real) + LONG, &j->from, &why))
		fail_msg("quote: %s", why.text);
	j->piece.data = (struct wv_bytes){ j->from.data, j->from.data_len };
	j->piece.aux = (struct wv_bytes){ j->from.aux, j->from.aux_len };
}

static int judge(struct judged *j, const char *tpm)
{
	struct wv_appraisal a = { .roots = wv_roots_new() };
	struct wv_bytes bundle;
	struct wv_policy *p;
	char text[1024];
	int rc;

	snprintf(text, sizeof(text), "{\"ward-policy\":1,\"allow_tee\":[\"tpm\"],\"tpm\":{%s}}", tpm);
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, NULL),
			 WV_OK);
	a.policy = p;
	bundle = sim_bundle(&j->guest, NULL);
	rc = wv_verify_bundle(bundle, &a, &j->v);
	ut_free(bundle);
	wv_policy_free(p);
	wv_roots_free((struct wv_roots *)a.roots);
	return rc;
}

/* As a machine's owner would: what a good boot said is pinned. */
static void pin(const struct wv_tpm *t, unsigned int n, char *out, size_t size)
{
	char ak[65], value[129];

	hex_encode(t->ak_sha256, 32, ak);
	hex_encode(t->pcr[n], t->pcr_len, value);
	snprintf(out, size, "\"ak\":[\"%s\"],\"pcrs\":{\"sha%zu\":{\"%u\":[\"%s\"]}}", ak,
		 8 * t->pcr_len, n, value);
}

static void extend(unsigned int n)
{
	TPML_DIGEST_VALUES values = { .count = 1, .digests[0] = { .hashAlg = TPM2_ALG_SHA256 } };
	struct vtpm_source *s = backend;

	memset(values.digests[0].digest.sha256, 0x5a, 32);
	tss_deadline(&s->tpm, ward_sys_now(&ward_sys_real) + LONG);
	assert_int_equal(Esys_PCR_Extend(s->tpm.esys, ESYS_TR_PCR0 + n, ESYS_TR_PASSWORD,
					 ESYS_TR_NONE, ESYS_TR_NONE, &values), 0);
}

static void done(struct judged *j)
{
	backend_piece_free(&j->from);
}

static void ecc(void **state)
{
	struct judged j;
	char pins[1024];

	(void)state;
	started(NULL);
	extend(4);
	take(&j);
	ut_reason(WV_AK_UNTRUSTED, judge(&j, "\"required\":true"), &j.v.fault);
	pin(&j.v.tpm, 4, pins, sizeof(pins));
	ut_reason(WV_OK, judge(&j, pins), &j.v.fault);
	assert_int_equal(j.v.measured, 1);
	assert_int_equal(j.v.tpm.ak_shared, 0);
	assert_int_equal(j.v.tpm.selected, 0xffff);
	assert_true(j.v.tpm.firmware_version != 0);
	done(&j);
	/* another boot of the same machine, as far as its registers tell */
	extend(4);
	take(&j);
	ut_reason(WV_PCR_MISMATCH, judge(&j, pins), &j.v.fault);
	assert_string_equal(j.v.fault.field, "pcrs.4");
	/* the evidence of one request is none for another */
	j.guest.claims.nonce[0] ^= 1;
	ut_reason(WV_REPORT_DATA_MISMATCH, judge(&j, pins), &j.v.fault);
	done(&j);
}

static void rsa(void **state)
{
	struct judged j;
	char pins[1024];

	(void)state;
	started(OPTIONS("key", "rsa", "hierarchy", "owner", "pcrs", "sha384:0-9+14+20-23"));
	take(&j);
	judge(&j, "\"required\":true");
	pin(&j.v.tpm, 7, pins, sizeof(pins));
	ut_reason(WV_OK, judge(&j, pins), &j.v.fault);
	assert_int_equal(j.v.tpm.ak_bits, 2048);
	assert_int_equal(j.v.tpm.selected, 0xf043ff);
	done(&j);
}

static void sha1_alone(void **state)
{
	struct judged j;

	(void)state;
	started(OPTIONS("pcrs", "sha1:0-7"));
	take(&j);
	ut_reason(WV_PCR_BANK_REFUSED, judge(&j, "\"accept_unpinned_ak\":true"), &j.v.fault);
	done(&j);
}

/* A platform's key: persistent, and without an authorization of its own. */
static void shared(void **state)
{
	TPM2B_PUBLIC template = template_of(TPMA_OBJECT_RESTRICTED);
	struct tss bare = bare_tpm();
	struct judged j;
	char pins[1024];

	(void)state;
	persist(&bare, &template, 0x81010002);
	tss_close(&bare);
	if (open_backend(OPTIONS("ak", "0x81010002")))
		fail_msg("open: %s", why.text);
	take(&j);
	judge(&j, "\"required\":true");
	pin(&j.v.tpm, 4, pins, sizeof(pins));
	ut_reason(WV_OK, judge(&j, pins), &j.v.fault);
	assert_int_equal(j.v.tpm.ak_trust, WV_AK_PINNED);
	assert_true(j.v.warnings & WV_WARN_AK_SHARED);
	done(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ecc), TEST(rsa), TEST(sha1_alone), TEST(shared),
	};

	return cmocka_run_group_tests_name("wardd_vtpm_judged", tests, NULL, NULL);
}
