// SPDX-License-Identifier: MIT
/*
 * The generic netlink family `ward`, <linux/ward_netlink.h>: the connection and
 * its exchanges. What is asked and told has rooms of its own, control_*.c.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control_private.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

int control_on_valid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *head = nlmsg_hdr(msg);
	struct exchange *x = arg;
	struct answer answer;

	if (x->err)
		return NL_OK;
	if (genlmsg_parse(head, 0, answer.attr, WARD_A_MAX, control_policy) < 0) {
		x->err = -EBADMSG;
		return NL_OK;
	}
	answer.first = genlmsg_attrdata(nlmsg_data(head), 0);
	answer.len = genlmsg_attrlen(nlmsg_data(head), 0);
	x->answers++;
	x->err = x->valid(&answer, x->arg);
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->done = 1;
	return NL_STOP;
}

/*
 * The kernel's own words follow the header of the message that it refuses; the
 * message itself it leaves out (NETLINK_CAP_ACK).
 */
static void keep_words(struct ward_control *control, const struct nlmsgerr *error)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)error - 1;
	struct nlattr *text;
	int len = (int)head->nlmsg_len - NLMSG_HDRLEN - (int)sizeof(*error);

	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    !(head->nlmsg_flags & NLM_F_CAPPED) || len <= 0)
		return;
	text = nla_find((struct nlattr *)(error + 1), len, NLMSGERR_ATTR_MSG);
	if (text)
		nla_strlcpy(control->said, text, sizeof(control->said));
}

/* libnl's own codes lose the kernel's errno; this keeps it. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct exchange *x = arg;

	(void)from;
	x->done = 1;
	if (x->err)
		return NL_STOP;
	x->err = error->error;
	if (x->control)
		keep_words(x->control, error);
	return NL_STOP;
}

int control_errno(int err)
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

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, control_on_valid, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	while (!x->done) {
		err = nl_recvmsgs(control->sock, cb);
		if (err < 0 && !x->err)
			x->err = control_errno(err);
		if (err < 0)
			break;
	}
	return x->err;
}

struct nl_msg *control_command_sized(struct ward_control *control, int cmd, int flags,
				     size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(size);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, control->family, 0,
			 NLM_F_REQUEST | flags, cmd, WARD_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

struct nl_msg *control_command(struct ward_control *control, int cmd, int flags)
{
	return control_command_sized(control, cmd, flags, 4096);
}

int control_talk(struct ward_control *control, struct nl_msg *msg,
		 struct exchange *x)
{
	struct nl_cb *cb;
	int err;

	control->said[0] = '\0';
	x->control = control;
	if (!msg)
		return -ENOMEM;
	err = nl_send_auto(control->sock, msg);
	nlmsg_free(msg);
	if (err < 0)
		return control_errno(err);
	cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!cb)
		return -ENOMEM;
	err = receive(control, cb, x);
	nl_cb_put(cb);
	return err;
}

int control_ask(struct ward_control *control, struct nl_msg *msg,
		int (*valid)(const struct answer *answer, void *arg), void *arg)
{
	struct exchange x = { .valid = valid, .arg = arg };
	int err = control_talk(control, msg, &x);

	if (!err && x.answers != 1)
		err = -EBADMSG;
	return err;
}

static int nothing(const struct answer *answer, void *arg)
{
	(void)answer;
	(void)arg;
	return 0;
}

int control_tell(struct ward_control *control, struct nl_msg *msg)
{
	struct exchange x = { .valid = nothing };

	return control_talk(control, msg, &x);
}

/* The kernel says in words why it refuses, where it is asked to. */
static void ask_for_words(struct nl_sock *sock)
{
	int fd = nl_socket_get_fd(sock), on = 1;

	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
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
		return control_errno(err);
	}
	ask_for_words(control->sock);
	*out = control;
	return 0;
}

void ward_control_close(struct ward_control *control)
{
	if (!control)
		return;
	nl_socket_free(control->pressure);
	nl_socket_free(control->events);
	nl_socket_free(control->sock);
	free(control);
}

const char *ward_control_said(const struct ward_control *control)
{
	return control->said;
}

int control_copy_out(void *to, const void *from, size_t ours)
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
