// SPDX-License-Identifier: MIT
/* Files, mappings, processes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/ward.h>

#include "calls.h"

static void put_file(struct world *world, uint64_t place, int fd)
{
	int *file = world_file(world, place);

	if (fd < 0)
		return;
	if (*file >= 0)
		close(*file);
	*file = fd;
}

CALL(open)
{
	int fd = open(WARD_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	put_file(world, arg[0], fd);
	return fd < 0 ? -1 : 0;
}

CALL(close)
{
	int *file = world_file(world, arg[0]);
	int fd = *file;

	*file = -1;
	return close(fd);
}

CALL(dup)
{
	int fd = dup(*world_file(world, arg[0]));

	put_file(world, arg[1], fd);
	return fd < 0 ? -1 : 0;
}

/* An agent's fd waits for a request: for a tenth of a second here. */
CALL(read)
{
	static uint8_t room[8192];
	struct pollfd p = { .fd = *world_file(world, arg[0]), .events = POLLIN };

	poll(&p, 1, 100);
	return p.revents & POLLIN ? read(p.fd, arg[2] ? world_address(world, arg[2]) : room, arg[1] % sizeof(room)) : 0;
}

CALL(poll)
{
	struct pollfd p = { .fd = *world_file(world, arg[0]), .events = POLLIN | POLLPRI };

	return poll(&p, 1, 0);
}

static long swallow(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, all = 0;

	if (fd < 0)
		return -1;
	while (all < (1 << 20) && (n = read(fd, text, sizeof(text))) > 0)
		all += n;
	close(fd);
	return all;
}

CALL(fdinfo)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", *world_file(world, arg[0]));
	return swallow(path);
}

CALL(smaps)
{
	(void)arg;
	(void)world;
	return swallow("/proc/self/smaps");
}

/* ---- mappings: @to and @map are places, lengths at most ARENA ------------------------ */

static size_t part(uint64_t len)
{
	return len > ARENA ? ARENA : len;
}

CALL(map)
{
	unsigned int to = arg[0] % MAPS;
	void *p = mmap(NULL, part(arg[2]), (int)(arg[3] & 7), arg[4] & 1 ? MAP_PRIVATE : MAP_SHARED,
		       *world_file(world, arg[1]), (off_t)(arg[5] & ~4095ull));

	if (p == MAP_FAILED)
		return -1;
	if (world->map[to].at)
		munmap(world->map[to].at, world->map[to].len);
	world->map[to].at = p;
	world->map[to].len = (part(arg[2]) + 4095) & ~4095ul;
	return 0;
}

static sigjmp_buf beyond;

static void jump(int sig)
{
	siglongjmp(beyond, sig);
}

/* SIGBUS is the answer of a buffer that has ended. */
CALL(touch)
{
	const unsigned int at = arg[0] % MAPS;
	volatile uint8_t *p = world->map[at].at;

	if (!p)
		return -1;
	signal(SIGBUS, jump);
	signal(SIGSEGV, jump);
	if (sigsetjmp(beyond, 1))
		return -1;
	p += arg[1] % world->map[at].len;
	if (arg[2] & 1)
		*p = 0x5a;
	return *p;
}

static uint8_t *within(const struct world *world, uint64_t map, uint64_t offset)
{
	return world->map[map % MAPS].at + (part(offset) & ~4095ul);
}

/* What is no mapping of ours is not touched: it may be this program's own. */
static bool is_in(const struct world *world, uint64_t map, uint64_t offset, uint64_t len)
{
	const size_t all = world->map[map % MAPS].len;

	return all && part(offset) < all && part(len) <= all - (part(offset) & ~4095ul);
}

CALL(unmap)
{
	return is_in(world, arg[0], arg[1], arg[2]) ?
		munmap(within(world, arg[0], arg[1]), part(arg[2])) : -1;
}

CALL(protect)
{
	return is_in(world, arg[0], arg[1], arg[2]) ?
		mprotect(within(world, arg[0], arg[1]), part(arg[2]), (int)(arg[3] & 7)) : -1;
}

CALL(advise)
{
	return is_in(world, arg[0], 0, arg[2]) ?
		madvise(within(world, arg[0], 0), part(arg[2]), (int)(arg[1] % 30)) : -1;
}

CALL(remap)
{
	const unsigned int at = arg[0] % MAPS;
	void *p;

	if (!is_in(world, at, 0, arg[1]))
		return -1;
	p = mremap(world->map[at].at, part(arg[1]), part(arg[2]), MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		return -1;
	world->map[at].at = p;
	world->map[at].len = (part(arg[2]) + 4095) & ~4095ul;
	return 0;
}

CALL(lock)
{
	return is_in(world, arg[0], 0, arg[1]) ? mlock(within(world, arg[0], 0), part(arg[1])) : -1;
}

CALL(vmsplice)
{
	struct iovec iov = { world_address(world, arg[0]), part(arg[1]) };
	int ends[2];
	long ret;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -1;
	ret = vmsplice(ends[1], &iov, 1, SPLICE_F_NONBLOCK);
	close(ends[0]);
	close(ends[1]);
	return ret;
}

CALL(arena)
{
	madvise(world->arena, ARENA, arg[0] & 1 ? MADV_DOFORK : MADV_DONTFORK);
	if (arg[1] & 1)
		memset(world->arena, 0x5a, 65536);
	return 0;
}

/* ---- processes ------------------------------------------------------------------------- */

static void not_long(int sig)
{
	(void)sig;
	_exit(0);
}

/* The next calls are done by a child, which ends then, while this process goes on behind them. */
CALL(beside)
{
	unsigned int n = arg[0] % CALLS;
	pid_t child;

	if (!n || world->n_friends == FRIENDS)
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGALRM, not_long);
		alarm(1);
		world->n_friends = 0;
		world->left = n + 1;	/* this one is counted, too */
		return 0;
	}
	world->friends[world->n_friends++] = child;
	world->beside = n;
	return 0;
}

CALL(become)
{
	static const uid_t who[] = { 1001, 1002, 1003, 0 };

	(void)world;
	return seteuid(who[arg[0] % 4]);
}
