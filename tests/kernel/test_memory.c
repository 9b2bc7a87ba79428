// SPDX-License-Identifier: MIT
/*
 * Where a buffer's memory comes from: 2 MiB folios mapped as such, smaller
 * ones where memory is cut into pieces, the caller's memory cgroup, and an
 * error rather than an OOM kill where there is none.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/stat.h>

#include "ward_test.h"

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

TEST(mapped_in_large_steps)
{
	int s = session_open();
	struct buf b = buf_get(s, 16 * HUGE);
	bool huge = session_info(s).out_features & WARD_FEATURE_HUGE;
	uint64_t large = buf_info(b.fd).out_huge;
	long faults = minor_faults();

	touch_all(b.p, b.length);
	faults = minor_faults() - faults;
	ktap_note("%ld faults for %lu pages, %llu MiB in folios of 2 MiB", faults,
		  b.length / PAGE, (unsigned long long)large >> 20);
	EXPECT_LE(faults, (huge ? large / HUGE + (b.length - large) / PAGE / 16
				: b.length / PAGE / 16) + 8);
}

/* After a split the rest is still there, by 4 KiB. */
TEST(split_of_a_large_step)
{
	int s = session_open();
	struct buf b = buf_get(s, 2 * HUGE);

	fill_words(b.p, b.length, 31);
	ASSERT_EQ(mprotect(b.p + 7 * PAGE, PAGE, PROT_READ), 0);
	EXPECT_TRUE(has_words(b.p, b.length, 31));
	EXPECT_EQ(touch(b.p + 6 * PAGE, true), 0);
	EXPECT_EQ(touch(b.p + 7 * PAGE, true), SIGSEGV);
	EXPECT_EQ(touch(b.p + 8 * PAGE, true), 0);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(b.p + 6 * PAGE, false), SIGBUS);
	EXPECT_EQ(touch(b.p + HUGE, false), SIGBUS);
}

/* ---- many threads at a page that nobody has touched yet ------------------------- */

#define THP_SWITCH	"/sys/kernel/mm/transparent_hugepage/enabled"

enum { TOUCHERS = 4, TOUCH_ROUNDS = 150 };

static struct {
	unsigned char *p;
	pthread_barrier_t gate;
} first;

static void *touch_first(void *step)
{
	volatile unsigned char *p = first.p + (intptr_t)step * 5 * PAGE;
	int i;

	for (i = 0; i < TOUCH_ROUNDS; i++) {
		pthread_barrier_wait(&first.gate);
		p[0] = 1;
		p[HUGE] = 1;
		pthread_barrier_wait(&first.gate);
	}
	return NULL;
}

/* The mapping is taken away and made again, at the same place, between rounds. */
static void race_to_first_touch(void)
{
	int s = session_open(), i;
	struct buf b = buf_get(s, 2 * HUGE);
	pthread_t threads[TOUCHERS];

	first.p = b.p;
	ASSERT_EQ(pthread_barrier_init(&first.gate, NULL, TOUCHERS + 1), 0);
	for (i = 0; i < TOUCHERS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, touch_first, (void *)(intptr_t)i), 0);
	for (i = 0; i < TOUCH_ROUNDS; i++) {
		ASSERT_EQ(munmap(b.p, b.length), 0);
		ASSERT_TRUE(mmap(b.p, b.length, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_FIXED, b.fd, 0) == b.p);
		pthread_barrier_wait(&first.gate);
		pthread_barrier_wait(&first.gate);
	}
	for (i = 0; i < TOUCHERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
}

TEST_TIMEOUT(threads_touch_at_once, 300)
{
	race_to_first_touch();
}

/* The word in brackets of "always [madvise] never". */
static void read_choice(const char *path, char *word, size_t n)
{
	char text[128] = "", *open_at, *close_at;
	FILE *f = fopen(path, "r");

	ASSERT_TRUE(f && fgets(text, sizeof(text), f));
	fclose(f);
	open_at = strchr(text, '[');
	close_at = strchr(text, ']');
	ASSERT_TRUE(open_at && close_at);
	snprintf(word, n, "%.*s", (int)(close_at - open_at - 1), open_at + 1);
}

/* Large steps do not hang on THP's switch; the kernel asks another way then. */
TEST_TIMEOUT(threads_touch_at_once_without_thp, 300)
{
	int s = session_open();
	char before[32];
	struct buf b;
	long faults;

	if (access(THP_SWITCH, F_OK))
		SKIP("this kernel has no transparent huge pages");
	read_choice(THP_SWITCH, before, sizeof(before));
	ASSERT_TRUE(write_to(THP_SWITCH, "never"));
	race_to_first_touch();
	b = buf_get(s, 8 * HUGE);
	faults = minor_faults();
	touch_all(b.p, b.length);
	faults = minor_faults() - faults;
	ASSERT_TRUE(write_to(THP_SWITCH, before));
	if (buf_info(b.fd).out_huge == b.length &&
	    session_info(s).out_features & WARD_FEATURE_HUGE)
		EXPECT_LE(faults, 8 + 8);
}

/* ---- memory in pieces --------------------------------------------------------- */

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

#define EAT_STEP	(4 * HUGE)

enum { EAT_MOST = 512 };	/* steps */

/*
 * Locks memory by 4 KiB until little is free, then frees every other page. The
 * kernel keeps up to 45 MiB of this guest for itself where THP is on.
 */
static void cut_memory_in_pieces(void)
{
	static unsigned char *eaten[EAT_MOST];
	unsigned int n, i;
	size_t at;

	ASSERT_TRUE(write_to("/proc/sys/vm/compact_unevictable_allowed", "0"));
	for (n = 0; n < EAT_MOST && meminfo("MemFree") > 96ul << 20; n++) {
		eaten[n] = mmap(NULL, EAT_STEP, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_TRUE(eaten[n] != MAP_FAILED);
		madvise(eaten[n], EAT_STEP, MADV_NOHUGEPAGE);
		ASSERT_EQ(mlock(eaten[n], EAT_STEP), 0);
	}
	for (i = 0; i < n; i++)
		for (at = 0; at < EAT_STEP; at += 2 * PAGE)
			ASSERT_EQ(madvise(eaten[i] + at, PAGE, MADV_DONTNEED_LOCKED), 0);
}

/* The first of several buffers that did not get whole folios any more. */
static struct buf buf_in_pieces(int s)
{
	struct buf b;
	int i;

	for (i = 0; i < 10; i++) {
		b = buf_get(s, 12 * HUGE);
		ktap_note("%llu of %llu MiB in folios of 2 MiB",
			  (unsigned long long)buf_info(b.fd).out_huge >> 20,
			  (unsigned long long)b.length >> 20);
		if (buf_info(b.fd).out_huge < b.length)
			break;
	}
	ASSERT_LT(buf_info(b.fd).out_huge, b.length);
	return b;
}

TEST_TIMEOUT(memory_in_pieces_will_do, 300)
{
	struct rlimit lock = { RLIM_INFINITY, RLIM_INFINITY };
	int s = session_open();
	struct buf b;

	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &lock), 0);
	cut_memory_in_pieces();
	b = buf_in_pieces(s);
	EXPECT_TRUE(all_zero(b.p, b.length));
	fill_words(b.p, b.length, 33);
	EXPECT_TRUE(has_words(b.p, b.length, 33));
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	EXPECT_EQ(touch(b.p, false), SIGBUS);
	EXPECT_EQ(touch(b.p + b.length - 1, false), SIGBUS);
	write_to("/proc/sys/vm/compact_unevictable_allowed", "1");
}

/* ---- memory cgroup --------------------------------------------------------------- */

#define GROUP	"/sys/fs/cgroup/ward-test"

static uint64_t group_value(const char *file)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), GROUP "/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_GT(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	return strtoull(text, NULL, 10);
}

static void enter_group(const char *max)
{
	char pid[16];

	write_to("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0755);
	ASSERT_TRUE(write_to(GROUP "/memory.max", max));
	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_TRUE(write_to(GROUP "/cgroup.procs", pid));
}

TEST(charged_to_the_callers_cgroup)
{
	uint64_t before, during;
	struct buf b;
	int s;

	enter_group("max");
	s = session_open();
	before = group_value("memory.current");
	b = buf_get(s, 8 * HUGE);
	during = group_value("memory.current");
	EXPECT_GE(during, before + b.length - HUGE / 2);
	EXPECT_EQ(buf_wipe(b.fd), b.length);
	/* It lies in the session's pool, and still costs whom it cost. */
	EXPECT_EQ(session_info(s).out_pool, b.length);
	EXPECT_GE(group_value("memory.current"), before + b.length - HUGE / 2);
	close(s);
	EXPECT_LE(group_value("memory.current"), before + HUGE);
}

/* The cgroup's limit answers like an allocator that has nothing: no kill. */
TEST(limit_of_the_cgroup_is_no_kill)
{
	int s, fd;

	enter_group("24M");
	s = session_open();
	fd = buf_alloc(s, 32 * HUGE);
	EXPECT_EQ(fd, -ENOMEM);
	EXPECT_EQ(session_info(s).out_live, 0);
	fd = buf_alloc(s, 2 * HUGE);
	EXPECT_GE(fd, 0);
	ASSERT_TRUE(write_to(GROUP "/memory.max", "max"));
}

KTAP_MAIN()
