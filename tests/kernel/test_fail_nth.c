// SPDX-License-Identifier: MIT
/*
 * What a worker does, with every one of its points of failure failing: see
 * fail_nth.h. A new operation is a row here; what root does is in
 * test_fail_nth_control.c.
 */
#define _GNU_SOURCE
#include "fail_nth.h"

#include <poll.h>

#include "lease_test.h"

/* ---- sessions ---------------------------------------------------------------------- */

static int do_open(struct stage *st)
{
	st->session = session_open();
	return st->session;
}

static void close_session(struct stage *st)
{
	close(st->session);
}

static void open_session(struct stage *st)
{
	ASSERT_GE(do_open(st), 0);
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
	st->length = boot_ns() + 1000 * SECOND;
}

static int do_lease(struct stage *st)
{
	return lease_deadline(st->session, st->length);
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

static int alloc_bytes(struct stage *st, uint64_t length)
{
	st->length = length;
	st->fd = buf_alloc(st->session, length);
	return st->fd;
}

static int do_alloc_page(struct stage *st)
{
	return alloc_bytes(st, PAGE);
}

static int do_alloc_table(struct stage *st)
{
	return alloc_bytes(st, 100 * PAGE);
}

static int do_alloc_huge(struct stage *st)
{
	return alloc_bytes(st, HUGE);
}

static int do_alloc_mixed(struct stage *st)
{
	return alloc_bytes(st, 2 * HUGE + 3 * PAGE);
}

static int alloc_flags(struct stage *st, uint64_t length, uint32_t flags)
{
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .length = length, .label = "test",
	};
	int ret = ward_call(st->session, WARD_BUF_ALLOC, &cmd);

	st->length = length;
	st->fd = ret ? ret : cmd.out_fd;
	return st->fd;
}

static int do_alloc_shared(struct stage *st)
{
	return alloc_flags(st, HUGE + PAGE, WARD_BUF_SHARED);
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

static void have_small(struct stage *st)
{
	open_session(st);
	ASSERT_GE(alloc_bytes(st, 8 * PAGE), 0);
}

static void have_huge(struct stage *st)
{
	open_session(st);
	ASSERT_GE(do_alloc_huge(st), 0);
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
	have_huge(st);
	ASSERT_EQ(do_volatile(st), 0);
}

static int do_hold(struct stage *st)
{
	struct ward_buf_hold cmd = { .size = sizeof(cmd) };
	int ret = ward_call(st->fd, WARD_BUF_HOLD, &cmd);

	return ret ? ret : cmd.out_survived ? 0 : -EPROTO;
}

STEP(buf_alloc_page, .prepare = open_session,
     .act = do_alloc_page, .undo = close_fd, .clean = close_session);
STEP(buf_alloc_table, .prepare = open_session,
     .act = do_alloc_table, .undo = close_fd, .clean = close_session);
STEP(buf_alloc_huge, .prepare = open_session,
     .act = do_alloc_huge, .undo = close_fd, .clean = close_session);
STEP(buf_alloc_mixed, .prepare = open_session,
     .act = do_alloc_mixed, .undo = close_fd, .clean = close_session);
STEP(buf_alloc_shared, .prepare = open_session,
     .act = do_alloc_shared, .undo = close_fd, .clean = close_session);
STEP(buf_close, .prepare = have_small, .act = do_close, .clean = close_session);
STEP(buf_info, .prepare = have_small, .act = do_buf_info, .clean = close_both);
STEP(buf_volatile, .prepare = have_huge, .act = do_volatile, .clean = close_both);
STEP(buf_hold, .prepare = have_volatile, .act = do_hold, .clean = close_both);
STEP(buf_wipe, .flags = ONE_WAY,
     .prepare = have_huge, .act = do_wipe, .clean = close_both);

/* ---- mappings ------------------------------------------------------------------------------ */

static int do_mmap(struct stage *st)
{
	st->p = buf_map(st->fd, st->length);
	return st->p == MAP_FAILED ? -errno : 0;
}

static void have_shared(struct stage *st)
{
	open_session(st);
	ASSERT_GE(do_alloc_shared(st), 0);
}

static int do_munmap(struct stage *st)
{
	return munmap(st->p, st->length) < 0 ? -errno : 0;
}

static void unmap(struct stage *st)
{
	ASSERT_EQ(munmap(st->p, st->length), 0);
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
	st->p = mmap(LONELY, st->length, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED_NOREPLACE, st->fd, 0);
	ASSERT_TRUE(st->p != MAP_FAILED);
}

static void map_small(struct stage *st)
{
	have_small(st);
	map_lonely(st);
}

static void map_huge(struct stage *st)
{
	have_huge(st);
	map_lonely(st);
}

static void map_huge_filled(struct stage *st)
{
	map_huge(st);
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

/* By the kernel, on behalf of the process: its answer may be EFAULT. */
static int do_touch_by_kernel(struct stage *st)
{
	ssize_t n = pread(st->file, st->p + PAGE, 1, 0);

	return n < 0 ? -errno : 0;
}

static void map_and_file(struct stage *st)
{
	map_huge(st);
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

static void map_huge_and_place(struct stage *st)
{
	map_huge_filled(st);
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

STEP(mmap, .prepare = have_huge, .act = do_mmap, .undo = unmap, .clean = close_both);
STEP(mmap_shared, .prepare = have_shared, .act = do_mmap, .undo = unmap, .clean = close_both);
STEP(munmap, .prepare = map_huge_filled, .act = do_munmap, .clean = close_both);
STEP(munmap_part, .flags = MAY_SPLIT, .prepare = map_huge_filled, .act = do_unmap_part, .clean = drop_map);
STEP(mprotect_part, .flags = MAY_SPLIT, .prepare = map_huge_filled, .act = do_protect_part, .clean = drop_map);
STEP(mremap, .prepare = map_huge_and_place, .act = do_move,
     .undo = check_words, .clean = drop_map);
STEP(fault_small, .prepare = map_small, .act = do_touch, .clean = drop_map);
STEP(fault_huge, .prepare = map_huge, .act = do_touch, .clean = drop_map);
STEP(fault_by_kernel, .prepare = map_and_file, .act = do_touch_by_kernel,
     .clean = drop_map_and_file);
STEP(wipe_of_mapped, .flags = ONE_WAY,
     .prepare = map_huge_filled, .act = do_wipe, .clean = drop_map);

/* ---- class B --------------------------------------------------------------------------------- */

/* Not touched yet: the pin has to fault it in. Twice as long, for a huge page. */
static void have_range(struct stage *st, uint64_t length)
{
	open_session(st);
	st->length = length;
	st->p = mmap(NULL, st->length, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(st->p != MAP_FAILED);
	ASSERT_EQ(madvise(st->p, st->length, MADV_DONTFORK), 0);
}

static void have_pages(struct stage *st)
{
	have_range(st, 20 * PAGE);
}

static void have_huge_range(struct stage *st)
{
	have_range(st, 2 * HUGE);
}

static int do_pin(struct stage *st)
{
	st->fd = buf_pin(st->session, st->p, st->length);
	return st->fd;
}

static int do_pin_clean(struct stage *st)
{
	struct ward_buf_pin cmd = {
		.size = sizeof(cmd), .flags = WARD_PIN_CLEAN, .addr = (uintptr_t)st->p,
		.length = st->length, .label = "clean",
	};
	int ret = ward_call(st->session, WARD_BUF_PIN, &cmd);

	st->fd = ret ? ret : cmd.out_fd;
	return st->fd;
}

static void drop_range(struct stage *st)
{
	unmap(st);
	close_session(st);
}

static void have_pin(struct stage *st)
{
	have_pages(st);
	ASSERT_GE(do_pin(st), 0);
}

static void drop_pin(struct stage *st)
{
	close_fd(st);
	drop_range(st);
}

STEP(buf_pin_pages, .prepare = have_pages,
     .act = do_pin, .undo = close_fd, .clean = drop_range);
STEP(buf_pin_huge, .prepare = have_huge_range,
     .act = do_pin, .undo = close_fd, .clean = drop_range);
STEP(buf_pin_clean, .prepare = have_pages,
     .act = do_pin_clean, .undo = close_fd, .clean = drop_range);
STEP(pin_close, .prepare = have_pin, .act = do_close, .clean = drop_range);
STEP(pin_info, .prepare = have_pin, .act = do_buf_info, .clean = drop_pin);
STEP(pin_wipe, .flags = ONE_WAY,
     .prepare = have_pin, .act = do_wipe, .clean = drop_pin);

FAIL_NTH_MAIN()
