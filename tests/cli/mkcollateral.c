// SPDX-License-Identifier: MIT
/*
 * mkcollateral DIR: what AMD's and Intel's services would serve for a simulated chip
 * and platform, sound and unsound, under roots made for this run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/quote_make.h"
#include "../unit/sim.h"

static const char *dir;
static int64_t now;

static void write_file(const char *name, struct wv_bytes b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static void write_own(const char *name, struct wv_bytes b)
{
	write_file(name, b);
	ut_free(b);
}

static void write_der(const char *name, X509 *cert)
{
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);

	write_file(name, (struct wv_bytes){ der, len > 0 ? (size_t)len : 0 });
	OPENSSL_free(der);
}

static void write_two(const char *name, X509 *a, X509 *b)
{
	struct wv_bytes one = sim_pem(a), two = sim_pem(b);
	uint8_t *both = malloc(one.len + two.len);

	memcpy(both, one.data, one.len);
	memcpy(both + one.len, two.data, two.len);
	write_file(name, (struct wv_bytes){ both, one.len + two.len });
	free(both);
	ut_free(one);
	ut_free(two);
}

static void write_report(const char *name, const struct sim_pki *pki, uint8_t family, int version)
{
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 0x5a };
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	g.version = (uint32_t)version;
	if (family)
		g.cpuid[0] = family;
	sim_report(&g, pki, data, report);
	write_file(name, (struct wv_bytes){ report, sizeof(report) });
	report[0x48] = 1 << 2;
	if (version == 3 && !family) {
		write_file("report-vlek.bin", (struct wv_bytes){ report, sizeof(report) });
		report[0x48] = 0;
		memset(report + 0x1a0, 0, 64);
		write_file("report-masked.bin", (struct wv_bytes){ report, sizeof(report) });
	}
}

static void write_bundle(const struct sim_pki *pki)
{
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	write_own("release.ward", sim_bundle(&g, pki));
}

/* The same issuers, another leaf. */
static void variant(const struct sim_recipe *recipe, const struct sim_pki *first, const char *vcek)
{
	struct sim_pki pki;

	if (sim_pki_make(recipe, first, &pki))
		exit(1);
	write_der(vcek, pki.vek);
	sim_pki_free(&pki);
}

static void turin(const struct sim_pki *first)
{
	struct sim_recipe r = sim_default_recipe;
	struct sim_pki pki;

	/* the simulator's TCB, read as Turin lays it out */
	r.product = "Turin";
	r.fmc = 3;
	r.bootloader = r.tee = r.snp = 0;
	r.microcode = 0x73;
	r.chip_id_len = 8;
	if (sim_pki_make(&r, first, &pki))
		exit(1);
	write_der("turin-vcek.der", pki.vek);
	write_report("turin-report.bin", &pki, 0x1a, 3);
	sim_pki_free(&pki);
}

static void vleks(const struct sim_pki *first)
{
	struct sim_recipe r = sim_default_recipe;
	struct sim_pki pki;

	r.ask_name = "ward SIMULATED SEV-VLEK ASVK";
	if (sim_pki_make(&r, first, &pki))
		exit(1);
	write_two("vlek-chain.pem", pki.ask, pki.ark);
	sim_pki_free(&pki);
}

static void amd_crls(const struct sim_pki *pki)
{
	struct crl_recipe c = { .issuer = pki->ark, .key = pki->ark_key, .pss = true,
				.from = now - 86400, .to = now + 86400 };

	write_own("crl.der", crl_make(&c));
	c.from = now - 3 * 86400;
	c.to = now - 86400;
	write_own("crl-old.der", crl_make(&c));
	c.to = now + 86400;
	c.issuer = pki->ask;
	c.key = pki->ask_key;
	write_own("crl-other.der", crl_make(&c));
}

static void amd(void)
{
	struct sim_recipe r = sim_default_recipe, foreign = sim_default_recipe;
	struct sim_pki pki, other;

	if (sim_pki_make(&r, NULL, &pki) || sim_pki_make(&foreign, NULL, &other))
		exit(1);
	write_own("ark.pem", sim_pem(pki.ark));
	write_own("ask.pem", sim_pem(pki.ask));
	write_two("chain.pem", pki.ask, pki.ark);
	write_two("chain-foreign.pem", other.ask, other.ark);
	write_der("vcek.der", pki.vek);
	write_own("vcek.pem", sim_pem(pki.vek));
	write_der("vcek-foreign.der", other.vek);
	write_report("report.bin", &pki, 0, 3);
	write_report("report-v2.bin", &pki, 0, 2);
	write_bundle(&pki);
	amd_crls(&pki);
	variant(&r, &pki, "vcek-chip.der");
	r.not_before = -2 * 86400;
	r.not_after = -86400;
	variant(&r, &pki, "vcek-expired.der");
	r = sim_default_recipe;
	r.microcode++;
	variant(&r, &pki, "vcek-tcb.der");
	turin(&pki);
	vleks(&pki);
	sim_pki_free(&other);
	sim_pki_free(&pki);
}

static void intel_lists(const struct intel_pki *pki)
{
	struct crl_recipe c = { .issuer = pki->ca, .key = pki->ca_key, .from = now - 86400,
				.to = now + 86400 };

	write_own("pck.crl", crl_make(&c));
	write_two("pck-chain.pem", pki->ca, pki->root);
	c.issuer = pki->root;
	c.key = pki->root_key;
	write_own("root.crl", crl_make(&c));
	write_own("signers.pem", intel_signers(pki));
}

static void intel_documents(const struct intel_pki *pki)
{
	struct intel_doc d = intel_doc_default;
	char from[32], to[32];

	wv_time_text(now - 86400, from);
	wv_time_text(now + 86400, to);
	d.tdx = true;
	d.issued = from;
	d.next = to;
	write_own("tcbinfo.json", intel_tcb_info(pki, &d));
	write_own("qeidentity.json", intel_identity(pki, &d));
	d.fmspc = "00906ea10000";
	write_own("tcbinfo-other.json", intel_tcb_info(pki, &d));
	d.fmspc = intel_doc_default.fmspc;
	wv_time_text(now - 3600, to);
	d.next = to;
	write_own("tcbinfo-old.json", intel_tcb_info(pki, &d));
}

/* Quotes that the documents judge: of a platform that is patched, and of one that is not. */
static void intel_quotes(const struct intel_pki *pki)
{
	struct quote_plan plan;

	quote_plan_new(&plan, pki, 4, 2);
	intel_qe_report(true, 4, plan.qe);
	memset(plan.bytes + TD_TCB_SVN, 5, 16);
	memset(plan.bytes + TD_MRSIGNERSEAM, 0, 48);
	memset(plan.bytes + TD_SEAM_ATTRIBUTES, 0, 8);
	plan.bytes[TD_TCB_SVN + 1] = 1;
	write_own("td.bin", quote_make(&plan));
	plan.bytes[TD_TCB_SVN + 2] = 4;
	write_own("td-behind.bin", quote_make(&plan));
	quote_plan_free(&plan);
}

/* Enough of a quote to ask by: something, then its PCK certificate chain. */
static void intel(void)
{
	struct intel_recipe r = intel_default;
	struct intel_pki pki, other;
	struct wv_bytes chain;
	uint8_t *quote;

	r.to = now + 3650LL * INTEL_DAY;
	intel_pki_make(&r, &pki);
	intel_pki_make(&r, &other);
	write_own("intel-root.pem", sim_pem(pki.root));
	intel_lists(&pki);
	intel_documents(&pki);
	intel_quotes(&pki);
	write_own("signers-foreign.pem", intel_signers(&other));
	chain = intel_chain(&pki);
	quote = calloc(1, 700 + chain.len);
	memcpy(quote + 700, chain.data, chain.len);
	write_file("quote.bin", (struct wv_bytes){ quote, 700 + chain.len });
	free(quote);
	ut_free(chain);
	intel_pki_free(&other);
	intel_pki_free(&pki);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: mkcollateral DIR\n");
		return 1;
	}
	dir = argv[1];
	now = (int64_t)time(NULL);
	amd();
	intel();
	return 0;
}
