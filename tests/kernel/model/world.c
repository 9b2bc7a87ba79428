// SPDX-License-Identifier: MIT
/* See world.h: chance, commands, who holds what. */
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../attest_test.h"
#include "ktap.h"
#include "wire.h"

/*
 * Page numbers far below where the kernel puts what nobody gave a place, and
 * others for each world of a process.
 */
#define FIRST_PLACE	(1ull << 24)
#define NEXT_FIRST	(1ull << 30)

/* ---- verdicts --------------------------------------------------------------------- */

void world_fail(const struct world *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ktap_note("seed 0x%llx operation %llu (%s): %s", (unsigned long long)w->seed,
		  (unsigned long long)w->op, w->name, text);
	ktap_stop();
}

void world_check(const struct world *w, const char *what, int64_t got, int64_t wanted)
{
	if (got != wanted)
		world_fail(w, "%s is %lld, not %lld", what, (long long)got,
			   (long long)wanted);
}

/* ---- chance --------------------------------------------------------------------------- */

static uint64_t next_of(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

uint64_t world_random(struct world *w)
{
	return next_of(&w->random);
}

uint32_t world_pick(struct world *w, uint32_t n)
{
	return (uint32_t)((world_random(w) >> 32) * n >> 32);
}

/* ---- commands ---------------------------------------------------------------------------- */

struct slot *world_slot(struct world *w, int process)
{
	return &w->board->slots[process];
}

int64_t world_call(struct world *w, int process, struct order order)
{
	struct slot *slot = world_slot(w, process);

	slot->order = order;
	slot->reply = (struct reply){ 0 };
	if (w->local)
		actor_perform(w->board, slot);
	else if (!actor_order(w->board, process, 1 + (int)(next_of(&w->turns) >> 63),
			      w->processes[process].pid))
		world_fail(w, "process %d gave no answer to order %u", process, order.act);
	return slot->reply.ret;
}

int64_t world_ioctl(struct world *w, int process, int fd, unsigned long cmd)
{
	return world_call(w, process, (struct order){
		.act = ACT_IOCTL, .fd = fd, .a = cmd, .b = ARG_PLAIN });
}

void world_await_death(struct world *w, int process)
{
	struct process *p = &w->processes[process];
	struct pollfd death = { .fd = p->pidfd, .events = POLLIN };

	if (poll(&death, 1, (int)ktap_seconds(60) * 1000) != 1)
		world_fail(w, "process %d does not die", process);
	close(p->pidfd);
	p->alive = false;
}

/* ---- who holds what ------------------------------------------------------------------------- */

int world_process(struct world *w)
{
	int i;

	do {
		i = (int)world_pick(w, ACTORS);
	} while (!w->processes[i].alive);
	return i;
}

struct handle *world_handle_free(struct world *w, int process)
{
	struct handle *h = w->processes[process].handles;
	int i;

	for (i = 0; i < HANDLES; i++)
		if (!h[i].used)
			return &h[i];
	return NULL;
}

struct handle *world_handle(struct world *w, int process, bool session)
{
	struct handle *h = w->processes[process].handles, *fit[HANDLES];
	uint32_t n = 0, i;

	for (i = 0; i < HANDLES; i++)
		if (h[i].used && h[i].thing.session == session)
			fit[n++] = &h[i];
	return n ? fit[world_pick(w, n)] : NULL;
}

struct shadow_session *world_session(struct world *w, int *process, struct handle **handle)
{
	*process = world_process(w);
	*handle = world_handle(w, *process, true);
	return *handle ? &w->shadow.sessions[(*handle)->thing.at] : NULL;
}

struct handle *world_handle_add(struct world *w, int process, struct thing thing,
				int64_t fd, bool cloexec)
{
	struct handle *h = world_handle_free(w, process);

	if (fd < 0)
		world_fail(w, "no file descriptor but %lld", (long long)fd);
	*h = (struct handle){ .used = true, .cloexec = cloexec, .fd = (int)fd, .thing = thing };
	return h;
}

bool world_owns(const struct world *w, int process, const struct shadow_buffer *b)
{
	return b->owner == process && b->owner_mm == w->processes[process].mm;
}

int world_mapped(struct world *w)
{
	uint32_t n = 0, i;
	int fit[BUFFERS];

	for (i = 0; i < BUFFERS; i++)
		if (w->shadow.buffers[i].used && w->shadow.buffers[i].count)
			fit[n++] = (int)i;
	return n ? fit[world_pick(w, n)] : -1;
}

uint64_t world_place(struct world *w, int process, uint64_t pages)
{
	struct process *p = &w->processes[process];
	uint64_t place = p->next;

	if (world_chance(w, 50))
		place = (place + 511) & ~511ull;
	p->next = place + pages + 1;
	return place;
}

static int oldest_of(const struct world *w, int process)
{
	const struct shadow_buffer *b = w->shadow.buffers;
	int i, oldest = -1;

	for (i = 0; i < BUFFERS; i++)
		if (b[i].used && !b[i].end && b[i].kind != KIND_SHARED &&
		    world_owns(w, process, &b[i]) &&
		    (oldest < 0 || b[i].id < b[oldest].id))
			oldest = i;
	return oldest;
}

static void drop_pieces(struct shadow_buffer *b, int process)
{
	int i = 0;

	while (i < b->count) {
		if (b->pieces[i].process == process)
			piece_drop(b, i);
		else
			i++;
	}
}

void world_mm_ends(struct world *w, int process)
{
	struct shadow_buffer *b = w->shadow.buffers;
	int i;

	while ((i = oldest_of(w, process)) >= 0)
		shadow_end(&w->shadow, i, WARD_END_MM);
	for (i = 0; i < BUFFERS; i++)
		if (b[i].used)
			drop_pieces(&b[i], process);
	w->processes[process].mm++;
	w->processes[process].next = w->first;
}

static void count_thing(struct world *w, struct thing thing)
{
	if (thing.session)
		w->shadow.sessions[thing.at].files++;
	else
		w->shadow.buffers[thing.at].refs++;
}

static void count_all(struct world *w)
{
	int i, k;

	for (i = 0; i < SESSIONS; i++)
		w->shadow.sessions[i].files = 0;
	for (i = 0; i < BUFFERS; i++)
		w->shadow.buffers[i].refs = 0;
	for (i = 0; i < ACTORS; i++)
		for (k = 0; k < HANDLES; k++)
			if (w->processes[i].alive && w->processes[i].handles[k].used)
				count_thing(w, w->processes[i].handles[k].thing);
	for (i = 0; i < w->queued; i++)
		count_thing(w, w->queue[i]);
}

void world_unmap(struct world *w, struct shadow_buffer *b, int process)
{
	int i;

	for (i = 0; i < b->count; i++)
		if (b->pieces[i].process == process)
			CHECK(w, world_call(w, process, (struct order){
				.act = ACT_MUNMAP, .a = b->pieces[i].place,
				.b = b->pieces[i].pages * PAGE_BYTES }), 0);
	drop_pieces(b, process);
}

static void settle_buffer(struct world *w, int i)
{
	struct shadow_buffer *b = &w->shadow.buffers[i];

	if (!b->used || b->refs || (b->kind != KIND_B && b->count))
		return;
	shadow_end(&w->shadow, i, WARD_END_CLOSE);
	/* Class B's memory is its owner's, who has no use for it any more. */
	world_unmap(w, b, b->owner);
	shadow_forget(&w->shadow, i);
}

static bool has_buffers(const struct world *w, int session)
{
	const struct shadow_buffer *b = w->shadow.buffers;
	int i;

	for (i = 0; i < BUFFERS; i++)
		if (b[i].used && b[i].session == session)
			return true;
	return false;
}

static void settle_session(struct world *w, int i)
{
	struct shadow_session *a = &w->shadow.sessions[i];

	if (!a->used || a->files || a->closed)
		return;
	a->closed = true;
	shadow_end_all(&w->shadow, i, WARD_END_SESSION, true);
}

void world_settle(struct world *w)
{
	const struct shadow_session *a = w->shadow.sessions;
	int i;

	count_all(w);
	for (i = 0; i < SESSIONS; i++)
		settle_session(w, i);
	for (i = 0; i < BUFFERS; i++)
		settle_buffer(w, i);
	for (i = 0; i < SESSIONS; i++)
		if (a[i].used && !a[i].files && !has_buffers(w, i))
			shadow_bury(&w->shadow, i);
}

/* ---- its life --------------------------------------------------------------------------------- */

static void learn_baseline(struct world *w)
{
	static const uint32_t uids[USERS] = { 0, WORKER_UID, OTHER_UID };
	struct shadow *s = &w->shadow;
	struct figures f;
	int i;

	if (wire_ask(w->wire, WARD_GENL_CMD_STATUS_GET, NULL, &f))
		world_fail(w, "no status by netlink");
	w->limit = s->limit = f.value[WARD_A_LIMIT];
	s->limit_user = s->limit_session = NO_LIMIT;
	for (i = 0; i < USERS; i++)
		s->users[i] = (struct shadow_user){ .uid = uids[i], .limit = NO_LIMIT };
	if (!w->alone)
		return;
	CHECK(w, f.value[WARD_A_LIVE_A] + f.value[WARD_A_LIVE_B], 0);
	s->peak_all = f.value[WARD_A_PEAK];
	w->failed_before = s->failed = f.value[WARD_A_FAILED];
	w->wiped_before = s->wiped_bytes = f.value[WARD_A_WIPED_BYTES];
	shadow_counted(s, f.value[WARD_A_GLOBAL_SEQ]);
	s->level = (uint32_t)f.value[WARD_A_LEVEL];
	w->baseline = f.value[WARD_A_SESSIONS];
}

static void first_process(struct world *w)
{
	struct process *p = &w->processes[0];

	p->alive = true;
	p->next = w->first;
	if (w->local)
		return;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	p->pid = actor_start(w->board, 0);
	if (p->pid < 0)
		world_fail(w, "no first process");
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
}

struct world *world_new(uint64_t seed, bool local, bool alone, uint64_t room)
{
	static _Atomic uint64_t worlds;
	struct world *w = calloc(1, sizeof(*w));

	ASSERT_TRUE(w != NULL);
	w->first = FIRST_PLACE + worlds++ % 16 * NEXT_FIRST;
	w->seed = seed;
	w->random = seed * 0x9e3779b97f4a7c15ull | 1;
	w->turns = w->random;
	w->local = local;
	w->alone = alone;
	w->room = room;
	w->name = "start";
	w->wire = wire_open();
	actor_signals();
	w->board = board_new();
	learn_baseline(w);
	first_process(w);
	return w;
}

/* The driver's own process lives on; its handles don't. */
static void close_all(struct world *w, int process)
{
	struct handle *h = w->processes[process].handles;
	int i;

	for (i = 0; i < HANDLES; i++)
		if (h[i].used)
			op_close_handle(w, process, &h[i]);
}

static void unmap_all(struct world *w)
{
	struct shadow_buffer *b = w->shadow.buffers;
	int i;

	for (i = 0; i < BUFFERS; i++)
		if (b[i].used && b[i].kind != KIND_B)
			world_unmap(w, &b[i], 0);
}

void world_end(struct world *w)
{
	int i;

	w->name = "end";
	if (w->alone)
		op_limits_end(w);
	while (w->queued) {
		int64_t fd = world_call(w, 0, (struct order){ .act = ACT_RECEIVE, .a = 1 });

		if (fd < 0)
			world_fail(w, "the mail is empty: %lld", (long long)fd);
		CHECK(w, world_call(w, 0, (struct order){
			.act = ACT_CLOSE, .fd = (int)fd }), 0);
		memmove(w->queue, w->queue + 1, (size_t)--w->queued * sizeof(w->queue[0]));
		world_settle(w);
	}
	for (i = ACTORS - 1; i > 0; i--)
		if (w->processes[i].alive)
			op_die(w, i, ACT_EXIT);
	unmap_all(w);
	world_settle(w);
	close_all(w, 0);
	world_compare(w);
	for (i = 0; i < SESSIONS; i++)
		CHECK(w, w->shadow.sessions[i].used, 0);
	if (!w->local)
		op_die(w, 0, ACT_EXIT);
}
