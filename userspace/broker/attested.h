/* SPDX-License-Identifier: MIT */
/*
 * What a worker's accepted evidence said: kept in its session and carried by its
 * token, and all that a release needs to know.
 */
#ifndef BROKER_ATTESTED_H
#define BROKER_ATTESTED_H

#include <stdint.h>

#define ATTESTED_POLICIES_MAX	32	/* policies that have names */
#define ATTESTED_MET_MAX	(ATTESTED_POLICIES_MAX + 3)	/* and the configuration's, roots, collateral */
#define ATTESTED_POLICY_ID	16	/* first bytes of SHA-256 */
#define ATTESTED_JWK_MAX	256	/* a P-384 public key as JSON, with its NUL */

/**
 * struct attested - the outcome of an attestation
 * @session, @instance, @uid: out of the claims
 * @measurement: launch digest out of the report; zero where a TPM's quote is all
 * @evidence: SHA-256 of the bundle
 * @measured: the policy pinned the measurement, or a TPM's registers
 * @simulated: no TEE stands behind it
 * @policies: what it was judged by: the configuration's, those of the database that accept it,
 *	too, the roots that it led to, the collateral beside it: first bytes of their SHA-256
 * @tee_pubkey: the key that the evidence is bound to, JSON: on P-384, or X25519: the
 *	session's own, as the claims have it
 */
struct attested {
	uint8_t session[16];
	uint8_t instance[16];
	uint32_t uid;
	uint8_t measurement[48];
	uint8_t evidence[32];
	int measured;
	int simulated;
	uint32_t policy_count;
	uint8_t policies[ATTESTED_MET_MAX][ATTESTED_POLICY_ID];
	char tee_pubkey[ATTESTED_JWK_MAX];
};

#endif /* BROKER_ATTESTED_H */
