// SPDX-License-Identifier: MIT
/*
 * Revocation lists of Intel's form, and the store that holds them.
 */
#include <stdlib.h>
#include <string.h>

#include "crl.h"
#include "intel_make.h"

#define ITEMS 6

static struct intel_pki pki, other;

static int setup(void **state)
{
	(void)state;
	intel_pki_make(&intel_default, &pki);
	intel_pki_make(&intel_default, &other);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	intel_pki_free(&pki);
	intel_pki_free(&other);
	return 0;
}

static struct crl_recipe sound(void)
{
	return (struct crl_recipe){ .issuer = pki.ca, .key = pki.ca_key, .aki = pki.ca,
				    .from = INTEL_NOW - INTEL_DAY, .to = INTEL_NOW + INTEL_DAY,
				    .revoked = { other.pck }, .revoked_count = 1 };
}

/* The PCK of @pki against lists, which are freed. */
static int look_up(struct wv_bytes *items, size_t count, bool required, bool *checked,
		   struct wv_fault *fault)
{
	struct wv_collateral c = { .items = items, .item_count = count };
	struct crl_query q = { .cert = pki.pck, .issuer = pki.ca, .form = CERT_INTEL,
			       .now = INTEL_NOW, .required = required, .field = "pck" };
	struct store s;
	int rc = store_open(&s, &c, NULL, fault);

	*checked = false;
	if (!rc)
		rc = crl_check(&s, &q, checked, fault);
	store_clear(&s);
	while (count)
		ut_free(items[--count]);
	return rc;
}

static void expect(int want, const struct crl_recipe *r)
{
	struct wv_bytes item = crl_make(r);
	struct wv_fault fault;
	bool checked;

	ut_reason(want, look_up(&item, 1, false, &checked, &fault), &fault);
	assert_int_equal(checked, want == WV_OK);
}

static void intels(void **state)
{
	struct crl_recipe r = sound();

	(void)state;
	expect(WV_OK, &r);
	r.revoked_count = 0;
	expect(WV_OK, &r);
	r.aki = NULL;
	expect(WV_OK, &r);
	r.revoked[r.revoked_count++] = other.pck;
	r.revoked[r.revoked_count++] = pki.pck;
	expect(WV_CERTIFICATE_REVOKED, &r);
}

static void not_the_issuers(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	struct crl_recipe r = sound();

	(void)state;
	r.key = other.ca_key;		/* signed by another, in the issuer's name */
	expect(WV_CRL_INVALID, &r);
	r = sound();
	r.aki = other.ca;		/* and says so */
	r.key = other.ca_key;
	expect(WV_CRL_INVALID, &r);
	r = sound();
	r.md = EVP_sha384();		/* a form that Intel does not use */
	expect(WV_CRL_INVALID, &r);
	r = sound();
	r.key = rsa;			/* nor this one, which is AMD's */
	r.pss = true;
	expect(WV_CRL_INVALID, &r);
	r = sound();
	r.key = pki.pck_key;		/* the platform clears itself */
	expect(WV_CRL_INVALID, &r);
	EVP_PKEY_free(rsa);
}

/* Whoever is no CA revokes nobody, not in its own name either. */
static void no_ca(void **state)
{
	struct crl_recipe r = sound();
	struct wv_collateral c = { .item_count = 1 };
	struct crl_query q = { .cert = other.pck, .issuer = pki.pck, .form = CERT_INTEL,
			       .now = INTEL_NOW, .field = "other" };
	struct wv_bytes item;
	struct wv_fault fault;
	struct store s;
	bool checked;

	(void)state;
	r.issuer = r.aki = pki.pck;
	r.key = pki.pck_key;
	item = crl_make(&r);
	c.items = &item;
	ut_reason(WV_OK, store_open(&s, &c, NULL, &fault), &fault);
	ut_reason(WV_CRL_INVALID, crl_check(&s, &q, &checked, &fault), &fault);
	store_clear(&s);
	ut_free(item);
}

static void by_its_days(void **state)
{
	struct crl_recipe r = sound();

	(void)state;
	r.to = INTEL_NOW - 1;
	expect(WV_COLLATERAL_EXPIRED, &r);
	r.to = INTEL_NOW;
	expect(WV_OK, &r);
	r.from = INTEL_NOW;
	expect(WV_OK, &r);
	r = sound();
	r.from = INTEL_NOW + 1;
	expect(WV_CLOCK_SUSPECT, &r);
	r = sound();
	r.to = 0;
	expect(WV_CRL_INVALID, &r);
	r = sound();			/* a list that is over says nothing, good or bad */
	r.to = INTEL_NOW - 1;
	r.revoked[0] = pki.pck;
	expect(WV_COLLATERAL_EXPIRED, &r);
}

static void critical(void **state)
{
	struct crl_recipe r = sound();

	(void)state;
	r.critical = true;
	expect(WV_CRL_INVALID, &r);
	r.critical = false;
	r.critical_entry = true;
	expect(WV_CRL_INVALID, &r);
}

static void absent(void **state)
{
	struct crl_recipe r = { .issuer = pki.root, .key = pki.root_key, .from = INTEL_NOW,
				.to = INTEL_NOW };
	struct wv_bytes item = crl_make(&r);
	struct wv_fault fault;
	bool checked;

	(void)state;
	ut_reason(WV_OK, look_up(&item, 1, false, &checked, &fault), &fault);
	assert_false(checked);
	item = crl_make(&r);
	ut_reason(WV_CRL_MISSING, look_up(&item, 1, true, &checked, &fault), &fault);
	assert_string_equal(fault.field, "pck.crl");
}

/* The newest of several, also of an issuer that changed its key; PEM as well as DER. */
static void several(void **state)
{
	struct crl_recipe old = sound(), new = sound(), stranger = sound();
	struct wv_bytes items[3], der;
	struct wv_fault fault;
	bool checked;

	(void)state;
	old.from -= INTEL_DAY;
	new.revoked[0] = pki.pck;
	items[0] = crl_make(&new);
	items[1] = crl_make(&old);
	ut_reason(WV_CERTIFICATE_REVOKED, look_up(items, 2, false, &checked, &fault), &fault);
	items[0] = crl_make(&old);
	der = crl_make(&new);
	items[1] = crl_pem(der);
	ut_free(der);
	ut_reason(WV_CERTIFICATE_REVOKED, look_up(items, 2, false, &checked, &fault), &fault);
	stranger.issuer = pki.ca;
	stranger.aki = other.ca;
	stranger.key = other.ca_key;
	items[0] = crl_make(&stranger);
	new.revoked[0] = other.pck;
	items[1] = crl_make(&new);
	ut_reason(WV_OK, look_up(items, 2, false, &checked, &fault), &fault);
	assert_true(checked);
}

/* What is damaged is refused: it may have been a list that revokes. */
static void damaged(void **state)
{
	struct crl_recipe r = sound();
	struct wv_bytes item = crl_make(&r), pem = crl_pem(item), part;
	struct wv_fault fault;
	bool checked;
	size_t n;

	(void)state;
	for (n = 1; n < item.len; n += n < 40 ? 1 : 37) {
		part = (struct wv_bytes){ malloc(n), n };
		memcpy((uint8_t *)part.data, item.data, n);
		ut_reason(WV_COLLATERAL_DAMAGED, look_up(&part, 1, false, &checked, &fault), &fault);
		assert_string_equal(fault.field, "items[0]");
	}
	part = (struct wv_bytes){ calloc(1, item.len + 1), item.len + 1 };
	memcpy((uint8_t *)part.data, item.data, item.len);
	ut_reason(WV_COLLATERAL_DAMAGED, look_up(&part, 1, false, &checked, &fault), &fault);
	((uint8_t *)pem.data)[pem.len / 2] = '!';
	ut_reason(WV_COLLATERAL_DAMAGED, look_up(&pem, 1, false, &checked, &fault), &fault);
	ut_free(item);
}

/*
 * Every byte of a list and its issuer's certificate in PEM: whatever it is changed to,
 * neither part is overlooked. Line ends alone may be others.
 */
static void every_byte_of_pem(void **state)
{
	struct crl_recipe r = sound();
	struct wv_bytes der = crl_make(&r), pem = crl_pem(der), ca = intel_pem(&pki.ca, 1);
	uint8_t *both = malloc(pem.len + ca.len);
	struct wv_bytes in = { both, pem.len + ca.len };
	struct wv_collateral c = { .items = &in, .item_count = 1, .ignore_unknown = 1 };
	struct wv_fault fault;
	struct store s;
	size_t i;

	(void)state;
	assert_non_null(both);
	memcpy(both, pem.data, pem.len);
	memcpy(both + pem.len, ca.data, ca.len);
	for (i = 0; i < in.len; i++) {
		uint8_t was = both[i];
		int rc;

		both[i] = '!';
		rc = store_open(&s, &c, NULL, &fault);
		if (!rc && (s.crl_count != 1 || s.cert_count != 1))
			fail_msg("byte %zu: %zu lists, %zu certificates", i, s.crl_count,
				 s.cert_count);
		store_clear(&s);
		both[i] = was;
	}
	free(both);
	ut_free(der);
	ut_free(pem);
	ut_free(ca);
}

/* What stands before a list in PEM does not hide it; on its first line, it damages it. */
static void blanks_before(void **state)
{
	static const char *const before[] = {
		"\n", " ", "\r\n", "\t", " \n\n", "A list:\n", "\v",
	};
	struct crl_recipe r = sound();
	struct wv_bytes der, pem, ca = intel_pem(&pki.ca, 1);
	size_t i;

	(void)state;
	r.revoked[0] = pki.pck;
	der = crl_make(&r);
	pem = crl_pem(der);
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		size_t n = strlen(before[i]);
		uint8_t *text = malloc(n + pem.len + ca.len);
		struct wv_bytes in = { text, n + pem.len + ca.len };
		struct wv_collateral c = { .items = &in, .item_count = 1, .ignore_unknown = 1 };
		struct wv_fault fault;
		struct store s;

		assert_non_null(text);
		memcpy(text, before[i], n);
		memcpy(text + n, pem.data, pem.len);
		memcpy(text + n + pem.len, ca.data, ca.len);
		ut_reason(before[i][n - 1] == '\n' ? WV_OK : WV_COLLATERAL_DAMAGED,
			  store_open(&s, &c, NULL, &fault), &fault);
		if (before[i][n - 1] == '\n') {
			assert_int_equal(s.crl_count, 1);
			assert_int_equal(s.cert_count, 1);
		}
		store_clear(&s);
		free(text);
	}
	ut_free(der);
	ut_free(pem);
	ut_free(ca);
}

static int hold(struct wv_bytes in, int ignore, struct wv_fault *fault)
{
	struct wv_collateral c = { .items = &in, .item_count = 1, .ignore_unknown = ignore };
	struct store s;
	int rc = store_open(&s, &c, NULL, fault);

	store_clear(&s);
	return rc;
}

static struct wv_bytes text(const char *s)
{
	return (struct wv_bytes){ (const uint8_t *)s, strlen(s) };
}

static void kinds(void **state)
{
	static const char *const unknown[] = {
		"", "README\n", "{}", "{", "[1]", "{\"ward-policy\":1}", "-----BEGIN PRIVATE KEY-----\n",
	};
	static const char *const broken[] = {
		"{\"tcbInfo\"", "{\"tcbInfo\":{}}", "{\"tcbInfo\":1,\"signature\":\"\"}",
		"{\"id\":\"TDX\",\"version\":3,\"tcbEvaluationDataNumber\":1}",
		"{\"enclaveIdentity\":{\"id\":\"QE\"}}",
	};
	struct wv_fault fault;
	size_t i;

	(void)state;
	ut_reason(WV_COLLATERAL_UNKNOWN, hold((struct wv_bytes){ NULL, 0 }, 0, &fault), &fault);
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		ut_reason(WV_COLLATERAL_UNKNOWN, hold(text(unknown[i]), 0, &fault), &fault);
		assert_string_equal(fault.field, "items[0]");
		ut_reason(WV_OK, hold(text(unknown[i]), 1, &fault), &fault);
	}
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		ut_reason(WV_COLLATERAL_DAMAGED, hold(text(broken[i]), 1, &fault), &fault);
}

/* Intel's verification enclave has an identity, too: nothing here is compared with it. */
static void unused_identity(void **state)
{
	struct intel_doc d = intel_doc_default;
	struct wv_bytes doc;
	struct wv_fault fault;
	struct wv_item item;

	(void)state;
	d.id = "QVE";
	doc = intel_identity(&pki, &d);
	ut_reason(WV_COLLATERAL_UNKNOWN, hold(doc, 0, &fault), &fault);
	ut_reason(WV_OK, hold(doc, 1, &fault), &fault);
	ut_reason(WV_OK, wv_collateral_describe(doc, &item, &fault), &fault);
	assert_int_equal(item.kind, WV_ITEM_QVE_IDENTITY);
	assert_string_equal(wv_item_text(item.kind), "qve-identity");
	ut_free(doc);
}

/* Where a member stands, in texts that a parser would take, and in some that none would. */
static void spans(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ "{\"k\":1}", "1" },
		{ " {\t\"k\"\n:\r1.5e3 }", "1.5e3" },
		{ "{\"a\":{\"k\":2},\"k\":{\"x\":[\"}\",{\"y\":\"\\\"]\"}]}}", "{\"x\":[\"}\",{\"y\":\"\\\"]\"}]}" },
		{ "{\"a\":\"k\",\"b\":[\"k\",1],\"c\":true,\"k\":\"v\\\\\"}", "\"v\\\\\"" },
		{ "{\"kk\":1,\"\":2,\"k\":null,\"z\":3}", "null" },
		{ "{\"a\":-1 ,\"k\":[]}", "[]" },
		{ "{\"a\":1}", NULL },
		{ "{}", NULL },
		{ "", NULL },
		{ "[\"k\",1]", NULL },
		{ "{\"k\"", NULL },
		{ "{\"k", NULL },
		{ "{\"k\":", "" },
		{ "{\"k\":{", NULL },
		{ "{\"k\":\"a", NULL },
		{ "{\"k\":\"a\\", NULL },
		{ "{\"a\" 1,\"k\":2}", NULL },
		{ "{1:2,\"k\":2}", NULL },
	};
	struct wv_bytes out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool found = json_span(text(rows[i].text), "k", &out);

		if (found != (rows[i].value != NULL))
			fail_msg("%s: %d", rows[i].text, found);
		if (!found)
			continue;
		assert_int_equal(out.len, strlen(rows[i].value));
		assert_memory_equal(out.data, rows[i].value, out.len);
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* 4 MiB of anything is refused before it is looked at; nesting does not go deep. */
static void capped(void **state)
{
	static const char *const starts[] = {
		"{\"tcbInfo\":", "\x30", "-----BEGIN X509 CRL-----", " {\"enclaveIdentity\":",
		"{", "[", "-----BEGIN ",
	};
	size_t i, len = 4u << 20;
	char *big = malloc(len);
	struct wv_fault fault;
	double from, took;
	int tries;

	(void)state;
	assert_non_null(big);
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		memset(big, ' ', len);
		memcpy(big, starts[i], strlen(starts[i]));
		/* The host's other guests are in this clock too: the least of several. */
		for (tries = 0, took = 1; tries < 20 && took > 0.01; tries++) {
			from = seconds();
			ut_reason(i < 4 ? WV_COLLATERAL_DAMAGED : WV_OK,
				  hold((struct wv_bytes){ (uint8_t *)big, len }, 1, &fault), &fault);
			took = seconds() - from < took ? seconds() - from : took;
		}
		assert_true(took <= 0.01);
	}
	memset(big, '[', len);
	memcpy(big, "{\"tcbInfo\":", 11);
	ut_reason(WV_COLLATERAL_DAMAGED, hold((struct wv_bytes){ (uint8_t *)big, STORE_JSON_MAX },
					      1, &fault), &fault);
	free(big);
}

/* One file may hold the list and its issuer's chain; chains repeat certificates. */
static void repeated(void **state)
{
	struct crl_recipe r = sound();
	struct wv_bytes der = crl_make(&r), pem = crl_pem(der), chain = intel_chain(&pki);
	struct wv_bytes items[3] = { chain, { NULL, 0 }, chain };
	struct wv_collateral c = { .items = items, .item_count = 3 };
	uint8_t *both = malloc(pem.len + chain.len);
	struct wv_fault fault;
	struct store s;

	(void)state;
	assert_non_null(both);
	memcpy(both, chain.data, chain.len);
	memcpy(both + chain.len, pem.data, pem.len);
	items[1] = (struct wv_bytes){ both, pem.len + chain.len };
	ut_reason(WV_OK, store_open(&s, &c, NULL, &fault), &fault);
	assert_int_equal(s.cert_count, 3);
	assert_int_equal(s.crl_count, 1);
	store_clear(&s);
	free(both);
	ut_free(der);
	ut_free(pem);
	ut_free(chain);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(intels),
		cmocka_unit_test(not_the_issuers),
		cmocka_unit_test(no_ca),
		cmocka_unit_test(by_its_days),
		cmocka_unit_test(critical),
		cmocka_unit_test(absent),
		cmocka_unit_test(several),
		cmocka_unit_test(damaged),
		cmocka_unit_test(every_byte_of_pem),
		cmocka_unit_test(blanks_before),
		cmocka_unit_test(kinds),
		cmocka_unit_test(unused_identity),
		cmocka_unit_test(spans),
		cmocka_unit_test(capped),
		cmocka_unit_test(repeated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
