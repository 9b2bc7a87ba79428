// SPDX-License-Identifier: MIT
/*
 * A provider that fails again and again, or answers with what is no evidence, is
 * left alone: who asks is told at once, it is recorded, and one probe, made
 * only when somebody asks, lets everybody in again.
 */
#include "agent_test.h"

#include <pthread.h>

#include "wire.h"

#define MS	1000000ull

static int ask_once(int session, uint64_t *retry)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);
	int ret = answer_ask(a, session);

	*retry = a->cmd.out_retry_after_ns;
	if (!ret)
		answer_check(a);
	free(a);
	return ret;
}

static int ask_short(int session)
{
	uint64_t retry;

	return ask_once(session, &retry);
}

static void breaker_reset(uint32_t cooldown_ms)
{
	provider_attach();
	pace_set(WARD_A_COOLDOWN_MS, cooldown_ms);
	ASSERT_EQ(provider_get(WARD_A_BREAKER), WARD_BREAKER_IS_CLOSED);
}

/* ---- the newest record of the breaker, by EVENT_GET's dump of the global chain ------- */

static void keep_breaker(const struct attrs *attrs, void *arg)
{
	const struct ward_event *ev = attr_data(attrs, WARD_A_EVENT, WARD_EVENT_SIZE);

	if (ev->type == WARD_EVENT_BREAKER)
		*(struct ward_event *)arg = *ev;
}

static struct ward_event last_breaker_event(void)
{
	static const uint8_t global[WARD_ID_LEN];
	const struct request_attr of_global = { WARD_A_SESSION_ID, sizeof(global), global };
	struct ward_event last = { 0 };
	struct wire *w = wire_open();

	ASSERT_EQ(dump_each(w, WARD_GENL_CMD_EVENT_GET, &of_global, 1, keep_breaker, &last), 0);
	close(w->fd);
	free(w);
	return last;
}

static void expect_recorded(int reason, int err, uint64_t cooldown_ms)
{
	struct ward_event ev = last_breaker_event();

	EXPECT_EQ(ev.type, WARD_EVENT_BREAKER);
	EXPECT_EQ(ev.reason, reason);
	EXPECT_EQ(ev.id, err);
	EXPECT_EQ(ev.cost_ns, cooldown_ms * MS);
}

/* ---- what opens it ------------------------------------------------------------------------ */

TEST(garbage_opens_it_at_once)
{
	static const char * const garbage[] = { "stale", "empty", "short", "oversized" };
	int session = session_open(), err;
	unsigned long before;
	uint64_t retry, before_ns, after_ns, asked_ns;
	size_t i;

	for (i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		breaker_reset(600000);
		EXPECT_EQ(ask_short(session), 0);
		fault(garbage[i], "1");
		before_ns = now_ns(CLOCK_BOOTTIME);
		err = ask_short(session);
		after_ns = now_ns(CLOCK_BOOTTIME);
		EXPECT_EQ(err, i == 3 ? -EOVERFLOW : -EBADMSG);
		fault(garbage[i], "0");
		EXPECT_EQ(provider_get(WARD_A_BREAKER), WARD_BREAKER_IS_OPEN);
		expect_recorded(1, -err, 600000);
		before = provider_calls();
		asked_ns = now_ns(CLOCK_BOOTTIME);
		EXPECT_EQ(ask_once(session, &retry), -EHOSTDOWN);
		/* It opened between the two moments, and the answer is of after the third. */
		EXPECT_LE(retry + asked_ns, after_ns + 600000 * MS);
		EXPECT_GE(retry + now_ns(CLOCK_BOOTTIME), before_ns + 600000 * MS);
		EXPECT_EQ(provider_calls(), before);
		pace_set(WARD_A_COOLDOWN_MS, 0);
		expect_recorded(0, 0, 0);
		EXPECT_EQ(ask_short(session), 0);
	}
}

TEST(three_failures_in_a_row_open_it)
{
	int session = session_open(), i;

	breaker_reset(600000);
	for (i = 0; i < 3; i++) {
		fault("error", "5");
		EXPECT_EQ(ask_short(session), -EIO);
		EXPECT_EQ(ask_short(session), -EIO);
		fault("error", "0");
		EXPECT_EQ(ask_short(session), 0);
	}
	/* No memory is nobody's fault. */
	fault("error", "12");
	for (i = 0; i < 4; i++)
		EXPECT_EQ(ask_short(session), -ENOMEM);
	EXPECT_EQ(provider_get(WARD_A_BREAKER), WARD_BREAKER_IS_CLOSED);
	fault("error", "5");
	for (i = 0; i < 3; i++)
		EXPECT_EQ(ask_short(session), -EIO);
	EXPECT_EQ(ask_short(session), -EHOSTDOWN);
	expect_recorded(2, EIO, 600000);
	provider_attach();
}

/* The kernel's TSM says ENOTTY where the provider left, and where its key is lost. */
TEST(a_provider_that_stays_and_says_it_is_gone)
{
	int session = session_open(), i;

	breaker_reset(600000);
	fault("error", "25");
	for (i = 0; i < 3; i++)
		EXPECT_EQ(ask_short(session), -ENXIO);
	EXPECT_EQ(ask_short(session), -EHOSTDOWN);
	expect_recorded(2, ENXIO, 600000);
	fault("error", "0");
	provider_attach();
}

TEST(agents_that_end_have_failed_nobody)
{
	struct ward_agent_request req;
	struct caller c;
	int agent, i;

	no_tsm();
	pace_set(WARD_A_COOLDOWN_MS, 600000);
	for (i = 0; i < 4; i++) {
		agent = agent_bind("dies", WARD_TEE_SIMULATED, 0, 0);
		ASSERT_GE(agent, 0);
		memset(&c, 0, sizeof(c));
		caller_start(&c);
		ASSERT_EQ(agent_next(agent, &req), 1);
		close(agent);
		EXPECT_EQ(caller_wait(&c), -ENXIO);
		caller_end(&c);
	}
	EXPECT_EQ(provider_get(WARD_A_BREAKER), WARD_BREAKER_IS_CLOSED);
	tsm_again();
	provider_unpaced();
}

/* ---- the probe ----------------------------------------------------------------------------- */

static void cool(uint64_t ns)
{
	struct timespec wait = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&wait, NULL);
}

TEST(one_probe_after_the_cool_down)
{
	unsigned long before;
	int session = session_open();
	uint64_t retry, again;

	breaker_reset(1000);
	fault("stale", "1");
	EXPECT_EQ(ask_short(session), -EBADMSG);
	EXPECT_EQ(ask_once(session, &retry), -EHOSTDOWN);
	EXPECT_LE(retry, 1000 * MS);
	/* Nobody asks: nothing is called. */
	before = provider_calls();
	cool(3000 * MS);
	EXPECT_EQ(provider_calls(), before);
	EXPECT_EQ(provider_get(WARD_A_PROBE_NS), 0);
	/* The probe fails: twice as long. */
	EXPECT_EQ(ask_short(session), -EBADMSG);
	expect_recorded(3, EBADMSG, 2000);
	EXPECT_GT(provider_calls(), before);
	if (ask_once(session, &again) == -EHOSTDOWN)
		EXPECT_LE(again, 2000 * MS);
	fault("stale", "0");
	pace_set(WARD_A_COOLDOWN_MS, 1000);
	cool(5000 * MS);
	EXPECT_EQ(ask_short(session), 0);
	expect_recorded(0, 0, 0);
	EXPECT_EQ(provider_get(WARD_A_BREAKER), WARD_BREAKER_IS_CLOSED);
	EXPECT_EQ(ask_short(session), 0);
	provider_attach();
}

static void ask_slowly(int sock)
{
	int session = session_open();

	say(sock);
	ASSERT_EQ(ask_short(session), 0);
}

/* While it is under way the others are still refused; killed, it is a probe all the same. */
TEST(others_wait_for_the_probe)
{
	int session = session_open(), i;
	struct peer peer;
	uint64_t retry;

	breaker_reset(1000);
	fault("empty", "1");
	EXPECT_EQ(ask_short(session), -EBADMSG);
	fault("empty", "0");
	cool(1500 * MS);
	fault("slow_ms", "3000");
	peer = peer_start(ask_slowly);
	hear(peer.sock);
	for (i = 0; i < 1000 && provider_get(WARD_A_BREAKER) != WARD_BREAKER_IS_PROBING; i++)
		usleep(1000);
	EXPECT_EQ(ask_once(session, &retry), -EHOSTDOWN);
	EXPECT_GT(retry, 0);
	fault("slow_ms", "0");
	peer_kill(&peer);
	for (i = 0; i < 2000 && provider_get(WARD_A_BREAKER) != WARD_BREAKER_IS_CLOSED; i++)
		usleep(10000);
	EXPECT_EQ(ask_short(session), 0);
	provider_attach();
}

/* ---- who waits when it opens, and who comes with another provider ------------------------------ */

struct waiter {
	pthread_t thread;
	int session, err;
	uint64_t retry;
};

static void *wait_thread(void *arg)
{
	struct waiter *me = arg;

	me->err = ask_once(me->session, &me->retry);
	return NULL;
}

TEST(who_waits_is_told)
{
	unsigned long before;
	struct waiter w[4];
	int i;

	breaker_reset(600000);
	before = provider_calls();
	fault("short", "1");
	fault("slow_ms", "8000");
	for (i = 0; i < 4; i++) {
		w[i].session = session_open();
		ASSERT_EQ(pthread_create(&w[i].thread, NULL, wait_thread, &w[i]), 0);
		if (!i)
			call_begins(before);
	}
	for (i = 0; i < 4; i++)
		pthread_join(w[i].thread, NULL);
	fault("slow_ms", "0");
	fault("short", "0");
	EXPECT_EQ(w[0].err, -EBADMSG);
	for (i = 1; i < 4; i++) {
		EXPECT_EQ(w[i].err, -EHOSTDOWN);
		EXPECT_GT(w[i].retry, 0);
	}
	provider_attach();
}

TEST(another_provider_starts_anew)
{
	int session = session_open();

	breaker_reset(600000);
	fault("empty", "1");
	EXPECT_EQ(ask_short(session), -EBADMSG);
	fault("empty", "0");
	EXPECT_EQ(ask_short(session), -EHOSTDOWN);
	provider_detach();
	EXPECT_EQ(ask_short(session), -ENODEV);
	breaker_reset(600000);
	EXPECT_EQ(ask_short(session), 0);
	provider_attach();
}

KTAP_MAIN()
