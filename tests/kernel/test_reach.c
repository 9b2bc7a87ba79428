// SPDX-License-Identifier: MIT
/*
 * Who else can reach a class A buffer: children, holders of the fd, root with
 * ptrace and its relatives, get_user_pages() of the owner, core dumps. Each
 * test has a control: the same access to ordinary memory succeeds.
 */
#define _GNU_SOURCE
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "ward_test.h"

#define LENGTH	(HUGE + PAGE)

/* ---- fork and passed fds ------------------------------------------------------ */

static struct buf inherited;

static void child_tries(int sock)
{
	ASSERT_EQ(touch(inherited.p, false), SIGSEGV);
	ASSERT_EQ(try_map(inherited.fd, LENGTH, PROT_READ, MAP_SHARED, 0), -EPERM);
	ASSERT_EQ(buf_info(inherited.fd).out_mapped, 1);
	say(sock);
}

TEST(child_has_no_mapping_and_gets_none)
{
	int s = session_open();
	struct peer peer;

	inherited = buf_get(s, LENGTH);
	fill_words(inherited.p, LENGTH, 21);
	peer = peer_start(child_tries);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_TRUE(has_words(inherited.p, LENGTH, 21));
	EXPECT_EQ(buf_info(inherited.fd).out_end, WARD_END_NONE);
}

static void receiver_tries(int sock)
{
	int fd = recv_fd(sock);

	ASSERT_EQ(try_map(fd, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, 0), -EPERM);
	ASSERT_EQ(buf_info(fd).out_length, LENGTH);
}

TEST(passed_fd_cannot_be_mapped)
{
	struct peer peer = peer_start(receiver_tries);
	int s = session_open();
	int fd = buf_alloc(s, LENGTH);	/* unmapped: EBUSY is not the answer */

	ASSERT_GE(fd, 0);
	send_fd(peer.sock, fd);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(try_map(fd, LENGTH, PROT_READ, MAP_SHARED, 0), 0);
}

TEST(fd_cannot_be_reopened)
{
	int s = session_open();
	int fd = buf_alloc(s, PAGE);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_ERRNO(open(path, O_RDWR), ENXIO);
}

/* ---- other processes' ways to memory -------------------------------------------- */

struct target {
	uint64_t secret;	/* in the buffer */
	uint64_t plain;		/* in ordinary memory */
	uint64_t seed;
};

static uint64_t ordinary[64];

static void be_target(int sock)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	struct target t = {
		.secret = (uintptr_t)b.p, .plain = (uintptr_t)ordinary,
		.seed = fresh_seed(),
	};

	fill_words(b.p, LENGTH, t.seed);
	fill_words(ordinary, sizeof(ordinary), t.seed);
	ASSERT_EQ(write(sock, &t, sizeof(t)), sizeof(t));
	hear(sock);
	ASSERT_TRUE(has_words(b.p, LENGTH, t.seed));
}

static struct target meet(const struct peer *peer)
{
	struct target t;

	ASSERT_EQ(read(peer->sock, &t, sizeof(t)), sizeof(t));
	return t;
}

/* -errno or bytes of process_vm_readv() or _writev(). */
static long vm_access(pid_t pid, uint64_t at, void *to, size_t n, bool write)
{
	struct iovec local = { to, n }, remote = { (void *)(uintptr_t)at, n };
	long got = write ? process_vm_writev(pid, &local, 1, &remote, 1, 0)
			 : process_vm_readv(pid, &local, 1, &remote, 1, 0);

	return got < 0 ? -errno : got;
}

TEST(process_vm_readv_by_root)
{
	struct peer peer = peer_start(be_target);
	struct target t = meet(&peer);
	uint64_t word[8];

	EXPECT_EQ(vm_access(peer.pid, t.plain, word, sizeof(word), false), sizeof(word));
	EXPECT_TRUE(has_words(word, sizeof(word), t.seed));
	EXPECT_EQ(vm_access(peer.pid, t.secret, word, sizeof(word), false), -EFAULT);
	EXPECT_EQ(vm_access(peer.pid, t.secret, word, sizeof(word), true), -EFAULT);
	EXPECT_EQ(vm_access(peer.pid, t.secret + HUGE, word, sizeof(word), false), -EFAULT);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

TEST(proc_pid_mem_by_root)
{
	struct peer peer = peer_start(be_target);
	struct target t = meet(&peer);
	uint64_t word = 0;
	char path[64];
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", peer.pid);
	mem = open(path, O_RDWR);
	ASSERT_GE(mem, 0);
	EXPECT_EQ(pread(mem, &word, 8, t.plain), 8);
	EXPECT_TRUE(has_words(&word, 8, t.seed));
	EXPECT_ERRNO(pread(mem, &word, 8, t.secret), EIO);
	EXPECT_ERRNO(pwrite(mem, &word, 8, t.secret), EIO);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

TEST(ptrace_by_root)
{
	struct peer peer = peer_start(be_target);
	struct target t = meet(&peer);
	uint64_t word;

	ASSERT_EQ(ptrace(PTRACE_ATTACH, peer.pid, NULL, NULL), 0);
	ASSERT_EQ(waitpid(peer.pid, NULL, 0), peer.pid);
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, peer.pid, t.plain, NULL);
	EXPECT_EQ(errno, 0);
	EXPECT_TRUE(has_words(&word, 8, t.seed));
	EXPECT_ERRNO(ptrace(PTRACE_PEEKDATA, peer.pid, t.secret, NULL), EIO);
	EXPECT_ERRNO(ptrace(PTRACE_POKEDATA, peer.pid, t.secret, 1), EIO);
	ASSERT_EQ(ptrace(PTRACE_DETACH, peer.pid, NULL, NULL), 0);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* ---- pins by the owner itself ------------------------------------------------------ */

static long splice_page(void *p)
{
	struct iovec iov = { p, PAGE };
	int pipes[2];
	long got;

	ASSERT_EQ(pipe(pipes), 0);
	got = vmsplice(pipes[1], &iov, 1, SPLICE_F_GIFT);
	got = got < 0 ? -errno : got;
	close(pipes[0]);
	close(pipes[1]);
	return got;
}

TEST(vmsplice_takes_no_reference)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	void *plain = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	fill_words(b.p, b.length, 22);
	EXPECT_EQ(splice_page(plain), PAGE);
	EXPECT_EQ(splice_page(b.p), -EFAULT);
	EXPECT_EQ(splice_page(b.p + HUGE), -EFAULT);
}

TEST(class_b_cannot_pin_class_a)
{
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);

	EXPECT_EQ(buf_pin(s, b.p, PAGE), -EOPNOTSUPP);
}

/* ---- what the kernel writes out about a process ------------------------------------- */

/* VmFlags of the mapping at @p, from smaps. */
static bool vm_flags_of(const void *p, char *flags, size_t n)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512], start[32];
	bool here = false;

	ASSERT_TRUE(f != NULL);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)(uintptr_t)p);
	flags[0] = 0;
	while (fgets(line, sizeof(line), f)) {
		if (strchr(line, '-') && strstr(line, " rw-s "))
			here = !strncmp(line, start, strlen(start));
		if (here && !strncmp(line, "VmFlags:", 8)) {
			snprintf(flags, n, "%s", line + 8);
			break;
		}
	}
	fclose(f);
	return flags[0];
}

TEST(flags_of_the_mapping)
{
	static const char *const wanted[] = { " sh ", " pf ", " io ", " dc ", " de ", " dd " };
	static const char *const unwanted[] = { " ex ", " me ", " mm " };
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	char flags[512];
	unsigned int i;

	ASSERT_TRUE(vm_flags_of(b.p, flags, sizeof(flags)));
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		EXPECT_TRUE(strstr(flags, wanted[i]) != NULL);
	for (i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		EXPECT_TRUE(strstr(flags, unwanted[i]) == NULL);
}

static void crash_with_secrets(int sock)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int s = session_open();
	struct buf b = buf_get(s, LENGTH);
	uint64_t seeds[2];

	ASSERT_EQ(read(sock, seeds, sizeof(seeds)), sizeof(seeds));
	ASSERT_EQ(setrlimit(RLIMIT_CORE, &all), 0);
	fill_words(b.p, LENGTH, seeds[0]);
	fill_words(ordinary, sizeof(ordinary), seeds[1]);
	memset(seeds, 0, sizeof(seeds));
	abort();
}

/* How often a word of the first 64 of @seed's occurs in the file. */
static unsigned int words_in_file(const char *path, uint64_t seed)
{
	static uint64_t room[8192];
	uint64_t words[64];
	unsigned int hits = 0;
	int fd = open(path, O_RDONLY);
	ssize_t n, i, k;

	ASSERT_GE(fd, 0);
	for (i = 0; i < 64; i++)
		words[i] = next_word(&seed);
	while ((n = read(fd, room, sizeof(room))) > 0)
		for (i = 0; i < n / 8; i++)
			for (k = 0; k < 64; k++)
				hits += room[i] == words[k];
	close(fd);
	return hits;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

TEST(core_dump_has_none_of_it)
{
	uint64_t seeds[2] = { fresh_seed(), fresh_seed() * 3 | 1 };
	struct peer peer;
	int status;

	write_file("/proc/sys/kernel/core_pattern", "/tmp/ward-core");
	unlink("/tmp/ward-core");
	peer = peer_start(crash_with_secrets);
	ASSERT_EQ(write(peer.sock, seeds, sizeof(seeds)), sizeof(seeds));
	status = peer_wait(&peer);
	EXPECT_EQ(WTERMSIG(status), SIGABRT);
	ASSERT_TRUE(WCOREDUMP(status));
	EXPECT_EQ(words_in_file("/tmp/ward-core", seeds[0]), 0);
	EXPECT_GE(words_in_file("/tmp/ward-core", seeds[1]), 64);
	unlink("/tmp/ward-core");
	write_file("/proc/sys/kernel/core_pattern", "core");
}

KTAP_MAIN()
