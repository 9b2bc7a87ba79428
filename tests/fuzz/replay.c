// SPDX-License-Identifier: MIT
/*
 * replay [-v] FILE|FOLDER... [-m FOLDER...]: run the target over files, and with -m over what
 * damage() makes of those of a folder, without a fuzzer: for coverage, for findings, and to see which input takes longest (processor time, the least of
 * three runs or more; on a machine where a P-384 verification takes over 0.7 ms, in
 * proportion).
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
#define SEEMS_SLOW	6.0	/* ms */
#define ROUNDS_MAX	40

static bool damaging;

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

/*
 * Once as the fuzzers do it, then for the time, which is that of the input alone. What another
 * machine on the same processor takes away counts as ours: an input that seems slow is given
 * more rounds.
 */
static void run(const char *path, const uint8_t *data, size_t len)
{
	struct wv_bytes in = { data, len };
	double least = 1e9;
	int i, rc = 0;

	LLVMFuzzerTestOneInput(data, len);
	for (i = 0; i < 3 || (i < ROUNDS_MAX && least > SEEMS_SLOW); i++) {
		double began = spent(), took;

		rc = fuzz_one(in);
		took = spent() - began;
		least = took < least ? took : least;
	}
	files++;
	accepted += !rc;
	if (fuzz_tell)
		printf("%s: %s\n", path, rc ? wv_reason_text(rc) : "accepted");
	if (least > slowest) {
		slowest = least;
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
	run(path, data, len);
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
 * How slow this machine is just now: the least time of a P-384 verification, of which
 * evidence has up to six. P384_MS is what one takes where the limit was set.
 */
#define P384_MS 0.7
static double yardstick(void)
{
	static const uint8_t message[64] = { 1 };
	uint8_t sig[128];
	size_t len = sizeof(sig);
	EVP_PKEY *key = EVP_EC_gen("P-384");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	double least = 1e9, began;
	int i;

	if (!key || !ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, sig, &len, message, sizeof(message)) != 1)
		fuzz_die("no P-384 here");
	for (i = 0; i < 9; i++) {
		EVP_MD_CTX_reset(ctx);
		began = spent();
		if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, key) != 1 ||
		    EVP_DigestVerify(ctx, sig, len, message, sizeof(message)) != 1)
			fuzz_die("P-384 does not verify");
		least = spent() - began < least ? spent() - began : least;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return least;
}

int main(int argc, char **argv)
{
	double measure = yardstick(), scale = measure > P384_MS ? measure / P384_MS : 1;
	struct stat st;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			fuzz_tell = true;
		else if (!strcmp(argv[i], "-m"))
			damaging = true;
		else if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			folder(argv[i]);
		else
			file(argv[i]);
	}
	printf("%zu inputs, %zu of them accepted, slowest %.3f ms: %s (%.3f ms by the clock, a P-384 verification takes %.2f)\n",
	       files, accepted, slowest / scale, slowest_name, slowest, measure);
	return 0;
}
