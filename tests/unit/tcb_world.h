/* SPDX-License-Identifier: MIT */
/*
 * A platform under a root of the test's own, and what is given about it.
 */
#ifndef TEST_TCB_WORLD_H
#define TEST_TCB_WORLD_H

#include "intel_make.h"
#include "tcb.h"

#define WORLD_ITEMS 10

/** world_pki - the platform's; world_other - of the same names, and nothing else in common */
extern struct intel_pki world_pki, world_other;

/** world_setup, world_teardown - of a group of tests: both of them made and forgotten */
int world_setup(void **state);
int world_teardown(void **state);

/**
 * struct world - a platform and what is given about it
 * @items: owned; added by world_give()
 */
struct world {
	struct wv_tdx tdx;
	struct wv_enclave qe;
	struct wv_pck pck;
	X509 *chain[3];
	bool sgx;
	struct wv_bytes items[WORLD_ITEMS];
	struct wv_collateral c;
	int64_t now;
	bool require_crl;
	struct wv_tcb_status st;
	struct wv_fault fault;
};

/** world_new - a platform that the documents of intel_doc_default find up to date */
void world_new(struct world *w);
void world_free(struct world *w);

/** world_give - one more item, owned from now on */
void world_give(struct world *w, struct wv_bytes b);
void world_give_info(struct world *w, const struct intel_doc *d);
void world_give_signers(struct world *w);
/** world_give_rest - all that is sound beside TCB info: identity and who signed */
void world_give_rest(struct world *w);

/** world_crl_of - a list that revokes nobody */
struct crl_recipe world_crl_of(X509 *issuer, EVP_PKEY *key);
void world_give_crl(struct world *w, struct crl_recipe r);
/** world_give_crls - those of root and CA */
void world_give_crls(struct world *w);

/** world_evaluate - tcb_evaluate() with all that was given */
int world_evaluate(struct world *w);

/** world_expect - what it comes to; frees what was given */
void world_expect(struct world *w, int rc);

#endif /* TEST_TCB_WORLD_H */
