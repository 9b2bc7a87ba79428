// SPDX-License-Identifier: MIT
/* The control plane: generic netlink, configfs, sysfs. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/ward.h>
#include <linux/ward_netlink.h>

#include "calls.h"

/** struct message - a request that is being written; attributes lie in @room */
struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t room[1024];
};

static uint16_t family;

static void add(struct message *m, uint16_t type, const void *data, size_t len)
{
	const size_t at = m->nl.nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	struct nlattr head = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + len) };

	if (at + NLA_ALIGN(head.nla_len) > sizeof(m->room))
		return;
	memcpy(m->room + at, &head, sizeof(head));
	memcpy(m->room + at + NLA_HDRLEN, data, len);
	m->nl.nlmsg_len += NLA_ALIGN(head.nla_len);
}

static void add_u32(struct message *m, uint16_t type, uint64_t value)
{
	uint32_t v = (uint32_t)value;

	add(m, type, &v, sizeof(v));
}

static struct message begin(uint16_t type, uint8_t command)
{
	return (struct message){
		.nl = { .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN), .nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 1 },
		.genl = { .cmd = command, .version = 1 },
	};
}

/* Up to an error, an acknowledgement, or the end of a dump; at most some answers. */
static long exchange(int fd, const struct message *m)
{
	static uint8_t answer[65536];
	const struct nlmsghdr *nl = (const void *)answer;
	int i;

	if (send(fd, m, m->nl.nlmsg_len, MSG_DONTWAIT) < 0)
		return -1;
	for (i = 0; i < 16; i++) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);

		if (n < (ssize_t)sizeof(*nl) || nl->nlmsg_type == NLMSG_ERROR || nl->nlmsg_type == NLMSG_DONE ||
		    !(m->nl.nlmsg_flags & NLM_F_DUMP))
			return n;
	}
	return 0;
}

/* The family's number: the first attribute but one of what the controller says. */
static void resolve(int fd)
{
	struct message m = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	uint8_t answer[4096];
	ssize_t n, at;

	add(&m, CTRL_ATTR_FAMILY_NAME, WARD_GENL_NAME, sizeof(WARD_GENL_NAME));
	if (send(fd, &m, m.nl.nlmsg_len, 0) < 0)
		return;
	n = recv(fd, answer, sizeof(answer), 0);
	for (at = NLMSG_LENGTH(GENL_HDRLEN); at + NLA_HDRLEN + 2 <= n;) {
		struct nlattr head;

		memcpy(&head, answer + at, sizeof(head));
		if (head.nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&family, answer + at + NLA_HDRLEN, sizeof(family));
		at += head.nla_len < NLA_HDRLEN ? n : NLA_ALIGN(head.nla_len);
	}
}

CALL(wire)
{
	struct timeval patience = { .tv_usec = 100000 };
	int *file = world_file(world, arg[0]);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!family)
		resolve(fd);
	if (*file >= 0)
		close(*file);
	*file = fd;
	return 0;
}

CALL(send)
{
	struct message m = begin(family, (uint8_t)arg[1]);
	uint8_t value[64];

	m.nl.nlmsg_flags |= arg[2] & 1 ? NLM_F_DUMP : NLM_F_ACK;
	world_bytes(world, arg[5], value, sizeof(value));
	if (arg[3])
		add(&m, (uint16_t)arg[3], value, arg[4] % sizeof(value));
	/* One way until ward is loaded again: programs that follow would meet nothing else. */
	if (arg[6] && arg[6] != WARD_A_LATCHES)
		add(&m, (uint16_t)arg[6], &arg[8], arg[7] % (sizeof(arg[8]) + 1));
	if (arg[3] == WARD_A_LATCHES)
		return -1;
	return exchange(*world_file(world, arg[0]), &m);
}

CALL(rule)
{
	struct message m = begin(family, WARD_GENL_CMD_POLICY_SET);
	struct {
		struct nlattr head;
		uint32_t value;
	} who = { { 8, WARD_A_UID }, (uint32_t)arg[2] }, what = { { 8, WARD_A_PURPOSES }, (uint32_t)arg[1] };
	uint8_t nest[16];
	unsigned int i;

	m.nl.nlmsg_flags |= NLM_F_ACK;
	add_u32(&m, WARD_A_PURPOSES, ~arg[1]);
	if (arg[3])
		who.head.nla_type = WARD_A_GID;
	for (i = 0; i < arg[4] % 5; i++) {
		memcpy(nest, &who, sizeof(who));
		memcpy(nest + sizeof(who), &what, sizeof(what));
		add(&m, NLA_F_NESTED | WARD_A_RULE, nest, sizeof(nest));
		who.value += (uint32_t)arg[3];
	}
	add_u32(&m, WARD_A_REFUSE, arg[5]);
	return exchange(*world_file(world, arg[0]), &m);
}

CALL(limits)
{
	static const uint16_t which[] = { WARD_A_LIMIT, WARD_A_LIMIT_USER, WARD_A_LIMIT_SESSION };
	struct message m = begin(family, arg[1] & 8 ? WARD_GENL_CMD_LIMIT_GET : WARD_GENL_CMD_LIMIT_SET);
	uint64_t bytes = arg[2];

	m.nl.nlmsg_flags |= NLM_F_ACK;
	add(&m, which[arg[1] % 3], &bytes, sizeof(bytes));
	if (arg[3])
		add_u32(&m, WARD_A_UID, arg[3]);
	return exchange(*world_file(world, arg[0]), &m);
}

CALL(revoke)
{
	struct message m = begin(family, WARD_GENL_CMD_SESSION_REVOKE);
	uint8_t id[WARD_ID_LEN];

	m.nl.nlmsg_flags |= NLM_F_ACK;
	world_bytes(world, BYTES_ID | arg[1] << 8, id, sizeof(id));
	add(&m, WARD_A_SESSION_ID, id, sizeof(id));
	return exchange(*world_file(world, arg[0]), &m);
}

CALL(join)
{
	int group = (int)(arg[1] % 64);

	return setsockopt(*world_file(world, arg[0]), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			  sizeof(group));
}

/* No bound on how fast evidence is asked for, no breaker, everybody may, limits as loaded. */
CALL(pace)
{
	const uint64_t none = ~0ull, plenty = 1ull << 30;
	struct message m = begin(0, WARD_GENL_CMD_PACE_SET);
	int fd = -1, *place = world_file(world, WIRES), was = *place;
	const uint64_t first[1] = { WIRES };

	(void)arg;
	*place = -1;
	if (call_wire(world, first))
		return -1;
	fd = *place;
	*place = was;
	m.nl.nlmsg_type = family;
	m.nl.nlmsg_flags |= NLM_F_ACK;
	add_u32(&m, WARD_A_CALL_MS, 0);
	add_u32(&m, WARD_A_ASK_MS, 0);
	add_u32(&m, WARD_A_COOLDOWN_MS, 0);
	exchange(fd, &m);
	m = begin(family, WARD_GENL_CMD_POLICY_SET);
	m.nl.nlmsg_flags |= NLM_F_ACK;
	add_u32(&m, WARD_A_PURPOSES, ~0u);
	exchange(fd, &m);
	m = begin(family, WARD_GENL_CMD_LIMIT_SET);
	m.nl.nlmsg_flags |= NLM_F_ACK;
	add(&m, WARD_A_LIMIT, &plenty, sizeof(plenty));
	add(&m, WARD_A_LIMIT_USER, &none, sizeof(none));
	add(&m, WARD_A_LIMIT_SESSION, &none, sizeof(none));
	exchange(fd, &m);
	return close(fd);
}

#define CONFIGFS	"/sys/kernel/config/"

CALL(configfs)
{
	(void)world;
	switch (arg[0] % 8) {
	case 0: return mkdir(CONFIGFS "tsm/report/ward", 0755);
	case 1: return mkdir(CONFIGFS "ward/tsm", 0755);
	case 2: return symlink(CONFIGFS "tsm/report/ward", CONFIGFS "ward/tsm/source");
	case 3: return symlink(CONFIGFS "ward/tsm", CONFIGFS "ward/tsm/other");
	case 4: return unlink(CONFIGFS "ward/tsm/source");
	case 5: return rmdir(CONFIGFS "ward/tsm");
	case 6: return rmdir(CONFIGFS "tsm/report/ward");
	}
	return mkdir(CONFIGFS "ward/none", 0755);
}

CALL(sysfs)
{
	static const char *const names[] = { "limit", "pool", "panic_wipe", "attest_interval_ms", "attest_burst",
					     "attest_cooldown_ms", "attest_user_burst" };
	char path[96], text[64];
	long ret;
	int fd;

	(void)world;
	snprintf(path, sizeof(path), "/sys/module/ward/parameters/%s", names[arg[0] % 7]);
	fd = open(path, (arg[1] & 1 ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = arg[1] & 1 ? write(fd, "1\n", 2) : read(fd, text, sizeof(text));
	close(fd);
	return ret;
}

/* A line as of a fault that this fuzzer knows and tests/vm/dmesg-gate does not. */
CALL(plant)
{
	static const char line[] = "fuzz-abi: planted\n";
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	long ret = fd < 0 ? -1 : write(fd, line, sizeof(line) - 1);

	(void)world;
	(void)arg;
	close(fd);
	return ret;
}
