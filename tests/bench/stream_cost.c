// SPDX-License-Identifier: MIT
/*
 * P14: data-set streams beside bare EVP AES-256-GCM over the same bytes: what is read out
 * of a file and written to another, both in memory, in pieces of 64 KiB, one message each
 * with a tag behind it, by one thread. In turns, the best of the rounds of each, since what
 * else runs on the machine only ever takes.
 *
 *	stream_cost [MIB [ROUNDS]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "dataset.h"

enum { PIECE = 65536, TAG = 16, SIDES = 6 };

static const uint8_t key[32] = "a key for the benchmark's bytes";
static uint64_t total;
static int plain, sealed, bare, out;

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "stream_cost: %s\n", what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- bare EVP -------------------------------------------------------------------- */

static EVP_CIPHER_CTX *keyed(int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	need(ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL, encrypt), "EVP");
	return ctx;
}

static void begin(EVP_CIPHER_CTX *ctx, uint64_t i)
{
	uint8_t iv[12] = { 1 };

	memcpy(iv + 4, &i, 8);
	need(EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, -1), "EVP");
}

static void evp_encrypt(void)
{
	static uint8_t from[PIECE], to[PIECE + TAG];
	EVP_CIPHER_CTX *ctx = keyed(1);
	int n;

	for (uint64_t i = 0; i < total / PIECE; i++) {
		need(pread(plain, from, PIECE, (off_t)(i * PIECE)) == PIECE, "read");
		begin(ctx, i);
		need(EVP_CipherUpdate(ctx, to, &n, from, PIECE) &&
		     EVP_CipherFinal_ex(ctx, to + PIECE, &n) &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, to + PIECE), "EVP");
		need(pwrite(bare, to, sizeof(to), (off_t)(i * sizeof(to))) == sizeof(to), "write");
	}
	EVP_CIPHER_CTX_free(ctx);
}

static void evp_decrypt(void)
{
	static uint8_t from[PIECE + TAG], to[PIECE];
	EVP_CIPHER_CTX *ctx = keyed(0);
	int n;

	for (uint64_t i = 0; i < total / PIECE; i++) {
		need(pread(bare, from, sizeof(from), (off_t)(i * sizeof(from))) == sizeof(from),
		     "read");
		begin(ctx, i);
		need(EVP_CipherUpdate(ctx, to, &n, from, PIECE) &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, from + PIECE) &&
		     EVP_CipherFinal_ex(ctx, to + PIECE - 1, &n), "EVP");
		need(pwrite(out, to, PIECE, (off_t)(i * PIECE)) == PIECE, "write");
	}
	EVP_CIPHER_CTX_free(ctx);
}

/* ---- streams -------------------------------------------------------------------------- */

static void ward_encrypt(unsigned int threads)
{
	struct ward_dataset_params p = { .kind = WARD_DATASET_SEALED, .length = total,
					 .metadata = "{}", .metadata_len = 2 };
	struct ward_dataset_writer *w = NULL;

	need(lseek(plain, 0, SEEK_SET) == 0, "seek");
	need(!ward_dataset_create(sealed, key, &p, &w, NULL) &&
	     !ward_dataset_write_from(w, plain, threads, NULL, NULL, NULL) &&
	     !ward_dataset_finish(w, NULL), "a stream");
	ward_dataset_writer_free(w);
}

static void ward_decrypt(unsigned int threads)
{
	struct ward_dataset *ds = NULL;

	need(!ward_dataset_open(sealed, key, &ds, NULL) &&
	     !ward_dataset_read_to(ds, out, threads, NULL, NULL, NULL), "a stream back");
	ward_dataset_close(ds);
}

static void encrypt_one(void) { ward_encrypt(1); }
static void encrypt_two(void) { ward_encrypt(2); }
static void decrypt_one(void) { ward_decrypt(1); }
static void decrypt_two(void) { ward_decrypt(2); }

/* ---- rounds ------------------------------------------------------------------------------ */

static struct side {
	const char *name;
	void (*run)(void);
	int base;		/* what it is held against */
	double least;
	uint64_t best;
} sides[SIDES] = {
	{ "EVP encrypts", evp_encrypt, 0, 0, 0 },
	{ "stream encrypts, 1 thread", encrypt_one, 0, 0.95, 0 },
	{ "stream encrypts, 2 threads", encrypt_two, 0, 1.8, 0 },
	{ "EVP decrypts", evp_decrypt, 3, 0, 0 },
	{ "stream decrypts, 1 thread", decrypt_one, 3, 0.95, 0 },
	{ "stream decrypts, 2 threads", decrypt_two, 3, 1.8, 0 },
};

static void once(struct side *s)
{
	uint64_t from = now(), took;

	s->run();
	took = now() - from;
	if (!s->best || took < s->best)
		s->best = took;
}

static void fill(void)
{
	static uint8_t piece[PIECE];

	for (size_t i = 0; i < PIECE; i++)
		piece[i] = (uint8_t)(i * 2654435761u >> 13);
	for (uint64_t i = 0; i < total / PIECE; i++)
		need(write(plain, piece, PIECE) == PIECE, "fill");
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 40;

	total = (uint64_t)(argc > 1 ? atoi(argv[1]) : 32) << 20;
	plain = memfd_create("plain", 0);
	sealed = memfd_create("sealed", 0);
	bare = memfd_create("bare", 0);
	out = memfd_create("out", 0);
	need(plain >= 0 && sealed >= 0 && bare >= 0 && out >= 0 && total && rounds > 0, "usage");
	fill();
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i < SIDES; i++)
			once(&sides[i]);
	for (int i = 0; i < SIDES; i++) {
		const struct side *s = &sides[i];
		double ratio = (double)sides[s->base].best / (double)s->best;

		printf("%-28s %7.0f MB/s", s->name, (double)total * 1e3 / (double)s->best);
		if (s->base != i)
			printf("  %.2f x EVP (at least %.2f): %s", ratio, s->least,
			       ratio >= s->least ? "met" : "MISSED");
		putchar('\n');
	}
	return 0;
}
