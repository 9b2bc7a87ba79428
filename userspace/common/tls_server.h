/* SPDX-License-Identifier: MIT */
/* The TLS that ward's programs serve by: 1.3 alone, no resumption, no early data. */
#ifndef WARD_COMMON_TLS_SERVER_H
#define WARD_COMMON_TLS_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#define TLS_SERVER_KEY_LEN	32	/* SHA-256 of a SubjectPublicKeyInfo */

/**
 * tls_server_new - server context
 * @certificate: PEM, with the chain behind it
 * @key: PEM; the file must be for its owner alone
 * @why: filled on failure: one sentence that names the file
 * @why_len: room of it
 * Returns the context, or NULL.
 */
SSL_CTX *tls_server_new(const char *certificate, const char *key, char *why, size_t why_len);

/** tls_server_spki - SHA-256 of a certificate's SubjectPublicKeyInfo; 0 or -1 */
int tls_server_spki(const X509 *certificate, uint8_t sha256[TLS_SERVER_KEY_LEN]);

#endif /* WARD_COMMON_TLS_SERVER_H */
