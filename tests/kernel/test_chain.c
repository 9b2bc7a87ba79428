// SPDX-License-Identifier: MIT
/*
 * The chains: every record hashed again here (doc/formats.md section 3), the
 * head compared with what the kernel says, what the ring lets go counted.
 */
#include "attest_test.h"

#include <pthread.h>
#include <stdio.h>

#include "chain_test.h"
#include "ward_test.h"

enum { RING = 512 };	/* records that a session's ring holds */

static struct ward_event all[2 * RING];

/* WARD_EVENTS from @from into all[]; the reply is in @cmd. */
static int read_events(int session, uint64_t from, uint32_t count,
		       struct ward_events *cmd)
{
	*cmd = (struct ward_events){
		.size = sizeof(*cmd), .from_seq = from, .addr = (uintptr_t)all,
		.count = count,
	};
	memset(all, 0, sizeof(all));
	return ward_call(session, WARD_EVENTS, cmd);
}

static void first_head(const struct ward_info *info, uint8_t *head)
{
	static const char tag[] = "WARD-CHAIN-V1";	/* its NUL is the 0x00 */
	uint8_t text[sizeof(tag) + 2 * WARD_ID_LEN];

	memcpy(text, tag, sizeof(tag));
	memcpy(text + sizeof(tag), info->out_instance, WARD_ID_LEN);
	memcpy(text + sizeof(tag) + WARD_ID_LEN, info->out_session, WARD_ID_LEN);
	SHA256(text, sizeof(text), head);
}

static void measure(int session, uint8_t value)
{
	struct ward_measure m = { .size = sizeof(m) };

	memset(m.digest, value, sizeof(m.digest));
	ASSERT_EQ(ward_call(session, WARD_MEASURE, &m), 0);
}

/* ---- records -------------------------------------------------------------------- */

TEST(records_of_a_life)
{
	static const uint16_t types[] = {
		WARD_EVENT_SESSION_OPEN, WARD_EVENT_MEASURE, WARD_EVENT_BUF_ALLOC,
		WARD_EVENT_BUF_WIPE, WARD_EVENT_SESSION_SEAL,
	};
	struct ward_seal seal = { .size = sizeof(seal) };
	struct ward_events cmd;
	struct ward_info info;
	struct buf b;
	int session = session_open();
	uint32_t i;

	ASSERT_GE(session, 0);
	info = session_info(session);
	measure(session, 0x42);
	b = buf_get(session, PAGE);
	buf_drop(&b);
	ASSERT_EQ(ward_call(session, WARD_SEAL, &seal), 0);
	ASSERT_EQ(read_events(session, 1, RING, &cmd), 0);
	ASSERT_EQ(cmd.count, 5);
	EXPECT_EQ(cmd.out_first_seq, 1);
	EXPECT_EQ(cmd.out_last_seq, 5);
	for (i = 0; i < cmd.count; i++) {
		EXPECT_EQ(all[i].size, WARD_EVENT_SIZE);
		EXPECT_EQ(all[i].type, types[i]);
		EXPECT_EQ(all[i].seq, i + 1);
		EXPECT_EQ(all[i].uid, geteuid());
		EXPECT_TRUE(all_zero(all[i].reserved, sizeof(all[i].reserved)));
		if (i)
			EXPECT_GE(all[i].time_ns, all[i - 1].time_ns);
	}
	EXPECT_MEMEQ(all[0].detail, info.out_session, WARD_ID_LEN);
	EXPECT_EQ(all[1].detail[31], 0x42);
	EXPECT_EQ(all[2].bytes, PAGE);
	EXPECT_EQ(all[2].class, WARD_CLASS_A);
	EXPECT_STREQ((const char *)all[2].label, "test");
	EXPECT_EQ(all[3].id, all[2].id);
	EXPECT_EQ(all[3].reason, WARD_END_CLOSE);
}

TEST(reading_in_parts)
{
	struct ward_events cmd;
	int session = session_open(), i;

	for (i = 0; i < 9; i++)
		measure(session, i);
	EXPECT_EQ(read_events(session, 1, 4, &cmd), -EMSGSIZE);
	EXPECT_EQ(cmd.count, 4);
	EXPECT_EQ(cmd.out_last_seq, 10);
	EXPECT_EQ(all[3].seq, 4);
	EXPECT_EQ(all[4].seq, 0);
	EXPECT_EQ(read_events(session, 5, 6, &cmd), 0);
	EXPECT_EQ(cmd.count, 6);
	EXPECT_EQ(all[0].seq, 5);
	EXPECT_EQ(read_events(session, 11, 4, &cmd), 0);
	EXPECT_EQ(cmd.count, 0);
	EXPECT_EQ(read_events(session, ~0ull, 4, &cmd), 0);
	EXPECT_EQ(cmd.count, 0);
	EXPECT_EQ(read_events(session, 1, 0, &cmd), -EMSGSIZE);
	EXPECT_EQ(cmd.count, 0);
	cmd = (struct ward_events){ .size = sizeof(cmd), .from_seq = 1, .count = 4 };
	EXPECT_EQ(ward_call(session, WARD_EVENTS, &cmd), -EFAULT);
	cmd.reserved = 1;
	EXPECT_EQ(ward_call(session, WARD_EVENTS, &cmd), -EINVAL);
}

/* A neighbour's records neither show nor push out ours. */
TEST(sessions_keep_apart)
{
	int mine = session_open(), neighbour = session_open(), i;
	struct ward_events cmd;

	for (i = 0; i < 2 * RING; i++)
		measure(neighbour, 1);
	measure(mine, 2);
	ASSERT_EQ(read_events(mine, 1, RING, &cmd), 0);
	EXPECT_EQ(cmd.count, 2);
	EXPECT_EQ(cmd.out_first_seq, 1);
	EXPECT_EQ(all[1].detail[0], 2);
}

/* The ring drops its oldest and says from where it goes on. */
TEST(a_gap_is_told)
{
	struct ward_events cmd;
	int session = session_open(), i;

	for (i = 0; i < RING + 99; i++)
		measure(session, i);
	ASSERT_EQ(read_events(session, 1, 2 * RING, &cmd), 0);
	EXPECT_EQ(cmd.count, RING);
	EXPECT_EQ(cmd.out_last_seq, RING + 100);
	EXPECT_EQ(cmd.out_first_seq, 101);
	EXPECT_EQ(all[0].seq, 101);
	EXPECT_EQ(all[RING - 1].seq, RING + 100);
}

/* ---- seal against allocation --------------------------------------------------------- */

/* Until there are no more; what ended it. */
static void *make_buffers(void *arg)
{
	int s = *(int *)arg, fd;

	while ((fd = buf_alloc(s, 4 * HUGE)) >= 0)
		close(fd);
	return (void *)(intptr_t)fd;
}

static void *make_pins(void *arg)
{
	int s = *(int *)arg, fd;
	void *p = mmap(NULL, 4 * HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, 4 * HUGE, MADV_DONTFORK);
	while ((fd = buf_pin(s, p, 4 * HUGE)) >= 0)
		close(fd);
	munmap(p, 4 * HUGE);
	return (void *)(intptr_t)fd;
}

/* Records of buffers that were made after the seal; the seal itself is there. */
static unsigned int made_after_seal(int s)
{
	struct ward_events cmd;
	unsigned int made = 0;
	bool sealed = false;
	uint32_t i;

	ASSERT_EQ(read_events(s, 1, RING, &cmd), 0);
	for (i = 0; i < cmd.count; i++) {
		sealed |= all[i].type == WARD_EVENT_SESSION_SEAL;
		made += sealed && (all[i].type == WARD_EVENT_BUF_ALLOC ||
				   all[i].type == WARD_EVENT_BUF_PIN);
	}
	ASSERT_TRUE(sealed);
	return made;
}

/* A chain says what it means: from the seal on nothing comes, only goes. */
TEST(nothing_is_made_after_the_seal)
{
	static void *(*const makers[])(void *) = { make_buffers, make_pins };
	struct ward_seal seal = { .size = sizeof(seal) };
	int s, i, round;
	pthread_t threads[2];
	void *ret;

	for (round = 0; round < 12; round++) {
		s = session_open();
		for (i = 0; i < 2; i++)
			ASSERT_EQ(pthread_create(&threads[i], NULL, makers[i], &s), 0);
		usleep(1000 + 2000 * round);
		ASSERT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(pthread_join(threads[i], &ret), 0);
			EXPECT_EQ((intptr_t)ret, -ESHUTDOWN);
		}
		EXPECT_EQ(made_after_seal(s), 0);
		EXPECT_EQ(session_pressure(s).out_live, 0);
		close(s);
	}
}

/* ---- heads, against attested claims ------------------------------------------------ */

TEST(head_covers_every_record)
{
	struct ward_events cmd;
	struct ward_info info;
	uint8_t head[32];
	struct answer *a;
	struct buf b;
	int session, err;
	uint32_t i;

	provider_attach();
	session = session_open();
	info = session_info(session);
	measure(session, 9);
	b = buf_get(session, 3 * PAGE);
	buf_drop(&b);
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
	ASSERT_EQ(read_events(session, 1, RING, &cmd), 0);
	ASSERT_GE(cmd.count, a->claims.session_seq);
	EXPECT_EQ(a->claims.events_dropped, 0);
	first_head(&info, head);
	for (i = 0; i < a->claims.session_seq; i++)
		next_head(&all[i], head);
	EXPECT_MEMEQ(a->claims.session_head, head, sizeof(head));
	/* One bit of one record, and the head is another. */
	all[1].uid ^= 1;
	first_head(&info, head);
	for (i = 0; i < a->claims.session_seq; i++)
		next_head(&all[i], head);
	EXPECT_NE(memcmp(a->claims.session_head, head, sizeof(head)), 0);
}

/* After a gap the head goes on from an earlier attested one. */
TEST(head_after_a_gap)
{
	struct answer *before, *after;
	struct ward_events cmd;
	uint8_t head[32];
	int session, err, i;
	uint32_t k;

	provider_attach();
	session = session_open();
	for (i = 0; i < RING; i++)
		measure(session, i);
	before = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	for (i = 0; i < 20; i++)
		measure(session, i);
	after = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	EXPECT_EQ(before->claims.events_dropped, 1);		/* open */
	EXPECT_EQ(after->claims.events_dropped, 22);
	EXPECT_EQ(after->claims.session_seq, before->claims.session_seq + 21);
	ASSERT_EQ(read_events(session, before->claims.session_seq + 1, RING, &cmd), 0);
	memcpy(head, before->claims.session_head, sizeof(head));
	for (k = 0; k < 21; k++)
		next_head(&all[k], head);
	EXPECT_MEMEQ(after->claims.session_head, head, sizeof(head));
}

/* A session's head goes into the global chain before a head of it is shown ... */
TEST(global_chain_covers_what_was_recorded)
{
	struct answer *one, *two;
	int session, other, err;

	provider_attach();
	session = session_open();
	one = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	two = attest(session, WARD_PURPOSE_REPORT, &err);	/* the first one's OK */
	ASSERT_EQ(err, 0);
	EXPECT_EQ(two->claims.global_seq, one->claims.global_seq + 1);
	EXPECT_NE(memcmp(two->claims.global_head, one->claims.global_head, 32), 0);

	other = session_open();
	one = attest(session, WARD_PURPOSE_REPORT, &err);	/* and the other's opening */
	ASSERT_EQ(err, 0);
	EXPECT_EQ(one->claims.global_seq, two->claims.global_seq + 2);
	measure(other, 1);
	two = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	EXPECT_EQ(two->claims.global_seq, one->claims.global_seq + 2);
	EXPECT_NE(memcmp(two->claims.global_head, one->claims.global_head, 32), 0);
}

/* ... and before it takes another session's: once for records that follow each other. */
TEST(global_chain_links_runs)
{
	struct answer *one, *two;
	int session, other, err, i;

	provider_attach();
	session = session_open();
	one = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	other = session_open();			/* the claims' session: 1 */
	for (i = 0; i < 10; i++)
		measure(other, i);
	for (i = 0; i < 10; i++)
		measure(session, i);		/* the other: 2 */
	measure(other, i);			/* 3 */
	measure(session, i);			/* 4 */
	close(other);				/* 5, and 6 at its end */
	two = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	EXPECT_EQ(two->claims.global_seq, one->claims.global_seq + 6);
	EXPECT_EQ(two->claims.session_seq, one->claims.session_seq + 12);
}

KTAP_MAIN()
