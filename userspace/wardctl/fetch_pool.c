// SPDX-License-Identifier: MIT
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fetch_pool.h"

static bool is_pem(struct wv_bytes in)
{
	return memmem(in.data, in.len, "-----BEGIN ", 11) != NULL;
}

static X509 *from_der(struct wv_bytes in)
{
	const uint8_t *p = in.data;
	X509 *x = in.len && in.len <= LONG_MAX ? d2i_X509(NULL, &p, (long)in.len) : NULL;

	if (x && p != in.data + in.len) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

X509 *fetch_cert(struct wv_bytes in)
{
	struct fetch_pool p = { 0 };
	X509 *x = NULL;

	if (fetch_pool_add(&p, in) == 1) {
		x = p.certs[0];
		p.count = 0;
	}
	fetch_pool_clear(&p);
	return x;
}

static size_t add_pem(struct fetch_pool *p, struct wv_bytes in)
{
	BIO *bio = in.len <= INT_MAX ? BIO_new_mem_buf(in.data, (int)in.len) : NULL;
	size_t before = p->count;
	X509 *x;

	while (bio && p->count < FETCH_POOL_MAX &&
	       (x = PEM_read_bio_X509(bio, NULL, NULL, (void *)"")))
		p->certs[p->count++] = x;
	BIO_free(bio);
	return p->count - before;
}

size_t fetch_pool_add(struct fetch_pool *p, struct wv_bytes in)
{
	size_t added = 0;
	X509 *x;

	ERR_set_mark();
	if (in.len && is_pem(in)) {
		added = add_pem(p, in);
	} else if (p->count < FETCH_POOL_MAX && (x = from_der(in))) {
		p->certs[p->count++] = x;
		added = 1;
	}
	ERR_pop_to_mark();
	return added;
}

void fetch_pool_clear(struct fetch_pool *p)
{
	while (p->count)
		X509_free(p->certs[--p->count]);
}

bool fetch_key_fits(const EVP_PKEY *key)
{
	char group[32];

	if (!key || EVP_PKEY_get_bits(key) > 4096)
		return false;
	return EVP_PKEY_is_a(key, "RSA") ||
	       (EVP_PKEY_is_a(key, "EC") &&
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
		!strcmp(group, "prime256v1"));
}

static bool signed_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool ok;

	ERR_set_mark();
	ok = !X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) &&
	     fetch_key_fits(key) && X509_verify(cert, key) == 1;
	ERR_pop_to_mark();
	return ok;
}

X509 *fetch_pool_issuer(const struct fetch_pool *p, X509 *cert, int64_t now)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (X509_check_ca(p->certs[i]) == 1 && fetch_valid(p->certs[i], now) &&
		    signed_by(cert, p->certs[i]))
			return p->certs[i];
	return NULL;
}

bool fetch_self_signed(X509 *cert)
{
	return X509_check_ca(cert) == 1 && signed_by(cert, cert);
}

bool fetch_seconds(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

bool fetch_valid(X509 *cert, int64_t now)
{
	int64_t from, to;

	return fetch_seconds(X509_get0_notBefore(cert), &from) &&
	       fetch_seconds(X509_get0_notAfter(cert), &to) && now >= from && now <= to;
}

void fetch_name(const X509_NAME *name, char *out, size_t size)
{
	char raw[128] = "";

	if (X509_NAME_get_text_by_NID((X509_NAME *)name, NID_commonName, raw, sizeof(raw)) < 0)
		raw[0] = 0;
	fetch_printable(out, size, raw);
}

X509_CRL *fetch_crl(struct wv_bytes in)
{
	const uint8_t *p = in.data;
	X509_CRL *crl = NULL;
	BIO *bio;

	ERR_set_mark();
	if (in.len && is_pem(in)) {
		bio = BIO_new_mem_buf(in.data, (int)in.len);
		crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, (void *)"") : NULL;
		BIO_free(bio);
	} else if (in.len) {
		crl = d2i_X509_CRL(NULL, &p, (long)in.len);
		if (crl && p != in.data + in.len) {
			X509_CRL_free(crl);
			crl = NULL;
		}
	}
	ERR_pop_to_mark();
	return crl;
}

/* What a memory BIO holds, as bytes of our own. */
static struct wv_bytes taken(BIO *bio, bool ok)
{
	struct wv_bytes out = { NULL, 0 };
	char *data;
	long len = bio ? BIO_get_mem_data(bio, &data) : 0;
	uint8_t *copy = ok && len > 0 ? malloc((size_t)len) : NULL;

	if (copy) {
		memcpy(copy, data, (size_t)len);
		out = (struct wv_bytes){ copy, (size_t)len };
	}
	BIO_free(bio);
	return out;
}

struct wv_bytes fetch_cert_bytes(X509 *cert, bool pem)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return taken(bio, bio && (pem ? PEM_write_bio_X509(bio, cert) : i2d_X509_bio(bio, cert)));
}

struct wv_bytes fetch_crl_bytes(X509_CRL *crl, bool pem)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return taken(bio, bio && (pem ? PEM_write_bio_X509_CRL(bio, crl) :
					i2d_X509_CRL_bio(bio, crl)));
}

struct wv_bytes fetch_pems(X509 *a, X509 *b)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return taken(bio, bio && PEM_write_bio_X509(bio, a) && (!b || PEM_write_bio_X509(bio, b)));
}

bool fetch_crl_check(X509_CRL *crl, X509 *issuer, int64_t now, int64_t *next, char *why)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	char name[128], limit[32];
	int64_t from;
	bool ok;

	fetch_name(X509_get_subject_name(issuer), name, sizeof(name));
	ERR_set_mark();
	ok = key && !X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) &&
	     X509_CRL_verify(crl, key) == 1;
	ERR_pop_to_mark();
	if (!ok) {
		snprintf(why, FETCH_WHY, "the revocation list is not signed by '%s'", name);
		return false;
	}
	if (!fetch_seconds(X509_CRL_get0_lastUpdate(crl), &from) ||
	    !fetch_seconds(X509_CRL_get0_nextUpdate(crl), next)) {
		snprintf(why, FETCH_WHY, "the revocation list has no time of its next update");
		return false;
	}
	if (now >= from && now <= *next)
		return true;
	wv_time_text(now < from ? from : *next, limit);
	snprintf(why, FETCH_WHY, "the revocation list %s %s", now < from ? "begins at" : "ended at",
		 limit);
	return false;
}
