// SPDX-License-Identifier: MIT
/*
 * replay [-v] [-s MS] FILE|FOLDER... [-m FOLDER...]: run the target over files, and with -m over
 * what damage() makes of those of a folder, without a fuzzer: for coverage, for findings, and to
 * see which input takes longest by the clock of the processor. With -s, what takes over MS is
 * named, a line each.
 * replay -c FILE...: for tests/fuzz/slowest, which has callgrind count what counted() runs:
 * PROOFS verifications on P-384 at its first call, and each file at one more.
 */
#include <dirent.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fuzz.h"

#define CUTS	64	/* of a seed, and bytes of it that are changed */
#define CHANGES	256
#define LACKS		256
#define ROUNDS		3	/* for one that seems slow */
#define PROOFS		8	/* by one key each costs a little more or less than the next */

static bool damaging, counting;
static double seems_slow;	/* ms; 0 = nobody asks */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static double slowest;
static char slowest_name[4096];
static size_t files, accepted;

static double spent(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* By its name callgrind knows when to count. */
__attribute__((noinline)) int counted(int (*what)(struct wv_bytes in), struct wv_bytes in)
{
	volatile int rc = what(in);	/* a call, never a jump */

	return rc;
}

/* The least time of several runs, where one that seems slow was the machine's doing. */
static int timed(struct wv_bytes in, double *least)
{
	int i, rc = 0;

	*least = 1e9;
	for (i = 0; !i || (i < ROUNDS && seems_slow && *least > seems_slow); i++) {
		double began = spent(), took;

		rc = fuzz_one(in);
		took = spent() - began;
		*least = took < *least ? took : *least;
	}
	return rc;
}

static void run(const char *path, struct wv_bytes in)
{
	double took = 0;
	int rc;

	if (!seems_slow && !counting)	/* for coverage: an allocation that fails, too */
		LLVMFuzzerTestOneInput(in.data, in.len);
	rc = counting ? counted(fuzz_one, in) : timed(in, &took);
	files++;
	accepted += !rc;
	if (fuzz_tell)
		printf("%s: %s\n", path, rc ? wv_reason_text(rc) : "accepted");
	if (seems_slow && took > seems_slow)
		printf("slow %.3f %s\n", took, path);
	if (took > slowest) {
		slowest = took;
		snprintf(slowest_name, sizeof(slowest_name), "%s", path);
	}
}

static void file(const char *path)
{
	static uint8_t data[4u << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		perror(path);
		exit(1);
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	run(path, (struct wv_bytes){ data, len });
}

/* Seeds that are variants of another already. */
static bool damaged(const char *name)
{
	return !strncmp(name, "json-", 5) || !strncmp(name, "ec-", 3) || !strncmp(name, "rsa-", 4) ||
	       !strncmp(name, "bad-", 4);
}

/* Each allocation for a seed fails once; where there are more than LACKS, so many, evenly. */
static void lack(struct wv_bytes in)
{
	unsigned long had[ALLOC_KINDS], i, n;
	enum alloc_of whose;
	int sound;

	alloc_none();
	sound = fuzz_one(in);
	for (whose = 0; whose < ALLOC_KINDS; whose++)
		had[whose] = alloc_count(whose);
	for (whose = 0; whose < ALLOC_KINDS; whose++) {
		n = had[whose] < LACKS ? had[whose] : LACKS;
		for (i = 0; i < n; i++)
			fuzz_lacking(in, whose, 1 + had[whose] * i / n, sound);
	}
}

/*
 * What a fuzzer tries first, in the same order each time: the seed cut short, and with a byte
 * that is another. For what coverage counts a run of a few seconds is a matter of luck else.
 */
static void damage(const char *path)
{
	static uint8_t data[1u << 16];
	FILE *f = fopen(path, "rb");
	size_t len = f ? fread(data, 1, sizeof(data), f) : 0, i, at;

	if (f)
		fclose(f);
	lack((struct wv_bytes){ data, len });
	for (i = 0; i < CUTS && i < len; i++) {
		LLVMFuzzerTestOneInput(data, i);
		LLVMFuzzerTestOneInput(data, len * i / CUTS);
	}
	for (i = 0; i < CHANGES && i < len; i++) {
		uint8_t was;

		at = i < CHANGES / 2 || len < CHANGES ? i : len * (i - CHANGES / 2) * 2 / CHANGES;
		was = data[at];
		data[at] = i % 3 == 2 ? 0 : i % 3 ? was ^ 0x80 : was + 1;
		LLVMFuzzerTestOneInput(data, len);
		data[at] = was;
	}
}

static void folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char name[4096];

	while (d && (e = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.')
			(damaging && !damaged(e->d_name) ? damage : file)(name);
	}
	if (d)
		closedir(d);
}

/*
 * The yardstick: verifications on P-384, of which evidence has up to six. @in is a signature.
 */
static EVP_PKEY *p384_key;
static const uint8_t p384_message[64] = { 1 };

static int p384_verify(struct wv_bytes in)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, p384_key) != 1 ||
	    EVP_DigestVerify(ctx, in.data, in.len, p384_message, sizeof(p384_message)) != 1)
		fuzz_die("P-384 does not verify");
	EVP_MD_CTX_free(ctx);
	return 0;
}

static int p384_proofs(struct wv_bytes in)
{
	int i;

	for (i = 0; i < PROOFS; i++)
		p384_verify(in);
	return 0;
}

static double yardstick(void)
{
	uint8_t sig[128];
	struct wv_bytes in = { sig, sizeof(sig) };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	double took;

	p384_key = EVP_EC_gen("P-384");
	if (!p384_key || !ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, p384_key) != 1 ||
	    EVP_DigestSign(ctx, sig, &in.len, p384_message, sizeof(p384_message)) != 1)
		fuzz_die("no P-384 here");
	EVP_MD_CTX_free(ctx);
	p384_verify(in);	/* what OpenSSL looks up once */
	took = spent();
	counted(p384_proofs, in);
	took = (spent() - took) / PROOFS;
	EVP_PKEY_free(p384_key);
	return took;
}

int main(int argc, char **argv)
{
	double measure = yardstick();
	struct stat st;
	int i;

	fuzz_world();
	alloc_none();
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			fuzz_tell = true;
		else if (!strcmp(argv[i], "-c"))	/* without the verdicts of all seeds */
			counting = !unsetenv("FUZZ_SEEDS");
		else if (!strcmp(argv[i], "-m"))
			damaging = true;
		else if (!strcmp(argv[i], "-s") && i + 1 < argc)
			seems_slow = atof(argv[++i]);
		else if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			folder(argv[i]);
		else
			file(argv[i]);
	}
	printf("%zu inputs, %zu of them accepted, by the clock slowest %.3f ms: %s (a P-384 verification takes %.2f)\n",
	       files, accepted, slowest, slowest_name, measure);
	return 0;
}
