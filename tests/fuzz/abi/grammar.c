// SPDX-License-Identifier: MIT
/* The table. */
#include <string.h>

#include <linux/ward.h>

#include "calls.h"
#include "grammar.h"

#define IN_STRUCT(type, member)	offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define IOCTL(ioctl, type)	{ .name = #ioctl, .cmd = WARD_##ioctl, .size = sizeof(struct type), .arg = { \
	{ "fd", ARG_FILE, 0, 0 },
#define FIELD(type, member, kind)	{ #member, kind, IN_STRUCT(type, member) },
#define END_IOCTL	} },
#define END_IOCTL_NEW(type)	{ "to", ARG_FILE, 0, 0 } }, .out_fd = offsetof(struct type, out_fd) },

#define OP(function, ...)	{ .name = #function, .run = call_##function, .arg = { __VA_ARGS__ } }
#define ARG(name, kind)	{ #name, ARG_##kind, 0, 0 }

/* Not const: how many arguments each has, and whose files, is counted once. */
static struct op ops[] = {
#include "abi_table.h"
	OP(open, ARG(to, SESSION)),
	OP(close, ARG(fd, FILE)),
	OP(dup, ARG(fd, FILE), ARG(to, FILE)),
	OP(read, ARG(fd, FILE), ARG(len, LENGTH), ARG(addr, ADDRESS)),
	OP(poll, ARG(fd, FILE)),
	OP(fdinfo, ARG(fd, FILE)),
	OP(map, ARG(to, MAP), ARG(fd, BUFFER), ARG(len, LENGTH), ARG(prot, PROT), ARG(private, SMALL),
	   ARG(offset, LENGTH)),
	OP(touch, ARG(map, MAP), ARG(offset, LENGTH), ARG(write, SMALL)),
	OP(unmap, ARG(map, MAP), ARG(offset, LENGTH), ARG(len, LENGTH)),
	OP(protect, ARG(map, MAP), ARG(offset, LENGTH), ARG(len, LENGTH), ARG(prot, PROT)),
	OP(advise, ARG(map, MAP), ARG(advice, SMALL), ARG(len, LENGTH)),
	OP(remap, ARG(map, MAP), ARG(len, LENGTH), ARG(to, LENGTH)),
	OP(lock, ARG(map, MAP), ARG(len, LENGTH)),
	OP(vmsplice, ARG(addr, ADDRESS), ARG(len, LENGTH)),
	OP(smaps),
	OP(arena, ARG(fork_too, SMALL), ARG(fill, SMALL)),
	OP(beside, ARG(calls, SMALL)),
	OP(become, ARG(who, SMALL)),
	OP(pace),
	OP(key, ARG(session, SESSION), ARG(uses, SMALL), ARG(lifetime, TIME), ARG(damage, SMALL), ARG(to, KEY)),
	OP(key_file, ARG(key, KEY), ARG(buffer, BUFFER), ARG(len, LENGTH), ARG(chunk, LENGTH), ARG(offset, LENGTH),
	   ARG(damage, LENGTH)),
	OP(answer, ARG(agent, AGENT), ARG(error, SMALL), ARG(wrong, SMALL)),
	OP(wire, ARG(to, WIRE)),
	OP(send, ARG(wire, WIRE), ARG(command, COMMAND), ARG(dump, SMALL), ARG(attr, ATTR), ARG(len, LENGTH),
	   ARG(value, BYTES), ARG(attr2, ATTR), ARG(len2, LENGTH), ARG(value2, LENGTH)),
	OP(rule, ARG(wire, WIRE), ARG(purposes, FLAGS), ARG(uid, SMALL), ARG(gid, SMALL), ARG(rules, SMALL),
	   ARG(refuse, FLAGS)),
	OP(limits, ARG(wire, WIRE), ARG(which, ATTR), ARG(bytes, LENGTH), ARG(user, SMALL)),
	OP(revoke, ARG(wire, WIRE), ARG(session, SESSION)),
	OP(join, ARG(wire, WIRE), ARG(group, SMALL)),
	OP(configfs, ARG(what, SMALL)),
	OP(sysfs, ARG(what, SMALL), ARG(write, SMALL)),
	OP(plant),
};

/* By its number: what it is asked of. */
static enum arg_kind kind_of_file(unsigned int cmd)
{
	switch (cmd & 0xf0) {
	case 0x20: return ARG_BUFFER;
	case 0x30: return ARG_AGENT;
	case 0x40: return ARG_KEY;
	}
	return ARG_SESSION;
}

static enum arg_kind kind_of_new(unsigned int cmd)
{
	if (cmd == WARD_AGENT_BIND)
		return ARG_AGENT;
	return cmd == WARD_KEY_IMPORT || cmd == WARD_KEY_UNWRAP ? ARG_KEY : ARG_BUFFER;
}

unsigned int op_count(void)
{
	static bool counted;
	unsigned int i;

	for (i = 0; !counted && i < sizeof(ops) / sizeof(ops[0]); i++) {
		while (ops[i].n < ARGS && ops[i].arg[ops[i].n].name)
			ops[i].n++;
		if (ops[i].cmd)
			ops[i].arg[0].kind = kind_of_file(ops[i].cmd);
		if (ops[i].out_fd)
			ops[i].arg[ops[i].n - 1].kind = kind_of_new(ops[i].cmd);
	}
	counted = true;
	return sizeof(ops) / sizeof(ops[0]);
}

unsigned int op_count_made(void)
{
	return op_count() - 1;
}

const struct op *op_at(unsigned int op)
{
	return &ops[op % op_count()];
}

int op_named(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < op_count(); i++) {
		if (!strncmp(ops[i].name, name, len) && !ops[i].name[len])
			return (int)i;
	}
	return -1;
}

int op_arg(const struct op *op, const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < op->n; i++) {
		if (!strncmp(op->arg[i].name, name, len) && !op->arg[i].name[len])
			return (int)i;
	}
	return -1;
}
