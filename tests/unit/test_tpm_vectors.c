// SPDX-License-Identifier: MIT
/*
 * Quotes of real TPMs, their registers and their logs: of a bare machine, and of
 * Google's. Nobody made these for ward: what they are over is other programs' nonces.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "manifest.h"
#include "tpm.h"

#define COS "tpm/gce-cos85-nonce9009"

static const struct {
	const char *name, *key;		/* key: TPMT_PUBLIC or SubjectPublicKeyInfo */
	const char *values;		/* registers 0 to 23, or NULL = the log tells */
	uint16_t bank;
	const char *extra, *digest;
} quotes[] = {
	{ "tpm/generic-rsa-quote", "tpm/generic-rsa-ak.spki.der", "tpm/generic-rsa-pcrs.bin",
	  WV_ALG_SHA256,
	  "a04182b506878d4f29b91ee606a71a0d3361ccf1b22db20c98adcaa537bea393"
	  "ef0e41a18b3569ab678f1497fbc5c12000000000000000000000000000000000", NULL },
	{ COS "-q0", COS "-ak.tpmt_public", NULL, WV_ALG_SHA1, "9009",
	  "fda327d4ba5d5978fe3a23db1a47964050e872639ef5d6a99c123cca39e56d8b" },
	{ COS "-q1", COS "-ak.tpmt_public", NULL, WV_ALG_SHA256, "9009",
	  "048937cbaaf28af85a5b0c0997e725097a0d94e05fcda104a82ee3fb6b2e1808" },
	{ COS "-q2", COS "-ak.tpmt_public", NULL, WV_ALG_SHA384, "9009",
	  "6c250f48d304517716f4a5a9127bf8762a80b63df783cb724630b180a3a66bea" },
};
#define QUOTES (sizeof(quotes) / sizeof(quotes[0]))

/* "[('0x4', 'ffffff')]": the bank, and a bit for each register */
static void as_the_manifest_says(const char *name, const struct wv_tpm *q, struct wv_bytes extra,
				 struct wv_bytes digest)
{
	char path[128], sel[40];
	const char *row;

	if (!manifest_there())
		return;
	snprintf(path, sizeof(path), "%s.msg", name);
	row = manifest_row(path);
	manifest_hex(row, "extraData", extra.data, extra.len);
	snprintf(sel, sizeof(sel), "[('0x%x', '%06x')]", q->bank, q->selected);
	manifest_text(row, "sel", sel);
	if (manifest_value(row, "pcrDigest"))
		manifest_hex(row, "pcrDigest", digest.data, digest.len);
}

static struct wv_bytes part(const char *name, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "%s.%s", name, what);
	return ut_vector(path);
}

/* A public key that comes without what its TPM says of it. */
static void key_of_spki(struct wv_bytes der, struct tpm_key *out)
{
	const uint8_t *p = der.data;

	memset(out, 0, sizeof(*out));
	out->key = d2i_PUBKEY(NULL, &p, (long)der.len);
	assert_non_null(out->key);
	out->type = TPM_RSA;
	out->scheme = TPM_RSASSA;
	out->hash = WV_ALG_SHA256;
	out->bits = (unsigned int)EVP_PKEY_get_bits(out->key);
}

static void open_key(const char *name, struct tpm_key *out)
{
	struct wv_bytes b = ut_vector(name);
	struct wv_fault fault;

	if (strstr(name, "spki"))
		key_of_spki(b, out);
	else
		ut_reason(WV_OK, tpm_key_open(b, out, &fault), NULL);
	assert_int_equal(out->bits, 2048);
	ut_free(b);
}

static void is_hex(struct wv_bytes have, const char *want)
{
	char text[2 * 64 + 1];

	assert_true(have.len <= 64);
	hex_encode(have.data, have.len, text);
	assert_string_equal(text, want);
}

/* Registers of the vector, as a bundle would carry them. */
static void registers(size_t i, struct wv_bytes *values, struct tpm_data *t)
{
	*values = ut_vector(quotes[i].values);
	assert_int_equal(values->len, WV_TPM_PCRS * 32);
	t->pcr_count = WV_TPM_PCRS;
	for (size_t n = 0; n < WV_TPM_PCRS; n++)
		t->pcr[n] = (struct wv_bytes){ values->data + 32 * n, 32 };
}

static void check_values(size_t i, struct wv_bytes digest, struct wv_tpm *q)
{
	struct tpm_data t = { .pcr_count = 0 };
	struct wv_bytes values, other;
	struct wv_fault fault;

	registers(i, &values, &t);
	ut_reason(WV_OK, tpm_quote_values(&t, WV_ALG_SHA256, digest, q, &fault), NULL);
	assert_memory_equal(q->pcr[23], values.data + 32 * 23, 32);
	/* register 0's value for that of 17 and the reverse: zeroes and ones */
	other = t.pcr[0];
	t.pcr[0] = t.pcr[17];
	t.pcr[17] = other;
	ut_reason(WV_PCR_DIGEST_MISMATCH,
		  tpm_quote_values(&t, WV_ALG_SHA256, digest, q, &fault), &fault);
	t.pcr_count--;
	ut_reason(WV_PCR_DIGEST_MISMATCH,
		  tpm_quote_values(&t, WV_ALG_SHA256, digest, q, &fault), &fault);
	ut_free(values);
}

static void quotes_of_machines(void **state)
{
	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t i = 0; i < QUOTES; i++) {
		struct wv_bytes msg = part(quotes[i].name, "msg"), sig = part(quotes[i].name, "sig");
		/* SHA-1's bank is read, and refused for what it is. */
		int want = quotes[i].bank == WV_ALG_SHA1 ? WV_PCR_BANK_REFUSED : WV_OK;
		struct wv_bytes extra, digest;
		struct wv_fault fault;
		struct tpm_key key;
		struct wv_tpm q;

		memset(&q, 0, sizeof(q));
		open_key(quotes[i].key, &key);
		ut_reason(WV_OK, tpm_key_signed(&key, sig, msg, &fault), NULL);
		ut_reason(want, tpm_quote_read(msg, &q, &extra, &digest, &fault), NULL);
		assert_int_equal(q.bank, quotes[i].bank);
		assert_int_equal(q.selected, 0xffffff);
		is_hex(extra, quotes[i].extra);
		if (quotes[i].digest)
			is_hex(digest, quotes[i].digest);
		as_the_manifest_says(quotes[i].name, &q, extra, digest);
		if (quotes[i].values)
			check_values(i, digest, &q);
		tpm_key_close(&key);
		ut_free(msg);
		ut_free(sig);
	}
}

/* The same key once more, as OpenSSL writes it. */
static void key_in_pem(void **state)
{
	struct wv_bytes pem = part(COS "-ak", "pem");
	struct tpm_key key;
	EVP_PKEY *same;
	BIO *bio;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	same = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	open_key(COS "-ak.tpmt_public", &key);
	assert_int_equal(EVP_PKEY_eq(key.key, same), 1);
	tpm_key_close(&key);
	EVP_PKEY_free(same);
	BIO_free(bio);
	ut_free(pem);
}

/* Of message and signature each byte counts; so does the TPMT header before the latter. */
static void each_byte_of_a_quote(void **state)
{
	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t i = 0; i < QUOTES; i++) {
		struct wv_bytes msg = part(quotes[i].name, "msg"), sig = part(quotes[i].name, "sig");
		struct wv_fault fault;
		struct tpm_key key;

		open_key(quotes[i].key, &key);
		for (size_t n = 0; n < msg.len + sig.len; n++) {
			uint8_t *at = (uint8_t *)(n < msg.len ? msg.data + n : sig.data + n - msg.len);

			*at ^= 0x20;
			if (!tpm_key_signed(&key, sig, msg, &fault))
				fail_msg("%s: byte %zu", quotes[i].name, n);
			*at ^= 0x20;
		}
		for (size_t len = 0; len < sig.len; len++)
			assert_int_not_equal(tpm_key_signed(&key, (struct wv_bytes){ sig.data, len },
							    msg, &fault), WV_OK);
		tpm_key_close(&key);
		ut_free(msg);
		ut_free(sig);
	}
}

static void digest_of(const struct wv_tcglog_pcrs *pcrs, uint8_t out[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_true(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
	for (int n = 0; n < WV_TPM_PCRS; n++)
		assert_true(EVP_DigestUpdate(ctx, pcrs->value[n], pcrs->len));
	assert_true(EVP_DigestFinal_ex(ctx, out, NULL));
	EVP_MD_CTX_free(ctx);
}

/* Registers that no dynamic launch has zeroed, where a replay starts as after one. */
static void no_launch(struct wv_tcglog_pcrs *pcrs)
{
	for (int n = 17; n < 23; n++)
		memset(pcrs->value[n], 0xff, pcrs->len);
}

/* What Linux' IMA begins its own log with, by template ima-ng: over registers 0 to 9. */
static void boot_aggregate(const struct wv_tcglog_pcrs *sha256, uint8_t out[64])
{
	uint8_t entry[4 + 8 + 32 + 4 + 15] = { 8 + 32 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	memcpy(entry + 4, "sha256:", 8);
	assert_true(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
	for (int n = 0; n < 10; n++)
		assert_true(EVP_DigestUpdate(ctx, sha256->value[n], 32));
	assert_true(EVP_DigestFinal_ex(ctx, entry + 12, NULL));
	entry[44] = 15;
	memcpy(entry + 48, "boot_aggregate", 15);
	memset(out, 0, 64);
	assert_true(EVP_Digest(entry, sizeof(entry), out, NULL, EVP_sha1(), NULL));
	EVP_MD_CTX_free(ctx);
}

/*
 * The log of Google's machine and the one entry that its kernel added (register 10,
 * Linux 5.4: by SHA-1, with zeroes behind it in the larger banks) lead, in each of
 * the three banks, to all 24 registers that the TPM quoted; the log alone does not.
 */
static void log_of_a_machine(void **state)
{
	struct wv_bytes in = part(COS "-eventlog", "bin");
	uint8_t digest[32], ima[64];
	struct wv_tcglog_pcrs pcrs;
	struct wv_fault fault;
	struct wv_tcglog log;
	char text[65];

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	ut_reason(WV_OK, wv_tcglog_open(in, &log, &fault), &fault);
	assert_int_equal(log.banks, 3);
	assert_int_equal(log.events, 44);
	ut_reason(WV_OK, wv_tcglog_replay(&log, WV_ALG_SHA256, &pcrs, &fault), &fault);
	boot_aggregate(&pcrs, ima);
	for (size_t i = 0; i < QUOTES; i++) {
		if (!quotes[i].digest)
			continue;
		ut_reason(WV_OK, wv_tcglog_replay(&log, quotes[i].bank, &pcrs, &fault), &fault);
		assert_int_equal(pcrs.extended, 0x3ff);
		no_launch(&pcrs);
		digest_of(&pcrs, digest);
		hex_encode(digest, sizeof(digest), text);
		assert_string_not_equal(text, quotes[i].digest);
		assert_int_equal(wv_tcglog_extend(&pcrs, 10, ima), WV_OK);
		digest_of(&pcrs, digest);
		is_hex((struct wv_bytes){ digest, 32 }, quotes[i].digest);
	}
	ut_free(in);
}

/* ---- Google's certificate of a TPM's key --------------------------------------- */

#define CHAIN_LEN 3

static struct wv_bytes der_of(X509 *x)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	assert_true(len > 0);
	return (struct wv_bytes){ der, (size_t)len };
}

static bool certified(const struct wv_roots *roots, const struct wv_bytes chain[CHAIN_LEN],
		      const struct tpm_key *key, int64_t now, int want)
{
	struct wv_collateral between = { .intermediate = chain[1] };
	struct wv_fault fault;
	bool sure;

	ut_reason(want, tpm_certified(roots, &between, key, chain[0], now, &sure, &fault), NULL);
	return sure;
}

/* "subjects=['CN=6847968659503330296,OU=...', ...]; leaf=2025-05-06..2055-04-29" */
static void google_says(const struct cert_list *list)
{
	const char *row, *said;
	char cn[64], want[72], from_day[32], to_day[32];
	int64_t from, to;

	if (!manifest_there())
		return;
	row = manifest_row("tpm/gcp-snp-ak-chain.pem");
	said = manifest_value(row, "subjects");
	for (size_t i = 0; i < list->count; i++) {
		cert_common_name(X509_get_subject_name(list->certs[i]), cn, sizeof(cn));
		snprintf(want, sizeof(want), "'CN=%s,", cn);
		said = said ? strstr(said, want) : NULL;
		if (!said)
			fail_msg("the manifest has no %s here", want);
	}
	assert_true(cert_times(list->certs[0], &from, &to));
	wv_time_text(from, from_day);
	wv_time_text(to, to_day);
	snprintf(want, sizeof(want), "%.10s..%.10s", from_day, to_day);
	manifest_text(row, "leaf", want);
}

static void certificates_of_google(void **state)
{
	struct wv_bytes pem = ut_vector("tpm/gcp-snp-ak-chain.pem"), chain[CHAIN_LEN];
	struct wv_roots *named = wv_roots_new(), *none = wv_roots_new();
	int64_t now = ut_time(2026, 1, 1);
	struct tpm_key key = { .key = NULL }, other;
	struct cert_list list = { .count = 0 };

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	assert_int_equal(cert_list_add(&list, pem, "chain", NULL), WV_OK);
	assert_int_equal(list.count, CHAIN_LEN);
	google_says(&list);
	for (size_t i = 0; i < CHAIN_LEN; i++)
		chain[i] = der_of(list.certs[i]);
	assert_int_equal(wv_roots_add(named, chain[2], NULL), WV_OK);
	key.key = X509_get_pubkey(list.certs[0]);
	assert_true(certified(named, chain, &key, now, WV_OK));
	/* Whom nobody named, or who is of another key or time, certifies nothing. */
	assert_false(certified(none, chain, &key, now, WV_OK));
	assert_false(certified(named, chain, &key, ut_time(2025, 1, 1), WV_CERTIFICATE_NOT_YET));
	assert_false(certified(named, chain, &key, ut_time(2056, 1, 1), WV_CERTIFICATE_EXPIRED));
	open_key(COS "-ak.tpmt_public", &other);
	assert_false(certified(named, chain, &other, now, WV_CHAIN_INVALID));
	tpm_key_close(&other);
	tpm_key_close(&key);
	for (size_t i = 0; i < CHAIN_LEN; i++)
		OPENSSL_free((void *)chain[i].data);
	cert_list_clear(&list);
	wv_roots_free(named);
	wv_roots_free(none);
	ut_free(pem);
}

/* The last: the tests above have read every file of the folder's. */
static void every_row(void **state)
{
	(void)state;
	manifest_need();
	manifest_opened("tpm/", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_of_machines),
		cmocka_unit_test(key_in_pem),
		cmocka_unit_test(each_byte_of_a_quote),
		cmocka_unit_test(log_of_a_machine),
		cmocka_unit_test(certificates_of_google),
		cmocka_unit_test(every_row),
	};

	return cmocka_run_group_tests_name("tpm_vectors", tests, NULL, NULL);
}
