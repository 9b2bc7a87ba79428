// SPDX-License-Identifier: MIT
/*
 * What the owner of a mapping may ask of the kernel's memory management: none
 * of it makes a second mapping, tells a page's place, or changes what the
 * buffer holds; and after all of it a wipe still reaches every byte. Buffers
 * are large enough to be mapped by 2 MiB where the kernel does that.
 */
#define _GNU_SOURCE
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <sys/syscall.h>

#include "ward_test.h"

enum { ADVICE_LAST = 30, GUARD_INSTALL = 102, GUARD_REMOVE = 103 };

static struct buf filled(uint64_t seed)
{
	struct buf b = buf_get(session_open(), 2 * HUGE);

	fill_words(b.p, b.length, seed);
	return b;
}

/* Unharmed, and then gone for good. */
static void holds_and_ends(struct buf *b, uint64_t seed)
{
	EXPECT_TRUE(has_words(b->p, b->length, seed));
	EXPECT_EQ(buf_wipe(b->fd), b->length);
	EXPECT_EQ(touch(b->p, false), SIGBUS);
	EXPECT_EQ(touch(b->p + b->length - 1, true), SIGBUS);
	buf_drop(b);
}

TEST(no_advice_changes_it)
{
	uint64_t seed = fresh_seed();
	struct buf b = filled(seed);
	int advice;

	for (advice = 0; advice <= ADVICE_LAST; advice++) {
		madvise(b.p, b.length, advice);
		madvise(b.p + PAGE, PAGE, advice);
		if (!has_words(b.p, b.length, seed))
			ktap_note("advice %d", advice);
		ASSERT_TRUE(has_words(b.p, b.length, seed));
	}
	EXPECT_EQ(madvise(b.p, PAGE, GUARD_INSTALL), -1);
	madvise(b.p, PAGE, GUARD_REMOVE);
	holds_and_ends(&b, seed);
}

TEST(no_second_mapping_by_mremap)
{
	uint64_t seed = fresh_seed();
	struct buf b = filled(seed);

	EXPECT_TRUE(mremap(b.p, 0, b.length, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_TRUE(mremap(b.p, 0, PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
#ifdef MREMAP_DONTUNMAP
	EXPECT_TRUE(mremap(b.p, b.length, b.length,
			   MREMAP_MAYMOVE | MREMAP_DONTUNMAP) == MAP_FAILED);
#endif
	EXPECT_EQ(buf_info(b.fd).out_mapped, 1);
	holds_and_ends(&b, seed);
}

TEST(no_shifted_pages)
{
	uint64_t seed = fresh_seed();
	struct buf b = filled(seed);

	EXPECT_EQ(syscall(SYS_remap_file_pages, b.p, PAGE, 0, 1, 0), -1);
	EXPECT_EQ(syscall(SYS_remap_file_pages, b.p, b.length, 0, 1, 0), -1);
	munmap(b.p, b.length);
	b.p = buf_map(b.fd, b.length);
	ASSERT_TRUE(b.p != MAP_FAILED);
	holds_and_ends(&b, seed);
}

TEST(locked_and_populated)
{
	uint64_t seed = fresh_seed();
	struct buf b = filled(seed);

	mlock(b.p, b.length);
	mlockall(MCL_CURRENT);
	EXPECT_TRUE(has_words(b.p, b.length, seed));
	munlockall();
	munmap(b.p, b.length);
	b.p = mmap(NULL, b.length, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_POPULATE | MAP_LOCKED, b.fd, 0);
	ASSERT_TRUE(b.p != MAP_FAILED);
	holds_and_ends(&b, seed);
}

static void move_to_node(unsigned char *p, int node)
{
	void *pages[] = { p, p + PAGE };
	int nodes[] = { node, node }, status[2] = { 0 };

	syscall(SYS_move_pages, 0, 2, pages, nodes, status, MPOL_MF_MOVE_ALL);
	EXPECT_NE(status[0], node);
}

TEST(does_not_migrate)
{
	uint64_t seed = fresh_seed();
	struct buf b = filled(seed);
	unsigned long mask = 1;

	/* No page asked for: an answer tells that the call is there. */
	if (syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0) < 0 && errno == ENOSYS)
		SKIP("this kernel knows no memory nodes");
	syscall(SYS_mbind, b.p, b.length, MPOL_BIND, &mask, 8 * sizeof(mask),
		MPOL_MF_MOVE_ALL | MPOL_MF_STRICT);
	move_to_node(b.p, 0);
	syscall(SYS_migrate_pages, 0, 8 * sizeof(mask), &mask, &mask);
	holds_and_ends(&b, seed);
}

/* Read to the end, whatever it says. */
static void walk(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		ktap_note("no %s", path);
		return;
	}
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void clear_refs(const char *what)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	EXPECT_EQ(write(fd, what, 1), 1);
	close(fd);
}

static uint64_t pagemap_of(const void *p)
{
	uint64_t entry = ~0ull;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(pread(fd, &entry, sizeof(entry), (uintptr_t)p / PAGE * sizeof(entry)),
		  sizeof(entry));
	close(fd);
	return entry;
}

TEST(walkers_see_no_pages)
{
	uint64_t seed = fresh_seed();
	struct buf b = filled(seed);
	unsigned char in_core[2 * HUGE / PAGE];

	walk("/proc/self/smaps");
	walk("/proc/self/smaps_rollup");
	walk("/proc/self/numa_maps");
	mincore(b.p, b.length, in_core);
	clear_refs("1");
	clear_refs("4");
	/* Bits 0 to 54: the frame. Root would be told. */
	EXPECT_EQ(pagemap_of(b.p) & ((1ull << 55) - 1), 0);
	EXPECT_EQ(pagemap_of(b.p + b.length - PAGE) & ((1ull << 55) - 1), 0);
	holds_and_ends(&b, seed);
}

static int uffd_register(int fd, const struct buf *b, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)b->p, .len = b->length },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &reg) < 0 ? -errno : 0;
}

/* By the program and by the kernel for it; nothing is changed. */
static void access_ends(struct buf *b)
{
	int ends[2], sig = touch(b->p, false);
	ssize_t n;

	EXPECT_TRUE(sig == 0 || sig == SIGBUS);
	ASSERT_EQ(pipe(ends), 0);
	n = write(ends[1], b->p + b->length - PAGE, 8);
	EXPECT_TRUE(n == 8 || (n == -1 && errno == EFAULT));
	close(ends[0]);
	close(ends[1]);
}

/*
 * Missing pages cannot be had by a handler. Some kernels write-protect any
 * mapping for those who only count writes. Who asks for it may lose the mapping
 * (SIGBUS, and EFAULT for the kernel) but neither the contents nor the kernel's
 * time: an access must not fault for ever.
 */
TEST(userfaultfd_gets_nothing)
{
	const uint64_t wp_async = 1ull << 15;
	struct uffdio_api api = { .api = UFFD_API, .features = wp_async };
	uint64_t seed = fresh_seed();
	struct buf b = filled(seed);
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		SKIP("no userfaultfd");
	if (ioctl(fd, UFFDIO_API, &api) < 0) {
		close(fd);
		fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
		api = (struct uffdio_api) { .api = UFFD_API };
		ASSERT_EQ(ioctl(fd, UFFDIO_API, &api), 0);
	}
	EXPECT_EQ(uffd_register(fd, &b, UFFDIO_REGISTER_MODE_MISSING), -EINVAL);
	if (!(api.features & wp_async)) {
		EXPECT_EQ(uffd_register(fd, &b, UFFDIO_REGISTER_MODE_WP), -EINVAL);
	} else if (!uffd_register(fd, &b, UFFDIO_REGISTER_MODE_WP)) {
		struct uffdio_writeprotect wp = {
			.range = { .start = (uintptr_t)b.p, .len = b.length },
			.mode = UFFDIO_WRITEPROTECT_MODE_WP,
		};

		ktap_note("this kernel counts writes to any mapping");
		EXPECT_EQ(ioctl(fd, UFFDIO_WRITEPROTECT, &wp), 0);
		access_ends(&b);
	}
	munmap(b.p, b.length);
	b.p = buf_map(b.fd, b.length);
	ASSERT_TRUE(b.p != MAP_FAILED);
	holds_and_ends(&b, seed);
	close(fd);
}

KTAP_MAIN()
