// SPDX-License-Identifier: MIT
/* Comparing accounts with the kernel's; and the choice of what is done next. */
#include <errno.h>
#include <string.h>

#include "wire.h"
#include "world.h"

static void expect(const struct world *w, const struct figures *f, int attribute,
		   const char *what, uint64_t wanted)
{
	if (!f->has[attribute] || f->value[attribute] != wanted)
		world_fail(w, "by netlink %s is %llu, not %llu", what,
			   (unsigned long long)f->value[attribute],
			   (unsigned long long)wanted);
}

static void compare_session(const struct world *w, const struct shadow_session *a)
{
	struct figures f;
	int ret = wire_ask(w->wire, WARD_GENL_CMD_SESSION_GET, a->id, &f);

	if (ret)
		world_fail(w, "a session is not there: %d", ret);
	expect(w, &f, WARD_A_UID, "the session's uid", a->uid);
	expect(w, &f, WARD_A_STATE, "the session's state", a->state);
	expect(w, &f, WARD_A_LEVEL, "the session's level", a->level);
	expect(w, &f, WARD_A_LIMIT, "the session's limit", shadow_limit(&w->shadow, a));
	CHECK(w, f.value[WARD_A_LEASE_NS], a->lease.expires);
	expect(w, &f, WARD_A_LIVE_A, "the session's live class A",
	       a->live[KIND_A] + a->live[KIND_SHARED]);
	expect(w, &f, WARD_A_LIVE_B, "the session's live class B", a->live[KIND_B]);
	expect(w, &f, WARD_A_PEAK, "the session's peak", a->peak_all);
	expect(w, &f, WARD_A_FAILED, "the session's failed", a->failed);
	expect(w, &f, WARD_A_WIPED_BYTES, "the session's wiped bytes", a->wiped_bytes);
	expect(w, &f, WARD_A_BUFFERS, "the session's live buffers",
	       a->alloc_buffers - a->wiped_buffers);
	expect(w, &f, WARD_A_SEQ, "the session's records", a->seq);
	expect(w, &f, WARD_A_DROPPED, "the session's dropped records", shadow_dropped(a));
}

static void compare_global(struct world *w, uint64_t sessions)
{
	struct shadow *s = &w->shadow;
	struct figures f;
	int ret = wire_ask(w->wire, WARD_GENL_CMD_STATUS_GET, NULL, &f);

	if (ret)
		world_fail(w, "no status by netlink: %d", ret);
	expect(w, &f, WARD_A_LIMIT, "the limit", s->limit);
	if (!w->alone)
		return;
	expect(w, &f, WARD_A_SESSIONS, "live sessions", w->baseline + sessions);
	expect(w, &f, WARD_A_LIVE_A, "live class A", s->live[KIND_A] + s->live[KIND_SHARED]);
	expect(w, &f, WARD_A_LIVE_B, "live class B", s->live[KIND_B]);
	expect(w, &f, WARD_A_PEAK, "the peak", s->peak_all);
	expect(w, &f, WARD_A_FAILED, "failed", s->failed);
	expect(w, &f, WARD_A_WIPED_BYTES, "wiped bytes", s->wiped_bytes);
	expect(w, &f, WARD_A_LEVEL, "the level", s->level);
	CHECK(w, shadow_counted(s, f.value[WARD_A_GLOBAL_SEQ]), true);
}

/* The figures' parts must make their sums, in the shadow as in the kernel. */
static uint64_t live_of_sessions(const struct shadow *s)
{
	uint64_t live = 0;
	int i;

	for (i = 0; i < SESSIONS; i++)
		if (s->sessions[i].used)
			live += s->sessions[i].live_all;
	return live;
}

void world_compare(struct world *w)
{
	uint64_t sessions = 0;
	int i;

	for (i = 0; i < SESSIONS; i++) {
		if (!w->shadow.sessions[i].used)
			continue;
		compare_session(w, &w->shadow.sessions[i]);
		sessions++;
	}
	CHECK(w, live_of_sessions(&w->shadow), w->shadow.live_all);
	compare_global(w, sessions);
}

/* ---- what is done next --------------------------------------------------------- */

static const struct operation *const tables[] = {
	session_operations, buffer_operations, memory_operations, process_operations,
	lease_operations, limit_operations, wait_operations,
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static bool fits(const struct world *w, const struct operation *o)
{
	return !(o->needs & PROCESSES && w->local) && !(o->needs & ALONE && !w->alone);
}

static uint32_t weight_of_all(const struct world *w)
{
	const struct operation *o;
	uint32_t sum = 0;
	int t;

	for (t = 0; t < TABLES; t++)
		for (o = tables[t]; o->name; o++)
			sum += fits(w, o) ? o->weight : 0;
	return sum;
}

static const struct operation *choose(struct world *w)
{
	uint32_t at = world_pick(w, weight_of_all(w));
	const struct operation *o;
	int t;

	for (t = 0; t < TABLES; t++) {
		for (o = tables[t]; o->name; o++) {
			if (!fits(w, o))
				continue;
			if (at < o->weight)
				return o;
			at -= o->weight;
		}
	}
	return &tables[0][0];
}

void world_step(struct world *w)
{
	const struct operation *o;
	int tries = 0;

	w->op++;
	do {
		if (++tries > 1000)
			world_fail(w, "nothing can be done");
		o = choose(w);
		w->name = o->name;
	} while (!o->run(w));
	world_settle(w);
}
