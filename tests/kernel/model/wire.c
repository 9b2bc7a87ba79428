// SPDX-License-Identifier: MIT
/* See wire.h. */
#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"

static uint16_t family;

/** struct message - a request that is put together */
struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t attrs[128];
};

static struct message message_of(uint16_t type, uint16_t flags, uint8_t cmd)
{
	return (struct message){
		.nl = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = 1,
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) },
		.genl = { .cmd = cmd, .version = 1 },
	};
}

static void put(struct message *msg, uint16_t attr, const void *data, uint16_t len)
{
	struct nlattr head = { .nla_type = attr, .nla_len = (uint16_t)(NLA_HDRLEN + len) };
	uint8_t *at = (uint8_t *)msg + msg->nl.nlmsg_len;

	memcpy(at, &head, sizeof(head));
	memcpy(at + NLA_HDRLEN, data, len);
	msg->nl.nlmsg_len += NLA_ALIGN(head.nla_len);
}

static int ask(int wire, const struct message *msg, uint8_t *answer, size_t room)
{
	const struct nlmsghdr *nl = (const void *)answer;
	ssize_t n;

	if (send(wire, msg, msg->nl.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(wire, answer, room, 0);
	if (n < 0)
		return -errno;
	if (nl->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(nl))->error;
	return 0;
}

static void parse(const uint8_t *answer, struct figures *out)
{
	const struct nlmsghdr *nl = (const void *)answer;
	const uint8_t *p = (const uint8_t *)NLMSG_DATA(nl) + GENL_HDRLEN;
	const uint8_t *end = answer + nl->nlmsg_len;
	const struct nlattr *a;
	unsigned int type;

	memset(out, 0, sizeof(*out));
	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(a->nla_len)) {
		a = (const void *)p;
		ASSERT_GE(a->nla_len, NLA_HDRLEN);
		type = a->nla_type & NLA_TYPE_MASK;
		if (type > WARD_A_MAX)
			continue;
		out->has[type] = true;
		if (a->nla_len <= NLA_HDRLEN + sizeof(out->value[type]))
			memcpy(&out->value[type], p + NLA_HDRLEN, a->nla_len - NLA_HDRLEN);
	}
}

int wire_open(void)
{
	int wire = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct message msg = message_of(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	uint8_t answer[8192] __attribute__((aligned(8)));
	struct figures found;

	ASSERT_GE(wire, 0);
	put(&msg, CTRL_ATTR_FAMILY_NAME, WARD_GENL_NAME, sizeof(WARD_GENL_NAME));
	ASSERT_EQ(ask(wire, &msg, answer, sizeof(answer)), 0);
	parse(answer, &found);
	family = (uint16_t)found.value[CTRL_ATTR_FAMILY_ID];
	return wire;
}

/* Without room for an answer it is acknowledged alone. */
static int ask_ward(int wire, struct message *msg, struct figures *out)
{
	uint8_t answer[8192] __attribute__((aligned(8)));
	int ret;

	msg->nl.nlmsg_flags |= out ? 0 : NLM_F_ACK;
	ret = ask(wire, msg, answer, sizeof(answer));
	if (!ret && out)
		parse(answer, out);
	return ret;
}

int wire_ask(int wire, uint8_t cmd, const uint8_t *id, struct figures *out)
{
	struct message msg = message_of(family, 0, cmd);

	if (id)
		put(&msg, WARD_A_SESSION_ID, id, WARD_ID_LEN);
	return ask_ward(wire, &msg, out);
}

int wire_do(int wire, uint8_t cmd, const uint8_t *id)
{
	return wire_ask(wire, cmd, id, NULL);
}

int wire_figures(int wire, uint8_t cmd, const struct figure *in, int n, struct figures *out)
{
	struct message msg = message_of(family, 0, cmd);
	int i;

	for (i = 0; i < n; i++)
		put(&msg, in[i].type, &in[i].value, in[i].len);
	return ask_ward(wire, &msg, out);
}
