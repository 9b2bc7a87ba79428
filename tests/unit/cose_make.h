/* SPDX-License-Identifier: MIT */
/*
 * COSE evidence under keys that tests make: Nitro documents, CCA and PSA tokens.
 */
#ifndef TEST_COSE_MAKE_H
#define TEST_COSE_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "support.h"

#define COSE_NOW	1767225600	/* 2026-01-01: within every window of nitro_default */

/**
 * struct cose_plan - one COSE_Sign1; zeroes make a sound one
 * @key: that signs; its curve gives the algorithm
 * @alg: what the protected header says instead
 * @no_alg: the protected header is an empty map
 * @alg_outside: the algorithm stands in the unprotected header, too
 * @crit: the protected header names headers that must be understood
 * @untagged, @tag: without a tag, or with another one
 * @zero_r, @order_s: r = 0, s = the order of the curve
 * @longer: bytes that the signature is too long
 */
struct cose_plan {
	EVP_PKEY *key;
	int64_t alg;
	bool no_alg, alg_outside, crit;
	bool untagged;
	uint64_t tag;
	bool zero_r, order_s;
	size_t longer;
};

/** cose_make - the message over @payload; ut_free() it */
struct wv_bytes cose_make(const struct cose_plan *plan, struct wv_bytes payload);

/** cose_public - base64 of a key's SubjectPublicKeyInfo, as policies have it; free() it */
char *cose_public(EVP_PKEY *key);

/**
 * struct nitro_recipe - certificates: root, zone, leaf
 * @from, @to: of the one that @dated names (1 root, 2 zone, 3 leaf), or of all
 * @zone_no_ca, @leaf_ca: basic constraints
 * @root_pathlen: -1 = none
 * @critical: the leaf has a critical extension that nobody knows
 */
struct nitro_recipe {
	const char *root_cn;
	int64_t from, to;
	int dated;
	bool zone_no_ca, leaf_ca, critical;
	int root_pathlen;
};

extern const struct nitro_recipe nitro_default;

struct nitro_pki {
	EVP_PKEY *root_key, *zone_key, *leaf_key;
	X509 *root, *zone, *leaf;
};

void nitro_pki_make(const struct nitro_recipe *r, struct nitro_pki *out);
void nitro_pki_free(struct nitro_pki *p);

/**
 * struct nitro_plan - a document
 * @cose: its key is the leaf's unless set
 * @user_data, @nonce: absent = null
 * @debug: registers 0 to 2 are zero, else 0x10, 0x11, ...
 * @registers: how many, 16 unless set
 * @open: its payload is a map of indefinite length
 * @without, @twice: a member that is left out, or stands twice
 * @digest: "SHA384" unless set
 * @no_root: the cabundle has the zone's certificate alone
 */
struct nitro_plan {
	struct cose_plan cose;
	struct wv_bytes user_data, nonce;
	bool debug, open, no_root;
	size_t registers;
	const char *without, *twice, *digest;
};

struct wv_bytes nitro_make(const struct nitro_pki *pki, const struct nitro_plan *plan);

/**
 * struct arm_plan - a CCA or a PSA token
 * @platform, @realm: who signs the halves; a PSA token has the first alone
 * @challenge: the realm's, or a PSA token's nonce
 * @lifecycle: 0x3000 unless set
 * @old: CCA: without a realm profile; PSA: PSA_IOT_PROFILE_1
 * @profile: another one
 * @cmw: a CMW collection of tag 907
 * @key_hash: "sha-256" unless set
 * @other_binder: the platform signed another realm's key
 * @instance: first byte of the id, 0x01 unless set
 * @without, @mistyped: a claim's number that is left out, or says true
 * @odd, @odd_len: a claim in bytes, and how many it has; up to 128
 * @no_measurements: PSA: instead of components
 */
struct arm_plan {
	struct cose_plan platform, realm;
	struct wv_bytes challenge;
	unsigned int lifecycle;
	bool old, cmw, other_binder, no_measurements;
	const char *profile, *key_hash;
	uint8_t instance;
	int64_t without, mistyped, odd;
	size_t odd_len;
};

/** arm_realm_key - the realm's key as its token carries it; ut_free() it */
struct wv_bytes arm_realm_key(const struct arm_plan *plan);
struct wv_bytes cca_make(const struct arm_plan *plan);
struct wv_bytes psa_make(const struct arm_plan *plan);

#endif /* TEST_COSE_MAKE_H */
