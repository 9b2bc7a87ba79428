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

#endif /* BROKER_TLS_H */
