// SPDX-License-Identifier: MIT
/* The generic netlink family `ward`: <linux/ward_netlink.h>. */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ward_netlink.h>

#include "libward.h"

#define SESSIONS_MAX 65536u

struct ward_control {
	struct nl_sock *sock;
	int family;
};

/* What one exchange yields: the first error, and where valid messages go. */
struct exchange {
	int (*valid)(struct nlattr **attr, void *arg);
	void *arg;
	int answers;
	int err;
	int done;
};

#define FIXED(n) { .minlen = (n), .maxlen = (n) }

static const struct nla_policy policy[WARD_A_MAX + 1] = {
	[WARD_A_ABI] = { .type = NLA_U32 },
	[WARD_A_MODULE_VERSION] = { .type = NLA_U32 },
	[WARD_A_BUILD_ID] = FIXED(20),
	[WARD_A_INSTANCE] = FIXED(WARD_ID_LEN),
	[WARD_A_FEATURES] = { .type = NLA_U64 },
	[WARD_A_POSTURE] = { .type = NLA_U64 },
	[WARD_A_POSTURE_KNOWN] = { .type = NLA_U64 },
	[WARD_A_TAINT] = { .type = NLA_U64 },
	[WARD_A_TEE] = { .type = NLA_U32 },
	[WARD_A_SESSIONS] = { .type = NLA_U32 },
	[WARD_A_TOMBSTONES] = { .type = NLA_U32 },
	[WARD_A_GLOBAL_SEQ] = { .type = NLA_U64 },
	[WARD_A_GLOBAL_HEAD] = FIXED(WARD_HEAD_LEN),
	[WARD_A_LEVEL] = { .type = NLA_U32 },
	[WARD_A_LIVE_A] = { .type = NLA_U64 },
	[WARD_A_LIVE_B] = { .type = NLA_U64 },
	[WARD_A_PEAK] = { .type = NLA_U64 },
	[WARD_A_LIMIT] = { .type = NLA_U64 },
	[WARD_A_FAILED] = { .type = NLA_U64 },
	[WARD_A_WIPED_BYTES] = { .type = NLA_U64 },
	[WARD_A_SESSION_ID] = FIXED(WARD_ID_LEN),
	[WARD_A_UID] = { .type = NLA_U32 },
	[WARD_A_TGID] = { .type = NLA_U32 },
	[WARD_A_STATE] = { .type = NLA_U32 },
	[WARD_A_BUFFERS] = { .type = NLA_U64 },
	[WARD_A_SEQ] = { .type = NLA_U64 },
	[WARD_A_HEAD] = FIXED(WARD_HEAD_LEN),
	[WARD_A_DROPPED] = { .type = NLA_U64 },
	[WARD_A_COMM] = { .type = NLA_STRING, .maxlen = 64 },
	[WARD_A_BOOT_NS] = { .type = NLA_U64 },
	[WARD_A_PROVIDER] = { .type = NLA_STRING, .maxlen = 256 },
	[WARD_A_CALLS] = { .type = NLA_U64 },
	[WARD_A_ERRORS] = { .type = NLA_U64 },
	[WARD_A_SERVED] = { .type = NLA_U64 },
	[WARD_A_QUEUED] = { .type = NLA_U32 },
	[WARD_A_GENERATION] = { .type = NLA_U64 },
};

static uint32_t get_u32(struct nlattr **attr, int type)
{
	return attr[type] ? nla_get_u32(attr[type]) : 0;
}

static uint64_t get_u64(struct nlattr **attr, int type)
{
	return attr[type] ? nla_get_u64(attr[type]) : 0;
}

static void get_bytes(struct nlattr **attr, int type, uint8_t *to, size_t len)
{
	if (attr[type])
		memcpy(to, nla_data(attr[type]), len);
}

static void get_text(struct nlattr **attr, int type, char *to, size_t room)
{
	if (attr[type])
		nla_strlcpy(to, attr[type], room);
}

static void get_memory(struct nlattr **attr, struct ward_memory *memory)
{
	memory->level = get_u32(attr, WARD_A_LEVEL);
	memory->live_a = get_u64(attr, WARD_A_LIVE_A);
	memory->live_b = get_u64(attr, WARD_A_LIVE_B);
	memory->peak = get_u64(attr, WARD_A_PEAK);
	memory->limit = attr[WARD_A_LIMIT] ? get_u64(attr, WARD_A_LIMIT) :
					     UINT64_MAX;
	memory->failed = get_u64(attr, WARD_A_FAILED);
	memory->wiped = get_u64(attr, WARD_A_WIPED_BYTES);
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[WARD_A_MAX + 1];
	struct exchange *x = arg;

	if (x->err)
		return NL_OK;
	if (genlmsg_parse(nlmsg_hdr(msg), 0, attr, WARD_A_MAX, policy) < 0) {
		x->err = -EBADMSG;
		return NL_OK;
	}
	x->answers++;
	x->err = x->valid(attr, x->arg);
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->done = 1;
	return NL_STOP;
}

/* libnl's own codes lose the kernel's errno; this keeps it. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct exchange *x = arg;

	(void)from;
	x->done = 1;
	if (!x->err)
		x->err = error->error;
	return NL_STOP;
}

static int nl_to_errno(int err)
{
	switch (-err) {
	case NLE_INTR:
	case NLE_DUMP_INTR:
		return -EINTR;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
		return -EPERM;
	case NLE_NOACCESS:
		return -EACCES;
	default:
		return -EBADMSG;
	}
}

/* Until the kernel's ACK, end of dump, or error. */
static int receive(struct ward_control *control, struct nl_cb *cb,
		   struct exchange *x)
{
	int err;

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	while (!x->done) {
		err = nl_recvmsgs(control->sock, cb);
		if (err < 0 && !x->err)
			x->err = nl_to_errno(err);
		if (err < 0)
			break;
	}
	return x->err;
}

static int talk(struct ward_control *control, int cmd, int flags,
		struct exchange *x)
{
	struct nl_cb *cb;
	int err;

	err = genl_send_simple(control->sock, control->family, cmd,
			       WARD_GENL_VERSION, NLM_F_REQUEST | flags);
	if (err < 0)
		return nl_to_errno(err);
	cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!cb)
		return -ENOMEM;
	err = receive(control, cb, x);
	nl_cb_put(cb);
	return err;
}

/* A command with exactly one answer. */
static int ask(struct ward_control *control, int cmd,
	       int (*valid)(struct nlattr **attr, void *arg), void *arg)
{
	struct exchange x = { .valid = valid, .arg = arg };
	int err = talk(control, cmd, NLM_F_ACK, &x);

	if (!err && x.answers != 1)
		err = -EBADMSG;
	return err;
}

int ward_control_open(struct ward_control **out)
{
	struct ward_control *control = calloc(1, sizeof(*control));
	int err;

	if (!control)
		return -ENOMEM;
	control->sock = nl_socket_alloc();
	if (!control->sock) {
		free(control);
		return -ENOMEM;
	}
	err = genl_connect(control->sock);
	if (err >= 0)
		err = control->family = genl_ctrl_resolve(control->sock,
							  WARD_GENL_NAME);
	if (err < 0) {
		ward_control_close(control);
		return nl_to_errno(err);
	}
	*out = control;
	return 0;
}

void ward_control_close(struct ward_control *control)
{
	if (!control)
		return;
	nl_socket_free(control->sock);
	free(control);
}

/* The caller may know an older, shorter struct. @to starts with its size. */
static int copy_out(void *to, const void *from, size_t ours)
{
	uint32_t theirs;

	memcpy(&theirs, to, sizeof(theirs));
	if (theirs <= sizeof(theirs))
		return -EINVAL;
	if (theirs > ours)
		memset((uint8_t *)to + ours, 0, theirs - ours);
	memcpy((uint8_t *)to + sizeof(theirs),
	       (const uint8_t *)from + sizeof(theirs),
	       (theirs < ours ? theirs : ours) - sizeof(theirs));
	return 0;
}

static int status_valid(struct nlattr **attr, void *arg)
{
	struct ward_status *status = arg;

	if (!attr[WARD_A_ABI])
		return -EBADMSG;
	status->abi = get_u32(attr, WARD_A_ABI);
	status->module_version = get_u32(attr, WARD_A_MODULE_VERSION);
	status->tee = get_u32(attr, WARD_A_TEE);
	status->sessions = get_u32(attr, WARD_A_SESSIONS);
	status->tombstones = get_u32(attr, WARD_A_TOMBSTONES);
	get_bytes(attr, WARD_A_BUILD_ID, status->build_id,
		  sizeof(status->build_id));
	get_bytes(attr, WARD_A_INSTANCE, status->instance,
		  sizeof(status->instance));
	status->features = get_u64(attr, WARD_A_FEATURES);
	status->posture = get_u64(attr, WARD_A_POSTURE);
	status->posture_known = get_u64(attr, WARD_A_POSTURE_KNOWN);
	status->taint = get_u64(attr, WARD_A_TAINT);
	status->global_seq = get_u64(attr, WARD_A_GLOBAL_SEQ);
	get_bytes(attr, WARD_A_GLOBAL_HEAD, status->global_head,
		  sizeof(status->global_head));
	get_memory(attr, &status->memory);
	return 0;
}

int ward_control_status(struct ward_control *control,
			struct ward_status *status)
{
	struct ward_status got = { 0 };
	int err;

	err = ask(control, WARD_GENL_CMD_STATUS_GET, status_valid, &got);
	return err ? err : copy_out(status, &got, sizeof(got));
}

static int pressure_valid(struct nlattr **attr, void *arg)
{
	if (!attr[WARD_A_LEVEL])
		return -EBADMSG;
	get_memory(attr, arg);
	return 0;
}

int ward_control_pressure(struct ward_control *control,
			  struct ward_memory *memory)
{
	struct ward_memory got = { 0 };
	int err;

	err = ask(control, WARD_GENL_CMD_PRESSURE_GET, pressure_valid, &got);
	if (!err)
		*memory = got;
	return err;
}

static int provider_valid(struct nlattr **attr, void *arg)
{
	struct ward_provider *provider = arg;

	provider->attached = attr[WARD_A_PROVIDER] != NULL;
	provider->queued = get_u32(attr, WARD_A_QUEUED);
	provider->tee = get_u32(attr, WARD_A_TEE);
	provider->calls = get_u64(attr, WARD_A_CALLS);
	provider->errors = get_u64(attr, WARD_A_ERRORS);
	provider->served = get_u64(attr, WARD_A_SERVED);
	provider->generation = get_u64(attr, WARD_A_GENERATION);
	get_text(attr, WARD_A_PROVIDER, provider->name, sizeof(provider->name));
	return 0;
}

int ward_control_provider(struct ward_control *control,
			  struct ward_provider *provider)
{
	struct ward_provider got = { 0 };
	int err;

	err = ask(control, WARD_GENL_CMD_PROVIDER_GET, provider_valid, &got);
	return err ? err : copy_out(provider, &got, sizeof(got));
}

/*
 * The whole dump is taken in before the caller sees any of it: so the caller
 * may stop early, or use the same handle, without an answer half read.
 */
struct walk {
	struct ward_session_entry *entry;
	size_t count, room;
};

static int walk_grow(struct walk *walk)
{
	size_t room = walk->room ? walk->room * 2 : 16;
	struct ward_session_entry *more;

	if (walk->count < walk->room)
		return 0;
	if (room > SESSIONS_MAX)
		return -EOVERFLOW;
	more = reallocarray(walk->entry, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	walk->entry = more;
	walk->room = room;
	return 0;
}

static int session_valid(struct nlattr **attr, void *arg)
{
	struct ward_session_entry *entry;
	struct walk *walk = arg;
	int err;

	if (!attr[WARD_A_SESSION_ID])
		return -EBADMSG;
	err = walk_grow(walk);
	if (err)
		return err;
	entry = memset(&walk->entry[walk->count++], 0, sizeof(*entry));
	get_bytes(attr, WARD_A_SESSION_ID, entry->id, sizeof(entry->id));
	entry->uid = get_u32(attr, WARD_A_UID);
	entry->tgid = get_u32(attr, WARD_A_TGID);
	entry->state = get_u32(attr, WARD_A_STATE);
	entry->buffers = get_u64(attr, WARD_A_BUFFERS);
	entry->seq = get_u64(attr, WARD_A_SEQ);
	get_bytes(attr, WARD_A_HEAD, entry->head, sizeof(entry->head));
	entry->dropped = get_u64(attr, WARD_A_DROPPED);
	entry->opened_ns = get_u64(attr, WARD_A_BOOT_NS);
	get_text(attr, WARD_A_COMM, entry->comm, sizeof(entry->comm));
	get_memory(attr, &entry->memory);
	return 0;
}

int ward_control_sessions(struct ward_control *control,
			  int (*each)(const struct ward_session_entry *entry,
				      void *arg), void *arg)
{
	struct walk walk = { 0 };
	struct exchange x = { .valid = session_valid, .arg = &walk };
	size_t i;
	int err;

	err = talk(control, WARD_GENL_CMD_SESSION_GET, NLM_F_DUMP, &x);
	for (i = 0; !err && i < walk.count; i++) {
		err = each(&walk.entry[i], arg);
		if (err > 0)
			err = 0;
	}
	free(walk.entry);
	return err;
}
