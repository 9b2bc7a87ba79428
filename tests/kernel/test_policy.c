// SPDX-License-Identifier: MIT
/*
 * The administrator's policy: who may ask for evidence, for what, on what machine;
 * and that claims name the policy by which they were let out. Latches are
 * test_z_latches.c's.
 */
#define _GNU_SOURCE
#include "attest_test.h"

#include <stdio.h>
#include <sys/prctl.h>

#include "policy_test.h"

/*
 * What asking for @purpose gives, as the present user: 0 also where nothing is attached,
 * else WARD_DENIED_* and, in *@by, what comes with it.
 */
static uint32_t denied(uint32_t purpose, uint64_t *by)
{
	struct answer *a = answer_new(purpose);
	int session = session_open(), err;
	uint32_t why;

	ASSERT_GE(session, 0);
	a->cmd.out_denied = 99;
	a->cmd.out_denied_by = 99;
	err = answer_ask(a, session);
	why = err == -EACCES ? a->cmd.out_denied : 0;
	*by = a->cmd.out_denied_by;
	ASSERT_TRUE(err == -EACCES || err == -ENODEV || !err);
	/* What is no success leaves it, but for what denies. */
	if (err == -EACCES)
		ASSERT_NE(why, 0);
	else
		ASSERT_EQ(a->cmd.out_denied, err ? 99 : 0);
	free(a);
	close(session);
	return why;
}

static uint32_t asked_purpose, expected;
static uint64_t expected_by;

static void ask_as_worker(int sock)
{
	uint64_t by;

	(void)sock;
	become(WORKER_UID);
	ASSERT_EQ(denied(asked_purpose, &by), expected);
	if (expected)
		ASSERT_EQ(by, expected_by);
}

static void worker_is_denied(uint32_t purpose, uint32_t why, uint64_t by)
{
	struct peer peer;

	asked_purpose = purpose;
	expected = why;
	expected_by = by;
	peer = peer_start(ask_as_worker);
	EXPECT_EQ(peer_wait(&peer), 0);
}

static void worker_gets(uint32_t purpose)
{
	worker_is_denied(purpose, WARD_DENIED_NOT, 0);
}

/* ---- setting ------------------------------------------------------------------------ */

TEST(none_was_set)
{
	static const uint8_t zero[32];
	uint8_t hash[32];
	uint32_t purposes;

	in_force(wire_open(), hash, &purposes);
	EXPECT_EQ(purposes, ALL);
	EXPECT_MEMEQ(hash, zero, 32);
	worker_gets(WARD_PURPOSE_RELEASE);
}

TEST(hash_of_the_canonical_form)
{
	struct policy p = {
		.otherwise = ONE(WARD_PURPOSE_REPORT), .refuse = WARD_ADVISE_TRACED,
		.posture = WARD_POSTURE_INIT_ON_FREE, .n = 3,
		.rules = { { 0, 7, ALL, 0 }, { 0, 9, 2 | ONE(WARD_PURPOSE_RAW), 0 }, { 1, 7, 4, 0 } },
	};
	struct wire *w = wire_open();
	uint8_t hash[32], mine[32];
	uint32_t purposes;

	ASSERT_EQ(set(w, &p), 0);
	in_force(w, hash, &purposes);
	hash_of(&p, mine);
	EXPECT_MEMEQ(hash, mine, 32);
	EXPECT_EQ(purposes, p.otherwise);
	ASSERT_EQ(set(w, &open_to_all), 0);
}

static void ask_and_set(int sock)
{
	struct attrs attrs;
	struct wire *w;

	(void)sock;
	become(WORKER_UID);
	w = wire_open();
	ASSERT_EQ(ask(w, WARD_GENL_CMD_POLICY_GET, 0, NULL, 0, &attrs), -EPERM);
	ASSERT_EQ(set(w, &open_to_all), -EPERM);
}

TEST(for_administrators)
{
	struct peer peer = peer_start(ask_and_set);

	EXPECT_EQ(peer_wait(&peer), 0);
}

TEST(malformed)
{
	static const struct policy bad[] = {
		{ .otherwise = 1 }, { .otherwise = ONE(7) }, { .refuse = WARD_ADVISE_SECCOMP },
		{ .posture = 1ull << 63 }, { .posture = WARD_POSTURE_KEXEC_LOADED },
		{ .latches = 8 },
		{ .n = 1, .rules = { { 0, ~0u, ALL, 0 } } },
		{ .n = 1, .rules = { { 0, 1, ONE(7), 0 } } },
		{ .n = 2, .rules = { { 0, 2, ALL, 0 }, { 0, 1, ALL, 0 } } },
		{ .n = 2, .rules = { { 0, 1, ALL, 0 }, { 0, 1, ALL, 0 } } },
		{ .n = 2, .rules = { { 1, 1, ALL, 0 }, { 0, 1, ALL, 0 } } },
	};
	uint8_t before[32], after[32], in[16];
	struct request_attr rule[2] = {
		{ WARD_A_PURPOSES, 4, &open_to_all.otherwise }, { NLA_F_NESTED | WARD_A_RULE, 0, in },
	};
	struct wire *w = wire_open();
	uint32_t purposes, i;

	in_force(w, before, &purposes);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(set(w, &bad[i]), -EINVAL);
	EXPECT_EQ(tell(w, WARD_GENL_CMD_POLICY_SET, 0, NULL, 0), -EINVAL);
	/* a rule of nothing, one of a user and a group, one that says nothing of purposes */
	for (i = 0; i < 3; i++) {
		rule[1].len = i ? sizeof(in) : 0;
		put_u32(in, WARD_A_UID, WORKER_UID);
		put_u32(in + 8, i == 1 ? WARD_A_GID : WARD_A_UID, WORKER_UID);
		ASSERT_EQ(send_attrs(w, w->family, NLM_F_ACK, WARD_GENL_CMD_POLICY_SET, rule, 2), 0);
		EXPECT_EQ(receive(w), -EINVAL);
	}
	in_force(w, after, &purposes);
	EXPECT_MEMEQ(before, after, 32);
}

/* ---- judging -------------------------------------------------------------------------- */

TEST(purposes_of_users_and_groups)
{
	const uint32_t release = WARD_PURPOSE_RELEASE, report = WARD_PURPOSE_REPORT;
	struct policy p = {
		.otherwise = 0, .n = 2,
		.rules = { { 0, WORKER_UID, ONE(release), 0 }, { 1, 4242, ONE(report), 0 } },
	};
	struct wire *w = wire_open();
	uint64_t by;

	ASSERT_EQ(set(w, &p), 0);
	worker_gets(release);
	worker_is_denied(report, WARD_DENIED_RULES, ONE(release));
	/* Root is named by no rule. */
	EXPECT_EQ(denied(report, &by), WARD_DENIED_OTHERS);
	EXPECT_EQ(by, 0);
	p.rules[1].id = WARD_GID;
	ASSERT_EQ(set(w, &p), 0);
	worker_gets(release);
	worker_gets(report);
	worker_is_denied(WARD_PURPOSE_CHANNEL, WARD_DENIED_RULES, ONE(release) | ONE(report));
	p.otherwise = ALL;
	ASSERT_EQ(set(w, &p), 0);
	worker_is_denied(WARD_PURPOSE_CHANNEL, WARD_DENIED_RULES, ONE(release) | ONE(report));
	ASSERT_EQ(set(w, &open_to_all), 0);
	worker_gets(WARD_PURPOSE_CHANNEL);
}

TEST(posture_that_is_required)
{
	struct policy p = { .otherwise = ALL, .posture = WARD_POSTURE_MEM_ENCRYPT };
	struct wire *w = wire_open();

	need_provider();
	provider_attach();
	ASSERT_EQ(set(w, &p), 0);
	worker_is_denied(WARD_PURPOSE_RELEASE, WARD_DENIED_POSTURE, WARD_POSTURE_MEM_ENCRYPT);
	ASSERT_EQ(set(w, &open_to_all), 0);
	worker_gets(WARD_PURPOSE_RELEASE);
}

static void ask_undumpable(int sock)
{
	uint64_t by;

	(void)sock;
	become(WORKER_UID);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	ASSERT_EQ(denied(WARD_PURPOSE_RELEASE, &by), WARD_DENIED_PROCESS);
	ASSERT_EQ(by, WARD_ADVISE_DUMPABLE);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	ASSERT_EQ(denied(WARD_PURPOSE_RELEASE, &by), WARD_DENIED_NOT);
}

TEST(dumpable_processes_are_refused)
{
	struct policy p = { .otherwise = ALL, .refuse = WARD_ADVISE_DUMPABLE };
	struct wire *w = wire_open();
	struct peer peer;

	need_provider();
	provider_attach();
	ASSERT_EQ(set(w, &p), 0);
	peer = peer_start(ask_undumpable);
	EXPECT_EQ(peer_wait(&peer), 0);
	ASSERT_EQ(set(w, &open_to_all), 0);
}

TEST(claims_name_the_policy)
{
	struct policy p = { .otherwise = ALL, .n = 1, .rules = { { 0, 77, 0, 0 } } };
	struct wire *w = wire_open();
	int session = session_open(), err;
	uint8_t mine[32];
	struct answer *a;

	need_provider();
	provider_attach();
	ASSERT_EQ(set(w, &p), 0);
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_TRUE(a != NULL);
	answer_check(a);
	hash_of(&p, mine);
	EXPECT_MEMEQ(a->claims.policy_hash, mine, 32);
	ASSERT_EQ(set(w, &open_to_all), 0);
}

/* An answer that was let out by another policy is not given again. */
TEST(another_policy_ends_reuse)
{
	struct answer *a = answer_new(WARD_PURPOSE_RELEASE);
	struct wire *w = wire_open();
	int session = session_open();
	unsigned long calls;

	need_provider();
	provider_attach();
	a->cmd.max_age_ns = 3600ull * 1000000000;
	ASSERT_EQ(answer_ask(a, session), 0);
	calls = provider_calls();
	ASSERT_EQ(answer_ask(a, session), 0);
	EXPECT_EQ(provider_calls(), calls);
	ASSERT_EQ(set(w, &open_to_all), 0);
	ASSERT_EQ(answer_ask(a, session), 0);
	EXPECT_EQ(provider_calls(), calls + 1);
}

KTAP_MAIN()
