/* SPDX-License-Identifier: MIT */
/* Records as EVENT_GET and the group "events" tell them. */
#ifndef WARD_TEST_RECORDS_H
#define WARD_TEST_RECORDS_H

#include "wire.h"

/** struct told - one of them; @seq is WARD_A_EVENT_SEQ, 0 = absent */
struct told {
	uint64_t seq;
	uint8_t session[WARD_ID_LEN];
	struct ward_event ev;
};

static inline void told_read(const struct nlmsghdr *nl, struct told *out)
{
	struct attrs attrs = { 0 };

	parse(nl, &attrs);
	out->seq = attrs.at[WARD_A_EVENT_SEQ] ? attr_u64(&attrs, WARD_A_EVENT_SEQ) : 0;
	memcpy(out->session, attr_data(&attrs, WARD_A_SESSION_ID, WARD_ID_LEN), WARD_ID_LEN);
	memcpy(&out->ev, attr_data(&attrs, WARD_A_EVENT, WARD_EVENT_SIZE), WARD_EVENT_SIZE);
}

/* -errno, or how many are in @out. @session NULL = of every chain, zero = the global one. */
static inline int records_dump(struct wire *w, const uint8_t *session, uint64_t from,
			       struct told *out, int most)
{
	const struct request_attr attrs[] = {
		{ session ? WARD_A_SESSION_ID : 0, WARD_ID_LEN, session },
		{ from ? WARD_A_FROM_SEQ : 0, sizeof(from), &from },
	};
	const struct nlmsghdr *nl;
	int n = 0, ret;
	size_t len;

	ASSERT_EQ(send_attrs(w, w->family, NLM_F_DUMP, WARD_GENL_CMD_EVENT_GET, attrs, 2), 0);
	while ((ret = receive(w)) == 1) {
		nl = (const void *)w->buf;
		for (len = w->len; NLMSG_OK(nl, len); nl = NLMSG_NEXT(nl, len)) {
			if (nl->nlmsg_type == NLMSG_DONE)
				return n;
			ASSERT_TRUE(n < most);
			told_read(nl, &out[n++]);
		}
	}
	return ret;
}

#endif /* WARD_TEST_RECORDS_H */
