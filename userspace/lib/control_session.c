// SPDX-License-Identifier: MIT
/* Sessions and their buffers, as the control plane shows and ends them. */
#include <errno.h>

#include "control_private.h"

static int session_fill(const struct answer *a, void *to)
{
	struct ward_session_entry *entry = to;

	if (!a->attr[WARD_A_SESSION_ID])
		return -EBADMSG;
	get_bytes(a, WARD_A_SESSION_ID, entry->id, sizeof(entry->id));
	entry->uid = get_u32(a, WARD_A_UID);
	entry->tgid = get_u32(a, WARD_A_TGID);
	entry->state = get_u32(a, WARD_A_STATE);
	entry->buffers = get_u64(a, WARD_A_BUFFERS);
	entry->seq = get_u64(a, WARD_A_SEQ);
	get_bytes(a, WARD_A_HEAD, entry->head, sizeof(entry->head));
	entry->dropped = get_u64(a, WARD_A_DROPPED);
	entry->opened_ns = get_u64(a, WARD_A_BOOT_NS);
	get_text(a, WARD_A_COMM, entry->comm, sizeof(entry->comm));
	get_memory(a, &entry->memory);
	entry->lease_ns = get_u64(a, WARD_A_LEASE_NS);
	return 0;
}

/* The two ends of a walk, so that callers' functions keep their own type. */
struct session_each {
	int (*each)(const struct ward_session_entry *entry, void *arg);
	void *arg;
};

static int session_each(const void *entry, void *arg)
{
	const struct session_each *to = arg;

	return to->each(entry, to->arg);
}

int ward_control_sessions(struct ward_control *control,
			  int (*each)(const struct ward_session_entry *entry,
				      void *arg), void *arg)
{
	struct session_each to = { each, arg };
	struct walk walk = {
		.size = sizeof(struct ward_session_entry),
		.fill = session_fill,
	};

	return walk_run(control,
			control_command(control, WARD_GENL_CMD_SESSION_GET,
					NLM_F_DUMP), &walk, session_each, &to);
}

static int buffer_fill(const struct answer *a, void *to)
{
	struct ward_buffer_entry *entry = to;

	if (!a->attr[WARD_A_SESSION_ID] || !a->attr[WARD_A_BUFFER_ID])
		return -EBADMSG;
	get_bytes(a, WARD_A_SESSION_ID, entry->session, sizeof(entry->session));
	entry->id = get_u64(a, WARD_A_BUFFER_ID);
	entry->buf_class = get_u32(a, WARD_A_CLASS);
	entry->state = get_u32(a, WARD_A_BUFFER_STATE);
	entry->mapped = get_u32(a, WARD_A_MAPPED);
	entry->length = get_u64(a, WARD_A_LENGTH);
	entry->present = get_u64(a, WARD_A_PRESENT);
	entry->huge = get_u64(a, WARD_A_HUGE);
	entry->protection = get_u64(a, WARD_A_PROTECTION);
	get_bytes(a, WARD_A_LABEL, entry->label, sizeof(entry->label));
	return 0;
}

struct buffer_each {
	int (*each)(const struct ward_buffer_entry *entry, void *arg);
	void *arg;
};

static int buffer_each(const void *entry, void *arg)
{
	const struct buffer_each *to = arg;

	return to->each(entry, to->arg);
}

/* @msg, about one session or (NULL) about all; freed where it does not fit. */
static struct nl_msg *about(struct nl_msg *msg, const uint8_t *session)
{
	if (msg && session &&
	    nla_put(msg, WARD_A_SESSION_ID, WARD_ID_LEN, session)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int ward_control_buffers(struct ward_control *control, const uint8_t *session,
			 int (*each)(const struct ward_buffer_entry *entry,
				     void *arg), void *arg)
{
	struct buffer_each to = { each, arg };
	struct walk walk = {
		.size = sizeof(struct ward_buffer_entry),
		.fill = buffer_fill,
	};
	struct nl_msg *msg = control_command(control, WARD_GENL_CMD_BUFFER_GET,
					     NLM_F_DUMP);

	return walk_run(control, about(msg, session), &walk, buffer_each, &to);
}

int ward_control_revoke(struct ward_control *control, const uint8_t *session)
{
	struct nl_msg *msg = control_command(control,
					     WARD_GENL_CMD_SESSION_REVOKE,
					     NLM_F_ACK);

	return control_tell(control, about(msg, session));
}
