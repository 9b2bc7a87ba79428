// SPDX-License-Identifier: MIT
/* Nitro documents, CCA and PSA tokens. */
#include <time.h>

#include "../unit/cose_make.h"
#include "roots.h"

static const uint8_t data[64] = { 7 };
static const struct wv_bytes challenge = { data, sizeof(data) };

static void nitro(void)
{
	struct nitro_recipe recipe = nitro_default;
	struct nitro_plan plan = { .user_data = challenge };
	struct nitro_pki pki;

	recipe.to = time(NULL) + SEED_YEAR;
	nitro_pki_make(&recipe, &pki);
	root("nitro.pem", pki.root);
	seed_take("nitro", "document", nitro_make(&pki, &plan));
	plan.open = true;
	plan.registers = 32;
	plan.nonce = challenge;
	seed_take("nitro", "open", nitro_make(&pki, &plan));
	plan.debug = true;
	plan.no_root = true;
	seed_take("nitro", "debug", nitro_make(&pki, &plan));
	nitro_pki_free(&pki);
}

static void cca(EVP_PKEY *p256, EVP_PKEY *p384)
{
	struct arm_plan plan = { .platform = { .key = p384 }, .realm = { .key = p384 },
				 .challenge = challenge };

	seed_take("cca", "token", cca_make(&plan));
	plan.old = true;
	plan.platform.key = p256;
	seed_take("cca", "old", cca_make(&plan));
	plan.cmw = true;
	plan.realm.key = p256;
	seed_take("cca", "cmw", cca_make(&plan));
}

static void psa(EVP_PKEY *p256)
{
	struct arm_plan plan = { .platform = { .key = p256 }, .challenge = challenge };

	seed_take("psa", "token", psa_make(&plan));
	plan.old = true;
	seed_take("psa", "old", psa_make(&plan));
	plan.no_measurements = true;
	seed_take("psa", "unmeasured", psa_make(&plan));
	plan.platform.tag = 17;
	seed_take("psa", "mac", psa_make(&plan));
}

static void cose(EVP_PKEY *p256, EVP_PKEY *p384)
{
	struct arm_plan plan = { .realm = { .key = p384 } };
	struct cose_plan message = { .key = p256 };

	seed_take("cose", "es256", cose_make(&message, challenge));
	message.key = p384;
	message.untagged = true;
	seed_take("cose", "es384", cose_make(&message, challenge));
	message.order_s = true;
	seed_take("cose", "order", cose_make(&message, challenge));
	message.crit = message.alg_outside = true;
	seed_take("cose", "crit", cose_make(&message, challenge));
	seed_take("cose", "key", arm_realm_key(&plan));
	plan.old = true;
	seed_take("cose", "point", arm_realm_key(&plan));
}

void seeds_cose(void)
{
	EVP_PKEY *p256 = EVP_EC_gen("P-256"), *p384 = EVP_EC_gen("P-384");

	trust_key(p256);
	trust_key(p384);
	nitro();
	cca(p256, p384);
	psa(p256);
	cose(p256, p384);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
}
