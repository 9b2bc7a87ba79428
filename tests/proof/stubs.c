// SPDX-License-Identifier: MIT
/*
 * What the proofs don't look into: words of a fault (vsnprintf), and OpenSSL, which gives
 * any answer, and of which every byte that it is handed must be there.
 */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "fault.h"
#include "proof.h"

static void fill(struct wv_fault *fault, int reason)
{
	if (fault)
		fault->reason = reason;
}

int fault_set(struct wv_fault *fault, int reason, const char *field, int64_t offset,
	      const char *fmt, ...)
{
	__CPROVER_assert(reason != WV_OK, "a refusal has a reason");
	fill(fault, reason);
	return reason;
}

int fault_clear(struct wv_fault *fault)
{
	fill(fault, WV_OK);
	return WV_OK;
}

/* What they compare or copy must be there; what comes of it may be anything. */
#ifdef PROOF_PARSER
int memcmp(const void *a, const void *b, size_t n)
{
	__CPROVER_assert(__CPROVER_r_ok(a, n) && __CPROVER_r_ok(b, n), "both are there");
	return nondet_int();
}

void *memcpy(void *to, const void *from, size_t n)
{
	__CPROVER_assert(__CPROVER_r_ok(from, n) && __CPROVER_w_ok(to, n), "both are there");
	if (n)
		__CPROVER_havoc_slice(to, n);
	return to;
}
#endif

#ifdef PROOF_OPENSSL
static char object;

static void *some(void)
{
	return nondet_bool() ? &object : NULL;
}

static void readable(const void *data, size_t len)
{
	__CPROVER_assert(!len || __CPROVER_r_ok(data, len), "OpenSSL is handed bytes that are there");
}

const char *wv_alg_text(uint16_t alg)
{
	return nondet_bool() ? "SHA256" : NULL;
}
#ifndef PROOF_TPM_KEY
const EVP_MD *tpm_md(uint16_t alg) { return some(); }
#endif
const EVP_MD *EVP_get_digestbyname(const char *name) { return some(); }
int EVP_MD_get_size(const EVP_MD *md) { return 64; }
BIGNUM *BN_bin2bn(const unsigned char *s, int len, BIGNUM *ret)
{
	__CPROVER_assert(len >= 0, "a length is not negative");
	readable(s, (size_t)len);
	return some();
}
BIGNUM *BN_new(void) { return some(); }
void BN_free(BIGNUM *n) { }
int BN_set_word(BIGNUM *n, BN_ULONG w) { return nondet_int(); }
int BN_cmp(const BIGNUM *a, const BIGNUM *b) { return nondet_int(); }
OSSL_PARAM_BLD *OSSL_PARAM_BLD_new(void) { return some(); }
void OSSL_PARAM_BLD_free(OSSL_PARAM_BLD *b) { }
OSSL_PARAM *OSSL_PARAM_BLD_to_param(OSSL_PARAM_BLD *b) { return some(); }
void OSSL_PARAM_free(OSSL_PARAM *p) { }
int OSSL_PARAM_BLD_push_BN(OSSL_PARAM_BLD *b, const char *key, const BIGNUM *n) { return nondet_int(); }
int OSSL_PARAM_BLD_push_utf8_string(OSSL_PARAM_BLD *b, const char *key, const char *s, size_t n)
{
	return nondet_int();
}
int OSSL_PARAM_BLD_push_octet_string(OSSL_PARAM_BLD *b, const char *key, const void *s, size_t n)
{
	readable(s, n);
	return nondet_int();
}
EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *l, const char *n, const char *p) { return some(); }
EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_pkey(OSSL_LIB_CTX *l, EVP_PKEY *k, const char *p) { return some(); }
void EVP_PKEY_CTX_free(EVP_PKEY_CTX *c) { }
void EVP_PKEY_free(EVP_PKEY *k) { }
int EVP_PKEY_fromdata_init(EVP_PKEY_CTX *c) { return nondet_int(); }
int EVP_PKEY_fromdata(EVP_PKEY_CTX *c, EVP_PKEY **k, int selection, OSSL_PARAM *p)
{
	*k = some();
	return *k ? 1 : 0;
}
int EVP_PKEY_public_check(EVP_PKEY_CTX *c) { return nondet_int(); }
int EVP_PKEY_get_bn_param(const EVP_PKEY *k, const char *name, BIGNUM **n) { return nondet_int(); }
ECDSA_SIG *ECDSA_SIG_new(void) { return some(); }
void ECDSA_SIG_free(ECDSA_SIG *s) { }
int ECDSA_SIG_set0(ECDSA_SIG *s, BIGNUM *r, BIGNUM *v) { return nondet_int(); }
int i2d_ECDSA_SIG(const ECDSA_SIG *s, unsigned char **out)
{
	int len = nondet_int();

	__CPROVER_assume(len >= -1 && len <= 160);
	*out = len > 0 ? malloc((size_t)len) : NULL;
	return *out ? len : -1;
}
#ifdef PROOF_TPM_KEY
int ecdsa_der(BIGNUM *r, BIGNUM *s, uint8_t **out)
{
	return i2d_ECDSA_SIG(NULL, out);
}
#endif
void CRYPTO_free(void *p, const char *file, int line) { free(p); }
int CRYPTO_memcmp(const void *a, const void *b, size_t n)
{
	readable(a, n);
	readable(b, n);
	return nondet_int();
}
EVP_MD_CTX *EVP_MD_CTX_new(void) { return some(); }
void EVP_MD_CTX_free(EVP_MD_CTX *c) { }
int EVP_DigestVerifyInit(EVP_MD_CTX *c, EVP_PKEY_CTX **how, const EVP_MD *md, ENGINE *e, EVP_PKEY *k)
{
	*how = some();
	return nondet_int();
}
int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *c, int pad) { return nondet_int(); }
int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *c, int len) { return nondet_int(); }
int EVP_DigestVerify(EVP_MD_CTX *c, const unsigned char *sig, size_t n, const unsigned char *m, size_t len)
{
	readable(sig, n);
	readable(m, len);
	return nondet_int();
}
int EVP_DigestInit_ex(EVP_MD_CTX *c, const EVP_MD *md, ENGINE *e) { return nondet_int(); }
int EVP_DigestUpdate(EVP_MD_CTX *c, const void *d, size_t n)
{
	readable(d, n);
	return nondet_int();
}
int EVP_DigestFinal_ex(EVP_MD_CTX *c, unsigned char *out, unsigned int *len)
{
	*len = nondet_uint32();
	__CPROVER_assume(*len <= EVP_MAX_MD_SIZE);
	__CPROVER_assert(__CPROVER_w_ok(out, *len), "there is room for a digest");
	return nondet_int();
}
#endif /* PROOF_OPENSSL */

#ifdef PROOF_DIGEST
const EVP_MD *EVP_sha1(void) { return NULL; }
const EVP_MD *EVP_sha256(void) { return NULL; }
const EVP_MD *EVP_sha384(void) { return NULL; }
const EVP_MD *EVP_sha512(void) { return NULL; }
int EVP_Digest(const void *data, size_t len, unsigned char *out, unsigned int *n, const EVP_MD *md,
	       ENGINE *e)
{
	__CPROVER_assert(__CPROVER_r_ok(data, len), "a digest is of bytes that are there");
	__CPROVER_assert(__CPROVER_w_ok(out, WV_TCGLOG_DIGEST_MAX), "there is room for a digest");
	return nondet_int();
}
#endif /* PROOF_DIGEST */
