// SPDX-License-Identifier: MIT
/*
 * When a buffer has its memory: at once, or with WARD_BUF_LAZY 2 MiB at a time
 * at the first touch; and when its page table is filled: by faults, or with
 * WARD_BUF_POPULATE before mmap() returns.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "ward_test.h"

/* ---- lazy ------------------------------------------------------------------- */

TEST(memory_comes_with_the_first_touch)
{
	int s = session_open();
	struct buf b = buf_get_with(s, 4 * HUGE + 3 * PAGE, WARD_BUF_LAZY);

	EXPECT_EQ(session_info(s).out_live, b.length);
	EXPECT_EQ(buf_info(b.fd).out_present, 0);
	EXPECT_EQ(buf_info(b.fd).out_huge, 0);
	EXPECT_EQ(b.p[2 * HUGE + 5], 0);
	EXPECT_EQ(buf_info(b.fd).out_present, HUGE);
	b.p[b.length - 1] = 1;
	EXPECT_EQ(buf_info(b.fd).out_present, HUGE + 3 * PAGE);
	EXPECT_TRUE(all_zero(b.p, 4 * HUGE));
	EXPECT_EQ(buf_info(b.fd).out_present, b.length);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(buf_info(b.fd).out_present, 0);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(what_was_never_touched_ends_too)
{
	int s = session_open();
	struct buf b = buf_get_with(s, 4 * HUGE, WARD_BUF_LAZY);

	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(b.p, true), SIGBUS);
	buf_drop(&b);
	b.fd = buf_alloc_with(s, HUGE, WARD_BUF_LAZY);
	close(b.fd);
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_EQ(session_info(s).out_pool, 0);
}

/* A buffer without the flag says that it has all of its memory. */
TEST(eager_is_all_there)
{
	int s = session_open();
	struct buf b = buf_get(s, HUGE + PAGE);

	EXPECT_EQ(buf_info(b.fd).out_present, b.length);
	EXPECT_EQ(buf_alloc_with(s, HUGE, WARD_BUF_LAZY | WARD_BUF_POPULATE), -EINVAL);
}

TEST(the_kernel_may_be_first)
{
	int s = session_open(), fd = open("/dev/zero", O_RDONLY);
	struct buf b = buf_get_with(s, 2 * HUGE, WARD_BUF_LAZY);

	ASSERT_EQ(read(fd, b.p + HUGE - PAGE, 2 * PAGE), 2 * PAGE);
	EXPECT_EQ(buf_info(b.fd).out_present, 2 * HUGE);
}

TEST(lazy_memory_comes_from_the_pool)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);

	fill_words(b.p, b.length, 5);
	buf_drop(&b);
	ASSERT_EQ(session_info(s).out_pool, 2 * HUGE);
	b = buf_get_with(s, 2 * HUGE, WARD_BUF_LAZY);
	EXPECT_EQ(session_info(s).out_pool, 2 * HUGE);
	EXPECT_TRUE(all_zero(b.p, HUGE));
	EXPECT_EQ(session_info(s).out_pool, HUGE);
}

enum { THREADS = 4, ROUNDS = 60 };

static struct {
	unsigned char *p;
	pthread_barrier_t gate;
} race;

static void *write_own_pages(void *id)
{
	uint64_t seed = (intptr_t)id + 1;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&race.gate);
		fill_words(race.p + (intptr_t)id * 8 * PAGE, 8 * PAGE, seed);
		pthread_barrier_wait(&race.gate);
	}
	return NULL;
}

/* All threads hit a chunk that isn't there; one of theirs becomes it. */
TEST_TIMEOUT(threads_at_the_same_chunk, 300)
{
	int s = session_open(), i, t;
	pthread_t threads[THREADS];

	ASSERT_EQ(pthread_barrier_init(&race.gate, NULL, THREADS + 1), 0);
	for (t = 0; t < THREADS; t++)
		ASSERT_EQ(pthread_create(&threads[t], NULL, write_own_pages,
					 (void *)(intptr_t)t), 0);
	for (i = 0; i < ROUNDS; i++) {
		struct buf b = buf_get_with(s, HUGE, WARD_BUF_LAZY);

		race.p = b.p;
		pthread_barrier_wait(&race.gate);
		pthread_barrier_wait(&race.gate);
		for (t = 0; t < THREADS; t++)
			EXPECT_TRUE(has_words(b.p + t * 8 * PAGE, 8 * PAGE, t + 1));
		EXPECT_TRUE(all_zero(b.p + THREADS * 8 * PAGE, HUGE - THREADS * 8 * PAGE));
		EXPECT_EQ(buf_info(b.fd).out_present, HUGE);
		EXPECT_EQ(buf_wipe(b.fd), HUGE);
		buf_drop(&b);
	}
	for (t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	EXPECT_EQ(session_info(s).out_live, 0);
}

static uint64_t meminfo(const char *field)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long long kib = 0;
	char line[128];

	ASSERT_TRUE(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			sscanf(strchr(line, ':') + 1, "%llu", &kib);
	fclose(f);
	return kib << 10;
}

static void *touch_for_ever(void *p)
{
	touch_all(p, 16 * HUGE);
	return NULL;
}

static int killed_session;

static void fault_until_killed(int sock)
{
	struct buf b = buf_get_with(killed_session, 16 * HUGE, WARD_BUF_LAZY);
	pthread_t thread;
	int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, touch_for_ever, b.p);
	say(sock);
	touch_for_ever(b.p);
	pause();
}

/* Killed in the middle of getting memory: it is there for nobody, and not lost. */
TEST_TIMEOUT(killed_while_faulting, 300)
{
	struct timespec nap = { 0 };
	uint64_t before;
	int i;

	killed_session = session_open();
	before = meminfo("MemAvailable");
	for (i = 0; i < 24; i++) {
		struct peer peer = peer_start(fault_until_killed);

		hear(peer.sock);
		nap.tv_nsec = i * 1500000;
		nanosleep(&nap, NULL);
		peer_kill(&peer);
		ASSERT_EQ(session_info(killed_session).out_live, 0);
	}
	/* A round that lost its memory would miss up to 32 MiB. */
	EXPECT_GE(meminfo("MemAvailable") + 24 * HUGE, before);
}

static __thread sigjmp_buf out;

static void leave(int sig)
{
	siglongjmp(out, sig);
}

static void *touch_until_bus(void *p)
{
	if (!sigsetjmp(out, 1))
		for (;;)
			touch_all(p, 8 * HUGE);
	return NULL;
}

TEST_TIMEOUT(wiped_while_faulting, 300)
{
	struct sigaction act = { .sa_handler = leave };
	int s = session_open(), i, t;
	pthread_t threads[THREADS];
	struct timespec nap = { 0 };

	sigaction(SIGBUS, &act, NULL);
	for (i = 0; i < 24; i++) {
		struct buf b = buf_get_with(s, 8 * HUGE, WARD_BUF_LAZY);

		for (t = 0; t < THREADS; t++)
			ASSERT_EQ(pthread_create(&threads[t], NULL, touch_until_bus, b.p), 0);
		nap.tv_nsec = i * 500000;
		nanosleep(&nap, NULL);
		EXPECT_EQ(buf_wipe(b.fd), b.length);
		for (t = 0; t < THREADS; t++)
			pthread_join(threads[t], NULL);
		EXPECT_EQ(touch(b.p, false), SIGBUS);
		buf_drop(&b);
	}
	EXPECT_EQ(session_info(s).out_live, 0);
	EXPECT_LE(session_info(s).out_pool, 8 * HUGE);
}

#define GROUP	"/sys/fs/cgroup/ward-lazy"

static void enter_group(const char *max)
{
	char pid[16];

	write_to("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0755);
	ASSERT_TRUE(write_to(GROUP "/memory.max", max));
	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_TRUE(write_to(GROUP "/cgroup.procs", pid));
}

/* SIGBUS and not a kill: what is there stays, and can be wiped. */
TEST(no_memory_is_a_bus_error)
{
	int s, sig = 0;
	struct buf b;
	size_t at;

	enter_group("24M");
	s = session_open();
	b = buf_get_with(s, 32 * HUGE, WARD_BUF_LAZY);
	for (at = 0; at < b.length && !sig; at += HUGE)
		sig = touch(b.p + at, true);
	EXPECT_EQ(sig, SIGBUS);
	EXPECT_GE(buf_info(b.fd).out_present, 2 * HUGE);
	EXPECT_LE(buf_info(b.fd).out_present, 24ul << 20);
	EXPECT_EQ(b.p[0], 0x5a);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	ASSERT_TRUE(write_to(GROUP "/memory.max", "max"));
}

/*
 * Two buffers that each fill the cgroup, one after the other and each with its
 * own sizes: what the first leaves in the pool does not stand in the way, of
 * the second or of the heap.
 */
TEST(a_pool_gives_way_within_its_cgroup)
{
	unsigned char *heap;
	struct buf b;
	int s;

	enter_group("48M");
	s = session_open();
	b = buf_get(s, 16 * HUGE);
	buf_drop(&b);
	EXPECT_EQ(session_info(s).out_pool, 16 * HUGE);
	heap = mmap(NULL, 32ul << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(heap != MAP_FAILED);
	touch_all(heap, 32ul << 20);
	EXPECT_LT(session_info(s).out_pool, 16 * HUGE);
	munmap(heap, 32ul << 20);
	b = buf_get(s, 16 * HUGE);
	buf_drop(&b);
	EXPECT_GE(session_info(s).out_pool, 8 * HUGE);
	b.fd = buf_alloc_with(s, 16 * HUGE - PAGE, 0);
	EXPECT_GE(b.fd, 0);
	ASSERT_TRUE(write_to(GROUP "/memory.max", "max"));
}

static void set_volatile(int fd)
{
	struct ward_buf_volatile cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(fd, WARD_BUF_VOLATILE, &cmd), 0);
}

/* What the session itself may do without makes room before a bus error. */
TEST(volatile_buffers_make_room_for_a_fault)
{
	struct buf cache, b;
	int s;

	enter_group("32M");
	s = session_open();
	cache = buf_get(s, 10 * HUGE);
	set_volatile(cache.fd);
	b = buf_get_with(s, 10 * HUGE, WARD_BUF_LAZY);
	touch_all(b.p, b.length);
	EXPECT_EQ(buf_info(b.fd).out_present, b.length);
	EXPECT_EQ(buf_info(cache.fd).out_end, WARD_END_PURGE);
	EXPECT_EQ(touch(cache.p, false), SIGBUS);
	ASSERT_TRUE(write_to(GROUP "/memory.max", "max"));
}

/* ---- populated ---------------------------------------------------------------- */

static long faults_of(unsigned char *p, size_t n)
{
	long before = minor_faults();

	touch_all(p, n);
	return minor_faults() - before;
}

TEST(populated_never_faults)
{
	static const uint64_t lengths[] = {
		PAGE, 7 * PAGE, HUGE, HUGE + PAGE, 16 * HUGE, 16 * HUGE + 100 * PAGE,
	};
	int s = session_open();
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct buf b = { .fd = buf_alloc_with(s, lengths[i], WARD_BUF_POPULATE) };
		long faults = minor_faults();

		ASSERT_GE(b.fd, 0);
		b.length = lengths[i];
		b.p = buf_map(b.fd, b.length);
		ASSERT_TRUE(b.p != MAP_FAILED);
		faults = minor_faults() - faults;
		EXPECT_LE(faults, 6);
		EXPECT_EQ(faults_of(b.p, b.length), 0);
		EXPECT_EQ(buf_wipe(b.fd), b.length);
		EXPECT_EQ(touch(b.p, false), SIGBUS);
		EXPECT_EQ(touch(b.p + b.length - 1, false), SIGBUS);
		buf_drop(&b);
	}
}

/* Neither an address that large pages can't have, nor a table's border matters. */
TEST(populated_anywhere)
{
	uint64_t length = 6 * HUGE + 3 * PAGE, room = 3ul << 30;
	int s = session_open(), fd;
	unsigned char *place, *p, *at[3];
	int i;

	place = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE(place != MAP_FAILED);
	p = (void *)(((uintptr_t)place + (1ul << 30)) & -(1ul << 30));
	at[0] = p + (1ul << 30) - 2 * HUGE;	/* over the border, aligned */
	at[1] = p + (1ul << 30) - 2 * HUGE - 5 * PAGE;
	at[2] = p + 511 * PAGE;
	for (i = 0; i < 3; i++) {
		fd = buf_alloc_with(s, length, WARD_BUF_POPULATE);
		ASSERT_GE(fd, 0);
		p = mmap(at[i], length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
		ASSERT_TRUE(p == at[i]);
		EXPECT_EQ(faults_of(p, length), 0);
		EXPECT_TRUE(p[length - PAGE] == 1);
		EXPECT_EQ(buf_wipe(fd), length);
		EXPECT_EQ(touch(p + length - 1, false), SIGBUS);
		munmap(p, length);
		close(fd);
	}
}

TEST(populated_for_reading)
{
	int s = session_open(), fd = buf_alloc_with(s, 2 * HUGE + PAGE, WARD_BUF_POPULATE);
	unsigned char *p = mmap(NULL, 2 * HUGE + PAGE, PROT_READ, MAP_SHARED, fd, 0);
	long before;

	ASSERT_TRUE(p != MAP_FAILED);
	before = minor_faults();
	EXPECT_TRUE(all_zero(p, 2 * HUGE + PAGE));
	EXPECT_EQ(minor_faults() - before, 0);
	EXPECT_EQ(touch(p, true), SIGSEGV);
}

/* What is unmapped in part loses that part alone. */
TEST(populated_and_cut)
{
	int s = session_open();
	struct buf b = buf_get_with(s, 4 * HUGE, WARD_BUF_POPULATE);

	fill_words(b.p, b.length, 3);
	ASSERT_EQ(munmap(b.p + HUGE, HUGE), 0);
	EXPECT_EQ(faults_of(b.p + 2 * HUGE, 2 * HUGE), 0);
	ASSERT_EQ(munmap(b.p + 2 * HUGE + 16 * PAGE, PAGE), 0);
	EXPECT_TRUE(has_words(b.p, HUGE, 3));
	EXPECT_EQ(touch(b.p + HUGE, false), SIGSEGV);
	EXPECT_EQ(touch(b.p + 2 * HUGE + 16 * PAGE, false), SIGSEGV);
	EXPECT_EQ(touch(b.p + 2 * HUGE + 17 * PAGE, true), 0);
	EXPECT_EQ(touch(b.p + 2 * HUGE + 15 * PAGE, true), 0);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(b.p + 2 * HUGE, false), SIGBUS);
	EXPECT_EQ(touch(b.p + 3 * HUGE, false), SIGBUS);
}

/*
 * A mapping that fails, or that its buffer ends under, leaves no entry behind
 * (CVE-2024-47674: the part that was mapped when it failed stayed).
 */
static struct {
	int fd;
	atomic_bool go;
} ending;

static void *wipe_at_go(void *unused)
{
	while (!ending.go)
		;
	buf_wipe(ending.fd);
	return unused;
}

TEST_TIMEOUT(ended_while_populating, 300)
{
	int s = session_open(), i, spin;
	pthread_t thread;

	for (i = 0; i < 120; i++) {
		struct buf b = {
			.fd = buf_alloc_with(s, 4 * HUGE, WARD_BUF_POPULATE),
			.length = 4 * HUGE,
		};

		ASSERT_GE(b.fd, 0);
		ending.fd = b.fd;
		ending.go = false;
		ASSERT_EQ(pthread_create(&thread, NULL, wipe_at_go, NULL), 0);
		ending.go = true;
		for (spin = 0; spin < i * 50; spin++)
			__asm__ volatile("");
		b.p = buf_map(b.fd, b.length);
		EXPECT_TRUE(b.p != MAP_FAILED || errno == EOWNERDEAD);
		pthread_join(thread, NULL);
		if (b.p != MAP_FAILED) {
			EXPECT_EQ(touch(b.p, false), SIGBUS);
			EXPECT_EQ(touch(b.p + b.length - 1, true), SIGBUS);
			munmap(b.p, b.length);
		}
		close(b.fd);
	}
	EXPECT_EQ(session_info(s).out_live, 0);
}

TEST(second_mapping_leaves_nothing)
{
	int s = session_open();
	struct buf b = buf_get_with(s, HUGE, WARD_BUF_POPULATE);
	unsigned char *p = mmap(NULL, HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT_TRUE(mmap(p, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, b.fd, 0) ==
		    MAP_FAILED);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(touch(p, false), SIGSEGV);
	EXPECT_EQ(faults_of(b.p, b.length), 0);
}

KTAP_MAIN()
