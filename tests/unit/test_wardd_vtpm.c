// SPDX-License-Identifier: MIT
/* Evidence of wardd's vtpm backend: whose key, what registers, what beside. */
#include <tss2/tss2_mu.h>

#include "vtpm_backend.h"

/* ---- a key of our own --------------------------------------------------------------- */

static void quote_is_right(void **state)
{
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;

	(void)state;
	started(NULL);
	p = good(&e, &aux);
	assert_int_equal(e.shared, 0);
	assert_int_equal(e.pcr_count, 16);
	assert_int_equal(e.pcr[0].len, 32);
	assert_int_equal(aux.ak_cert.len + aux.ek_cert.len + aux.event_log.len + aux.ima_log.len, 0);
	backend_piece_free(&p);
}

static void rsa_and_other_registers(void **state)
{
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;

	(void)state;
	started(OPTIONS("key", "rsa", "hierarchy", "owner", "pcrs", "sha384:0-9+14+20-23"));
	p = good(&e, &aux);
	assert_int_equal(e.pcr_count, 15);
	assert_int_equal(e.pcr[0].len, 48);
	backend_piece_free(&p);
}

static void key_is_new_each_time(void **state)
{
	struct tpm_evidence first, second;
	struct ward_piece a, b;
	struct tpm_aux aux;

	(void)state;
	started(NULL);
	a = good(&first, &aux);
	vtpm_backend.close(backend);
	backend = NULL;
	assert_int_equal(open_backend(NULL), 0);
	b = good(&second, &aux);
	assert_int_equal(first.ak.len, second.ak.len);
	assert_memory_not_equal(first.ak.data, second.ak.data, first.ak.len);
	backend_piece_free(&a);
	backend_piece_free(&b);
}

static TSS2_RC quote_with(struct vtpm_source *s, const TPM2B_AUTH *auth)
{
	const TPML_PCR_SELECTION pcrs = { .count = 1, .pcrSelections[0] = {
		.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = { 1 } } };
	const TPMT_SIG_SCHEME of_key = { .scheme = TPM2_ALG_NULL };
	const TPM2B_DATA data = { .size = 4 };
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_ATTEST *attest = NULL;
	TSS2_RC rc;

	tss_deadline(&s->tpm, ward_sys_now(&ward_sys_real) + LONG);
	Esys_TR_SetAuth(s->tpm.esys, s->ak.key, auth);
	rc = Esys_Quote(s->tpm.esys, s->ak.key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
			&of_key, &pcrs, &attest, &signature);
	Esys_TR_SetAuth(s->tpm.esys, s->ak.key, NULL);
	Esys_Free(attest);
	Esys_Free(signature);
	return rc;
}

static void key_wants_its_authorization(void **state)
{
	struct vtpm_source *s;
	TPM2B_AUTH auth = { .size = VTPM_AUTH_LEN };

	(void)state;
	started(NULL);
	s = backend;
	assert_int_equal(quote_with(s, NULL) & 0xff, TPM2_RC_BAD_AUTH & 0xff);
	assert_int_equal(quote_with(s, &auth) & 0xff, TPM2_RC_BAD_AUTH & 0xff);
	memcpy(auth.buffer, s->ak.auth, VTPM_AUTH_LEN);
	assert_int_equal(quote_with(s, &auth), 0);
	auth.buffer[7] ^= 1;
	assert_int_equal(quote_with(s, &auth) & 0xff, TPM2_RC_BAD_AUTH & 0xff);
}

static void authorization_is_never_in_the_clear(void **state)
{
	struct vtpm_source *s;
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;

	(void)state;
	started(NULL);
	p = good(&e, &aux);
	s = backend;
	assert_true(tpm->seen_len > 1000);
	assert_null(memmem(tpm->seen, tpm->seen_len, s->ak.auth, 16));
	assert_null(memmem(tpm->seen, tpm->seen_len, s->ak.auth + 16, 16));
	/* The eyes that look see: what is public passed there. */
	assert_non_null(memmem(tpm->seen, tpm->seen_len, e.pcr[0].data, e.pcr[0].len));
	backend_piece_free(&p);
}

/* ---- keys that others have, certificates, logs ------------------------------------------ */

static void shared_key_is_called_so(void **state)
{
	TPM2B_PUBLIC template = template_of(TPMA_OBJECT_RESTRICTED);
	struct tss bare = bare_tpm();
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;

	(void)state;
	persist(&bare, &template, 0x81010007);
	tss_close(&bare);
	assert_int_equal(open_backend(OPTIONS("ak", "0x81010007")), 0);
	p = good(&e, &aux);
	assert_int_equal(e.shared, 1);
	backend_piece_free(&p);
}

static void unrestricted_key_is_refused(void **state)
{
	TPM2B_PUBLIC template = template_of(0);
	struct tss bare = bare_tpm();

	(void)state;
	persist(&bare, &template, 0x81010007);
	tss_close(&bare);
	assert_int_equal(open_backend(OPTIONS("ak", "0x81010007")), -EBADMSG);
	assert_non_null(strstr(why.text, "restricted"));
	assert_int_equal(open_backend(OPTIONS("ak", "0x81010008")), -ENOENT);
	assert_int_equal(open_backend(OPTIONS("ak", "0x01c10001")), -ENOENT);
}

/* What a platform keeps: a template, its certificate before it, one of the TPM's. */
static void templates_and_certificates(void **state)
{
	static const uint8_t cert[64] = { 0x30, 0x81, 0x0a, 1, 2, 3 }, ek[32] = { 0x30, 3, 7, 8, 9, 1 };
	TPM2B_PUBLIC template = template_of(TPMA_OBJECT_RESTRICTED);
	struct tss bare = bare_tpm();
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;
	uint8_t nv[1024];
	size_t len = 0;

	(void)state;
	assert_int_equal(Tss2_MU_TPMT_PUBLIC_Marshal(&template.publicArea, nv, sizeof(nv), &len), 0);
	assert_int_equal(vtpm_nv_write(&bare, 0x01c10003, nv, len, &why), 0);
	assert_int_equal(vtpm_nv_write(&bare, 0x01c10002, cert, sizeof(cert), &why), 0);
	assert_int_equal(vtpm_nv_write(&bare, 0x01c0000a, ek, sizeof(ek), &why), 0);
	tss_close(&bare);
	assert_int_equal(open_backend(OPTIONS("ak", "0x01c10003")), 0);
	p = good(&e, &aux);
	assert_int_equal(e.shared, 1);
	assert_int_equal(aux.ak_cert.len, 13);
	assert_memory_equal(aux.ak_cert.data, cert, 13);
	assert_int_equal(aux.ek_cert.len, 5);
	backend_piece_free(&p);
	vtpm_backend.close(backend);
	backend = NULL;
	assert_int_equal(open_backend(OPTIONS("ak", "0x01c10002")), -EBADMSG);
}

static void write_log(const char *path, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	for (size_t i = 0; i < len; i++)
		fputc((int)(i % 251), f);
	assert_int_equal(fclose(f), 0);
}

static void logs_are_cut_and_that_is_told(void **state)
{
	char event[96], ima[96];
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;

	(void)state;
	tpm = swtpm_start();
	snprintf(event, sizeof(event), "%s/event", tpm->dir);
	snprintf(ima, sizeof(ima), "%s/ima", tpm->dir);
	write_log(event, 1000);
	write_log(ima, 100000);
	assert_int_equal(open_backend(OPTIONS("eventlog", event, "ima", ima)), 0);
	p = good(&e, &aux);
	assert_int_equal(aux.event_log.len, 1000);
	assert_int_equal(aux.event_log_size, 1000);
	assert_int_equal(aux.event_log.data[999], 999 % 251);
	assert_int_equal(aux.ima_log_size, 100000);
	assert_in_range(aux.ima_log.len, 64000, WARD_AUX_MAX - 1000);
	assert_in_range(p.aux_len, 65000, WARD_AUX_MAX);
	backend_piece_free(&p);
	write_log(event, 70000);
	p = good(&e, &aux);
	assert_int_equal(aux.event_log_size, 70000);
	assert_in_range(aux.event_log.len, 65000, 70000);
	assert_int_equal(aux.ima_log.len, 0);
	assert_int_equal(aux.ima_log_size, 100000);
	backend_piece_free(&p);
}

/* ---- options ----------------------------------------------------------------------------- */

static void options_that_cannot_be(void **state)
{
	static const char *const wrong[][2] = {
		{ "pcrs", "sha256" }, { "pcrs", "sha256:" }, { "pcrs", "sha256:24" },
		{ "pcrs", "sha256:5-3" }, { "pcrs", "sha256:0-7," }, { "pcrs", "md5:0" },
		{ "pcrs", "sha256:0+" }, { "pcrs", "sha256:100" }, { "ak", "81000003" },
		{ "ak", "0x80000001" }, { "ak", "0x81zz" }, { "ak", "" }, { "key", "dsa" },
		{ "hierarchy", "platform" }, { "ak-cert", "0x81000003" }, { "ak-cert", "" },
		{ "tcti", "mssim:host=localhost" }, { "tcti", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct backend_config config = { .sys = &ward_sys_real, .count = 1,
						 .options = { { wrong[i][0], wrong[i][1] } } };

		assert_int_equal(vtpm_backend.open(&config, &backend, &why), -EINVAL);
		assert_non_null(strstr(why.text, wrong[i][0]));
	}
}

static void nothing_there(void **state)
{
	struct backend_config config = { .sys = &ward_sys_real, .count = 1,
					 .options = { { "tcti", "device:/nonexistent/tpm" } } };

	(void)state;
	assert_int_equal(vtpm_backend.open(&config, &backend, &why), -ENOENT);
	config.options[0].value = "unix:/nonexistent/tpm";
	assert_int_equal(vtpm_backend.open(&config, &backend, &why), -ENOENT);
	config.options[0].value = "device:/dev/null";
	assert_int_not_equal(vtpm_backend.open(&config, &backend, &why), 0);
}

/* SHA-256 alone from the TPM's next start on, as machines have it today. */
static void bank_that_is_not_there(void **state)
{
	const TPML_PCR_SELECTION banks = { .count = 2, .pcrSelections = {
		{ .hash = TPM2_ALG_SHA1, .sizeofSelect = 3 },
		{ .hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = { 255, 255, 255 } },
	} };
	struct tss bare = bare_tpm();
	TPMI_YES_NO done = 0;
	UINT32 most, needed, available;

	(void)state;
	assert_int_equal(Esys_PCR_Allocate(bare.esys, ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD,
					   ESYS_TR_NONE, ESYS_TR_NONE, &banks, &done, &most,
					   &needed, &available), 0);
	assert_int_equal(done, 1);
	tss_close(&bare);
	swtpm_kill(tpm);
	swtpm_again(tpm);
	assert_int_equal(open_backend(OPTIONS("pcrs", "sha1:0")), 0);
	bad(-ENXIO, LONG, "bank of registers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(quote_is_right),
		TEST(rsa_and_other_registers),
		TEST(key_is_new_each_time),
		TEST(key_wants_its_authorization),
		TEST(authorization_is_never_in_the_clear),
		TEST(shared_key_is_called_so),
		TEST(unrestricted_key_is_refused),
		TEST(templates_and_certificates),
		TEST(logs_are_cut_and_that_is_told),
		TEST(options_that_cannot_be),
		TEST(nothing_there),
		TEST(bank_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
