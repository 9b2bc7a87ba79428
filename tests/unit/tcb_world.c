// SPDX-License-Identifier: MIT
#include <string.h>

#include "pck.h"
#include "tcb_world.h"

struct intel_pki world_pki, world_other;

int world_setup(void **state)
{
	(void)state;
	intel_pki_make(&intel_default, &world_pki);
	intel_pki_make(&intel_default, &world_other);
	return 0;
}

int world_teardown(void **state)
{
	(void)state;
	intel_pki_free(&world_pki);
	intel_pki_free(&world_other);
	return 0;
}

void world_give(struct world *w, struct wv_bytes b)
{
	assert_true(w->c.item_count < WORLD_ITEMS);
	w->items[w->c.item_count++] = b;
}

void world_new(struct world *w)
{
	uint8_t report[384];

	memset(w, 0, sizeof(*w));
	w->c.items = w->items;
	w->now = INTEL_NOW;
	w->chain[0] = world_pki.pck;
	w->chain[1] = world_pki.ca;
	w->chain[2] = world_pki.root;
	ut_reason(WV_OK, pck_read(world_pki.pck, &w->pck, &w->fault), &w->fault);
	memset(w->tdx.tee_tcb_svn, 5, 16);
	w->tdx.tee_tcb_svn[1] = 1;
	w->tdx.body = 2;
	intel_qe_report(true, 4, report);
	w->qe.misc_select = 0;
	w->qe.attributes = 0x15;
	w->qe.xfrm = 0xe7;
	memcpy(w->qe.mr_signer, report + 128, 32);
	w->qe.prod_id = 2;
	w->qe.svn = 4;
}

void world_free(struct world *w)
{
	while (w->c.item_count)
		ut_free(w->items[--w->c.item_count]);
}

int world_evaluate(struct world *w)
{
	struct store s;
	int rc = store_open(&s, &w->c, NULL, &w->fault);

	if (!rc)
		rc = tcb_evaluate(&(struct tcb_platform){ .tdx = w->sgx ? NULL : &w->tdx,
							  .qe = &w->qe, .pck = &w->pck,
							  .chain = w->chain },
				  &s, w->now, w->require_crl, &w->st, &w->fault);
	store_clear(&s);
	return rc;
}

void world_expect(struct world *w, int rc)
{
	ut_reason(rc, world_evaluate(w), &w->fault);
	world_free(w);
}

void world_give_info(struct world *w, const struct intel_doc *d)
{
	world_give(w, intel_tcb_info(&world_pki, d));
}

void world_give_signers(struct world *w)
{
	world_give(w, intel_signers(&world_pki));
}

void world_give_rest(struct world *w)
{
	world_give(w, intel_identity(&world_pki, &intel_doc_default));
	world_give_signers(w);
}

struct crl_recipe world_crl_of(X509 *issuer, EVP_PKEY *key)
{
	return (struct crl_recipe){ .issuer = issuer, .key = key, .from = INTEL_NOW - INTEL_DAY,
				    .to = INTEL_NOW + 20 * INTEL_DAY, .aki = issuer };
}

void world_give_crl(struct world *w, struct crl_recipe r)
{
	world_give(w, crl_make(&r));
}

void world_give_crls(struct world *w)
{
	world_give_crl(w, world_crl_of(world_pki.root, world_pki.root_key));
	world_give_crl(w, world_crl_of(world_pki.ca, world_pki.ca_key));
}
