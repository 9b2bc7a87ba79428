// SPDX-License-Identifier: MIT
/* See shadow.h. Written from the headers' text, not from the module's. */
#include "shadow.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static struct shadow_session *session_at(struct shadow *s, int session)
{
	return &s->sessions[session];
}

static uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void shadow_record(struct shadow *s, struct shadow_session *a, struct shadow_record r)
{
	a->ring[a->seq++ % RING] = r;
	s->records++;
	s->heads += !a->recorded;
	a->recorded = true;
}

/*
 * A session's head is linked into the global chain once for records that follow
 * each other. In which order sessions end buffers at once nobody promises.
 */
bool shadow_counted(struct shadow *s, uint64_t seq)
{
	uint64_t least = s->heads, most = s->records, links = seq - s->seq - s->system;
	int i;

	if (s->heads <= 1)
		most = min64(most, s->heads + s->system);
	s->seq = seq;
	s->system = s->records = s->heads = 0;
	for (i = 0; i < SESSIONS; i++)
		s->sessions[i].recorded = false;
	return links >= least && links <= most;
}

void shadow_notice(struct shadow_session *a, uint32_t kind, uint64_t id)
{
	a->notices[a->notice_seq++ % NOTICES] = (struct shadow_notice){
		.kind = kind, .level = a->level, .live = a->live_all, .id = id,
	};
}

/* ---- sessions ------------------------------------------------------------------ */

static void state_event(struct shadow *s, struct shadow_session *a, uint32_t bit,
			uint16_t type, uint64_t bytes)
{
	if (a->state & bit)
		return;
	a->state |= bit;
	shadow_record(s, a, (struct shadow_record){ .type = type, .bytes = bytes });
}

int shadow_open(struct shadow *s, const uint8_t *id, uint32_t uid)
{
	struct shadow_session *a;
	int i;

	for (i = 0; i < SESSIONS && s->sessions[i].used; i++)
		;
	if (i == SESSIONS)
		return -1;
	a = &s->sessions[i];
	memset(a, 0, sizeof(*a));
	a->used = true;
	a->uid = uid;
	a->limit = NO_LIMIT;
	memcpy(a->id, id, WARD_ID_LEN);
	shadow_level_enter(s, a);
	shadow_record(s, a, (struct shadow_record){ .type = WARD_EVENT_SESSION_OPEN });
	return i;
}

void shadow_bury(struct shadow *s, int session)
{
	struct shadow_session *a = session_at(s, session);

	state_event(s, a, WARD_STATE_TOMBSTONE, WARD_EVENT_SESSION_END, 0);
	a->used = false;
	s->ended++;
}

bool shadow_is_closed(const struct shadow_session *a)
{
	return a->state & (WARD_STATE_SEALED | WARD_STATE_REVOKED | WARD_STATE_EXPIRED);
}

void shadow_seal(struct shadow *s, int session)
{
	state_event(s, session_at(s, session), WARD_STATE_SEALED, WARD_EVENT_SESSION_SEAL, 0);
}

int shadow_watch(struct shadow *s, int session, uint64_t threshold, uint64_t limit)
{
	struct shadow_session *a = session_at(s, session);

	if (a->state & WARD_STATE_REVOKED)
		return -ESHUTDOWN;
	if (limit > shadow_limit_session(s, a))
		return -EINVAL;
	if (limit)
		a->limit = limit;
	a->threshold = threshold;
	shadow_level_watch(s, a);
	return 0;
}

int shadow_measure(struct shadow *s, int session, const uint8_t *digest)
{
	struct shadow_session *a = session_at(s, session);
	uint8_t text[2 * WARD_DIGEST_LEN];

	if (a->state & (WARD_STATE_SEALED | WARD_STATE_REVOKED))
		return -ESHUTDOWN;
	memcpy(text, a->declared, WARD_DIGEST_LEN);
	memcpy(text + WARD_DIGEST_LEN, digest, WARD_DIGEST_LEN);
	SHA512(text, sizeof(text), a->declared);
	shadow_record(s, a, (struct shadow_record){ .type = WARD_EVENT_MEASURE });
	return 0;
}

/* ---- bytes ----------------------------------------------------------------------- */

static int refuse(struct shadow *s, struct shadow_session *a, int error)
{
	a->failed++;
	s->failed++;
	return error;
}

static int charge(struct shadow *s, struct shadow_session *a, int kind, uint64_t bytes)
{
	if (shadow_is_closed(a))
		return -ESHUTDOWN;
	if (!shadow_fits(s, a, bytes, 0))
		return -EDQUOT;
	a->live[kind] += bytes;
	a->live_all += bytes;
	a->peak[kind] = max64(a->peak[kind], a->live[kind]);
	a->peak_all = max64(a->peak_all, a->live_all);
	s->live[kind] += bytes;
	s->live_all += bytes;
	s->peak_all = max64(s->peak_all, s->live_all);
	shadow_levels_follow(s, a);
	return 0;
}

/* The session's own volatile buffer that is longest so goes; its bytes, 0 = none is. */
static uint64_t purge_one(struct shadow *s, int session)
{
	struct shadow_buffer *b = s->buffers;
	uint64_t freed;
	int i, oldest = -1;

	for (i = 0; i < BUFFERS; i++)
		if (b[i].used && b[i].age && b[i].session == session &&
		    (oldest < 0 || b[i].age < b[oldest].age))
			oldest = i;
	if (oldest < 0)
		return 0;
	freed = shadow_end(s, oldest, WARD_END_PURGE);
	shadow_notice(session_at(s, session), WARD_NOTICE_PURGE, b[oldest].id);
	return freed;
}

/* One by one until it fits, or as much is gone; what could never fit purges nothing. */
static int charge_or_purge(struct shadow *s, int session, int kind, uint64_t bytes)
{
	struct shadow_session *a = session_at(s, session);
	int ret = charge(s, a, kind, bytes);
	uint64_t freed = 0, got;

	if (ret != -EDQUOT || bytes > shadow_limit(s, a))
		return ret;
	while (ret == -EDQUOT && freed < bytes && (got = purge_one(s, session))) {
		freed += got;
		ret = charge(s, a, kind, bytes);
	}
	return ret;
}

int shadow_charge(struct shadow *s, int session, int kind, uint64_t bytes)
{
	int ret = charge_or_purge(s, session, kind, bytes);

	return ret == -EDQUOT ? refuse(s, session_at(s, session), ret) : ret;
}

int shadow_charge_wait(struct shadow *s, int session, int kind, uint64_t bytes)
{
	struct shadow_session *a = session_at(s, session);
	int ret = charge_or_purge(s, session, kind, bytes);

	if (ret != -EDQUOT)
		return ret;
	return refuse(s, a, bytes > shadow_limit(s, a) ? -EDQUOT : -ETIME);
}

void shadow_refund(struct shadow *s, int session, int kind, uint64_t bytes)
{
	struct shadow_session *a = session_at(s, session);

	a->live[kind] -= bytes;
	a->live_all -= bytes;
	s->live[kind] -= bytes;
	s->live_all -= bytes;
	shadow_levels_follow(s, a);
}

static uint32_t class_of(int kind)
{
	return kind == KIND_B ? WARD_CLASS_B : WARD_CLASS_A;
}

int shadow_made(struct shadow *s, int session, int kind, uint64_t bytes, uint64_t id)
{
	struct shadow_session *a = session_at(s, session);
	struct shadow_buffer *b;
	int i;

	for (i = 0; i < BUFFERS && s->buffers[i].used; i++)
		;
	if (i == BUFFERS)
		return -1;
	b = &s->buffers[i];
	memset(b, 0, sizeof(*b));
	b->used = true;
	b->kind = kind;
	b->id = id;
	b->length = bytes;
	b->session = session;
	b->words = calloc(bytes / PAGE_BYTES, sizeof(*b->words));
	if (!b->words)
		return -1;
	if (kind != KIND_B) {
		a->alloc_buffers++;
		a->alloc_bytes += bytes;
	}
	shadow_record(s, a, (struct shadow_record){
		.type = kind == KIND_B ? WARD_EVENT_BUF_PIN : WARD_EVENT_BUF_ALLOC,
		.class = class_of(kind), .id = id, .bytes = bytes });
	return i;
}

static void set_age(struct shadow *s, struct shadow_buffer *b, uint64_t age)
{
	struct shadow_session *a = session_at(s, b->session);
	uint64_t was = b->age ? b->length : 0, is = age ? b->length : 0;

	a->live_volatile += is - was;
	s->live_volatile += is - was;
	b->age = age;
}

uint64_t shadow_end(struct shadow *s, int buffer, uint32_t reason)
{
	struct shadow_buffer *b = &s->buffers[buffer];
	struct shadow_session *a = session_at(s, b->session);

	if (b->end)
		return 0;
	set_age(s, b, 0);
	b->end = reason;
	s->wiped_buffers++;
	memset(b->words, 0, b->length / PAGE_BYTES * sizeof(*b->words));
	if (b->kind == KIND_B) {
		a->unpinned_buffers++;
		a->unpinned_bytes += b->length;
	} else {
		a->wiped_buffers++;
		a->wiped_bytes += b->length;
		s->wiped_bytes += b->length;
	}
	shadow_record(s, a, (struct shadow_record){
		.type = b->kind == KIND_B ? WARD_EVENT_BUF_UNPIN : WARD_EVENT_BUF_WIPE,
		.reason = reason, .class = class_of(b->kind), .id = b->id, .bytes = b->length });
	shadow_refund(s, b->session, b->kind, b->length);
	return b->length;
}

void shadow_end_all(struct shadow *s, int session, uint32_t reason, bool shared)
{
	const struct shadow_buffer *b = s->buffers;
	int i, oldest;

	do {
		for (i = 0, oldest = -1; i < BUFFERS; i++)
			if (b[i].used && !b[i].end && b[i].session == session &&
			    (!shared || b[i].kind == KIND_SHARED) &&
			    (oldest < 0 || b[i].id < b[oldest].id))
				oldest = i;
		if (oldest >= 0)
			shadow_end(s, oldest, reason);
	} while (oldest >= 0);
}

void shadow_revoke(struct shadow *s, int session)
{
	struct shadow_session *a = session_at(s, session);

	if (!(a->state & WARD_STATE_REVOKED)) {
		state_event(s, a, WARD_STATE_REVOKED, WARD_EVENT_REVOKE, a->live_all);
		shadow_notice(a, WARD_NOTICE_REVOKE, 0);
	}
	shadow_end_all(s, session, WARD_END_REVOKE, false);
}

int shadow_volatile(struct shadow *s, int buffer)
{
	struct shadow_buffer *b = &s->buffers[buffer];

	if (b->kind == KIND_B)
		return -EOPNOTSUPP;
	if (b->end)
		return -EOWNERDEAD;
	set_age(s, b, ++s->last_age);
	return 0;
}

int shadow_hold(struct shadow *s, int buffer, uint32_t *survived)
{
	struct shadow_buffer *b = &s->buffers[buffer];

	if (b->kind == KIND_B)
		return -EOPNOTSUPP;
	if (b->end && b->end != WARD_END_PURGE)
		return -EOWNERDEAD;
	*survived = !b->end;
	set_age(s, b, 0);
	return 0;
}

void shadow_forget(struct shadow *s, int buffer)
{
	free(s->buffers[buffer].touched);
	free(s->buffers[buffer].words);
	memset(&s->buffers[buffer], 0, sizeof(s->buffers[buffer]));
}

/* ---- memory that comes when it is touched --------------------------------------- */

static uint32_t chunks_of(const struct shadow_buffer *b)
{
	return (uint32_t)((b->length / PAGE_BYTES + CHUNK_PAGES - 1) / CHUNK_PAGES);
}

void shadow_make_lazy(struct shadow_buffer *b)
{
	b->touched = calloc(chunks_of(b), sizeof(*b->touched));
}

void shadow_touch(struct shadow_buffer *b, uint32_t first, uint32_t pages)
{
	uint32_t i;

	for (i = first / CHUNK_PAGES; b->touched && i <= (first + pages - 1) / CHUNK_PAGES; i++)
		b->touched[i] = true;
}

uint64_t shadow_present(const struct shadow_buffer *b)
{
	uint64_t pages = 0, all = b->length / PAGE_BYTES, chunk;
	uint32_t i;

	if (b->end)
		return 0;
	for (i = 0; i < chunks_of(b); i++) {
		chunk = all - (uint64_t)i * CHUNK_PAGES;
		if (!b->touched || b->touched[i])
			pages += chunk < CHUNK_PAGES ? chunk : CHUNK_PAGES;
	}
	return pages * PAGE_BYTES;
}

/* ---- places ------------------------------------------------------------------------ */

/* The rest of a piece from page @at of it on becomes one of its own. */
static int cut_at(struct shadow_buffer *b, int piece, uint32_t at)
{
	struct piece *head = &b->pieces[piece], *rest = &b->pieces[b->count];

	if (!at || at == head->pages)
		return piece;
	*rest = *head;
	rest->first += at;
	rest->place += at;
	rest->pages -= at;
	head->pages = at;
	return b->count++;
}

int piece_cut(struct shadow_buffer *b, int piece, uint32_t skip, uint32_t pages)
{
	if (b->count + 2 > PIECES)
		return -1;
	piece = cut_at(b, piece, skip);
	cut_at(b, piece, pages);
	return piece;
}

void piece_drop(struct shadow_buffer *b, int piece)
{
	b->pieces[piece] = b->pieces[--b->count];
}
