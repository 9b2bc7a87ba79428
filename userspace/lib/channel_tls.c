// SPDX-License-Identifier: MIT
/*
 * TLS 1.3 with certificates that nobody vouches for: what they are worth the evidence
 * says, which is bound to their keys. No tickets, no resumption, no early data.
 */
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "channel_private.h"

#define GROUP		"P-384"
#define SIGNATURES	"ECDSA+SHA384"
#define SUITE		"TLS_AES_256_GCM_SHA384"
#define EXPORTER_LABEL	"EXPERIMENTAL-ward-channel"
#define CERT_DAYS	3650	/* nobody looks at it */

static int spki_digest(X509 *cert, uint8_t out[WARD_CHANNEL_KEY_LEN])
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	int ok = len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL);

	OPENSSL_free(der);
	return ok ? 0 : -ENOMEM;
}

/* 20 random bytes, positive, as RFC 5280 has a serial number. */
static int set_serial(X509 *cert)
{
	uint8_t bytes[20];
	BIGNUM *number;
	int ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return 0;
	bytes[0] = (bytes[0] & 0x7f) | 1;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return ok;
}

static int fill_cert(X509 *cert, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -86400) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * CERT_DAYS) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"ward channel", -1, -1, 0) &&
	       X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	       X509_sign(cert, key, EVP_sha384()) > 0;
}

const uint8_t *ward_channel_identity_key(const struct ward_channel_identity *identity)
{
	return identity->spki;
}

struct ssl_ctx_st *ward_channel_identity_tls(const struct ward_channel_identity *identity)
{
	return identity->ctx;
}

/* No chain and no name to look at; that the peer has the key TLS itself proves. */
static int any_certificate(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static int only_tls13(SSL_CTX *ctx)
{
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* OpenSSL decrypts in its own memory: what the caller has taken is zeroed there. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
				 SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, any_certificate, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_num_tickets(ctx, 0) && SSL_CTX_set_max_early_data(ctx, 0) &&
	       SSL_CTX_set_recv_max_early_data(ctx, 0) && SSL_CTX_set1_groups_list(ctx, GROUP) &&
	       SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) && SSL_CTX_set_ciphersuites(ctx, SUITE);
}

static int make_context(struct ward_channel_identity *identity)
{
	identity->ctx = SSL_CTX_new(TLS_method());
	return identity->ctx && only_tls13(identity->ctx) &&
	       SSL_CTX_use_PrivateKey(identity->ctx, identity->key) &&
	       SSL_CTX_use_certificate(identity->ctx, identity->cert);
}

int ward_channel_identity_new(struct ward_channel_identity **out)
{
	struct ward_channel_identity *identity = OPENSSL_zalloc(sizeof(*identity));

	if (!identity)
		return -ENOMEM;
	ERR_set_mark();
	identity->key = EVP_EC_gen(GROUP);
	identity->cert = X509_new();
	if (!identity->key || !identity->cert || !fill_cert(identity->cert, identity->key) ||
	    spki_digest(identity->cert, identity->spki) || !make_context(identity)) {
		ERR_pop_to_mark();
		ward_channel_identity_free(identity);
		return -EIO;
	}
	ERR_pop_to_mark();
	*out = identity;
	return 0;
}

void ward_channel_identity_free(struct ward_channel_identity *identity)
{
	if (!identity)
		return;
	SSL_CTX_free(identity->ctx);
	EVP_PKEY_free(identity->key);
	X509_free(identity->cert);
	OPENSSL_free(identity);
}

static int start(struct ward_channel *c, const struct ward_channel_identity *identity)
{
	BIO *bio;

	c->ssl = SSL_new(identity->ctx);
	bio = c->ssl ? channel_bio_new(c) : NULL;
	if (!bio)
		return 0;
	SSL_set_bio(c->ssl, bio, bio);
	if (c->role == WARD_CHANNEL_CONNECTOR)
		SSL_set_connect_state(c->ssl);
	else
		SSL_set_accept_state(c->ssl);
	return 1;
}

int channel_tls_new(struct ward_channel *c, const struct ward_channel_identity *identity)
{
	memcpy(c->key, identity->spki, sizeof(c->key));
	if (start(c, identity))
		return 0;
	return channel_fail(c, -ENOMEM, "TLS could not be set up");
}

/* Return: 0, or -errno and what is wrong in @why. */
static int peer_key(SSL *ssl, uint8_t out[WARD_CHANNEL_KEY_LEN], const char **why)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;
	char group[32] = "";

	*why = "not a TLS 1.3 connection of its own";
	if (SSL_version(ssl) != TLS1_3_VERSION || SSL_session_reused(ssl) || !key)
		return -EPROTO;
	*why = "the peer's key is not on P-384";
	EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
	if (!EVP_PKEY_is_a(key, "EC") || strcmp(group, SN_secp384r1))
		return -EPROTO;
	*why = "no memory for the peer's key";
	return spki_digest(cert, out);
}

int channel_tls_peer(struct ward_channel *c)
{
	const char *why;
	int rc = peer_key(c->ssl, c->peer.key, &why);

	return rc ? channel_fail(c, rc, why) : 0;
}

static int export(SSL *ssl, const uint8_t *connector, const uint8_t *acceptor, uint8_t out[32])
{
	uint8_t context[2 * WARD_CHANNEL_NONCE_LEN];

	memcpy(context, connector, WARD_CHANNEL_NONCE_LEN);
	memcpy(context + WARD_CHANNEL_NONCE_LEN, acceptor, WARD_CHANNEL_NONCE_LEN);
	return SSL_export_keying_material(ssl, out, 32, EXPORTER_LABEL, strlen(EXPORTER_LABEL),
					  context, sizeof(context), 1) == 1 ? 0 : -EIO;
}

int channel_tls_export(struct ward_channel *c, const uint8_t *connector, const uint8_t *acceptor,
		       uint8_t out[32])
{
	return export(c->ssl, connector, acceptor, out);
}

int ward_channel_tls_bound(struct ssl_st *ssl, uint8_t role, const uint8_t *own_nonce,
			   const uint8_t *peer_nonce, struct ward_channel_bound *out)
{
	bool connects = role == WARD_CHANNEL_CONNECTOR;
	X509 *own = SSL_get_certificate(ssl);
	const char *why;
	int rc;

	if (!own || (!connects && role != WARD_CHANNEL_ACCEPTOR))
		return -EINVAL;
	*out = (struct ward_channel_bound){ .role = role };
	memcpy(out->nonce, peer_nonce, sizeof(out->nonce));
	rc = peer_key(ssl, out->peer_key, &why);
	if (!rc)
		rc = spki_digest(own, out->own_key);
	return rc ? rc : export(ssl, connects ? own_nonce : peer_nonce,
				connects ? peer_nonce : own_nonce, out->exporter);
}
