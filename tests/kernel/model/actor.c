// SPDX-License-Identifier: MIT
/* See actor.h. */
#define _GNU_SOURCE
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../attest_test.h"
#include "ktap.h"
#include "passfd.h"

#define PAGE		4096ul
#define PATIENCE	60	/* seconds without an answer */

static void *at(uint64_t place)
{
	return (void *)(uintptr_t)(place * PAGE);
}

static int64_t result(int64_t ret)
{
	return ret < 0 ? -errno : ret;
}

/* ---- accesses that may fault ------------------------------------------------- */

static __thread sigjmp_buf fault_back;
static __thread volatile sig_atomic_t fault_expected;

static void on_fault(int sig)
{
	if (!fault_expected) {
		signal(sig, SIG_DFL);	/* the access is repeated, and kills */
		return;
	}
	siglongjmp(fault_back, sig);
}

void actor_signals(void)
{
	struct sigaction act = { .sa_handler = on_fault };

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	signal(SIGCHLD, SIG_IGN);
}

static int64_t scan(const volatile uint64_t *words, uint64_t bytes)
{
	int64_t found = 0;
	uint64_t i;

	for (i = 0; i < bytes / sizeof(*words); i++)
		if (i % (PAGE / sizeof(*words)))
			found += words[i] != 0;
	return found;
}

static int64_t access_memory(const struct order *o, uint64_t *value)
{
	volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)o->a;
	int sig = sigsetjmp(fault_back, 1);

	if (!sig) {
		fault_expected = 1;
		if (o->act == ACT_PEEK)
			*value = *word;
		else if (o->act == ACT_POKE)
			*word = o->b;
		else
			*value = (uint64_t)scan(word, o->b);
	}
	fault_expected = 0;
	return sig;
}

/* ---- file descriptors ---------------------------------------------------------- */

/* Memory that can be read and not written: the call must undo what it did. */
static void *read_only_copy(const struct slot *slot)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	memcpy(page, slot->arg, sizeof(slot->arg));
	mprotect(page, PAGE, PROT_READ);
	return page;
}

static int64_t do_ioctl(struct slot *slot)
{
	const struct order *o = &slot->order;
	void *arg = slot->arg;
	int64_t ret;

	if (o->b == ARG_NOWHERE)
		arg = (void *)8;
	if (o->b == ARG_READ_ONLY)
		arg = read_only_copy(slot);
	if (!arg)
		return -ENOMEM;
	/* The records' address differs from process to process. */
	if (o->a == WARD_EVENTS)
		slot->events.addr = (uintptr_t)slot->records;
	ret = result(ioctl(o->fd, o->a, arg));
	if (o->b == ARG_READ_ONLY)
		munmap(arg, PAGE);
	return ret;
}

static int64_t do_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

static int64_t do_nofile(uint64_t limit)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return -errno;
	r.rlim_cur = limit ? limit : r.rlim_max;
	return result(setrlimit(RLIMIT_NOFILE, &r));
}

/* ---- memory ---------------------------------------------------------------------- */

static int64_t do_mmap(const struct order *o)
{
	void *p = mmap(at(o->a), o->b, (int)o->c, (int)o->d | MAP_FIXED_NOREPLACE,
		       o->fd, (off_t)o->e);

	if (p == MAP_FAILED)
		return -errno;
	return p == at(o->a) ? 0 : -EEXIST;
}

static int64_t do_mremap(const struct order *o)
{
	void *p = mremap(at(o->a), o->b, o->c, (int)o->e, at(o->d));

	if (p == MAP_FAILED)
		return -errno;
	return p == at(o->d) ? 0 : -EEXIST;
}

/* ---- processes --------------------------------------------------------------------- */

static void actor_loop(struct board *board, int slot) __attribute__((noreturn));

static int64_t do_fork(struct board *board, int slot)
{
	pid_t pid = fork();

	if (!pid)
		actor_loop(board, slot);
	return result(pid);
}

static int64_t do_exec(const struct board *board, const struct slot *slot)
{
	char number[24], memory[16];

	snprintf(number, sizeof(number), "%td", slot - board->slots);
	snprintf(memory, sizeof(memory), "%d", board->fd);
	execl("/proc/self/exe", "actor", "--actor", memory, number, (char *)NULL);
	return -errno;
}

static int64_t do_setuid(uid_t uid)
{
	gid_t gid = uid == WORKER_UID || uid == OTHER_UID ? WARD_GID : uid;

	if (setgroups(1, &gid) || setresgid(gid, gid, gid))
		return -errno;
	return result(setresuid(uid, uid, uid));
}

static void die(bool crash)
{
	if (crash) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	_exit(0);
}

/* ---- orders -------------------------------------------------------------------------- */

static int64_t on_memory(const struct order *o)
{
	switch (o->act) {
	case ACT_MMAP:
		return do_mmap(o);
	case ACT_MUNMAP:
		return result(munmap(at(o->a), o->b));
	case ACT_MPROTECT:
		return result(mprotect(at(o->a), o->b, (int)o->c));
	case ACT_MADVISE:
		return result(madvise(at(o->a), o->b, (int)o->c));
	default:
		return do_mremap(o);
	}
}

static int64_t on_files(struct board *board, struct slot *slot)
{
	const struct order *o = &slot->order;

	switch (o->act) {
	case ACT_OPEN:
		return result(open(WARD_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK));
	case ACT_CLOSE:
		return result(close(o->fd));
	case ACT_DUP:
		return result(fcntl(o->fd, o->a ? F_DUPFD_CLOEXEC : F_DUPFD, 0));
	case ACT_IOCTL:
		return do_ioctl(slot);
	case ACT_READ:
		return result(read(o->fd, slot->arg, o->a));
	case ACT_POLL:
		return do_poll(o->fd);
	case ACT_SEND:
		return result(pass_fd(board->mail[0], o->fd));
	case ACT_RECEIVE:
		return take_fd(board->mail[1], o->a ? MSG_CMSG_CLOEXEC : 0);
	default:
		return do_nofile(o->a);
	}
}

static int64_t on_process(struct board *board, struct slot *slot)
{
	const struct order *o = &slot->order;

	switch (o->act) {
	case ACT_FORK:
		return do_fork(board, (int)o->a);
	case ACT_EXEC:
		return do_exec(board, slot);
	case ACT_SETUID:
		return do_setuid((uid_t)o->a);
	case ACT_EXIT:
	case ACT_SEGV:
		die(o->act == ACT_SEGV);
		return -EINVAL;
	default:
		return getpid();
	}
}

void actor_perform(struct board *board, struct slot *slot)
{
	switch (slot->order.act) {
	case ACT_PEEK:
	case ACT_POKE:
	case ACT_SCAN:
		slot->reply.ret = access_memory(&slot->order, &slot->reply.value);
		break;
	case ACT_MMAP:
	case ACT_MUNMAP:
	case ACT_MPROTECT:
	case ACT_MADVISE:
	case ACT_MREMAP:
		slot->reply.ret = on_memory(&slot->order);
		break;
	case ACT_FORK:
	case ACT_EXEC:
	case ACT_EXIT:
	case ACT_SEGV:
	case ACT_SETUID:
	case ACT_HELLO:
		slot->reply.ret = on_process(board, slot);
		break;
	default:
		slot->reply.ret = on_files(board, slot);
	}
}

/* ---- taking turns ---------------------------------------------------------------------- */

static void turn_set(struct slot *slot, uint32_t turn)
{
	atomic_store(&slot->turn, turn);
	syscall(SYS_futex, &slot->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void turn_wait(struct slot *slot, uint32_t now, time_t seconds)
{
	struct timespec most = { .tv_sec = seconds };

	syscall(SYS_futex, &slot->turn, FUTEX_WAIT, now, &most, NULL, 0);
}

struct seat {
	struct board *board;
	int slot;
	uint32_t thread;
};

/* An actor that nobody commands any more ends: its driver was killed. */
static void *serve(void *arg)
{
	struct seat *seat = arg;
	struct slot *slot = &seat->board->slots[seat->slot];
	int idle = 0;
	uint32_t now;

	while (idle < 20) {
		now = atomic_load(&slot->turn);
		if (now != seat->thread) {
			turn_wait(slot, now, ktap_seconds(PATIENCE));
			idle = atomic_load(&slot->turn) == now ? idle + 1 : 0;
			continue;
		}
		actor_perform(seat->board, slot);
		turn_set(slot, 0);
	}
	_exit(0);
}

static void actor_loop(struct board *board, int slot)
{
	static struct seat first, second;
	pthread_t helper;

	first = (struct seat){ board, slot, 1 };
	second = (struct seat){ board, slot, 2 };
	actor_signals();
	if (pthread_create(&helper, NULL, serve, &second))
		_exit(1);
	serve(&first);
	_exit(0);
}

pid_t actor_start(struct board *board, int slot)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		actor_loop(board, slot);
	}
	return pid;
}

void actor_tell(struct board *board, int slot, int thread)
{
	turn_set(&board->slots[slot], (uint32_t)thread);
}

bool actor_await(struct board *board, int slot, pid_t pid)
{
	struct slot *s = &board->slots[slot];
	int waited = 0;
	uint32_t now;

	while ((now = atomic_load(&s->turn)) != 0) {
		turn_wait(s, now, 1);
		if (atomic_load(&s->turn) && (kill(pid, 0) || ++waited > (int)ktap_seconds(PATIENCE)))
			return atomic_load(&s->turn) == 0;
	}
	return true;
}

bool actor_order(struct board *board, int slot, int thread, pid_t pid)
{
	actor_tell(board, slot, thread);
	return actor_await(board, slot, pid);
}

/* ---- the board ---------------------------------------------------------------------------- */

struct board *board_new(void)
{
	int fd = memfd_create("board", 0);
	struct board *board;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(ftruncate(fd, sizeof(*board)), 0);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(board != MAP_FAILED);
	board->fd = fd;
	ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, board->mail), 0);
	return board;
}

void actor_main(int argc, char **argv)
{
	struct board *board;

	if (argc != 4 || strcmp(argv[1], "--actor"))
		return;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
		     atoi(argv[2]), 0);
	if (board == MAP_FAILED)
		_exit(1);
	/* That the program has started is the answer to ACT_EXEC. */
	board->slots[atoi(argv[3])].reply.ret = 0;
	turn_set(&board->slots[atoi(argv[3])], 0);
	actor_loop(board, atoi(argv[3]));
}
