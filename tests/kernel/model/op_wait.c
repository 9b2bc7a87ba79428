// SPDX-License-Identifier: MIT
/*
 * Waiting for room, where it comes, or where death comes first. That it doesn't
 * come in time is for op_buffer.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "ktap.h"
#include "wire.h"
#include "world.h"

/* The process asks, and is left to wait. */
static void begin(struct world *w, int p, const struct handle *h, uint64_t bytes)
{
	struct slot *slot = world_slot(w, p);
	struct timespec nap = { .tv_nsec = 200000 };
	struct figures f;
	int i;

	slot->buf_alloc = (struct ward_buf_alloc){
		.size = sizeof(slot->buf_alloc), .flags = WARD_BUF_WAIT, .length = bytes,
		.label = "waits" };
	slot->order = (struct order){
		.act = ACT_IOCTL, .fd = h->fd, .a = WARD_BUF_ALLOC, .b = ARG_PLAIN };
	slot->reply = (struct reply){ 0 };
	actor_tell(w->board, p, 1 + (int)world_pick(w, 2));
	for (i = 0; i < (int)ktap_seconds(60) * 5000; i++) {
		CHECK(w, wire_ask(w->wire, WARD_GENL_CMD_PRESSURE_GET, NULL, &f), 0);
		if (f.value[WARD_A_WAITING])
			return;
		nanosleep(&nap, NULL);
	}
	world_fail(w, "nobody waits");
}

/* What its own limit leaves no room for, and could once be had; or 0. */
static uint64_t too_much(const struct world *w, const struct shadow_session *a)
{
	uint64_t limit = shadow_limit_session(&w->shadow, a) & ~(PAGE_BYTES - 1);

	if (limit > w->room || limit > shadow_limit(&w->shadow, a) || !a->live_all ||
	    !limit || a->live_volatile || shadow_is_closed(a))
		return 0;
	return limit;
}

static bool op_killed(struct world *w)
{
	struct shadow_session *a;
	struct handle *h;
	uint64_t bytes;
	int p;

	a = world_session(w, &p, &h);
	if (!a || !p || !too_much(w, a))
		return false;
	op_prepare_death(w, p);
	bytes = h->used ? too_much(w, a) : 0;
	if (bytes)
		begin(w, p, h, bytes);
	w->kills += bytes != 0;
	kill(w->processes[p].pid, SIGKILL);
	op_died(w, p);
	return true;
}

static bool is_in_the_way(const struct world *w, const struct handle *h, int session)
{
	const struct shadow_buffer *b = &w->shadow.buffers[h->thing.at];

	return h->used && !h->thing.session && b->session == session && !b->end;
}

/* A buffer of a session in the hands of another process; NULL where there is none. */
static struct handle *other_hand(struct world *w, int session, int process, int *other)
{
	int i, k;

	for (i = 0; i < ACTORS; i++) {
		struct process *p = &w->processes[i];

		for (k = 0; k < HANDLES && p->alive && i != process; k++) {
			*other = i;
			if (is_in_the_way(w, &p->handles[k], session))
				return &p->handles[k];
		}
	}
	return NULL;
}

/* Room for it comes when another process ends a buffer of the same session. */
static bool op_granted(struct world *w)
{
	struct shadow_session *a;
	struct handle *h, *in_way;
	struct ward_buf_wipe *wipe;
	uint64_t bytes, freed;
	int p, q;

	if (!op_payer(w, &p, &h))
		return false;
	a = &w->shadow.sessions[h->thing.at];
	in_way = too_much(w, a) ? other_hand(w, h->thing.at, p, &q) : NULL;
	if (!in_way)
		return false;
	freed = w->shadow.buffers[in_way->thing.at].length;
	bytes = too_much(w, a) - a->live_all + freed;
	if (a->live_all > too_much(w, a) || !shadow_fits(&w->shadow, a, bytes, freed))
		return false;
	begin(w, p, h, bytes);
	wipe = &world_slot(w, q)->buf_wipe;
	*wipe = (struct ward_buf_wipe){ .size = sizeof(*wipe) };
	CHECK(w, world_ioctl(w, q, in_way->fd, WARD_BUF_WIPE), 0);
	CHECK(w, wipe->out_bytes, shadow_end(&w->shadow, in_way->thing.at, WARD_END_WIPE));
	CHECK(w, shadow_charge(&w->shadow, h->thing.at, KIND_A, bytes), 0);
	CHECK(w, actor_await(w->board, p, w->processes[p].pid), true);
	CHECK(w, world_slot(w, p)->reply.ret, 0);
	op_made(w, p, h->thing.at, KIND_A, &world_slot(w, p)->buf_alloc);
	w->grants++;
	return true;
}

const struct operation wait_operations[] = {
	{ "wait that is granted", 80, op_granted, PROCESSES },
	{ "wait that is killed", 10, op_killed, PROCESSES },
	{ 0 }
};
