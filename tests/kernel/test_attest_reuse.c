// SPDX-License-Identifier: MIT
/*
 * An answer given again: the very same bytes, without a call of the provider and
 * without a record, to the same question of the same process; and each thing
 * that must make it a new request, one by one.
 */
#include "attest_test.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "wire.h"

#define SECOND	1000000000ull
#define LONG	(3600 * SECOND)

static struct answer *question(uint64_t max_age)
{
	struct answer *a = answer_new(WARD_PURPOSE_RELEASE);

	a->cmd.max_age_ns = max_age;
	return a;
}

/* The same question with room of its own. */
static struct answer *again(const struct answer *a)
{
	struct answer *b = calloc(1, sizeof(*b));

	ASSERT_TRUE(b != NULL);
	b->cmd.purpose = a->cmd.purpose;
	b->cmd.nonce_len = a->cmd.nonce_len;
	memcpy(b->cmd.nonce, a->cmd.nonce, WARD_NONCE_MAX);
	memcpy(b->cmd.binding, a->cmd.binding, WARD_BINDING_LEN);
	memcpy(b->cmd.subject, a->cmd.subject, WARD_ID_LEN);
	b->cmd.max_age_ns = a->cmd.max_age_ns;
	return b;
}

static void expect_same(const struct answer *a, const struct answer *b)
{
	EXPECT_MEMEQ(&a->claims, &b->claims, WARD_CLAIMS_SIZE);
	EXPECT_EQ(a->cmd.evidence_len, b->cmd.evidence_len);
	EXPECT_MEMEQ(a->evidence, b->evidence, a->cmd.evidence_len);
	EXPECT_EQ(a->cmd.aux_len, b->cmd.aux_len);
	EXPECT_MEMEQ(a->aux, b->aux, a->cmd.aux_len);
	EXPECT_EQ(a->cmd.path_len, b->cmd.path_len);
	EXPECT_MEMEQ(a->path, b->path, a->cmd.path_len);
	EXPECT_EQ(a->cmd.out_index, b->cmd.out_index);
	EXPECT_EQ(a->cmd.out_leaves, b->cmd.out_leaves);
	EXPECT_EQ(a->cmd.out_generation, b->cmd.out_generation);
}

/* Was @a's question, asked again, answered anew? 1, 0, or -errno. */
static int anew(int session, const struct answer *a)
{
	unsigned long before = provider_calls();
	struct answer *b = again(a);
	int ret = answer_ask(b, session);

	if (!ret) {
		answer_check(b);
		ret = provider_calls() != before;
		EXPECT_EQ(ret, !b->cmd.out_age_ns);
		if (!ret)
			expect_same(a, b);
	}
	free(b);
	return ret;
}

static struct answer *first(int session)
{
	struct answer *a = question(LONG);

	ASSERT_EQ(answer_ask(a, session), 0);
	answer_check(a);
	EXPECT_EQ(a->cmd.out_age_ns, 0);
	return a;
}

static int session;

/* A session with an answer that would be given again. */
static struct answer *begin(void)
{
	struct answer *a;

	provider_attach();
	session = session_open();
	ASSERT_GE(session, 0);
	a = first(session);
	ASSERT_EQ(anew(session, a), 0);
	return a;
}

/* ---- the same again ------------------------------------------------------------- */

TEST(same_bytes_no_call_no_record)
{
	uint64_t reused, before, seq;
	struct answer *a, *b;
	uint64_t asked;

	a = begin();
	seq = a->claims.session_seq;
	reused = provider_get(WARD_A_REUSED);
	before = provider_get(WARD_A_CALLS);
	asked = now_ns(CLOCK_BOOTTIME);
	b = again(a);
	ASSERT_EQ(answer_ask(b, session), 0);
	expect_same(a, b);
	EXPECT_GE(b->cmd.out_age_ns, asked - a->claims.boot_ns);
	EXPECT_LE(b->cmd.out_age_ns, now_ns(CLOCK_BOOTTIME) - a->claims.boot_ns);
	EXPECT_STREQ((const char *)b->cmd.out_provider, "tsmsim");
	EXPECT_EQ(provider_get(WARD_A_REUSED), reused + 1);
	EXPECT_EQ(provider_get(WARD_A_CALLS), before);
	free(b);
	/* Only the first is in the chain: its record is the last but for the new one's. */
	b = question(0);
	ASSERT_EQ(answer_ask(b, session), 0);
	EXPECT_EQ(b->claims.session_seq, seq + 1);
}

/* The pace is not for what costs nothing, nor is a provider that is left alone asked. */
TEST(reuse_is_not_paced)
{
	struct answer *a = begin(), *b;

	pace_set(WARD_A_ASK_BURST, 1);
	pace_set(WARD_A_ASK_MS, 3600000);
	pace_set(WARD_A_CALL_BURST, 1);
	pace_set(WARD_A_CALL_MS, 3600000);
	b = question(0);
	ASSERT_EQ(answer_ask(b, session), 0);
	ASSERT_EQ(answer_ask(b, session), -EAGAIN);
	EXPECT_EQ(anew(session, a), 0);
	provider_attach();
	pace_set(WARD_A_COOLDOWN_MS, 600000);
	fault("empty", "1");
	ASSERT_EQ(answer_ask(b, session), -EBADMSG);
	ASSERT_EQ(answer_ask(b, session), -EHOSTDOWN);
	fault("empty", "0");
	EXPECT_EQ(anew(session, a), 0);
	provider_attach();
}

/* What had too little room is had with more, from what was kept. */
TEST(more_room_costs_no_call)
{
	struct answer *a;
	unsigned long before;

	provider_attach();
	session = session_open();
	a = question(LONG);
	a->cmd.size = sizeof(a->cmd);
	a->cmd.claims_addr = (uintptr_t)&a->claims;
	a->cmd.evidence_addr = (uintptr_t)a->evidence;
	a->cmd.claims_len = WARD_CLAIMS_SIZE;
	a->cmd.evidence_len = 1;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &a->cmd), -EMSGSIZE);
	EXPECT_EQ(a->cmd.evidence_len, 1184);
	before = provider_calls();
	ASSERT_EQ(answer_ask(a, session), 0);
	answer_check(a);
	EXPECT_GT(a->cmd.out_age_ns, 0);
	EXPECT_EQ(provider_calls(), before);
}

static void *ask_in_thread(void *arg)
{
	return (void *)(long)anew(session, arg);
}

TEST(another_thread_may_have_it)
{
	struct answer *a = begin();
	pthread_t thread;
	void *ret;

	ASSERT_EQ(pthread_create(&thread, NULL, ask_in_thread, a), 0);
	pthread_join(thread, &ret);
	EXPECT_EQ((long)ret, 0);
}

/* ---- what makes it a new request, one by one ---------------------------------------- */

TEST(another_question)
{
	struct answer *a = begin(), *b;

	b = again(a);
	b->cmd.purpose = WARD_PURPOSE_REPORT;
	EXPECT_EQ(anew(session, b), 1);
	b = again(a = first(session));
	b->cmd.nonce[0] ^= 1;
	EXPECT_EQ(anew(session, b), 1);
	b = again(a = first(session));
	b->cmd.nonce_len++;
	EXPECT_EQ(anew(session, b), 1);
	b = again(a = first(session));
	b->cmd.binding[WARD_BINDING_LEN - 1] ^= 1;
	EXPECT_EQ(anew(session, b), 1);
	/* Wrong questions are wrong though much of them is right. */
	b = again(a = first(session));
	b->cmd.nonce[WARD_NONCE_MAX - 1] = 1;
	EXPECT_EQ(anew(session, b), -EINVAL);
	b = again(a);
	b->cmd.subject[3] = 1;
	EXPECT_EQ(anew(session, b), -ENOENT);
	EXPECT_EQ(anew(session, a), 0);
}

TEST(too_old)
{
	struct answer *a = begin(), *b = again(a);

	b->cmd.max_age_ns = 1;
	EXPECT_EQ(anew(session, b), 1);
	/* That one was kept in its place. */
	b->cmd.max_age_ns = LONG;
	b->claims = (struct ward_claims) { 0 };
	EXPECT_EQ(answer_ask(b, session), 0);
	EXPECT_GT(b->cmd.out_age_ns, 0);
	EXPECT_TRUE(memcmp(&a->claims, &b->claims, WARD_CLAIMS_SIZE) != 0);
	/* None will do, and none is kept: the other one is still there. */
	a = again(b);
	a->cmd.max_age_ns = 0;
	EXPECT_EQ(anew(session, a), 1);
	ASSERT_EQ(answer_ask(b, session), 0);
	EXPECT_GT(b->cmd.out_age_ns, 0);
}

TEST(another_session)
{
	struct answer *a = begin();

	EXPECT_EQ(anew(session_open(), a), 1);
	EXPECT_EQ(anew(session, a), 0);
}

static const struct answer *of_parent;

static void ask_in_child(int sock)
{
	(void)sock;
	ASSERT_EQ(anew(session, of_parent), 1);
}

TEST(another_process)
{
	struct peer peer;

	of_parent = begin();
	peer = peer_start(ask_in_child);
	EXPECT_EQ(peer_wait(&peer), 0);
	/* The child's took its place. */
	EXPECT_EQ(anew(session, of_parent), 1);
}

TEST(other_credentials)
{
	struct answer *a = begin();

	/* Of this thread alone, and root all the same. */
	ASSERT_EQ(syscall(SYS_setresgid, WARD_GID, WARD_GID, WARD_GID), 0);
	EXPECT_EQ(anew(session, a), 1);
}

TEST(another_cgroup)
{
	struct answer *a = begin();
	char pid[16];

	ASSERT_TRUE(!mkdir("/sys/fs/cgroup/reuse", 0755) || errno == EEXIST);
	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_TRUE(write_to("/sys/fs/cgroup/reuse/cgroup.procs", pid));
	EXPECT_EQ(anew(session, a), 1);
	ASSERT_TRUE(write_to("/sys/fs/cgroup/cgroup.procs", pid));
	rmdir("/sys/fs/cgroup/reuse");
}

TEST(declared_register)
{
	struct ward_measure cmd = { .size = sizeof(cmd), .digest = { 1 } };
	struct answer *a = begin();

	ASSERT_EQ(ward_call(session, WARD_MEASURE, &cmd), 0);
	EXPECT_EQ(anew(session, a), 1);
}

TEST(seal)
{
	struct ward_seal cmd = { .size = sizeof(cmd) };
	struct answer *a = begin();

	ASSERT_EQ(ward_call(session, WARD_SEAL, &cmd), 0);
	EXPECT_EQ(anew(session, a), 1);
	/* To seal again changes nothing. */
	a = first(session);
	ASSERT_EQ(ward_call(session, WARD_SEAL, &cmd), 0);
	EXPECT_EQ(anew(session, a), 0);
}

TEST(lease_set_and_run_out)
{
	struct ward_lease cmd = { .size = sizeof(cmd) };
	struct answer *a = begin();
	int i;

	/* Only asked for: no change. */
	ASSERT_EQ(ward_call(session, WARD_LEASE, &cmd), 0);
	EXPECT_EQ(anew(session, a), 0);
	cmd.deadline_ns = now_ns(CLOCK_BOOTTIME) + 6 * SECOND;
	ASSERT_EQ(ward_call(session, WARD_LEASE, &cmd), 0);
	EXPECT_EQ(anew(session, a), 1);
	a = first(session);
	for (i = 0; i < 6000 && !(session_info(session).out_state & WARD_STATE_EXPIRED); i++)
		usleep(10000);
	EXPECT_EQ(anew(session, a), 1);
}

TEST(revoke)
{
	struct answer *a = begin();
	struct wire *w = wire_open();
	struct ward_info info = session_info(session);

	ASSERT_EQ(tell(w, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID, info.out_session,
		       WARD_ID_LEN), 0);
	EXPECT_EQ(anew(session, a), -ESHUTDOWN);
}

TEST(another_provider)
{
	struct answer *a = begin();

	provider_detach();
	EXPECT_EQ(anew(session, a), -ENODEV);
	provider_attach();
	EXPECT_EQ(anew(session, a), 1);
}

/* Memory that comes and goes is of the moment that the claims name. */
TEST(buffers_do_not_end_it)
{
	struct answer *a = begin();
	struct buf b = buf_get(session, PAGE);

	EXPECT_EQ(anew(session, a), 0);
	buf_drop(&b);
	EXPECT_EQ(anew(session, a), 0);
}

/* Many at once, some of them with another question: whose answer is whose. */
static void *ask_in_turns(void *arg)
{
	struct answer *mine = question(LONG);
	long bad = 0;
	int i;

	(void)arg;
	for (i = 0; i < 40; i++) {
		if (answer_ask(mine, session))
			bad++;
		else if (memcmp(mine->claims.nonce, mine->cmd.nonce, WARD_NONCE_MAX))
			bad++;
	}
	free(mine);
	return (void *)bad;
}

TEST(many_at_once)
{
	pthread_t thread[4];
	void *bad;
	int i;

	begin();
	for (i = 0; i < 4; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, ask_in_turns, NULL), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &bad);
		EXPECT_EQ((long)bad, 0);
	}
}

KTAP_MAIN()
