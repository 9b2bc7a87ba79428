// SPDX-License-Identifier: MIT
/*
 * io_uring's fixed buffers: pinned once, and read whenever the ring is told to.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "leak.h"

struct ring {
	int fd;
	unsigned int *tail, *array;
	unsigned int mask;
	struct io_uring_sqe *sqes;
};

static void *ring_map(int fd, size_t n, off_t at)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);

	if (p == MAP_FAILED)
		cell_broken("mmap of the ring");
	return p;
}

static struct ring ring_open(void)
{
	struct io_uring_params params = { 0 };
	struct ring ring;
	char *sq;

	ring.fd = syscall(SYS_io_uring_setup, 4, &params);
	if (ring.fd < 0)
		cell_broken("io_uring_setup");
	sq = ring_map(ring.fd, params.sq_off.array + params.sq_entries * sizeof(int),
		      IORING_OFF_SQ_RING);
	ring.tail = (unsigned int *)(sq + params.sq_off.tail);
	ring.array = (unsigned int *)(sq + params.sq_off.array);
	ring.mask = *(unsigned int *)(sq + params.sq_off.ring_mask);
	ring.sqes = ring_map(ring.fd, params.sq_entries * sizeof(*ring.sqes), IORING_OFF_SQES);
	return ring;
}

/* Writes the registered buffer's first page to @to, and waits for it. */
static void ring_write(struct ring *ring, int to, const void *p)
{
	unsigned int tail = *ring->tail, at = tail & ring->mask;

	memset(&ring->sqes[at], 0, sizeof(*ring->sqes));
	ring->sqes[at].opcode = IORING_OP_WRITE_FIXED;
	ring->sqes[at].fd = to;
	ring->sqes[at].addr = (uintptr_t)p;
	ring->sqes[at].len = PAGE;
	ring->array[at] = at;
	__atomic_store_n(ring->tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		cell_broken("io_uring_enter");
}

void ring_attack(struct cell *cell, struct region *region)
{
	static unsigned char room[PAGE] __attribute__((aligned(64)));
	struct iovec iov = { region->p, LENGTH };
	struct ring ring = ring_open();
	int to = memfd_create("ring", MFD_CLOEXEC);

	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &iov, 1) < 0) {
		cell_errno(cell, errno);
		return;
	}
	ring_write(&ring, to, region->p);
	if (pread(to, room, sizeof(room), 0) != sizeof(room))
		cell_say(cell, "no");
	else
		cell_look(cell, room, sizeof(room), "no");
}
