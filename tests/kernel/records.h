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

static inline void told_of(const struct attrs *attrs, struct told *out)
{
	out->seq = attrs->at[WARD_A_EVENT_SEQ] ? attr_u64(attrs, WARD_A_EVENT_SEQ) : 0;
	memcpy(out->session, attr_data(attrs, WARD_A_SESSION_ID, WARD_ID_LEN), WARD_ID_LEN);
	memcpy(&out->ev, attr_data(attrs, WARD_A_EVENT, WARD_EVENT_SIZE), WARD_EVENT_SIZE);
}

static inline void told_read(const struct nlmsghdr *nl, struct told *out)
{
	struct attrs attrs = { 0 };

	parse(nl, &attrs);
	told_of(&attrs, out);
}

/** struct records - what a dump of them fills */
struct records {
	struct told *out;
	int n, most;
};

static inline void records_add(const struct attrs *attrs, void *arg)
{
	struct records *records = arg;

	ASSERT_TRUE(records->n < records->most);
	told_of(attrs, &records->out[records->n++]);
}

/* -errno, or how many are in @out. @session NULL = of every chain, zero = the global one. */
static inline int records_dump(struct wire *w, const uint8_t *session, uint64_t from,
			       struct told *out, int most)
{
	const struct request_attr attrs[] = {
		{ session ? WARD_A_SESSION_ID : 0, WARD_ID_LEN, session },
		{ from ? WARD_A_FROM_SEQ : 0, sizeof(from), &from },
	};
	struct records records = { .out = out, .most = most };
	int ret = dump_each(w, WARD_GENL_CMD_EVENT_GET, attrs, 2, records_add, &records);

	return ret ? ret : records.n;
}

#endif /* WARD_TEST_RECORDS_H */
