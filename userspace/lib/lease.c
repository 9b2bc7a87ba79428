// SPDX-License-Identifier: MIT
#include <string.h>

#include "private.h"

static int lease_call(struct ward_session *session, struct ward_lease *arg,
		      struct ward_lease *out)
{
	int err;

	arg->size = sizeof(*arg);
	err = ward_sys_ioctl(session->sys, session->fd, WARD_LEASE, arg);
	if (!err && out)
		*out = *arg;
	return err;
}

int ward_session_lease(struct ward_session *session, struct ward_lease *lease)
{
	struct ward_lease arg = { .flags = 0 };

	return lease_call(session, &arg, lease);
}

int ward_session_lease_set(struct ward_session *session, uint64_t deadline_ns,
			   uint64_t term_ns, const uint8_t *anchor,
			   struct ward_lease *lease)
{
	struct ward_lease arg = {
		.deadline_ns = deadline_ns,
		.term_ns = term_ns,
	};

	if (anchor)
		memcpy(arg.anchor, anchor, sizeof(arg.anchor));
	return lease_call(session, &arg, lease);
}

int ward_session_lease_renew(struct ward_session *session, const uint8_t *proof,
			     struct ward_lease *lease)
{
	struct ward_lease arg = { .flags = WARD_LEASE_RENEW };

	memcpy(arg.proof, proof, sizeof(arg.proof));
	return lease_call(session, &arg, lease);
}
