// SPDX-License-Identifier: MIT
/*
 * A malicious host, as the kernel meets it: providers that answer stale, foreign,
 * empty, short and endless things, late, or never. Every answer has its errno, the
 * breaker does as it says, whoever else asks is told in bounded time, and nothing is
 * left of it. Agents play the host on every kernel, and the simulated TEE where there
 * is a report core. A reply is one answer of one provider to one call.
 */
#define _GNU_SOURCE
#include "agent_test.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include "hostile_test.h"
#include "wire.h"

#define SECOND	1000000000ull

/* ---- one caller, and every answer known -------------------------------------------- */

/* What came of @a must be what the doubles meant it to be. */
static void expect_meant(const struct host *host, const struct answer *a, int err)
{
	uint8_t report_data[WARD_DIGEST_LEN];
	int i;

	ASSERT_EQ(err, -(int)host->meant[0]);
	if (err)
		return;
	ASSERT_TRUE(report_data_of(a, report_data));
	ASSERT_MEMEQ(a->evidence + REPORT_DATA_AT, report_data, WARD_DIGEST_LEN);
	ASSERT_EQ(a->cmd.out_parts, HOST_AGENTS - 1);
	for (i = 1; i < HOST_AGENTS; i++)
		ASSERT_EQ(part_error(a, i - 1), host->meant[i]);
}

/* Rounds of HOST_AGENTS replies. What the first few leave is what all of them may. */
TEST_TIMEOUT(every_answer_has_its_errno, 600)
{
	int session = session_open(), calls = replies_wanted() / HOST_AGENTS, i, err;
	struct host *host = host_new(told_seed());
	struct answer *a = answer_with_parts();
	struct memory before = { 0 };
	uint64_t start = now_ns(CLOCK_BOOTTIME);
	int good = 0;

	host_start(host, calls);
	for (i = 0; i < calls; i++) {
		if (i == calls / 20)
			before = memory_now();
		question_next(a);
		err = answer_ask(a, session);
		good += !err;
		expect_meant(host, a, err);
	}
	host_wait(host);
	expect_no_growth(&before, "the agents' replies");
	ktap_note("%d calls, %u replies in %llu s: %d calls answered with evidence; seed %llx",
		  calls, host->replies,
		  (unsigned long long)((now_ns(CLOCK_BOOTTIME) - start) / SECOND), good,
		  (unsigned long long)host->first_seed);
	EXPECT_EQ(host->replies, calls * HOST_AGENTS);
	EXPECT_GT(good, 0);
	EXPECT_LT(good, calls);
	host_end(host);
}

/* ---- others are served ------------------------------------------------------------------ */

enum { CROWD = 6, EACH = 100 };

static int allowed(int err)
{
	return !err || err == -EBADMSG || err == -EOVERFLOW || err == -EIO || err == -ENXIO ||
	       err == -ENOMEM;
}

/** struct bystander - somebody else who asks */
struct bystander {
	pthread_t thread;
	int good, bad, strange;
	uint64_t longest_ns;
};

static void *stand_by(void *arg)
{
	struct bystander *b = arg;
	uint8_t report_data[WARD_DIGEST_LEN];
	struct answer *a = answer_with_parts();
	int session = session_open(), i, err;
	uint64_t start, took;

	for (i = 0; i < EACH; i++) {
		question_next(a);
		start = now_ns(CLOCK_BOOTTIME);
		err = answer_ask(a, session);
		took = now_ns(CLOCK_BOOTTIME) - start;
		b->longest_ns = took > b->longest_ns ? took : b->longest_ns;
		b->good += !err;
		b->bad += err && allowed(err);
		b->strange += !allowed(err);
		if (!err && (!report_data_of(a, report_data) ||
			     memcmp(a->evidence + REPORT_DATA_AT, report_data, WARD_DIGEST_LEN)))
			b->strange++;
	}
	close(session);
	answer_free(a);
	return NULL;
}

/* Callers share the calls of a host that lies in every other answer. */
TEST_TIMEOUT(others_are_served, 300)
{
	struct host *host = host_new(told_seed());
	struct bystander crowd[CROWD] = { { 0 } };
	int i, good = 0, bad = 0;

	host_start(host, HOST_ENDLESS);
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(pthread_create(&crowd[i].thread, NULL, stand_by, &crowd[i]), 0);
	for (i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		good += crowd[i].good;
		bad += crowd[i].bad;
		EXPECT_EQ(crowd[i].strange, 0);
		EXPECT_EQ(crowd[i].good + crowd[i].bad, EACH);
		EXPECT_LT(crowd[i].longest_ns, ktap_seconds(60) * SECOND);
	}
	EXPECT_GT(good, 0);
	ktap_note("%d requests in %u replies: %d answered, %d told why not", CROWD * EACH,
		  host->replies, good, bad);
	host_stop(host);
	host_end(host);
}

/* ---- the breaker --------------------------------------------------------------------------- */

/* After @meant, what the breaker is: by the words of ward_attest.h. */
static bool opens(uint32_t meant, int *failures)
{
	if (meant == EBADMSG || meant == EOVERFLOW)
		return true;
	if (!meant)
		*failures = 0;
	return (meant == EIO || meant == ENXIO) && ++*failures == 3;
}

TEST_TIMEOUT(the_breaker_does_as_it_says, 300)
{
	enum { CALLS = 300 };
	int session = session_open(), i, failures = 0, opened = 0;
	struct host *host = host_new(told_seed());
	struct answer *a = answer_with_parts();

	pace_set(WARD_A_COOLDOWN_MS, 600000);
	host_start(host, CALLS);
	for (i = 0; i < CALLS; i++) {
		question_next(a);
		expect_meant(host, a, answer_ask(a, session));
		if (!opens(host->meant[0], &failures))
			continue;
		opened++;
		EXPECT_EQ(answer_ask(a, session), -EHOSTDOWN);
		EXPECT_EQ(provider_get(WARD_A_BREAKER), WARD_BREAKER_IS_OPEN);
		pace_set(WARD_A_COOLDOWN_MS, 0);
		pace_set(WARD_A_COOLDOWN_MS, 600000);
		failures = 0;
	}
	EXPECT_EQ(provider_get(WARD_A_BREAKER), WARD_BREAKER_IS_CLOSED);
	ktap_note("%d calls: it opened %d times", CALLS, opened);
	EXPECT_GT(opened, 0);
	host_wait(host);
	host_end(host);
	provider_unpaced();
}

/* ---- late, and never -------------------------------------------------------------------------- */

/* Read and never answered, answered too late, not even read; beside, and alone. */
TEST_TIMEOUT(answers_that_never_come, 300)
{
	enum { TIMES = 60, TIMEOUT_MS = 60 };
	int agent, beside, session = session_open(), i;
	struct answer *a = answer_with_parts();
	struct ward_agent_request req;
	struct caller c;
	struct memory before = { 0 };

	memset(&req, 0, sizeof(req));
	no_tsm();
	agent = agent_bind("never", WARD_TEE_SIMULATED, 0, TIMEOUT_MS);
	beside = agent_bind("beside", WARD_TEE_SIMULATED, WARD_AGENT_BESIDE, TIMEOUT_MS);
	ASSERT_GE(agent, 0);
	ASSERT_GE(beside, 0);
	for (i = 0; i < TIMES; i++) {
		if (i == TIMES / 4)
			before = memory_now();
		/* Read, maybe too late already, and answered when nobody wants it. */
		c = (struct caller){ 0 };
		caller_start(&c);
		ASSERT_EQ(fcntl(agent, F_SETFL, O_NONBLOCK), 0);
		while (agent_next(agent, &req) == -EAGAIN && !c.took_ns)
			usleep(1000);
		ASSERT_EQ(caller_wait(&c), -EIO);
		EXPECT_EQ(agent_answer(agent, &req), -ENOENT);
		caller_end(&c);
		/* Not read, and then not there to be read any more. */
		question_next(a);
		ASSERT_EQ(answer_ask(a, session), -EIO);
		ASSERT_EQ(agent_next(agent, &req), -EAGAIN);
	}
	expect_no_growth(&before, "answers that never came");
	close(beside);
	close(agent);
	answer_free(a);
	close(session);
}

static void *ask_in_vain(void *arg)
{
	struct bystander *b = arg;
	struct answer *a = answer_with_parts();
	int session = session_open(), err;
	uint64_t start = now_ns(CLOCK_BOOTTIME);

	question_next(a);
	a->cmd.deadline_ns = start + 2 * SECOND;
	err = answer_ask(a, session);
	b->longest_ns = now_ns(CLOCK_BOOTTIME) - start;
	b->bad = err == -ETIME;
	b->strange = err && err != -ETIME;
	close(session);
	answer_free(a);
	return NULL;
}

/*
 * As sev-guest does where the host says BUSY: a minute in the call, and then an error.
 * Who asked with a deadline has it kept; the minute is the provider's alone.
 */
TEST_TIMEOUT(a_minute_of_busy, 300)
{
	struct bystander crowd[CROWD] = { { 0 } };
	struct answer *a = answer_with_parts();
	struct utsname name;
	uint64_t start;
	int i, session;

	ASSERT_EQ(uname(&name), 0);
	need_provider();
	if (strncmp(name.release, "6.12", 4))
		SKIP("a minute on one kernel is enough");
	provider_attach();
	fault("error", "16");
	fault("slow_ms", "60000");
	session = session_open();
	start = now_ns(CLOCK_BOOTTIME);
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(pthread_create(&crowd[i].thread, NULL, ask_in_vain, &crowd[i]), 0);
	for (i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		EXPECT_EQ(crowd[i].bad, 1);
		EXPECT_EQ(crowd[i].strange, 0);
		EXPECT_LT(crowd[i].longest_ns, ktap_seconds(50) * SECOND);
	}
	/* The call goes on, and whoever waits for the next one has it after the minute. */
	fault("error", "0");
	fault("slow_ms", "0");
	a->cmd.deadline_ns = start + 150 * SECOND;
	EXPECT_EQ(answer_ask(a, session), 0);
	EXPECT_GE(now_ns(CLOCK_BOOTTIME) - start, 59 * SECOND);
	provider_attach();
}

/* ---- the simulated TEE ---------------------------------------------------------------------------- */

/* What tsmsim does with "hostile" set, by its own sequence. */
static int meant_by_tsmsim(uint32_t *state)
{
	static const int meant[16] = {
		0, -EBADMSG, -EBADMSG, -EBADMSG, -EBADMSG, -EOVERFLOW, -EIO, -ENXIO, -ENOMEM,
		-EIO,
	};

	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return meant[*state % 16];
}

TEST_TIMEOUT(every_answer_of_the_tee_has_its_errno, 300)
{
	enum { CALLS = 4000, WARM = 300 };
	uint32_t state = (uint32_t)told_seed() | 1;
	struct answer *a = answer_with_parts();
	int session, i, good = 0, err;
	struct memory before = { 0 };
	unsigned long calls;
	char seed[16];

	provider_attach();
	session = session_open();
	snprintf(seed, sizeof(seed), "%u", state);
	ktap_note("seed %s", seed);
	fault("hostile", seed);
	calls = provider_calls();
	for (i = 0; i < CALLS; i++) {
		if (i == WARM)
			before = memory_now();
		question_next(a);
		err = answer_ask(a, session);
		good += !err;
		ASSERT_EQ(err, meant_by_tsmsim(&state));
	}
	EXPECT_EQ(provider_calls() - calls, CALLS);
	fault("hostile", "0");
	expect_no_growth(&before, "the TEE's replies");
	ktap_note("%d replies of the simulated TEE, %d of them evidence", CALLS, good);
	EXPECT_GT(good, 0);
	provider_attach();
	answer_free(a);
}

/*
 * The same while somebody writes to the entry: lengths change between the reading of a
 * length and that of the bytes, and generations are not what they should be.
 */
TEST_TIMEOUT(lengths_and_generations_that_change, 300)
{
	enum { CALLS = 300 };
	struct answer *a = answer_with_parts();
	uint8_t report_data[WARD_DIGEST_LEN];
	struct meddler meddler = { 0 };
	int session, i, good = 0, err;
	unsigned long calls;

	provider_attach();
	session = session_open();
	fault("hostile", "1");
	/* Who waits to write while a report is made comes before it is read. */
	fault("slow_ms", "1");
	calls = provider_calls();
	meddler_start(&meddler);
	for (i = 0; i < CALLS; i++) {
		question_next(a);
		err = answer_ask(a, session);
		EXPECT_TRUE(allowed(err));
		if (err)
			continue;
		good++;
		ASSERT_TRUE(report_data_of(a, report_data));
		ASSERT_MEMEQ(a->evidence + REPORT_DATA_AT, report_data, WARD_DIGEST_LEN);
	}
	meddler_stop(&meddler);
	fault("hostile", "0");
	fault("slow_ms", "0");
	ktap_note("%d requests, %lu replies under fire, %d of them evidence", CALLS,
		  provider_calls() - calls, good);
	EXPECT_EQ((free(attest(session, WARD_PURPOSE_REPORT, &err)), err), 0);
	provider_attach();
	answer_free(a);
}

/* What the tests before took away. */
TEST(the_link_is_made_again)
{
	tsm_again();
}

KTAP_MAIN()
