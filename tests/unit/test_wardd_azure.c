// SPDX-License-Identifier: MIT
/*
 * wardd's azure backend: reports of real machines, and a double of the paravisor
 * over swtpm.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../../userspace/agent/azure_hcl.h"
#include "paravisor.h"
#include "vtpm_backend.h"

static const struct {
	const char *hcl, *ak;
	uint32_t kind;
} real[] = {
	{ "azure/snp-milan-hcl.bin", "azure/snp-milan-ak.pem", HCL_SNP },
	{ "azure/snp-milan-v2report-hcl.bin", "azure/snp-milan-v2report-ak.pem", HCL_SNP },
	{ "azure/snp-genoa-hcl.bin", "azure/snp-genoa-ak.pem", HCL_SNP },
	{ "azure/tdx-hcl.bin", "azure/tdx-ak.pem", HCL_TDX },
};

#define REAL_COUNT (sizeof(real) / sizeof(real[0]))

/* ---- the report ------------------------------------------------------------------ */

static size_t modulus(struct wv_bytes pem, uint8_t *out, size_t room)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	BIGNUM *n = NULL;
	int len;

	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	len = BN_num_bytes(n);
	assert_true((size_t)len <= room);
	BN_bn2bin(n, out);
	BN_free(n);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return (size_t)len;
}

static void real_reports(void **state)
{
	uint8_t key[512];

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t i = 0; i < REAL_COUNT; i++) {
		struct wv_bytes in = ut_vector(real[i].hcl), pem = ut_vector(real[i].ak);
		struct azure_hcl hcl;

		if (azure_hcl_parse(in.data, in.len, &hcl, &why))
			fail_msg("%s: %s", real[i].hcl, why.text);
		assert_int_equal(hcl.kind, real[i].kind);
		assert_true(hcl.has_user_data);
		assert_int_equal(hcl.key_len, modulus(pem, key, sizeof(key)));
		assert_memory_equal(hcl.key, key, hcl.key_len);
		/* What follows is padding: the report alone says the same. */
		assert_int_equal(azure_hcl_parse(in.data, hcl.len, &hcl, &why), 0);
		ut_free(in);
		ut_free(pem);
	}
}

/* Shorter by every length, from a copy of just that length. */
static void cut_reports(void **state)
{
	struct paravisor p = { .key = { (const uint8_t *)"\x01\x02\x03", 3 } };
	struct azure_hcl hcl;

	(void)state;
	paravisor_make(&p, HCL_SNP, NULL);
	assert_int_equal(azure_hcl_parse(p.report, p.len, &hcl, &why), 0);
	for (size_t len = 0, whole = hcl.len; len < whole; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, p.report, len);
		assert_int_equal(azure_hcl_parse(copy, len, &hcl, &why), -EBADMSG);
		free(copy);
	}
}

/* Each byte that says something, changed; those of the signature are the verifier's. */
static void changed_reports(void **state)
{
	static const struct {
		size_t from, to;
		const char *text;
	} parts[] = {
		{ 0, 4, "HCLA" }, { 4, 8, "version" }, { 8, 12, "lengths" },
		{ 32 + 0x50, 32 + 0x90, "other runtime data" }, { 1216, 1220, "lengths" },
		{ 1220, 1224, "version" }, { 1224, 1228, "kind" }, { 1228, 1232, "hash" },
		{ 1232, 1236, "lengths" }, { 1236, 1300, "other runtime data" },
		{ 2000, 2600, "follows" },
	};
	struct paravisor p = { .key = { (const uint8_t *)"\x01\x02\x03", 3 } };
	struct azure_hcl hcl;

	(void)state;
	paravisor_make(&p, HCL_SNP, NULL);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (size_t at = parts[i].from; at < parts[i].to; at++) {
			p.report[at] ^= 0x81;
			assert_int_equal(azure_hcl_parse(p.report, p.len, &hcl, &why), -EBADMSG);
			if (!strstr(why.text, parts[i].text))
				fail_msg("byte %zu: %s", at, why.text);
			p.report[at] ^= 0x81;
		}
	}
	assert_int_equal(azure_hcl_parse(p.report, p.len, &hcl, &why), 0);
}

/* Runtime data of the test's own, rightly bound. */
static void wrong_text(const char *text, const char *says)
{
	struct paravisor p = { .key = { (const uint8_t *)"\x01", 1 } };
	size_t n = strlen(text);
	struct azure_hcl hcl;

	paravisor_make(&p, HCL_TDX, NULL);
	memset(p.report + 1236, 0, p.len - 1236);
	memcpy(p.report + 1236, text, n);
	p.report[8] = (uint8_t)(1236 + n);
	p.report[9] = (uint8_t)((1236 + n) >> 8);
	p.report[1216] = (uint8_t)(20 + n);
	p.report[1217] = 0;
	p.report[1232] = (uint8_t)n;
	p.report[1233] = 0;
	EVP_Digest(text, n, p.report + 32 + 128, NULL, EVP_sha256(), NULL);
	assert_int_equal(azure_hcl_parse(p.report, p.len, &hcl, &why), -EBADMSG);
	if (!strstr(why.text, says))
		fail_msg("%s: %s", text, why.text);
}

static void runtime_data_that_cannot_be(void **state)
{
	(void)state;
	wrong_text("", "runtime data");
	wrong_text("{\"keys\":[]", "runtime data");
	wrong_text("[]", "HCLAkPub");
	wrong_text("{\"keys\":{}}", "HCLAkPub");
	wrong_text("{\"keys\":[1,{\"kid\":1},{\"kid\":\"HCLAkPub\"}]}", "HCLAkPub");
	wrong_text("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"EC\",\"n\":\"AQ\",\"e\":\"AQ\"}]}",
		   "HCLAkPub");
	wrong_text("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"!\",\"e\":\"AQ\"}]}",
		   "HCLAkPub");
	wrong_text("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAAAAA\"}]}",
		   "HCLAkPub");
	wrong_text("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQ\"},"
		   "{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"Ag\",\"e\":\"AQ\"}]}", "two keys");
	wrong_text("{\"user-data\":\"00\",\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\","
		   "\"n\":\"AQ\",\"e\":\"AQ\"}]}", "user data");
}

/* ---- the backend ------------------------------------------------------------------ */

static struct paravisor paravisor;
static uint8_t key_n[256];

static TPM2B_PUBLIC rsa_key_template(void)
{
	TPM2B_PUBLIC t = template_of(TPMA_OBJECT_RESTRICTED);

	t.publicArea.type = TPM2_ALG_RSA;
	t.publicArea.parameters.rsaDetail = (TPMS_RSA_PARMS){
		.symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_RSASSA,
			    .details.rsassa.hashAlg = TPM2_ALG_SHA256 },
		.keyBits = 2048,
	};
	return t;
}

static void read_key(struct tss *bare)
{
	TPM2B_PUBLIC *public;
	ESYS_TR key;

	assert_int_equal(Esys_TR_FromTPMPublic(bare->esys, 0x81000003, ESYS_TR_NONE, ESYS_TR_NONE,
					       ESYS_TR_NONE, &key), 0);
	assert_int_equal(Esys_ReadPublic(bare->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					 &public, NULL, NULL), 0);
	assert_int_equal(public->publicArea.unique.rsa.size, sizeof(key_n));
	memcpy(key_n, public->publicArea.unique.rsa.buffer, sizeof(key_n));
	Esys_Free(public);
	Esys_TR_Close(bare->esys, &key);
}

/* A TPM with the platform's key and certificate, and a report of @kind. */
static void machine(uint32_t kind)
{
	static const uint8_t cert[20] = { 0x30, 4, 9, 9, 9, 9, 0xff, 0xff };
	TPM2B_PUBLIC template = rsa_key_template();
	struct tss bare = bare_tpm();

	persist(&bare, &template, 0x81000003);
	read_key(&bare);
	assert_int_equal(vtpm_nv_write(&bare, 0x01c101d0, cert, sizeof(cert), &why), 0);
	tss_close(&bare);
	paravisor = (struct paravisor){ .key = { key_n, sizeof(key_n) } };
	paravisor_make(&paravisor, kind, NULL);
	tpm->arg = &paravisor;
	tpm->command = paravisor_command;
}

static int azure_teardown(void **state)
{
	if (backend)
		azure_backend.close(backend);
	backend = NULL;
	return teardown(state);
}

static int azure_open(const char *name, const char *value)
{
	struct backend_config config = { .sys = &ward_sys_real, .count = name ? 3 : 2, .options = {
		{ "tcti", tpm->socket }, { "eventlog", "none" }, { name, value },
	} };

	return azure_backend.open(&config, &backend, &why);
}

static struct ward_piece azure_good(uint64_t within_ns, struct tpm_evidence *e, struct tpm_aux *aux)
{
	struct ward_piece p = { .data = NULL };

	if (azure_backend.quote(backend, report_data, ward_sys_now(&ward_sys_real) + within_ns, &p,
				&why))
		fail_msg("quote: %s", why.text);
	tpm_evidence_read((struct wv_bytes){ p.data, p.data_len }, true, e);
	tpm_evidence_check(e, report_data);
	tpm_aux_read((struct wv_bytes){ p.aux, p.aux_len }, aux);
	return p;
}

static void evidence_of(uint32_t kind, uint32_t tee)
{
	struct tpm_evidence e;
	struct azure_hcl hcl;
	struct tpm_aux aux;
	struct ward_piece p;

	machine(kind);
	paravisor.refresh = true;
	paravisor.after = 2;
	assert_int_equal(azure_open(NULL, NULL), 0);
	assert_int_equal(azure_backend.tee_of(backend), tee);
	p = azure_good(LONG, &e, &aux);
	assert_int_equal(e.shared, 1);
	assert_int_equal(aux.ak_cert.len, 6);
	assert_int_equal(azure_hcl_parse(e.hcl.data, e.hcl.len, &hcl, &why), 0);
	assert_int_equal(hcl.len, e.hcl.len);
	assert_memory_equal(hcl.user_data, report_data, sizeof(hcl.user_data));
	assert_int_equal(paravisor.writes, 1);
	backend_piece_free(&p);
}

static void evidence_snp(void **state)
{
	(void)state;
	evidence_of(HCL_SNP, WARD_TEE_AZURE_SNP);
}

static void evidence_tdx(void **state)
{
	(void)state;
	evidence_of(HCL_TDX, WARD_TEE_AZURE_TDX);
}

/* The quote binds the evidence: a report that stays old does no harm, and is seen. */
static void report_that_stays_old(void **state)
{
	static const uint8_t zeroes[64];
	struct tpm_evidence e;
	struct azure_hcl hcl;
	struct tpm_aux aux;
	struct ward_piece p;

	(void)state;
	machine(HCL_SNP);
	assert_int_equal(azure_open(NULL, NULL), 0);
	for (int i = 1; i <= 2; i++) {
		p = azure_good(LONG, &e, &aux);
		assert_int_equal(azure_hcl_parse(e.hcl.data, e.hcl.len, &hcl, &why), 0);
		assert_memory_equal(hcl.user_data, zeroes, sizeof(zeroes));
		assert_int_equal(paravisor.writes, i);
		backend_piece_free(&p);
	}
}

static void no_refresh_by_option(void **state)
{
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;

	(void)state;
	machine(HCL_SNP);
	assert_int_equal(azure_open("refresh", "perhaps"), -EINVAL);
	assert_int_equal(azure_open("refresh", "no"), 0);
	p = azure_good(LONG, &e, &aux);
	assert_int_equal(paravisor.writes, 0);
	backend_piece_free(&p);
}

static void other_machines(void **state)
{
	(void)state;
	machine(HCL_SNP);
	paravisor.len = 0;
	assert_int_equal(azure_open(NULL, NULL), -ENOENT);
	assert_non_null(strstr(why.text, "Azure"));
	key_n[100] ^= 1;
	paravisor_make(&paravisor, HCL_SNP, NULL);
	assert_int_equal(azure_open(NULL, NULL), -EBADMSG);
	assert_non_null(strstr(why.text, "another key"));
}

/* It turns bad between two requests. */
static void report_that_turns_bad(void **state)
{
	struct ward_piece p = { .data = NULL };
	struct tpm_evidence e;
	struct tpm_aux aux;

	(void)state;
	machine(HCL_TDX);
	assert_int_equal(azure_open("refresh", "no"), 0);
	paravisor.report[1300] ^= 1;
	assert_int_equal(azure_backend.quote(backend, report_data,
					     ward_sys_now(&ward_sys_real) + LONG, &p, &why), -EBADMSG);
	assert_non_null(strstr(why.text, "other runtime data"));
	backend_piece_free(&p);
	paravisor.report[1300] ^= 1;
	p = azure_good(LONG, &e, &aux);
	backend_piece_free(&p);
}

/* Out of a TPM's index in pieces; it is of another machine, whose key we lack. */
static void real_report_in_the_tpm(void **state)
{
	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	machine(HCL_SNP);
	for (size_t i = 0; i < REAL_COUNT; i++) {
		struct wv_bytes in = ut_vector(real[i].hcl);

		assert_in_range(in.len, 1, sizeof(paravisor.report));
		memcpy(paravisor.report, in.data, in.len);
		paravisor.len = in.len;
		assert_int_equal(azure_open(NULL, NULL), -EBADMSG);
		assert_non_null(strstr(why.text, "another key"));
		ut_free(in);
	}
}

#define AZURE(f) cmocka_unit_test_setup_teardown(f, setup, azure_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_reports),
		cmocka_unit_test(cut_reports),
		cmocka_unit_test(changed_reports),
		cmocka_unit_test(runtime_data_that_cannot_be),
		AZURE(evidence_snp),
		AZURE(evidence_tdx),
		AZURE(report_that_stays_old),
		AZURE(no_refresh_by_option),
		AZURE(other_machines),
		AZURE(report_that_turns_bad),
		AZURE(real_report_in_the_tpm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
