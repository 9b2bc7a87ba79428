/* SPDX-License-Identifier: MIT */
/*
 * What a key broker is shown by those who have a session: for the programs (not the libraries).
 */
#ifndef WARD_COMMON_RELEASE_EVIDENCE_H
#define WARD_COMMON_RELEASE_EVIDENCE_H

#include <stdint.h>
#include <string.h>

#include "libward.h"

/**
 * struct release_question - a broker's, as a ward_kbs_evidence callback has it
 * @nonce: of the broker
 * @nonce_len: its bytes
 * @binding: 64 bytes
 */
struct release_question {
	const uint8_t *nonce;
	size_t nonce_len;
	const uint8_t *binding;
};

/**
 * release_evidence() - evidence of purpose release
 * @session: whose
 * @question: the broker's
 * @out: freed by ward_evidence_free(), also after an error
 *
 * Return: as ward_session_attest().
 */
static inline int release_evidence(struct ward_session *session,
				   const struct release_question *question,
				   struct ward_evidence **out)
{
	struct ward_request request = {
		.size = sizeof(request), .purpose = WARD_PURPOSE_RELEASE,
		.nonce = question->nonce, .nonce_len = question->nonce_len,
	};

	*out = NULL;
	memcpy(request.binding, question->binding, sizeof(request.binding));
	return ward_session_attest(session, &request, out);
}

/**
 * release_bundle() - the same, as a bundle without events
 * @session: whose
 * @question: the broker's
 * @bundle: the caller frees it
 * @len: its bytes
 *
 * Return: as ward_session_attest() and ward_bundle_encode().
 */
static inline int release_bundle(struct ward_session *session,
				 const struct release_question *question, uint8_t **bundle,
				 size_t *len)
{
	struct ward_evidence *evidence;
	int err = release_evidence(session, question, &evidence);

	if (!err)
		err = ward_bundle_encode(evidence, NULL, 0, bundle, len);
	ward_evidence_free(evidence);
	return err;
}

#endif /* WARD_COMMON_RELEASE_EVIDENCE_H */
