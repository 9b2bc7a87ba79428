// SPDX-License-Identifier: MIT
#include "roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a connection's thread needs: TLS and evidence go deep. */
#define STACK	(1u << 20)
#define PARTING_MS	1000

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void lock(struct roster *roster)
{
	pthread_mutex_lock(&roster->lock);
}

static void unlock(struct roster *roster)
{
	pthread_mutex_unlock(&roster->lock);
}

/* With the lock held. Return: 0, or ETIMEDOUT at @end. */
static int wait_until(struct roster *roster, uint64_t end)
{
	struct timespec at = {
		.tv_sec = (time_t)(end / 1000), .tv_nsec = (long)(end % 1000) * 1000000,
	};

	return pthread_cond_timedwait(&roster->moved, &roster->lock, &at);
}

int roster_init(struct roster *roster, struct failure *failure)
{
	pthread_condattr_t attr;

	if (pthread_mutex_init(&roster->lock, NULL))
		return failed(failure, EXIT_DEVICE, "out of memory");
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	roster->ready = !pthread_cond_init(&roster->moved, &attr);
	pthread_condattr_destroy(&attr);
	if (!roster->ready) {
		pthread_mutex_destroy(&roster->lock);
		return failed(failure, EXIT_DEVICE, "out of memory");
	}
	roster->frame = memory_take(roster->memory, WIRE_HEAD + wire_len_max(roster->plan));
	if (!roster->frame)
		return failed(failure, EXIT_DEVICE,
			      "no room for a question to the sites in the budget; raise --budget");
	return 0;
}

/* ---- coming -------------------------------------------------------------------- */

static int start(struct member *m)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	err = pthread_create(&m->thread, &attr, member_main, m);
	pthread_attr_destroy(&attr);
	return -err;
}

int roster_add(struct roster *roster, const struct link *link)
{
	struct member *m = calloc(1, sizeof(*m));
	int err = m ? 0 : -ENOMEM;

	if (m)
		*m = (struct member){ .roster = roster, .link = *link, .since = now_ms() };
	lock(roster);
	if (!err && roster->newcomers == ROSTER_MAX)
		err = -ENOSPC;
	if (!err)
		err = start(m);
	if (!err)
		roster->newcomer[roster->newcomers++] = m;
	unlock(roster);
	if (err) {
		link->close(link->arg);
		free(m);
	}
	return err;
}

/* Its thread has ended, or will at once. */
static void member_free(struct member *m)
{
	pthread_join(m->thread, NULL);
	m->link.close(m->link.arg);
	free(m->heap);
	free(m);
}

bool roster_gone(struct roster *roster, const struct member *m)
{
	bool is;

	lock(roster);
	is = m->state == MEMBER_GONE;
	unlock(roster);
	return is;
}

static void tell(const struct roster *roster, const struct member *m, const char *text)
{
	if (roster->tell)
		roster->tell(roster->tell_arg, m->join.name, text);
}

static void tell_gone(struct roster *roster)
{
	size_t i;

	for (i = 0; i < roster->count; i++) {
		struct member *m = roster->member[i];

		if (m->told || !roster_gone(roster, m))
			continue;
		m->told = true;
		tell(roster, m, m->text[0] ? m->text : "the connection ended");
	}
}

/* A buffer for its moments and its answers, which stays whatever scope of memory ends. */
static int give_room(struct roster *roster, struct member *m)
{
	size_t columns = roster->plan->features, stats = 3 * columns * sizeof(double);
	size_t room = wire_len_max(roster->plan);
	double *at;

	if (memory_get(roster->memory, stats + room, "site", &m->block))
		return -1;
	at = (double *)m->block.data;
	m->stats = (struct stats){
		.columns = columns, .count = at, .mean = at + columns, .m2 = at + 2 * columns,
	};
	m->answer = m->block.data + stats;
	m->room = room;
	return 0;
}

/* Where a name stands, or would. */
static size_t place_of(const struct roster *roster, const char *name)
{
	size_t i;

	for (i = 0; i < roster->count && strcmp(roster->member[i]->join.name, name) < 0; i++)
		;
	return i;
}

/* Return: 0, or why it is refused. */
static uint32_t enter(struct roster *roster, struct member *m)
{
	size_t i = place_of(roster, m->join.name);
	struct member *old = i < roster->count ? roster->member[i] : NULL;

	if (old && !strcmp(old->join.name, m->join.name)) {
		if (!roster_gone(roster, old))
			return WIRE_NAME_TAKEN;
		/* It has come again; its room is as good for the new connection. */
		m->block = old->block;
		m->answer = old->answer;
		m->room = old->room;
		m->stats = old->stats;
		member_free(old);
	} else {
		if (roster->count == ROSTER_MAX || give_room(roster, m))
			return WIRE_CLOSED;
		memmove(&roster->member[i + 1], &roster->member[i],
			(roster->count - i) * sizeof(roster->member[0]));
		roster->count++;
	}
	roster->member[i] = m;
	return 0;
}

/* The first newcomer that said who it is, or went before, out of the list. */
static struct member *next_newcomer(struct roster *roster)
{
	struct member *m = NULL;
	size_t i;

	lock(roster);
	for (i = 0; i < roster->newcomers && !m; i++) {
		if (roster->newcomer[i]->state == MEMBER_NEW)
			continue;
		m = roster->newcomer[i];
		roster->newcomer[i] = roster->newcomer[--roster->newcomers];
	}
	unlock(roster);
	return m;
}

/* Who takes too long to say who it is goes. */
static void cut_slow(struct roster *roster)
{
	uint64_t now = now_ms();
	size_t i;

	lock(roster);
	for (i = 0; i < roster->newcomers; i++) {
		struct member *m = roster->newcomer[i];

		if (m->state == MEMBER_NEW && now - m->since > ROSTER_JOIN_MS)
			m->link.cut(m->link.arg);
	}
	unlock(roster);
}

/* An idle one is told why and goes; one that doesn't take that in within a second is cut. */
static void dismiss(struct roster *roster, struct member *m, uint32_t reason)
{
	uint64_t end = now_ms() + PARTING_MS;

	lock(roster);
	if (!m->refuse)
		m->refuse = reason;
	pthread_cond_broadcast(&roster->moved);
	while (m->state != MEMBER_GONE) {
		if (wait_until(roster, end) == ETIMEDOUT)
			break;
	}
	if (m->state != MEMBER_GONE)
		m->link.cut(m->link.arg);
	while (m->state != MEMBER_GONE)
		pthread_cond_wait(&roster->moved, &roster->lock);
	unlock(roster);
}

static bool stands(const struct roster *roster, const struct member *m)
{
	size_t i = place_of(roster, m->join.name);

	return i < roster->count && roster->member[i] == m;
}

size_t roster_take(struct roster *roster)
{
	struct member *m;
	size_t taken = 0;
	uint32_t reason;

	cut_slow(roster);
	while ((m = next_newcomer(roster))) {
		reason = roster_gone(roster, m) ? 0 : enter(roster, m);
		if (reason)
			dismiss(roster, m, reason);
		if (reason || !stands(roster, m)) {
			tell(roster, m, m->text[0] ? m->text : "the connection ended");
			member_free(m);
			continue;
		}
		lock(roster);
		if (m->state == MEMBER_WAITING)
			m->state = MEMBER_TAKEN;
		unlock(roster);
		tell(roster, m, "");
		taken++;
	}
	return taken;
}

size_t roster_present(struct roster *roster)
{
	size_t present = 0, i;

	for (i = 0; i < roster->count; i++)
		present += !roster_gone(roster, roster->member[i]);
	return present;
}

int roster_gather(struct roster *roster, struct failure *failure)
{
	uint64_t end = now_ms() + roster->options.join_ms, now;
	size_t present;

	for (;;) {
		roster_take(roster);
		tell_gone(roster);
		present = roster_present(roster);
		now = now_ms();
		if (present >= roster->options.sites)
			return 0;
		if (now >= end)
			break;
		lock(roster);
		/* A tick, since nobody signals that a newcomer is too slow. */
		wait_until(roster, now + 200 < end ? now + 200 : end);
		unlock(roster);
	}
	if (present >= roster->options.quorum)
		return 0;
	return failed(failure, EXIT_NETWORK,
		      "%zu of %u sites are there, fewer than the quorum of %u; --join-timeout says how long they are waited for",
		      present, roster->options.sites, roster->options.quorum);
}

/* ---- questions --------------------------------------------------------------------- */

static bool is_asked(struct member *m, bool (*among)(const struct member *member))
{
	return m->state == MEMBER_TAKEN && !m->question && m->asked == m->done &&
	       (!among || among(m));
}

/* With the lock held. */
static bool all_done(const struct roster *roster, uint64_t number)
{
	size_t i;

	for (i = 0; i < roster->count; i++) {
		const struct member *m = roster->member[i];
		bool has_it = m->question ? m->question->number == number : m->asked == number;

		if (m->state == MEMBER_TAKEN && has_it && m->done != number)
			return false;
	}
	return true;
}

/* With the lock held, the time over: who has not taken the question in is cut off. */
static void cut_stuck(struct roster *roster)
{
	size_t i;

	for (i = 0; i < roster->count; i++) {
		struct member *m = roster->member[i];

		if (m->state != MEMBER_TAKEN || (!m->question && !m->sending))
			continue;
		m->question = NULL;
		m->ending = true;
		if (!m->text[0])
			strcpy(m->text, "it did not take a question in in time");
		m->link.cut(m->link.arg);
	}
	/* The frame is the roster's again only when nobody reads it. */
	for (i = 0; i < roster->count; i++) {
		while (roster->member[i]->sending)
			pthread_cond_wait(&roster->moved, &roster->lock);
	}
}

static size_t put(struct roster *roster, bool (*among)(const struct member *member))
{
	uint64_t number = roster->question.number;
	uint64_t end = now_ms() + roster->options.round_ms;
	size_t answered = 0, i;

	lock(roster);
	for (i = 0; i < roster->count; i++) {
		if (is_asked(roster->member[i], among))
			roster->member[i]->question = &roster->question;
	}
	pthread_cond_broadcast(&roster->moved);
	while (!all_done(roster, number)) {
		if (wait_until(roster, end) == ETIMEDOUT)
			break;
	}
	cut_stuck(roster);
	for (i = 0; i < roster->count; i++)
		answered += roster->member[i]->done == number;
	unlock(roster);
	tell_gone(roster);
	return answered;
}

static void prepare(struct roster *roster, uint8_t *frame, uint32_t type, size_t len,
		    uint32_t answer, size_t answer_len, bool to_heap)
{
	struct wire_head head = {
		.type = type, .len = (uint32_t)len, .number = ++roster->number,
	};

	wire_head_put(frame, &head);
	roster->question = (struct question){
		.number = head.number, .frame = frame, .len = WIRE_HEAD + len,
		.answer = answer, .answer_len = answer_len, .to_heap = to_heap,
	};
}

size_t roster_ask(struct roster *roster, uint32_t type, size_t len, uint32_t answer,
		  size_t answer_len, bool (*among)(const struct member *member))
{
	prepare(roster, roster->frame, type, len, answer, answer_len, false);
	if (type == WIRE_GRADIENT || type == WIRE_ROUND) {
		roster->question.round = roster->rounds++;
		roster->question.reattest_rounds = roster->options.reattest_rounds;
	}
	return put(roster, among);
}

size_t roster_ask_bytes(struct roster *roster, uint8_t *frame, uint32_t type, size_t len,
			uint32_t answer, size_t answer_max)
{
	prepare(roster, frame, type, len, answer, answer_max, true);
	return put(roster, NULL);
}

const uint8_t *roster_answer(struct roster *roster, struct member *m, size_t *len)
{
	bool there;

	lock(roster);
	there = m->done == roster->question.number;
	unlock(roster);
	*len = there ? m->answer_len : 0;
	if (!there)
		return NULL;
	return roster->question.to_heap ? m->heap : m->answer;
}

void roster_refuse(struct roster *roster, struct member *member, uint32_t reason)
{
	dismiss(roster, member, reason);
	tell_gone(roster);
}

/* ---- the end ------------------------------------------------------------------------- */

void roster_close(struct roster *roster)
{
	lock(roster);
	roster->closed = true;
	unlock(roster);
}

static void end_one(struct roster *roster, struct member *m)
{
	struct memory_block block = m->block;

	lock(roster);
	m->ending = true;
	m->link.cut(m->link.arg);
	pthread_cond_broadcast(&roster->moved);
	unlock(roster);
	member_free(m);
	memory_put(roster->memory, &block);
}

void roster_forget(struct roster *roster)
{
	size_t i;

	/* Who is still on its way into a buffer must not be, once that is gone. */
	for (i = 0; i < roster->count; i++) {
		struct member *m = roster->member[i];

		lock(roster);
		if (m->state == MEMBER_TAKEN && m->asked != m->done) {
			m->ending = true;
			m->link.cut(m->link.arg);
			while (m->state != MEMBER_GONE)
				pthread_cond_wait(&roster->moved, &roster->lock);
		}
		m->answer = NULL;
		m->room = 0;
		m->stats = (struct stats){ 0 };
		unlock(roster);
		memory_put(roster->memory, &m->block);
	}
	roster->frame = NULL;
}

void roster_end(struct roster *roster)
{
	size_t i;

	if (!roster->ready)
		return;
	roster_close(roster);
	for (i = 0; i < roster->newcomers; i++)
		end_one(roster, roster->newcomer[i]);
	for (i = 0; i < roster->count; i++)
		end_one(roster, roster->member[i]);
	roster->newcomers = roster->count = 0;
	pthread_cond_destroy(&roster->moved);
	pthread_mutex_destroy(&roster->lock);
	roster->ready = false;
}
