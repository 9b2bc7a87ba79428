// SPDX-License-Identifier: MIT
/*
 * What the kernel tells unasked. Each group has a socket of its own: it must not
 * come between answers, nor one group's flood push out what another says.
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <poll.h>

#include "control_private.h"

enum { ROOM = 1 << 20 };	/* bytes that may wait to be read, where the kernel allows it */

static int join(struct ward_control *control, const char *name, struct nl_sock *sock)
{
	int err = genl_connect(sock), group;

	if (err < 0)
		return control_errno(err);
	nl_socket_set_buffer_size(sock, ROOM, 0);
	group = genl_ctrl_resolve_grp(control->sock, WARD_GENL_NAME, name);
	if (group < 0)
		return group == -NLE_OBJ_NOTFOUND ? -EOPNOTSUPP : control_errno(group);
	err = nl_socket_add_membership(sock, group);
	return err < 0 ? control_errno(err) : 0;
}

int group_join(struct ward_control *control, const char *name, struct nl_sock **to)
{
	struct nl_sock *sock;
	int err;

	if (*to)
		return 0;
	sock = nl_socket_alloc();
	if (!sock)
		return -ENOMEM;
	err = join(control, name, sock);
	if (err) {
		nl_socket_free(sock);
		return err;
	}
	*to = sock;
	return 0;
}

int group_fd(const struct nl_sock *sock)
{
	return sock ? nl_socket_get_fd(sock) : -EBADF;
}

/* What is told unasked answers no question: there is no number to expect. */
static int any_number(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

/*
 * One datagram, one message. A socket that ran over says so once (ENOBUFS); what
 * is queued follows, and the gap in the numbers tells how much was lost.
 */
static int receive(struct nl_sock *sock, struct exchange *x)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, control_on_valid, x);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, any_number, NULL);
	err = nl_recvmsgs(sock, cb);
	nl_cb_put(cb);
	if (err == -NLE_NOMEM || (err >= 0 && !x->answers && !x->err))
		return -EAGAIN;
	return err < 0 ? control_errno(err) : x->err;
}

int group_receive(struct nl_sock *sock, int timeout_ms,
		  int (*valid)(const struct answer *answer, void *arg), void *arg)
{
	struct pollfd pfd = { .events = POLLIN };
	int n, err;

	if (!sock)
		return -EBADF;
	pfd.fd = nl_socket_get_fd(sock);
	do {
		struct exchange x = { .valid = valid, .arg = arg };

		n = poll(&pfd, 1, timeout_ms);
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ETIME;
		err = receive(sock, &x);
	} while (err == -EAGAIN);
	return err;
}
