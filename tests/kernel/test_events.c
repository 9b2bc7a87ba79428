// SPDX-License-Identifier: MIT
/*
 * Records over the control plane: dumps of a chain, of the global one, of all in
 * their order; the group "events", and what it says of what it lost.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "attest_test.h"
#include "chain_test.h"
#include "records.h"

enum { MOST = 4096, RING = 512, JOURNAL = 1024, SHARE = JOURNAL / 4 };

static struct told all[MOST];
static const uint8_t no_session[WARD_ID_LEN];

static int dump(struct wire *w, const uint8_t *session, uint64_t from)
{
	return records_dump(w, session, from, all, MOST);
}

static void measure(int session, unsigned int times)
{
	struct ward_measure m = { .size = sizeof(m) };

	while (times--) {
		m.digest[0]++;
		ASSERT_EQ(ward_call(session, WARD_MEASURE, &m), 0);
	}
}

static uint64_t newest(struct wire *w)
{
	int n = dump(w, NULL, 0);

	ASSERT_TRUE(n > 0);
	return all[n - 1].seq;
}

/* ---- who may ask ----------------------------------------------------------------- */

static struct ward_info worker;

static void hold_session(int sock)
{
	int session;

	become(WORKER_UID);
	session = session_open();
	ASSERT_GE(session, 0);
	worker = session_info(session);
	ASSERT_EQ(write(sock, &worker, sizeof(worker)), sizeof(worker));
	hear(sock);
}

static struct peer worker_with_session(void)
{
	struct peer peer = peer_start(hold_session);

	ASSERT_EQ(read(peer.sock, &worker, sizeof(worker)), sizeof(worker));
	return peer;
}

static void ask_as(unsigned int uid, int of_session)
{
	struct wire *w;

	become(uid);
	w = wire_open();
	ASSERT_EQ(dump(w, worker.out_session, 0), of_session);
	ASSERT_EQ(dump(w, no_session, 0), -EPERM);
	ASSERT_EQ(dump(w, NULL, 0), -EPERM);
	ASSERT_EQ(join(w, WARD_GENL_GROUP_EVENTS), -EPERM);
}

static void ask_as_owner(int sock)
{
	(void)sock;
	ask_as(WORKER_UID, 1);
}

static void ask_as_other(int sock)
{
	(void)sock;
	ask_as(OTHER_UID, -EPERM);
}

TEST(owners_see_their_own_alone)
{
	struct peer holder = worker_with_session(), peer;
	struct wire *w = wire_open();

	peer = peer_start(ask_as_owner);
	EXPECT_EQ(peer_wait(&peer), 0);
	peer = peer_start(ask_as_other);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(dump(w, worker.out_session, 0), 1);
	peer_kill(&holder);
	EXPECT_EQ(dump(w, worker.out_session, 0), -ENOENT);
}

TEST(malformed_requests)
{
	struct wire *w = wire_open();
	const uint32_t small = 1;
	const struct request_attr short_id = { WARD_A_SESSION_ID, 15, no_session };
	const struct request_attr short_seq = { WARD_A_FROM_SEQ, sizeof(small), &small };
	const struct request_attr other = { WARD_A_EVENT_SEQ, 8, no_session };
	const struct request_attr *bad[] = { &short_id, &short_seq, &other };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(send_attrs(w, w->family, NLM_F_DUMP, WARD_GENL_CMD_EVENT_GET,
				     bad[i], 1), 0);
		EXPECT_TRUE(receive(w) < 0);
	}
	EXPECT_EQ(tell(w, WARD_GENL_CMD_EVENT_GET, 0, NULL, 0), -EOPNOTSUPP);
	EXPECT_EQ(dump(w, NULL, ~0ull), 0);
}

/* ---- a session's chain ------------------------------------------------------------- */

TEST(a_chain_as_its_session_reads_it)
{
	static struct ward_event own[8];
	int session = session_open(), n;
	struct ward_events cmd = {
		.size = sizeof(cmd), .from_seq = 1, .addr = (uintptr_t)own, .count = 8,
	};
	struct ward_info info = session_info(session);
	struct wire *w = wire_open();
	unsigned int i;

	measure(session, 3);
	ASSERT_EQ(ward_call(session, WARD_EVENTS, &cmd), 0);
	ASSERT_EQ(cmd.count, 4);
	n = dump(w, info.out_session, 0);
	ASSERT_EQ(n, 4);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(all[i].seq, 0);
		EXPECT_MEMEQ(all[i].session, info.out_session, WARD_ID_LEN);
		EXPECT_MEMEQ(&all[i].ev, &own[i], sizeof(own[i]));
	}
	ASSERT_EQ(dump(w, info.out_session, 2), 2);
	EXPECT_EQ(all[0].ev.seq, 3);
	EXPECT_EQ(dump(w, info.out_session, 4), 0);
}

/* More than one message holds, and more than the ring does. */
TEST(a_long_chain)
{
	int session = session_open(), n, i;
	struct ward_info info = session_info(session);
	struct wire *w = wire_open();

	measure(session, RING + 99);
	n = dump(w, info.out_session, 0);
	ASSERT_EQ(n, RING);
	for (i = 0; i < n; i++)
		EXPECT_EQ(all[i].ev.seq, 101 + i);
}

/* ---- the global chain ------------------------------------------------------------------ */

static uint64_t global_head(struct wire *w, uint8_t *head)
{
	struct attrs attrs = { 0 };

	ASSERT_EQ(ask(w, WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs), 0);
	memcpy(head, attr_data(&attrs, WARD_A_GLOBAL_HEAD, 32), 32);
	return attr_u64(&attrs, WARD_A_GLOBAL_SEQ);
}

/* From one head that was read to a later one, over nothing but what was dumped. */
TEST(the_global_chain_leads_from_head_to_head)
{
	struct wire *w = wire_open();
	uint8_t head[32], then[32];
	int session = session_open(), n, i;
	uint64_t from = global_head(w, head), to;

	measure(session, 20);
	close(session);
	to = global_head(w, then);
	ASSERT_TRUE(to > from);
	n = dump(w, no_session, from);
	ASSERT_EQ(n, to - from);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(all[i].ev.seq, from + 1 + i);
		EXPECT_MEMEQ(all[i].session, no_session, WARD_ID_LEN);
		next_head(&all[i].ev, head);
	}
	EXPECT_MEMEQ(head, then, 32);
}

/* ---- all of them ------------------------------------------------------------------------- */

TEST(all_records_in_their_order)
{
	int a = session_open(), b = session_open(), n, i;
	struct ward_info ia = session_info(a), ib = session_info(b);
	struct wire *w = wire_open();
	uint64_t from = newest(w);

	for (i = 0; i < 4; i++)
		measure(i % 2 ? b : a, 1);
	n = dump(w, NULL, from);
	ASSERT_EQ(n, 4);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(all[i].seq, from + 1 + i);
		EXPECT_EQ(all[i].ev.type, WARD_EVENT_MEASURE);
		EXPECT_EQ(all[i].ev.seq, 2 + i / 2);
		EXPECT_MEMEQ(all[i].session, i % 2 ? ib.out_session : ia.out_session,
			     WARD_ID_LEN);
	}
}

TEST(the_oldest_are_let_go)
{
	enum { SESSIONS = 8, EACH = JOURNAL / SESSIONS };
	struct wire *w = wire_open();
	uint64_t from = newest(w);
	int i, n;

	for (i = 0; i < SESSIONS; i++)
		measure(session_open(), EACH);
	n = dump(w, NULL, from);
	ASSERT_EQ(n, JOURNAL);
	EXPECT_EQ(all[0].seq, from + 1 + SESSIONS);
	EXPECT_EQ(all[n - 1].seq, from + JOURNAL + SESSIONS);
}

/* Whoever makes records all day: its own oldest go, and the numbers tell how many. */
TEST(nobody_pushes_out_what_others_did)
{
	int quiet = session_open(), loud = session_open(), n, i;
	struct ward_info info = session_info(quiet);
	struct wire *w = wire_open();
	uint64_t from = newest(w);

	measure(quiet, 3);
	measure(loud, 2 * JOURNAL);
	measure(quiet, 1);
	n = dump(w, NULL, from);
	ASSERT_EQ(n, SHARE + 4);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(all[i].seq, from + 1 + i);
		EXPECT_MEMEQ(all[i].session, info.out_session, WARD_ID_LEN);
	}
	EXPECT_EQ(all[3].seq, from + 3 + 2 * JOURNAL - SHARE + 1);
	EXPECT_EQ(all[3 + SHARE].seq, from + 3 + 2 * JOURNAL + 1);
	EXPECT_MEMEQ(all[3 + SHARE].session, info.out_session, WARD_ID_LEN);
	/* What it did stays when it has ended. */
	close(loud);
	measure(quiet, 1);
	EXPECT_EQ(dump(w, NULL, from), SHARE + 5);
}

/* ---- the group --------------------------------------------------------------------------- */

static struct wire *listen_with(int room)
{
	struct wire *ear = wire_open();
	struct timeval patience = { .tv_sec = ktap_seconds(5) };

	ASSERT_EQ(setsockopt(ear->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	if (room)
		ASSERT_EQ(setsockopt(ear->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	ASSERT_EQ(join(ear, WARD_GENL_GROUP_EVENTS), 0);
	return ear;
}

TEST(the_group_is_told_of_each)
{
	enum { N = 50 };
	struct wire *w = wire_open(), *ear;
	int session = session_open(), i;
	struct ward_info info = session_info(session);
	uint64_t from = newest(w);
	struct told heard;

	ear = listen_with(0);
	for (i = 0; i < N; i++) {
		measure(session, 1);
		ASSERT_EQ(receive(ear), 1);
		told_read((const void *)ear->buf, &heard);
		EXPECT_EQ(heard.seq, from + 1 + i);
		EXPECT_EQ(heard.ev.type, WARD_EVENT_MEASURE);
		EXPECT_MEMEQ(heard.session, info.out_session, WARD_ID_LEN);
	}
	ASSERT_EQ(dump(w, NULL, from), N);
	EXPECT_MEMEQ(&all[N - 1].ev, &heard.ev, sizeof(heard.ev));
}

/*
 * A listener that doesn't read while more is told than its socket holds: the
 * socket says so once, what got through is in order, and the numbers tell exactly
 * how many are missing. All the missing ones are still in the journal.
 */
TEST(what_is_lost_is_told)
{
	enum { N = SHARE - 50 };
	struct wire *w = wire_open(), *ear;
	int session = session_open(), overruns = 0, got = 0, ret;
	uint64_t from = newest(w), last = from, lost = 0;
	struct timespec nap = { .tv_nsec = 300000000 };
	struct told heard;

	ear = listen_with(4096);
	measure(session, N);
	nanosleep(&nap, NULL);
	while (last < from + N + 1) {
		ret = receive(ear);
		if (ret == -ENOBUFS) {
			overruns++;
			continue;
		}
		if (ret == -EAGAIN) {		/* all that got through is read */
			measure(session, 1);	/* the next one tells of the gap */
			continue;
		}
		ASSERT_EQ(ret, 1);
		told_read((const void *)ear->buf, &heard);
		ASSERT_TRUE(heard.seq > last);
		lost += heard.seq - last - 1;
		last = heard.seq;
		got++;
	}
	EXPECT_TRUE(overruns >= 1);
	EXPECT_TRUE(lost > 0);
	EXPECT_EQ(got + lost, last - from);
	EXPECT_EQ(dump(w, NULL, from), (int)(newest(w) - from));
}

KTAP_MAIN()
