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

static int ask(int wire, uint16_t type, uint16_t flags, uint8_t cmd, uint16_t attr,
	       const void *data, uint16_t len, uint8_t *answer, size_t room)
{
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
		struct nlattr head;
		uint8_t data[64];
	} msg = {
		.nl = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = 1,
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) },
		.genl = { .cmd = cmd, .version = 1 },
		.head = { .nla_type = attr, .nla_len = (uint16_t)(NLA_HDRLEN + len) },
	};
	const struct nlmsghdr *nl = (const void *)answer;
	ssize_t n;

	if (data) {
		memcpy(msg.data, data, len);
		msg.nl.nlmsg_len += NLA_ALIGN(msg.head.nla_len);
	}
	if (send(wire, &msg, msg.nl.nlmsg_len, 0) < 0)
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
	uint8_t answer[8192] __attribute__((aligned(8)));
	struct figures found;

	ASSERT_GE(wire, 0);
	ASSERT_EQ(ask(wire, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
		      WARD_GENL_NAME, sizeof(WARD_GENL_NAME), answer, sizeof(answer)), 0);
	parse(answer, &found);
	family = (uint16_t)found.value[CTRL_ATTR_FAMILY_ID];
	return wire;
}

int wire_ask(int wire, uint8_t cmd, const uint8_t *id, struct figures *out)
{
	uint8_t answer[8192] __attribute__((aligned(8)));
	int ret = ask(wire, family, 0, cmd, WARD_A_SESSION_ID, id, WARD_ID_LEN, answer,
		      sizeof(answer));

	if (!ret)
		parse(answer, out);
	return ret;
}

int wire_do(int wire, uint8_t cmd, const uint8_t *id)
{
	uint8_t answer[8192] __attribute__((aligned(8)));

	return ask(wire, family, NLM_F_ACK, cmd, WARD_A_SESSION_ID, id, WARD_ID_LEN, answer,
		   sizeof(answer));
}
