// SPDX-License-Identifier: MIT
/* See crowd.h. Most buffers are of a few pages, some of more than 2 MiB. */
#include "crowd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "marker.h"

#define PAGE	4096ul
#define HUGE	(2ul << 20)

enum { EVENTS_MOST = 512, LARGE_EACH = 75 };

bool crowd_open(struct crowd *crowd)
{
	int i;

	for (i = 0; i < GANGS; i++) {
		crowd->sessions[i] = open(WARD_DEVICE, O_RDWR | O_CLOEXEC);
		if (crowd->sessions[i] < 0)
			return false;
	}
	return true;
}

static uint64_t length_of(int i)
{
	return i % LARGE_EACH == LARGE_EACH - 1 ? HUGE + PAGE : (2 + i % 3) * PAGE;
}

static bool make_owned(struct member *m, int session, bool shared)
{
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .flags = shared ? WARD_BUF_SHARED : 0,
		.length = m->length, .label = "marked",
	};

	if (ioctl(session, WARD_BUF_ALLOC, &cmd))
		return false;
	m->fd = cmd.out_fd;
	m->p = mmap(NULL, m->length, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	return m->p != MAP_FAILED;
}

/* Pinned before it holds anything, as the header asks. */
static bool make_pinned(struct member *m, int session)
{
	struct ward_buf_pin cmd = {
		.size = sizeof(cmd), .length = m->length, .label = "marked",
	};

	m->p = mmap(NULL, m->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->p == MAP_FAILED || madvise(m->p, m->length, MADV_DONTFORK))
		return false;
	cmd.addr = (uintptr_t)m->p;
	if (ioctl(session, WARD_BUF_PIN, &cmd))
		return false;
	m->fd = cmd.out_fd;
	return true;
}

static bool make_plain(struct member *m)
{
	m->fd = -1;
	m->p = malloc(m->length);
	return m->p;
}

static bool make(struct crowd *crowd, int i)
{
	struct member *m = &crowd->members[i];
	int session = crowd->sessions[i / GANG];

	m->length = length_of(i);
	switch (crowd->kind) {
	case CROWD_PLAIN:
		return make_plain(m);
	case CROWD_B:
		return make_pinned(m, session);
	default:
		return make_owned(m, session, crowd->kind == CROWD_SHARED);
	}
}

void crowd_fill(struct crowd *crowd)
{
	struct marker marker = { .way = crowd->way };
	uint64_t at;
	int i;

	for (i = 0; i < CROWD; i++) {
		marker.buffer = (uint32_t)i;
		for (at = 0; at + MARKER_STRIDE <= crowd->members[i].length; at += MARKER_STRIDE) {
			marker.place = (uint32_t)at;
			marker_write((volatile uint64_t *)(void *)(crowd->members[i].p + at),
				     crowd->seed, marker);
		}
	}
}

bool crowd_make(struct crowd *crowd)
{
	int i;

	for (i = 0; i < CROWD; i++)
		if (!make(crowd, i))
			return false;
	crowd_fill(crowd);
	return true;
}

static unsigned int ended_in(int session, uint32_t reason)
{
	static struct ward_event records[EVENTS_MOST];
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)records,
		.count = EVENTS_MOST,
	};
	unsigned int i, n = 0;

	if (ioctl(session, WARD_EVENTS, &cmd))
		return 0;
	for (i = 0; i < cmd.count; i++)
		n += (records[i].type == WARD_EVENT_BUF_WIPE ||
		      records[i].type == WARD_EVENT_BUF_UNPIN) && records[i].reason == reason;
	return n;
}

unsigned int crowd_ended(const struct crowd *crowd, uint32_t reason)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < GANGS; i++)
		n += ended_in(crowd->sessions[i], reason);
	return n;
}

void crowd_unmap(struct crowd *crowd)
{
	int i;

	for (i = 0; i < CROWD; i++)
		munmap(crowd->members[i].p, crowd->members[i].length);
}

void crowd_close(struct crowd *crowd)
{
	int i;

	for (i = 0; i < CROWD; i++)
		close(crowd->members[i].fd);
}
