/* SPDX-License-Identifier: MIT */
/*
 * What the kernel tests share: calls of /dev/ward that return a result or
 * -errno, accesses that survive SIGBUS, processes that die on purpose.
 * Straight on the ioctls, without libward: what is tested is the kernel.
 */
#ifndef WARD_TEST_H
#define WARD_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ward.h>

#include "ktap.h"
#include "passfd.h"

/* Results (int, or -errno) are compared with fields of the ABI (unsigned). */
#pragma GCC diagnostic ignored "-Wsign-compare"

#define PAGE	4096UL
#define HUGE	(2UL << 20)

/* ---- calls: a result of 0 or more, or -errno ------------------------------ */

static inline int ward_call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

static inline int session_open(void)
{
	int fd = open(WARD_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int buf_alloc_with(int session, uint64_t length, uint32_t flags)
{
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .length = length, .label = "test",
	};
	int ret = ward_call(session, WARD_BUF_ALLOC, &cmd);

	return ret ? ret : cmd.out_fd;
}

static inline int buf_alloc(int session, uint64_t length)
{
	return buf_alloc_with(session, length, 0);
}

static inline int buf_pin(int session, void *addr, uint64_t length)
{
	struct ward_buf_pin cmd = {
		.size = sizeof(cmd), .addr = (uintptr_t)addr, .length = length,
		.label = "pin",
	};
	int ret = ward_call(session, WARD_BUF_PIN, &cmd);

	return ret ? ret : cmd.out_fd;
}

static inline struct ward_buf_info buf_info(int fd)
{
	struct ward_buf_info cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(fd, WARD_BUF_INFO, &cmd), 0);
	return cmd;
}

/* Bytes that this call wiped, or -errno. */
static inline int64_t buf_wipe(int fd)
{
	struct ward_buf_wipe cmd = { .size = sizeof(cmd) };
	int ret = ward_call(fd, WARD_BUF_WIPE, &cmd);

	return ret ? ret : (int64_t)cmd.out_bytes;
}

static inline struct ward_info session_info(int session)
{
	struct ward_info cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(session, WARD_INFO, &cmd), 0);
	return cmd;
}

static inline struct ward_pressure session_pressure(int session)
{
	struct ward_pressure cmd = { .size = sizeof(cmd) };

	ASSERT_EQ(ward_call(session, WARD_PRESSURE, &cmd), 0);
	return cmd;
}

/* The mapping's address, or MAP_FAILED with errno. */
static inline void *buf_map(int fd, uint64_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* 0 or -errno of an mmap() that is expected to fail; undone if it doesn't. */
static inline int try_map(int fd, uint64_t length, int prot, int flags, off_t offset)
{
	void *p = mmap(NULL, length, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, length);
	return 0;
}

struct buf {
	int fd;
	unsigned char *p;
	uint64_t length;
};

/* A buffer that is there and mapped, or the test ends. */
static inline struct buf buf_get_with(int session, uint64_t length, uint32_t flags)
{
	struct buf b = { .fd = buf_alloc_with(session, length, flags), .length = length };

	ASSERT_TRUE(b.fd >= 0);
	b.p = buf_map(b.fd, length);
	ASSERT_TRUE(b.p != MAP_FAILED);
	return b;
}

static inline struct buf buf_get(int session, uint64_t length)
{
	return buf_get_with(session, length, 0);
}

static inline void buf_drop(struct buf *b)
{
	munmap(b->p, b->length);
	close(b->fd);
}

/* ---- contents --------------------------------------------------------------- */

static inline bool all_zero(const void *p, size_t n)
{
	const uint64_t *w = p;
	size_t i;

	for (i = 0; i < n / sizeof(*w); i++)
		if (w[i])
			return false;
	return true;
}

/* xorshift64: words that occur nowhere else; made at run time from a seed. */
static inline uint64_t next_word(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline uint64_t fresh_seed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec << 8 ^
		(uint64_t)getpid()) | 1;
}

/*
 * Where a test's own model follows what is drawn: the same in each run, so that none fails
 * by a draw that nobody has seen; others by SEED= on the guest's command line.
 */
static inline uint64_t told_seed(void)
{
	const char *text = getenv("SEED");

	return (text ? strtoull(text, NULL, 0) : 1) * 0x9e3779b97f4a7c15ull | 1;
}

static inline void fill_words(void *p, size_t n, uint64_t seed)
{
	volatile uint64_t *w = p;
	size_t i;

	for (i = 0; i < n / sizeof(*w); i++)
		w[i] = next_word(&seed);
}

static inline bool has_words(const void *p, size_t n, uint64_t seed)
{
	const volatile uint64_t *w = p;
	size_t i;

	for (i = 0; i < n / sizeof(*w); i++)
		if (w[i] != next_word(&seed))
			return false;
	return true;
}

/* ---- accesses that may fault -------------------------------------------------- */

static sigjmp_buf touch_back;

static void touch_fault(int sig)
{
	siglongjmp(touch_back, sig);
}

/* 0, or the signal that reading (writing) a byte at @p gives. */
static inline int touch(volatile unsigned char *p, bool write)
{
	struct sigaction act = { .sa_handler = touch_fault }, old_bus, old_segv;
	int sig;

	sigaction(SIGBUS, &act, &old_bus);
	sigaction(SIGSEGV, &act, &old_segv);
	sig = sigsetjmp(touch_back, 1);
	if (!sig) {
		if (write)
			*p = 0x5a;
		else
			(void)*p;
	}
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
	return sig;
}

static inline void touch_all(volatile unsigned char *p, size_t n)
{
	size_t at;

	for (at = 0; at < n; at += PAGE)
		p[at] = 1;
}

/* No huge page there. A kernel without any (CONFIG_PREEMPT_RT has none) says EINVAL. */
static inline void small_pages(void *p, size_t n)
{
	ASSERT_TRUE(madvise(p, n, MADV_NOHUGEPAGE) == 0 || errno == EINVAL);
}

static inline long minor_faults(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_minflt;
}

/* ---- the kernel's switches --------------------------------------------------------- */

static inline bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text);
}

/* ---- other processes ------------------------------------------------------------ */

static inline void send_fd(int sock, int fd)
{
	ASSERT_EQ(pass_fd(sock, fd), 1);
}

static inline int recv_fd(int sock)
{
	int fd = take_fd(sock, MSG_CMSG_CLOEXEC);

	ASSERT_GE(fd, 0);
	return fd;
}

/* One byte each way tells the other side to go on. */
static inline void say(int sock)
{
	char c = 's';

	ASSERT_EQ(write(sock, &c, 1), 1);
}

static inline void hear(int sock)
{
	char c;

	ASSERT_EQ(read(sock, &c, 1), 1);
}

struct peer {
	pid_t pid;
	int sock;
};

/*
 * A child that runs @body with its end of a socket pair, and exits 0. In @body
 * only ASSERT_* counts: it ends the child with a status that peer_wait() tells.
 */
static inline struct peer peer_start(void (*body)(int sock))
{
	struct peer peer;
	int pair[2];

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fflush(stdout);
	peer.pid = fork();
	ASSERT_TRUE(peer.pid >= 0);
	if (!peer.pid) {
		close(pair[0]);
		alarm(ktap_seconds(60));
		body(pair[1]);
		fflush(stdout);
		_exit(0);
	}
	close(pair[1]);
	peer.sock = pair[0];
	return peer;
}

/* Its wait status. */
static inline int peer_wait(struct peer *peer)
{
	int status = -1;

	waitpid(peer->pid, &status, 0);
	close(peer->sock);
	return status;
}

static inline int peer_kill(struct peer *peer)
{
	kill(peer->pid, SIGKILL);
	return peer_wait(peer);
}

/* Waits up to a minute for the end of a buffer; WARD_END_*. */
static inline uint32_t wait_end(int fd)
{
	struct timespec nap = { .tv_nsec = 10000000 };
	int i;

	for (i = 0; i < ktap_seconds(60) * 100 && !buf_info(fd).out_end; i++)
		nanosleep(&nap, NULL);
	return buf_info(fd).out_end;
}

#endif /* WARD_TEST_H */
