// SPDX-License-Identifier: MIT
#include <stdio.h>

#include <openssl/err.h>

#include "../common/tls_server.h"
#include "tls.h"

#define CLIENT_CERTIFICATES_MAX 16384	/* bytes */

/* A certificate is a key's envelope: keys are listed, whoever signed. */
static int any_client(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

int tls_client_key(const SSL *ssl, uint8_t sha256[32])
{
	return tls_server_spki(SSL_get0_peer_certificate(ssl), sha256);
}

SSL_CTX *tls_new(const struct config *config, struct config_fault *fault)
{
	SSL_CTX *ctx = tls_server_new(config->tls_certificate, config->tls_key, fault->text,
				      sizeof(fault->text));

	if (!ctx)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);	/* asked for, not required */
	SSL_CTX_set_cert_verify_callback(ctx, any_client, NULL);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CERTIFICATES_MAX);
	return ctx;
}

int tls_require(SSL_CTX *ctx, const char *ca, struct config_fault *fault)
{
	const char *why;

	SSL_CTX_set_cert_verify_callback(ctx, NULL, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (SSL_CTX_load_verify_file(ctx, ca) == 1)
		return 0;
	why = ERR_reason_error_string(ERR_peek_last_error());
	snprintf(fault->text, sizeof(fault->text), "%.160s: %.120s", ca,
		 why ? why : "can't be used");
	return -1;
}
