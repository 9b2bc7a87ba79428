// SPDX-License-Identifier: MIT
/*
 * The calls of OpenSSL that a verdict is made of. The linker leads them here (--wrap).
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "verdict.h"

enum { SIGNATURE, CERTIFICATE, LIST, KEY, CHAIN, KINDS, PART = KINDS };

static const char *const names[KINDS] = {
	"signatures", "certificates read", "lists read", "keys made", "chains by OpenSSL",
};

static double spent;
static unsigned int counts[KINDS];
static int off;

double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void primitives_reset(void)
{
	spent = 0;
	memset(counts, 0, sizeof(counts));
}

void primitives_off(void)
{
	off = 1;
}

double primitives_us(void)
{
	return spent;
}

void primitives_show(void)
{
	int i;

	printf("  of them:");
	for (i = 0; i < KINDS; i++)
		if (counts[i])
			printf(" %u %s,", counts[i], names[i]);
	printf(" %.0f us\n", spent);
}

/* That nothing more is to be read takes time, but is nothing read. */
static void tell(int kind, double began, bool something)
{
	spent += now_us() - began;
	if (kind < KINDS)
		counts[kind] += something;
}

/* TIMED(kind, type, name, (parameters), (arguments)) */
#define TIMED(kind, type, name, parameters, arguments) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		double began; \
		type result; \
		if (off) \
			return __real_##name arguments; \
		began = now_us(); \
		result = __real_##name arguments; \
		tell(kind, began, result != 0); \
		return result; \
	}

#define FREED(name, type) \
	void __real_##name(type *p); \
	void __wrap_##name(type *p); \
	void __wrap_##name(type *p) \
	{ \
		double began = off ? 0 : now_us(); \
		__real_##name(p); \
		if (!off) \
			tell(PART, began, false); \
	}

/* What belongs to one of the others: begun before, given back behind it. */
TIMED(PART, int, EVP_DigestVerifyInit,
      (EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const EVP_MD *type, ENGINE *e, EVP_PKEY *key),
      (ctx, pctx, type, e, key))
TIMED(PART, int, EVP_DigestUpdate, (EVP_MD_CTX *ctx, const void *data, size_t len),
      (ctx, data, len))
FREED(X509_free, X509)
FREED(X509_CRL_free, X509_CRL)
FREED(EVP_PKEY_free, EVP_PKEY)
FREED(EVP_MD_CTX_free, EVP_MD_CTX)
TIMED(SIGNATURE, int, EVP_DigestVerify,
      (EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen, const unsigned char *tbs,
       size_t tbslen), (ctx, sig, siglen, tbs, tbslen))
TIMED(SIGNATURE, int, EVP_DigestVerifyFinal,
      (EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen), (ctx, sig, siglen))
TIMED(SIGNATURE, int, X509_verify, (X509 *cert, EVP_PKEY *key), (cert, key))
TIMED(SIGNATURE, int, X509_CRL_verify, (X509_CRL *crl, EVP_PKEY *key), (crl, key))
TIMED(CHAIN, int, X509_verify_cert, (X509_STORE_CTX *ctx), (ctx))
TIMED(CERTIFICATE, X509 *, d2i_X509, (X509 **out, const unsigned char **in, long len),
      (out, in, len))
/* Of what the library's own reader of PEM leaves to OpenSSL's; then comes d2i_X509(). */
TIMED(PART, int, PEM_bytes_read_bio,
      (unsigned char **data, long *len, char **name, const char *wanted, BIO *bio,
       pem_password_cb *cb, void *u), (data, len, name, wanted, bio, cb, u))
TIMED(LIST, X509_CRL *, d2i_X509_CRL, (X509_CRL **out, const unsigned char **in, long len),
      (out, in, len))
TIMED(LIST, X509_CRL *, PEM_read_bio_X509_CRL,
      (BIO *bio, X509_CRL **x, pem_password_cb *cb, void *u), (bio, x, cb, u))
TIMED(KEY, int, EVP_PKEY_fromdata,
      (EVP_PKEY_CTX *ctx, EVP_PKEY **key, int selection, OSSL_PARAM param[]),
      (ctx, key, selection, param))
TIMED(KEY, int, EVP_PKEY_public_check, (EVP_PKEY_CTX *ctx), (ctx))
