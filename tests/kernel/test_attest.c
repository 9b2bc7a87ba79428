// SPDX-License-Identifier: MIT
/*
 * WARD_ATTEST: arguments, lengths, deadlines, batches, deaths. What the claims
 * say is test_claims.c's, what faulty providers do test_attest_faults.c's.
 */
#include "attest_test.h"

#include <pthread.h>
#include <sched.h>

#include "ward_test.h"

/* ---- arguments: on every kernel, with or without a provider ------------------- */

static int ask_with(uint32_t purpose, uint32_t nonce_len, int dirty_at)
{
	struct answer *a = answer_new(purpose);
	int session = session_open(), ret;

	ASSERT_GE(session, 0);
	memset(a->cmd.nonce, 0, sizeof(a->cmd.nonce));
	a->cmd.nonce_len = nonce_len;
	if (dirty_at >= 0)
		a->cmd.nonce[dirty_at] = 1;
	ret = answer_ask(a, session);
	close(session);
	free(a);
	return ret;
}

TEST(bad_purpose)
{
	EXPECT_EQ(ask_with(0, 32, -1), -EOPNOTSUPP);
	EXPECT_EQ(ask_with(7, 32, -1), -EOPNOTSUPP);
	EXPECT_EQ(ask_with(~0u, 32, -1), -EOPNOTSUPP);
}

TEST(bad_nonce)
{
	EXPECT_EQ(ask_with(WARD_PURPOSE_REPORT, 0, -1), -EINVAL);
	EXPECT_EQ(ask_with(WARD_PURPOSE_REPORT, 7, -1), -EINVAL);
	EXPECT_EQ(ask_with(WARD_PURPOSE_REPORT, 65, -1), -EINVAL);
	EXPECT_EQ(ask_with(WARD_PURPOSE_REPORT, ~0u, -1), -EINVAL);
	EXPECT_EQ(ask_with(WARD_PURPOSE_REPORT, 8, 8), -EINVAL);
	EXPECT_EQ(ask_with(WARD_PURPOSE_REPORT, 63, 63), -EINVAL);
}

TEST(bad_flags_and_sizes)
{
	struct { struct ward_attest cmd; uint8_t tail[8]; } big = { .tail = { 1 } };
	int session = session_open();

	ASSERT_GE(session, 0);
	big.cmd.size = sizeof(big.cmd);
	big.cmd.flags = 1;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &big), -EOPNOTSUPP);
	big.cmd.flags = 0;
	big.cmd.size = sizeof(big);
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &big), -E2BIG);
	big.cmd.size = 8;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &big), -EINVAL);
	EXPECT_EQ(ward_call(session, WARD_ATTEST, NULL), -EFAULT);
}

TEST(no_provider_is_enodev)
{
	int err, session = session_open();

	ASSERT_GE(session, 0);
	if (session_info(session).out_features & WARD_FEATURE_ATTEST)
		provider_detach();
	EXPECT_EQ(attest(session, WARD_PURPOSE_REPORT, &err), NULL);
	EXPECT_EQ(err, -ENODEV);
}

/* ---- one request ----------------------------------------------------------------- */

TEST(every_purpose_but_receipt)
{
	static const uint32_t purposes[] = {
		WARD_PURPOSE_RELEASE, WARD_PURPOSE_CHANNEL, WARD_PURPOSE_SEAL,
		WARD_PURPOSE_REPORT,
	};
	struct answer *a;
	int err, session;
	size_t i;

	provider_attach();
	session = session_open();
	for (i = 0; i < 4; i++) {
		a = attest(session, purposes[i], &err);
		ASSERT_EQ(err, 0);
		answer_check(a);
		EXPECT_EQ(a->claims.purpose, purposes[i]);
		EXPECT_EQ(a->cmd.out_leaves, 1);
		EXPECT_EQ(a->cmd.out_index, 0);
		EXPECT_EQ(a->cmd.path_len, 0);
		free(a);
	}
}

TEST(unprivileged_caller)
{
	struct answer *a;
	int err, session;

	provider_attach();
	become(WORKER_UID);
	session = session_open();
	ASSERT_GE(session, 0);
	a = attest(session, WARD_PURPOSE_RELEASE, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
	EXPECT_EQ(a->claims.caller.uid, WORKER_UID);
}

TEST(nonce_lengths)
{
	static const uint32_t lengths[] = { 8, 9, 63, 64 };
	struct answer *a;
	int session;
	size_t i;

	provider_attach();
	session = session_open();
	for (i = 0; i < 4; i++) {
		a = answer_new(WARD_PURPOSE_REPORT);
		memset(a->cmd.nonce, 0, WARD_NONCE_MAX);
		memset(a->cmd.nonce, 0xa5, lengths[i]);
		a->cmd.nonce_len = lengths[i];
		ASSERT_EQ(answer_ask(a, session), 0);
		answer_check(a);
		EXPECT_EQ(a->claims.nonce_len, lengths[i]);
		EXPECT_MEMEQ(a->claims.nonce, a->cmd.nonce, WARD_NONCE_MAX);
		free(a);
	}
}

static void entry_set(const char *attribute, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), REPORT_CORE "/ward/%s", attribute);
	ASSERT_TRUE(write_to(path, value));
}

/* What root sets on the linked entry holds for ward's requests too. */
TEST(privilege_level_and_service_of_the_entry)
{
	static const char manifest[] = "SIMULATED manifest of svsm";
	struct answer *a;
	int err, session;

	provider_attach();
	session = session_open();
	entry_set("privlevel", "2");
	entry_set("service_provider", "svsm");
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
	EXPECT_EQ(a->evidence[0x30], 2);	/* VMPL */
	EXPECT_EQ(a->cmd.manifest_len, sizeof(manifest) - 1);
	EXPECT_MEMEQ(a->manifest, manifest, sizeof(manifest) - 1);
	free(a);
	provider_detach();
	provider_attach();
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	EXPECT_EQ(a->evidence[0x30], 0);
	EXPECT_EQ(a->cmd.manifest_len, 0);
	free(a);
}

/* ---- lengths ------------------------------------------------------------------------ */

static int ask_short(struct answer *a, int session, uint32_t claims, uint32_t evidence,
		     uint32_t aux)
{
	struct ward_attest *cmd = &a->cmd;

	cmd->size = sizeof(*cmd);
	cmd->claims_addr = (uintptr_t)&a->claims;
	cmd->evidence_addr = (uintptr_t)a->evidence;
	cmd->aux_addr = (uintptr_t)a->aux;
	cmd->claims_len = claims;
	cmd->path_len = 0;
	cmd->evidence_len = evidence;
	cmd->aux_len = aux;
	return ward_call(session, WARD_ATTEST, cmd);
}

TEST(emsgsize_tells_lengths)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);
	unsigned long before;
	uint32_t aux;
	int session;

	provider_attach();
	session = session_open();
	before = provider_calls();
	EXPECT_EQ(ask_short(a, session, 0, 0, 0), -EMSGSIZE);
	EXPECT_EQ(a->cmd.claims_len, WARD_CLAIMS_SIZE);
	EXPECT_EQ(a->cmd.evidence_len, WARD_EVIDENCE_MAX);
	EXPECT_EQ(provider_calls(), before);	/* no room, no call */

	EXPECT_EQ(ask_short(a, session, 1024, 1183, WARD_AUX_MAX), -EMSGSIZE);
	EXPECT_EQ(a->cmd.evidence_len, 1184);
	EXPECT_EQ(a->cmd.path_len, 0);
	aux = a->cmd.aux_len;
	ASSERT_GT(aux, 24);
	EXPECT_EQ(ask_short(a, session, 1023, 1184, aux), -EMSGSIZE);
	EXPECT_EQ(ask_short(a, session, 1024, 1184, aux - 1), -EMSGSIZE);
	EXPECT_EQ(a->cmd.aux_len, aux);
	EXPECT_EQ(ask_short(a, session, 1024, 1184, aux), 0);
	EXPECT_EQ(a->cmd.aux_len, aux);
	EXPECT_EQ(a->cmd.manifest_len, 0);
}

TEST(unwanted_aux_and_bad_addresses)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);
	int session;

	provider_attach();
	session = session_open();
	a->cmd = (struct ward_attest){
		.size = sizeof(a->cmd), .purpose = WARD_PURPOSE_REPORT, .nonce_len = 8,
		.claims_addr = (uintptr_t)&a->claims, .claims_len = 1024,
		.evidence_addr = (uintptr_t)a->evidence, .evidence_len = 1184,
	};
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &a->cmd), 0);
	EXPECT_EQ(a->cmd.aux_len, 0);
	a->cmd.evidence_addr = 8;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &a->cmd), -EFAULT);
	a->cmd.evidence_addr = ~0ull << 12;
	EXPECT_EQ(ward_call(session, WARD_ATTEST, &a->cmd), -EFAULT);
}

/* ---- deadlines and deaths -------------------------------------------------------------- */

TEST(deadline)
{
	struct answer *a = answer_new(WARD_PURPOSE_REPORT);
	uint64_t start;
	int session;

	provider_attach();
	session = session_open();
	fault("slow_ms", "8000");
	start = now_ns(CLOCK_BOOTTIME);
	a->cmd.deadline_ns = start + 300000000;
	EXPECT_EQ(answer_ask(a, session), -ETIME);
	EXPECT_LT(now_ns(CLOCK_BOOTTIME) - start, 7500000000ull);
	a->cmd.deadline_ns = start;
	EXPECT_EQ(answer_ask(a, session), -ETIME);
	a->cmd.deadline_ns = 1;
	EXPECT_EQ(answer_ask(a, session), -ETIME);

	fault("slow_ms", "0");
	a->cmd.deadline_ns = 0;
	ASSERT_EQ(answer_ask(a, session), 0);
	answer_check(a);
}

static void ask_for_ever(int sock)
{
	int err, session = session_open();

	say(sock);
	attest(session, WARD_PURPOSE_REPORT, &err);
	_exit(1);
}

TEST(killed_caller_is_harmless)
{
	struct answer *a;
	struct peer peer;
	uint64_t start;
	unsigned long before;
	int err, session, status;

	provider_attach();
	session = session_open();
	before = provider_calls();
	fault("slow_ms", "8000");
	peer = peer_start(ask_for_ever);
	hear(peer.sock);
	call_begins(before);
	start = now_ns(CLOCK_BOOTTIME);
	status = peer_kill(&peer);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_LT(now_ns(CLOCK_BOOTTIME) - start, 7000000000ull);

	fault("slow_ms", "0");
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
}

static volatile int alarms;
static void count_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* Only a fatal signal ends the wait. */
TEST(signals_do_not_interrupt)
{
	struct sigaction act = { .sa_handler = count_alarm };
	struct answer *a;
	int err, session;

	provider_attach();
	session = session_open();
	sigaction(SIGALRM, &act, NULL);
	fault("slow_ms", "2000");
	alarm(1);
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	fault("slow_ms", "0");
	EXPECT_EQ(alarms, 1);
	ASSERT_EQ(err, 0);
	answer_check(a);
}

/* ---- batches ------------------------------------------------------------------------------ */

struct asker {
	pthread_t thread;
	int session;
	int err;
	uint64_t retry_ns;
	struct answer *a;
};

static void *ask_thread(void *arg)
{
	struct asker *me = arg;

	me->a = answer_new(WARD_PURPOSE_REPORT);
	me->a->cmd.deadline_ns = now_ns(CLOCK_BOOTTIME) + ktap_seconds(60) * 1000000000ull;
	me->err = answer_ask(me->a, me->session);
	me->retry_ns = me->a->cmd.out_retry_after_ns;
	return NULL;
}

static void start_askers(struct asker *askers, int n, int session)
{
	pthread_attr_t attr;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (i = 0; i < n; i++) {
		askers[i].session = session;
		ASSERT_EQ(pthread_create(&askers[i].thread, &attr, ask_thread,
					 &askers[i]), 0);
	}
}

static void join_askers(struct asker *askers, int n)
{
	int i;

	for (i = 0; i < n; i++)
		pthread_join(askers[i].thread, NULL);
}

/* The first alone, then all who came during its call. */
TEST(sixty_four_share_two_calls)
{
	struct asker askers[64] = { 0 };
	unsigned long before;
	int i, session;

	provider_attach();
	session = session_open();
	fault("slow_ms", "4000");
	before = provider_calls();
	start_askers(askers, 64, session);
	join_askers(askers, 64);
	fault("slow_ms", "0");
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(askers[i].err, 0);
		answer_check(askers[i].a);
	}
	ktap_note("64 requests, %lu calls of the provider", provider_calls() - before);
	EXPECT_LE(provider_calls() - before, 2);
}

/*
 * Trees of each size: one request holds the worker while n more gather. Each
 * leaf has its own path, and index and leaves name each position once. How
 * long to hold is a guess about the machine: true where all n came together.
 */
static bool tree_of(int n, unsigned int hold_ms, int session)
{
	struct asker askers[65] = { 0 };
	unsigned long before = provider_calls();
	uint64_t seen = 0;
	char text[16];
	int i;

	snprintf(text, sizeof(text), "%u", hold_ms);
	fault("slow_ms", text);
	start_askers(askers, 1, session);
	call_begins(before);
	fault("slow_ms", "0");
	start_askers(askers + 1, n, session);
	join_askers(askers, n + 1);
	for (i = 0; i <= n; i++) {
		ASSERT_EQ(askers[i].err, 0);
		answer_check(askers[i].a);
		if (i && askers[i].a->cmd.out_leaves == (uint32_t)n)
			seen |= 1ull << askers[i].a->cmd.out_index;
		free(askers[i].a);
	}
	return seen == (n == 64 ? ~0ull : (1ull << n) - 1);
}

TEST_TIMEOUT(trees_of_many_sizes, 300)
{
	static const int sizes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 31, 32, 33, 63, 64 };
	unsigned int hold;
	bool whole;
	int session;
	size_t i;

	provider_attach();
	session = session_open();
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		whole = false;
		for (hold = 300 + 30 * sizes[i]; !whole && hold < 20000; hold *= 3)
			whole = tree_of(sizes[i], hold, session);
		if (!whole)
			ktap_note("no tree of %d leaves", sizes[i]);
		EXPECT_TRUE(whole);
	}
}

/* ---- the queue ---------------------------------------------------------------------------- */

/* What became of requests that were made at once. */
struct tally {
	int good, full, other;	/* @other: the last errno that is neither */
};

static struct tally tally_of(struct asker *askers, int n)
{
	struct tally t = { 0 };
	int i;

	join_askers(askers, n);
	for (i = 0; i < n; i++) {
		if (!askers[i].err)
			t.good++;
		else if (askers[i].err == -EAGAIN && askers[i].retry_ns)
			t.full++;
		else
			t.other = askers[i].err;
	}
	return t;
}

/* A child that is @uid and asks @n times at once; its tally comes by the pipe. */
static int crowd_start(unsigned int uid, int n)
{
	struct asker *askers = calloc(n, sizeof(*askers));
	struct tally t;
	int ends[2];

	ASSERT_TRUE(askers != NULL);
	ASSERT_EQ(pipe(ends), 0);
	fflush(stdout);
	if (!fork()) {
		alarm(ktap_seconds(120));
		become(uid);
		start_askers(askers, n, session_open());
		t = tally_of(askers, n);
		_exit(write(ends[1], &t, sizeof(t)) != sizeof(t));
	}
	free(askers);
	close(ends[1]);
	return ends[0];
}

static struct tally crowd_wait(int end)
{
	struct tally t;

	ASSERT_EQ(read(end, &t, sizeof(t)), sizeof(t));
	close(end);
	wait(NULL);
	return t;
}

/* A call takes so long; two of them are over within a request's own minute. */
static void slow_for(unsigned int ms)
{
	char text[16];

	ms = ktap_seconds(ms);
	snprintf(text, sizeof(text), "%u", ms < 20000 ? ms : 20000);
	fault("slow_ms", text);
}

/* Of one user's requests 64 may wait, and up to 64 are being served. */
TEST_TIMEOUT(one_user_leaves_room_for_others, 180)
{
	enum { N = 340 };
	struct tally greedy, modest;
	int end;

	provider_attach();
	slow_for(8000);
	end = crowd_start(OTHER_UID, N);
	usleep(ktap_seconds(3000000));
	modest = crowd_wait(crowd_start(WORKER_UID, 1));
	fault("slow_ms", "0");
	greedy = crowd_wait(end);
	ktap_note("%d requests of one user: %d answered, %d EAGAIN", N, greedy.good,
		  greedy.full);
	EXPECT_EQ(modest.good, 1);
	EXPECT_EQ(greedy.other, 0);
	EXPECT_EQ(greedy.good + greedy.full, N);
	EXPECT_GE(greedy.full, N - 64 - 64);
}

/* 256 of all users may wait, and up to 64 are being served. */
TEST_TIMEOUT(full_queue, 180)
{
	enum { USERS = 6, EACH = 70, N = USERS * EACH };
	struct tally t, all = { 0 };
	int ends[USERS], i;

	provider_attach();
	slow_for(12000);
	for (i = 0; i < USERS; i++)
		ends[i] = crowd_start(2000 + i, EACH);
	usleep(ktap_seconds(1000000));
	fault("slow_ms", "0");
	for (i = 0; i < USERS; i++) {
		t = crowd_wait(ends[i]);
		all.good += t.good;
		all.full += t.full;
		EXPECT_EQ(t.other, 0);
	}
	ktap_note("%d requests at once: %d answered, %d EAGAIN", N, all.good, all.full);
	EXPECT_EQ(all.good + all.full, N);
	EXPECT_GE(all.full, N - 256 - 64);
	EXPECT_GE(all.good, 257);
}

KTAP_MAIN()
