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
#include <sys/types.h>

#define WARD_KBS_BINDING_LEN	64
#define WARD_KBS_NONCE_MAX	64

struct ward_evidence;
struct ward_kbs;

/** enum ward_kbs_key - kinds of ephemeral keys that Trustee's broker wraps to */
enum ward_kbs_key { WARD_KBS_P256, WARD_KBS_P521, WARD_KBS_RSA };

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
 * struct ward_kbs_grant - a data key for the kernel, which user space cannot open
 * @enc, @sealed: for ward_key_import()
 * @dataset: id of the data set that it opens
 * @release: id of this release
 * @receipt_nonce: for the receipt
 */
struct ward_kbs_grant {
	uint8_t enc[32];
	uint8_t sealed[112];
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
 * ward_kbs_raw_fn - get evidence over raw report data, as ward_session_attest_raw() does
 * @report_data: 64 bytes, the last 16 of them zero
 * @out: the client frees it with ward_evidence_free()
 * Returns 0 or a negative errno, which ward_kbs_attest_trustee() then returns.
 */
typedef int (*ward_kbs_raw_fn)(const uint8_t *report_data, struct ward_evidence **out,
			       void *arg);

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

/**
 * ward_kbs_session_key() - have keys released to the session's own key from now on
 * @public_key: what ward_key_pair() gave, 32 bytes; NULL = to an ephemeral key of this
 *	client's again
 *
 * An attestation before it is forgotten. Brokers other than ward-broker don't know such
 * keys, and refuse as "key-unsupported".
 */
void ward_kbs_session_key(struct ward_kbs *kbs, const uint8_t *public_key);

/**
 * ward_kbs_counter() - which version of what is sealed by a resource's key is the newest
 * @at: that version was written: count it, where it is the next; 0 = nothing was
 * @value: how far the broker counted; 0 = never
 *
 * Of ward-broker alone, after ward_kbs_attest(), for whom the key is. It counts once and
 * never back: what several write by one key, each makes the others' old.
 *
 * Returns 0; else as ward_kbs_get().
 */
int ward_kbs_counter(struct ward_kbs *kbs, const char *resource, uint64_t at, uint64_t *value,
		     struct ward_kbs_error *err);

/** ward_kbs_free() - forget session, token and ephemeral key; accepts NULL */
void ward_kbs_free(struct ward_kbs *kbs);

/**
 * ward_kbs_attest() - ask for a challenge, answer it
 * @evidence: called once, between the two requests
 * @err: filled on failure; may be NULL
 *
 * Makes a fresh ephemeral P-384 key, unless keys go to the session's own; an earlier
 * attestation of this client is forgotten. Returns 0; -EACCES: the broker refuses, @err->reason says why; -ECOMM:
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
 * Returns as ward_kbs_attest(); -EINVAL: not such a path, no attestation yet, or one to
 * the session's own key.
 */
int ward_kbs_get(struct ward_kbs *kbs, const char *resource, struct ward_kbs_release *out,
		 struct ward_kbs_error *err);

/**
 * ward_kbs_get_grant() - fetch a data key for the kernel
 * @resource: "repository/type/tag"
 * @err: filled on failure; may be NULL
 *
 * Returns as ward_kbs_attest(); -EINVAL: not such a path, or no attestation to the
 * session's own key yet.
 */
int ward_kbs_get_grant(struct ward_kbs *kbs, const char *resource, struct ward_kbs_grant *out,
		       struct ward_kbs_error *err);

/**
 * ward_kbs_attest_trustee() - the same with a broker of Trustee's
 * @tee: WARD_TEE_* of the evidence that @evidence will give: SNP, TDX, CCA, or a
 *	simulated SNP, which goes by the name of a real one
 * @kind: of the ephemeral key
 * @evidence: called once, between the two requests
 * @err: filled on failure; may be NULL
 *
 * The report data are the digest of nonce and key as Trustee's guests compute it,
 * SHA-384 unless the broker selects SHA-256, padded with zeroes: no claims of the
 * kernel stand behind them. Returns as ward_kbs_attest(); -EOPNOTSUPP: another kind of
 * evidence, or a digest that is longer; -EKEYEXPIRED: the token had ended when it came.
 */
int ward_kbs_attest_trustee(struct ward_kbs *kbs, uint32_t tee, enum ward_kbs_key kind,
			    ward_kbs_raw_fn evidence, void *arg, struct ward_kbs_error *err);

/**
 * ward_kbs_get_bytes() - fetch and unwrap a resource, whatever it holds
 * @resource: "repository/type/tag"
 * @out: @cap bytes; wiped on failure
 * @err: filled on failure; may be NULL
 *
 * Returns the resource's length, or as ward_kbs_get(); -EBADMSG also: longer than @cap.
 */
ssize_t ward_kbs_get_bytes(struct ward_kbs *kbs, const char *resource, void *out, size_t cap,
			   struct ward_kbs_error *err);

/** ward_kbs_timeout() - how long one request may take; else 60 s */
void ward_kbs_timeout(struct ward_kbs *kbs, unsigned int seconds);

/** ward_kbs_expires() - when the token ends, seconds since the epoch; 0 = it does not say */
int64_t ward_kbs_expires(const struct ward_kbs *kbs);

/**
 * ward_kbs_save() - token and ephemeral key as text, for a later process
 * @text: secret; wipe it, then free() it
 *
 * Returns 0; -EINVAL: no attestation yet, or to the session's own key; -ENODATA: the token doesn't say when it ends,
 * so that nobody could tell how long it may be kept; -ENOMEM.
 */
int ward_kbs_save(const struct ward_kbs *kbs, char **text);

/**
 * ward_kbs_load() - go on with what ward_kbs_save() gave, in place of an attestation
 * @text: @len bytes
 *
 * Returns 0; -EKEYEXPIRED: the token has ended, or will within 10 s; -EBADMSG: not such
 * a text; -ENOMEM. An earlier attestation of this client is forgotten in any case.
 */
int ward_kbs_load(struct ward_kbs *kbs, const char *text, size_t len);

/** ward_kbs_token() - the attestation result token (JWT), or NULL before attestation */
const char *ward_kbs_token(const struct ward_kbs *kbs);

#endif /* WARD_KBS_H */
