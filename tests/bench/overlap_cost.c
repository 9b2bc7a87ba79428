// SPDX-License-Identifier: MIT
/*
 * P16: decrypting a data set and training on it at once, beside each alone: AES-256-GCM by
 * the library's reader, and the arithmetic (fields to numbers, one gradient) over the same
 * chunks as plaintext. In turns, the best of the rounds of each, since what else runs on
 * the machine only ever takes; plain memory, chunks of 64 KiB, a ring of four.
 *
 *	overlap_cost [MIB [ROUNDS]]
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../userspace/worker/cohort.h"
#include "../../userspace/worker/gradient.h"
#include "../../userspace/worker/random.h"
#include "dataset.h"

enum { COLUMNS = 14, CHUNK = 65536, RING = 4, DECRYPT = 0, ARITHMETIC, ONE, TWO, SIDES };

static const uint8_t key[32] = "a key for the benchmark's bytes";
static const char *const names[COLUMNS] = {
	"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "y",
};
static const char plan_text[] =
	"{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"a\"},{\"column\":\"b\"},"
	"{\"column\":\"c\"},{\"column\":\"d\"},{\"column\":\"e\"},{\"column\":\"f\"},{\"column\":\"g\"},"
	"{\"column\":\"h\"},{\"column\":\"i\"},{\"column\":\"j\"},{\"column\":\"k\"},{\"column\":\"l\"},"
	"{\"column\":\"m\"}],\"label\":{\"column\":\"y\",\"above\":0},"
	"\"split\":{\"rule\":\"every\",\"every\":1000000},"
	"\"runs\":[{\"name\":\"m\",\"method\":\"lbfgs\"}]}";

static char *plain;
static size_t plain_len;
static struct ward_dataset *set;
static volatile uint8_t sink;

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "overlap_cost: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the table, plain and encrypted ------------------------------------------------ */

static uint64_t make_table(size_t len)
{
	uint64_t seed = 1, rows = 0;
	size_t i;

	plain = malloc(len + 256);
	need(plain != NULL, "no memory");
	for (plain_len = 0; plain_len < len; rows++) {
		for (i = 0; i + 1 < COLUMNS; i++)
			plain_len += (size_t)sprintf(plain + plain_len, "%.3f,",
						     (double)random_below(&seed, 1000000) / 1000);
		plain_len += (size_t)sprintf(plain + plain_len, "%d\n", (int)random_below(&seed, 2));
	}
	return rows;
}

static void encrypt(uint64_t rows)
{
	const struct ward_dataset_params params = {
		.kind = WARD_DATASET_TABLE, .chunk_size = CHUNK, .length = plain_len,
		.rows = rows, .metadata = "{}", .metadata_len = 2,
	};
	struct ward_dataset_writer *writer;
	int fd = memfd_create("wds", 0);

	need(fd >= 0 && !ward_dataset_create(fd, key, &params, &writer, NULL) &&
	     !ward_dataset_write(writer, plain, plain_len, NULL) &&
	     !ward_dataset_finish(writer, NULL), "can't encrypt");
	ward_dataset_writer_free(writer);
	need(!ward_dataset_open(fd, key, &set, NULL), "can't open");
}

static int open_sealed(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
		       struct failure *failure)
{
	int64_t got = ward_dataset_read_chunk(set, chunk, out, CHUNK, NULL);

	(void)arg;
	*len = got > 0 ? (size_t)got : 0;
	return got > 0 ? 0 : failed(failure, EXIT_DAMAGED, "chunk");
}

static int open_plain(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
		      struct failure *failure)
{
	size_t from = chunk * CHUNK;

	(void)arg;
	(void)failure;
	*len = plain_len - from < CHUNK ? plain_len - from : CHUNK;
	memcpy(out, plain + from, *len);
	return 0;
}

/* ---- memory -------------------------------------------------------------------------- */

static int get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	(void)arg;
	(void)label;
	*data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*handle = *data;
	return *data == MAP_FAILED ? -ENOMEM : 0;
}

static void put(void *arg, void *handle)	/* the process ends soon */
{
	(void)arg;
	(void)handle;
}

/* ---- what is measured ------------------------------------------------------------------ */

struct walk {
	struct gradient sum;
	const double *theta;
};

static void add(void *arg, const double *x, const double *y)
{
	struct walk *walk = arg;

	gradient_add(&walk->sum, walk->theta, x, y);
}

static double decrypt(void)
{
	static uint8_t out[CHUNK];
	uint64_t chunks = (plain_len + CHUNK - 1) / CHUNK, i;
	double began = now();

	for (i = 0; i < chunks; i++) {
		need(ward_dataset_read_chunk(set, i, out, CHUNK, NULL) > 0, "can't read");
		sink ^= *out;
	}
	return now() - began;
}

/* One pass for a gradient; what it is goes to @norm. */
static double pass(struct plan *plan, bool sealed, bool reader, double *norm)
{
	const struct memory_backend backend = { get, put, NULL };
	const struct net net = plan_net(plan, &plan->run[0]);
	struct failure failure = { 0 };
	struct memory memory;
	struct ring ring;
	struct site site = {
		.name = "n", .table = { .name = "n", .columns = COLUMNS, .names = names,
					.delimiter = ',' },
		.source = { .chunks = (plain_len + CHUNK - 1) / CHUNK, .chunk_bytes = CHUNK,
			    .open = sealed ? open_sealed : open_plain },
	};
	struct cohort cohort = { .plan = plan, .memory = &memory, .ring = &ring, .sites = 1,
				 .site = &site };
	struct walk walk;
	double began;

	memory_init(&memory, &backend, 64 << 20);
	need(!ring_init(&ring, &memory, CHUNK, RING, 1, &failure) &&
	     (!reader || !ring_read_ahead(&ring, &failure)) &&
	     !site_init(&site, plan, &ring, &memory, &failure) &&
	     !scaler_init(&site.scaler, &memory, plan->features) &&
	     !gradient_init(&walk.sum, &memory, &net, 0), "can't begin");
	walk.theta = memory_doubles(&memory, net_params(&net));
	cohort.x = memory_doubles(&memory, site_row_width(plan));
	began = now();
	if (cohort_walk(&cohort, 0, COHORT_TRAIN, add, &walk, &failure))
		need(0, failure.text);
	began = now() - began;
	*norm = gradient_norm(&walk.sum);
	site_end(&site);
	ring_end(&ring);
	return began;
}

static double one(struct plan *plan, int side, double *norm)
{
	return side == DECRYPT ? decrypt() : pass(plan, side > ARITHMETIC, side == TWO, norm);
}

int main(int argc, char **argv)
{
	static const char *const said[SIDES] = {
		"AES-256-GCM alone", "arithmetic alone", "both, one thread", "both, two threads",
	};
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
	int rounds = argc > 2 ? atoi(argv[2]) : 5, round, side;
	double best[SIDES] = { INFINITY, INFINITY, INFINITY, INFINITY }, norm[SIDES] = { 0 }, slower;
	struct failure failure = { 0 };
	struct plan *plan;

	need(mib > 0 && mib < 4096 && rounds > 0, "usage: overlap_cost [MIB [ROUNDS]]");
	need(!plan_parse(plan_text, strlen(plan_text), &plan, &failure), failure.text);
	encrypt(make_table(mib << 20));
	for (round = 0; round < rounds; round++) {
		for (side = 0; side < SIDES; side++)
			best[side] = fmin(best[side], one(plan, side, &norm[side]));
	}
	need(norm[ARITHMETIC] == norm[ONE] && norm[ONE] == norm[TWO], "the results differ");
	slower = fmax(best[DECRYPT], best[ARITHMETIC]);
	for (side = 0; side < SIDES; side++)
		printf("%-18s %8.1f MB/s  %.2f of the slower alone\n", said[side],
		       (double)plain_len / best[side] / 1e6, slower / best[side]);
	printf("target: both, two threads >= 0.80: %s\n",
	       slower / best[TWO] >= 0.8 ? "met" : "NOT met");
	return 0;
}
