// SPDX-License-Identifier: MIT
/*
 * Documents and lists under a root of the test's own: who signed them, when they hold, for
 * whom they are, and what a changed one is worth.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcb_world.h"

static void windows(void **state)
{
	struct intel_doc d = intel_doc_default;
	struct world w;

	(void)state;
	world_new(&w);
	w.now = INTEL_NOW + 40 * INTEL_DAY;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_EXPIRED);
	assert_string_equal(w.fault.field, "tcb_info");
	world_new(&w);	/* the identity alone */
	d.issued = "2025-11-01T00:00:00Z";
	d.next = "2025-12-31T23:59:59Z";
	world_give_info(&w, &intel_doc_default);
	world_give(&w, intel_identity(&world_pki, &d));
	world_give_signers(&w);
	world_expect(&w, WV_COLLATERAL_EXPIRED);
	assert_string_equal(w.fault.field, "qe_identity");
	world_new(&w);	/* TCB info alone is of the future */
	d.issued = "2026-01-02T00:00:00Z";
	d.next = "2026-02-01T00:00:00Z";
	world_give_info(&w, &d);
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_NOT_YET);
	assert_string_equal(w.fault.field, "tcb_info");
	world_new(&w);	/* and the identity alone */
	world_give_info(&w, &intel_doc_default);
	world_give(&w, intel_identity(&world_pki, &d));
	world_give_signers(&w);
	world_expect(&w, WV_COLLATERAL_NOT_YET);
	assert_string_equal(w.fault.field, "qe_identity");
	world_new(&w);	/* all of it is: the clock is */
	w.now = INTEL_NOW - 100 * INTEL_DAY;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_CLOCK_SUSPECT);
	world_new(&w);	/* the first and the last second */
	w.now = ut_time(2025, 12, 20) + 36000;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
	world_new(&w);
	w.now = ut_time(2026, 1, 19) + 36000;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
	world_new(&w);
	w.now = ut_time(2026, 1, 19) + 36001;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_EXPIRED);
}

/* Of several the one that holds now, and of these the higher evaluation. */
static void newest_counts(void **state)
{
	struct intel_doc d = intel_doc_default;
	struct world w;

	(void)state;
	d.levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", "OutOfDate", NULL);
	d.issued = "2025-12-21T10:00:00Z";
	world_new(&w);
	world_give_info(&w, &intel_doc_default);
	world_give_info(&w, &d);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
	assert_int_equal(w.st.level, WV_TCB_OUT_OF_DATE);
	d.next = "2025-12-31T10:00:00Z";
	world_new(&w);
	world_give_info(&w, &d);
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
	assert_int_equal(w.st.level, WV_TCB_UP_TO_DATE);
	free((void *)d.levels);
}

static void whose_platform(void **state)
{
	struct intel_doc d = intel_doc_default;
	struct world w;

	(void)state;
	d.fmspc = "90c06f000000";	/* the other case */
	world_new(&w);
	world_give_info(&w, &d);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
	d.fmspc = "90C06F000001";
	world_new(&w);
	world_give_info(&w, &d);
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_FOREIGN);
	world_new(&w);
	w.pck.pce_id[1] = 1;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_FOREIGN);
	d = intel_doc_default;		/* TCB info of SGX says nothing of TDX */
	d.tdx = false;
	world_new(&w);
	world_give_info(&w, &d);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
	assert_true(w.st.unchecked & WV_UNCHECKED_TCB_INFO);
	assert_int_equal(w.st.level, WV_TCB_UNCHECKED);
}

/* Who signed: not another root's signer, nor a platform's key, nor a CA. */
static void who_signed(void **state)
{
	struct intel_recipe r = intel_default;
	struct intel_pki odd;
	struct world w;

	(void)state;
	world_new(&w);
	world_give(&w, intel_tcb_info(&world_other, &intel_doc_default));
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_FORGED);
	world_new(&w);
	world_give(&w, intel_tcb_info(&world_other, &intel_doc_default));
	world_give(&w, intel_signers(&world_other));
	world_expect(&w, WV_COLLATERAL_MISSING);
	world_new(&w);		/* signed by the PCK */
	odd = world_pki;
	odd.tcb_key = world_pki.pck_key;
	world_give(&w, intel_tcb_info(&odd, &intel_doc_default));
	world_give(&w, intel_chain(&world_pki));
	world_give_signers(&w);
	world_expect(&w, WV_COLLATERAL_FORGED);
	r.tcb_cn = "Intel SGX PCK Certificate";
	intel_pki_make(&r, &odd);
	world_new(&w);
	w.chain[2] = odd.root;
	world_give(&w, intel_tcb_info(&odd, &intel_doc_default));
	world_give(&w, intel_signers(&odd));
	world_expect(&w, WV_COLLATERAL_MISSING);
	intel_pki_free(&odd);
	r = intel_default;
	r.tcb_is_ca = true;
	intel_pki_make(&r, &odd);
	world_new(&w);
	w.chain[2] = odd.root;
	world_give(&w, intel_tcb_info(&odd, &intel_doc_default));
	world_give(&w, intel_signers(&odd));
	world_expect(&w, WV_COLLATERAL_MISSING);
	intel_pki_free(&odd);
}

static void signer_expired(void **state)
{
	struct intel_recipe r = intel_default;
	struct intel_pki odd;
	struct world w;

	(void)state;
	r.to = INTEL_NOW - 1;
	intel_pki_make(&r, &odd);
	world_new(&w);
	w.chain[2] = odd.root;
	world_give(&w, intel_tcb_info(&odd, &intel_doc_default));
	world_give(&w, intel_signers(&odd));
	world_expect(&w, WV_CERTIFICATE_EXPIRED);
	intel_pki_free(&odd);
	r.from = INTEL_NOW + 1;
	r.to = INTEL_NOW + INTEL_DAY;
	intel_pki_make(&r, &odd);
	world_new(&w);
	w.chain[2] = odd.root;
	world_give(&w, intel_tcb_info(&odd, &intel_doc_default));
	world_give(&w, intel_signers(&odd));
	world_expect(&w, WV_CERTIFICATE_NOT_YET);
	intel_pki_free(&odd);
}

/* Every byte of both documents, changed: whatever comes of it, it is not accepted. */
static void every_byte(void **state)
{
	struct wv_bytes info = intel_tcb_info(&world_pki, &intel_doc_default);
	struct wv_bytes identity = intel_identity(&world_pki, &intel_doc_default);
	struct wv_bytes *docs[] = { &info, &identity };
	struct wv_bytes signers = intel_signers(&world_pki);
	struct wv_bytes sound[2], items[3];
	struct world w;
	size_t i, k, refused = 0;

	(void)state;
	world_new(&w);
	w.c.items = items;
	w.c.item_count = 3;
	sound[0] = info;
	sound[1] = identity;
	for (k = 0; k < 2; k++)
		for (i = 0; i < docs[k]->len; i++) {
			uint8_t *byte = (uint8_t *)docs[k]->data + i, was = *byte;
			bool hex = i + 130 >= docs[k]->len;
			int rc;

			memcpy(items, sound, sizeof(sound));
			items[2] = signers;
			*byte ^= 1;
			rc = world_evaluate(&w);
			*byte = was;
			/* A document of another kind, or for other platforms, is not used. */
			if (!rc && !(w.st.unchecked & (WV_UNCHECKED_TCB_INFO | WV_UNCHECKED_QE)))
				fail_msg("document %zu, byte %zu ('%c'%s): accepted", k, i, was,
					 hex ? ", of the signature" : "");
			refused += rc != 0;
		}
	assert_true(refused > info.len + identity.len - 64);
	ut_free(info);
	ut_free(identity);
	ut_free(signers);
}

static char *changed(struct wv_bytes doc, const char *old, const char *new)
{
	char *text = calloc(1, doc.len + strlen(new) + 1), *at;

	assert_non_null(text);
	memcpy(text, doc.data, doc.len);
	at = strstr(text, old);
	assert_non_null(at);
	memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
	return text;
}

/* What a signature does not cover may not change, either, nor what a parser would forgive. */
static void rewritten(void **state)
{
	static const struct {
		const char *old, *new;
		int rc;
	} rows[] = {
		{ "\"version\":3", "\"version\": 3", WV_COLLATERAL_FORGED },
		{ "\"version\":3", "\"version\":2", WV_COLLATERAL_DAMAGED },
		{ "\"TDX\"", "\"TDX\",\"id\":\"TDX\"", WV_COLLATERAL_DAMAGED },
		{ "{\"tcbInfo\"", "{\"tcbInfo\":{},\"tcbInfo\"", WV_COLLATERAL_DAMAGED },
		{ "{\"tcbInfo\"", "{ \n\t\"more\" : [1,{\"tcbInfo\":\"}\\\"\"}] , \"tcbInfo\"", WV_OK },
		{ "{\"tcbInfo\"", "{\"tcb\\u0049nfo\"", WV_COLLATERAL_DAMAGED },
		{ "\"tcbInfo\":{", "\"tcbInfo\" :\r\n {", WV_OK },
		{ "\"signature\":\"", "\"signature\":\"00", WV_COLLATERAL_DAMAGED },
		{ "\"signature\"", "\"signatur\"", WV_COLLATERAL_DAMAGED },
		{ "2025-12-20T", "2025-12-32T", WV_COLLATERAL_DAMAGED },
		{ "\"tcbType\":0", "\"tcbType\":1", WV_COLLATERAL_FORGED },
	};
	struct wv_bytes doc = intel_tcb_info(&world_pki, &intel_doc_default);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;
		char *text = changed(doc, rows[i].old, rows[i].new);

		world_new(&w);
		world_give(&w, (struct wv_bytes){ (uint8_t *)text, strlen(text) });
		world_give_rest(&w);
		world_expect(&w, rows[i].rc);
	}
	ut_free(doc);
}

/* Signed by Intel's key, and still of no use: forms that this version does not read. */
static void signed_nonsense(void **state)
{
	static const char *const levels[] = {
		"", "{}", "7", "{\"tcb\":{}}",
		"{\"tcb\":{\"sgxtcbcomponents\":[],\"pcesvn\":1,\"tdxtcbcomponents\":[]}}",
	};
	static const int rcs[] = {
		WV_TCB_UNSUPPORTED, WV_COLLATERAL_DAMAGED, WV_COLLATERAL_DAMAGED,
		WV_COLLATERAL_DAMAGED, WV_COLLATERAL_DAMAGED,
	};
	struct intel_doc d = intel_doc_default;
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		world_new(&w);
		d.levels = levels[i];
		world_give_info(&w, &d);
		world_give_rest(&w);
		world_expect(&w, rcs[i]);
	}
	d.levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", "Splendid", NULL);
	world_new(&w);
	world_give_info(&w, &d);
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_DAMAGED);
	free((void *)d.levels);
	d.levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", "OutOfDate",
			       "\"A-NAME-THAT-IS-LONGER-THAN-23\"");
	world_new(&w);
	world_give_info(&w, &d);
	world_give_rest(&w);
	world_expect(&w, WV_COLLATERAL_DAMAGED);
	free((void *)d.levels);
}

static void advisory_names(void **state)
{
	static const char *const bad[] = {
		"\"\"", "7", "\"A B\"", "\"A\\u0000\"", "\"A\\u00e4\"", "\"A\\u007f\"",
		"\"123456789012345678901234\"", "\"INTEL-SA-1\",null",
	};
	struct intel_doc d = intel_doc_default;
	char many[2048] = "";
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		d.levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", "UpToDate", bad[i]);
		world_new(&w);
		world_give_info(&w, &d);
		world_give_rest(&w);
		world_expect(&w, WV_COLLATERAL_DAMAGED);
		free((void *)d.levels);
	}
	for (i = 0; i <= WV_ADVISORIES_MAX; i++) {
		char *at = many + strlen(many);

		snprintf(at, sizeof(many) - (size_t)(at - many), "%s\"INTEL-SA-%zu\"",
			 i ? "," : "", i);
		if (i < WV_ADVISORIES_MAX - 1)
			continue;
		d.levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", "UpToDate", many);
		world_new(&w);
		world_give_info(&w, &d);
		world_give_rest(&w);
		world_expect(&w, i < WV_ADVISORIES_MAX ? WV_OK : WV_COLLATERAL_DAMAGED);
		free((void *)d.levels);
	}
}

/* What only the verifier can find out is no status that a document may give. */
static void own_statuses(void **state)
{
	static const char *const words[] = {
		"TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded", "unchecked", "uptodate",
	};
	struct intel_doc d = intel_doc_default;
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		d.levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z", words[i], NULL);
		world_new(&w);
		world_give_info(&w, &d);
		world_give_rest(&w);
		world_expect(&w, WV_COLLATERAL_DAMAGED);
		free((void *)d.levels);
	}
}

static void revoked(void **state)
{
	struct crl_recipe r;
	struct world w;

	(void)state;
	world_new(&w);		/* the platform */
	r = world_crl_of(world_pki.ca, world_pki.ca_key);
	r.revoked[r.revoked_count++] = world_pki.pck;
	world_give_crl(&w, r);
	world_expect(&w, WV_CERTIFICATE_REVOKED);
	assert_string_equal(w.fault.field, "pck");
	world_new(&w);		/* its CA */
	r = world_crl_of(world_pki.root, world_pki.root_key);
	r.revoked[r.revoked_count++] = world_other.ca;
	r.revoked[r.revoked_count++] = world_pki.ca;
	world_give_crl(&w, r);
	world_expect(&w, WV_CERTIFICATE_REVOKED);
	assert_string_equal(w.fault.field, "pck_ca");
	world_new(&w);		/* who signed TCB info */
	r = world_crl_of(world_pki.root, world_pki.root_key);
	r.revoked[r.revoked_count++] = world_pki.tcb;
	world_give_crl(&w, r);
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_CERTIFICATE_REVOKED);
	assert_string_equal(w.fault.field, "tcb_signing");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows),
		cmocka_unit_test(newest_counts),
		cmocka_unit_test(whose_platform),
		cmocka_unit_test(who_signed),
		cmocka_unit_test(signer_expired),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(rewritten),
		cmocka_unit_test(signed_nonsense),
		cmocka_unit_test(advisory_names),
		cmocka_unit_test(own_statuses),
		cmocka_unit_test(revoked),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
