// SPDX-License-Identifier: MIT
#include "member.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "roster.h"

static void lock(struct member *m)
{
	pthread_mutex_lock(&m->roster->lock);
}

static void unlock(struct member *m)
{
	pthread_mutex_unlock(&m->roster->lock);
}

/* The first reason stays. */
static void explain(struct member *m, const char *text)
{
	lock(m);
	if (!m->text[0])
		snprintf(m->text, sizeof(m->text), "%s", text);
	unlock(m);
}

static void explain_link(struct member *m, int err)
{
	const char *why = m->link.why ? m->link.why(m->link.arg) : "";

	explain(m, *why ? why : err == -EPROTO ? wire_reason_text(WIRE_DAMAGED) :
		err == -ECONNRESET ? "the connection ended" : strerror(-err));
}

/* ---- joining ---------------------------------------------------------------- */

static uint32_t why_not(const struct member *m, bool closed)
{
	const struct wire_join *join = &m->join;

	if (m->link.session &&
	    memcmp(m->link.session(m->link.arg), join->session, sizeof(join->session)))
		return WIRE_DAMAGED;
	if (join->version != WIRE_VERSION)
		return WIRE_OTHER_VERSION;
	if (memcmp(join->plan, m->roster->plan->digest, PLAN_DIGEST_LEN))
		return WIRE_OTHER_PLAN;
	return closed ? WIRE_CLOSED : 0;
}

static int read_join(struct member *m)
{
	uint8_t payload[WIRE_JOIN_LEN];
	struct wire_head head;
	int err = link_head(&m->link, &head);

	if (err)
		return err;
	if (head.type != WIRE_JOIN || head.len != WIRE_JOIN_LEN || head.number)
		return -EPROTO;
	err = m->link.read(m->link.arg, payload, sizeof(payload));
	if (err)
		return err;
	return wire_join_get(payload, sizeof(payload), &m->join) ? -EPROTO : 0;
}

static int welcome(struct member *m)
{
	struct wire_welcome welcome = {
		.sites = m->roster->options.sites, .quorum = m->roster->options.quorum,
	};
	uint8_t frame[WIRE_HEAD + WIRE_WELCOME_LEN];

	memcpy(welcome.federation, m->roster->federation, sizeof(welcome.federation));
	wire_welcome_put(frame + WIRE_HEAD, &welcome);
	return link_send(&m->link, frame, WIRE_WELCOME, 0, WIRE_WELCOME_LEN);
}

static int join(struct member *m)
{
	uint32_t reason;
	bool closed;
	int err = read_join(m);

	if (err) {
		m->join = (struct wire_join){ 0 };
		if (err == -EPROTO)
			link_refuse(&m->link, 0, WIRE_DAMAGED);
		return err;
	}
	lock(m);
	closed = m->roster->closed;
	unlock(m);
	reason = why_not(m, closed);
	if (reason) {
		link_refuse(&m->link, 0, reason);
		explain(m, wire_reason_text(reason));
		return -EACCES;
	}
	return welcome(m);
}

/* ---- questions ---------------------------------------------------------------- */

static int check_head(const struct question *q, const struct wire_head *head)
{
	if (head->type != q->answer || head->number != q->number)
		return -EPROTO;
	if (q->to_heap ? head->len > q->answer_len : head->len != q->answer_len)
		return -EPROTO;
	return 0;
}

static int take_answer(struct member *m, const struct question *q)
{
	struct wire_head head;
	uint8_t *to = m->answer;
	int err = link_head(&m->link, &head) ?: check_head(q, &head);

	if (err)
		return err;
	if (q->to_heap) {
		free(m->heap);
		m->heap = to = malloc(head.len + 1);
		if (!to)
			return -ENOMEM;
	} else if (!to || head.len > m->room) {
		return -EPROTO;
	}
	m->answer_len = head.len;
	return m->link.read(m->link.arg, to, head.len);
}

/* With the lock held. Return: 0, or -errno and the lock held as well. */
static int put_question(struct member *m)
{
	struct question q = *m->question;
	int err;

	m->question = NULL;
	m->asked = q.number;
	m->sending = true;
	unlock(m);
	err = link_renew(&m->link, q.reattest_rounds, q.round) ?:
	      m->link.write(m->link.arg, q.frame, q.len);
	lock(m);
	m->sending = false;
	pthread_cond_broadcast(&m->roster->moved);
	if (!err && q.answer) {
		unlock(m);
		err = take_answer(m, &q);
		lock(m);
	}
	if (!err)
		m->done = q.number;
	pthread_cond_broadcast(&m->roster->moved);
	return err;
}

static int serve(struct member *m)
{
	int err = 0;

	lock(m);
	m->state = MEMBER_WAITING;
	pthread_cond_broadcast(&m->roster->moved);
	while (!err && !m->ending && !m->refuse) {
		if (m->question)
			err = put_question(m);
		else
			pthread_cond_wait(&m->roster->moved, &m->roster->lock);
	}
	unlock(m);
	return err;
}

void *member_main(void *arg)
{
	struct member *m = arg;
	int err = join(m) ?: serve(m);
	uint32_t reason;

	lock(m);
	reason = m->refuse ? m->refuse : err == -EPROTO ? WIRE_DAMAGED : 0;
	unlock(m);
	if (err)
		explain_link(m, err);
	else if (reason)
		explain(m, wire_reason_text(reason));
	if (reason)
		link_refuse(&m->link, 0, reason);
	lock(m);
	m->state = MEMBER_GONE;
	pthread_cond_broadcast(&m->roster->moved);
	unlock(m);
	return NULL;
}
