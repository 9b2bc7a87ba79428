// SPDX-License-Identifier: MIT
/*
 * The module against a model of it: random operations of several processes and
 * threads, each with the answer that the headers promise, and every account
 * compared to the byte. See model/.
 *
 * What failed is told by seed and operation; the same seed does the same things
 * in the same order. /fw/model, one line "SEED OPERATIONS", asks for other than
 * the usual.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#include "model/world.h"
#include "ward_test.h"

enum {
	COMPARE = 10000,	/* operations between two comparisons */
	MANY = 100000,
	FEW = 10000,		/* where a run costs more than it tells */
	WORLDS = 3,
	THREADS = 4,
};

#define ROOM	(48ull << 20)

static uint64_t asked_seed, asked_count;

static void ask(void)
{
	FILE *f = fopen("/fw/model", "r");

	if (!f)
		return;
	if (fscanf(f, "%lli %lli", (long long *)&asked_seed, (long long *)&asked_count) != 2)
		ASSERT_TRUE(!"/fw/model is not SEED OPERATIONS");
	fclose(f);
}

/* Where somebody is likely to run it, a run is long. */
static uint64_t operations(void)
{
	bool debug = !access("/proc/lockdep", F_OK);
	int major = 0, minor = 0;
	struct utsname name;

	if (asked_count)
		return asked_count;
	if (!uname(&name))
		sscanf(name.release, "%d.%d", &major, &minor);
	return !debug && ((major == 6 && minor == 12) || major > 6) ? MANY : FEW;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void tell(const struct world *w, double seconds)
{
	ktap_note("seed 0x%llx: %llu operations in %.0f s; %llu sessions and %llu processes ended, "
		  "%llu buffers of %llu MiB wiped, %llu charges refused; %llu leases ran out, "
		  "%llu waits were granted and %llu killed",
		  (unsigned long long)w->seed, (unsigned long long)w->op, seconds,
		  (unsigned long long)w->shadow.ended, (unsigned long long)w->deaths,
		  (unsigned long long)w->shadow.wiped_buffers,
		  (unsigned long long)(w->shadow.wiped_bytes - w->wiped_before) >> 20,
		  (unsigned long long)(w->shadow.failed - w->failed_before),
		  (unsigned long long)w->leases, (unsigned long long)w->grants,
		  (unsigned long long)w->kills);
}

static void run(uint64_t seed, uint64_t count, bool local, bool alone, uint64_t room)
{
	struct world *w = world_new(seed, local, alone, room);
	double start = now();

	while (w->op < count) {
		world_step(w);
		if (w->op % COMPARE == 0)
			world_compare(w);
	}
	world_end(w);
	tell(w, now() - start);
	free(w);
}

/* What the tests before have left behind goes first. */
static void wait_for_silence(void)
{
	struct timespec nap = { .tv_nsec = 50000000 };
	int session = session_open(), i;

	ASSERT_GE(session, 0);
	for (i = 0; i < 200 && session_pressure(session).out_live_global; i++)
		nanosleep(&nap, NULL);
	EXPECT_EQ(session_pressure(session).out_live_global, 0);
	close(session);
}

static uint64_t seed_of_run(void)
{
	uint64_t seed;

	ask();
	seed = asked_seed ? asked_seed : told_seed();
	ktap_note("seed 0x%llx", (unsigned long long)seed);
	return seed;
}

TEST_TIMEOUT(alone, 86400)
{
	uint64_t seed = seed_of_run();

	wait_for_silence();
	run(seed, operations() / 10 * 6, false, true, ROOM);
}

/* ---- at once ---------------------------------------------------------------------- */

/* Others change the machine's figures; each world's own are as exact as before. */
TEST_TIMEOUT(worlds_of_processes_at_once, 86400)
{
	uint64_t seed = seed_of_run();
	pid_t pids[WORLDS];
	int i, status;

	wait_for_silence();
	for (i = 0; i < WORLDS; i++) {
		pids[i] = fork();
		ASSERT_GE(pids[i], 0);
		if (pids[i])
			continue;
		run(seed + i, operations() / 5 / WORLDS, false, false, ROOM / 2);
		_exit(0);
	}
	for (i = 0; i < WORLDS; i++) {
		ASSERT_EQ(waitpid(pids[i], &status, 0), pids[i]);
		EXPECT_EQ(status, 0);
	}
	wait_for_silence();
}

static void *thread_world(void *seed)
{
	run(*(uint64_t *)seed, operations() / 5 / THREADS, true, false, ROOM / 4);
	return NULL;
}

TEST_TIMEOUT(worlds_of_threads_at_once, 86400)
{
	uint64_t seed = seed_of_run(), seeds[THREADS];
	pthread_t threads[THREADS];
	int i;

	wait_for_silence();
	for (i = 0; i < THREADS; i++) {
		seeds[i] = seed + i;
		ASSERT_EQ(pthread_create(&threads[i], NULL, thread_world, &seeds[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	wait_for_silence();
}

int main(int argc, char **argv)
{
	actor_main(argc, argv);
	return ktap_main(argc, argv);
}
