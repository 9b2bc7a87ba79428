// SPDX-License-Identifier: MIT
/*
 * Limits, and the levels that they make. Three bound a session: its own, its
 * user's and the machine's; the highest of their levels is its level. See shadow.h.
 */
#include "shadow.h"

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* A world has no more uids than there is room for. */
static struct shadow_user *user_of(struct shadow *s, uint32_t uid)
{
	int i;

	for (i = 0; i < USERS - 1 && s->users[i].uid != uid; i++)
		;
	return &s->users[i];
}

/* ---- limits ---------------------------------------------------------------------- */

uint64_t shadow_limit_session(const struct shadow *s, const struct shadow_session *a)
{
	return min64(a->limit, s->limit_session);
}

uint64_t shadow_limit_user(const struct shadow *s, uint32_t uid)
{
	uint64_t own = user_of((struct shadow *)s, uid)->limit;

	return own != NO_LIMIT ? own : s->limit_user;
}

uint64_t shadow_limit(const struct shadow *s, const struct shadow_session *a)
{
	return min64(shadow_limit_session(s, a),
		     min64(shadow_limit_user(s, a->uid), s->limit));
}

uint64_t shadow_live_user(const struct shadow *s, uint32_t uid)
{
	uint64_t live = 0;
	int i;

	for (i = 0; i < SESSIONS; i++)
		if (s->sessions[i].used && s->sessions[i].uid == uid)
			live += s->sessions[i].live_all;
	return live;
}

static bool fits(uint64_t live, uint64_t bytes, uint64_t limit)
{
	return bytes <= limit && live <= limit - bytes;
}

bool shadow_fits(const struct shadow *s, const struct shadow_session *a, uint64_t bytes,
		 uint64_t less)
{
	return fits(a->live_all - less, bytes, shadow_limit_session(s, a)) &&
	       fits(shadow_live_user(s, a->uid) - less, bytes, shadow_limit_user(s, a->uid)) &&
	       fits(s->live_all - less, bytes, s->limit);
}

/* ---- levels ------------------------------------------------------------------------ */

static uint32_t level_of(uint32_t now, uint64_t live, uint64_t limit, uint64_t threshold)
{
	uint64_t in = threshold ? threshold : limit / 100 * 75;
	uint64_t out = threshold ? threshold - threshold / 16 : limit / 100 * 70;

	if (live >= limit / 100 * 90)
		return WARD_LEVEL_CRITICAL;
	if (now == WARD_LEVEL_CRITICAL && live >= limit / 100 * 85)
		return WARD_LEVEL_CRITICAL;
	if (live >= in || (now != WARD_LEVEL_LOW && live >= out))
		return WARD_LEVEL_MEDIUM;
	return WARD_LEVEL_LOW;
}

static void take_level(struct shadow *s, struct shadow_session *a)
{
	uint32_t level = max32(a->own_level, max32(user_of(s, a->uid)->level, s->level));

	if (level == a->level)
		return;
	a->level = level;
	shadow_notice(a, WARD_NOTICE_LEVEL, 0);
}

static void follow_own(const struct shadow *s, struct shadow_session *a)
{
	a->own_level = level_of(a->own_level, a->live_all, shadow_limit_session(s, a),
				a->threshold);
}

static void follow_user(struct shadow *s, struct shadow_user *u)
{
	uint32_t level = level_of(u->level, shadow_live_user(s, u->uid),
				  shadow_limit_user(s, u->uid), 0);
	int i;

	if (level == u->level)
		return;
	u->level = level;
	for (i = 0; i < SESSIONS; i++)
		if (s->sessions[i].used && s->sessions[i].uid == u->uid)
			take_level(s, &s->sessions[i]);
}

static void follow_global(struct shadow *s)
{
	uint32_t level = level_of(s->level, s->live_all, s->limit, 0);
	int i;

	if (level == s->level)
		return;
	s->level = level;
	s->system++;
	for (i = 0; i < SESSIONS; i++)
		if (s->sessions[i].used)
			take_level(s, &s->sessions[i]);
}

/* A record only for who moved the bytes. */
void shadow_levels_follow(struct shadow *s, struct shadow_session *a)
{
	uint32_t before = a->level;

	follow_global(s);
	follow_user(s, user_of(s, a->uid));
	follow_own(s, a);
	take_level(s, a);
	if (a->level != before)
		shadow_record(s, a, (struct shadow_record){
			.type = WARD_EVENT_LEVEL, .reason = a->level, .bytes = a->live_all });
}

void shadow_level_enter(struct shadow *s, struct shadow_session *a)
{
	follow_own(s, a);
	a->level = max32(user_of(s, a->uid)->level, s->level);
}

void shadow_level_watch(struct shadow *s, struct shadow_session *a)
{
	follow_own(s, a);
	take_level(s, a);
}

/* ---- what an administrator sets ------------------------------------------------------ */

static uint64_t *limit_at(struct shadow *s, const struct shadow_limits *limits, int which)
{
	switch (which) {
	case LIMIT_GLOBAL:
		return &s->limit;
	case LIMIT_USER:
		return &s->limit_user;
	case LIMIT_SESSION:
		return &s->limit_session;
	default:
		return &user_of(s, limits->uid)->limit;
	}
}

/* Each is a record of the global chain. Then levels follow, the machine's first. */
void shadow_limits_set(struct shadow *s, const struct shadow_limits *limits)
{
	int i;

	for (i = LIMIT_GLOBAL; i < LIMITS; i++) {
		if (!(limits->named & 1u << i))
			continue;
		*limit_at(s, limits, i) = limits->bytes[i];
		s->system++;
	}
	follow_global(s);
	for (i = 0; i < USERS; i++)
		follow_user(s, &s->users[i]);
	for (i = 0; i < SESSIONS; i++)
		if (s->sessions[i].used)
			shadow_level_watch(s, &s->sessions[i]);
}
