// SPDX-License-Identifier: MIT
/*
 * SNP: a report under a VEK that was opened before, the table of certificates behind it, and
 * a list of what was revoked.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"
#include "crl_make.h"
#include "sim.h"

static struct sim_pki pki;
static uint8_t report[WV_SNP_REPORT_SIZE], data[64];
static uint8_t *table;
static size_t table_len;

#define POLICY "{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_debug\":true," \
	       "\"vmpl_max\":3,\"allow_tee\":[\"snp\",\"simulated-snp\"]"

static void open_common(struct bits_subject *s, const char *policy)
{
	struct sim_guest g;

	assert_int_equal(sim_pki_make(&sim_default_recipe, NULL, &pki), 0);
	memset(data, 0x5a, sizeof(data));
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	sim_report(&g, &pki, data, report);
	table = sim_cert_table(&pki, &table_len);
	strcpy(s->evidence.tee, "snp");
	s->evidence.data = (struct wv_bytes){ report, sizeof(report) };
	s->challenge = (struct wv_bytes){ data, sizeof(data) };
	s->appraisal.now = (int64_t)time(NULL);
	bits_root(s, sim_pem(pki.ark));
	bits_policy(s, policy);
}

static void close_snp(struct bits_subject *s)
{
	ut_free(s->items[0]);
	bits_close(s);
	free(table);
	sim_pki_free(&pki);
}

static bool open_report(struct bits_subject *s, int form)
{
	(void)form;
	open_common(s, POLICY "}");
	assert_int_equal(wv_vek_open(s->appraisal.roots, NULL,
				     (struct wv_bytes){ table, table_len }, s->appraisal.now,
				     (struct wv_vek **)&s->appraisal.vek, NULL), WV_OK);
	s->bytes = report;
	s->len = sizeof(report);
	return true;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The entries are ARK, ASK, VCEK; this verifier was given the ARK by another way. */
static bool open_chain(struct bits_subject *s, int form)
{
	(void)form;
	open_common(s, POLICY "}");
	s->evidence.aux = (struct wv_bytes){ table, table_len };
	s->bytes = table;
	s->len = table_len;
	bits_span(s, 0, 16, "the ARK that the verifier has itself");
	bits_span(s, le32(table + 16), le32(table + 20), "the ARK that the verifier has itself");
	return true;
}

/* The policy asks for the list, so that one which counts as another's is none. */
static bool open_list(struct bits_subject *s, int form)
{
	(void)form;
	open_common(s, POLICY ",\"collateral\":{\"crl\":\"required\"}}");
	s->evidence.aux = (struct wv_bytes){ table, table_len };
	s->items[0] = crl_make(&(struct crl_recipe){
		.issuer = pki.ark, .key = pki.ark_key, .pss = true,
		.from = s->appraisal.now - 86400, .to = s->appraisal.now + 86400 });
	s->collateral.item_count = 1;
	s->appraisal.collateral = &s->collateral;
	s->bytes = (uint8_t *)s->items[0].data;
	s->len = s->items[0].len;
	return true;
}

static const struct bits_kind snp_report = { "snp, report", 8, open_report, close_snp, 0 };
static const struct bits_kind snp_chain = { "snp, certificates", 1, open_chain, close_snp, 0 };
static const struct bits_kind snp_list = { "snp, revocation list", 8, open_list, close_snp, 0 };

int main(void)
{
	const struct bits_kind *const kinds[] = { &snp_report, &snp_chain, &snp_list };

	return bits_run("every bit of SNP's evidence", kinds, 3);
}
