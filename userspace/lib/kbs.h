/* SPDX-License-Identifier: MIT */
/*
 * Client of a key broker: protocol 0.4.0 (request, challenge, attestation,
 * response), doc/formats.md section 8. Where the evidence comes from is the
 * caller's: a function that is handed nonce and binding.
 *
 * The data key is written to the caller's memory alone. On its way it passes
 * through the heap of libjose and jansson; a program that leaves no residue there
 * replaces their allocators first (ward_hook_openssl(), ward_hook_jansson(), or
 * malloc() as a whole).
 *
 * Neither environment nor files but the CA file are read: no proxies, no netrc.
 */
#ifndef WARD_KBS_H
#define WARD_KBS_H

#include <stddef.h>
#include <stdint.h>

#define WARD_KBS_BINDING_LEN	64
#define WARD_KBS_NONCE_MAX	64

struct ward_kbs;

/**
 * struct ward_kbs_error - what went wrong
 * @status: of HTTP; 0 = the broker has not answered
 * @reason: the broker's word, such as "wrong-uid"; empty = not the broker's refusal
 * @text: one sentence for people, without a final newline
 */
struct ward_kbs_error {
	long status;
	char reason[48];
	char text[384];
};

/**
 * struct ward_kbs_release - a data key and what its receipt must name
 * @key: wipe it after use
 * @dataset: id of the data set that it opens
 * @release: id of this release
 * @receipt_nonce: for the receipt
 */
struct ward_kbs_release {
	uint8_t key[32];
	uint8_t dataset[16];
	uint8_t release[16];
	uint8_t receipt_nonce[32];
};

/**
 * ward_kbs_evidence_fn - get evidence of purpose *release*
 * @nonce, @nonce_len: the broker's challenge
 * @binding: what the evidence must be bound to
 * @bundle: the encoded bundle; the client frees it with free()
 * Returns 0 or a negative errno, which ward_kbs_attest() then returns.
 */
typedef int (*ward_kbs_evidence_fn)(const uint8_t *nonce, size_t nonce_len,
				    const uint8_t *binding, uint8_t **bundle,
				    size_t *bundle_len, void *arg);

/**
 * ward_kbs_new() - a client of one broker
 * @url: "https://host:port"
 * @cafile: PEM file of the authorities that the broker's certificate may come from;
 *	the system's are not trusted
 * @out: freed by ward_kbs_free()
 *
 * Returns 0; -EINVAL: not an https URL; -ENOENT or what access(2) says of @cafile;
 * -ENOMEM.
 */
int ward_kbs_new(const char *url, const char *cafile, struct ward_kbs **out);

/** ward_kbs_free() - forget session, token and ephemeral key; accepts NULL */
void ward_kbs_free(struct ward_kbs *kbs);

/**
 * ward_kbs_attest() - ask for a challenge, answer it
 * @evidence: called once, between the two requests
 * @err: filled on failure; may be NULL
 *
 * Makes a fresh ephemeral P-384 key; an earlier attestation of this client is
 * forgotten. Returns 0; -EACCES: the broker refuses, @err->reason says why; -ECOMM:
 * the network or TLS fails; -EBADMSG: an answer that the protocol doesn't know;
 * -EIO: the cryptographic library; -ENOMEM; or what @evidence returned.
 */
int ward_kbs_attest(struct ward_kbs *kbs, ward_kbs_evidence_fn evidence, void *arg,
		    struct ward_kbs_error *err);

/**
 * ward_kbs_get() - fetch and unwrap a data key
 * @resource: "repository/type/tag"
 * @out: wiped on failure
 * @err: filled on failure; may be NULL
 *
 * Returns as ward_kbs_attest(); -EINVAL: not such a path, or no attestation yet.
 */
int ward_kbs_get(struct ward_kbs *kbs, const char *resource, struct ward_kbs_release *out,
		 struct ward_kbs_error *err);

/** ward_kbs_token() - the attestation result token (JWT), or NULL before attestation */
const char *ward_kbs_token(const struct ward_kbs *kbs);

#endif /* WARD_KBS_H */
