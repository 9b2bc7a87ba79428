// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>

#include "tls_server.h"

struct why {
	char *text;
	size_t len;
};

static SSL_CTX *fail(SSL_CTX *ctx, const struct why *why, const char *path)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(why->text, why->len, "%.160s: %.120s", path, reason ? reason : "can't be used");
	SSL_CTX_free(ctx);
	return NULL;
}

static int private_file(const char *path, const struct why *why)
{
	struct stat st;

	if (stat(path, &st)) {
		snprintf(why->text, why->len, "%.160s: %s", path, strerror(errno));
		return 0;
	}
	if (!(st.st_mode & 077))
		return 1;
	snprintf(why->text, why->len, "%.160s: others may reach this key: chmod 600 it", path);
	return 0;
}

SSL_CTX *tls_server_new(const char *certificate, const char *key, char *text, size_t len)
{
	const struct why why = { text, len };
	SSL_CTX *ctx;

	if (!private_file(key, &why))
		return NULL;
	ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return fail(ctx, &why, "TLS 1.3");
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return fail(ctx, &why, certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return fail(ctx, &why, key);
	return ctx;
}

int tls_server_spki(const X509 *certificate, uint8_t sha256[TLS_SERVER_KEY_LEN])
{
	uint8_t *spki = NULL;
	int len = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki) : -1;
	int ok = len > 0 && EVP_Digest(spki, (size_t)len, sha256, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(spki);
	return ok ? 0 : -1;
}
