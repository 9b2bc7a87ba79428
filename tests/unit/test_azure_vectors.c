// SPDX-License-Identifier: MIT
/*
 * Evidence of real confidential VMs of Azure's: reports of their paravisors, quotes of
 * their vTPMs, over other programs' nonces.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/common/cbor_put.h"
#include "hcl.h"
#include "hex.h"
#include "manifest.h"
#include "tpm.h"

static const struct machine {
	const char *name, *tee, *chain, *measurement, *vm_id;
	const char *challenge;		/* hex */
	uint32_t version;
	int persisted, product;
	uint64_t reported_tcb;
} machines[] = {
	{ "snp-milan", "azure-snp", "snp/trust-milan-chain.pem",
	  "6a063be9dd79f6371c842e480f8dc3b5c725961344e57130e88c5adf49e8f7f6c79b75a5eb77fc769959f4aeb2f9401e",
	  "26F8BC30-774E-4290-8E7A-535F3B672AEE", "6368616c6c656e6765", 1, WV_UNSAID,
	  WV_PRODUCT_MILAN, 0xdb18000000000004 },
	{ "snp-milan-v2report", "azure-snp", "snp/trust-milan-chain.pem",
	  "9ac48fcac8a2d88aeeff8d427ad4f2be0e3917c748a18bdf52cc317e7fe20308b459d5ef1a12e0c22944eb386d17c315",
	  "911B0EF8-9DBA-48B0-B275-4E4DF2D39252", "6368616c6c656e6765", 1, WV_UNSAID,
	  WV_PRODUCT_MILAN, 0x7308000000000003 },
	{ "snp-genoa", "azure-snp", "snp/trust-genoa-chain.pem",
	  "f57dc09a507c6ecd82369bffb600f0003792f4d99bc26e985ec0c266fc34faf3706faf814c9e61065768a6ff917c89ae",
	  "390CBCF5-6C67-4D9B-98EF-C3F1699CC8FC",
	  "0218488bae25d2509232bf676f1a66a30d7372add909109b36016ef136f2938ca05475f8b46094de6b64270ea35d950f",
	  2, WV_SAID_YES, WV_PRODUCT_GENOA, 0x541700000000000a },
	{ "tdx", "azure-tdx", NULL,
	  "024a32b070383331181619fa387cb4d55d1e38879f989933055ccad5bc2db795d1737b66205949d15469dc8c1ba7ab7b",
	  "6332533D-5649-4D02-8AA7-8F64B7C3EE21", "6368616c6c656e6765", 2, WV_SAID_NO, 0, 0 },
};
#define MACHINES (sizeof(machines) / sizeof(machines[0]))

/** struct parts - one machine's files, to be changed at will before parts_judge() */
struct parts {
	const struct machine *m;
	struct wv_bytes hcl, ak, msg, sig, pcrs, vek, chain, td_quote;
	size_t pcr_count;
};

static struct wv_bytes file(const char *name, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "azure/%s-%s", name, what);
	return ut_vector(path);
}

/* TPMT_PUBLIC of a restricted key that signs by RSASSA with SHA-256, around a modulus. */
static struct wv_bytes public_of(struct wv_bytes pem)
{
	static const uint8_t head[] = { 0, 1, 0, 0x0b, 0, 5, 0, 0x72, 0, 0, 0, 0x10, 0, 0x14,
					0, 0x0b, 8, 0, 0, 0, 0, 0, 1, 0 };
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	uint8_t *out = malloc(sizeof(head) + 256);
	BIGNUM *n = NULL;

	assert_true(key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1);
	memcpy(out, head, sizeof(head));
	assert_int_equal(BN_bn2binpad(n, out + sizeof(head), 256), 256);
	BN_free(n);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return (struct wv_bytes){ out, sizeof(head) + 256 };
}

static void parts_of(const struct machine *m, struct parts *p)
{
	struct wv_bytes pem = file(m->name, "ak.pem");

	*p = (struct parts){
		.m = m, .hcl = file(m->name, "hcl.bin"), .ak = public_of(pem),
		.msg = file(m->name, "quote.msg"), .sig = file(m->name, "quote.sig"),
		.pcrs = file(m->name, "pcrs.bin"), .vek = file(m->name, "vcek.der"),
		.pcr_count = 24,
	};
	if (m->chain)
		p->chain = ut_vector(m->chain);
	else
		p->td_quote = file(m->name, "tdquote.bin");
	ut_free(pem);
	assert_int_equal(p->pcrs.len, 24 * 32);
}

static void parts_free(struct parts *p)
{
	ut_free(p->hcl);
	ut_free(p->ak);
	ut_free(p->msg);
	ut_free(p->sig);
	ut_free(p->pcrs);
	ut_free(p->vek);
	ut_free(p->chain);
	ut_free(p->td_quote);
}

static void field(struct cbor_put *w, const char *key, struct wv_bytes b)
{
	cbor_put_text(w, key);
	cbor_put_bytes(w, b.data, b.len);
}

static void walk(struct cbor_put *w, const struct parts *p)
{
	cbor_put_map(w, 7);
	field(w, "ak", p->ak);
	field(w, "hcl", p->hcl);
	cbor_put_text(w, "pcrs");
	cbor_put_array(w, p->pcr_count);
	for (size_t i = 0; i < p->pcr_count; i++)
		cbor_put_bytes(w, p->pcrs.data + 32 * i, 32);
	field(w, "quote", p->msg);
	cbor_put_text(w, "shared");
	cbor_put_uint(w, 1);
	cbor_put_text(w, "version");
	cbor_put_uint(w, 1);
	field(w, "signature", p->sig);
}

static struct wv_bytes data_of(const struct parts *p)
{
	struct cbor_put w = { NULL, 0 };

	walk(&w, p);
	w.at = malloc(w.len);
	w.len = 0;
	walk(&w, p);
	return (struct wv_bytes){ w.at, w.len };
}

static void walk_aux(struct cbor_put *w, const struct parts *p)
{
	struct wv_bytes none = { (const uint8_t *)"", 0 };

	cbor_put_map(w, 7);
	field(w, "ak_cert", none);
	field(w, "ek_cert", none);
	field(w, "ima_log", none);
	field(w, "td_quote", p->td_quote);
	field(w, "event_log", none);
	cbor_put_text(w, "ima_log_size");
	cbor_put_uint(w, 0);
	cbor_put_text(w, "event_log_size");
	cbor_put_uint(w, 0);
}

static struct wv_bytes aux_of(const struct parts *p)
{
	struct cbor_put w = { NULL, 0 };

	if (!p->td_quote.data)
		return (struct wv_bytes){ NULL, 0 };
	walk_aux(&w, p);
	w.at = malloc(w.len);
	w.len = 0;
	walk_aux(&w, p);
	return (struct wv_bytes){ w.at, w.len };
}

static struct wv_policy *policy_of(const struct machine *m, const struct parts *p,
				   const char *members)
{
	char text[1024], pcr[65];
	struct wv_policy *policy;
	struct wv_fault fault;

	hex_encode(p->pcrs.data + 32 * 4, 32, pcr);
	snprintf(text, sizeof(text), "{\"ward-policy\":1,\"allow_tee\":[\"%s\"],"
		 "%s:[\"%s\"]%s,\"azure\":{\"pcrs\":{\"sha256\":{\"4\":[\"%s\"]}},"
		 "\"vm_id\":[\"%s\"],\"secure_boot\":true,\"tpm_enabled\":true%s}}", m->tee,
		 m->chain ? "\"measurement\"" : "\"tdx\":{\"mrtd\"", m->measurement,
		 m->chain ? "" : "}", pcr, m->vm_id, members);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) },
					 &policy, &fault), &fault);
	return policy;
}

static int parts_judge_as(struct parts *p, const char *members, const char *challenge,
			  struct wv_verdict *v)
{
	struct wv_policy *policy = policy_of(p->m, p, members);
	struct wv_collateral c = { .vek = p->vek, .intermediate = p->chain };
	struct wv_roots *roots = wv_roots_new();
	struct wv_appraisal a = { .roots = roots, .policy = policy, .collateral = &c,
				  .now = ut_time(2025, 7, 1) };
	struct wv_evidence e = { .data = data_of(p), .aux = aux_of(p) };
	uint8_t nonce[64];
	size_t len = strlen(challenge) / 2;
	int rc;

	strcpy(e.tee, p->m->tee);
	assert_true(hex_decode(challenge, nonce, len));
	rc = wv_verify_evidence(&e, (struct wv_bytes){ nonce, len }, &a, v);
	ut_free(e.data);
	ut_free(e.aux);
	wv_policy_free(policy);
	wv_roots_free(roots);
	return rc;
}

static int parts_judge(struct parts *p, struct wv_verdict *v)
{
	return parts_judge_as(p, "", p->m->challenge, v);
}

static void is_hex(const uint8_t *have, size_t len, const char *want)
{
	char text[129];

	hex_encode(have, len, text);
	assert_string_equal(text, want);
}

static void real_machines(void **state)
{
	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t i = 0; i < MACHINES; i++) {
		const struct machine *m = &machines[i];
		struct wv_verdict v;
		struct parts p;

		parts_of(m, &p);
		ut_reason(WV_OK, parts_judge(&p, &v), &v.fault);
		assert_int_equal(v.measured, 1);
		assert_int_equal(v.simulated, 0);
		assert_int_equal(v.azure.version, m->version);
		assert_int_equal(v.azure.hash, WV_ALG_SHA256);
		assert_string_equal(v.azure.vm_id, m->vm_id);
		assert_int_equal(v.azure.secure_boot, WV_SAID_YES);
		assert_int_equal(v.azure.console_enabled, WV_SAID_YES);
		assert_int_equal(v.azure.tpm_persisted, m->persisted);
		assert_int_equal(v.azure.has_user_data, 1);
		assert_int_equal(v.azure.quote.selected, 0xffffff);
		assert_int_equal(v.azure.quote.ak_bits, 2048);
		assert_memory_equal(v.azure.quote.pcr[23], p.pcrs.data + 32 * 23, 32);
		is_hex(m->chain ? v.report.measurement : v.tdx.mr_td, 48, m->measurement);
		if (m->chain) {
			assert_int_equal(v.report.product, m->product);
			assert_int_equal(v.report.policy, 0x3001f);
			assert_true(v.report.raw_reported_tcb == m->reported_tcb);
		}
		parts_free(&p);
	}
}

/* ---- rows of the manifest ---------------------------------------------------------- */

static const char *row_of(const struct machine *m, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "azure/%s-%s", m->name, what);
	return manifest_row(path);
}

/* The report of the hardware's: SNP's, or the TD quote that goes with it. */
static void snp_row(const char *row, struct wv_bytes report)
{
	struct wv_snp_report r;
	uint8_t raw[8], fms[3];
	int i;

	ut_reason(WV_OK, wv_snp_parse(report, &r, NULL), NULL);
	for (i = 0; i < 8; i++)
		raw[i] = (uint8_t)(r.raw_reported_tcb >> 8 * i);
	fms[0] = r.cpuid_family;
	fms[1] = r.cpuid_model;
	fms[2] = r.cpuid_stepping;
	manifest_number(row, "ver", r.version);
	manifest_number(row, "policy", r.policy);
	manifest_number(row, "debug", !!(r.policy & WV_SNP_POLICY_DEBUG));
	manifest_number(row, "vmpl", r.vmpl);
	manifest_hex(row, "cpuid_fms", fms, r.version >= 3 ? 3 : 0);
	manifest_hex(row, "measurement", r.measurement, 48);
	manifest_hex(row, "reported_tcb", raw, 8);
	manifest_hex(row, "chip_id", r.chip_id, 64);
}

static void tdx_row(const char *row, const struct wv_tdx *t)
{
	manifest_hex(row, "mrtd", t->mr_td, 48);
	manifest_hex(row, "rtmr0", t->rtmr[0], 48);
	manifest_hex(row, "fmspc", t->pck.fmspc, 6);
	manifest_number(row, "debug", t->attributes & 1);
}

/* {""secure-boot"": true, ...}, in the list's quotes */
static void vm_row(const char *row, const char *word, int said)
{
	const char *vm = manifest_value(row, "vm");
	char key[40];
	const char *at;

	assert_non_null(vm);
	snprintf(key, sizeof(key), "\"\"%s\"\": ", word);
	at = strstr(vm, key);
	assert_int_equal(said == WV_UNSAID, at == NULL);
	if (at)
		assert_int_equal(said, at[strlen(key)] == 't' ? WV_SAID_YES : WV_SAID_NO);
}

static void hcl_row(const struct machine *m, const struct parts *p, const struct wv_verdict *v)
{
	const char *row = row_of(m, "hcl.bin");
	struct wv_azure said;
	struct hcl hcl;

	ut_reason(WV_OK, hcl_parse(p->hcl, &hcl, &said, NULL), NULL);
	if (m->chain)
		snp_row(row, hcl.report);
	else
		tdx_row(row, &v->tdx);
	manifest_hex(row, "report_data", hcl.report_data.data, hcl.report_data.len);
	manifest_number(row, "hcl_version", v->azure.version);
	manifest_number(row, "runtime_len", hcl.runtime.len);
	manifest_number(row, "hash_type", v->azure.hash == WV_ALG_SHA256);	/* 1 */
	manifest_hex(row, "user_data", said.user_data, 32);
	vm_row(row, "secure-boot", v->azure.secure_boot);
	vm_row(row, "tpm-enabled", v->azure.tpm_enabled);
	vm_row(row, "tpm-persisted", v->azure.tpm_persisted);
	vm_row(row, "console-enabled", v->azure.console_enabled);
	if (*v->azure.root_thumbprint)
		assert_non_null(strstr(row, v->azure.root_thumbprint));
	assert_non_null(strstr(row, v->azure.vm_id));
}

/* The text that the hardware's report names, and the key in it. */
static void runtime_file(const struct machine *m, const struct parts *p)
{
	struct wv_bytes text = file(m->name, "runtime.json");
	struct wv_azure said;
	struct tpm_key key;
	struct hcl hcl;

	ut_reason(WV_OK, hcl_parse(p->hcl, &hcl, &said, NULL), NULL);
	assert_int_equal(text.len, hcl.runtime.len);
	assert_memory_equal(text.data, hcl.runtime.data, text.len);
	ut_reason(WV_OK, tpm_key_open(p->ak, &key, NULL), NULL);
	assert_true(tpm_key_is(&key, (struct wv_bytes){ hcl.key, hcl.key_len }));
	tpm_key_close(&key);
	ut_free(text);
}

static void quote_row(const char *row, struct wv_bytes msg, struct wv_bytes pcrs)
{
	struct wv_bytes extra, quoted;
	uint8_t digest[32];
	struct wv_tpm q;

	memset(&q, 0, sizeof(q));
	ut_reason(WV_OK, tpm_quote_read(msg, &q, &extra, &quoted, NULL), NULL);
	manifest_hex(row, "extraData", extra.data, extra.len);
	manifest_text(row, "pcrSelect", "[('0xb', 'ffffff')]");
	assert_int_equal(q.bank, WV_ALG_SHA256);
	assert_int_equal(q.selected, 0xffffff);
	manifest_hex(row, "pcrDigest", quoted.data, quoted.len);
	assert_true(EVP_Digest(pcrs.data, pcrs.len, digest, NULL, EVP_sha256(), NULL));
	manifest_hex(row, "pcrDigest", digest, sizeof(digest));
}

static void as_the_manifest_says(void **state)
{
	(void)state;
	manifest_need();
	for (size_t i = 0; i < MACHINES; i++) {
		struct wv_verdict v;
		struct parts p;

		print_message("%s\n", machines[i].name);
		parts_of(&machines[i], &p);
		ut_reason(WV_OK, parts_judge(&p, &v), &v.fault);
		hcl_row(&machines[i], &p, &v);
		runtime_file(&machines[i], &p);
		quote_row(row_of(&machines[i], "quote.msg"), p.msg, p.pcrs);
		parts_free(&p);
	}
}

static void other_nonces(void **state)
{
	struct wv_verdict v;
	struct parts p;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	parts_of(&machines[0], &p);
	ut_reason(WV_REPORT_DATA_MISMATCH, parts_judge_as(&p, "", "6368616c6c656e6766", &v),
		  &v.fault);
	assert_string_equal(v.fault.field, "quote.extraData");
	/* padded, or cut: another challenge, not a longer way to say the same */
	assert_int_not_equal(parts_judge_as(&p, "", "6368616c6c656e676500", &v), WV_OK);
	assert_int_not_equal(parts_judge_as(&p, "", "6368616c6c656e67", &v), WV_OK);
	ut_reason(WV_VM_CONFIG_REFUSED,
		  parts_judge_as(&p, ",\"tpm_persisted\":true", p.m->challenge, &v), &v.fault);
	ut_reason(WV_VM_CONFIG_REFUSED,
		  parts_judge_as(&p, ",\"console_enabled\":false", p.m->challenge, &v), &v.fault);
	parts_free(&p);
}

/* Each machine's parts with each other machine's: none fits where it does not belong. */
static void mixed(void **state)
{
	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t i = 0; machines[i].chain; i++) {
		for (size_t n = 0; machines[n].chain; n++) {
			struct parts p, q;
			struct wv_bytes kept;
			struct wv_verdict v;

			if (i == n)
				continue;
			parts_of(&machines[i], &p);
			parts_of(&machines[n], &q);
			kept = p.hcl;
			p.hcl = q.hcl;
			ut_reason(WV_SIGNATURE_INVALID, parts_judge(&p, &v), &v.fault);
			p.vek = (ut_free(p.vek), file(q.m->name, "vcek.der"));
			p.chain = (ut_free(p.chain), ut_vector(q.m->chain));
			ut_reason(WV_AK_MISMATCH, parts_judge(&p, &v), &v.fault);
			p.hcl = kept;
			ut_reason(WV_SIGNATURE_INVALID, parts_judge(&p, &v), &v.fault);
			parts_free(&p);
			parts_free(&q);
		}
	}
}

/* A quote of another key's, which came with the second machine's evidence. */
static void quote_of_another(void **state)
{
	struct wv_bytes extra, digest;
	struct wv_verdict v;
	struct parts p;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	parts_of(&machines[1], &p);
	ut_free(p.msg);
	ut_free(p.sig);
	p.msg = ut_vector("azure/neg-snp-milan-v2report-wrongak-quote.msg");
	p.sig = ut_vector("azure/neg-snp-milan-v2report-wrongak-quote.sig");
	/* Sound but for its key: over the same challenge, of registers 0 to 7 and 14. */
	ut_reason(WV_OK, tpm_quote_read(p.msg, &v.tpm, &extra, &digest, NULL), NULL);
	assert_int_equal(extra.len, strlen("challenge"));
	assert_memory_equal(extra.data, "challenge", extra.len);
	assert_int_equal(v.tpm.selected, 0x0040ff);
	ut_reason(WV_SIGNATURE_INVALID, parts_judge(&p, &v), &v.fault);
	assert_string_equal(v.fault.field, "signature");
	p.pcr_count = 10;
	ut_reason(WV_SIGNATURE_INVALID, parts_judge(&p, &v), &v.fault);
	parts_free(&p);
}

/* Signed, hashed, compared or nothing: no byte of it may say something else. */
static bool unsigned_byte(size_t at)
{
	return at >= 12 && at < 32;
}

static void each_byte_of_a_report(void **state)
{
	struct wv_verdict v;
	struct parts p;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	parts_of(&machines[2], &p);
	for (size_t at = 0; at < p.hcl.len; at++) {
		uint8_t *byte = (uint8_t *)&p.hcl.data[at];
		bool hardware = at >= HCL_REPORT_AT && at < HCL_REPORT_AT + HCL_REPORT_LEN;
		int rc;

		if (hardware && at % 8)
			continue;	/* test_snp.c has each of them */
		*byte ^= (uint8_t)(1u << at % 8);
		rc = parts_judge(&p, &v);
		if (!rc != unsigned_byte(at))
			fail_msg("byte %zu: %s", at, wv_reason_text(rc));
		*byte ^= (uint8_t)(1u << at % 8);
	}
	ut_reason(WV_OK, parts_judge(&p, &v), &v.fault);
	parts_free(&p);
}

static void cut_reports(void **state)
{
	struct parts p;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t i = 0; i < MACHINES; i++) {
		struct wv_azure said;
		struct wv_fault fault;
		struct hcl hcl;
		size_t whole;

		parts_of(&machines[i], &p);
		ut_reason(WV_OK, hcl_parse(p.hcl, &hcl, &said, &fault), NULL);
		whole = (size_t)(hcl.runtime.data - p.hcl.data) + hcl.runtime.len;
		for (size_t len = 0; len < whole; len++) {
			uint8_t *copy = malloc(len ? len : 1);

			memcpy(copy, p.hcl.data, len);
			ut_reason(WV_HCL_DAMAGED, hcl_parse((struct wv_bytes){ copy, len }, &hcl,
							    &said, &fault), &fault);
			free(copy);
		}
		ut_reason(WV_OK, hcl_parse((struct wv_bytes){ p.hcl.data, whole }, &hcl, &said,
					   &fault), NULL);
		parts_free(&p);
	}
}

/* The last: the tests above have read every file of the folder's. */
static void every_row(void **state)
{
	(void)state;
	manifest_need();
	manifest_opened("azure/", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_machines),    cmocka_unit_test(as_the_manifest_says),
		cmocka_unit_test(other_nonces),
		cmocka_unit_test(mixed),	    cmocka_unit_test(quote_of_another),
		cmocka_unit_test(each_byte_of_a_report), cmocka_unit_test(cut_reports),
		cmocka_unit_test(every_row),
	};

	return cmocka_run_group_tests_name("azure_vectors", tests, NULL, NULL);
}
