// SPDX-License-Identifier: MIT
/*
 * A clock that is heard late gives nobody one message more: what ends keys is kept from
 * running, on every CPU, by threads that the scheduler prefers to it.
 */
#define _GNU_SOURCE
#include "key_test.h"

#include <pthread.h>
#include <sched.h>

#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"

enum { CPUS = 8, HOGS = 10, CALLER = 20 };	/* the latter two are priorities */

/** struct busy - all CPUs are, but for who has a higher priority */
struct busy {
	pthread_t threads[CPUS];
	long cpus;
	volatile int ready;
	volatile bool over;
};

struct hog {
	struct busy *busy;
	int cpu;
};

static void prefer(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	ASSERT_EQ(sched_setscheduler(0, SCHED_FIFO, &param), 0);
}

/* Not for ever, whatever becomes of the test. */
static void *hog(void *arg)
{
	struct hog me = *(struct hog *)arg;
	uint64_t last = boot_ns() + ktap_seconds(5) * SECOND;
	cpu_set_t one;

	free(arg);
	CPU_ZERO(&one);
	CPU_SET(me.cpu, &one);
	ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	prefer(HOGS);
	__sync_fetch_and_add(&me.busy->ready, 1);
	while (!me.busy->over && boot_ns() < last)
		;
	return NULL;
}

static void keep_busy(struct busy *busy)
{
	struct hog *me;
	long i;

	busy->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	ASSERT_TRUE(busy->cpus <= CPUS);
	ASSERT_TRUE(write_to(RT_RUNTIME, "-1"));
	prefer(CALLER);
	for (i = 0; i < busy->cpus; i++) {
		me = malloc(sizeof(*me));
		*me = (struct hog){ busy, (int)i };
		ASSERT_EQ(pthread_create(&busy->threads[i], NULL, hog, me), 0);
	}
	while (busy->ready < busy->cpus)
		sleep_ns(MS);
}

static void let_go(struct busy *busy)
{
	struct sched_param none = { 0 };
	long i;

	busy->over = true;
	for (i = 0; i < busy->cpus; i++)
		pthread_join(busy->threads[i], NULL);
	ASSERT_EQ(sched_setscheduler(0, SCHED_OTHER, &none), 0);
	ASSERT_TRUE(write_to(RT_RUNTIME, "950000"));
}

/* The error of the first call that begins when it is over, or of one before. */
static int open_until(int key, const struct sealed_file *file, int buf, uint64_t over)
{
	uint64_t start;
	int ret;

	do {
		start = boot_ns();
		ret = key_open(key, file, buf, 0);
	} while (!ret && start < over);
	return ret;
}

/** struct scene - a key, one that it unwrapped, and a file for each */
struct scene {
	int session, key, child;
	struct ward_key_grant grant;
	struct sealed_file file, childs;
	uint8_t salt[WARD_KEY_SALT_LEN], wrapped[WARD_KEY_LEN + TAG];
	struct buf buf;
};

static struct scene scene_new(uint64_t lifetime_ns)
{
	struct scene sc = { .session = session_open(), .salt = { 8 } };
	static const uint8_t content[32] = { 7 };

	need_keys();
	sc.grant = grant_new(0, lifetime_ns);
	sc.file = file_new(&sc.grant, NULL, 1000, 1008);
	sc.childs = file_new(&sc.grant, content, 1000, 1008);
	wrap(&sc.grant, sc.salt, content, sc.wrapped);
	sc.buf = buf_get(sc.session, PAGE);
	sc.key = key_of(sc.session, &sc.grant);
	sc.child = key_unwrap(sc.key, sc.salt, sc.wrapped);
	ASSERT_GE(sc.child, 0);
	return sc;
}

/* With what was derived before, and with what would be derived now. */
static void expect_none(struct scene *sc, uint64_t over, int error)
{
	EXPECT_EQ(open_until(sc->key, &sc->file, sc->buf.fd, over), error);
	EXPECT_EQ(open_until(sc->child, &sc->childs, sc->buf.fd, over), error);
	sc->file.cmd.salt[0] ^= 1;
	EXPECT_EQ(key_open(sc->key, &sc->file, sc->buf.fd, 0), error);
	EXPECT_EQ(key_unwrap(sc->key, sc->salt, sc->wrapped), error);
}

TEST(a_lifetime_that_nobody_hears_the_end_of)
{
	struct scene sc = scene_new(500 * MS);
	struct busy busy = { .cpus = 0 };
	uint64_t over = key_info(sc.key).out_expires_ns;
	int i;

	ASSERT_EQ(key_open(sc.child, &sc.childs, sc.buf.fd, 0), 0);
	keep_busy(&busy);
	expect_none(&sc, over, -EKEYEXPIRED);
	let_go(&busy);
	for (i = 0; i < 1000 && !key_info(sc.child).out_end; i++)
		sleep_ns(10 * MS);
	EXPECT_EQ(key_info(sc.key).out_end, WARD_END_TIME);
	EXPECT_EQ(key_info(sc.child).out_end, WARD_END_TIME);
}

TEST(a_lease_that_nobody_hears_the_end_of)
{
	struct scene sc = scene_new(0);
	struct busy busy = { .cpus = 0 };
	uint64_t over;
	int i;

	over = lease_for(sc.session, 300 * MS);
	keep_busy(&busy);
	expect_none(&sc, over, -EKEYREVOKED);
	let_go(&busy);
	for (i = 0; i < 1000 && !key_info(sc.child).out_end; i++)
		sleep_ns(10 * MS);
	EXPECT_EQ(key_info(sc.key).out_end, WARD_END_LEASE);
	EXPECT_EQ(key_info(sc.child).out_end, WARD_END_LEASE);
}

KTAP_MAIN()
