// SPDX-License-Identifier: MIT
/*
 * What a verdict costs beside the OpenSSL calls that it cannot do without:
 *
 *	verdict_cost KIND FILE TIME [COLLATERAL...]
 *
 * appraises FILE as bare evidence of KIND as of TIME (RFC 3339), everything from its
 * bytes. The linker leads the library's calls of what verifies signatures and reads
 * certificates, lists and keys through this file, which adds up what they take: nothing
 * that a verdict does is left out, and what it does twice shows in the counts. Rounds are
 * repeated, and medians printed; the first contender runs once more against itself, as
 * the control.
 *
 * With SNP evidence also: a chain that was opened before. Then threads, that share roots,
 * policy and collateral, and the most memory that the library itself held.
 */
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verdict/verdict.h"

static const char policy_text[] =
	"{\"ward-policy\":1,\"accept_unmeasured\":true,\"vmpl_max\":3,\"allow_debug\":true,"
	"\"allow_tee\":[\"snp\",\"simulated-snp\",\"tdx\",\"azure-snp\",\"azure-tdx\",\"nitro\",\"cca\","
	"\"tpm\"]}";

void die(const char *what)
{
	fprintf(stderr, "verdict_cost: %s\n", what);
	exit(1);
}

static struct wv_bytes slurp(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(1u << 20);
	size_t len;

	if (!file || !data)
		die(path);
	len = fread(data, 1, 1u << 20, file);
	fclose(file);
	return (struct wv_bytes){ data, len };
}

static void prepare(struct job *job, int argc, char **argv)
{
	static struct wv_bytes items[16];
	struct wv_bytes text = { (const uint8_t *)policy_text, sizeof(policy_text) - 1 };
	struct wv_policy *policy;
	struct wv_fault fault;
	int i;

	snprintf(job->evidence.tee, sizeof(job->evidence.tee), "%s", argv[1]);
	job->evidence.data = slurp(argv[2]);
	if (wv_time_parse(argv[3], &job->a.now))
		die("no time");
	for (i = 4; i < argc && i - 4 < 16; i++)
		items[i - 4] = slurp(argv[i]);
	job->collateral = (struct wv_collateral){ .items = items, .item_count = (size_t)(argc - 4) };
	/* Of SNP the VEK comes first, then what issued it. */
	if (!strcmp(argv[1], "snp") && argc >= 6)
		job->collateral = (struct wv_collateral){ .vek = items[0], .intermediate = items[1] };
	if (wv_policy_parse(text, &policy, &fault))
		die(fault.text);
	job->a.roots = wv_roots_new();
	job->a.policy = policy;
	job->a.collateral = &job->collateral;
}

void judge(const struct job *job)
{
	static const struct wv_bytes none;
	struct wv_verdict v;

	if (wv_verify_evidence(&job->evidence, none, &job->a, &v)) {
		fprintf(stderr, "verdict_cost: %s: %s: %s\n", wv_reason_text(v.fault.reason),
			v.fault.field, v.fault.text);
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), by_value);
	return values[n / 2];
}

/* One round of each; what the primitives took is of the first. */
static void rounds(const struct job *job, const char *name)
{
	static double ours[ROUNDS], inside[ROUNDS], ratio[ROUNDS], control[ROUNDS];
	double again;
	int i;

	for (i = -1; i < ROUNDS; i++) {
		int at = i < 0 ? 0 : i;
		double began = now_us();

		primitives_reset();
		judge(job);
		ours[at] = now_us() - began;
		inside[at] = primitives_us();
		began = now_us();
		judge(job);
		again = now_us() - began;
		ratio[at] = ours[at] / inside[at];
		control[at] = ours[at] / again;
	}
	printf("%-26s %8.0f us, primitives %8.0f us, ratio %.3f, control %.3f\n", name,
	       median(ours, ROUNDS), median(inside, ROUNDS), median(ratio, ROUNDS),
	       median(control, ROUNDS));
	primitives_reset();
	judge(job);
	primitives_show();
}

static void warm(struct job *job)
{
	const struct wv_bytes none = { NULL, 0 };
	struct wv_vek *vek;
	struct wv_fault fault;

	if (wv_vek_open(job->a.roots, job->a.collateral, none, job->a.now, &vek, &fault))
		die(fault.text);
	job->a.vek = vek;
	rounds(job, "  chain opened before");
	job->a.vek = NULL;
	wv_vek_free(vek);
}

static void *many(void *arg)
{
	const struct job *job = arg;
	int i;

	for (i = 0; i < BATCH; i++)
		judge(job);
	return NULL;
}

static double batch(const struct job *job, int threads)
{
	pthread_t thread[2];
	double began = now_us();
	int i;

	for (i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, many, (void *)job))
			die("no thread");
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return threads * BATCH / (now_us() - began);
}

/* Taken in turns, so that other work on the machine falls on both. */
static void threads(const struct job *job)
{
	double gain[9];
	int i;

	primitives_off();
	for (i = 0; i < 9; i++) {
		double two = batch(job, 2);

		gain[i] = two / batch(job, 1);
	}
	qsort(gain, 9, sizeof(*gain), by_value);
	printf("  two threads / one        %.2f times as many by the clock (%.2f..%.2f in 9 rounds)\n",
	       gain[4], gain[0], gain[8]);
	threads_compare(job);
}

static void memory(const struct job *job)
{
	heap_reset();
	judge(job);
	printf("  memory of the library's own: %zu bytes at most, a verdict has %zu\n", heap_peak(),
	       sizeof(struct wv_verdict));
}

static double processor_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The median by the clock, and what the processor worked for each, which no neighbour adds to. */
static void each(const struct job *job, int n)
{
	double *took = calloc((size_t)n + 1, sizeof(*took)), began, spent = 0;
	int i;

	if (n < 1 || !took)
		die("how often?");
	primitives_off();
	for (i = 0; i <= n; i++) {
		began = now_us();
		judge(job);
		took[i] = now_us() - began;
		if (!i)	/* to warm up */
			spent = processor_us();
	}
	spent = processor_us() - spent;
	printf("%.1f %.1f\n", median(took + 1, n), spent / n);
	free(took);
}

int main(int argc, char **argv)
{
	struct job job = { .a = { .now = 0 } };

	if (argc < 4)
		die("usage: verdict_cost KIND FILE TIME [COLLATERAL...]");
	json_set_alloc_funcs(malloc, free);
	prepare(&job, argc, argv);
	if (getenv("VERDICT_EACH")) {	/* beside another program */
		each(&job, atoi(getenv("VERDICT_EACH")));
		return 0;
	}
	if (getenv("VERDICT_ONCE")) {	/* for callgrind */
		judge(&job);
		return 0;
	}
	rounds(&job, argv[1]);
	if (!strcmp(argv[1], "snp"))
		warm(&job);
	memory(&job);
	threads(&job);
	return 0;
}
