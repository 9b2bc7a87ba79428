// SPDX-License-Identifier: MIT
/*
 * Raw report data: evidence over 64 bytes of the caller's own, where the policy
 * allows it. What may be asked; that the TEE signs just that; that it is never
 * taken for claims, shared or kept; and that it is asked for at the pace of all.
 */
#include "agent_test.h"
#include "policy_test.h"
#include "ward_test.h"

static const struct policy raw_for_all = { .otherwise = ALL | ONE(WARD_PURPOSE_RAW) };

static void policy(const struct policy *p)
{
	struct wire *w = wire_open();

	ASSERT_EQ(set(w, p), 0);
	close(w->fd);
	free(w);
}

/* A hash of 48 bytes, padded. */
static void draw(uint8_t out[WARD_BINDING_LEN])
{
	memset(out, 0, WARD_BINDING_LEN);
	fill_words(out, WARD_BINDING_LEN - WARD_RAW_ZEROES, now_ns(CLOCK_BOOTTIME));
}

/* An agent alone, and a policy that lets everybody have raw report data. */
static int begin(void)
{
	int agent;

	no_tsm();
	policy(&raw_for_all);
	agent = agent_bind("tester", WARD_TEE_SIMULATED, 0, 0);
	ASSERT_GE(agent, 0);
	return agent;
}

static int raw_once(int session, const uint8_t *report_data)
{
	struct answer *a = answer_new_raw(report_data);
	int ret = answer_ask(a, session);

	free(a);
	return ret;
}

static void expect_recorded(int session, int type, int reason, const uint8_t *report_data)
{
	struct ward_event ev = last_event(session);

	EXPECT_EQ(ev.type, type);
	EXPECT_EQ(ev.reason, reason);
	EXPECT_EQ(ev.id, WARD_PURPOSE_RAW);
	EXPECT_MEMEQ(ev.detail, report_data, sizeof(ev.detail));
}

/* ---- who may --------------------------------------------------------------------- */

TEST(denied_unless_allowed)
{
	uint8_t data[WARD_BINDING_LEN];
	int session = session_open();
	struct answer *a;

	draw(data);
	policy(&open_to_all);
	a = answer_new_raw(data);
	EXPECT_EQ(answer_ask(a, session), -EACCES);
	EXPECT_EQ(a->cmd.out_denied, WARD_DENIED_OTHERS);
	EXPECT_EQ(a->cmd.out_denied_by, ALL);
	/* An older program has no room for the reason, and is refused all the same. */
	a->cmd.size = offsetof(struct ward_attest, out_denied_by);
	a->cmd.out_denied = 77;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &a->cmd), -EACCES);
	EXPECT_EQ(a->cmd.out_denied, 77);
}

static const uint8_t *as_worker_data;

static void ask_as_worker(int sock)
{
	int session;
	struct answer *a;

	become(WORKER_UID);
	session = session_open();
	ASSERT_EQ(raw_once(session, as_worker_data), 0);
	a = answer_new(WARD_PURPOSE_REPORT);
	ASSERT_EQ(answer_ask(a, session), -EACCES);
	ASSERT_EQ(a->cmd.out_denied, WARD_DENIED_RULES);
	ASSERT_EQ(a->cmd.out_denied_by, ONE(WARD_PURPOSE_RAW));
	say(sock);
	hear(sock);
}

TEST(a_rule_allows_it_to_one)
{
	const struct policy p = {
		.otherwise = ALL, .n = 1,
		.rules = { { 0, WORKER_UID, ONE(WARD_PURPOSE_RAW), 0 } },
	};
	uint8_t data[WARD_BINDING_LEN];
	struct peer peer;
	int agent = begin();

	draw(data);
	policy(&p);
	as_worker_data = data;
	EXPECT_EQ(raw_once(session_open(), data), -EACCES);
	peer = peer_start(ask_as_worker);
	agent_serve(agent);
	hear(peer.sock);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* ---- what may be asked --------------------------------------------------------------- */

static int64_t asked_with(const struct answer *right, size_t at, uint8_t bits)
{
	struct answer *a = calloc(1, sizeof(*a));
	int ret;

	ASSERT_TRUE(a != NULL);
	a->cmd = right->cmd;
	((uint8_t *)&a->cmd)[at] ^= bits;
	ret = answer_ask(a, session_open());
	free(a);
	return ret;
}

/* Whatever bit of the tail, or of what claims would hold, is set. */
TEST(what_it_takes)
{
	static const struct { size_t at, len; } zero[] = {
		{ offsetof(struct ward_attest, binding) + 48, 16 },
		{ offsetof(struct ward_attest, nonce_len), 4 },
		{ offsetof(struct ward_attest, nonce), WARD_NONCE_MAX },
		{ offsetof(struct ward_attest, subject), WARD_ID_LEN },
		{ offsetof(struct ward_attest, max_age_ns), 8 },
		{ offsetof(struct ward_attest, reserved), 4 },
	};
	uint8_t data[WARD_BINDING_LEN];
	struct answer *right;
	unsigned int bit;
	size_t i, at;

	draw(data);
	right = answer_new_raw(data);
	policy(&raw_for_all);
	for (i = 0; i < sizeof(zero) / sizeof(*zero); i++)
		for (at = zero[i].at; at < zero[i].at + zero[i].len; at++)
			for (bit = 0; bit < 8; bit += 7)
				EXPECT_EQ(asked_with(right, at, 1 << bit), -EINVAL);
	/* No purpose beyond it. */
	EXPECT_EQ(asked_with(right, offsetof(struct ward_attest, purpose), 6 ^ 7), -EOPNOTSUPP);
	policy(&open_to_all);
	/* What is wrong is wrong whoever asks. */
	EXPECT_EQ(asked_with(right, zero[0].at, 1), -EINVAL);
}

TEST(the_session_counts_too)
{
	struct ward_seal seal = { .size = sizeof(seal) };
	uint8_t data[WARD_BINDING_LEN];
	struct caller c = { .raw = data };
	int agent = begin(), session = session_open();
	struct wire *w = wire_open();
	struct ward_info info = session_info(session);

	draw(data);
	ASSERT_EQ(ward_call(session, WARD_SEAL, &seal), 0);
	ASSERT_EQ(tell(w, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID, info.out_session,
		       WARD_ID_LEN), 0);
	EXPECT_EQ(raw_once(session, data), -ESHUTDOWN);
	EXPECT_EQ(caller_served(&c, agent), 0);
	caller_end(&c);
}

/* ---- what is answered -------------------------------------------------------------------- */

static void expect_answer(const struct answer *a, const uint8_t *data)
{
	static const struct ward_claims none;

	EXPECT_EQ(a->cmd.claims_len, 0);
	EXPECT_EQ(a->cmd.path_len, 0);
	EXPECT_EQ(a->cmd.out_index, 0);
	EXPECT_EQ(a->cmd.out_leaves, 0);
	EXPECT_EQ(a->cmd.out_age_ns, 0);
	EXPECT_EQ(a->cmd.out_tee, WARD_TEE_SIMULATED);
	EXPECT_MEMEQ(&a->claims, &none, sizeof(none));
	EXPECT_EQ(a->cmd.evidence_len, REPORT_LEN);
	EXPECT_MEMEQ(a->evidence + REPORT_DATA_AT, data, WARD_BINDING_LEN);
}

/* All 64 bytes reach the agent as they are, those of a hash and none at all. */
TEST(the_agent_signs_what_was_asked)
{
	struct ward_agent_request req;
	uint8_t data[WARD_BINDING_LEN];
	struct caller c;
	int agent = begin(), i;

	for (i = 0; i < 3; i++) {
		draw(data);
		if (i)
			memset(data, i == 1 ? 0 : 0xff, 48);
		c = (struct caller){ .raw = data };
		caller_start(&c);
		ASSERT_EQ(agent_next(agent, &req), 1);
		EXPECT_MEMEQ(req.report_data, data, sizeof(data));
		ASSERT_EQ(agent_answer(agent, &req), 0);
		ASSERT_EQ(caller_wait(&c), 0);
		expect_answer(c.a, data);
		EXPECT_STREQ((const char *)c.a->cmd.out_provider, "tester");
		caller_end(&c);
	}
}

TEST(the_tee_signs_what_was_asked)
{
	uint8_t data[WARD_BINDING_LEN];
	struct answer *a;
	int session;

	provider_attach();
	policy(&raw_for_all);
	session = session_open();
	draw(data);
	a = answer_new_raw(data);
	ASSERT_EQ(answer_ask(a, session), 0);
	expect_answer(a, data);
	EXPECT_EQ(report_signature(a->evidence, a->aux, a->cmd.aux_len), 1);
	expect_recorded(session, WARD_EVENT_ATTEST_OK, 0, data);
}

/* Room for claims is not asked for; for evidence it is, before anybody is called. */
TEST(room)
{
	uint8_t data[WARD_BINDING_LEN];
	struct ward_attest cmd = { .size = sizeof(cmd), .purpose = WARD_PURPOSE_RAW };
	static uint8_t evidence[REPORT_LEN];
	int session;

	provider_attach();
	policy(&raw_for_all);
	session = session_open();
	draw(data);
	memcpy(cmd.binding, data, sizeof(data));
	cmd.out_denied = 77;
	cmd.out_denied_by = 77;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &cmd), -EMSGSIZE);
	/* It was not denied, and says so. */
	EXPECT_EQ(cmd.out_denied, WARD_DENIED_NOT);
	EXPECT_EQ(cmd.out_denied_by, 0);
	EXPECT_EQ(cmd.claims_len, 0);
	EXPECT_EQ(cmd.path_len, 0);
	EXPECT_EQ(cmd.evidence_len, WARD_EVIDENCE_MAX);
	cmd.evidence_addr = (uintptr_t)evidence;
	cmd.evidence_len = sizeof(evidence);
	cmd.aux_len = 0;
	cmd.manifest_len = 0;
	cmd.more_len = 0;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &cmd), 0);
	EXPECT_MEMEQ(evidence + REPORT_DATA_AT, data, sizeof(data));
}

TEST(those_beside_are_asked_the_same)
{
	static uint8_t more[4096];
	uint8_t data[WARD_BINDING_LEN];
	struct caller c = { .raw = data, .more = more, .more_room = sizeof(more) };
	struct ward_agent_request one, two;
	const struct ward_evidence_part *part = (const void *)more;
	int agent = begin(), beside;

	beside = agent_bind("beside", WARD_TEE_SIMULATED, WARD_AGENT_BESIDE, 0);
	ASSERT_GE(beside, 0);
	draw(data);
	caller_start(&c);
	ASSERT_EQ(agent_next(agent, &one), 1);
	ASSERT_EQ(agent_next(beside, &two), 1);
	EXPECT_MEMEQ(two.report_data, data, sizeof(data));
	ASSERT_EQ(agent_answer(beside, &two), 0);
	ASSERT_EQ(agent_answer(agent, &one), 0);
	ASSERT_EQ(caller_wait(&c), 0);
	expect_answer(c.a, data);
	ASSERT_EQ(c.a->cmd.out_parts, 1);
	EXPECT_EQ(part->error, 0);
	EXPECT_MEMEQ(more + sizeof(*part) + REPORT_DATA_AT, data, sizeof(data));
	caller_end(&c);
}

/* Of another's report data, or none: as with claims. */
TEST(wrong_evidence_fails_it)
{
	struct ward_agent_request req;
	uint8_t data[WARD_BINDING_LEN], report[REPORT_LEN];
	struct caller c = { .raw = data };
	int agent = begin();

	draw(data);
	caller_start(&c);
	ASSERT_EQ(agent_next(agent, &req), 1);
	req.report_data[47] ^= 1;
	report_over(req.report_data, report);
	EXPECT_EQ(agent_reply(agent, req.cookie, report, sizeof(report)), -EBADMSG);
	ASSERT_EQ(pthread_join(c.thread, NULL), 0);
	EXPECT_EQ(c.err, -EBADMSG);
	expect_recorded(c.session, WARD_EVENT_ATTEST_FAIL, EBADMSG, data);
	close(c.session);
	caller_end(&c);
}

/* ---- alone, and at the pace of all ---------------------------------------------------------- */

enum { CLAIMANTS = 5, RAWS = 3 };

static void wait_for_queue(uint32_t n)
{
	int i;

	for (i = 0; i < 3000 && provider_get(WARD_A_QUEUED) != n; i++)
		usleep(10000);
	ASSERT_EQ(provider_get(WARD_A_QUEUED), n);
}

static int which(const uint8_t (*data)[WARD_BINDING_LEN], const uint8_t *wanted)
{
	int i;

	for (i = 0; i < RAWS; i++)
		if (!memcmp(data[i], wanted, WARD_BINDING_LEN))
			return i;
	return -1;
}

/* While a call is under way raw requests and others come, mixed. */
TEST(never_in_a_tree)
{
	static struct caller callers[1 + CLAIMANTS + RAWS];
	static uint8_t data[RAWS][WARD_BINDING_LEN];
	uint8_t report_data[WARD_DIGEST_LEN];
	struct ward_agent_request req;
	int agent = begin(), seen[RAWS] = { 0 }, trees = 0, i, raw = 0;

	caller_start(&callers[0]);
	ASSERT_EQ(agent_next(agent, &req), 1);
	for (i = 1; i <= CLAIMANTS + RAWS; i++) {
		if (i % 2 == 0 && raw < RAWS) {
			draw(data[raw]);
			callers[i].raw = data[raw++];
		}
		caller_start(&callers[i]);
		wait_for_queue(i);
	}
	ASSERT_EQ(agent_answer(agent, &req), 0);
	for (i = 0; i < 1 + RAWS; i++) {
		ASSERT_EQ(agent_next(agent, &req), 1);
		raw = which((const void *)data, req.report_data);
		if (raw < 0)
			trees++;
		else
			seen[raw]++;
		ASSERT_EQ(agent_answer(agent, &req), 0);
	}
	EXPECT_EQ(trees, 1);
	for (i = 0; i < RAWS; i++)
		EXPECT_EQ(seen[i], 1);
	for (i = 0; i <= CLAIMANTS + RAWS; i++) {
		ASSERT_EQ(caller_wait(&callers[i]), 0);
		if (callers[i].raw) {
			expect_answer(callers[i].a, callers[i].raw);
		} else {
			EXPECT_EQ(callers[i].a->cmd.out_leaves, i ? CLAIMANTS : 1);
			ASSERT_TRUE(report_data_of(callers[i].a, report_data));
			EXPECT_MEMEQ(callers[i].a->evidence + REPORT_DATA_AT, report_data,
				     sizeof(report_data));
		}
		caller_end(&callers[i]);
	}
	ASSERT_EQ(fcntl(agent, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(agent_next(agent, &req), -EAGAIN);
}

/* The same again is another call. */
TEST(never_kept)
{
	uint8_t data[WARD_BINDING_LEN];
	unsigned long before;
	int session;

	provider_attach();
	policy(&raw_for_all);
	session = session_open();
	draw(data);
	before = provider_calls();
	EXPECT_EQ(raw_once(session, data), 0);
	EXPECT_EQ(raw_once(session, data), 0);
	EXPECT_EQ(provider_calls(), before + 2);
}

TEST(the_pace_of_all)
{
	uint8_t data[WARD_BINDING_LEN];
	struct caller c = { .raw = data };
	int agent = begin(), err, session = session_open();

	draw(data);
	pace_set(WARD_A_ASK_BURST, 1);
	pace_set(WARD_A_ASK_MS, 3600000);
	EXPECT_EQ(caller_served(&c, agent), 0);
	caller_end(&c);
	EXPECT_EQ(raw_once(session, data), -EAGAIN);
	free(attest(session, WARD_PURPOSE_REPORT, &err));
	EXPECT_EQ(err, -EAGAIN);
	provider_unpaced();
}

TEST(the_breaker_of_all)
{
	struct ward_agent_request req;
	uint8_t data[WARD_BINDING_LEN];
	struct caller c = { .raw = data };
	int agent = begin(), err, session = session_open();

	draw(data);
	pace_set(WARD_A_COOLDOWN_MS, 600000);
	caller_start(&c);
	ASSERT_EQ(agent_next(agent, &req), 1);
	EXPECT_EQ(agent_reply(agent, req.cookie, data, sizeof(data)), -EBADMSG);
	EXPECT_EQ(caller_wait(&c), -EBADMSG);
	caller_end(&c);
	EXPECT_EQ(raw_once(session, data), -EHOSTDOWN);
	free(attest(session, WARD_PURPOSE_REPORT, &err));
	EXPECT_EQ(err, -EHOSTDOWN);
	provider_unpaced();
}

/* What the tests before took away or allowed. */
TEST(as_it_was)
{
	policy(&open_to_all);
	tsm_again();
}

KTAP_MAIN()
