// SPDX-License-Identifier: MIT
/* Records of what happened: asked for, and told by the kernel as they are made. */
#include <errno.h>
#include <string.h>

#include "control_private.h"

static int entry_valid(const struct answer *a, void *arg)
{
	struct ward_event_entry *entry = arg;

	if (!a->attr[WARD_A_SESSION_ID] || !a->attr[WARD_A_EVENT])
		return -EBADMSG;
	entry->seq = get_u64(a, WARD_A_EVENT_SEQ);
	get_bytes(a, WARD_A_SESSION_ID, entry->session, sizeof(entry->session));
	get_bytes(a, WARD_A_EVENT, &entry->event, sizeof(entry->event));
	return 0;
}

/* The caller's own function, where the walk knows entries as bytes. */
struct each_entry {
	int (*each)(const struct ward_event_entry *entry, void *arg);
	void *arg;
};

static int entry_each(const void *entry, void *arg)
{
	struct each_entry *to = arg;

	return to->each(entry, to->arg);
}

int ward_control_events(struct ward_control *control, const uint8_t *session, uint64_t from,
			int (*each)(const struct ward_event_entry *entry, void *arg), void *arg)
{
	struct walk walk = {
		.size = sizeof(struct ward_event_entry),
		.fill = entry_valid,
	};
	struct each_entry to = { .each = each, .arg = arg };
	struct nl_msg *msg = control_command(control, WARD_GENL_CMD_EVENT_GET, NLM_F_DUMP);

	if (!msg)
		return -ENOMEM;
	if ((session && nla_put(msg, WARD_A_SESSION_ID, WARD_ID_LEN, session) < 0) ||
	    nla_put_u64(msg, WARD_A_FROM_SEQ, from) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return walk_run(control, msg, &walk, entry_each, &to);
}

int ward_control_events_watch(struct ward_control *control)
{
	return group_join(control, WARD_GENL_GROUP_EVENTS, &control->events);
}

int ward_control_events_fd(const struct ward_control *control)
{
	return group_fd(control->events);
}

int ward_control_event(struct ward_control *control, int timeout_ms,
		       struct ward_event_entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	return group_receive(control->events, timeout_ms, entry_valid, entry);
}
