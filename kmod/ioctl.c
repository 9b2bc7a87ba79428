// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl comes in and goes out here: one table for each kind of file,
 * one copy in, one copy out. Handlers see a kernel copy of the argument, of
 * the size that this kernel knows, and never the user's pointer to it.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "key.h"

/**
 * struct ward_command - a row of the table
 * @size: what this kernel knows of the argument
 * @min: up to the end of the last mandatory field
 * @flags: bits of the argument's flags that this kernel knows
 * @run: returns 0 or -errno; may change the copy of the argument
 */
struct ward_command {
	u32 size;
	u32 min;
	u32 flags;
	int (*run)(struct ward_call *call);
};

/* What every argument starts with. */
struct ward_head {
	__u32 size;
	__u32 flags;
};

union ward_argument {
	struct ward_head head;
	struct ward_info info;
	struct ward_buf_alloc buf_alloc;
	struct ward_buf_pin buf_pin;
	struct ward_measure measure;
	struct ward_lease lease;
	struct ward_attest attest;
	struct ward_pressure pressure;
	struct ward_watch watch;
	struct ward_events events;
	struct ward_seal seal;
	struct ward_agent_bind agent_bind;
	struct ward_agent_reply agent_reply;
	struct ward_key_pair key_pair;
	struct ward_key_import key_import;
	struct ward_key_open key_open;
	struct ward_key_unwrap key_unwrap;
	struct ward_key_info key_info;
	struct ward_key_end key_end;
	struct ward_buf_info buf_info;
	struct ward_buf_wipe buf_wipe;
	struct ward_buf_volatile buf_volatile;
	struct ward_buf_hold buf_hold;
};

#define COMMAND(type, last, known, fn) {					\
	.size = sizeof(type) + BUILD_BUG_ON_ZERO(sizeof(type) >		\
						 sizeof(union ward_argument)),	\
	.min = offsetofend(type, last),						\
	.flags = known,								\
	.run = fn,								\
}

/*
 * The shortest form of a command that only answers is its head; it is told
 * as much as it has room for.
 */
static const struct ward_command session_commands[] = {
	[WARD_CMD_INFO] =
		COMMAND(struct ward_info, flags, 0, ward_cmd_info),
	[WARD_CMD_BUF_ALLOC] =
		COMMAND(struct ward_buf_alloc, out_id,
			WARD_BUF_SHARED | WARD_BUF_LAZY | WARD_BUF_POPULATE |
			WARD_BUF_WAIT | WARD_BUF_PSI,
			ward_cmd_buf_alloc),
	[WARD_CMD_BUF_PIN] =
		COMMAND(struct ward_buf_pin, out_id, WARD_PIN_CLEAN, ward_cmd_buf_pin),
	[WARD_CMD_MEASURE] =
		COMMAND(struct ward_measure, digest, 0, ward_cmd_measure),
	[WARD_CMD_LEASE] =
		COMMAND(struct ward_lease, proof, WARD_LEASE_RENEW, ward_cmd_lease),
	[WARD_CMD_ATTEST] =
		COMMAND(struct ward_attest, out_provider, 0, ward_cmd_attest),
	[WARD_CMD_PRESSURE] =
		COMMAND(struct ward_pressure, flags, 0, ward_cmd_pressure),
	[WARD_CMD_WATCH] =
		COMMAND(struct ward_watch, threshold, 0, ward_cmd_watch),
	[WARD_CMD_EVENTS] =
		COMMAND(struct ward_events, out_last_seq, 0, ward_cmd_events),
	[WARD_CMD_SEAL] =
		COMMAND(struct ward_seal, flags, 0, ward_cmd_seal),
	[WARD_CMD_AGENT_BIND] =
		COMMAND(struct ward_agent_bind, out_fd,
			WARD_AGENT_BESIDE | WARD_AGENT_EXCLUSIVE, ward_cmd_agent_bind),
	[WARD_CMD_KEY_IMPORT] =
		COMMAND(struct ward_key_import, out_id, 0, ward_cmd_key_import),
	[WARD_CMD_KEY_PAIR] =
		COMMAND(struct ward_key_pair, out_public, 0, ward_cmd_key_pair),
};

static const struct ward_command buffer_commands[] = {
	[WARD_CMD_BUF_INFO - WARD_CMD_BUF_INFO] =
		COMMAND(struct ward_buf_info, flags, 0, ward_cmd_buf_info),
	[WARD_CMD_BUF_WIPE - WARD_CMD_BUF_INFO] =
		COMMAND(struct ward_buf_wipe, flags, 0, ward_cmd_buf_wipe),
	[WARD_CMD_BUF_VOLATILE - WARD_CMD_BUF_INFO] =
		COMMAND(struct ward_buf_volatile, flags, 0, ward_cmd_buf_volatile),
	[WARD_CMD_BUF_HOLD - WARD_CMD_BUF_INFO] =
		COMMAND(struct ward_buf_hold, out_survived, 0, ward_cmd_buf_hold),
};

static const struct ward_command key_commands[] = {
	[WARD_CMD_KEY_OPEN - WARD_CMD_KEY_OPEN] =
		COMMAND(struct ward_key_open, reserved, 0, ward_cmd_key_open),
	[WARD_CMD_KEY_UNWRAP - WARD_CMD_KEY_OPEN] =
		COMMAND(struct ward_key_unwrap, out_id, 0, ward_cmd_key_unwrap),
	[WARD_CMD_KEY_INFO - WARD_CMD_KEY_OPEN] =
		COMMAND(struct ward_key_info, flags, 0, ward_cmd_key_info),
	[WARD_CMD_KEY_END - WARD_CMD_KEY_OPEN] =
		COMMAND(struct ward_key_end, flags, 0, ward_cmd_key_end),
};

static const struct ward_command agent_commands[] = {
	[WARD_CMD_AGENT_REPLY - WARD_CMD_AGENT_REPLY] =
		COMMAND(struct ward_agent_reply, generation, 0, ward_cmd_agent_reply),
};

/* What follows the head: of the known size, what the caller left out as zero. */
static int copy_rest(const struct ward_command *command, const void __user *user,
		     union ward_argument *arg)
{
	const size_t head = sizeof(arg->head);
	u8 *rest = (u8 *)arg + head;

	if (arg->head.size == head) {
		memset(rest, 0, command->size - head);
		return 0;
	}
	return copy_struct_from_user(rest, command->size - head, user + head,
				     arg->head.size - head);
}

/* The copy in. The head comes in one access: what was checked is what counts. */
static int copy_in(const struct ward_command *command, const void __user *user,
		   union ward_argument *arg)
{
	union {
		struct ward_head head;
		u64 word;
	} in;
	int rc;

	BUILD_BUG_ON(sizeof(in.head) != sizeof(in.word));
	if (get_user(in.word, (const u64 __user *)user))
		return -EFAULT;
	if (in.head.size < command->min)
		return -EINVAL;
	if (in.head.size > PAGE_SIZE)
		return -E2BIG;
	arg->head = in.head;
	rc = copy_rest(command, user, arg);
	if (rc)
		return rc;
	return arg->head.flags & ~command->flags ? -EOPNOTSUPP : 0;
}

/* All that the caller has room for, but the head, which nobody changes. */
static bool copy_out(const struct ward_command *command, const struct ward_call *call,
		     void __user *user)
{
	const size_t head = sizeof(struct ward_head);
	size_t len = min(call->room, command->size);

	return call->silent || len == head ||
	       !copy_to_user(user + head, call->cmd + head, len - head);
}

/* The copy out, and only then a new file becomes visible. */
static int reply(const struct ward_command *command, struct ward_call *call,
		 void __user *user)
{
	if (copy_out(command, call, user)) {
		if (call->commit)
			call->commit(call->publish);
		if (call->publish)
			fd_install(call->fd, call->publish);
		return 0;
	}
	if (call->publish) {
		put_unused_fd(call->fd);
		fput(call->publish);
	}
	return -EFAULT;
}

static long run(const struct ward_command *command, struct file *file,
		void __user *user)
{
	/* copy_in() fills what the command knows of it, and nobody reads beyond. */
	union ward_argument arg __uninitialized;
	struct ward_call call = { .object = file->private_data, .cmd = &arg };
	int rc;

	rc = copy_in(command, user, &arg);
	if (rc)
		return rc;
	call.room = arg.head.size;
	rc = command->run(&call);
	if (rc && !call.reply_on_error)
		return rc;
	return reply(command, &call, user) ?: rc;
}

static long dispatch(const struct ward_command *table, unsigned int first,
		     unsigned int count, struct file *file, unsigned int cmd,
		     unsigned long arg)
{
	unsigned int nr = _IOC_NR(cmd) - first;

	if (cmd != _IO('W', _IOC_NR(cmd)) || nr >= count)
		return -ENOTTY;
	nr = array_index_nospec(nr, count);
	if (!table[nr].run)
		return -ENOTTY;
	return run(&table[nr], file, (void __user *)arg);
}

long ward_ioctl_session(struct file *file, unsigned int cmd, unsigned long arg)
{
	return dispatch(session_commands, 0, ARRAY_SIZE(session_commands),
			file, cmd, arg);
}

long ward_ioctl_buffer(struct file *file, unsigned int cmd, unsigned long arg)
{
	return dispatch(buffer_commands, WARD_CMD_BUF_INFO,
			ARRAY_SIZE(buffer_commands), file, cmd, arg);
}

long ward_ioctl_key(struct file *file, unsigned int cmd, unsigned long arg)
{
	return dispatch(key_commands, WARD_CMD_KEY_OPEN, ARRAY_SIZE(key_commands),
			file, cmd, arg);
}

long ward_ioctl_agent(struct file *file, unsigned int cmd, unsigned long arg)
{
	return dispatch(agent_commands, WARD_CMD_AGENT_REPLY, ARRAY_SIZE(agent_commands),
			file, cmd, arg);
}
