/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fair line: users take turns, and the sessions of a user take turns in the
 * user's; within a session who came first is first. Whoever calls serialises
 * the calls of one line.
 */
#ifndef WARD_LINE_H
#define WARD_LINE_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/list.h>
#endif

/**
 * struct ward_line - who waits
 * @users: with somebody waiting; the first has the next turn
 * @waiting: places taken
 */
struct ward_line {
	struct list_head users;
	u32 waiting;
};

/**
 * struct ward_line_user - a user's part of the line
 * @node: in the line while anybody of theirs waits
 * @sessions: with somebody waiting; the first has the user's next turn
 * @waiting: places taken
 * @alone: of them, by who goes alone
 */
struct ward_line_user {
	struct list_head node;
	struct list_head sessions;
	u32 waiting;
	u32 alone;
};

/**
 * struct ward_line_session - a session's part of the line
 * @node: among the user's while anybody waits
 * @places: in order
 * @user: whose it is; constant
 */
struct ward_line_session {
	struct list_head node;
	struct list_head places;
	struct ward_line_user *user;
};

/**
 * struct ward_place - who waits
 * @node: among the session's while it is in line
 * @session: whose it is, while it is in line
 * @alone: it shares a call with nobody; constant while it is in line
 */
struct ward_place {
	struct list_head node;
	struct ward_line_session *session;
	bool alone;
};

void ward_line_init(struct ward_line *line);
void ward_line_user_init(struct ward_line_user *user);
void ward_line_session_init(struct ward_line_session *session,
			    struct ward_line_user *user);
void ward_line_join(struct ward_line *line, struct ward_line_session *session,
		    struct ward_place *place);
void ward_line_leave(struct ward_line *line, struct ward_place *place);
/*
 * Whose turn it is; it has left the line. NULL = nobody waits. With @shared those
 * that go alone are passed over, and stay where they are.
 */
struct ward_place *ward_line_next(struct ward_line *line, bool shared);

#endif /* WARD_LINE_H */
