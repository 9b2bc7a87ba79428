/* SPDX-License-Identifier: MIT */
/* What the files of the key broker client share. */
#ifndef WARD_KBS_PRIVATE_H
#define WARD_KBS_PRIVATE_H

#include <jansson.h>

#include "kbs.h"
#include "libward.h"

#define KBS_REPLY_MAX	(256u << 10)
#define KBS_EVIDENCE_MAX (1u << 20)
#define KBS_X25519_LEN	32

/** struct kbs_reply - bytes of one answer; zeroed before, kbs_reply_clear() after */
struct kbs_reply {
	long status;
	size_t len;
	char data[KBS_REPLY_MAX + 1];
};

struct kbs_http;

struct ward_kbs {
	struct kbs_http *http;
	json_t *key;		/* ephemeral, private half and all */
	int to_session;		/* then there is none: @session_key has it in the kernel */
	uint8_t session_key[KBS_X25519_LEN];
	char *token;
	int64_t expires;	/* of the token, seconds; 0 = it does not say */
	struct kbs_reply reply;
};

/**
 * struct kbs_challenge - what /auth answered
 * @text: the nonce as it came, to be repeated
 * @hash: the digest that it selects, lower case; empty = it leaves that open
 */
struct kbs_challenge {
	char text[4 * ((WARD_KBS_NONCE_MAX + 2) / 3) + 1];
	uint8_t nonce[WARD_KBS_NONCE_MAX];
	size_t len;
	char hash[16];
};

/** kbs_ask() - /auth with @request as its body; 0 or -errno, told */
int kbs_ask(struct ward_kbs *kbs, const char *request, struct kbs_challenge *c,
	    struct ward_kbs_error *err);

/** kbs_answer() - /attest with @body; takes the token that comes; 0 or -errno, told */
int kbs_answer(struct ward_kbs *kbs, const char *body, struct ward_kbs_error *err);

/** kbs_forget() - session, token and key */
void kbs_forget(struct ward_kbs *kbs);

/** kbs_token_expires() - "exp" of a JWT, whose signature nobody looks at; 0 = it has none */
int64_t kbs_token_expires(const char *token);

/**
 * kbs_trustee_evidence() - evidence as Trustee's verifiers read it, or NULL: no memory,
 *	or not of a kind that they have with raw report data
 */
json_t *kbs_trustee_evidence(const struct ward_evidence *evidence);

/** kbs_trustee_tee() - Trustee's name for WARD_TEE_*; NULL = none that it could check */
const char *kbs_trustee_tee(uint32_t tee);

/** kbs_http_new() - connection settings; 0 or -errno */
int kbs_http_new(const char *url, const char *cafile, struct kbs_http **out);
void kbs_http_free(struct kbs_http *http);

/** kbs_http_forget() - drop cookies, so that the next request begins a new session */
void kbs_http_forget(struct kbs_http *http);

/** kbs_http_bearer() - name a token from now on, in place of a cookie; 0 or -ENOMEM */
int kbs_http_bearer(struct kbs_http *http, const char *token);

/** kbs_http_timeout() - how long one request may take */
void kbs_http_timeout(struct kbs_http *http, unsigned int seconds);

/**
 * kbs_http_call() - one request below /kbs/v0/
 * @path: "auth", "attest", "resource/..."
 * @body: JSON for POST; NULL = GET
 * Returns 0 with an answer of status 200 in *reply; -EACCES for the broker's
 * refusal, -EBADMSG for other answers, -ECOMM for none.
 */
int kbs_http_call(struct kbs_http *http, const char *path, const char *body,
		  struct kbs_reply *reply, struct ward_kbs_error *err);

/** kbs_fail() - fill @err (may be NULL) and return @rc */
int kbs_fail(struct ward_kbs_error *err, int rc, long status, const char *reason,
	     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** kbs_key_x25519() - a session's own key as a JWK, and its thumbprint; NULL = failure */
json_t *kbs_key_x25519(const uint8_t key[KBS_X25519_LEN], uint8_t thumbprint[32]);

/** kbs_key_new() - an ephemeral P-384 key pair, or NULL */
json_t *kbs_key_new(void);

/** kbs_key_trustee() - one of the kinds that Trustee wraps to, or NULL */
json_t *kbs_key_trustee(enum ward_kbs_key kind);

/** kbs_key_trustee_public() - its public half as Trustee's clients send it; NULL = failure */
json_t *kbs_key_trustee_public(const json_t *key);

/** kbs_key_public() - its public half and RFC 7638 thumbprint; NULL = failure */
json_t *kbs_key_public(const json_t *key, uint8_t thumbprint[32]);

/** kbs_rsa_new() - an RSA key of that kind, or NULL */
json_t *kbs_rsa_new(void);

/** kbs_rsa_unwrap() - the content key that a JWE of RSA-OAEP-256 brings, as a JWK, or NULL */
json_t *kbs_rsa_unwrap(const json_t *key, const json_t *jwe);

/**
 * kbs_key_unwrap() - open a flattened JWE of A256GCM, whose key is wrapped by
 *	ECDH-ES+A256KW to an EC key, by RSA-OAEP-256 to an RSA key
 * @out: @cap bytes; wiped on failure
 * Returns the plaintext's length; -EBADMSG: not for this key, changed, another
 * algorithm, or longer than @cap.
 */
ssize_t kbs_key_unwrap(const json_t *key, const json_t *jwe, void *out, size_t cap);

#endif /* WARD_KBS_PRIVATE_H */
