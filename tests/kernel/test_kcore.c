// SPDX-License-Identifier: MIT
/*
 * /proc/kcore shows root the kernel's memory, and a crash dump is cut by the
 * same marks. Pages of a class A buffer are not in it; pages of an ordinary
 * process, searched for in the same pass and the same way, are.
 *
 * What is searched for are runs of words each of which is a function of the
 * one before it: two functions, one for each kind of memory. So the search
 * holds no copy of what it looks for, and finds a page wherever it lies.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <inttypes.h>

#include "ward_test.h"

#define LENGTH	(4 * HUGE + 4 * PAGE)

enum { RUN = 8 };			/* so many words in a row are no chance */
enum { WINDOW = 1 << 20 };		/* bytes read at once */

static inline uint64_t hidden_step(uint64_t x)
{
	x ^= x >> 12;
	x ^= x << 25;
	return x ^ x >> 27;
}

static inline uint64_t plain_step(uint64_t x)
{
	x ^= x << 23;
	x ^= x >> 17;
	return x ^ x << 26;
}

typedef uint64_t step_fn(uint64_t x);

/* One run through the whole memory, which is cut wherever frames are not adjacent. */
static inline __attribute__((always_inline))
void fill_runs(unsigned char *p, size_t n, step_fn *step)
{
	uint64_t seed = fresh_seed();
	size_t at;

	for (at = 0; at < n; at += 8) {
		*(volatile uint64_t *)(p + at) = seed;
		seed = step(seed);
	}
}

/* Words seen, of either kind. */
struct hits {
	uint64_t hidden;
	uint64_t plain;
	uint64_t bytes;
};

static inline __attribute__((always_inline))
uint64_t count_runs(const uint64_t *w, size_t n, step_fn *step)
{
	uint64_t hits = 0;
	unsigned int run = 0;
	size_t i;

	for (i = 1; i < n; i++) {
		run = w[i - 1] && w[i] == step(w[i - 1]) ? run + 1 : 0;
		hits += run >= RUN;
	}
	return hits;
}

static void search(int core, uint64_t offset, uint64_t size, struct hits *hits)
{
	static uint64_t window[WINDOW / 8];
	uint64_t at;
	ssize_t n;

	for (at = 0; at < size; at += WINDOW) {
		n = pread(core, window, size - at < WINDOW ? size - at : WINDOW, offset + at);
		if (n <= 0)
			continue;	/* a hole, or memory that is not there */
		hits->bytes += n;
		hits->hidden += count_runs(window, n / 8, hidden_step);
		hits->plain += count_runs(window, n / 8, plain_step);
	}
	memset(window, 0, sizeof(window));
}

/* Segments of the direct map are those that are no larger than memory is. */
static struct hits search_kcore(void)
{
	int core = open("/proc/kcore", O_RDONLY);
	struct hits hits = { 0 };
	Elf64_Phdr phdr;
	Elf64_Ehdr ehdr;
	int i;

	ASSERT_GE(core, 0);
	ASSERT_EQ(pread(core, &ehdr, sizeof(ehdr), 0), sizeof(ehdr));
	ASSERT_MEMEQ(ehdr.e_ident, ELFMAG, SELFMAG);
	for (i = 0; i < ehdr.e_phnum; i++) {
		ASSERT_EQ(pread(core, &phdr, sizeof(phdr), ehdr.e_phoff + i * sizeof(phdr)),
			  sizeof(phdr));
		if (phdr.p_type == PT_LOAD && phdr.p_memsz <= 1ull << 33 &&
		    phdr.p_paddr != ~0ull)
			search(core, phdr.p_offset, phdr.p_memsz, &hits);
	}
	close(core);
	return hits;
}

TEST_TIMEOUT(buffers_are_not_in_kcore, 600)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	unsigned char *plain = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct hits hits;

	ASSERT_TRUE(plain != MAP_FAILED);
	fill_runs(b.p, LENGTH, hidden_step);
	fill_runs(plain, LENGTH, plain_step);
	hits = search_kcore();
	ktap_note("%" PRIu64 " MiB searched; words: buffer %" PRIu64 ", ordinary memory %" PRIu64,
		  hits.bytes >> 20, hits.hidden, hits.plain);
	EXPECT_GE(hits.plain, LENGTH / 8 / 2);
	EXPECT_EQ(hits.hidden, 0);
	/* The search did not disturb what it could not see. */
	EXPECT_EQ(*(uint64_t *)(b.p + 8), hidden_step(*(uint64_t *)b.p));
}

/*
 * Small pieces come from elsewhere than large ones: what the kernel freed of its
 * own image is among them, and shows in kcore a second time, by the image's own
 * mapping.
 */
TEST_TIMEOUT(small_buffers_are_not_in_kcore, 600)
{
	int s = session_open(), i;
	struct hits hits;
	struct buf b;

	for (i = 0; i < 360; i++) {
		b = buf_get(s, PAGE << i % 9);
		fill_runs(b.p, b.length, hidden_step);
	}
	hits = search_kcore();
	ktap_note("%" PRIu64 " MiB searched; words of 360 buffers: %" PRIu64,
		  hits.bytes >> 20, hits.hidden);
	EXPECT_GT(hits.bytes, 256 << 20);
	EXPECT_EQ(hits.hidden, 0);
}

/* A run that a search can find is found: the same function, ordinary memory. */
TEST_TIMEOUT(the_search_would_find_them, 600)
{
	unsigned char *plain = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct hits hits;

	ASSERT_TRUE(plain != MAP_FAILED);
	fill_runs(plain, LENGTH, hidden_step);
	hits = search_kcore();
	EXPECT_GE(hits.hidden, LENGTH / 8 / 2);
	memset(plain, 0, LENGTH);
}

KTAP_MAIN()
