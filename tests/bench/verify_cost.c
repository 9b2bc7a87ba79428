// SPDX-License-Identifier: MIT
/*
 * What verifying an SNP report costs, beside the signature verifications that
 * it cannot do without. Both run interleaved in one process, so that whatever
 * else the machine does falls on both; printed are medians and their ratio.
 *
 *	verify_cost REPORT VEK CHAIN
 *
 * CHAIN is a PEM with ASK or ASVK and ARK, as AMD publishes it.
 */
#define _GNU_SOURCE
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wardverify.h"

enum { ROUNDS = 41, SIGNED_LEN = 0x2a0, R_AT = 0x2a0, S_AT = 0x2e8, NUM_LEN = 48 };

struct input {
	struct wv_bytes report, vek, chain;
	struct wv_roots *roots;
	int64_t now;
	X509 *cert[3];			/* VEK, intermediate, ARK */
	EVP_PKEY *key[3];
	unsigned char *sig;		/* the report's, as DER */
	size_t sig_len;
};

static void die(const char *what)
{
	fprintf(stderr, "verify_cost: %s\n", what);
	exit(1);
}

static struct wv_bytes slurp(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(65536);
	size_t len;

	if (!file || !data)
		die(path);
	len = fread(data, 1, 65536, file);
	fclose(file);
	return (struct wv_bytes){ data, len };
}

static X509 *read_cert(BIO *bio, struct wv_bytes der)
{
	const unsigned char *at = der.data;
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) :
			   d2i_X509(NULL, &at, (long)der.len);

	if (!cert)
		die("a certificate cannot be read");
	return cert;
}

static BIGNUM *little_endian(const uint8_t *at)
{
	return BN_lebin2bn(at, NUM_LEN, NULL);
}

static void prepare_signature(struct input *in)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int len;

	if (!sig || !ECDSA_SIG_set0(sig, little_endian(in->report.data + R_AT),
				    little_endian(in->report.data + S_AT)))
		die("no memory");
	len = i2d_ECDSA_SIG(sig, &in->sig);
	if (len <= 0)
		die("no signature");
	in->sig_len = (size_t)len;
	ECDSA_SIG_free(sig);
}

static void prepare(struct input *in, char **argv)
{
	const struct wv_bytes none = { NULL, 0 };
	struct tm end;
	BIO *bio;
	int i;

	in->report = slurp(argv[1]);
	in->vek = slurp(argv[2]);
	in->chain = slurp(argv[3]);
	in->roots = wv_roots_new();
	bio = BIO_new_mem_buf(in->chain.data, (int)in->chain.len);
	in->cert[0] = read_cert(NULL, in->vek);
	in->cert[1] = read_cert(bio, none);
	in->cert[2] = read_cert(bio, none);
	BIO_free(bio);
	for (i = 0; i < 3; i++)
		in->key[i] = X509_get_pubkey(in->cert[i]);
	/* A day before the VEK expires all three certificates are valid. */
	if (!ASN1_TIME_to_tm(X509_get0_notAfter(in->cert[0]), &end))
		die("no validity");
	in->now = timegm(&end) - 86400;
	prepare_signature(in);
}

static struct wv_vek *open_chain(const struct input *in)
{
	const struct wv_collateral collateral = {
		.vek = in->vek, .intermediate = in->chain,
	};
	const struct wv_bytes none = { NULL, 0 };
	struct wv_fault fault;
	struct wv_vek *vek = NULL;

	if (wv_vek_open(in->roots, &collateral, none, in->now, &vek, &fault))
		die(fault.text);
	return vek;
}

static void check_report(const struct input *in, const struct wv_vek *vek)
{
	struct wv_fault fault;

	if (wv_vek_check(vek, in->report, NULL, &fault))
		die(fault.text);
}

static void ecdsa_primitive(const struct input *in)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, in->key[0]) != 1 ||
	    EVP_DigestVerify(ctx, in->sig, in->sig_len, in->report.data, SIGNED_LEN) != 1)
		die("the report's signature does not verify");
	EVP_MD_CTX_free(ctx);
}

/* VEK by the intermediate, the intermediate by the ARK, the ARK by itself. */
static void rsa_primitives(const struct input *in)
{
	if (X509_verify(in->cert[0], in->key[1]) != 1 ||
	    X509_verify(in->cert[1], in->key[2]) != 1 ||
	    X509_verify(in->cert[2], in->key[2]) != 1)
		die("the chain does not verify");
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void show(const char *name, double *ours, double *theirs)
{
	double ratio[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++)
		ratio[i] = ours[i] / theirs[i];
	qsort(ratio, ROUNDS, sizeof(*ratio), by_value);
	qsort(ours, ROUNDS, sizeof(*ours), by_value);
	qsort(theirs, ROUNDS, sizeof(*theirs), by_value);
	printf("%-34s %9.0f us  primitives %7.0f us  ratio %.2f (%.2f..%.2f)\n", name,
	       ours[ROUNDS / 2], theirs[ROUNDS / 2], ratio[ROUNDS / 2], ratio[0],
	       ratio[ROUNDS - 1]);
}

int main(int argc, char **argv)
{
	static double cold[ROUNDS], chain[ROUNDS], warm[ROUNDS], one[ROUNDS];
	struct input in = { 0 };
	struct wv_vek *vek;
	double t;
	int i;

	if (argc != 4)
		die("usage: verify_cost REPORT VEK CHAIN");
	prepare(&in, argv);
	for (i = 0; i < ROUNDS; i++) {
		t = now_us();
		vek = open_chain(&in);
		check_report(&in, vek);
		cold[i] = now_us() - t;
		t = now_us();
		rsa_primitives(&in);
		ecdsa_primitive(&in);
		chain[i] = now_us() - t;
		t = now_us();
		check_report(&in, vek);
		warm[i] = now_us() - t;
		t = now_us();
		ecdsa_primitive(&in);
		one[i] = now_us() - t;
		wv_vek_free(vek);
	}
	printf("%s, %d interleaved rounds, median (min..max)\n",
	       OpenSSL_version(OPENSSL_VERSION), ROUNDS);
	show("SNP report, chain from bytes", cold, chain);
	show("SNP report, chain cached", warm, one);
	return 0;
}
