// SPDX-License-Identifier: MIT
/*
 * Whose key signed a platform's token. The token doesn't carry it: the policy names it,
 * or a certificate beside the evidence does, up to a root that the caller named.
 */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "arm_token.h"
#include "ec_chain.h"
#include "fault.h"

static bool names(const struct policy_key *k, const struct wv_platform *p)
{
	return (!k->has_implementation ||
		!memcmp(k->implementation, p->implementation_id, sizeof(k->implementation))) &&
	       (!k->has_instance || !memcmp(k->instance, p->instance_id, sizeof(k->instance)));
}

/* The ids are the token's own word until the signature holds; then they are the key's. */
static int by_pin(const struct cose_sign1 *s, const struct arm_trust *t, struct wv_platform *p,
		  size_t *tried, struct wv_fault *fault)
{
	size_t i;
	int rc = WV_SIGNATURE_INVALID;

	for (i = 0; rc && i < t->keys->count; i++) {
		const struct policy_key *k = &t->keys->keys[i];

		if (!names(k, p))
			continue;
		++*tried;
		rc = cose_sign1_check(s, k->key, t->what, fault);
		if (rc == WV_NO_MEMORY)
			return rc;
		if (!rc) {
			p->key_trust = WV_KEY_PINNED;
			memcpy(p->key_sha256, k->sha256, sizeof(p->key_sha256));
		}
	}
	return rc;
}

static int chain_of(struct judge *j, X509 *cert, const struct cert_list *pool)
{
	const struct ec_trust trust = { .roots = j->a->roots, .named_only = true };
	struct ec_chain chain;
	int rc = ec_chain_build(cert, pool, &trust, j->a->now, &chain, &j->v->fault);

	if (rc)
		return rc;
	j->v->warnings |= WV_WARN_NAMED_ROOT | WV_WARN_CRL_UNCHECKED;
	if (chain.anchor->simulated)
		j->v->simulated = 1;
	return WV_OK;
}

/* What is no certificate, or one too many, was meant for other evidence. */
static void collect(const struct wv_collateral *c, struct cert_list *pool)
{
	size_t i;

	cert_list_add(pool, c->vek, "collateral", NULL);
	cert_list_add(pool, c->intermediate, "collateral", NULL);
	cert_list_add(pool, c->ark, "collateral", NULL);
	for (i = 0; i < c->item_count; i++)
		cert_list_add(pool, c->items[i], "collateral", NULL);
}

static int by_certificate(struct judge *j, const struct cose_sign1 *s, const struct arm_trust *t,
			  const struct cert_list *pool, struct wv_platform *p)
{
	struct wv_fault ignored;
	EVP_PKEY *key;
	size_t i;
	int rc;

	for (i = 0; i < pool->count; i++) {
		key = X509_get0_pubkey(pool->certs[i]);
		if (!key || !cose_curve_fits(s, key) ||
		    cose_sign1_check(s, key, t->what, &ignored))
			continue;
		rc = chain_of(j, pool->certs[i], pool);
		if (rc)
			return rc;
		p->key_trust = WV_KEY_CERTIFIED;
		cert_spki_digest(pool->certs[i], p->key_sha256);
		return WV_OK;
	}
	return WV_PLATFORM_KEY_UNTRUSTED;
}

static int certified(struct judge *j, const struct cose_sign1 *s, const struct arm_trust *t,
		     struct wv_platform *p)
{
	struct cert_list pool = { .count = 0 };
	int rc;

	if (!j->a->collateral)
		return WV_PLATFORM_KEY_UNTRUSTED;
	ERR_set_mark();
	collect(j->a->collateral, &pool);
	rc = by_certificate(j, s, t, &pool, p);
	cert_list_clear(&pool);
	ERR_pop_to_mark();
	return rc;
}

int arm_authenticate(struct judge *j, const struct cose_sign1 *s, const struct arm_trust *t,
		     struct wv_platform *p)
{
	size_t tried = 0;
	char field[FIELD_MAX];
	int rc = by_pin(s, t, p, &tried, &j->v->fault);

	/* Where the policy names keys, a certificate of another does not do. */
	if (!t->keys->count)
		rc = certified(j, s, t, p);
	if (!rc || rc == WV_NO_MEMORY)
		return rc;
	snprintf(field, sizeof(field), "%s.signature", t->what);
	if (tried > 1)
		return fault_set(&j->v->fault, WV_SIGNATURE_INVALID, field, -1,
				 "it holds by none of the %zu keys that the policy names for this platform",
				 tried);
	if (tried || rc != (t->keys->count ? WV_SIGNATURE_INVALID : WV_PLATFORM_KEY_UNTRUSTED))
		return rc;
	return fault_set(&j->v->fault, WV_PLATFORM_KEY_UNTRUSTED, field, -1, "%s",
			 t->keys->count ?
				 "the policy names keys, and none for this platform" :
				 "the policy names no key, and no certificate at hand is that of the key");
}
