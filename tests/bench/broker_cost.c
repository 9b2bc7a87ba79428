// SPDX-License-Identifier: MIT
/*
 * What a release costs the broker beside its cryptography (P15): challenge, appraisal of
 * simulated evidence and key, in one process without TLS, the database a file of SQLite;
 * against the primitives that it can't do without, one after another as in a release, in the
 * same turns. Only what rcar_handle() takes counts, whose calls the linker leads through
 * here; the worker's part does not. The processor's time decides; what waits for the disk
 * is told apart, with what the kernel spends on it.
 *
 *	broker_cost          figures
 *	broker_cost once     each thing SOME times, for callgrind (tests/bench/broker/instructions)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../unit/exchange.h"
#include "broker/primitives.h"

#define TURNS	21
#define EACH	8	/* releases, and of each primitive, in a turn */
#define SOME	8

enum { AUTH, ATTEST, GET, STEPS };

/**
 * struct spent - on one request, ms
 * @cpu: of the processor, without what waiting for the disk took of it
 * @waited, @waiting_cpu: in synced writes, by the clock and of the processor
 */
struct spent {
	double cpu, wall, waited, waiting_cpu;
	int syncs;
};

static struct spent step[STEPS], *at = step;

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- what is led through here ----------------------------------------------------- */

void __real_rcar_handle(struct rcar *rcar, const struct rcar_request *req,
			struct rcar_reply *reply);
void __wrap_rcar_handle(struct rcar *rcar, const struct rcar_request *req,
			struct rcar_reply *reply);

void __wrap_rcar_handle(struct rcar *rcar, const struct rcar_request *req,
			struct rcar_reply *reply)
{
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);

	__real_rcar_handle(rcar, req, reply);
	at->cpu += now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	at->wall += now(CLOCK_MONOTONIC) - wall;
}

static int synced(long call, int fd)
{
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
	int rc = (int)syscall(call, fd);

	at->waited += now(CLOCK_MONOTONIC) - wall;
	cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	at->waiting_cpu += cpu;
	at->cpu -= cpu;
	at->syncs++;
	return rc;
}

/* In place of the C library's, SQLite's calls included. */
int fsync(int fd)
{
	return synced(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return synced(SYS_fdatasync, fd);
}

/* ---- measures --------------------------------------------------------------------- */

static void release_once(struct rx *x)
{
	at = &step[AUTH];
	rx_auth(x);
	rx_evidence(x);
	at = &step[ATTEST];
	assert_int_equal(rx_attest(x), 200);
	at = &step[GET];
	assert_int_equal(rx_get(x), 200);
	x->now += RX_TIMEOUT;	/* keeps the table from filling */
}

/* Of one release, by steps. */
static double releases(struct rx *x, struct spent out[STEPS])
{
	double sum = 0;

	memset(step, 0, sizeof(step));
	for (int i = 0; i < EACH; i++)
		release_once(x);
	for (int i = 0; i < STEPS; i++) {
		out[i] = step[i];
		out[i].cpu /= EACH;
		out[i].wall /= EACH;
		out[i].waited /= EACH;
		out[i].waiting_cpu /= EACH;
		sum += out[i].cpu;
	}
	return sum;
}

/* What a release needs of them, in its order: no cache is warmer for one than in a release. */
static double bare(double part[PRIMITIVES])
{
	double from, sum = 0;

	for (int i = 0; i < EACH * PRIMITIVES; i++) {
		const struct primitive *p = &primitives[i % PRIMITIVES];

		from = now(CLOCK_PROCESS_CPUTIME_ID);
		for (int n = 0; n < p->needs; n++)
			p->run();
		part[i % PRIMITIVES] += now(CLOCK_PROCESS_CPUTIME_ID) - from;
	}
	for (int i = 0; i < PRIMITIVES; i++) {
		part[i] /= EACH;
		sum += part[i];
	}
	return sum;
}

/* One of each turn, ms but for ratios. */
static struct {
	double part[PRIMITIVES][TURNS], sum[TURNS], release[TURNS], ratio[TURNS], control[TURNS];
	double step[STEPS][TURNS], wall[TURNS], waited[TURNS], waiting_cpu[TURNS];
	int syncs;
} f;

static void turn(struct rx *x, int t)
{
	struct spent first[STEPS], again[STEPS];
	double part[PRIMITIVES] = { 0 };

	f.release[t] = releases(x, first);
	f.sum[t] = bare(part);
	for (int i = 0; i < PRIMITIVES; i++)
		f.part[i][t] = part[i];
	f.control[t] = f.release[t] / releases(x, again);
	f.ratio[t] = f.release[t] / f.sum[t];
	f.syncs = 0;
	for (int i = 0; i < STEPS; i++) {
		f.step[i][t] = first[i].cpu;
		f.wall[t] += first[i].wall;
		f.waited[t] += first[i].waited;
		f.waiting_cpu[t] += first[i].waiting_cpu;
		f.syncs += first[i].syncs;
	}
}

/* ---- words ------------------------------------------------------------------------- */

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

static void show(void)
{
	static const char *const steps[] = { "challenge", "appraisal, token", "key" };
	double release = median(f.release), wall = median(f.wall), ratio = median(f.ratio);

	for (int i = 0; i < PRIMITIVES; i++)
		printf("%d x %-40s %7.3f ms\n", primitives[i].needs, primitives[i].name,
		       median(f.part[i]));
	printf("%-44s %7.3f ms\n", "sum of the primitives", median(f.sum));
	printf("%-44s %7.3f ms of the processor\n", "release: challenge, appraisal, key", release);
	for (int i = 0; i < STEPS; i++)
		printf("  of it %-38s %7.3f ms\n", steps[i], median(f.step[i]));
	printf("%-44s %7.3f (%.3f to %.3f; control %.3f)\n", "release / sum (P15: 1.2)",
	       ratio, f.ratio[0], f.ratio[TURNS - 1], median(f.control));
	printf("%-44s %7.0f\n", "releases a second and processor", 1000 / release);
	printf("%-44s %7.3f ms, %.3f of them in %d synced writes,\n", "a release by the clock", wall,
	       median(f.waited), f.syncs / EACH);
	printf("%-44s %7.3f ms of the processor, not counted above\n", "  which take",
	       median(f.waiting_cpu));
}

/* Not inlined: callgrind collects what runs inside of it. */
__attribute__((noinline)) static void some(struct rx *x)
{
	for (int i = 0; i < SOME; i++)
		release_once(x);
	for (int i = 0; i < PRIMITIVES; i++)
		for (int n = 0; n < SOME; n++)
			primitives[i].run();
}

static void all(struct rx *x)
{
	for (int t = 0; t < TURNS; t++)
		turn(x, t);
	show();
}

int main(int argc, char **argv)
{
	void *state = NULL;

	if (!freopen("/dev/null", "w", stderr))	/* the journal */
		return 1;
	if (rx_group_setup(&state) || rx_setup(&state))
		return 1;
	release_once(state);
	primitives_make(((struct rx *)state)->pki, ((struct rx *)state)->bundle);
	if (argc > 1 && !strcmp(argv[1], "once"))
		some(state);
	else
		all(state);
	return rx_teardown(&state) || rx_group_teardown(&state);
}
