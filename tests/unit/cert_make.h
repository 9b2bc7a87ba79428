/* SPDX-License-Identifier: MIT */
/*
 * A certificate that is changed and signed anew: what a CA could issue and never should.
 */
#ifndef TEST_CERT_MAKE_H
#define TEST_CERT_MAKE_H

#include <openssl/x509.h>

#include "support.h"

/** enum cert_change - what is done to an extension */
enum cert_change { CERT_KEEP, CERT_DROP, CERT_TWICE, CERT_VALUE, CERT_ADD };

/**
 * struct cert_edit - what a certificate becomes; zeroes leave it as it is
 * @name: of the edit
 * @change, @oid: of the extension of that OID; a number behind it counts as any other text
 * @value, @len: its new contents, of CERT_VALUE (in its place) and CERT_ADD; @critical: too
 * @not_before, @not_after: contents of its times, whatever they are
 * @cn: subject's common name; "" = none. @self_issued: issuer is the subject
 * @key: the certified key
 * @signer: signs in place of the issuer's key; @md: NULL = SHA-384, of P-256 SHA-256
 * @pkcs1: RSA without PSS; @salt_len: 0 = 48; @mgf: NULL = as @md
 */
struct cert_edit {
	const char *name;
	enum cert_change change;
	const char *oid;
	const void *value;
	size_t len;
	bool critical;
	const char *not_before, *not_after;
	const char *cn;
	bool self_issued;
	EVP_PKEY *key, *signer;
	const EVP_MD *md, *mgf;
	bool pkcs1;
	int salt_len;
};

/** cert_edited - another certificate, signed by @issuer_key; X509_free() it */
X509 *cert_edited(X509 *cert, EVP_PKEY *issuer_key, const struct cert_edit *edit);

/** cert_value - contents of the extension with this OID; a view into @cert */
struct wv_bytes cert_value(X509 *cert, const char *oid);

/** cert_edits, cert_edit_count - what any certificate can be made to be */
extern const struct cert_edit cert_edits[];
extern const size_t cert_edit_count;

#endif /* TEST_CERT_MAKE_H */
