/* SPDX-License-Identifier: MIT */
/*
 * What a worker's accepted evidence said: kept in its session and carried by its
 * token, and all that a release needs to know.
 */
#ifndef BROKER_ATTESTED_H
#define BROKER_ATTESTED_H

#include <stdint.h>

#define ATTESTED_JWK_MAX	256	/* a P-384 public key as JSON, with its NUL */

/**
 * struct attested - the outcome of an attestation
 * @session, @instance, @uid: out of the claims
 * @measurement: launch digest out of the report
 * @evidence: SHA-256 of the bundle
 * @measured: the policy pinned the measurement
 * @simulated: no TEE stands behind it
 * @tee_pubkey: the P-384 key that the evidence is bound to, JSON
 */
struct attested {
	uint8_t session[16];
	uint8_t instance[16];
	uint32_t uid;
	uint8_t measurement[48];
	uint8_t evidence[32];
	int measured;
	int simulated;
	char tee_pubkey[ATTESTED_JWK_MAX];
};

#endif /* BROKER_ATTESTED_H */
