// SPDX-License-Identifier: MIT
/*
 * How fast evidence can be had: the provider's pace, a user's, whose turn it is,
 * and who is told at once that waiting would be in vain.
 */
#include "attest_test.h"

#include <pthread.h>

#include "wire.h"

#define MS	1000000ull

/* ---- the provider's pace ------------------------------------------------------------ */

static int ask_until(int session, uint64_t wait_ns, struct answer **out)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);

	a->cmd.deadline_ns = now_ns(CLOCK_BOOTTIME) + wait_ns;
	*out = a;
	return answer_ask(a, session);
}

/* The burst at once, then a call an interval: counted, and timed from below. */
TEST(calls_are_paced)
{
	struct answer *a;
	uint64_t start;
	int session, i;

	provider_attach();
	session = session_open();
	pace_set(WARD_A_CALL_BURST, 2);
	pace_set(WARD_A_CALL_MS, 1500);
	EXPECT_EQ(provider_get(WARD_A_TOKENS), 2);
	EXPECT_EQ(provider_get(WARD_A_NEXT_CALL_NS), 0);
	start = now_ns(CLOCK_BOOTTIME);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(ask_until(session, 60000 * MS, &a), 0);
		answer_check(a);
		free(a);
	}
	EXPECT_GE(now_ns(CLOCK_BOOTTIME) - start, 2 * 1500 * MS);
	EXPECT_EQ(provider_get(WARD_A_TOKENS), 0);
	EXPECT_LE(provider_get(WARD_A_NEXT_CALL_NS), 1500 * MS);
}

/* Another pace holds for those that wait already. */
static void *ask_late(void *arg)
{
	struct answer *a;
	int *ret = arg;

	*ret = ask_until(*ret, 600000 * MS, &a);
	free(a);
	return NULL;
}

TEST(faster_pace_wakes_who_waits)
{
	pthread_t thread;
	struct answer *a;
	int session, ret;

	provider_attach();
	session = ret = session_open();
	pace_set(WARD_A_CALL_BURST, 1);
	pace_set(WARD_A_CALL_MS, 300000);
	ASSERT_EQ(ask_until(session, 600000 * MS, &a), 0);
	free(a);
	ASSERT_EQ(pthread_create(&thread, NULL, ask_late, &ret), 0);
	while (!provider_get(WARD_A_QUEUED))
		usleep(10000);
	pace_set(WARD_A_CALL_MS, 0);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
}

/* No wait that must end in ETIME: told at once, and when there will be a call. */
TEST(deadline_before_the_next_call)
{
	unsigned long before;
	struct answer *a;
	uint64_t start;
	int session;

	provider_attach();
	session = session_open();
	pace_set(WARD_A_CALL_BURST, 1);
	pace_set(WARD_A_CALL_MS, 300000);
	start = now_ns(CLOCK_BOOTTIME);
	ASSERT_EQ(ask_until(session, 60000 * MS, &a), 0);
	free(a);
	before = provider_calls();
	EXPECT_EQ(ask_until(session, 60000 * MS, &a), -EAGAIN);
	EXPECT_LE(a->cmd.out_retry_after_ns, 300000 * MS);
	EXPECT_GE(a->cmd.out_retry_after_ns + now_ns(CLOCK_BOOTTIME) - start, 300000 * MS);
	EXPECT_EQ(provider_calls(), before);
	EXPECT_LT(now_ns(CLOCK_BOOTTIME) - start, 60000 * MS);
	free(a);
	/* A deadline that is over is the caller's own. */
	EXPECT_EQ(ask_until(session, 0, &a), -ETIME);
	free(a);
	provider_attach();
}

/* ---- a user's pace ------------------------------------------------------------------------ */

/* How many requests one after the other pass, up to the first EAGAIN. */
static int ask_often(int session, int most, uint64_t *retry)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);
	int i, ret = 0;

	for (i = 0; i < most && !ret; i++)
		ret = answer_ask(a, session);
	*retry = a->cmd.out_retry_after_ns;
	free(a);
	ASSERT_TRUE(!ret || ret == -EAGAIN);
	return ret ? i - 1 : i;
}

static void ask_as_other(int sock)
{
	uint64_t retry;

	(void)sock;
	become(OTHER_UID);
	ASSERT_EQ(ask_often(session_open(), 2, &retry), 2);
}

/*
 * One user has used up what is theirs: told when to come again, to the nanosecond,
 * on every session and though they open new ones; and nobody else is.
 */
TEST(user_that_asks_too_often)
{
	struct timespec wait;
	struct answer *a;
	struct peer peer;
	uint64_t start, retry, late, now;
	int session;

	provider_attach();
	session = session_open();
	pace_set(WARD_A_ASK_BURST, 4);
	pace_set(WARD_A_ASK_MS, 100000);
	start = now_ns(CLOCK_BOOTTIME);
	EXPECT_EQ(ask_often(session, 9, &retry), 4);
	now = now_ns(CLOCK_BOOTTIME);
	/* The first token was taken at or after start. */
	EXPECT_LE(retry, 100000 * MS);
	EXPECT_GE(retry + now, start + 100000 * MS);
	close(session);
	session = session_open();
	EXPECT_EQ(ask_often(session, 1, &late), 0);
	EXPECT_LT(late, retry);
	/* Time passes as much as the wait shrinks. */
	EXPECT_LE(retry - late, now_ns(CLOCK_BOOTTIME) - start);
	peer = peer_start(ask_as_other);
	EXPECT_EQ(peer_wait(&peer), 0);

	/* At the time that it was told there is a token. */
	pace_set(WARD_A_ASK_MS, 2000);
	pace_set(WARD_A_ASK_BURST, 1);
	EXPECT_EQ(ask_often(session, 2, &retry), 0);
	wait = (struct timespec){ retry / 1000000000, retry % 1000000000 };
	nanosleep(&wait, NULL);
	ASSERT_EQ(ask_until(session, 60000 * MS, &a), 0);
	free(a);
	provider_attach();
}

/* ---- whose turn it is ------------------------------------------------------------------------ */

enum { CROWD = 60 };

struct asker {
	pthread_t thread;
	int session, err;
	uint32_t index, leaves;
	uint64_t generation;
};

static void *ask_thread(void *arg)
{
	struct asker *me = arg;
	struct answer *a;

	me->err = ask_until(me->session, ktap_seconds(100000) * MS, &a);
	me->index = a->cmd.out_index;
	me->leaves = a->cmd.out_leaves;
	me->generation = a->cmd.out_generation;
	free(a);
	return NULL;
}

static void start_askers(struct asker *askers, int n)
{
	pthread_attr_t attr;
	int i, session = session_open();

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (i = 0; i < n; i++) {
		askers[i].session = session;
		ASSERT_EQ(pthread_create(&askers[i].thread, &attr, ask_thread, &askers[i]), 0);
	}
}

static void join_askers(struct asker *askers, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		pthread_join(askers[i].thread, NULL);
		ASSERT_EQ(askers[i].err, 0);
	}
}

static void crowd_of_other(int sock)
{
	static struct asker askers[CROWD];

	become(OTHER_UID);
	start_askers(askers, CROWD);
	hear(sock);
	join_askers(askers, CROWD);
}

static void wait_queued(uint64_t n)
{
	int i;

	for (i = 0; i < ktap_seconds(60) * 20 && provider_get(WARD_A_QUEUED) < n; i++)
		usleep(50000);
	ASSERT_EQ(provider_get(WARD_A_QUEUED), n);
}

/* Nobody asks the provider for a caller who was killed while it waited its turn. */
TEST(killed_in_the_queue)
{
	unsigned long before;
	struct answer *a;
	int session;
	pid_t asker;

	provider_attach();
	session = session_open();
	pace_set(WARD_A_CALL_BURST, 1);
	pace_set(WARD_A_CALL_MS, 300000);
	ASSERT_EQ(ask_until(session, 600000 * MS, &a), 0);
	free(a);
	before = provider_calls();
	asker = fork();
	ASSERT_GE(asker, 0);
	if (!asker)
		_exit(ask_until(session, 600000 * MS, &a) ? 1 : 0);
	wait_queued(1);
	ASSERT_EQ(kill(asker, SIGKILL), 0);
	ASSERT_EQ(waitpid(asker, NULL, 0), asker);
	EXPECT_EQ(provider_get(WARD_A_QUEUED), 0);
	pace_set(WARD_A_CALL_MS, 0);
	ASSERT_EQ(ask_until(session, 60000 * MS, &a), 0);
	EXPECT_EQ(a->cmd.out_leaves, 1);
	EXPECT_EQ(provider_calls(), before + 1);
	free(a);
}

/*
 * A greedy user has 60 requests waiting, then a modest one comes with four: they
 * are second, fourth, sixth and eighth of the tree that serves them all.
 */
TEST_TIMEOUT(users_take_turns, 200)
{
	static struct asker modest[4];
	unsigned long before;
	struct peer peer;
	struct answer *a;
	uint64_t seen = 0;
	int session, i;

	provider_attach();
	session = session_open();
	pace_set(WARD_A_CALL_BURST, 1);
	pace_set(WARD_A_CALL_MS, 3000000);
	/* Takes the one token. */
	ASSERT_EQ(ask_until(session, 60000 * MS, &a), 0);
	free(a);
	pace_set(WARD_A_CALL_MS, ktap_seconds(90) * 1000);
	peer = peer_start(crowd_of_other);
	wait_queued(CROWD);
	start_askers(modest, 4);
	wait_queued(CROWD + 4);
	before = provider_calls();
	pace_set(WARD_A_CALL_MS, 0);
	join_askers(modest, 4);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(provider_calls(), before + 1);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(modest[i].leaves, CROWD + 4);
		seen |= 1ull << modest[i].index;
	}
	EXPECT_EQ(seen, 0xaa);
}

/* ---- settings ------------------------------------------------------------------------------------ */

TEST(settings_are_checked_and_told)
{
	static const struct { uint16_t attr; uint32_t value; } bad[] = {
		{ WARD_A_CALL_MS, 3600001 }, { WARD_A_ASK_MS, ~0u },
		{ WARD_A_COOLDOWN_MS, 3600001 }, { WARD_A_CALL_BURST, 0 },
		{ WARD_A_CALL_BURST, 4097 }, { WARD_A_ASK_BURST, 0 },
	};
	struct wire *w = wire_open();
	uint32_t burst = 1;
	int status = 1;
	size_t i;

	pace_set(WARD_A_CALL_MS, 1234);
	pace_set(WARD_A_CALL_BURST, 4096);
	pace_set(WARD_A_ASK_MS, 3600000);
	pace_set(WARD_A_ASK_BURST, 5);
	pace_set(WARD_A_COOLDOWN_MS, 6789);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_EQ(tell(w, WARD_GENL_CMD_PACE_SET, bad[i].attr, &bad[i].value, 4),
			  -EINVAL);
	EXPECT_EQ(tell(w, WARD_GENL_CMD_PACE_SET, 0, NULL, 0), -EINVAL);
	EXPECT_EQ(provider_get(WARD_A_CALL_MS), 1234);
	EXPECT_EQ(provider_get(WARD_A_CALL_BURST), 4096);
	EXPECT_EQ(provider_get(WARD_A_ASK_MS), 3600000);
	EXPECT_EQ(provider_get(WARD_A_ASK_BURST), 5);
	EXPECT_EQ(provider_get(WARD_A_COOLDOWN_MS), 6789);
	if (!fork()) {
		become(WORKER_UID);
		w = wire_open();
		_exit(tell(w, WARD_GENL_CMD_PACE_SET, WARD_A_CALL_BURST, &burst, 4) != -EPERM);
	}
	wait(&status);
	EXPECT_EQ(status, 0);
	pace_set(WARD_A_CALL_MS, 2000);
	pace_set(WARD_A_CALL_BURST, 8);
	pace_set(WARD_A_ASK_MS, 250);
	pace_set(WARD_A_ASK_BURST, 64);
	pace_set(WARD_A_COOLDOWN_MS, 30000);
}

KTAP_MAIN()
