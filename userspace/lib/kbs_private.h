/* SPDX-License-Identifier: MIT */
/* What the files of the key broker client share. */
#ifndef WARD_KBS_PRIVATE_H
#define WARD_KBS_PRIVATE_H

#include <jansson.h>

#include "kbs.h"

#define KBS_REPLY_MAX	(64u << 10)

/** struct kbs_reply - bytes of one answer; zeroed before, kbs_reply_clear() after */
struct kbs_reply {
	long status;
	size_t len;
	char data[KBS_REPLY_MAX + 1];
};

struct kbs_http;

/** kbs_http_new() - connection settings; 0 or -errno */
int kbs_http_new(const char *url, const char *cafile, struct kbs_http **out);
void kbs_http_free(struct kbs_http *http);

/** kbs_http_forget() - drop cookies, so that the next request begins a new session */
void kbs_http_forget(struct kbs_http *http);

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

/** kbs_key_new() - an ephemeral P-384 key pair, or NULL */
json_t *kbs_key_new(void);

/** kbs_key_public() - its public half and RFC 7638 thumbprint; NULL = failure */
json_t *kbs_key_public(const json_t *key, uint8_t thumbprint[32]);

/**
 * kbs_key_unwrap() - open a flattened JWE of ECDH-ES+A256KW, A256GCM
 * @out: @cap bytes; wiped on failure
 * Returns the plaintext's length; -EBADMSG: not for this key, changed, another
 * algorithm, or longer than @cap.
 */
ssize_t kbs_key_unwrap(const json_t *key, const json_t *jwe, void *out, size_t cap);

#endif /* WARD_KBS_PRIVATE_H */
