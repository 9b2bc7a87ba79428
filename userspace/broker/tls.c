// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>

#include "tls.h"

#define CLIENT_CERTIFICATES_MAX 16384	/* bytes */

static SSL_CTX *fail(SSL_CTX *ctx, struct config_fault *fault, const char *path)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(fault->text, sizeof(fault->text), "%.160s: %.120s", path,
		 why ? why : "can't be used");
	SSL_CTX_free(ctx);
	return NULL;
}

static int private_file(const char *path, struct config_fault *fault)
{
	struct stat st;

	if (stat(path, &st)) {
		snprintf(fault->text, sizeof(fault->text), "%.160s: %s", path, strerror(errno));
		return 0;
	}
	if (!(st.st_mode & 077))
		return 1;
	snprintf(fault->text, sizeof(fault->text),
		 "%.160s: others may reach this key: chmod 600 it", path);
	return 0;
}

/* A certificate is a key's envelope: keys are listed, whoever signed. */
static int any_client(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

int tls_client_key(const SSL *ssl, uint8_t sha256[32])
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	uint8_t *spki = NULL;
	int len = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki) : -1;
	int ok = len > 0 && EVP_Digest(spki, (size_t)len, sha256, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(spki);
	return ok ? 0 : -1;
}

SSL_CTX *tls_new(const struct config *config, struct config_fault *fault)
{
	SSL_CTX *ctx;

	if (!private_file(config->tls_key, fault))
		return NULL;
	ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return fail(ctx, fault, "TLS 1.3");
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);	/* asked for, not required */
	SSL_CTX_set_cert_verify_callback(ctx, any_client, NULL);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CERTIFICATES_MAX);
	if (SSL_CTX_use_certificate_chain_file(ctx, config->tls_certificate) != 1)
		return fail(ctx, fault, config->tls_certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, config->tls_key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return fail(ctx, fault, config->tls_key);
	return ctx;
}

int tls_require(SSL_CTX *ctx, const char *ca, struct config_fault *fault)
{
	SSL_CTX_set_cert_verify_callback(ctx, NULL, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (SSL_CTX_load_verify_file(ctx, ca) == 1)
		return 0;
	SSL_CTX_up_ref(ctx);	/* it stays the caller's */
	fail(ctx, fault, ca);
	return -1;
}
