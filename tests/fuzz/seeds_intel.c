// SPDX-License-Identifier: MIT
/* Quotes of TDs and enclaves, and what they are held against. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/quote_make.h"
#include "roots.h"
#include "seeds_intel.h"

struct intel_pki seeds_intel_pki;

static void quotes(void)
{
	static const struct {
		const char *name;
		int version, body;
	} made[] = { { "v3", 3, 2 }, { "v4", 4, 2 }, { "v5-2", 5, 2 }, { "v5-3", 5, 3 } };
	struct quote_plan plan;
	struct wv_bytes q;
	size_t i;

	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		quote_plan_new(&plan, &seeds_intel_pki, made[i].version, made[i].body);
		plan.auth_len = i % 2 ? 0 : 32;
		memset(plan.bytes + TD_TCB_SVN, made[i].version == 3 ? 0 : 5, 16);
		if (made[i].version > 3)
			plan.bytes[TD_TCB_SVN + 1] = 1;
		intel_qe_report(made[i].version > 3, 4, plan.qe);
		q = quote_make(&plan);
		seed("quote", made[i].name, q);
		seed_take("tcb", made[i].name, q);
		quote_plan_free(&plan);
	}
}

/* RFC 3339 of so many days from now; static, two at a time. */
static const char *day(int days)
{
	static char text[2][32];
	static int n;

	wv_time_text((int64_t)time(NULL) + days * 86400LL, text[n ^= 1]);
	return text[n];
}

static void documents(void)
{
	struct intel_doc d = intel_doc_default;
	struct crl_recipe r = { .from = time(NULL) - 86400, .to = time(NULL) + SEED_YEAR };
	const struct intel_pki *pki = &seeds_intel_pki;

	d.issued = day(-5);
	d.next = day(365);
	root_take("items/tcb-tdx.json", intel_tcb_info(pki, &d));
	root_take("items/qe-tdx.json", intel_identity(pki, &d));
	d.tdx = false;
	root_take("items/tcb-sgx.json", intel_tcb_info(pki, &d));
	root_take("items/qe-sgx.json", intel_identity(pki, &d));
	root_take("items/signers.pem", intel_signers(pki));
	r.issuer = r.aki = pki->ca;
	r.key = pki->ca_key;
	root_take("items/ca.crl", crl_make(&r));
	r.issuer = r.aki = pki->root;
	r.key = pki->root_key;
	root_take("items/root.crl", crl_make(&r));
}

void seeds_intel(void)
{
	struct intel_recipe r = intel_default;

	r.to = time(NULL) + 10 * SEED_YEAR;
	intel_pki_make(&r, &seeds_intel_pki);
	root("intel.pem", seeds_intel_pki.root);
	quotes();
	documents();
	seed_take("certs", "pck-chain", intel_chain(&seeds_intel_pki));
	{
		uint8_t *der = NULL;
		int len = i2d_X509(seeds_intel_pki.pck, &der);

		assert_true(len > 0);
		seed("certs", "pck", (struct wv_bytes){ der, (size_t)len });
		OPENSSL_free(der);
	}
}
