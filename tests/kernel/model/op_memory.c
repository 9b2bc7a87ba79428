// SPDX-License-Identifier: MIT
/* Operations on mappings: what is where, what it holds, and what a touch gives. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ktap.h"
#include "world.h"

/* ---- mapping ----------------------------------------------------------------- */

/* What may be wrong with an mmap(). */
enum { MAP_RIGHT, MAP_READ, MAP_COPY, MAP_SHORT, MAP_SHIFTED, MAP_CODE, MAPS };

static int map_errno(const struct world *w, int p, const struct shadow_buffer *b,
		     uint32_t how)
{
	if (how == MAP_CODE)
		return -EPERM;
	if (how == MAP_COPY || how == MAP_SHORT || how == MAP_SHIFTED)
		return -EINVAL;
	if (b->end)
		return -EOWNERDEAD;
	if (b->kind == KIND_SHARED)
		return w->processes[p].uid == w->shadow.sessions[b->session].uid ? 0 : -EPERM;
	if (!world_owns(w, p, b))
		return -EPERM;
	return b->count ? -EBUSY : 0;
}

static bool op_map(struct world *w)
{
	uint32_t how = world_chance(w, 80) ? MAP_RIGHT : world_pick(w, MAPS);
	uint64_t place, bytes, prot = PROT_READ | PROT_WRITE;
	int p = world_process(w), wanted;
	struct handle *h = world_handle(w, p, false);
	struct shadow_buffer *b;

	if (!h)
		return false;
	b = &w->shadow.buffers[h->thing.at];
	if (b->kind == KIND_B || b->count == PIECES)
		return false;
	wanted = map_errno(w, p, b, how);
	place = world_place(w, p, b->length / PAGE_BYTES + 1);
	bytes = b->length + (how == MAP_SHORT ? PAGE_BYTES : 0);
	if (how == MAP_READ)
		prot = PROT_READ;
	if (how == MAP_CODE)
		prot |= PROT_EXEC;
	CHECK(w, world_call(w, p, (struct order){
		.act = ACT_MMAP, .fd = h->fd, .a = place, .b = bytes, .c = prot,
		.d = how == MAP_COPY ? MAP_PRIVATE : MAP_SHARED,
		.e = how == MAP_SHIFTED ? PAGE_BYTES : 0 }), wanted);
	if (!wanted)
		b->pieces[b->count++] = (struct piece){
			.process = p, .pages = (uint32_t)(b->length / PAGE_BYTES), .place = place,
			.prot = (int)prot };
	return true;
}

/**
 * struct run - some pages of one piece of a buffer
 * @skip: pages of the piece before them
 */
struct run {
	int process;
	struct shadow_buffer *b;
	int piece;
	uint32_t skip, first, pages;
	uint64_t place;
	int prot;
};

static bool some_run(struct world *w, struct run *r)
{
	int at = world_mapped(w);
	const struct piece *p;

	if (at < 0)
		return false;
	r->b = &w->shadow.buffers[at];
	r->piece = (int)world_pick(w, (uint32_t)r->b->count);
	p = &r->b->pieces[r->piece];
	r->process = p->process;
	r->skip = world_chance(w, 50) ? 0 : world_pick(w, p->pages);
	r->first = p->first + r->skip;
	r->place = p->place + r->skip;
	r->pages = p->pages - r->skip;
	if (world_chance(w, 60))
		r->pages = 1 + world_pick(w, r->pages);
	r->prot = p->prot;
	return true;
}

/* A handle of the buffer, whoever has it. */
static struct handle *some_handle(struct world *w, const struct shadow_buffer *b, int *process)
{
	struct thing thing = { false, (int)(b - w->shadow.buffers) };
	struct handle *h;
	int p, i;

	for (p = 0; p < ACTORS; p++) {
		for (i = 0; i < HANDLES && w->processes[p].alive; i++) {
			h = &w->processes[p].handles[i];
			if (!h->used || h->thing.session || h->thing.at != thing.at)
				continue;
			*process = p;
			return h;
		}
	}
	return NULL;
}

/* Nobody who could be asked for its end: it may lie in the mail alone. */
static bool is_dumb(struct world *w, const struct shadow_buffer *b)
{
	int p;

	return b->kind == KIND_B && !b->end && !some_handle(w, b, &p);
}

/* Class B ends soon after its owner has unmapped or moved some of it. */
static void unmapped(struct world *w, struct shadow_buffer *b)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	struct ward_buf_info *info;
	struct handle *h;
	int p, i;

	if (b->kind != KIND_B || b->end)
		return;
	h = some_handle(w, b, &p);
	info = &world_slot(w, p)->buf_info;
	for (i = 0; i < (int)ktap_seconds(30) * 1000; i++) {
		*info = (struct ward_buf_info){ .size = sizeof(*info) };
		CHECK(w, world_ioctl(w, p, h->fd, WARD_BUF_INFO), 0);
		if (info->out_end)
			break;
		nanosleep(&nap, NULL);
	}
	CHECK(w, info->out_end, WARD_END_UNMAP);
	shadow_end(&w->shadow, h->thing.at, WARD_END_UNMAP);
}

static bool op_unmap(struct world *w)
{
	struct run r;
	int piece;

	if (!some_run(w, &r) || is_dumb(w, r.b))
		return false;
	piece = piece_cut(r.b, r.piece, r.skip, r.pages);
	if (piece < 0)
		return false;
	CHECK(w, world_call(w, r.process, (struct order){ .act = ACT_MUNMAP, .a = r.place,
		.b = r.pages * PAGE_BYTES }), 0);
	piece_drop(r.b, piece);
	unmapped(w, r.b);
	return true;
}

static bool op_move(struct world *w)
{
	uint64_t place;
	struct run r;
	int piece;

	if (!some_run(w, &r) || is_dumb(w, r.b))
		return false;
	piece = piece_cut(r.b, r.piece, r.skip, r.pages);
	if (piece < 0)
		return false;
	place = world_place(w, r.process, r.pages);
	CHECK(w, world_call(w, r.process, (struct order){
		.act = ACT_MREMAP, .a = r.place, .b = r.pages * PAGE_BYTES,
		.c = r.pages * PAGE_BYTES, .d = place,
		.e = MREMAP_MAYMOVE | MREMAP_FIXED }), 0);
	r.b->pieces[piece].place = place;
	unmapped(w, r.b);
	return true;
}

static bool op_grow(struct world *w)
{
	struct run r;

	if (!some_run(w, &r) || r.b->kind == KIND_B)
		return false;
	CHECK(w, world_call(w, r.process, (struct order){
		.act = ACT_MREMAP, .a = r.place, .b = r.pages * PAGE_BYTES,
		.c = (r.pages + 1) * PAGE_BYTES, .d = world_place(w, r.process, r.pages + 1),
		.e = MREMAP_MAYMOVE | MREMAP_FIXED }), -EFAULT);
	return true;
}

static bool op_protect(struct world *w)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC };
	int prot = prots[world_pick(w, 5)], wanted, piece = 0;
	struct run r;

	if (!some_run(w, &r) || r.b->kind == KIND_B)
		return false;
	wanted = prot & PROT_EXEC ? -EACCES : 0;
	if (!wanted && prot != r.prot)
		piece = piece_cut(r.b, r.piece, r.skip, r.pages);
	if (piece < 0)
		return false;
	CHECK(w, world_call(w, r.process, (struct order){ .act = ACT_MPROTECT, .a = r.place,
		.b = r.pages * PAGE_BYTES, .c = (uint64_t)prot }), wanted);
	if (!wanted && prot != r.prot)
		r.b->pieces[piece].prot = prot;
	return true;
}

/* ---- contents -------------------------------------------------------------------- */

/* The signal that an access to a page of the run gives; 0 for none. */
static int touch_signal(const struct run *r, bool write)
{
	if (!(r->prot & (write ? PROT_WRITE : PROT_READ)))
		return SIGSEGV;
	return r->b->end && r->b->kind != KIND_B ? SIGBUS : 0;
}

static bool op_write(struct world *w)
{
	uint64_t word = world_random(w);
	struct run r;
	int sig;

	if (!some_run(w, &r))
		return false;
	sig = touch_signal(&r, true);
	CHECK(w, world_call(w, r.process, (struct order){ .act = ACT_POKE,
		.a = r.place * PAGE_BYTES, .b = word }), sig);
	if (sig)
		return true;
	shadow_touch(r.b, r.first, 1);
	r.b->words[r.first] = word;
	return true;
}

static bool op_see(struct world *w)
{
	struct run r;
	int sig;

	if (!some_run(w, &r))
		return false;
	sig = touch_signal(&r, false);
	CHECK(w, world_call(w, r.process, (struct order){ .act = ACT_PEEK,
		.a = r.place * PAGE_BYTES }), sig);
	if (sig)
		return true;
	shadow_touch(r.b, r.first, 1);
	CHECK(w, world_slot(w, r.process)->reply.value, r.b->words[r.first]);
	return true;
}

/* All of a page but its first word is zero, always. */
static bool op_scan(struct world *w)
{
	uint32_t pages;
	struct run r;
	int sig;

	if (!some_run(w, &r))
		return false;
	sig = touch_signal(&r, false);
	pages = r.pages < 4 ? r.pages : 4;
	CHECK(w, world_call(w, r.process, (struct order){ .act = ACT_SCAN,
		.a = r.place * PAGE_BYTES, .b = pages * PAGE_BYTES }), sig);
	if (sig)
		return true;
	shadow_touch(r.b, r.first, pages);
	CHECK(w, world_slot(w, r.process)->reply.value, 0);
	return true;
}

static bool is_mapped(const struct world *w, int process, uint64_t place)
{
	const struct shadow_buffer *b = w->shadow.buffers;
	int i, k;

	for (i = 0; i < BUFFERS; i++)
		for (k = 0; b[i].used && k < b[i].count; k++)
			if (b[i].pieces[k].process == process &&
			    place - b[i].pieces[k].place < b[i].pieces[k].pages)
				return true;
	return false;
}

static bool op_stray(struct world *w)
{
	int p = world_process(w);
	uint64_t place = w->processes[p].next - 1 - world_pick(w, 4096);

	if (is_mapped(w, p, place))
		return false;
	CHECK(w, world_call(w, p, (struct order){
		.act = world_chance(w, 50) ? ACT_POKE : ACT_PEEK,
		.a = place * PAGE_BYTES }), SIGSEGV);
	return true;
}

const struct operation memory_operations[] = {
	{ "mmap", 110, op_map, 0 },
	{ "munmap", 30, op_unmap, 0 },
	{ "mremap", 25, op_move, 0 },
	{ "mremap that grows", 5, op_grow, 0 },
	{ "mprotect", 25, op_protect, 0 },
	{ "write", 130, op_write, 0 },
	{ "read back", 110, op_see, 0 },
	{ "scan", 30, op_scan, 0 },
	{ "stray access", 10, op_stray, 0 },
	{ 0 }
};
