// SPDX-License-Identifier: MIT
/*
 * Platforms under a root of the test's own: their levels, and how they are put together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcb_world.h"

static void made_as_read(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	assert_memory_equal(w.pck.fmspc, intel_default.fmspc, 6);
	assert_memory_equal(w.pck.components, intel_default.components, 16);
	assert_int_equal(w.pck.pce_svn, intel_default.pcesvn);
}

static void up_to_date(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	w.require_crl = true;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_give_crls(&w);
	world_expect(&w, WV_OK);
	assert_int_equal(w.st.level, WV_TCB_UP_TO_DATE);
	assert_int_equal(w.st.platform, WV_TCB_UP_TO_DATE);
	assert_int_equal(w.st.qe, WV_TCB_UP_TO_DATE);
	assert_int_equal(w.st.module, WV_TCB_UP_TO_DATE);
	assert_int_equal(w.st.unchecked, 0);
	assert_int_equal(w.st.evaluation, 17);
	assert_int_equal(w.st.age, INTEL_NOW - w.st.issued);
	assert_int_equal(w.st.advisory_count, 0);
}

static void nothing_given(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	world_expect(&w, WV_OK);
	assert_int_equal(w.st.level, WV_TCB_UNCHECKED);
	assert_int_equal(w.st.unchecked, WV_UNCHECKED_TCB_INFO | WV_UNCHECKED_QE |
			 WV_UNCHECKED_PCK_CRL | WV_UNCHECKED_ROOT_CRL);
	w.require_crl = true;
	world_expect(&w, WV_CRL_MISSING);
}

/* Each component alone one below pulls the platform down. */
static void each_component(void **state)
{
	struct world w;
	int i;

	(void)state;
	for (i = 0; i < 16 + 16 + 1; i++) {
		world_new(&w);
		if (i < 16)
			w.pck.components[i]--;
		else if (i < 32)
			w.tdx.tee_tcb_svn[i - 16]--;
		else
			w.pck.pce_svn--;
		w.tdx.tee_tcb_svn[1] = 1;	/* generation of the module, no level */
		world_give_info(&w, &intel_doc_default);
		world_give_rest(&w);
		world_expect(&w, WV_OK);
		assert_int_equal(w.st.level, i == 17 ? WV_TCB_UP_TO_DATE : WV_TCB_OUT_OF_DATE);
		if (i < 16)
			assert_int_equal(w.st.behind_sgx[i], 1);
		else if (i == 16)
			assert_int_equal(w.st.behind_module, 1);
		else if (i > 17 && i < 32)
			assert_int_equal(w.st.behind_tdx[i - 16], 1);
		else if (i == 32)
			assert_int_equal(w.st.behind_pcesvn, 1);
		if (i != 17)
			assert_int_equal(w.st.outdated_since, ut_time(2025, 5, 14));
	}
}

/* Without a generation the module's SVN is component 0 of the platform's levels. */
static void old_module(void **state)
{
	struct intel_doc none = intel_doc_default;
	struct world w;

	(void)state;
	none.modules = "";
	none.levels = intel_level(true, 0, 13, "2025-05-14T00:00:00Z", "UpToDate", NULL);
	world_new(&w);
	w.tdx.tee_tcb_svn[1] = 0;
	world_give_info(&w, &none);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
	assert_int_equal(w.st.module, WV_TCB_UNCHECKED);
	assert_int_equal(w.st.level, WV_TCB_UP_TO_DATE);
	w.tdx.tee_tcb_svn[1] = 1;
	world_give_info(&w, &none);
	world_give_rest(&w);
	world_expect(&w, WV_TDX_MODULE_MISMATCH);
	free((void *)none.levels);
}

static void below_all(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	w.pck.components[3] = 1;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_TCB_UNSUPPORTED);
	world_new(&w);
	w.tdx.tee_tcb_svn[5] = 1;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_TCB_UNSUPPORTED);
	world_new(&w);
	w.tdx.tee_tcb_svn[0] = 1;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_TCB_UNSUPPORTED);
	world_new(&w);
	w.qe.svn = 1;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_TCB_UNSUPPORTED);
}

static void other_module(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	w.tdx.mr_signer_seam[47] = 1;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_TDX_MODULE_MISMATCH);
	world_new(&w);
	w.tdx.seam_attributes = 1ull << 63;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_TDX_MODULE_MISMATCH);
	world_new(&w);
	w.tdx.tee_tcb_svn[1] = 3;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_TDX_MODULE_MISMATCH);
}

static void other_enclave(void **state)
{
	struct world w;
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		world_new(&w);
		switch (i) {
		case 0: w.qe.mr_signer[31] ^= 1; break;
		case 1: w.qe.prod_id = 1; break;
		case 2: w.qe.attributes |= 2; break;	/* DEBUG */
		case 3: w.qe.misc_select = 1; break;
		case 4: w.qe.attributes &= ~1ull; break;
		}
		world_give_info(&w, &intel_doc_default);
		world_give_rest(&w);
		world_expect(&w, WV_QE_MISMATCH);
	}
	world_new(&w);	/* what the masks leave open */
	w.qe.attributes = 0x11;
	w.qe.xfrm = 3;
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_OK);
}

/* Rows: status of platform and quoting enclave, and what comes of them (4.1.2.4.17.5). */
static void merged(void **state)
{
	static const char *const platform[] = {
		"UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
		"ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
		"Revoked",
	};
	static const char *const qe[] = { "UpToDate", "OutOfDate", "Revoked" };
	static const char *const out[7][3] = {
		{ "UpToDate", "OutOfDate", "Revoked" },
		{ "SWHardeningNeeded", "OutOfDate", "Revoked" },
		{ "ConfigurationNeeded", "OutOfDateConfigurationNeeded", "Revoked" },
		{ "ConfigurationAndSWHardeningNeeded", "OutOfDateConfigurationNeeded", "Revoked" },
		{ "OutOfDate", "OutOfDate", "Revoked" },
		{ "OutOfDateConfigurationNeeded", "OutOfDateConfigurationNeeded", "Revoked" },
		{ "Revoked", "Revoked", "Revoked" },
	};
	char levels[256], modules[1024];
	size_t i, k, where;

	(void)state;
	for (i = 0; i < 7; i++)
		for (k = 0; k < 3; k++)
			for (where = 0; where < 2; where++) {	/* enclave, then module */
				struct intel_doc info = intel_doc_default, id = intel_doc_default;
				struct world w;

				world_new(&w);
				info.levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z",
							  platform[i], "\"INTEL-SA-1\"");
				snprintf(levels, sizeof(levels), "{\"tcb\":{\"isvsvn\":4},\"tcbDate\":"
					 "\"2025-05-14T00:00:00Z\",\"tcbStatus\":\"%s\","
					 "\"advisoryIDs\":[\"INTEL-SA-2\",\"INTEL-SA-1\"]}", qe[k]);
				snprintf(modules, sizeof(modules), "{\"id\":\"tdx_01\",\"mrsigner\":"
					 "\"%096d\",\"attributes\":\"%016d\",\"attributesMask\":"
					 "\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[%s]}", 0, 0, levels);
				if (where)
					info.modules = modules;
				else
					id.levels = levels;
				world_give_info(&w, &info);
				world_give(&w, intel_identity(&world_pki, &id));
				world_give_signers(&w);
				world_expect(&w, WV_OK);
				free((void *)info.levels);
				assert_string_equal(wv_tcb_level_text(w.st.platform), platform[i]);
				assert_string_equal(wv_tcb_level_text(where ? w.st.module : w.st.qe),
						    qe[k]);
				assert_string_equal(wv_tcb_level_text(w.st.level), out[i][k]);
				assert_int_equal(w.st.advisory_count, 2);
			}
}

/* A TD 1.5 whose module was replaced while it ran: old at its start, new now. */
static void relaunch(void **state)
{
	struct intel_doc info = intel_doc_default;
	struct world w;
	char *old;
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		char *levels = NULL;

		world_new(&w);
		w.tdx.body = i == 1 ? 2 : 3;
		memset(w.tdx.tee_tcb_svn, 4, 16);
		w.tdx.tee_tcb_svn[1] = 1;
		memset(w.tdx.tee_tcb_svn2, 5, 16);
		w.tdx.tee_tcb_svn2[1] = i == 5 ? 9 : 1;
		if (i >= 6)		/* a module without a generation now */
			w.tdx.tee_tcb_svn2[1] = 0;
		if (i == 2 || i == 7)
			w.tdx.tee_tcb_svn2[0] = 4;
		if (i == 3)
			w.tdx.tee_tcb_svn2[2] = 4;
		/* By its SGX components alone the platform is up to date. */
		levels = intel_level(true, 5, 13, "2025-05-14T00:00:00Z",
				     i == 4 ? "ConfigurationNeeded" : "UpToDate", NULL);
		old = intel_level(true, 2, 5, "2024-03-13T00:00:00Z", "OutOfDate", NULL);
		levels = realloc(levels, strlen(levels) + strlen(old) + 2);
		assert_non_null(levels);
		strcat(strcat(levels, ","), old);
		info.levels = levels;
		world_give_info(&w, &info);
		world_give_rest(&w);
		world_expect(&w, i == 5 ? WV_TDX_MODULE_MISMATCH : WV_OK);
		if (i != 5)
			assert_int_equal(w.st.level, i == 0 || i == 6 ? WV_TCB_TD_RELAUNCH :
					 i == 4 ? WV_TCB_TD_RELAUNCH_CONFIGURATION :
						  WV_TCB_OUT_OF_DATE);
		free(old);
		free(levels);
	}
}

/* An enclave of the host's own, which the PCE certifies as readily as Intel's. */
static void own_enclave(void **state)
{
	struct world w;
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		world_new(&w);
		w.sgx = i == 4;		/* TDX's enclave does not quote for SGX */
		w.pck.named_root = i > 5;
		switch (i % 6) {
		case 0: w.qe.mr_signer[0] ^= 1; break;
		case 1: w.qe.mr_signer[31] ^= 1; break;
		case 2: w.qe.prod_id = 1; break;
		case 3: w.qe.attributes |= 2; break;	/* DEBUG */
		}
		if (i == 5)
			w.qe.svn = 0;		/* how old it is nobody can tell */
		world_expect(&w, i < 5 ? WV_QE_MISMATCH : WV_OK);
		assert_true(w.st.unchecked & WV_UNCHECKED_QE);
	}
}

static void enclaves(void **state)
{
	struct intel_doc d = intel_doc_default;
	uint8_t report[384];
	struct world w;

	(void)state;
	d.tdx = false;
	intel_qe_report(false, 4, report);
	world_new(&w);
	w.sgx = true;
	memcpy(w.qe.mr_signer, report + 128, 32);
	w.qe.prod_id = 1;
	world_give_info(&w, &d);
	world_give(&w, intel_identity(&world_pki, &d));
	world_give_rest(&w);		/* and the identity of TDX's beside it */
	world_expect(&w, WV_OK);
	assert_int_equal(w.st.level, WV_TCB_UP_TO_DATE);
	assert_int_equal(w.st.unchecked, WV_UNCHECKED_PCK_CRL | WV_UNCHECKED_ROOT_CRL);
	w.sgx = false;		/* TDX's enclave is another */
	world_give_info(&w, &intel_doc_default);
	world_give_rest(&w);
	world_expect(&w, WV_QE_MISMATCH);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_as_read),
		cmocka_unit_test(up_to_date),
		cmocka_unit_test(nothing_given),
		cmocka_unit_test(each_component),
		cmocka_unit_test(old_module),
		cmocka_unit_test(below_all),
		cmocka_unit_test(other_module),
		cmocka_unit_test(other_enclave),
		cmocka_unit_test(own_enclave),
		cmocka_unit_test(merged),
		cmocka_unit_test(relaunch),
		cmocka_unit_test(enclaves),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
