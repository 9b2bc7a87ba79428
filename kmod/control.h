/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms of the control plane share. control.c has the family, the
 * table of its commands and who may ask; each other control_*.c has the doit()
 * of one noun, named in that table.
 */
#ifndef WARD_CONTROL_H
#define WARD_CONTROL_H

#include <net/genetlink.h>

#include "budget.h"
#include "pace.h"

extern struct genl_family ward_family;

/* Places of the family's groups. */
enum { WARD_GROUP_PRESSURE, WARD_GROUP_EVENTS };

/* ---- who asks: control.c --------------------------------------------------- */

/**
 * struct ward_asker - whose sessions may be told, from the message that asks
 * @admin: everybody's
 * @uid: else this user's; INVALID_UID = nobody's
 */
struct ward_asker {
	bool admin;
	kuid_t uid;
};

struct ward_asker ward_control_asker(struct sk_buff *skb);
bool ward_control_may_see(const struct ward_asker *asker,
			  const struct ward_session *session);
/* 0, or -EPERM with extended ack text for who is no administrator. */
int ward_control_admin(struct sk_buff *skb, struct genl_info *info);
/* -EINVAL with extended ack text: what is wrong with @attr, or with the message. */
int ward_control_refuse(struct genl_info *info, const struct nlattr *attr,
			const char *why);

/* ---- replies: control.c ------------------------------------------------------ */

int ward_put_u64(struct sk_buff *skb, int attr, u64 value);
/* One message that @put fills from @what, to who asked. */
int ward_control_reply(struct genl_info *info, u8 cmd,
		       int (*put)(struct sk_buff *skb, const void *what),
		       const void *what);
/* The same with @room bytes for the attributes. */
int ward_control_reply_room(struct genl_info *info, size_t room, u8 cmd,
			    int (*put)(struct sk_buff *skb, const void *what),
			    const void *what);
/* The next message of a dump; -EMSGSIZE where @skb has no room for it. */
int ward_control_part(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		      int (*put)(struct sk_buff *skb, const void *what),
		      const void *what);

/*
 * One message that @put fills from @what, in @room bytes, to all who listen to
 * @group. May sleep. What cannot be sent is missed by its number.
 */
void ward_control_multicast(int group, size_t room, u8 cmd,
			    int (*put)(struct sk_buff *skb, const void *what),
			    const void *what);
/* An attribute of the request for a dump, or NULL. */
const struct nlattr *ward_control_asked(struct netlink_callback *cb, int type);

/* ---- control_pressure.c -------------------------------------------------------- */

/* The ledger's figures: in PRESSURE_GET and STATUS_GET. */
int ward_put_ledger(struct sk_buff *skb, const struct ward_global *all);
int ward_control_pressure(struct sk_buff *skb, struct genl_info *info);
/* To the group "pressure". May sleep. */
void ward_control_tell(const struct ward_transition *change);

/* ---- control_limit.c -------------------------------------------------------------- */

int ward_control_limit_get(struct sk_buff *skb, struct genl_info *info);
int ward_control_limit_set(struct sk_buff *skb, struct genl_info *info);

/* ---- control_pace.c --------------------------------------------------------------- */

int ward_put_pace(struct sk_buff *skb, const struct ward_attest_stats *stats);
int ward_control_pace_set(struct sk_buff *skb, struct genl_info *info);

/* ---- control_provider.c ---------------------------------------------------------- */

int ward_control_providers_start(struct netlink_callback *cb);
int ward_control_providers(struct sk_buff *skb, struct netlink_callback *cb);

/* ---- control_policy.c ------------------------------------------------------------- */

int ward_control_policy_get(struct sk_buff *skb, struct genl_info *info);
int ward_control_policy_set(struct sk_buff *skb, struct genl_info *info);

/* ---- control_session.c, control_buffer.c -------------------------------------- */

int ward_control_session(struct sk_buff *skb, struct genl_info *info);
int ward_control_sessions_start(struct netlink_callback *cb);
int ward_control_sessions(struct sk_buff *skb, struct netlink_callback *cb);
int ward_control_revoke(struct sk_buff *skb, struct genl_info *info);
int ward_control_buffers_start(struct netlink_callback *cb);
int ward_control_buffers(struct sk_buff *skb, struct netlink_callback *cb);

/* ---- control_event.c ---------------------------------------------------------- */

int ward_control_events_start(struct netlink_callback *cb);
int ward_control_events(struct sk_buff *skb, struct netlink_callback *cb);
/* To the group "events". */
extern const struct ward_journal_ops ward_control_journal;

#endif /* WARD_CONTROL_H */
