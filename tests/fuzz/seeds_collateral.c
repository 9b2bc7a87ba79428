// SPDX-License-Identifier: MIT
/* What vendors publish beside certificates. */
#include "../unit/intel_make.h"
#include "seeds.h"

void seeds_collateral(void)
{
	struct crl_recipe r = { .from = INTEL_NOW, .to = INTEL_NOW + INTEL_DAY };
	struct intel_doc d = intel_doc_default;
	struct intel_pki pki;
	struct wv_bytes crl;

	intel_pki_make(&intel_default, &pki);
	r.issuer = r.aki = pki.ca;
	r.key = pki.ca_key;
	r.revoked[r.revoked_count++] = pki.pck;
	crl = crl_make(&r);
	seed("collateral", "crl-der", crl);
	seed_take("collateral", "crl-pem", crl_pem(crl));
	ut_free(crl);
	seed_take("collateral", "chain", intel_chain(&pki));
	seed_take("collateral", "tdx", intel_tcb_info(&pki, &d));
	seed_take("collateral", "td-qe", intel_identity(&pki, &d));
	d.tdx = false;
	seed_take("collateral", "sgx", intel_tcb_info(&pki, &d));
	seed_take("collateral", "qe", intel_identity(&pki, &d));
	intel_pki_free(&pki);
}
