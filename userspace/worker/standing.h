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
 * @timeout_ms: of the TEE, for one piece of evidence
 * @evidence, @evidence_arg: what gives it in place of the session; or NULL
 * @key: SHA-256 of the SubjectPublicKeyInfo of the server's certificate
 * @evident: evidence could be had at the start
 * @simulated: by a TEE that protects nothing
 * @tee: its name; "none" where there was no evidence
 * @measurement: of the launch, hex; "" where this kind of evidence has it elsewhere
 * @why: there was no evidence
 *
 * The caller fills in what stands before @evident; service_listen() does @key.
 */
struct standing {
	struct ward_session *ward;
	uint32_t timeout_ms;
	ward_channel_evidence_fn evidence;
	void *evidence_arg;
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
 * standing_bind() - what evidence for who asks is bound to
 * @standing: see there
 * @nonce: WARD_CHANNEL_NONCE_LEN bytes
 * @binding: WARD_BINDING_LEN bytes
 *
 * As doc/formats.md, section 17, says of an acceptor whose peer has no key, with an exporter of
 * zeros: to the TLS key, not to a connection.
 *
 * Return: 0 or a negative errno.
 */
int standing_bind(const struct standing *standing, const uint8_t *nonce, uint8_t *binding);

/** standing_evidence() - a ward_channel_evidence_fn: purpose channel; reads nothing but @ward and @timeout_ms */
int standing_evidence(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle, size_t *len,
		      void *standing);

#endif /* WARD_WORKER_STANDING_H */
