/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzed verifier is told to trust beside the seeds: ROOTS/..., see world.c.
 */
#ifndef TEST_FUZZ_ROOTS_H
#define TEST_FUZZ_ROOTS_H

#include <openssl/x509.h>

#include "seeds.h"

#define SEED_YEAR (365L * 86400)

/** root - a certificate that anchors chains; root_text, root_take - another file of ROOTS */
void root(const char *name, X509 *cert);
void root_text(const char *name, const char *text);
void root_take(const char *name, struct wv_bytes b);

/** seed_pair - two parts as fuzz_split() takes them apart; @head: bytes before, or NULL */
void seed_pair(const char *target, const char *name, const char *head, struct wv_bytes first,
	       struct wv_bytes second);

/** trust_key - a key that policy.json is to name: of CCA platforms and PSA, or (@ak) of TPMs */
void trust_key(EVP_PKEY *key);
void trust_ak(const char hex[65]);

/** roots_done - write policy.json and now */
void roots_done(void);

#endif /* TEST_FUZZ_ROOTS_H */
