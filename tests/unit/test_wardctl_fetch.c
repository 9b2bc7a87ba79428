// SPDX-License-Identifier: MIT
/*
 * What wardctl fetch believes: collateral as it should be, and the same with any byte
 * changed or missing.
 */
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "../../userspace/wardctl/fetch_amd.h"
#include "../../userspace/wardctl/fetch_intel.h"
#include "../../userspace/wardctl/fetch_pool.h"
#include "intel_make.h"
#include "sim.h"

static struct sim_pki amd;
static struct intel_pki intel;
static struct fetch run;

/* What main.c of wardctl has; nothing here comes to an error that is told. */
int ctl_error(struct wardctl *ctl, int code, const char *reason, const char *fmt, ...)
{
	(void)ctl;
	(void)reason;
	(void)fmt;
	return code;
}

int ctl_usage(struct wardctl *ctl, const char *fmt, ...)
{
	(void)ctl;
	(void)fmt;
	return EXIT_USAGE;
}

int ctl_bad_option(struct wardctl *ctl, char **argv)
{
	(void)ctl;
	(void)argv;
	return EXIT_USAGE;
}

static void name_root(X509 *cert)
{
	struct wv_bytes pem = sim_pem(cert);

	assert_int_equal(wv_roots_add(run.roots, pem, NULL), WV_OK);
	ut_free(pem);
}

static int make(void **state)
{
	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &amd))
		return -1;
	intel_pki_make(&intel_default, &intel);
	run.roots = wv_roots_new();
	name_root(amd.ark);
	name_root(intel.root);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	wv_roots_free(run.roots);
	intel_pki_free(&intel);
	sim_pki_free(&amd);
	return 0;
}

static struct wv_bytes copy(struct wv_bytes b)
{
	uint8_t *data = malloc(b.len + 1);

	memcpy(data, b.data, b.len);
	return (struct wv_bytes){ data, b.len };
}

static bool believed(struct fetch_item *it, struct wv_bytes body, struct wv_bytes chain)
{
	char why[FETCH_WHY] = "";
	bool ok;

	it->body = copy(body);
	it->chain = copy(chain);
	ok = it->check(&run, it, why);
	assert_true(ok || why[0]);
	fetch_item_free(it);
	return ok;
}

/* Each byte with one bit changed, and each length; @from to @to: what must be refused. */
static void spoil(struct fetch_item *it, struct wv_bytes body, struct wv_bytes chain, size_t from,
		  size_t to, size_t step)
{
	struct wv_bytes b = copy(body), cut;
	size_t i;

	assert_true(believed(it, body, chain));
	for (i = from; i < to; i += step) {
		((uint8_t *)b.data)[i] ^= (uint8_t)(1u << i % 7);
		assert_false(believed(it, b, chain));
		((uint8_t *)b.data)[i] ^= (uint8_t)(1u << i % 7);
	}
	for (i = 0; i < to; i += step) {
		cut = (struct wv_bytes){ body.data, i };
		assert_false(believed(it, cut, chain));
	}
	free((void *)b.data);
}

static struct wv_bytes ca_bytes(void)
{
	struct wv_bytes ask = sim_pem(amd.ask), ark = sim_pem(amd.ark);
	uint8_t *both = malloc(ask.len + ark.len);

	memcpy(both, ask.data, ask.len);
	memcpy(both + ask.len, ark.data, ark.len);
	ut_free(ask);
	ut_free(ark);
	return (struct wv_bytes){ both, ask.len + ark.len };
}

static struct fetch_amd wanted(struct wv_bytes ca)
{
	struct fetch_amd w = { .product = WV_PRODUCT_MILAN, .chip_len = 64, .ca = ca };

	memcpy(w.chip, amd.chip_id, 64);
	w.tcb = (struct wv_tcb){ .bootloader = 3, .snp = 8, .microcode = 115 };
	return w;
}

static void test_vcek(void **state)
{
	const struct wv_bytes none = { (const uint8_t *)"", 0 };
	struct wv_bytes ca = ca_bytes(), vcek;
	struct fetch_amd w = wanted(ca);
	struct fetch_item it;
	uint8_t *der = NULL;
	int len = i2d_X509(amd.vek, &der);

	(void)state;
	run.now = (int64_t)time(NULL);
	vcek = (struct wv_bytes){ der, (size_t)len };
	fetch_amd_vcek(&it, &w);
	spoil(&it, vcek, none, 0, vcek.len, 3);
	w.chip[63] ^= 1;
	assert_false(believed(&it, vcek, none));
	w.chip[63] ^= 1;
	w.tcb.fmc = 1;
	assert_false(believed(&it, vcek, none));
	w.tcb.fmc = 0;
	w.product = WV_PRODUCT_GENOA;
	assert_false(believed(&it, vcek, none));
	OPENSSL_free(der);
	ut_free(ca);
}

static void test_ca(void **state)
{
	const struct wv_bytes none = { (const uint8_t *)"", 0 };
	struct wv_bytes ca = ca_bytes(), ark = sim_pem(amd.ark), ask = sim_pem(amd.ask);
	struct fetch_amd w = wanted(none);
	struct fetch_item it;

	(void)state;
	run.now = (int64_t)time(NULL);
	fetch_amd_ca(&it, &w);
	assert_true(believed(&it, ca, none));
	assert_false(believed(&it, ark, none));
	assert_false(believed(&it, ask, none));
	w.vlek = true;
	assert_false(believed(&it, ca, none));
	w.vlek = false;
	run.now += 20LL * 365 * 86400;
	assert_false(believed(&it, ca, none));
	ut_free(ask);
	ut_free(ark);
	ut_free(ca);
}

static void test_tcb_info(void **state)
{
	struct intel_doc d = intel_doc_default;
	struct fetch_intel w = { .of = { "90c06f000000", true } };
	struct wv_bytes chain = intel_signers(&intel), info, identity;
	const char *body;
	struct fetch_item it;

	(void)state;
	d.tdx = true;
	run.now = INTEL_NOW;
	info = intel_tcb_info(&intel, &d);
	identity = intel_identity(&intel, &d);
	body = memmem(info.data, info.len, "\"signature\"", 11);
	assert_non_null(body);
	fetch_intel_tcb_info(&it, &w);
	spoil(&it, info, chain, 0, (size_t)((const uint8_t *)body - info.data), 1);
	assert_false(believed(&it, identity, chain));
	strcpy(w.of.fmspc, "90c06f000001");
	assert_false(believed(&it, info, chain));
	fetch_intel_qe_identity(&it, &w);
	assert_true(believed(&it, identity, chain));
	assert_false(believed(&it, info, chain));
	run.now += 3650LL * INTEL_DAY;
	assert_false(believed(&it, identity, chain));
	ut_free(identity);
	ut_free(info);
	ut_free(chain);
}

/* A genuine document inside of a forged one: its signature is not the forged one's. */
static void test_nested(void **state)
{
	struct intel_doc d = intel_doc_default;
	struct fetch_intel w = { .of = { "90c06f000001", true } };
	struct wv_bytes chain = intel_signers(&intel), info, forged;
	struct fetch_item it;
	char *text, *end, *at;
	size_t body;

	(void)state;
	d.tdx = true;
	run.now = INTEL_NOW;
	info = intel_tcb_info(&intel, &d);
	end = memmem(info.data, info.len, ",\"signature\"", 12);
	assert_non_null(end);
	body = (size_t)(end - (const char *)info.data);
	/* {"a":{"tcbInfo":{..}},"tcbInfo":{.. another FMSPC ..},"signature":".."} */
	text = calloc(1, 2 * info.len + 64);
	at = text + sprintf(text, "{\"a\":%.*s},", (int)body, (const char *)info.data);
	sprintf(at, "%.*s", (int)info.len - 1, (const char *)info.data + 1);
	at = strcasestr(at, "90c06f000000");
	assert_non_null(at);
	at[11] = '1';
	forged = (struct wv_bytes){ (uint8_t *)text, strlen(text) };
	fetch_intel_tcb_info(&it, &w);
	assert_false(believed(&it, forged, chain));
	free(text);
	ut_free(info);
	ut_free(chain);
}

static void test_crl(void **state)
{
	struct crl_recipe c = { .issuer = intel.root, .key = intel.root_key,
				.from = INTEL_NOW - INTEL_DAY, .to = INTEL_NOW + INTEL_DAY };
	const struct wv_bytes none = { (const uint8_t *)"", 0 };
	struct wv_bytes chain = intel_signers(&intel), crl;
	struct fetch_intel w = { .chain = chain };
	struct fetch_item it;

	(void)state;
	run.now = INTEL_NOW;
	crl = crl_make(&c);
	fetch_intel_root_crl(&it, &w);
	spoil(&it, crl, none, 0, crl.len, 1);
	ut_free(crl);
	ut_free(chain);
}

/* A name that begins as an address does is somebody's, and asked for by a wire. */
/* A CA that signed itself, on @curve; X509_free() it. */
static X509 *ca_on(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");

	assert_true(key && name && ca);
	X509_set_version(cert, X509_VERSION_3);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"ARK-Milan", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_add_ext(cert, ca, -1);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(ca);
	EVP_PKEY_free(key);
	return cert;
}

/* Whoever answers chooses what is verified: some curves take forty times as long as P-256. */
static void test_keys(void **state)
{
	static const char *const slow[] = { "P-384", "P-521", "brainpoolP256r1", "sect571r1" };
	X509 *cert = ca_on("P-256");
	size_t i;

	(void)state;
	assert_true(fetch_self_signed(cert));
	X509_free(cert);
	for (i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		cert = ca_on(slow[i]);
		assert_false(fetch_self_signed(cert));
		X509_free(cert);
	}
	assert_true(fetch_self_signed(amd.ark));
}

static void test_clear(void **state)
{
	static const struct {
		const char *word;
		bool fits;
	} sources[] = {
		{ "thim=http://169.254.169.254", true }, { "thim=http://127.0.0.1:8080/x", true },
		{ "thim=http://127.0.0.1", true }, { "thim=http://169.254.example.com", false },
		{ "thim=http://127.example.com/1", false }, { "thim=http://127.0.0.1.example:80", false },
		{ "thim=http://192.0.2.1", false }, { "kds=http://127.0.0.1", false },
		{ "thim=https://127.example.com", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		assert_int_equal(fetch_source_fits(sources[i].word, strlen(sources[i].word)),
				 sources[i].fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ca),
		cmocka_unit_test(test_vcek),
		cmocka_unit_test(test_tcb_info),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_crl),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests_name("wardctl_fetch", tests, make, drop);
}
