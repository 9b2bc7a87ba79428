// SPDX-License-Identifier: MIT
/* Operations on buffers: how they come to be and how they end. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../attest_test.h"
#include "world.h"

enum { HUGE_PAGES = 512 };
enum { SOON_NS = 2000000 };

static bool has_room(const struct world *w)
{
	int i;

	for (i = 0; i < BUFFERS; i++)
		if (!w->shadow.buffers[i].used)
			return true;
	return false;
}

bool op_payer(struct world *w, int *process, struct handle **session)
{
	*process = world_process(w);
	*session = world_handle(w, *process, true);
	return *session && has_room(w) && world_handle_free(w, *process);
}

static uint64_t some_pages(struct world *w)
{
	uint32_t kind = world_pick(w, 100);

	if (w->shadow.live_all > w->room / 2 || kind < 75)
		return 1 + world_pick(w, 24);
	if (kind < 85)
		return HUGE_PAGES;
	return HUGE_PAGES + 1 + world_pick(w, HUGE_PAGES);
}

/* As much as there is room for, or a page more, where that is not much. */
static uint64_t pages_at_the_edge(struct world *w, int session)
{
	const struct shadow_session *a = &w->shadow.sessions[session];
	uint64_t pages = some_pages(w), edge = 0;

	while (edge <= 4 * HUGE_PAGES && shadow_fits(&w->shadow, a, (edge + 1) * PAGE_BYTES, 0))
		edge++;
	edge += world_pick(w, 2);
	return edge && edge <= 4 * HUGE_PAGES ? edge : pages;
}

static void own(struct world *w, int buffer, int process)
{
	struct shadow_buffer *b = &w->shadow.buffers[buffer];

	b->owner = process;
	b->owner_mm = w->processes[process].mm;
}

static void check_id(struct world *w, uint64_t id)
{
	if (id <= w->last_id)
		world_fail(w, "buffer id %llu is not above %llu", (unsigned long long)id,
			   (unsigned long long)w->last_id);
	w->last_id = id;
}

/* ---- class A -------------------------------------------------------------------- */

static struct ward_buf_alloc alloc_of(uint64_t pages)
{
	return (struct ward_buf_alloc){
		.size = sizeof(struct ward_buf_alloc), .length = pages * PAGE_BYTES,
		.label = "model" };
}

/*
 * Bound to the session now and then, in place of the process; with its memory
 * when it is touched, or its page table filled; waiting a while for room, or for
 * no time at all.
 */
static int some_kind(struct world *w, struct ward_buf_alloc *cmd)
{
	uint32_t memory = world_pick(w, 100), patience = world_pick(w, 100);
	bool shared = world_chance(w, 25);

	cmd->flags = (shared ? WARD_BUF_SHARED : 0) | (memory < 30 ? WARD_BUF_LAZY : 0) |
		     (memory >= 80 ? WARD_BUF_POPULATE : 0);
	if (patience < 25) {
		cmd->flags |= WARD_BUF_WAIT | (patience < 5 ? WARD_BUF_PSI : 0);
		cmd->deadline_ns = patience < 15 ? 1 : now_ns(CLOCK_BOOTTIME) + SOON_NS;
	}
	return shared ? KIND_SHARED : KIND_A;
}

static int charge(struct world *w, int session, int kind, const struct ward_buf_alloc *cmd)
{
	return (cmd->flags & WARD_BUF_WAIT ? shadow_charge_wait : shadow_charge)
		(&w->shadow, session, kind, cmd->length);
}

static int64_t do_alloc(struct world *w, int p, int fd, struct ward_buf_alloc cmd,
			uint64_t how)
{
	world_slot(w, p)->buf_alloc = cmd;
	return world_call(w, p, (struct order){
		.act = ACT_IOCTL, .fd = fd, .a = WARD_BUF_ALLOC, .b = how });
}

void op_made(struct world *w, int process, int session, int kind,
	     const struct ward_buf_alloc *out)
{
	int at;

	check_id(w, out->out_id);
	at = shadow_made(&w->shadow, session, kind, out->length, out->out_id);
	own(w, at, process);
	if (out->flags & WARD_BUF_LAZY)
		shadow_make_lazy(&w->shadow.buffers[at]);
	world_handle_add(w, process, (struct thing){ false, at }, out->out_fd, true);
}

static bool op_alloc(struct world *w)
{
	struct ward_buf_alloc cmd;
	int p, wanted, kind;
	struct handle *h;

	if (!op_payer(w, &p, &h))
		return false;
	cmd = alloc_of(world_chance(w, 15) ? pages_at_the_edge(w, h->thing.at) : some_pages(w));
	kind = some_kind(w, &cmd);
	wanted = charge(w, h->thing.at, kind, &cmd);
	CHECK(w, do_alloc(w, p, h->fd, cmd, ARG_PLAIN), wanted);
	if (!wanted)
		op_made(w, p, h->thing.at, kind, &world_slot(w, p)->buf_alloc);
	return true;
}

/* More than any limit: refused, and counted. */
static bool op_alloc_too_much(struct world *w)
{
	struct ward_buf_alloc cmd;
	int p, wanted, kind;
	struct handle *h;

	if (!op_payer(w, &p, &h))
		return false;
	cmd = alloc_of(1);
	cmd.length = world_chance(w, 50) ? 1ull << 62 : ~0ull - PAGE_BYTES + 1;
	kind = some_kind(w, &cmd);
	wanted = charge(w, h->thing.at, kind, &cmd);
	CHECK(w, do_alloc(w, p, h->fd, cmd, ARG_PLAIN), wanted);
	return true;
}

static bool op_alloc_wrong(struct world *w)
{
	struct ward_buf_alloc cmd = alloc_of(1 + world_pick(w, 4));
	int p, wanted = -EINVAL;
	struct handle *h;

	if (!op_payer(w, &p, &h))
		return false;
	switch (world_pick(w, 9)) {
	case 0:
		cmd.length = 0;
		break;
	case 1:
		cmd.length += 1 + world_pick(w, PAGE_BYTES - 1);
		break;
	case 2:
		cmd.reserved = 1;
		break;
	case 3:
		memset(cmd.label, 'x', sizeof(cmd.label));
		break;
	case 4:
		cmd.label[world_pick(w, 4)] = "\n\x7f\xc0\xff"[world_pick(w, 4)];
		break;
	case 5:
		cmd.flags = WARD_BUF_LAZY | WARD_BUF_POPULATE;
		break;
	case 6:
		cmd.deadline_ns = now_ns(CLOCK_BOOTTIME);
		break;
	case 7:
		cmd.flags = WARD_BUF_WAIT;
		cmd.deadline_ns = now_ns(CLOCK_BOOTTIME) + 10 * WARD_WAIT_MAX_NS;
		break;
	default:
		cmd.flags = 1u << (16 + world_pick(w, 16));
		wanted = -EOPNOTSUPP;
	}
	CHECK(w, do_alloc(w, p, h->fd, cmd, ARG_PLAIN), wanted);
	return true;
}

/* The answer cannot be written: the buffer was made, and ends at once. */
static bool op_alloc_unanswered(struct world *w)
{
	struct ward_buf_alloc cmd;
	struct handle *h;
	int p, at, wanted;

	if (!op_payer(w, &p, &h))
		return false;
	cmd = alloc_of(some_pages(w));
	wanted = shadow_charge(&w->shadow, h->thing.at, KIND_A, cmd.length);
	if (!wanted) {
		at = shadow_made(&w->shadow, h->thing.at, KIND_A, cmd.length, 0);
		own(w, at, p);
		wanted = -EFAULT;
	}
	CHECK(w, do_alloc(w, p, h->fd, cmd, ARG_READ_ONLY), wanted);
	return true;
}

/* No file descriptor is left: all that was charged is given back. */
static bool op_alloc_without_fd(struct world *w)
{
	struct ward_buf_alloc cmd;
	struct handle *h;
	int p, wanted;

	if (!op_payer(w, &p, &h))
		return false;
	cmd = alloc_of(some_pages(w));
	wanted = shadow_charge(&w->shadow, h->thing.at, KIND_A, cmd.length);
	if (!wanted) {
		shadow_refund(&w->shadow, h->thing.at, KIND_A, cmd.length);
		wanted = -EMFILE;
	}
	CHECK(w, world_call(w, p, (struct order){ .act = ACT_NOFILE, .a = 3 }), 0);
	CHECK(w, do_alloc(w, p, h->fd, cmd, ARG_PLAIN), wanted);
	CHECK(w, world_call(w, p, (struct order){ .act = ACT_NOFILE }), 0);
	return true;
}

/* ---- class B ---------------------------------------------------------------------- */

/* What may be wrong with the memory that is to be pinned. */
enum { PIN_RIGHT, PIN_FORKABLE, PIN_READ_ONLY, PIN_HOLE, PIN_SHARED, PIN_CROOKED, PINS };

static const int pin_errno[PINS] = {
	0, -EPERM, -EPERM, -EFAULT, -EOPNOTSUPP, -EINVAL,
};

static void prepare(struct world *w, int p, uint64_t place, uint64_t pages, uint32_t how)
{
	uint64_t flags = MAP_ANONYMOUS | (how == PIN_SHARED ? MAP_SHARED : MAP_PRIVATE);
	uint64_t prot = PROT_READ | (how == PIN_READ_ONLY ? 0 : PROT_WRITE);
	uint64_t bytes = pages * PAGE_BYTES;

	CHECK(w, world_call(w, p, (struct order){ .act = ACT_MMAP, .fd = -1, .a = place,
		.b = bytes, .c = prot, .d = flags }), 0);
	if (how != PIN_FORKABLE)
		CHECK(w, world_call(w, p, (struct order){ .act = ACT_MADVISE, .a = place,
			.b = bytes, .c = MADV_DONTFORK }), 0);
	if (how == PIN_HOLE)
		CHECK(w, world_call(w, p, (struct order){ .act = ACT_MUNMAP,
			.a = place + pages - 1, .b = PAGE_BYTES }), 0);
}

/* What was there before the pin stays, unless the range was to be clean. */
static int charge_pin(struct world *w, int p, int session, uint64_t place, uint64_t pages,
		      uint64_t word, uint32_t flags)
{
	int ret = shadow_charge(&w->shadow, session, KIND_B, pages * PAGE_BYTES);

	CHECK(w, world_call(w, p, (struct order){ .act = ACT_POKE,
		.a = place * PAGE_BYTES, .b = word }), 0);
	if (ret || !word || !(flags & WARD_PIN_CLEAN))
		return ret;
	shadow_refund(&w->shadow, session, KIND_B, pages * PAGE_BYTES);
	return -ENOTEMPTY;
}

static void pinned(struct world *w, int p, int session, uint64_t place, uint64_t pages,
		   uint64_t word)
{
	const struct ward_buf_pin *out = &world_slot(w, p)->buf_pin;
	int at = shadow_made(&w->shadow, session, KIND_B, pages * PAGE_BYTES, out->out_id);
	struct shadow_buffer *b = &w->shadow.buffers[at];

	check_id(w, out->out_id);
	own(w, at, p);
	b->words[0] = word;
	b->pieces[b->count++] = (struct piece){
		.process = p, .pages = (uint32_t)pages, .place = place, .prot = PROT_READ | PROT_WRITE };
	world_handle_add(w, p, (struct thing){ false, at }, out->out_fd, true);
}

static bool op_pin(struct world *w)
{
	uint32_t how = world_chance(w, 75) ? PIN_RIGHT : world_pick(w, PINS);
	uint64_t pages, place, word = world_chance(w, 30) ? world_random(w) : 0;
	uint32_t flags = world_chance(w, 40) ? WARD_PIN_CLEAN : 0;
	struct handle *h;
	int p, wanted;

	if (!op_payer(w, &p, &h))
		return false;
	pages = some_pages(w);
	place = world_place(w, p, pages);
	wanted = pin_errno[how];
	prepare(w, p, place, pages, how);
	if (!wanted)
		wanted = charge_pin(w, p, h->thing.at, place, pages, word, flags);
	world_slot(w, p)->buf_pin = (struct ward_buf_pin){
		.size = sizeof(struct ward_buf_pin), .flags = flags, .label = "model",
		.addr = place * PAGE_BYTES + (how == PIN_CROOKED ? 8 : 0),
		.length = pages * PAGE_BYTES };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_BUF_PIN), wanted);
	if (!wanted)
		pinned(w, p, h->thing.at, place, pages, word);
	else
		CHECK(w, world_call(w, p, (struct order){ .act = ACT_MUNMAP, .a = place,
			.b = pages * PAGE_BYTES }), 0);
	return true;
}

/* ---- of a buffer ------------------------------------------------------------------------- */

static struct shadow_buffer *some(struct world *w, int *process, struct handle **handle)
{
	*process = world_process(w);
	*handle = world_handle(w, *process, false);
	return *handle ? &w->shadow.buffers[(*handle)->thing.at] : NULL;
}

static bool op_wipe(struct world *w)
{
	struct ward_buf_wipe *wipe;
	struct handle *h;
	int p;

	if (!some(w, &p, &h))
		return false;
	wipe = &world_slot(w, p)->buf_wipe;
	*wipe = (struct ward_buf_wipe){ .size = sizeof(*wipe) };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_BUF_WIPE), 0);
	CHECK(w, wipe->out_bytes, shadow_end(&w->shadow, h->thing.at, WARD_END_WIPE));
	return true;
}

static bool op_info(struct world *w)
{
	struct ward_buf_info *info;
	struct shadow_buffer *b;
	struct handle *h;
	int p;

	b = some(w, &p, &h);
	if (!b)
		return false;
	info = &world_slot(w, p)->buf_info;
	*info = (struct ward_buf_info){ .size = sizeof(*info) };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_BUF_INFO), 0);
	CHECK(w, info->out_class, b->kind == KIND_B ? WARD_CLASS_B : WARD_CLASS_A);
	CHECK(w, info->out_end, b->end);
	CHECK(w, info->out_id, b->id);
	CHECK(w, info->out_length, b->length);
	CHECK(w, info->out_state, (b->kind == KIND_SHARED ? WARD_BUF_IS_SHARED : 0) |
				  (b->age ? WARD_BUF_IS_VOLATILE : 0));
	CHECK(w, info->out_present, shadow_present(b));
	CHECK(w, info->out_mapped, b->kind != KIND_B && b->count > 0);
	CHECK(w, info->out_huge % (HUGE_PAGES * PAGE_BYTES), 0);
	if (b->end)
		CHECK(w, info->out_huge, 0);
	CHECK(w, info->out_huge <= info->out_present, 1);
	return true;
}

static bool op_volatile(struct world *w)
{
	struct handle *h;
	int p;

	if (!some(w, &p, &h))
		return false;
	world_slot(w, p)->buf_volatile = (struct ward_buf_volatile){
		.size = sizeof(struct ward_buf_volatile) };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_BUF_VOLATILE),
	      shadow_volatile(&w->shadow, h->thing.at));
	return true;
}

static bool op_hold(struct world *w)
{
	struct ward_buf_hold *hold;
	uint32_t survived = 77;
	struct handle *h;
	int p;

	if (!some(w, &p, &h))
		return false;
	hold = &world_slot(w, p)->buf_hold;
	*hold = (struct ward_buf_hold){ .size = sizeof(*hold), .out_survived = survived };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_BUF_HOLD),
	      shadow_hold(&w->shadow, h->thing.at, &survived));
	CHECK(w, hold->out_survived, survived);
	return true;
}

static bool op_nonsense(struct world *w)
{
	static const unsigned long calls[] = { WARD_INFO, WARD_BUF_ALLOC, WARD_SEAL,
					       WARD_EVENTS, _IO('W', 0x3f) };
	struct handle *h;
	int p;

	if (!some(w, &p, &h))
		return false;
	CHECK(w, world_ioctl(w, p, h->fd, calls[world_pick(w, 5)]), -ENOTTY);
	return true;
}

static bool op_close(struct world *w)
{
	int p = world_process(w);
	struct handle *h = world_handle(w, p, world_chance(w, 30));

	if (!h)
		return false;
	op_close_handle(w, p, h);
	return true;
}

void op_close_handle(struct world *w, int process, struct handle *handle)
{
	CHECK(w, world_call(w, process, (struct order){
		.act = ACT_CLOSE, .fd = handle->fd }), 0);
	handle->used = false;
	world_settle(w);
}

static bool op_dup(struct world *w)
{
	int p = world_process(w);
	struct handle *h = world_handle(w, p, world_chance(w, 30));
	bool cloexec = world_chance(w, 40);

	if (!h || !world_handle_free(w, p))
		return false;
	world_handle_add(w, p, h->thing, world_call(w, p, (struct order){
		.act = ACT_DUP, .fd = h->fd, .a = cloexec }), cloexec);
	return true;
}

const struct operation buffer_operations[] = {
	{ "alloc", 110, op_alloc, 0 },
	{ "alloc of too much", 5, op_alloc_too_much, 0 },
	{ "alloc that is wrong", 10, op_alloc_wrong, 0 },
	{ "alloc without answer", 6, op_alloc_unanswered, 0 },
	{ "alloc without fd", 12, op_alloc_without_fd, PROCESSES },
	{ "pin", 40, op_pin, 0 },
	{ "wipe", 35, op_wipe, 0 },
	{ "volatile", 30, op_volatile, 0 },
	{ "hold", 10, op_hold, 0 },
	{ "buffer's info", 25, op_info, 0 },
	{ "buffer's nonsense", 5, op_nonsense, 0 },
	{ "close", 110, op_close, 0 },
	{ "dup", 40, op_dup, 0 },
	{ 0 }
};
