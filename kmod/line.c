// SPDX-License-Identifier: GPL-2.0-only
/*
 * See line.h. Of two users who both wait throughout, neither is ever served
 * more than one place ahead of the other, however many sessions each has; the
 * same holds for two sessions of one user. Who goes alone is passed over by a call
 * that many share, and keeps the turn: it has the next one.
 */
#include "line.h"

void ward_line_init(struct ward_line *line)
{
	INIT_LIST_HEAD(&line->users);
	line->waiting = 0;
}

void ward_line_user_init(struct ward_line_user *user)
{
	INIT_LIST_HEAD(&user->node);
	INIT_LIST_HEAD(&user->sessions);
	user->waiting = 0;
	user->alone = 0;
}

void ward_line_session_init(struct ward_line_session *session,
			    struct ward_line_user *user)
{
	INIT_LIST_HEAD(&session->node);
	INIT_LIST_HEAD(&session->places);
	session->user = user;
}

void ward_line_join(struct ward_line *line, struct ward_line_session *session,
		    struct ward_place *place)
{
	struct ward_line_user *user = session->user;

	if (list_empty(&session->places))
		list_add_tail(&session->node, &user->sessions);
	if (!user->waiting)
		list_add_tail(&user->node, &line->users);
	list_add_tail(&place->node, &session->places);
	place->session = session;
	user->waiting++;
	user->alone += place->alone;
	line->waiting++;
}

void ward_line_leave(struct ward_line *line, struct ward_place *place)
{
	struct ward_line_session *session = place->session;
	struct ward_line_user *user = session->user;

	list_del_init(&place->node);
	if (list_empty(&session->places))
		list_del_init(&session->node);
	user->waiting--;
	user->alone -= place->alone;
	if (!user->waiting)
		list_del_init(&user->node);
	line->waiting--;
}

/* A session whose first goes alone is passed over with all that it has waiting. */
static struct ward_place *first_of(const struct ward_line *line, bool shared)
{
	struct ward_line_session *session;
	struct ward_line_user *user;
	struct ward_place *place;

	list_for_each_entry(user, &line->users, node)
		list_for_each_entry(session, &user->sessions, node) {
			place = list_first_entry(&session->places, struct ward_place, node);
			if (!shared || !place->alone)
				return place;
		}
	return NULL;
}

struct ward_place *ward_line_next(struct ward_line *line, bool shared)
{
	struct ward_place *place = first_of(line, shared);
	struct ward_line_session *session;
	struct ward_line_user *user;

	if (!place)
		return NULL;
	session = place->session;
	user = session->user;
	ward_line_leave(line, place);
	/* Who had a turn and has more waiting goes to the end. */
	if (!list_empty(&session->node))
		list_move_tail(&session->node, &user->sessions);
	if (user->waiting)
		list_move_tail(&user->node, &line->users);
	return place;
}
