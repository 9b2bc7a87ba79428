// SPDX-License-Identifier: MIT
/*
 * A CCA token's appraisal. The platform's key vouches for the digest of the realm's
 * key, that key for the realm's measurements: a token of two halves that were not made
 * for each other says nothing.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "arm_token.h"
#include "cca.h"
#include "fault.h"
#include "json_write.h"
#include "kind.h"

/* The names of IANA's "Named Information Hash Algorithm" registry, as tokens use them. */
static const char *hash_of(const char *name)
{
	static const char *const hashes[][2] = {
		{ "sha-256", "SHA256" }, { "sha-384", "SHA384" }, { "sha-512", "SHA512" },
	};
	size_t i;

	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (!strcmp(hashes[i][0], name))
			return hashes[i][1];
	return NULL;
}

static int check_binder(const struct cca_token *t, const struct wv_cca *c,
			struct wv_fault *fault)
{
	const char *hash = hash_of(c->key_hash);
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (!hash)
		return fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "realm.key_hash", -1,
				 "'%s' is none of sha-256, sha-384, sha-512", c->key_hash);
	if (!EVP_Q_digest(NULL, hash, NULL, t->realm_key.data, t->realm_key.len, digest, &len))
		return fault_set(fault, WV_NO_MEMORY, "realm.key", -1, "no memory");
	if (len == t->nonce.len && !CRYPTO_memcmp(digest, t->nonce.data, len))
		return WV_OK;
	return fault_set(fault, WV_BINDER_MISMATCH, "platform.nonce", -1,
			 "it is not the %s of the realm's key", c->key_hash);
}

/* Tokens with a realm profile carry a COSE_Key, older ones the bare point. */
static int check_realm(const struct cca_token *t, const struct wv_cca *c, struct wv_fault *fault)
{
	EVP_PKEY *key;
	int rc;

	if (c->realm_profile[0]) {
		key = cose_key_map(t->realm_key, "realm.key", fault);
	} else {
		key = cose_key_raw(t->realm_key);
		if (!key)
			fault_set(fault, WV_EVIDENCE_DAMAGED, "realm.key", -1,
				  "%zu bytes are no point on P-256, P-384 or P-521",
				  t->realm_key.len);
	}
	if (!key)
		return WV_EVIDENCE_DAMAGED;
	rc = cose_sign1_check(&t->realm, key, "realm", fault);
	EVP_PKEY_free(key);
	return rc;
}

static int authenticate(struct judge *j, const struct cca_token *t)
{
	const struct arm_trust trust = { .keys = &j->p->cca.keys, .what = "platform" };
	struct wv_cca *c = &j->v->cca;

	return arm_authenticate(j, &t->platform, &trust, &c->platform) ?:
	       check_binder(t, c, &j->v->fault) ?: check_realm(t, c, &j->v->fault);
}

int kind_cca(struct judge *j, const struct wv_evidence *e)
{
	struct wv_bytes carried = { j->v->cca.challenge, sizeof(j->v->cca.challenge) };
	struct cca_token t;
	int rc;

	rc = cca_read(e->data, &t, &j->v->cca, &j->v->fault);
	if (rc)
		return rc;
	j->v->have |= WV_HAVE_CCA;
	rc = authenticate(j, &t) ?:
	     judge_fresh(j, carried, JUDGE_WHOLE, "realm.challenge", -1) ?:
	     judge_tee(j, POLICY_TEE_CCA);
	if (rc)
		return rc;
	if (j->p->cca.rim.count)
		j->v->measured = 1;
	return policy_cca(j->p, &j->v->cca, &j->rules);
}

bool kind_cca_recognise(struct wv_bytes data)
{
	int tag = data.len > 3 && data.data[0] == 0xd9 ? data.data[1] << 8 | data.data[2] : 0;

	return tag == CCA_TAG || tag == CCA_TAG_CMW;
}

json_t *kind_cca_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct wv_cca cca;

	return wv_cca_parse(data, &cca, fault) ? NULL : cca_json(&cca);
}
