// SPDX-License-Identifier: MIT
/*
 * remains: what the tests of the machine's end are made with.
 *
 *   remains hold SEED      in a guest: fill a class A buffer, a class B buffer
 *                          and plain memory with words out of SEED, say
 *                          "remains: holds", and wait
 *   remains scan RAM SEED  on the host: how much of each is in that memory
 *   remains crash FILE|-   in a guest: load a crash kernel, or let it go
 *   remains kexec FILE     in a guest: boot that kernel, over the memory as it is
 *
 * A word alone may be the remains of a register; what is counted is a word with
 * its successor behind it. SEED stands in the guest's memory, words do not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kexec.h>
#include <linux/ward.h>

#define KIND_BYTES	((2u << 20) + 4096)	/* a large folio and a small one */
#define KIND_WORDS	(KIND_BYTES / 8)
#define SLOTS		(1u << 22)

enum kind { CLASS_A, CLASS_B, PLAIN, KINDS };

static const char *const names[KINDS] = { "A", "B", "plain" };

/* Word @i of @kind, never zero. */
static uint64_t word(uint64_t seed, enum kind kind, uint64_t i)
{
	uint64_t x = seed + 0x9e3779b97f4a7c15ull * (i + 1 + ((uint64_t)kind << 40));

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return (x ^ x >> 31) | 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "remains: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- in the guest ------------------------------------------------------------- */

static void fill(volatile uint64_t *at, uint64_t seed, enum kind kind)
{
	uint64_t i;

	for (i = 0; i < KIND_WORDS; i++)
		at[i] = word(seed, kind, i);
}

static void *anonymous(void)
{
	void *p = mmap(NULL, KIND_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int hold(uint64_t seed)
{
	struct ward_buf_alloc own = {
		.size = sizeof(own), .length = KIND_BYTES, .label = "remains",
	};
	struct ward_buf_pin pin = {
		.size = sizeof(pin), .length = KIND_BYTES, .label = "remains",
	};
	void *pinned = anonymous(), *plain = anonymous(), *p;
	int session = open(WARD_DEVICE, O_RDWR);

	if (session < 0 || !pinned || !plain)
		return fail(WARD_DEVICE);
	if (ioctl(session, WARD_BUF_ALLOC, &own))
		return fail("class A");
	p = mmap(NULL, KIND_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, own.out_fd, 0);
	if (p == MAP_FAILED)
		return fail("mapping class A");
	pin.addr = (uintptr_t)pinned;
	if (madvise(pinned, KIND_BYTES, MADV_DONTFORK) || ioctl(session, WARD_BUF_PIN, &pin))
		return fail("class B");
	fill(p, seed, CLASS_A);
	fill(pinned, seed, CLASS_B);
	fill(plain, seed, PLAIN);
	printf("remains: holds\n");
	fflush(stdout);
	for (;;)
		pause();
}

static int crash(const char *path)
{
	unsigned long flags = KEXEC_FILE_ON_CRASH | KEXEC_FILE_NO_INITRAMFS;
	static const char line[] = "console=ttyS0";
	int fd = -1;

	if (!strcmp(path, "-"))
		flags = KEXEC_FILE_ON_CRASH | KEXEC_FILE_UNLOAD;
	else
		fd = open(path, O_RDONLY);
	if (syscall(SYS_kexec_file_load, fd, -1, sizeof(line), line, flags))
		return fail("kexec_file_load");
	return 0;
}

/* It finds no root, panics, and that ends the guest. */
static int boot(const char *path)
{
	static const char line[] = "console=ttyS0 panic=-1 quiet";
	int fd = open(path, O_RDONLY);

	if (syscall(SYS_kexec_file_load, fd, -1, sizeof(line), line,
		    (unsigned long)KEXEC_FILE_NO_INITRAMFS))
		return fail("kexec_file_load");
	reboot(RB_KEXEC);
	return fail("reboot");
}

/* ---- on the host -------------------------------------------------------------- */

struct scan {
	uint64_t seed;
	uint32_t *slots;	/* 1 + kind * KIND_WORDS + index; 0 = free */
	uint64_t pairs[KINDS];
};

static uint64_t word_at(const struct scan *s, uint32_t entry)
{
	return word(s->seed, (entry - 1) / KIND_WORDS, (entry - 1) % KIND_WORDS);
}

static void learn(struct scan *s)
{
	uint32_t entry, slot;

	for (entry = 1; entry <= KINDS * KIND_WORDS; entry++) {
		slot = word_at(s, entry) >> 42;
		while (s->slots[slot])
			slot = (slot + 1) % SLOTS;
		s->slots[slot] = entry;
	}
}

static uint32_t entry_of(const struct scan *s, uint64_t value)
{
	uint32_t slot = value >> 42;

	while (s->slots[slot] && word_at(s, s->slots[slot]) != value)
		slot = (slot + 1) % SLOTS;
	return s->slots[slot];
}

static void look(struct scan *s, const uint64_t *memory, size_t words)
{
	uint32_t entry;
	size_t i;

	for (i = 0; i + 1 < words; i++) {
		if (!(memory[i] & 1) || !(memory[i + 1] & 1))
			continue;
		entry = entry_of(s, memory[i]);
		if (entry && entry % KIND_WORDS && memory[i + 1] == word_at(s, entry + 1))
			s->pairs[(entry - 1) / KIND_WORDS]++;
	}
}

static int scan(const char *path, uint64_t seed)
{
	struct scan s = { .seed = seed, .slots = calloc(SLOTS, sizeof(*s.slots)) };
	int fd = open(path, O_RDONLY), kind;
	struct stat st;
	void *memory;

	if (!s.slots || fd < 0 || fstat(fd, &st))
		return fail(path);
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return fail(path);
	learn(&s);
	look(&s, memory, (size_t)st.st_size / 8);
	for (kind = 0; kind < KINDS; kind++)
		printf("%s%s %" PRIu64, kind ? " " : "", names[kind], s.pairs[kind]);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(strtoull(argv[2], NULL, 0));
	if (argc == 4 && !strcmp(argv[1], "scan"))
		return scan(argv[2], strtoull(argv[3], NULL, 0));
	if (argc == 3 && !strcmp(argv[1], "crash"))
		return crash(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "kexec"))
		return boot(argv[2]);
	fprintf(stderr, "remains: hold SEED | scan RAM SEED | crash FILE|- | kexec FILE\n");
	return 1;
}
