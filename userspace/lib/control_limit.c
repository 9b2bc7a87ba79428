// SPDX-License-Identifier: MIT
/* The ledger's limits. */
#include <errno.h>

#include "control_private.h"

static int limits_valid(const struct answer *a, void *arg)
{
	struct ward_limits *limits = arg;

	if (!a->attr[WARD_A_LIMIT] && !a->attr[WARD_A_LIMIT_USER] &&
	    !a->attr[WARD_A_LIMIT_SESSION])
		return -EBADMSG;
	limits->global = get_limit(a, WARD_A_LIMIT);
	limits->user = get_limit(a, WARD_A_LIMIT_USER);
	limits->session = get_limit(a, WARD_A_LIMIT_SESSION);
	return 0;
}

static struct nl_msg *of_user(struct nl_msg *msg, const uint32_t *uid)
{
	if (msg && uid && nla_put_u32(msg, WARD_A_UID, *uid)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int ward_control_limits(struct ward_control *control, const uint32_t *uid,
			struct ward_limits *limits)
{
	struct ward_limits got = { 0 };
	struct nl_msg *msg = control_command(control, WARD_GENL_CMD_LIMIT_GET,
					     NLM_F_ACK);
	int err = control_ask(control, of_user(msg, uid), limits_valid, &got);

	return err ? err : control_copy_out(limits, &got, sizeof(got));
}

/* Only a limit that is named is sent. */
static int put_limits(struct nl_msg *msg, const struct ward_limits *limits,
		      uint32_t which)
{
	if (which & WARD_LIMIT_GLOBAL &&
	    nla_put_u64(msg, WARD_A_LIMIT, limits->global))
		return -ENOMEM;
	if (which & WARD_LIMIT_USER &&
	    nla_put_u64(msg, WARD_A_LIMIT_USER, limits->user))
		return -ENOMEM;
	if (which & WARD_LIMIT_SESSION &&
	    nla_put_u64(msg, WARD_A_LIMIT_SESSION, limits->session))
		return -ENOMEM;
	return 0;
}

int ward_control_limit_set(struct ward_control *control, uint32_t which,
			   const uint32_t *uid,
			   const struct ward_limits *limits)
{
	struct nl_msg *msg;

	if (!which || which & ~WARD_LIMIT_ALL || limits->size < sizeof(*limits))
		return -EINVAL;
	if (uid && !(which & WARD_LIMIT_USER))
		return -EINVAL;
	msg = of_user(control_command(control, WARD_GENL_CMD_LIMIT_SET,
				      NLM_F_ACK), uid);
	if (msg && put_limits(msg, limits, which)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return control_tell(control, msg);
}
