// SPDX-License-Identifier: MIT
/*
 * Receipts: who gets one, when, and for whom. A session that ended leaves a
 * tombstone, for which its own user may ask.
 */
#include "attest_test.h"

#include <stdio.h>

#include "ward_test.h"

static int seal(int session)
{
	struct ward_seal cmd = { .size = sizeof(cmd) };

	return ward_call(session, WARD_SEAL, &cmd);
}

static int receipt_error(int session)
{
	int err;

	free(attest(session, WARD_PURPOSE_RECEIPT, &err));
	return err;
}

TEST(not_before_the_seal)
{
	int session;

	provider_attach();
	session = session_open();
	EXPECT_EQ(receipt_error(session), -EINVAL);
	ASSERT_EQ(seal(session), 0);
	EXPECT_EQ(receipt_error(session), 0);
}

TEST(not_with_live_memory)
{
	struct answer *a;
	struct buf b, c;
	int err, session;

	provider_attach();
	session = session_open();
	b = buf_get(session, HUGE);
	c = buf_get(session, PAGE);
	ASSERT_EQ(seal(session), 0);
	EXPECT_EQ(receipt_error(session), -EINVAL);
	ASSERT_EQ(buf_wipe(b.fd), HUGE);
	EXPECT_EQ(receipt_error(session), -EINVAL);
	buf_drop(&c);
	a = attest(session, WARD_PURPOSE_RECEIPT, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
	EXPECT_EQ(a->claims.state, WARD_STATE_SEALED);
	EXPECT_EQ(a->claims.purpose, WARD_PURPOSE_RECEIPT);
	EXPECT_EQ(a->claims.live_a, 0);
	EXPECT_EQ(a->claims.wiped_buffers, 2);
	EXPECT_EQ(a->claims.wiped_bytes, HUGE + PAGE);
	EXPECT_EQ(a->claims.alloc_bytes, HUGE + PAGE);
}

TEST(not_with_live_shared_memory)
{
	struct buf b;
	int session;

	provider_attach();
	session = session_open();
	b = buf_get_with(session, PAGE, WARD_BUF_SHARED);
	ASSERT_EQ(seal(session), 0);
	EXPECT_EQ(receipt_error(session), -EINVAL);
	buf_drop(&b);
	EXPECT_EQ(receipt_error(session), 0);
}

/* Class B is the weaker class: it is told, and doesn't stand in the way. */
TEST(class_b_is_counted_apart)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct answer *a;
	int err, session, pin;

	provider_attach();
	session = session_open();
	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	pin = buf_pin(session, p, PAGE);
	ASSERT_GE(pin, 0);
	ASSERT_EQ(seal(session), 0);
	a = attest(session, WARD_PURPOSE_RECEIPT, &err);
	ASSERT_EQ(err, 0);
	EXPECT_EQ(a->claims.live_b, PAGE);
	EXPECT_EQ(a->claims.wiped_bytes, 0);
}

TEST(nothing_more_after_the_seal)
{
	struct ward_measure m = { .size = sizeof(m) };
	int session;

	provider_attach();
	session = session_open();
	ASSERT_EQ(seal(session), 0);
	EXPECT_EQ(seal(session), 0);
	EXPECT_EQ(buf_alloc(session, PAGE), -ESHUTDOWN);
	EXPECT_EQ(ward_call(session, WARD_MEASURE, &m), -ESHUTDOWN);
	EXPECT_EQ(receipt_error(session), 0);
}

/* ---- tombstones -------------------------------------------------------------------- */

/* A session of the caller's that held and wiped @bytes, sealed nothing, ended. */
static void buried_session(uint64_t bytes, uint8_t *id, uint8_t *declared)
{
	struct ward_measure m = { .size = sizeof(m) };
	struct ward_info info;
	struct buf b;
	int session;

	session = session_open();
	ASSERT_GE(session, 0);
	info = session_info(session);
	memcpy(id, info.out_session, WARD_ID_LEN);
	memset(m.digest, 0x77, sizeof(m.digest));
	ASSERT_EQ(ward_call(session, WARD_MEASURE, &m), 0);
	memcpy(declared, m.out_register, WARD_DIGEST_LEN);
	b = buf_get(session, bytes);
	buf_drop(&b);
	close(session);
}

static int ask_for(int session, const uint8_t *subject, struct answer *a)
{
	memcpy(a->cmd.subject, subject, WARD_ID_LEN);
	return answer_ask(a, session);
}

TEST(own_tombstone)
{
	uint8_t id[WARD_ID_LEN], declared[WARD_DIGEST_LEN];
	struct answer *a = answer_new(WARD_PURPOSE_RECEIPT);
	struct ward_info info;
	int session;

	provider_attach();
	become(WORKER_UID);
	buried_session(5 * PAGE, id, declared);
	session = session_open();
	ASSERT_EQ(ask_for(session, id, a), 0);
	answer_check(a);
	info = session_info(session);
	EXPECT_MEMEQ(a->claims.session, info.out_session, WARD_ID_LEN);
	EXPECT_MEMEQ(a->claims.subject, id, WARD_ID_LEN);
	EXPECT_EQ(a->claims.state, WARD_STATE_TOMBSTONE);
	EXPECT_EQ(a->claims.live_a, 0);
	EXPECT_EQ(a->claims.wiped_bytes, 5 * PAGE);
	EXPECT_EQ(a->claims.wiped_buffers, 1);
	EXPECT_MEMEQ(a->claims.declared, declared, WARD_DIGEST_LEN);
	/* open, measure, alloc, wipe, end: levels may add to it */
	EXPECT_GE(a->claims.session_seq, 5);
}

static uint8_t grave_id[WARD_ID_LEN];

static void ask_as_other(int sock)
{
	struct answer *a = answer_new(WARD_PURPOSE_RECEIPT);
	int session;

	(void)sock;
	become(OTHER_UID);
	session = session_open();
	ASSERT_GE(session, 0);
	ASSERT_EQ(ask_for(session, grave_id, a), -EPERM);
}

static void bury_as_worker(int sock)
{
	uint8_t declared[WARD_DIGEST_LEN], id[WARD_ID_LEN];

	become(WORKER_UID);
	buried_session(PAGE, id, declared);
	ASSERT_EQ(write(sock, id, sizeof(id)), (ssize_t)sizeof(id));
}

TEST(strangers_tombstone)
{
	struct answer *a = answer_new(WARD_PURPOSE_RECEIPT);
	struct peer peer;
	int session, status;

	provider_attach();
	peer = peer_start(bury_as_worker);
	ASSERT_EQ(read(peer.sock, grave_id, sizeof(grave_id)), (ssize_t)sizeof(grave_id));
	ASSERT_EQ(peer_wait(&peer), 0);
	peer = peer_start(ask_as_other);
	status = peer_wait(&peer);
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	/* CAP_SYS_ADMIN may ask for anybody's. */
	session = session_open();
	ASSERT_EQ(ask_for(session, grave_id, a), 0);
	EXPECT_EQ(a->claims.caller.uid, 0);
	EXPECT_EQ(a->claims.wiped_bytes, PAGE);
}

TEST(no_such_subject)
{
	static const uint8_t unknown[WARD_ID_LEN] = { 1, 2, 3 };
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);
	struct ward_info info;
	int session, live;

	provider_attach();
	session = session_open();
	live = session_open();
	EXPECT_EQ(ask_for(session, unknown, a), -ENOENT);
	info = session_info(live);		/* lives: not an ended one */
	EXPECT_EQ(ask_for(session, info.out_session, a), -ENOENT);
	info = session_info(session);		/* itself, said in so many words */
	EXPECT_EQ(ask_for(session, info.out_session, a), 0);
	EXPECT_EQ(a->claims.state, 0);
}

/* A killed worker's session ends by itself, wiped, and can be asked about. */
static void die_holding(int sock)
{
	struct ward_info info;
	struct buf b;
	int session;

	session = session_open();
	info = session_info(session);
	b = buf_get(session, 7 * PAGE);
	memset(b.p, 0x5a, b.length);
	ASSERT_EQ(write(sock, info.out_session, WARD_ID_LEN), WARD_ID_LEN);
	hear(sock);
}

TEST(tombstone_of_a_killed_worker)
{
	struct answer *a = answer_new(WARD_PURPOSE_RECEIPT);
	uint8_t id[WARD_ID_LEN];
	struct peer peer;
	int session, i, err = -ENOENT;

	provider_attach();
	session = session_open();
	peer = peer_start(die_holding);
	ASSERT_EQ(read(peer.sock, id, sizeof(id)), WARD_ID_LEN);
	peer_kill(&peer);
	for (i = 0; i < 50 && err == -ENOENT; i++) {
		err = ask_for(session, id, a);
		usleep(100000);
	}
	ASSERT_EQ(err, 0);
	answer_check(a);
	EXPECT_EQ(a->claims.live_a, 0);
	EXPECT_EQ(a->claims.wiped_bytes, 7 * PAGE);
	EXPECT_EQ(a->claims.alloc_bytes, 7 * PAGE);
}

KTAP_MAIN()
