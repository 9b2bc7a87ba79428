// SPDX-License-Identifier: MIT
/* Operations on sessions. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "../attest_test.h"
#include "wire.h"
#include "world.h"

static bool has_room(const struct world *w)
{
	int i;

	for (i = 0; i < SESSIONS; i++)
		if (!w->shadow.sessions[i].used)
			return true;
	return false;
}

/* What only the kernel can tell of a session that is new. */
static void learn(struct world *w, int p, int fd)
{
	struct slot *slot = world_slot(w, p);
	uint8_t id[WARD_ID_LEN];
	int at;

	slot->info = (struct ward_info){ .size = sizeof(slot->info) };
	CHECK(w, world_ioctl(w, p, fd, WARD_INFO), 0);
	memcpy(id, slot->info.out_session, sizeof(id));
	slot->pressure = (struct ward_pressure){ .size = sizeof(slot->pressure) };
	CHECK(w, world_ioctl(w, p, fd, WARD_PRESSURE), 0);
	at = shadow_open(&w->shadow, id, w->processes[p].uid);
	CHECK(w, slot->pressure.out_limit_session,
	      shadow_limit_session(&w->shadow, &w->shadow.sessions[at]));
	world_handle_add(w, p, (struct thing){ true, at }, fd, true);
}

static bool op_open(struct world *w)
{
	int p = world_process(w);
	int64_t fd;

	if (!has_room(w) || !world_handle_free(w, p))
		return false;
	fd = world_call(w, p, (struct order){ .act = ACT_OPEN });
	if (w->processes[p].uid == 0 || w->processes[p].uid == WORKER_UID ||
	    w->processes[p].uid == OTHER_UID)
		learn(w, p, (int)fd);
	else
		CHECK(w, fd, -EACCES);
	return true;
}

static bool op_info(struct world *w)
{
	struct shadow_session *a;
	struct ward_info *info;
	struct handle *h;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	info = &world_slot(w, p)->info;
	*info = (struct ward_info){ .size = sizeof(*info) };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_INFO), 0);
	CHECK(w, info->out_abi, WARD_ABI_VERSION);
	CHECK(w, info->out_state, a->state);
	CHECK(w, info->out_level, a->level);
	CHECK(w, info->out_live, a->live[KIND_A] + a->live[KIND_SHARED]);
	CHECK(w, info->out_live_b, a->live[KIND_B]);
	CHECK(w, info->out_limit, shadow_limit(&w->shadow, a));
	CHECK(w, memcmp(info->out_session, a->id, WARD_ID_LEN), 0);
	return true;
}

static bool op_pressure(struct world *w)
{
	struct ward_pressure *now;
	struct shadow_session *a;
	struct handle *h;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	now = &world_slot(w, p)->pressure;
	*now = (struct ward_pressure){ .size = sizeof(*now) };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_PRESSURE), 0);
	CHECK(w, now->out_level, a->level);
	CHECK(w, now->out_seq, a->notice_seq);
	CHECK(w, now->out_live, a->live_all);
	CHECK(w, now->out_peak, a->peak_all);
	CHECK(w, now->out_limit_session, shadow_limit_session(&w->shadow, a));
	CHECK(w, now->out_limit_user, shadow_limit_user(&w->shadow, a->uid));
	CHECK(w, now->out_volatile, a->live_volatile);
	CHECK(w, now->out_failed, a->failed);
	CHECK(w, now->out_limit_global, w->shadow.limit);
	if (!w->alone)
		return true;
	CHECK(w, now->out_live_global, w->shadow.live_all);
	CHECK(w, now->out_live_user, shadow_live_user(&w->shadow, a->uid));
	CHECK(w, now->out_waiting, 0);
	return true;
}

static uint64_t some_bytes(struct world *w)
{
	uint32_t most = world_chance(w, 50) ? 20 : 1200;

	return (1 + world_pick(w, most)) * PAGE_BYTES + world_pick(w, 2) * 100;
}

static bool op_watch(struct world *w)
{
	struct shadow_session *a;
	struct ward_watch *watch;
	struct handle *h;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	watch = &world_slot(w, p)->watch;
	*watch = (struct ward_watch){ .size = sizeof(*watch) };
	if (world_chance(w, 70))	/* often where the next buffer crosses it */
		watch->threshold = some_bytes(w) + world_pick(w, 2) * a->live_all;
	if (world_chance(w, 30))
		watch->limit = a->live_all + some_bytes(w);
	if (world_chance(w, 3))
		watch->limit = some_bytes(w);	/* perhaps below what it holds */
	if (world_chance(w, 5))
		watch->limit = a->limit + 1 + world_pick(w, 100000);
	if (watch->limit < a->limit && watch->limit < 64 * PAGE_BYTES)
		watch->limit = 0;
	CHECK(w, world_ioctl(w, p, h->fd, WARD_WATCH),
	      shadow_watch(&w->shadow, h->thing.at, watch->threshold, watch->limit));
	return true;
}

static bool op_measure(struct world *w)
{
	struct ward_measure *measure;
	struct shadow_session *a;
	struct handle *h;
	int p, i, wanted;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	measure = &world_slot(w, p)->measure;
	*measure = (struct ward_measure){ .size = sizeof(*measure) };
	for (i = 0; i < WARD_DIGEST_LEN; i++)
		measure->digest[i] = (uint8_t)world_random(w);
	wanted = shadow_measure(&w->shadow, h->thing.at, measure->digest);
	CHECK(w, world_ioctl(w, p, h->fd, WARD_MEASURE), wanted);
	if (!wanted)
		CHECK(w, memcmp(measure->out_register, a->declared, WARD_DIGEST_LEN), 0);
	return true;
}

static bool op_seal(struct world *w)
{
	struct shadow_session *a;
	struct ward_seal *seal;
	struct handle *h;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	shadow_seal(&w->shadow, h->thing.at);
	seal = &world_slot(w, p)->seal;
	*seal = (struct ward_seal){ .size = sizeof(*seal) };
	CHECK(w, world_ioctl(w, p, h->fd, WARD_SEAL), 0);
	CHECK(w, seal->out_live, a->live[KIND_A] + a->live[KIND_SHARED]);
	CHECK(w, seal->out_live_b, a->live[KIND_B]);
	return true;
}

/* By an administrator; not even the session's own processes are asked. */
static bool op_revoke(struct world *w)
{
	struct handle *h;
	int p;

	if (!world_session(w, &p, &h))
		return false;
	CHECK(w, wire_do(w->wire, WARD_GENL_CMD_SESSION_REVOKE,
			 w->shadow.sessions[h->thing.at].id), 0);
	shadow_revoke(&w->shadow, h->thing.at);
	return true;
}

/* ---- notices ---------------------------------------------------------------------- */

static bool op_poll(struct world *w)
{
	struct shadow_session *a;
	struct handle *h;
	int64_t got;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	got = world_call(w, p, (struct order){ .act = ACT_POLL, .fd = h->fd });
	CHECK(w, (got & POLLIN) != 0, a->seen != a->notice_seq);
	return true;
}

/* Of a queue that keeps NOTICES of them. */
static void check_oldest(struct world *w, struct shadow_session *a,
			 const struct ward_notice *got)
{
	const struct shadow_notice *n;

	if (a->notice_seq - a->seen > NOTICES)
		a->seen = a->notice_seq - NOTICES;
	n = &a->notices[a->seen++ % NOTICES];
	CHECK(w, got->seq, a->seen);
	CHECK(w, got->kind, n->kind);
	CHECK(w, got->level, n->level);
	CHECK(w, got->live, n->live);
	CHECK(w, got->id, n->id);
}

static bool op_read(struct world *w)
{
	bool small = world_chance(w, 10);
	const struct ward_notice *got;
	struct shadow_session *a;
	struct handle *h;
	int64_t ret;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	got = &world_slot(w, p)->notice;
	ret = world_call(w, p, (struct order){
		.act = ACT_READ, .fd = h->fd, .a = small ? 16 : sizeof(*got) });
	if (small) {
		CHECK(w, ret, -EINVAL);
	} else if (a->seen == a->notice_seq) {
		CHECK(w, ret, -EAGAIN);
	} else {
		CHECK(w, ret, sizeof(*got));
		CHECK(w, got->size, sizeof(*got));
		check_oldest(w, a, got);
	}
	return true;
}

/* ---- records ------------------------------------------------------------------------ */

static void check_record(struct world *w, const struct shadow_session *a,
			 const struct ward_event *got, uint64_t seq)
{
	const struct shadow_record *r = &a->ring[(seq - 1) % RING];

	CHECK(w, got->size, sizeof(*got));
	CHECK(w, got->seq, seq);
	CHECK(w, got->type, r->type);
	CHECK(w, got->reason, r->reason);
	CHECK(w, got->class, r->class);
	CHECK(w, got->bytes, r->bytes);
	CHECK(w, got->uid, a->uid);
	if (r->id)
		CHECK(w, got->id, r->id);
}

static uint64_t where_to_begin(struct world *w, const struct shadow_session *a)
{
	if (world_chance(w, 20))
		return world_pick(w, 4);
	if (world_chance(w, 20))
		return a->seq + world_pick(w, 3);
	return a->seq - world_pick(w, a->seq < 40 ? (uint32_t)a->seq : 40);
}

static bool op_events(struct world *w)
{
	struct ward_events *cmd;
	struct shadow_session *a;
	uint64_t first, left, i;
	struct handle *h;
	uint32_t room;
	int p;

	a = world_session(w, &p, &h);
	if (!a)
		return false;
	cmd = &world_slot(w, p)->events;
	room = world_chance(w, 10) ? world_pick(w, EVENTS_ROOM) : world_pick(w, 40);
	*cmd = (struct ward_events){
		.size = sizeof(*cmd), .from_seq = where_to_begin(w, a), .count = room };
	first = cmd->from_seq;
	if (first <= shadow_dropped(a))
		first = shadow_dropped(a) + 1;
	left = first > a->seq ? 0 : a->seq - first + 1;
	CHECK(w, world_ioctl(w, p, h->fd, WARD_EVENTS), left > room ? -EMSGSIZE : 0);
	CHECK(w, cmd->count, left > room ? room : left);
	CHECK(w, cmd->out_first_seq, first);
	CHECK(w, cmd->out_last_seq, a->seq);
	for (i = 0; i < cmd->count; i++)
		check_record(w, a, &world_slot(w, p)->records[i], first + i);
	return true;
}

/* ---- what makes no sense ------------------------------------------------------------- */

static bool op_nonsense(struct world *w)
{
	static const struct { unsigned long cmd; uint32_t size, flags; int wanted; } calls[] = {
		{ WARD_BUF_INFO, 8, 0, -ENOTTY },
		{ WARD_BUF_WIPE, 8, 0, -ENOTTY },
		{ _IO('W', 0x1f), 8, 0, -ENOTTY },
		{ _IO('X', 0), 8, 0, -ENOTTY },
		{ WARD_INFO, 4, 0, -EINVAL },
		{ WARD_INFO, 5000, 0, -E2BIG },
		{ WARD_SEAL, 8, 1u << 30, -EOPNOTSUPP },
		{ WARD_WATCH, 12, 0, -EINVAL },
		{ WARD_BUF_ALLOC, 16, 0, -EINVAL },
		{ WARD_BUF_PIN, sizeof(struct ward_buf_pin), 1u << 30, -EOPNOTSUPP },
	};
	uint32_t n = world_pick(w, sizeof(calls) / sizeof(calls[0]));
	struct ward_info *head;
	struct handle *h;
	int p;

	if (!world_session(w, &p, &h))
		return false;
	head = &world_slot(w, p)->info;
	*head = (struct ward_info){ .size = calls[n].size, .flags = calls[n].flags };
	CHECK(w, world_ioctl(w, p, h->fd, calls[n].cmd), calls[n].wanted);
	return true;
}

static bool op_nowhere(struct world *w)
{
	static const unsigned long calls[] = {
		WARD_INFO, WARD_BUF_ALLOC, WARD_SEAL, WARD_WATCH, WARD_PRESSURE, WARD_MEASURE,
	};
	struct handle *h;
	int p;

	if (!world_session(w, &p, &h))
		return false;
	CHECK(w, world_call(w, p, (struct order){
		.act = ACT_IOCTL, .fd = h->fd, .b = ARG_NOWHERE,
		.a = calls[world_pick(w, sizeof(calls) / sizeof(calls[0]))] }), -EFAULT);
	return true;
}

static bool op_netlink(struct world *w)
{
	uint8_t id[WARD_ID_LEN] = { 0 };
	struct figures f;

	if (world_chance(w, 50))
		world_compare(w);
	else
		CHECK(w, wire_ask(w->wire, WARD_GENL_CMD_SESSION_GET, id, &f), -ENOENT);
	return true;
}

const struct operation session_operations[] = {
	{ "open", 30, op_open, 0 },
	{ "info", 20, op_info, 0 },
	{ "pressure", 20, op_pressure, 0 },
	{ "watch", 25, op_watch, 0 },
	{ "measure", 10, op_measure, 0 },
	{ "seal", 4, op_seal, 0 },
	{ "revoke", 2, op_revoke, 0 },
	{ "poll", 15, op_poll, 0 },
	{ "read", 25, op_read, 0 },
	{ "events", 20, op_events, 0 },
	{ "nonsense", 10, op_nonsense, 0 },
	{ "an argument nowhere", 5, op_nowhere, 0 },
	{ "netlink", 2, op_netlink, 0 },
	{ 0 }
};
