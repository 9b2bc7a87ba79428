// SPDX-License-Identifier: MIT
/* What the global chain records of a limit that was set, and that its head has it. */
#include "attest_test.h"
#include "chain_test.h"
#include "records.h"

struct place {
	uint64_t seq;
	uint8_t head[WARD_HEAD_LEN];
};

static struct place global_place(struct wire *w)
{
	struct attrs attrs = { 0 };
	struct place place;

	ASSERT_EQ(ask(w, WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs), 0);
	place.seq = attr_u64(&attrs, WARD_A_GLOBAL_SEQ);
	memcpy(place.head, attr_data(&attrs, WARD_A_GLOBAL_HEAD, WARD_HEAD_LEN), WARD_HEAD_LEN);
	return place;
}

static bool leads(const struct ward_event *ev, const struct place *from,
		  const struct place *to)
{
	uint8_t head[WARD_HEAD_LEN];

	memcpy(head, from->head, sizeof(head));
	next_head(ev, head);
	return !memcmp(head, to->head, sizeof(head));
}

/** struct setting - a limit as it is asked for and as it is recorded. */
struct setting {
	uint16_t attr;
	uint16_t reason;
	uint64_t bytes;
	uint32_t uid;		/* of one user; 0 = of all */
};

static int set_limit(struct wire *w, const struct setting *set)
{
	const struct request_attr attrs[] = {
		{ set->attr, sizeof(set->bytes), &set->bytes },
		{ set->uid ? WARD_A_UID : 0, sizeof(set->uid), &set->uid },
	};
	int ret = send_attrs(w, w->family, NLM_F_ACK, WARD_GENL_CMD_LIMIT_SET, attrs, 2);

	return ret ? ret : receive(w);
}

/* Sets it: one record is made, it says so, and leads to the new head. */
static void set_and_find(struct wire *w, const struct setting *set)
{
	static const uint8_t global[WARD_ID_LEN];
	struct place before = global_place(w), after;
	uint64_t from = now_ns(CLOCK_BOOTTIME), to;
	struct told told[4];
	struct ward_event want;

	ASSERT_EQ(set_limit(w, set), 0);
	to = now_ns(CLOCK_BOOTTIME);
	after = global_place(w);
	ASSERT_EQ(after.seq, before.seq + 1);
	ASSERT_EQ(records_dump(w, global, before.seq, told, 4), 1);
	want = (struct ward_event){
		.size = WARD_EVENT_SIZE, .type = WARD_EVENT_LIMIT, .reason = set->reason,
		.bytes = set->bytes, .uid = set->uid, .seq = after.seq,
		.time_ns = told[0].ev.time_ns,
	};
	EXPECT_MEMEQ(&told[0].ev, &want, sizeof(want));
	EXPECT_TRUE(want.time_ns >= from && want.time_ns <= to);
	EXPECT_TRUE(leads(&want, &before, &after));
	want.uid ^= 1;
	EXPECT_FALSE(leads(&want, &before, &after));
}

TEST(each_kind_of_limit)
{
	struct wire *w = wire_open();
	struct attrs attrs = { 0 };
	uint64_t was;

	ASSERT_EQ(ask(w, WARD_GENL_CMD_LIMIT_GET, 0, NULL, 0, &attrs), 0);
	was = attr_u64(&attrs, WARD_A_LIMIT);
	set_and_find(w, &(struct setting){ WARD_A_LIMIT, 1, 900 * PAGE, 0 });
	set_and_find(w, &(struct setting){ WARD_A_LIMIT_USER, 2, 300 * PAGE, 0 });
	set_and_find(w, &(struct setting){ WARD_A_LIMIT_SESSION, 3, 200 * PAGE, 0 });
	set_and_find(w, &(struct setting){ WARD_A_LIMIT_USER, 4, 500 * PAGE, WORKER_UID });
	/* To have none is a value like the others. */
	set_and_find(w, &(struct setting){ WARD_A_LIMIT_USER, 4, ~0ull, WORKER_UID });
	set_and_find(w, &(struct setting){ WARD_A_LIMIT_USER, 2, ~0ull, 0 });
	EXPECT_EQ(set_limit(w, &(struct setting){ WARD_A_LIMIT_SESSION, 3, ~0ull, 0 }), 0);
	EXPECT_EQ(set_limit(w, &(struct setting){ WARD_A_LIMIT, 1, was, 0 }), 0);
}

/* What was refused is not recorded. */
TEST(refused_limits_leave_no_record)
{
	struct wire *w = wire_open();
	struct place before = global_place(w), after;

	EXPECT_EQ(set_limit(w, &(struct setting){ WARD_A_LIMIT, 1, PAGE + 1, 0 }), -EINVAL);
	EXPECT_EQ(set_limit(w, &(struct setting){ WARD_A_LIMIT_USER, 4, 0, WORKER_UID }), -EINVAL);
	after = global_place(w);
	EXPECT_EQ(after.seq, before.seq);
	EXPECT_MEMEQ(after.head, before.head, WARD_HEAD_LEN);
}

KTAP_MAIN()
