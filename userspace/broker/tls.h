/* SPDX-License-Identifier: MIT */
#ifndef BROKER_TLS_H
#define BROKER_TLS_H

#include <openssl/ssl.h>

#include "config.h"

/**
 * tls_new - server context: TLS 1.3 alone, no resumption, no early data
 * @config: names certificate and key; the key file must be for its owner alone
 * Returns the context, or NULL with *fault filled.
 */
SSL_CTX *tls_new(const struct config *config, struct config_fault *fault);

/** tls_require - the client must show a certificate that @ca signed; 0 or -1 */
int tls_require(SSL_CTX *ctx, const char *ca, struct config_fault *fault);

/**
 * tls_client_key - SHA-256 of the SubjectPublicKeyInfo of the client's certificate
 *
 * The client has shown that it holds the key; who signed the certificate is not asked.
 * Returns 0, or -1: it has none.
 */
int tls_client_key(const SSL *ssl, uint8_t sha256[32]);

#endif /* BROKER_TLS_H */
