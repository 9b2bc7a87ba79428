/* SPDX-License-Identifier: MIT */
/*
 * What a server can show of itself: evidence of its session, bound to its TLS key and to the
 * nonce of who asks.
 */
#ifndef WARD_WORKER_STANDING_H
#define WARD_WORKER_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libward.h"
#include "libward_channel.h"

/**
 * struct standing - the session and the key
 * @ward: session
 * @key: SHA-256 of the SubjectPublicKeyInfo of the server's certificate
 * @evident: evidence could be had at the start
 * @simulated: by a TEE that protects nothing
 * @tee: its name; "none" where there was no evidence
 * @measurement: of the launch, hex; "" where this kind of evidence has it elsewhere
 * @why: there was no evidence
 *
 * The caller fills in @ward and @key.
 */
struct standing {
	struct ward_session *ward;
	uint8_t key[WARD_CHANNEL_KEY_LEN];
	bool evident;
	bool simulated;
	char tee[32];
	char measurement[129];
	char why[160];
};

/**
 * standing_look() - see what the evidence says, for people; nothing is verified
 * @standing: filled in
 */
void standing_look(struct standing *standing);

/**
 * standing_bundle() - evidence for who asks
 * @standing: see there
 * @nonce: WARD_CHANNEL_NONCE_LEN bytes
 * @bundle: to be freed with free()
 * @len: bytes
 *
 * Of purpose channel, and bound as doc/formats.md, section 17, says of an acceptor whose peer has
 * no key, with an exporter of zeros: to the TLS key, not to a connection.
 *
 * Return: 0 or a negative errno.
 */
int standing_bundle(const struct standing *standing, const uint8_t *nonce, uint8_t **bundle,
		    size_t *len);

#endif /* WARD_WORKER_STANDING_H */
