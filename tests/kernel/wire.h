/* SPDX-License-Identifier: MIT */
/*
 * A plain generic netlink socket to the family "ward": what is tested with it
 * is the kernel, not a library.
 */
#ifndef WARD_TEST_WIRE_H
#define WARD_TEST_WIRE_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/ward_netlink.h>

#include "ward_test.h"

enum { ROOM = 65536 };

/** struct wire - a generic netlink socket and the last answer on it. */
struct wire {
	int fd;
	uint16_t family;
	uint8_t buf[ROOM];
	size_t len;
};

/* One answer's attributes by type; NULL where it has none. */
struct attrs {
	const struct nlattr *at[WARD_A_MAX + 1];
};

/* ---- sending ------------------------------------------------------------------- */

/** struct request_attr - an attribute of a request; @type 0 = none */
struct request_attr {
	uint16_t type;
	uint16_t len;
	const void *data;
};

static inline int send_attrs(struct wire *w, uint16_t type, uint16_t flags, uint8_t cmd,
			     const struct request_attr *attrs, unsigned int n)
{
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
		uint8_t room[256];
	} msg = {
		.nl = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags,
			.nlmsg_seq = 1 },
		.genl = { .cmd = cmd, .version = 1 },
	};
	size_t at = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct nlattr head = { .nla_type = attrs[i].type,
				       .nla_len = NLA_HDRLEN + attrs[i].len };

		if (!attrs[i].type)
			continue;
		ASSERT_TRUE(at + NLA_ALIGN(head.nla_len) <= sizeof(msg.room));
		memcpy(msg.room + at, &head, sizeof(head));
		memcpy(msg.room + at + NLA_HDRLEN, attrs[i].data, attrs[i].len);
		at += NLA_ALIGN(head.nla_len);
	}
	msg.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) + at;
	return send(w->fd, &msg, msg.nl.nlmsg_len, 0) < 0 ? -errno : 0;
}

static inline int send_message(struct wire *w, uint16_t type, uint16_t flags, uint8_t cmd,
			       uint16_t attr, const void *data, uint16_t len)
{
	const struct request_attr one = { attr, len, data };

	return send_attrs(w, type, flags, cmd, &one, 1);
}

/* Up to an error, an ACK or the first answer; 1 = an answer is in w->buf. */
static inline int receive(struct wire *w)
{
	const struct nlmsghdr *nl = (const void *)w->buf;
	ssize_t n = recv(w->fd, w->buf, sizeof(w->buf), 0);

	if (n < 0)
		return -errno;
	w->len = n;
	if (nl->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(nl))->error;
	return 1;
}

static inline void parse(const struct nlmsghdr *nl, struct attrs *out)
{
	const uint8_t *p = (const uint8_t *)NLMSG_DATA(nl) + GENL_HDRLEN;
	const uint8_t *end = (const uint8_t *)nl + nl->nlmsg_len;
	const struct nlattr *a;

	memset(out, 0, sizeof(*out));
	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(a->nla_len)) {
		a = (const void *)p;
		ASSERT_GE(a->nla_len, NLA_HDRLEN);
		if ((a->nla_type & NLA_TYPE_MASK) <= WARD_A_MAX)
			out->at[a->nla_type & NLA_TYPE_MASK] = a;
	}
}

static inline const void *attr_data(const struct attrs *attrs, int type, size_t len)
{
	const struct nlattr *a = attrs->at[type];

	ASSERT_TRUE(a != NULL);
	if (len)
		ASSERT_EQ(a->nla_len, NLA_HDRLEN + len);
	return (const uint8_t *)a + NLA_HDRLEN;
}

static inline uint32_t attr_u32(const struct attrs *attrs, int type)
{
	uint32_t v;

	memcpy(&v, attr_data(attrs, type, 4), 4);
	return v;
}

static inline uint64_t attr_u64(const struct attrs *attrs, int type)
{
	uint64_t v;

	memcpy(&v, attr_data(attrs, type, 8), 8);
	return v;
}

/* -errno, or 0 and the one answer's attributes. */
static inline int ask(struct wire *w, uint8_t cmd, uint16_t attr, const void *data,
	       uint16_t len, struct attrs *out)
{
	int ret = send_message(w, w->family, 0, cmd, attr, data, len);

	if (!ret)
		ret = receive(w);
	if (ret <= 0)
		return ret;
	parse((const void *)w->buf, out);
	return 0;
}

static inline int ask_family(struct wire *w, struct attrs *attrs)
{
	int ret = send_message(w, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY,
			       CTRL_ATTR_FAMILY_NAME, WARD_GENL_NAME,
			       sizeof(WARD_GENL_NAME));

	if (!ret)
		ret = receive(w);
	if (ret <= 0)
		return ret;
	parse((const void *)w->buf, attrs);
	return 0;
}

static inline int resolve(struct wire *w)
{
	struct attrs attrs = { 0 };
	int ret = ask_family(w, &attrs);

	if (!ret)
		memcpy(&w->family, attr_data(&attrs, CTRL_ATTR_FAMILY_ID, 2), 2);
	return ret;
}

static inline struct wire *wire_open(void)
{
	struct wire *w = calloc(1, sizeof(*w));

	ASSERT_TRUE(w != NULL);
	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	ASSERT_GE(w->fd, 0);
	ASSERT_EQ(resolve(w), 0);
	return w;
}

/* A request that is answered by an acknowledgement alone: 0 or -errno. */
static inline int tell(struct wire *w, uint8_t cmd, uint16_t attr, const void *data,
		       uint16_t len)
{
	int ret = send_message(w, w->family, NLM_F_ACK, cmd, attr, data, len);

	return ret ? ret : receive(w);
}

/* ---- dumps ----------------------------------------------------------------------- */

/* Every message of a dump to @each; the dump's own result. */
static inline int dump_each(struct wire *w, uint8_t cmd, const struct request_attr *asked,
			    unsigned int n,
			    void (*each)(const struct attrs *attrs, void *arg), void *arg)
{
	const struct nlmsghdr *nl;
	struct attrs attrs;
	size_t left;
	int ret;

	ASSERT_EQ(send_attrs(w, w->family, NLM_F_DUMP, cmd, asked, n), 0);
	while ((ret = receive(w)) == 1) {
		nl = (const void *)w->buf;
		for (left = w->len; NLMSG_OK(nl, left); nl = NLMSG_NEXT(nl, left)) {
			if (nl->nlmsg_type == NLMSG_DONE)
				return *(const int *)NLMSG_DATA(nl);
			parse(nl, &attrs);
			each(&attrs, arg);
		}
	}
	return ret;
}

/* ---- groups ---------------------------------------------------------------------- */

static inline uint32_t group_in(const struct nlattr *group, const char *name)
{
	const uint8_t *p = (const uint8_t *)group + NLA_HDRLEN;
	const uint8_t *end = (const uint8_t *)group + group->nla_len;
	const struct nlattr *in;
	uint32_t id = 0;
	bool named = false;

	for (; p < end; p += NLA_ALIGN(in->nla_len)) {
		in = (const void *)p;
		if (in->nla_type == CTRL_ATTR_MCAST_GRP_ID)
			memcpy(&id, p + NLA_HDRLEN, sizeof(id));
		if (in->nla_type == CTRL_ATTR_MCAST_GRP_NAME)
			named = !strcmp((const char *)p + NLA_HDRLEN, name);
	}
	return named ? id : 0;
}

/* The id of a group of the family's, from the family's own answer. */
static inline uint32_t group_of(struct wire *w, const char *name)
{
	const struct nlattr *groups, *each;
	const uint8_t *p, *end;
	struct attrs attrs = { 0 };
	uint32_t id = 0;

	ASSERT_EQ(ask_family(w, &attrs), 0);
	groups = attrs.at[CTRL_ATTR_MCAST_GROUPS];
	ASSERT_TRUE(groups != NULL);
	p = (const uint8_t *)groups + NLA_HDRLEN;
	end = (const uint8_t *)groups + groups->nla_len;
	for (; p < end && !id; p += NLA_ALIGN(each->nla_len)) {
		each = (const void *)p;
		id = group_in(each, name);
	}
	ASSERT_TRUE(id != 0);
	return id;
}

static inline int join(struct wire *w, const char *name)
{
	int group = group_of(w, name);

	return setsockopt(w->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			  sizeof(group)) ? -errno : 0;
}

#endif /* WARD_TEST_WIRE_H */
