// SPDX-License-Identifier: GPL-2.0-only
/*
 * BUFFER_GET: the live buffers of one session, or of all that the caller may
 * see. Sessions are told in the order of their opening, buffers by id; a dump
 * goes on where it stopped, whatever ended or came in between.
 */
#include "buffer.h"
#include "control.h"

/**
 * struct buffer_dump - where a dump goes on
 * @asker: whose sessions may be told
 * @serial: of the last session that was told whole
 * @upto: of the last one to be told
 * @id: of the last buffer told of the session after @serial
 */
struct buffer_dump {
	struct ward_asker asker;
	u64 serial;
	u64 upto;
	u64 id;
};

static struct buffer_dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct buffer_dump) > sizeof(cb->ctx));
	return (struct buffer_dump *)cb->ctx;
}

/* A buffer as it was found. */
struct buffer_look {
	const struct ward_buf *buf;
	struct ward_buf_info as;
};

static int put_buffer(struct sk_buff *skb, const void *what)
{
	const struct buffer_look *look = what;
	const struct ward_buf_info *as = &look->as;

	return nla_put(skb, WARD_A_SESSION_ID, WARD_ID_LEN, look->buf->session->id) ?:
	       ward_put_u64(skb, WARD_A_BUFFER_ID, as->out_id) ?:
	       nla_put_u32(skb, WARD_A_CLASS, as->out_class) ?:
	       ward_put_u64(skb, WARD_A_LENGTH, as->out_length) ?:
	       nla_put(skb, WARD_A_LABEL, WARD_LABEL_LEN, look->buf->label) ?:
	       nla_put_u32(skb, WARD_A_MAPPED, as->out_mapped) ?:
	       ward_put_u64(skb, WARD_A_HUGE, as->out_huge) ?:
	       ward_put_u64(skb, WARD_A_PRESENT, as->out_present) ?:
	       ward_put_u64(skb, WARD_A_PROTECTION, as->out_protection) ?:
	       nla_put_u32(skb, WARD_A_BUFFER_STATE, as->out_state);
}

static int dump_buffer(struct sk_buff *skb, struct netlink_callback *cb,
		       struct ward_buf *buf)
{
	struct buffer_look look = { .buf = buf };

	ward_buf_look(buf, &look.as);
	if (look.as.out_end)
		return 0;
	return ward_control_part(skb, cb, WARD_GENL_CMD_BUFFER_GET, put_buffer, &look);
}

static int dump_session(struct sk_buff *skb, struct netlink_callback *cb,
			struct ward_session *session)
{
	struct buffer_dump *dump = dump_of(cb);
	struct ward_buf *buf;
	int rc = 0;

	while (!rc && (buf = ward_roll_after(&session->roll, dump->id))) {
		rc = dump_buffer(skb, cb, buf);
		if (!rc)
			dump->id = buf->id;
		ward_buf_put(buf);
	}
	return rc;
}

/* One session alone, which the caller may see; then all is said about which. */
static int choose(struct buffer_dump *dump, const u8 *id)
{
	struct ward_session *session = ward_session_find(id);
	int rc = -EPERM;

	if (!session)
		return -ENOENT;
	if (ward_control_may_see(&dump->asker, session)) {
		dump->upto = session->serial;
		dump->serial = session->serial - 1;
		rc = 0;
	}
	ward_session_put(session);
	return rc;
}

int ward_control_buffers_start(struct netlink_callback *cb)
{
	struct buffer_dump *dump = dump_of(cb);
	const struct nlattr *id = ward_control_asked(cb, WARD_A_SESSION_ID);

	dump->asker = ward_control_asker(cb->skb);
	dump->serial = 0;
	dump->upto = U64_MAX;
	dump->id = 0;
	return id ? choose(dump, nla_data(id)) : 0;
}

int ward_control_buffers(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct buffer_dump *dump = dump_of(cb);
	struct ward_session *session;
	int rc = 0;

	while (!rc && dump->serial < dump->upto &&
	       (session = ward_session_after(dump->serial))) {
		if (session->serial <= dump->upto &&
		    ward_control_may_see(&dump->asker, session))
			rc = dump_session(skb, cb, session);
		if (!rc) {
			dump->serial = session->serial;
			dump->id = 0;
		}
		ward_session_put(session);
	}
	/* A full message is no error: the next one goes on after @id. */
	return skb->len ? skb->len : rc;
}
