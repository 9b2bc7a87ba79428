/* SPDX-License-Identifier: MIT */
/*
 * libward, evidence: asking for it, and what comes. Conventions as in libward.h,
 * which includes this; <linux/ward_attest.h> is the ABI below it.
 */
#ifndef LIBWARD_ATTEST_H
#define LIBWARD_ATTEST_H

#include <stddef.h>
#include <stdint.h>

#include <linux/ward.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_session;

/**
 * struct ward_request - what evidence is wanted
 * @size: sizeof(struct ward_request)
 * @purpose: WARD_PURPOSE_*, but raw
 * @nonce: the relying party's
 * @nonce_len: 8 to WARD_NONCE_MAX
 * @binding: what the evidence is bound to, see ward_binding_*(); zero = nothing
 * @subject: id of an ended session of this uid, or zero
 * @timeout_ms: 0 = 60 s
 * @max_age_ns: an earlier answer to the same request will do if it is no older;
 *	0 = none will. A shorter struct, up to here, is taken too
 */
struct ward_request {
	uint32_t size;
	uint32_t purpose;
	const uint8_t *nonce;
	size_t nonce_len;
	uint8_t binding[WARD_BINDING_LEN];
	uint8_t subject[WARD_ID_LEN];
	uint32_t timeout_ms;
	uint64_t max_age_ns;
};

/**
 * struct ward_piece - a further piece of evidence over the same claims
 * @data: the provider's evidence
 * @data_len: bytes, 0 where there is an error
 * @aux: endorsements that came with it
 * @aux_len: bytes, maybe 0
 * @manifest: service manifest
 * @manifest_len: bytes, maybe 0
 * @generation: the provider's own count
 * @tee: WARD_TEE_*
 * @error: 0, or why this provider gave none, a positive errno
 * @provider: its name
 */
struct ward_piece {
	const uint8_t *data;
	size_t data_len;
	const uint8_t *aux;
	size_t aux_len;
	const uint8_t *manifest;
	size_t manifest_len;
	uint64_t generation;
	uint32_t tee;
	uint32_t error;
	char provider[WARD_LABEL_LEN + 1];
};

/**
 * struct ward_evidence - evidence and the claims that it is over
 * @claims: as hashed into the report data, doc/formats.md section 1; zero where the
 *	report data is raw
 * @index: position of these claims among the leaves
 * @leaves: leaves of the tree
 * @path: nodes of WARD_DIGEST_LEN bytes, from the leaf upwards
 * @path_len: bytes
 * @data: the provider's evidence
 * @data_len: bytes, not 0
 * @aux: endorsements that came with it
 * @aux_len: bytes, maybe 0
 * @manifest: service manifest
 * @manifest_len: bytes, maybe 0
 * @tee: WARD_TEE_*
 * @generation: the provider's write generation
 * @provider: its name
 * @more: of providers beside that one, over the same claims
 * @more_count: how many, maybe 0
 * @age_ns: how old it is, where it was given before; 0 = new
 */
struct ward_evidence {
	uint8_t claims[WARD_CLAIMS_SIZE];
	uint32_t index;
	uint32_t leaves;
	const uint8_t *path;
	size_t path_len;
	const uint8_t *data;
	size_t data_len;
	const uint8_t *aux;
	size_t aux_len;
	const uint8_t *manifest;
	size_t manifest_len;
	uint32_t tee;
	uint64_t generation;
	char provider[WARD_LABEL_LEN + 1];
	const struct ward_piece *more;
	size_t more_count;
	uint64_t age_ns;
};

/**
 * ward_session_attest() - get evidence of what the caller is
 * @session: session; may be sealed, not revoked
 * @request: what is wanted
 * @out: freed by ward_evidence_free()
 *
 * Waits up to @request->timeout_ms; signals, and what the kernel says may pass
 * within that time (EAGAIN: a full queue, asking too often) are retried.
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -ENODEV (no provider attached), -ENXIO
 * (provider gone), -ETIME, -EHOSTDOWN (the provider failed and is left alone),
 * -EBADMSG, -EOVERFLOW, -EIO, -ENOENT (subject), -EPERM, -EACCES (the
 * administrator's policy denies it to this caller, for this purpose, or on a
 * machine in this state: see ward_session_denied()), -ESHUTDOWN, -ENOMEM.
 */
int ward_session_attest(struct ward_session *session,
			const struct ward_request *request,
			struct ward_evidence **out);

/**
 * ward_session_attest_raw() - get evidence over report data of the caller's own,
 *	for protocols that say themselves what the TEE shall sign
 * @session: session; may be sealed, not revoked
 * @report_data: WARD_BINDING_LEN bytes, the last WARD_RAW_ZEROES of them zero
 * @timeout_ms: 0 = 60 s
 * @out: freed by ward_evidence_free(). No claims, no leaves (0), no path: a bundle
 *	can't be made of it
 *
 * Return: as ward_session_attest(). -EACCES unless the administrator's policy
 * allows this caller raw report data; -EINVAL for a tail that is not zero;
 * -EOPNOTSUPP (an older module).
 */
int ward_session_attest_raw(struct ward_session *session,
			    const uint8_t report_data[WARD_BINDING_LEN],
			    uint32_t timeout_ms, struct ward_evidence **out);

/**
 * ward_session_denied() - what of the administrator's policy denied evidence
 * @session: session
 * @by: what WARD_DENIED_* says of ward_attest.out_denied_by; may be NULL
 *
 * Return: WARD_DENIED_* of the last -EACCES; WARD_DENIED_NOT where there was none since
 * the last call, or the module is an older one and does not tell.
 */
uint32_t ward_session_denied(const struct ward_session *session, uint64_t *by);

/**
 * ward_session_retry_after() - when it is worth asking for evidence again
 * @session: session
 *
 * Return: nanoseconds from the last refusal that ward_session_attest() met (of
 * -EHOSTDOWN, or of -ETIME where waiting would have taken too long); 0 = none.
 */
uint64_t ward_session_retry_after(const struct ward_session *session);

/**
 * ward_evidence_free() - free what ward_session_attest() gave
 * @evidence: or NULL
 */
void ward_evidence_free(struct ward_evidence *evidence);

/**
 * ward_evidence_tee_name() - the bundle's hint for people
 * @evidence: evidence
 *
 * Return: ward_tee_name() of its tee.
 */
const char *ward_evidence_tee_name(const struct ward_evidence *evidence);

/**
 * ward_tee_name() - a kind of evidence as bundles name it
 * @tee: WARD_TEE_*
 *
 * Return: `snp`, `tdx`, `cca`, `sev`, `tpm`, `nitro`, `azure-snp`, `azure-tdx`,
 * `none`, or `simulated-snp` where the provider calls itself a simulator.
 */
const char *ward_tee_name(uint32_t tee);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_ATTEST_H */
