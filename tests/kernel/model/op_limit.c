// SPDX-License-Identifier: MIT
/* Limits that an administrator sets and asks for. */
#include <errno.h>
#include <stddef.h>

#include "wire.h"
#include "world.h"

static int set(struct world *w, const struct shadow_limits *l)
{
	static const uint16_t types[LIMITS] = {
		0, WARD_A_LIMIT, WARD_A_LIMIT_USER, WARD_A_LIMIT_SESSION, WARD_A_LIMIT_USER,
	};
	struct figure in[LIMITS];
	int i, n = 0;

	if (l->named & 1u << LIMIT_ONE_USER)
		in[n++] = (struct figure){ WARD_A_UID, 4, l->uid };
	for (i = LIMIT_GLOBAL; i < LIMITS; i++)
		if (l->named & 1u << i)
			in[n++] = (struct figure){ types[i], 8, l->bytes[i] };
	return wire_figures(w->wire, WARD_GENL_CMD_LIMIT_SET, in, n, NULL);
}

/* One user in place of every user: a message has room for one of them. */
static struct shadow_limits some_limits(struct world *w)
{
	struct shadow_limits l = { .uid = w->shadow.users[world_pick(w, USERS)].uid };

	do {
		l.named = world_pick(w, 1u << LIMITS) & ~1u;
	} while (!l.named || (l.named & 1u << LIMIT_USER && l.named & 1u << LIMIT_ONE_USER));
	return l;
}

static uint64_t live_of(struct world *w, const struct shadow_limits *l, int which)
{
	const struct shadow_session *a = &w->shadow.sessions[world_pick(w, SESSIONS)];

	switch (which) {
	case LIMIT_GLOBAL:
		return w->shadow.live_all;
	case LIMIT_SESSION:
		return a->used ? a->live_all : 0;
	default:
		return shadow_live_user(&w->shadow, l->uid);
	}
}

/* None half of the time, or a little above what is held, now and then below. */
static uint64_t some_limit(struct world *w, const struct shadow_limits *l, int which)
{
	uint64_t pages = live_of(w, l, which) / PAGE_BYTES;

	if (world_chance(w, 50))
		return which == LIMIT_GLOBAL ? w->limit : NO_LIMIT;
	if (world_chance(w, 10))
		pages /= 2;
	return (pages + 64 + world_pick(w, 2000)) * PAGE_BYTES;
}

static bool op_set(struct world *w)
{
	struct shadow_limits l = some_limits(w);
	int i;

	for (i = LIMIT_GLOBAL; i < LIMITS; i++)
		l.bytes[i] = some_limit(w, &l, i);
	CHECK(w, set(w, &l), 0);
	shadow_limits_set(&w->shadow, &l);
	return true;
}

/* All or nothing: one of them is wrong. */
static bool op_set_wrong(struct world *w)
{
	static const uint64_t wrong[] = { 0, 1, PAGE_BYTES + 8, 1ull << 63, ~0ull - 1 };
	struct shadow_limits l = some_limits(w);
	int i, last = 0;

	for (i = LIMIT_GLOBAL; i < LIMITS; i++) {
		l.bytes[i] = 64 * PAGE_BYTES;
		last = l.named & 1u << i ? i : last;
	}
	l.bytes[last] = wrong[world_pick(w, sizeof(wrong) / sizeof(wrong[0]))];
	CHECK(w, set(w, &l), -EINVAL);
	return true;
}

static bool op_get(struct world *w)
{
	uint32_t uid = w->shadow.users[world_pick(w, USERS)].uid;
	struct figure who = { WARD_A_UID, 4, uid };
	bool one = world_chance(w, 50);
	struct figures f;

	CHECK(w, wire_figures(w->wire, WARD_GENL_CMD_LIMIT_GET, &who, one, &f), 0);
	CHECK(w, f.value[WARD_A_LIMIT], w->shadow.limit);
	CHECK(w, f.value[WARD_A_LIMIT_SESSION], w->shadow.limit_session);
	CHECK(w, f.value[WARD_A_LIMIT_USER],
	      one ? shadow_limit_user(&w->shadow, uid) : w->shadow.limit_user);
	return true;
}

void op_limits_end(struct world *w)
{
	struct shadow_limits l = {
		.named = 1u << LIMIT_GLOBAL | 1u << LIMIT_USER | 1u << LIMIT_SESSION,
		.bytes = { 0, w->limit, NO_LIMIT, NO_LIMIT, NO_LIMIT },
	};
	int i;

	for (i = 0; i < USERS; i++) {
		CHECK(w, set(w, &l), 0);
		shadow_limits_set(&w->shadow, &l);
		l.named = 1u << LIMIT_ONE_USER;
		l.uid = w->shadow.users[i].uid;
		CHECK(w, set(w, &l), 0);
		shadow_limits_set(&w->shadow, &l);
	}
}

const struct operation limit_operations[] = {
	{ "limit", 12, op_set, ALONE },
	{ "limit that is wrong", 3, op_set_wrong, ALONE },
	{ "limits told", 4, op_get, ALONE },
	{ 0 }
};
