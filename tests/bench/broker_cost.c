// SPDX-License-Identifier: MIT
/*
 * What a release costs the broker beside its cryptography (P15): challenge, appraisal of
 * simulated evidence and key, in one process without TLS, the database a file of SQLite;
 * against the sum of the primitives that it can't do without, each measured alone in the
 * same turns. The processor's time decides; the clock tells what the disk takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../userspace/broker/jwk.h"
#include "../unit/exchange.h"

#include <openssl/evp.h>

#define TURNS	11
#define EACH	8	/* of each primitive, and releases, in a turn */

enum { RELEASE, RSA_VERIFY, EC_VERIFY, ES256, EDDSA, ECDH, WAYS, AUTH = WAYS, ATTEST, GET, WRAP,
       ROWS };

/* How often a release needs each: ARK (itself), ASK and VCEK; the report; the token; two
 * records of the audit; one ephemeral key and one agreement with the worker's. */
static const int needs[WAYS] = { [RSA_VERIFY] = 3, [EC_VERIFY] = 1, [ES256] = 1, [EDDSA] = 2,
				 [ECDH] = 1 };

/** struct signer - a key, and a signature over 64 bytes */
struct signer {
	EVP_PKEY *key;
	const EVP_MD *md;
	unsigned char sig[600];
	size_t len;
};

static double cpu[ROWS][TURNS], wall[TURNS];	/* ms of one */
static const unsigned char text[64];
static struct signer rsa, ec, es256, eddsa;
static EVP_PKEY *peer;

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void sign(struct signer *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	s->len = sizeof(s->sig);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, s->md, NULL, s->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, s->sig, &s->len, text, sizeof(text)), 1);
	EVP_MD_CTX_free(ctx);
}

static void verify(struct signer *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, s->md, NULL, s->key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, s->sig, s->len, text, sizeof(text)), 1);
	EVP_MD_CTX_free(ctx);
}

static void agree(void)
{
	EVP_PKEY *own = EVP_EC_gen("P-384");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	unsigned char secret[48];
	size_t len = sizeof(secret);

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, secret, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
}

static void primitive(int way)
{
	switch (way) {
	case RSA_VERIFY:
		return verify(&rsa);
	case EC_VERIFY:
		return verify(&ec);
	case ES256:
		return sign(&es256);
	case EDDSA:
		return sign(&eddsa);
	default:
		return agree();
	}
}

static void measure_primitive(int way, int turn)
{
	double from = now(CLOCK_PROCESS_CPUTIME_ID);

	for (int i = 0; i < EACH; i++)
		primitive(way);
	cpu[way][turn] = (now(CLOCK_PROCESS_CPUTIME_ID) - from) / EACH;
}

/** struct spent - by the broker's part of an exchange, not the worker's; @step: AUTH and on */
struct spent {
	double step[3], wall;
};

static void mark(struct spent *s, int step, int sign)
{
	s->step[step - AUTH] += sign * now(CLOCK_PROCESS_CPUTIME_ID);
	s->wall += sign * now(CLOCK_MONOTONIC);
}

/* The evidence is the worker's work. */
static void release_once(struct rx *x, struct spent *s)
{
	mark(s, AUTH, -1);
	rx_auth(x);
	mark(s, AUTH, 1);
	rx_evidence(x);
	mark(s, ATTEST, -1);
	assert_int_equal(rx_attest(x), 200);
	mark(s, ATTEST, 1);
	mark(s, GET, -1);
	assert_int_equal(rx_get(x), 200);
	mark(s, GET, 1);
	x->now += RX_TIMEOUT;	/* keeps the table from filling */
}

static void measure_release(struct rx *x, int turn)
{
	struct spent s = { { 0 }, 0 };

	for (int i = 0; i < EACH; i++)
		release_once(x, &s);
	cpu[RELEASE][turn] = 0;
	for (int i = AUTH; i <= GET; i++) {
		cpu[i][turn] = s.step[i - AUTH] / EACH;
		cpu[RELEASE][turn] += cpu[i][turn];
	}
	wall[turn] = s.wall / EACH;
}

/* The JWE alone, which libjose makes. */
static void measure_wrap(struct rx *x, int turn)
{
	json_t *half = rx_public_half(x->key);
	char jwk[ATTESTED_JWK_MAX];
	uint8_t thumbprint[JWK_THUMBPRINT_LEN];
	double from;

	assert_int_equal(jwk_take(half, jwk, thumbprint), 0);
	json_decref(half);
	from = now(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < EACH; i++)
		free(jwk_wrap(jwk, text, sizeof(text)));
	cpu[WRAP][turn] = (now(CLOCK_PROCESS_CPUTIME_ID) - from) / EACH;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, TURNS, sizeof(*v), by_value);
	return v[TURNS / 2];
}

/* What writing and syncing alone takes here, in the folder that the database is in. */
static double sync_ms(void)
{
	char path[96];
	FILE *f;
	double from;

	snprintf(path, sizeof(path), "%s.sync", rx_log_path);
	f = fopen(path, "w");
	from = now(CLOCK_MONOTONIC);
	for (int i = 0; i < 64; i++)
		if (write(fileno(f), text, sizeof(text)) < 0 || fdatasync(fileno(f)))
			exit(1);
	from = now(CLOCK_MONOTONIC) - from;
	fclose(f);
	unlink(path);
	return from / 64;
}

static void show(void)
{
	static const char *const names[WAYS] = {
		[RELEASE] = "release: challenge, appraisal, key", [RSA_VERIFY] = "RSA-4096 PSS verify",
		[EC_VERIFY] = "ECDSA P-384 verify", [ES256] = "ES256 sign",
		[EDDSA] = "Ed25519 sign", [ECDH] = "ECDH P-384, ephemeral",
	};
	static const char *const parts[] = { "of it challenge", "of it appraisal, token",
					     "of it key", "... in which the JWE, by libjose" };
	double sum = 0, release = median(cpu[RELEASE]);

	for (int w = RSA_VERIFY; w < WAYS; w++) {
		double ms = median(cpu[w]);

		printf("%-40s %7.3f ms x %d\n", names[w], ms, needs[w]);
		sum += ms * needs[w];
	}
	printf("%-40s %7.3f ms\n", "sum of the primitives", sum);
	printf("%-40s %7.3f ms of the processor, %.3f by the clock\n", names[RELEASE], release,
	       median(wall));
	for (int i = AUTH; i < ROWS; i++)
		printf("  %-38s %7.3f ms\n", parts[i - AUTH], median(cpu[i]));
	printf("%-40s %7.3f\n", "release / sum (P15: 1.2)", release / sum);
	printf("%-40s %7.0f\n", "releases a second and processor", 1000 / release);
	printf("%-40s %7.3f ms; a release has four\n", "one synced write in that folder", sync_ms());
}

static void all(struct rx *x)
{
	struct spent ignored = { { 0 }, 0 };

	release_once(x, &ignored);
	for (int turn = 0; turn < TURNS; turn++) {
		measure_release(x, turn);
		measure_wrap(x, turn);
		for (int w = RSA_VERIFY; w < WAYS; w++)
			measure_primitive(w, turn);
	}
}

int main(void)
{
	void *state = NULL;

	rsa = (struct signer){ .key = EVP_RSA_gen(4096), .md = EVP_sha384() };
	ec = (struct signer){ .key = EVP_EC_gen("P-384"), .md = EVP_sha384() };
	es256 = (struct signer){ .key = EVP_EC_gen("P-256"), .md = EVP_sha256() };
	eddsa = (struct signer){ .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	peer = EVP_EC_gen("P-384");
	sign(&rsa);
	sign(&ec);
	if (!freopen("/dev/null", "w", stderr))	/* the journal */
		return 1;
	if (rx_group_setup(&state) || rx_setup(&state))
		return 1;
	all(state);
	show();
	return rx_teardown(&state) || rx_group_teardown(&state);
}
