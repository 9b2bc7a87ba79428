// SPDX-License-Identifier: MIT
/*
 * Chains of each vendor in which one certificate is what it should not be, signed all the
 * same; what vendors write into leaves; revocation lists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/cert_make.h"
#include "../unit/cose_make.h"
#include "../unit/crl_make.h"
#include "../unit/gpu_make.h"
#include "../unit/quote_make.h"
#include "../unit/sim.h"
#include "fuzz.h"
#include "roots.h"
#include "seeds_intel.h"

#define MOST 5

/* A chain from the leaf on, and what evidence it is put beside. */
struct links {
	const char *vendor;
	size_t count;
	X509 *cert[MOST];
	EVP_PKEY *key[MOST];	/* of the certificate's issuer */
	void (*put)(const struct links *l, const char *name);
	const void *plan;
};

static void put_edited(struct links *l, size_t at, const struct cert_edit *e)
{
	X509 *was = l->cert[at];
	char name[64];

	snprintf(name, sizeof(name), "bad-%s-%zu-%s", l->vendor, at, e->name);
	l->cert[at] = cert_edited(was, l->key[at], e);
	l->put(l, name);
	X509_free(l->cert[at]);
	l->cert[at] = was;
}

/* Certified keys of other kinds than the vendor's. */
static void other_keys(struct links *l)
{
	struct cert_edit of[] = {
		{ .name = "key-p256", .key = EVP_EC_gen("P-256") },
		{ .name = "key-p384", .key = EVP_EC_gen("P-384") },
		{ .name = "key-p521", .key = EVP_EC_gen("P-521") },
		{ .name = "key-p192", .key = EVP_EC_gen("P-192") },
		{ .name = "key-rsa", .key = EVP_RSA_gen(2048) },
		{ .name = "key-ed25519", .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") },
		{ .name = "stranger", .signer = EVP_EC_gen("P-384") },
		{ .name = "stranger-p256", .signer = EVP_EC_gen("P-256") },
	};
	size_t i, at;

	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		for (at = 0; at < l->count; at++)
			put_edited(l, at, &of[i]);
		EVP_PKEY_free(of[i].key);
		EVP_PKEY_free(of[i].signer);
	}
}

static void put_all(struct links *l)
{
	size_t i, at;

	for (at = 0; at < l->count; at++)
		for (i = 0; i < cert_edit_count; i++)
			put_edited(l, at, &cert_edits[i]);
	other_keys(l);
}

static struct wv_bytes der_of(X509 *cert)
{
	uint8_t *der = NULL, *out;
	int len = i2d_X509(cert, &der);

	assert_true(len > 0);
	out = malloc((size_t)len);
	assert_non_null(out);
	memcpy(out, der, (size_t)len);
	OPENSSL_free(der);
	return (struct wv_bytes){ out, (size_t)len };
}

/* ---- leaves, which target_certs.c reads without a chain ------------------------------ */

struct values {
	const char *oid, *name;
	struct {
		const char *bytes;
		size_t len;
	} value[10];
};

#define IS(text) { text, sizeof(text) - 1 }

static void leaves(X509 *cert, EVP_PKEY *key, const char *vendor, const struct values *v,
		   size_t count)
{
	char name[64];
	size_t i, n;

	for (i = 0; i < count; i++) {
		struct cert_edit e = { .oid = v[i].oid };
		X509 *made;

		for (n = 0; n < 12; n++) {
			e.change = n == 10 ? CERT_DROP : n == 11 ? CERT_TWICE : CERT_VALUE;
			if (n < 10 && !v[i].value[n].bytes)
				continue;
			e.value = n < 10 ? v[i].value[n].bytes : "";
			e.len = n < 10 ? v[i].value[n].len : 0;
			made = cert_edited(cert, key, &e);
			snprintf(name, sizeof(name), "bad-%s-%s-%zu", vendor, v[i].name, n);
			seed_take("certs", name, der_of(made));
			X509_free(made);
		}
	}
}

#define AMD "1.3.6.1.4.1.3704.1."
#define NUMBERS { IS("\x02\x01\x05"), IS("\x02\x01\x85"), IS("\x02\x02\x00\x05"), \
		  IS("\x02\x02\x01\x85"), IS("\x02\x02\x00\x85"), IS("\x04\x01\x05"), IS(""), \
		  IS("\x02\x01\x05\x00"), IS("\x02\x01"), IS("\x02\x03\x00\x00\x05") }
#define ID "0123456789abcdef"

static const struct values vek_values[] = {
	{ AMD "2", "product", { IS("\x16\x05Milan"), IS("\x16\x05Genoa"), IS("\x16\x08Turin-B0"),
				IS("\x16\x06Milano"), IS("\x16\x04Mila"), IS("\x0c\x05Milan"),
				IS("\x16\x06Milan"), IS("\x16"), IS("\x16\x04Rome") } },
	{ AMD "3.1", "bootloader", NUMBERS },
	{ AMD "3.2", "tee", NUMBERS },
	{ AMD "3.3", "snp", NUMBERS },
	{ AMD "3.8", "microcode", NUMBERS },
	{ AMD "4", "chip", { IS(ID), IS(""), IS("12345678"), IS(ID ID ID ID), IS(ID ID ID ID "x") } },
};
static const struct values turin_values[] = {
	{ AMD "3.9", "fmc", NUMBERS },
	{ AMD "4", "turin-chip", { IS("12345678"), IS(ID ID ID ID), IS("") } },
	{ AMD "5", "operator", { IS("\x16\x01x"), IS("") } },
};

/* otherName of DMTF's, as UTF8String; and what it should not be. */
#define NAMED(len, inner, text) "\x30" len "\xa0" inner "\x06\x0a\x2b\x06\x01\x04\x01\x83\x1c\x82\x12\x01" text
#define FWID(len, digest) "\x30\x3d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x04" len digest
#define F8 "\xf1\xf1\xf1\xf1\xf1\xf1\xf1\xf1"
#define F48 F8 F8 F8 F8 F8 F8

static const struct values hopper_values[] = {
	{ "2.5.29.17", "device",
	  { IS(NAMED("\x13", "\x11", "\xa0\x03\x0c\x01" "A")), IS("\x30\x05\x82\x03" "abc"), IS("\x30\x00"),
	    IS(NAMED("\x15", "\x13", "\xa0\x05\x0c\x03" "A:G")), IS(NAMED("\x15", "\x13", "\xa0\x05\x0c\x03" "A:1")),
	    IS(NAMED("\x15", "\x13", "\xa0\x05\x13\x03" "A:1")), IS(NAMED("\x14", "\x12", "\xa0\x04\x0c\x02" "A:")),
	    IS("\x30\x0c\xa0\x0a\x06\x03\x2a\x03\x04\xa0\x03\x0c\x01" "A"), IS("\x05"),
	    IS(NAMED("\x37", "\x35", "\xa0\x27\x0c\x25:0123456789012345678901234567890123456789")) } },
	{ "2.23.133.5.4.1", "digest", { IS(F48), IS(F8), IS(""), IS("\x30" F48), IS(F8 F8 F8 F8 F8 F8 F8) } },
};
static const struct values blackwell_values[] = {
	{ "2.23.133.5.4.1.1", "fwids",
	  { IS("\x30\x41\xa6\x3f" FWID("\x30", F48)), IS("\x30\x43\xa6\x41" FWID("\x30", F48) "\x05\x00"),
	    IS("\x30\x41\xa6\x3f" FWID("\x2f", F48)), IS("\x30\x02\x81\x00"), IS("\x30\x04\xbf\x01\x01\x00"),
	    IS("\x30\x41\xa6\x3f" FWID("\x30", F48) "\x00"), IS("\x30\x02\xa6\x00"), IS("\x30\x81\x41\xa6\x3f" FWID("\x30", F48)),
	    IS("\x31\x00"), IS("\x30\x03\x81\x05\x00") } },
};

#define EACH(v) v, sizeof(v) / sizeof((v)[0])

/* Revocation lists: the first certificate of a file is whose list it is, and asked about. */
static void list(const char *name, X509 *of, const struct crl_recipe *r, size_t count)
{
	struct wv_bytes cert = intel_pem(&of, 1), der, pem;
	size_t i, len = cert.len;
	uint8_t *all = NULL;

	for (i = 0; i <= count; i++) {
		pem = i ? crl_pem(der = crl_make(&r[i - 1])) : cert;
		all = realloc(all, len + pem.len);
		assert_non_null(all);
		memcpy(i ? all + len : all, pem.data, pem.len);
		len += i ? pem.len : 0;
		ut_free(pem);
		if (i)
			ut_free(der);
	}
	seed_take("collateral", name, (struct wv_bytes){ all, len });
}

/* ---- AMD ------------------------------------------------------------------------------- */

static void put_amd(const struct links *l, const char *name)
{
	struct sim_pki pki = *(const struct sim_pki *)l->plan;
	struct wv_bytes table;

	pki.vek = l->cert[0];
	pki.ask = l->cert[1];
	pki.ark = l->cert[2];
	table.data = sim_cert_table(&pki, &table.len);
	seed_take("table", name, table);
}

/* Reports beside files instead of a table, as launch's second way has them. */
static void files(const struct sim_pki *pki, const struct sim_pki *other, const char *name)
{
	X509 *certs[] = { other->vek, pki->vek, pki->ask, pki->ark };
	struct wv_bytes pem = intel_pem(certs, 4);
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 1 };
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	if (!strcmp(name, "files-turin"))
		memcpy(g.cpuid, "\x1a\x02\x01", 3);
	sim_report(&g, pki, data, report);
	seed_pair("launch", name, NULL, (struct wv_bytes){ report, sizeof(report) }, pem);
	ut_free(pem);
}

/* A report that says by which kind of key it is signed, beside a table with that or the other. */
static void kinds(const struct sim_pki *pki, const char *name)
{
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 1 };
	struct wv_bytes table;
	struct sim_guest g;
	char text[32];
	int vlek;

	table.data = sim_cert_table(pki, &table.len);
	for (vlek = 0; vlek < 2; vlek++) {
		sim_guest_new(&g, WARD_PURPOSE_REPORT);
		sim_set(&g, 0x48, 4, vlek ? 1 << 2 : 0);
		sim_report(&g, pki, data, report);
		snprintf(text, sizeof(text), "bad-%s-by-%s", name, vlek ? "vlek" : "vcek");
		seed_pair("launch", text, NULL, (struct wv_bytes){ report, sizeof(report) }, table);
	}
	ut_free(table);
}

static void amd_lists(const struct sim_pki *pki)
{
	struct crl_recipe r[2] = { { .issuer = pki->ark, .key = pki->ark_key, .pss = true,
				     .from = FUZZ_NOW - 9, .to = FUZZ_NOW + INTEL_DAY,
				     .revoked = { pki->ask }, .revoked_count = 1 } };

	r[1] = r[0];
	list("crl-amd", pki->ark, r, 2);
	r[0].beside = r[1].beside = true;
	list("crl-amd-beside", pki->ark, r, 2);
	r[0].beside = r[1].beside = false;
	r[0].salt_len = r[1].salt_len = 20;
	list("crl-amd-salt", pki->ark, r, 2);
}

static void amd(void)
{
	struct sim_recipe recipe = sim_default_recipe;
	struct sim_pki pki, other;
	struct links l = { .vendor = "amd", .count = 3, .put = put_amd, .plan = &pki };

	assert_int_equal(sim_pki_make(&recipe, NULL, &pki), 0);
	root("amd-certs.pem", pki.ark);
	l.cert[0] = pki.vek;
	l.cert[1] = pki.ask;
	l.cert[2] = pki.ark;
	l.key[0] = pki.ask_key;
	l.key[1] = l.key[2] = pki.ark_key;
	put_all(&l);
	amd_lists(&pki);
	leaves(pki.vek, pki.ask_key, "vek", EACH(vek_values));
	recipe.product = "Turin-B0";
	recipe.fmc = 1;
	recipe.chip_id_len = 8;
	assert_int_equal(sim_pki_make(&recipe, &pki, &other), 0);
	files(&pki, &other, "files");
	files(&other, &pki, "files-turin");
	leaves(other.vek, pki.ask_key, "turin", EACH(turin_values));
	sim_pki_free(&other);
	recipe = sim_default_recipe;
	recipe.vlek = 1;
	recipe.csp_id = "operator";
	assert_int_equal(sim_pki_make(&recipe, &pki, &other), 0);
	files(&other, &pki, "files-vlek");
	kinds(&other, "vlek");
	kinds(&pki, "vcek");
	leaves(other.vek, pki.ask_key, "vlek", turin_values + 2, 1);
	l.cert[0] = other.vek;
	put_amd(&l, "vlek");
	sim_pki_free(&other);
	sim_pki_free(&pki);
}

/* ---- NVIDIA ------------------------------------------------------------------------------ */

static void put_gpu(const struct links *l, const char *name)
{
	struct wv_bytes report = gpu_make(l->plan), pem = intel_pem(l->cert, l->count);

	seed_pair("gpu", name, NULL, report, pem);
	ut_free(report);
	ut_free(pem);
}

static void gpu(bool tcb_info)
{
	struct links l = { .vendor = "gpu", .count = GPU_CHAIN, .put = put_gpu };
	static const uint8_t data[64] = { 7 };
	struct gpu_recipe recipe;
	struct gpu_plan plan;
	struct gpu_pki pki;
	size_t i;

	gpu_recipe_new(&recipe);
	recipe.tcb_info = tcb_info;
	recipe.root_name = "test root of edited chains";
	recipe.to = SEED_YEAR;
	gpu_pki_make(&recipe, &pki);
	gpu_plan_new(&plan, &pki, data);
	plan.blocks = 1;
	l.plan = &plan;
	for (i = 0; i < GPU_CHAIN; i++) {
		l.cert[i] = pki.cert[i];
		l.key[i] = pki.key[i + 1 < GPU_CHAIN ? i + 1 : i];
	}
	if (tcb_info) {
		root("gpu-certs.pem", pki.cert[GPU_CHAIN - 1]);
		put_all(&l);
		leaves(pki.cert[0], l.key[0], "blackwell", EACH(blackwell_values));
		seed_take("certs", "blackwell", der_of(pki.cert[0]));
	} else {
		leaves(pki.cert[0], l.key[0], "hopper", EACH(hopper_values));
		seed_take("certs", "hopper", der_of(pki.cert[0]));
	}
	gpu_pki_free(&pki);
}

/* ---- Intel -------------------------------------------------------------------------------- */

static void put_intel(const struct links *l, const char *name)
{
	struct quote_plan plan;

	quote_plan_new(&plan, &seeds_intel_pki, 4, 2);
	plan.certs = intel_pem(l->cert, l->count);
	plan.auth_len = 0;
	seed_take("quote", name, quote_make(&plan));
	ut_free(plan.certs);
	quote_plan_free(&plan);
}

static void intel(void)
{
	const struct intel_pki *p = &seeds_intel_pki;
	struct links l = { .vendor = "intel", .count = 3, .put = put_intel,
			   .cert = { p->pck, p->ca, p->root },
			   .key = { p->ca_key, p->root_key, p->root_key } };

	put_all(&l);
	l.cert[0] = p->ca;
	l.cert[2] = p->ca;
	put_intel(&l, "bad-intel-no-leaf");
	l.cert[0] = p->pck;
	l.cert[1] = l.cert[2] = p->pck;
	put_intel(&l, "bad-intel-leaves");
}

/* ---- AWS ---------------------------------------------------------------------------------- */

static void put_nitro(const struct links *l, const char *name)
{
	static const uint8_t data[64] = { 7 };
	struct nitro_plan plan = { .user_data = { data, sizeof(data) } };
	struct nitro_pki pki = *(const struct nitro_pki *)l->plan;

	pki.leaf = l->cert[0];
	pki.zone = l->cert[1];
	pki.root = l->cert[2];
	seed_take("nitro", name, nitro_make(&pki, &plan));
}

static void nitro(void)
{
	struct nitro_recipe recipe = nitro_default;
	struct nitro_pki pki;
	struct links l = { .vendor = "nitro", .count = 3, .put = put_nitro, .plan = &pki };

	recipe.to = time(NULL) + SEED_YEAR;
	nitro_pki_make(&recipe, &pki);
	root("nitro-certs.pem", pki.root);
	l.cert[0] = pki.leaf;
	l.cert[1] = pki.zone;
	l.cert[2] = pki.root;
	l.key[0] = pki.zone_key;
	l.key[1] = l.key[2] = pki.root_key;
	put_all(&l);
	nitro_pki_free(&pki);
}

/* ---- revocation lists -------------------------------------------------------------------- */

/* One list beside an earlier, a later and one of tomorrow. */
static void several(struct crl_recipe r)
{
	struct crl_recipe two[2] = { r, r };

	two[1].from -= 9;
	list("crl-earlier", r.issuer, two, 2);
	two[1].from += 18;
	list("crl-later", r.issuer, two, 2);
	two[0].from = FUZZ_NOW + 9;
	two[1].from = FUZZ_NOW - 9;
	two[1].issuer = seeds_intel_pki.root;
	list("crl-tomorrow", r.issuer, two, 2);
	r.issuer = r.aki = seeds_intel_pki.pck;
	list("crl-leaf", r.issuer, &r, 1);
}

/* Whose issuer is what it should not be. */
static void issuers(struct crl_recipe r)
{
	X509 *ca = r.issuer, *made;
	char name[64];
	size_t i;

	for (i = 0; i < cert_edit_count; i++) {
		made = cert_edited(ca, seeds_intel_pki.root_key, &cert_edits[i]);
		r.issuer = made;
		snprintf(name, sizeof(name), "bad-crl-issuer-%s", cert_edits[i].name);
		list(name, made, &r, 1);
		X509_free(made);
	}
}

static void lists(void)
{
	static const char *const names[] = { "crl-list", "bad-crl-revoked", "bad-crl-critical",
					     "bad-crl-entry", "bad-crl-key", "bad-crl-signer",
					     "bad-crl-md", "bad-crl-no-end", "bad-crl-expired",
					     "bad-crl-not-yet", "bad-crl-no-id" };
	const struct intel_pki *p = &seeds_intel_pki;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct crl_recipe r = { .issuer = p->ca, .key = p->ca_key, .aki = p->ca,
					.from = FUZZ_NOW - 9, .to = FUZZ_NOW + INTEL_DAY,
					.revoked = { p->pck }, .revoked_count = 1 };

		switch (i) {
		case 1: r.revoked[0] = p->ca; break;
		case 2: r.critical = true; break;
		case 3: r.critical_entry = true; break;
		case 4: r.aki = p->root; break;
		case 5: r.key = p->root_key; break;
		case 6: r.md = EVP_sha384(); break;
		case 7: r.to = 0; break;
		case 8: r.to = r.from + 1; break;
		case 9: r.from = FUZZ_NOW + 9; break;
		case 10: r.aki = NULL; break;
		}
		list(names[i], p->ca, &r, 1);
		if (!i) {
			several(r);
			issuers(r);
		}
	}
}

void seeds_certs(void)
{
	amd();
	gpu(true);
	gpu(false);
	intel();
	nitro();
	lists();
}
