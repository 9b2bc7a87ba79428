// SPDX-License-Identifier: MIT
/*
 * Every bit of the evidence of Azure's VMs: on SNP under a VEK that was opened before; on
 * TDX a paravisor's report with its quote, and a vTPM's quote with both.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "azure_make.h"
#include "bits.h"
#include "hcl.h"
#include "quote_make.h"

static struct sim_pki pki;
static struct intel_pki intel;
static EVP_PKEY *ak;
static struct wv_bytes data, aux, quote;
static uint8_t challenge[32];

#define LOG_SIZES	"sizes of logs that are not there"
#define ATTRIBUTES "attributes of the vTPM's key that say nothing of what it may sign"
#define UNREAD "kind of request, status and reserved words of the paravisor's report"
#define SHARED "`shared`, since on Azure the key always is"

#define POLICY(tees) "{\"ward-policy\":1,\"accept_unmeasured\":true,\"vmpl_max\":3," \
		     "\"allow_debug\":true,\"allow_tee\":[" tees "]}"

static void open_common(struct bits_subject *s, const char *tee, const char *policy, X509 *root)
{
	strcpy(s->evidence.tee, tee);
	bits_root(s, sim_pem(root));
	bits_policy(s, policy);
}

static void open_vek(struct bits_subject *s)
{
	size_t len;
	uint8_t *table = sim_cert_table(&pki, &len);

	assert_int_equal(wv_vek_open(s->appraisal.roots, NULL, (struct wv_bytes){ table, len },
				     s->appraisal.now, (struct wv_vek **)&s->appraisal.vek, NULL),
			 WV_OK);
	free(table);
}

static bool open_snp(struct bits_subject *s, int form)
{
	static const uint8_t report_data[64] = { 5 };
	struct azure_make hcl;
	struct tpm_sim vtpm;
	struct sim_guest g;
	size_t at;

	(void)form;
	assert_int_equal(sim_pki_make(&sim_default_recipe, NULL, &pki), 0);
	ak = EVP_RSA_gen(2048);
	open_common(s, "azure-snp", POLICY("\"azure-snp\",\"simulated-snp\""), pki.ark);
	s->appraisal.now = (int64_t)time(NULL);
	open_vek(s);
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	azure_make_new(&hcl, ak);
	hcl.padded = 0;
	tpm_sim_new(&vtpm, ak);
	vtpm.hcl = azure_make_hcl(&hcl, &g, &pki);
	data = tpm_sim_data(&vtpm, report_data);
	ut_free(vtpm.hcl);
	assert_true(EVP_Digest(report_data, 64, challenge, NULL, EVP_sha256(), NULL));
	s->challenge = (struct wv_bytes){ challenge, 32 };
	s->evidence.data = data;
	s->bytes = (uint8_t *)data.data;
	s->len = data.len;
	at = bits_find(data, "\x62" "ak\x59", 4) + 6 + 4;
	bits_span(s, at, 4, ATTRIBUTES);
	at = bits_find(data, "HCLA", 4);
	bits_span(s, at + 12, 20, UNREAD);
	bits_span(s, bits_find(data, "\x66shared", 7) + 7, 1, SHARED);
	return true;
}

/* What the paravisor of a TD says, and the quote of that TD. */
static void make_td(struct azure_make *hcl)
{
	static uint8_t report[HCL_REPORT_LEN];
	struct quote_plan plan;
	char *text;

	azure_make_new(hcl, ak);
	hcl->kind = WV_AZURE_TDX;
	hcl->padded = 0;
	hcl->report = report;
	quote_plan_new(&plan, &intel, 5, 3);
	memset(plan.bytes + TD_RTMR0, 0, 4 * 48);	/* the paravisor extends none */
	text = azure_make_text(hcl);
	azure_make_data(hcl, text, plan.bytes + TD_REPORT_DATA);
	free(text);
	azure_make_tdreport(plan.bytes, quote_body_len(&plan), report);
	quote = quote_make(&plan);
	quote_plan_free(&plan);
}

static void open_td(struct bits_subject *s, struct azure_make *hcl)
{
	intel_pki_make(&intel_default, &intel);
	ak = EVP_RSA_gen(2048);
	open_common(s, "azure-tdx", POLICY("\"azure-tdx\""), intel.root);
	s->appraisal.now = INTEL_NOW;
	make_td(hcl);
}

static void span_report(struct bits_subject *s, size_t hcl)
{
	bits_span(s, hcl + 12, 20, UNREAD);
	hcl += HCL_REPORT_AT;
	bits_span(s, hcl + 2, 1, "the TDREPORT's version, 0 or 1");
	bits_span(s, hcl + 16, 16, "its CPUSVN, which its own CPU alone can check");
	bits_span(s, hcl + 224, 32, "its MAC, which its own CPU alone can check");
}

static bool open_tdx(struct bits_subject *s, int form)
{
	struct azure_make hcl;

	(void)form;
	open_td(s, &hcl);
	data = azure_make_hcl(&hcl, NULL, NULL);
	s->evidence.data = data;
	s->evidence.aux = quote;
	s->bytes = (uint8_t *)data.data;
	s->len = data.len;
	span_report(s, 0);
	return true;
}

enum form { DATA, AUX };

static void open_parts(struct bits_subject *s)
{
	static const uint8_t report_data[64] = { 5 };
	struct azure_make hcl;
	struct tpm_sim vtpm;

	open_td(s, &hcl);
	tpm_sim_new(&vtpm, ak);
	vtpm.hcl = azure_make_hcl(&hcl, NULL, NULL);
	vtpm.td_quote = quote;
	data = tpm_sim_data(&vtpm, report_data);
	aux = tpm_sim_aux(&vtpm);
	ut_free(vtpm.hcl);
	assert_true(EVP_Digest(report_data, 64, challenge, NULL, EVP_sha256(), NULL));
	s->challenge = (struct wv_bytes){ challenge, 32 };
	s->evidence.data = data;
	s->evidence.aux = aux;
}

static void blank_log(struct wv_verdict *v)
{
	v->azure.quote.log = 0;
}

/* Without a log its size says only that there was one. */
static void span_log_sizes(struct bits_subject *s)
{
	struct bits_span *span;

	span = bits_span(s, bits_find(aux, "ima_log_size", 12) + 12, 1, LOG_SIZES);
	span->maybe = true;
	span = bits_span(s, bits_find(aux, "event_log_size", 14) + 14, 1, LOG_SIZES);
	span->maybe = true;
	span->blank = blank_log;
}

static bool open_vtpm(struct bits_subject *s, int form)
{
	open_parts(s);
	s->bytes = (uint8_t *)(form == DATA ? data.data : aux.data);
	s->len = form == DATA ? data.len : aux.len;
	if (form == DATA) {
		bits_span(s, bits_find(data, "\x62" "ak\x59", 4) + 6 + 4, 4, ATTRIBUTES);
		span_report(s, bits_find(data, "HCLA", 4));
		bits_span(s, bits_find(data, "\x66shared", 7) + 7, 1, SHARED);
	} else {
		size_t from = bits_find(aux, "-----BEGIN", 10);

		bits_pem(s, from, bits_find(aux, "\x69" "event_log", 10) - from);
		span_log_sizes(s);
	}
	return true;
}

static void close_common(struct bits_subject *s)
{
	bits_close(s);
	EVP_PKEY_free(ak);
	ut_free(data);
	ut_free(aux);
	aux = (struct wv_bytes){ NULL, 0 };
}

static void close_snp(struct bits_subject *s)
{
	close_common(s);
	sim_pki_free(&pki);
}

static void close_tdx(struct bits_subject *s)
{
	close_common(s);
	ut_free(quote);
	intel_pki_free(&intel);
}

static const struct bits_kind azure_snp = { "azure-snp, data", 1, open_snp, close_snp, 0 };
static const struct bits_kind azure_tdx = { "azure-tdx, paravisor's report", 8, open_tdx,
					    close_tdx, 0 };
static const struct bits_kind vtpm_data = { "azure-tdx, data", 1, open_vtpm, close_tdx, DATA };
static const struct bits_kind vtpm_aux = { "azure-tdx, aux with the quote", 1, open_vtpm, close_tdx,
					   AUX };

int main(void)
{
	const struct bits_kind *const kinds[] = { &azure_snp, &azure_tdx, &vtpm_data, &vtpm_aux };

	return bits_run("every bit of the evidence of Azure's VMs", kinds, 4);
}
