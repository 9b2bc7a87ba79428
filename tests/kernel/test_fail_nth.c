// SPDX-License-Identifier: MIT
/*
 * What a worker does, with every one of its points of failure failing: see
 * fail_nth.h. A new operation is a row here; what root does is in
 * test_fail_nth_control.c.
 */
#define _GNU_SOURCE
#include "fail_nth.h"

#include <poll.h>
#include <pthread.h>

#include "lease_test.h"

/* ---- sessions ---------------------------------------------------------------------- */

static int do_open(struct stage *st)
{
	st->session = session_open();
	return st->session;
}

static int do_close_session(struct stage *st)
{
	return close(st->session) < 0 ? -errno : 0;
}

static int do_info(struct stage *st)
{
	struct ward_info cmd = { .size = sizeof(cmd) };

	return ward_call(st->session, WARD_INFO, &cmd);
}

static int do_pressure(struct stage *st)
{
	struct ward_pressure cmd = { .size = sizeof(cmd) };

	return ward_call(st->session, WARD_PRESSURE, &cmd);
}

static int do_watch(struct stage *st)
{
	struct ward_watch cmd = { .size = sizeof(cmd), .threshold = PAGE };

	return ward_call(st->session, WARD_WATCH, &cmd);
}

static int do_measure(struct stage *st)
{
	struct ward_measure cmd = { .size = sizeof(cmd), .digest = "measured" };

	return ward_call(st->session, WARD_MEASURE, &cmd);
}

static int do_seal(struct stage *st)
{
	struct ward_seal cmd = { .size = sizeof(cmd) };

	return ward_call(st->session, WARD_SEAL, &cmd);
}

static void open_with_time(struct stage *st)
{
	open_session(st);
	st->deadline = boot_ns() + 1000 * SECOND;
}

static int do_lease(struct stage *st)
{
	return lease_deadline(st->session, st->deadline);
}

static struct owner owner;

static void have_lease(struct stage *st)
{
	open_session(st);
	owner = owner_new();
	ASSERT_EQ(lease_term(st->session, &owner, 1000 * SECOND), 0);
}

/* A proof counts once: where it was taken, though nobody was told, the next does. */
static int do_renew(struct stage *st)
{
	struct ward_lease cmd;
	int ret = lease_renew(st->session, owner.x[1], &cmd);

	return ret == -EKEYREJECTED ? lease_renew(st->session, owner.x[2], &cmd) : ret;
}

static int do_events(struct stage *st)
{
	static struct ward_event room[64];
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .count = 64, .addr = (uintptr_t)room,
	};

	return ward_call(st->session, WARD_EVENTS, &cmd);
}

STEP(open, .act = do_open, .undo = close_session);
STEP(release, .prepare = open_session, .act = do_close_session);
STEP(info, .prepare = open_session, .act = do_info, .clean = close_session);
STEP(pressure, .prepare = open_session, .act = do_pressure, .clean = close_session);
STEP(events, .prepare = open_session, .act = do_events, .clean = close_session);
STEP(watch, .flags = ONE_WAY,
     .prepare = open_session, .act = do_watch, .clean = close_session);
STEP(measure, .flags = ONE_WAY,
     .prepare = open_session, .act = do_measure, .clean = close_session);
STEP(seal, .flags = ONE_WAY,
     .prepare = open_session, .act = do_seal, .clean = close_session);
STEP(lease_set, .flags = ONE_WAY,
     .prepare = open_with_time, .act = do_lease, .clean = close_session);
STEP(lease_renew, .flags = ONE_WAY,
     .prepare = have_lease, .act = do_renew, .clean = close_session);

/* ---- news ------------------------------------------------------------------------------- */

/* A record is there to be read, and no buffer is left. */
static void have_news(struct stage *st)
{
	open_session(st);
	ASSERT_EQ(do_watch(st), 0);
	ASSERT_EQ(fcntl(st->session, F_SETFL, O_NONBLOCK), 0);
	st->fd = buf_alloc(st->session, PAGE);
	ASSERT_GE(st->fd, 0);
	ASSERT_EQ(close(st->fd), 0);
}

static int do_poll(struct stage *st)
{
	struct pollfd p = { .fd = st->session, .events = POLLIN };
	int n = poll(&p, 1, 0);

	return n < 0 ? -errno : n == 1 && p.revents & POLLIN ? 0 : -ENODATA;
}

/* A record that was lost is EAGAIN, which the row doesn't allow. */
static int do_read(struct stage *st)
{
	struct ward_notice n;
	ssize_t len = read(st->session, &n, sizeof(n));

	return len < 0 ? -errno : len == sizeof(n) ? 0 : -ENODATA;
}

STEP(poll, .prepare = have_news, .act = do_poll, .clean = close_session);
STEP(read, .prepare = have_news, .act = do_read, .clean = close_session);

/* ---- class A ------------------------------------------------------------------------------ */

static int do_alloc(struct stage *st)
{
	return st->fd = buf_alloc_with(st->session, st->length, st->with);
}

static void close_fd(struct stage *st)
{
	ASSERT_EQ(close(st->fd), 0);
}

static void close_both(struct stage *st)
{
	close_fd(st);
	close_session(st);
}

static void have_buffer(struct stage *st)
{
	open_session(st);
	ASSERT_GE(do_alloc(st), 0);
}

static int do_close(struct stage *st)
{
	return close(st->fd) < 0 ? -errno : 0;
}

static int do_buf_info(struct stage *st)
{
	struct ward_buf_info cmd = { .size = sizeof(cmd) };

	return ward_call(st->fd, WARD_BUF_INFO, &cmd);
}

static int do_wipe(struct stage *st)
{
	return buf_wipe(st->fd) < 0 ? -errno : 0;
}

static int do_volatile(struct stage *st)
{
	struct ward_buf_volatile cmd = { .size = sizeof(cmd) };

	return ward_call(st->fd, WARD_BUF_VOLATILE, &cmd);
}

static void have_volatile(struct stage *st)
{
	have_buffer(st);
	ASSERT_EQ(do_volatile(st), 0);
}

static int do_hold(struct stage *st)
{
	struct ward_buf_hold cmd = { .size = sizeof(cmd) };
	int ret = ward_call(st->fd, WARD_BUF_HOLD, &cmd);

	return ret ? ret : cmd.out_survived ? 0 : -EPROTO;
}

#define ALLOC_STEP(step_name, bytes, ...)				\
	STEP(step_name, .length = bytes, .prepare = open_session, .act = do_alloc,	\
	     .undo = close_fd, .clean = close_session, __VA_ARGS__)

ALLOC_STEP(buf_alloc_page, PAGE);
ALLOC_STEP(buf_alloc_table, 100 * PAGE);
ALLOC_STEP(buf_alloc_huge, HUGE);
ALLOC_STEP(buf_alloc_mixed, 2 * HUGE + 3 * PAGE);
ALLOC_STEP(buf_alloc_shared, HUGE + PAGE, .with = WARD_BUF_SHARED);
ALLOC_STEP(buf_alloc_lazy, 2 * HUGE + 3 * PAGE, .with = WARD_BUF_LAZY);
ALLOC_STEP(buf_alloc_populate, HUGE + PAGE, .with = WARD_BUF_POPULATE);
STEP(buf_close, .length = 8 * PAGE,
     .prepare = have_buffer, .act = do_close, .clean = close_session);
STEP(buf_info, .length = 8 * PAGE,
     .prepare = have_buffer, .act = do_buf_info, .clean = close_both);
STEP(buf_volatile, .length = HUGE,
     .prepare = have_buffer, .act = do_volatile, .clean = close_both);
STEP(buf_hold, .length = HUGE,
     .prepare = have_volatile, .act = do_hold, .clean = close_both);
STEP(buf_wipe, .flags = ONE_WAY, .length = HUGE,
     .prepare = have_buffer, .act = do_wipe, .clean = close_both);

/* ---- waiting for room --------------------------------------------------------------------- */

/* In the way of what is asked for; a page more than that may be had. */
static void take_the_room(struct stage *st)
{
	struct ward_watch cmd = { .size = sizeof(cmd), .limit = st->length + PAGE };

	open_session(st);
	ASSERT_EQ(ward_call(st->session, WARD_WATCH, &cmd), 0);
	st->file = buf_alloc(st->session, 2 * PAGE);
	ASSERT_GE(st->file, 0);
	st->deadline = boot_ns() + 20 * MS;
}

static int alloc_waiting(struct stage *st)
{
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .flags = WARD_BUF_WAIT | st->with, .length = st->length,
		.label = "wait", .deadline_ns = st->deadline,
	};
	int ret = ward_call(st->session, WARD_BUF_ALLOC, &cmd);

	return st->fd = ret ? ret : cmd.out_fd;
}

/* Room doesn't come: to say so is all that there is to do. */
static int do_wait_in_vain(struct stage *st)
{
	int ret = alloc_waiting(st);

	return ret == -ETIME ? 0 : ret < 0 ? ret : -EPROTO;
}

static void give_up(struct stage *st)
{
	close(st->file);
	close_session(st);
}

static void *make_room(void *arg)
{
	struct stage *st = arg;

	while (!session_pressure(st->session).out_waiting)
		sleep_ns(MS);
	close(st->file);
	return NULL;
}

static pthread_t maker;

static void room_will_come(struct stage *st)
{
	take_the_room(st);
	st->deadline = 0;
	ASSERT_EQ(pthread_create(&maker, NULL, make_room, st), 0);
}

/* Where it never came to waiting the room was not made, and now it is. */
static void room_has_come(struct stage *st)
{
	ASSERT_EQ(pthread_join(maker, NULL), 0);
	close_session(st);
}

STEP(wait_in_vain, .length = 8 * PAGE,
     .prepare = take_the_room, .act = do_wait_in_vain, .clean = give_up);
/* ONE_WAY: the room stays made. */
STEP(wait_and_get, .flags = ONE_WAY, .length = 8 * PAGE, .with = WARD_BUF_PSI,
     .prepare = room_will_come, .act = alloc_waiting, .undo = close_fd,
     .clean = room_has_come);

/* ---- mappings ------------------------------------------------------------------------------ */

static int do_mmap(struct stage *st)
{
	st->p = buf_map(st->fd, st->length);
	return st->p == MAP_FAILED ? -errno : 0;
}

static int do_munmap(struct stage *st)
{
	return munmap(st->p, st->length) < 0 ? -errno : 0;
}

static void unmap(struct stage *st)
{
	ASSERT_EQ(munmap(st->p, st->length), 0);
}

/* What was not filled for want of memory faults like any other. */
static void touch_and_unmap(struct stage *st)
{
	touch_all(st->p, st->length);
	unmap(st);
}

static void drop_map(struct stage *st)
{
	unmap(st);
	close_both(st);
}

/* Where nothing else is mapped: the fault needs page tables of every level. */
#define LONELY	((void *)(1ul << 44))

static void map_lonely(struct stage *st)
{
	have_buffer(st);
	st->p = mmap(LONELY, st->length, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED_NOREPLACE, st->fd, 0);
	ASSERT_TRUE(st->p != MAP_FAILED);
}

static void map_filled(struct stage *st)
{
	map_lonely(st);
	fill_words(st->p, st->length, 3);
}

/*
 * A fault has nobody to answer to: where there is no memory for a page table the
 * kernel tries again, so that this never refuses.
 */
static int do_touch(struct stage *st)
{
	*(volatile unsigned char *)(st->p + PAGE) = 1;
	return 0;
}

/* Without a call of the kernel's: one that failed would not be noticed. */
static void map_lazy(struct stage *st)
{
	struct sigaction act = { .sa_handler = touch_fault, .sa_flags = SA_NODEFER };

	map_lonely(st);
	ASSERT_EQ(sigaction(SIGBUS, &act, NULL), 0);
}

/* No memory is SIGBUS, and the next access gets it. */
static int do_touch_lazy(struct stage *st)
{
	if (sigsetjmp(touch_back, 0))
		return -ENOMEM;
	return do_touch(st);
}

static void check_lazy(struct stage *st)
{
	EXPECT_TRUE(all_zero(st->p + 2 * PAGE, HUGE - 2 * PAGE));
	EXPECT_EQ(buf_info(st->fd).out_present, HUGE);
}

/* By the kernel, on behalf of the process: its answer may be EFAULT. */
static int do_touch_by_kernel(struct stage *st)
{
	ssize_t n = pread(st->file, st->p + PAGE, 1, 0);

	return n < 0 ? -errno : 0;
}

static void map_and_file(struct stage *st)
{
	map_lonely(st);
	st->file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(st->file, 0);
}

static void drop_map_and_file(struct stage *st)
{
	close(st->file);
	drop_map(st);
}

static int do_unmap_part(struct stage *st)
{
	return munmap(st->p + HUGE / 2, PAGE) < 0 ? -errno : 0;
}

static int do_protect_part(struct stage *st)
{
	return mprotect(st->p + HUGE / 2, PAGE, PROT_READ) < 0 ? -errno : 0;
}

static void map_and_place(struct stage *st)
{
	map_filled(st);
	st->place = mmap(NULL, HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(st->place != MAP_FAILED);
}

static int do_move(struct stage *st)
{
	void *to = mremap(st->p, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, st->place);

	if (to == MAP_FAILED)
		return -errno;
	st->p = to;
	return 0;
}

static void check_words(struct stage *st)
{
	EXPECT_TRUE(has_words(st->p, st->length, 3));
}

STEP(mmap, .length = HUGE,
     .prepare = have_buffer, .act = do_mmap, .undo = unmap, .clean = close_both);
STEP(mmap_shared, .length = HUGE + PAGE, .with = WARD_BUF_SHARED,
     .prepare = have_buffer, .act = do_mmap, .undo = unmap, .clean = close_both);
STEP(mmap_populate, .length = 2 * HUGE + 3 * PAGE, .with = WARD_BUF_POPULATE,
     .prepare = have_buffer, .act = do_mmap, .undo = touch_and_unmap, .clean = close_both);
STEP(munmap, .length = HUGE,
     .prepare = map_filled, .act = do_munmap, .clean = close_both);
STEP(munmap_part, .flags = MAY_SPLIT, .length = HUGE,
     .prepare = map_filled, .act = do_unmap_part, .clean = drop_map);
STEP(mprotect_part, .flags = MAY_SPLIT, .length = HUGE,
     .prepare = map_filled, .act = do_protect_part, .clean = drop_map);
STEP(mremap, .length = HUGE, .prepare = map_and_place, .act = do_move,
     .undo = check_words, .clean = drop_map);
STEP(fault_small, .length = 8 * PAGE,
     .prepare = map_lonely, .act = do_touch, .clean = drop_map);
STEP(fault_huge, .length = HUGE,
     .prepare = map_lonely, .act = do_touch, .clean = drop_map);
STEP(fault_lazy, .length = 2 * HUGE, .with = WARD_BUF_LAZY, .prepare = map_lazy,
     .act = do_touch_lazy, .undo = check_lazy, .clean = drop_map);
STEP(fault_by_kernel, .length = HUGE, .prepare = map_and_file,
     .act = do_touch_by_kernel, .clean = drop_map_and_file);
STEP(fault_lazy_by_kernel, .length = 2 * HUGE, .with = WARD_BUF_LAZY,
     .prepare = map_and_file, .act = do_touch_by_kernel, .undo = check_lazy,
     .clean = drop_map_and_file);
STEP(wipe_of_mapped, .flags = ONE_WAY, .length = HUGE,
     .prepare = map_filled, .act = do_wipe, .clean = drop_map);

/* ---- class B --------------------------------------------------------------------------------- */

/* Not touched yet: the pin has to fault it in. Twice as long, for a huge page. */
static void have_range(struct stage *st)
{
	open_session(st);
	st->p = mmap(NULL, st->length, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(st->p != MAP_FAILED);
	ASSERT_EQ(madvise(st->p, st->length, MADV_DONTFORK), 0);
}

static int do_pin(struct stage *st)
{
	struct ward_buf_pin cmd = {
		.size = sizeof(cmd), .flags = st->with, .addr = (uintptr_t)st->p,
		.length = st->length, .label = "pin",
	};
	int ret = ward_call(st->session, WARD_BUF_PIN, &cmd);

	return st->fd = ret ? ret : cmd.out_fd;
}

static void drop_range(struct stage *st)
{
	unmap(st);
	close_session(st);
}

static void have_pin(struct stage *st)
{
	have_range(st);
	ASSERT_GE(do_pin(st), 0);
}

static void drop_pin(struct stage *st)
{
	close_fd(st);
	drop_range(st);
}

STEP(buf_pin_pages, .length = 20 * PAGE,
     .prepare = have_range, .act = do_pin, .undo = close_fd, .clean = drop_range);
STEP(buf_pin_huge, .length = 2 * HUGE,
     .prepare = have_range, .act = do_pin, .undo = close_fd, .clean = drop_range);
STEP(buf_pin_clean, .length = 20 * PAGE, .with = WARD_PIN_CLEAN,
     .prepare = have_range, .act = do_pin, .undo = close_fd, .clean = drop_range);
STEP(pin_close, .length = 20 * PAGE,
     .prepare = have_pin, .act = do_close, .clean = drop_range);
STEP(pin_info, .length = 20 * PAGE,
     .prepare = have_pin, .act = do_buf_info, .clean = drop_pin);
STEP(pin_wipe, .flags = ONE_WAY, .length = 20 * PAGE,
     .prepare = have_pin, .act = do_wipe, .clean = drop_pin);

/* ---- the end of a process ---------------------------------------------------------------------- */

/* One buffer of each kind, none of which an exec() closes by itself. */
static void hold_all_kinds(void)
{
	int session = session_open();
	struct buf bufs[2] = {
		buf_get(session, HUGE + 3 * PAGE),
		buf_get_with(session, HUGE, WARD_BUF_SHARED),
	};
	void *p = mmap(NULL, 20 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(madvise(p, 20 * PAGE, MADV_DONTFORK), 0);
	ASSERT_EQ(fcntl(buf_pin(session, p, 20 * PAGE), F_SETFD, 0), 0);
	ASSERT_EQ(fcntl(bufs[0].fd, F_SETFD, 0), 0);
	touch_all(bufs[0].p, bufs[0].length);
	touch_all(bufs[1].p, bufs[1].length);
	touch_all(p, 20 * PAGE);
}

static void hold_and_end(int sock)
{
	char how;

	hold_all_kinds();
	say(sock);
	ASSERT_EQ(read(sock, &how, 1), 1);
	if (how == 'x')
		execl("/bin/true", "true", (char *)NULL);
	_exit(how == 'x');
}

static void have_holder(struct stage *st)
{
	struct peer peer = peer_start(hold_and_end);

	st->child = peer.pid;
	st->sock = peer.sock;
	hear(st->sock);
}

/* Until it is a zombie, which still tells whether the fault was met. */
static int let_end(struct stage *st, char how)
{
	siginfo_t info;

	if (write(st->sock, &how, 1) != 1)
		return -errno;
	return waitid(P_PID, st->child, &info, WEXITED | WNOWAIT) < 0 ? -errno : 0;
}

static int do_let_exit(struct stage *st)
{
	return let_end(st, 'e');
}

static int do_let_exec(struct stage *st)
{
	return let_end(st, 'x');
}

static void bury(struct stage *st)
{
	struct peer peer = { st->child, st->sock };

	EXPECT_EQ(peer_wait(&peer), 0);
}

/* In ward's own code alone: the child does much else meanwhile. */
STEP(exit_with_buffers, .flags = MODULE_CODE,
     .prepare = have_holder, .act = do_let_exit, .clean = bury);
STEP(exec_with_buffers, .flags = MODULE_CODE,
     .prepare = have_holder, .act = do_let_exec, .clean = bury);

FAIL_NTH_MAIN()
