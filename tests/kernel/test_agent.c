// SPDX-License-Identifier: MIT
/*
 * An agent on its own: who may bind, what it reads, what it may reply, and what
 * its callers get when it does not. Several at once are test_agent_several.c's.
 */
#define _GNU_SOURCE
#include "agent_test.h"

#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>

#include "ward_test.h"

static int bind_one(uint32_t timeout_ms)
{
	int agent;

	no_tsm();
	agent = agent_bind("tester", WARD_TEE_SIMULATED, 0, timeout_ms);
	ASSERT_GE(agent, 0);
	return agent;
}

/* ---- who may bind ----------------------------------------------------------------- */

static void bind_as_worker(int sock)
{
	become(WORKER_UID);
	EXPECT_EQ(agent_bind("worker", WARD_TEE_NONE, 0, 0), -EPERM);
	say(sock);
	hear(sock);
}

static void bind_in_a_user_namespace(int sock)
{
	int session = session_open();
	struct ward_agent_bind cmd = { .size = sizeof(cmd), .name = "inside" };

	ASSERT_GE(session, 0);
	if (!unshare(CLONE_NEWUSER))
		ASSERT_EQ(ward_call(session, WARD_AGENT_BIND, &cmd), -EPERM);
	say(sock);
	hear(sock);
}

static void run_peer(void (*body)(int sock))
{
	struct peer peer = peer_start(body);

	hear(peer.sock);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

TEST(only_root_binds)
{
	run_peer(bind_as_worker);
	run_peer(bind_in_a_user_namespace);
}

static int try_bind(const void *name, size_t len, uint32_t tee, uint32_t timeout_ms)
{
	struct ward_agent_bind cmd = {
		.size = sizeof(cmd), .tee = tee, .timeout_ms = timeout_ms,
	};
	int ret, session = session_open();

	ASSERT_GE(session, 0);
	memcpy(cmd.name, name, len);
	ret = ward_call(session, WARD_AGENT_BIND, &cmd);
	close(session);
	if (!ret)
		close(cmd.out_fd);
	return ret;
}

TEST(what_may_be_bound)
{
	static const char longest[] = "0123456789abcdef0123456789abcde";
	char full[WARD_LABEL_LEN];

	memset(full, 'x', sizeof(full));
	EXPECT_EQ(try_bind("", 0, 0, 0), -EINVAL);
	EXPECT_EQ(try_bind(full, sizeof(full), 0, 0), -EINVAL);
	EXPECT_EQ(try_bind("a b", 3, 0, 0), -EINVAL);
	EXPECT_EQ(try_bind("a\0b", 3, 0, 0), -EINVAL);
	EXPECT_EQ(try_bind("a\x80", 2, 0, 0), -EINVAL);
	EXPECT_EQ(try_bind("\x7f", 1, 0, 0), -EINVAL);
	EXPECT_EQ(try_bind(longest, 31, 0, 0), 0);
	EXPECT_EQ(try_bind("a", 1, WARD_TEE_AZURE_TDX, 0), 0);
	EXPECT_EQ(try_bind("a", 1, WARD_TEE_AZURE_TDX + 1, 0), -EOPNOTSUPP);
	EXPECT_EQ(try_bind("a", 1, 254, 0), -EOPNOTSUPP);
	EXPECT_EQ(try_bind("a", 1, ~0u, 0), -EOPNOTSUPP);
	EXPECT_EQ(try_bind("a", 1, 0, WARD_AGENT_TIMEOUT_MAX_MS), 0);
	EXPECT_EQ(try_bind("a", 1, 0, WARD_AGENT_TIMEOUT_MAX_MS + 1), -EINVAL);
}

/* ---- a request ------------------------------------------------------------------------ */

TEST(evidence_over_the_claims)
{
	struct caller c = { 0 };
	uint8_t report_data[WARD_DIGEST_LEN];
	int agent = bind_one(0);

	ASSERT_EQ(caller_served(&c, agent), 0);
	ASSERT_TRUE(report_data_of(c.a, report_data));
	EXPECT_EQ(c.a->cmd.evidence_len, REPORT_LEN);
	EXPECT_MEMEQ(c.a->evidence + REPORT_DATA_AT, report_data, WARD_DIGEST_LEN);
	EXPECT_EQ(c.a->cmd.out_tee, WARD_TEE_SIMULATED);
	EXPECT_EQ(c.a->claims.tee, WARD_TEE_SIMULATED);
	EXPECT_STREQ((const char *)c.a->cmd.out_provider, "tester");
	EXPECT_EQ(c.a->cmd.out_generation, 7);
	EXPECT_EQ(c.a->cmd.aux_len, 0);
	EXPECT_EQ(c.a->cmd.out_parts, 0);
	EXPECT_EQ(c.a->claims.posture_known & WARD_POSTURE_EXCLUSIVE, 0);
	caller_end(&c);
}

static void ask_as_worker(int sock)
{
	struct answer *a;
	int err, session;

	become(WORKER_UID);
	session = session_open();
	ASSERT_GE(session, 0);
	a = attest(session, WARD_PURPOSE_RELEASE, &err);
	ASSERT_EQ(err, 0);
	ASSERT_EQ(a->claims.caller.uid, WORKER_UID);
	say(sock);
	hear(sock);
}

TEST(workers_ask_through_it)
{
	int agent = bind_one(0);
	struct peer peer = peer_start(ask_as_worker);

	agent_serve(agent);
	hear(peer.sock);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* All three pieces, as long as they may be. */
TEST(the_longest_answer)
{
	static uint8_t data[WARD_EVIDENCE_MAX], aux[WARD_AUX_MAX], manifest[WARD_MANIFEST_MAX];
	struct ward_agent_request req;
	struct ward_agent_reply cmd = {
		.size = sizeof(cmd),
		.data_addr = (uintptr_t)data, .data_len = sizeof(data),
		.aux_addr = (uintptr_t)aux, .aux_len = sizeof(aux),
		.manifest_addr = (uintptr_t)manifest, .manifest_len = sizeof(manifest),
	};
	struct caller c = { 0 };
	int agent = bind_one(0);

	fill_words(data, sizeof(data), 1);
	fill_words(aux, sizeof(aux), 2);
	fill_words(manifest, sizeof(manifest), 3);
	caller_start(&c);
	ASSERT_EQ(agent_next(agent, &req), 1);
	memcpy(data + REPORT_DATA_AT, req.report_data, WARD_DIGEST_LEN);
	cmd.cookie = req.cookie;
	ASSERT_EQ(ward_call(agent, WARD_AGENT_REPLY, &cmd), 0);
	ASSERT_EQ(caller_wait(&c), 0);
	EXPECT_EQ(c.a->cmd.evidence_len, sizeof(data));
	EXPECT_EQ(c.a->cmd.aux_len, sizeof(aux));
	EXPECT_EQ(c.a->cmd.manifest_len, sizeof(manifest));
	EXPECT_TRUE(!memcmp(c.a->evidence, data, sizeof(data)));
	EXPECT_TRUE(!memcmp(c.a->aux, aux, sizeof(aux)));
	EXPECT_TRUE(!memcmp(c.a->manifest, manifest, sizeof(manifest)));
	caller_end(&c);
}

TEST(without_an_agent_nobody_answers)
{
	int err, session, agent = bind_one(0);

	close(agent);
	session = session_open();
	EXPECT_EQ(attest(session, WARD_PURPOSE_REPORT, &err), NULL);
	EXPECT_EQ(err, -ENODEV);
}

/* ---- reading ----------------------------------------------------------------------------- */

static int poll_now(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, timeout_ms);

	return n < 0 ? -errno : n ? p.revents : 0;
}

TEST(reading)
{
	struct ward_agent_request req;
	struct caller c = { 0 };
	int agent = bind_one(0);

	EXPECT_EQ(poll_now(agent, 0), 0);
	ASSERT_EQ(fcntl(agent, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(agent_next(agent, &req), -EAGAIN);
	EXPECT_ERRNO(syscall(SYS_read, agent, &req, sizeof(req) - 1), EINVAL);
	EXPECT_ERRNO(write(agent, &req, sizeof(req)), EINVAL);
	caller_start(&c);
	EXPECT_EQ(poll_now(agent, ktap_seconds(60) * 1000), POLLIN);
	EXPECT_ERRNO(syscall(SYS_read, agent, &req, sizeof(req) - 1), EINVAL);
	EXPECT_ERRNO(syscall(SYS_read, agent, 8, sizeof(req)), EFAULT);
	EXPECT_EQ(poll_now(agent, 0), POLLIN);	/* still there */
	ASSERT_EQ(agent_next(agent, &req), 1);
	EXPECT_EQ(poll_now(agent, 0), 0);
	EXPECT_EQ(agent_next(agent, &req), -EAGAIN);
	EXPECT_GT(req.deadline_ns, now_ns(CLOCK_BOOTTIME));
	ASSERT_EQ(agent_answer(agent, &req), 0);
	EXPECT_EQ(caller_wait(&c), 0);
	caller_end(&c);
}

/* ---- replies that are none ----------------------------------------------------------------- */

/* A caller, and its request read. */
static struct ward_agent_request asked(struct caller *c, int agent)
{
	struct ward_agent_request req;

	caller_start(c);
	ASSERT_EQ(agent_next(agent, &req), 1);
	return req;
}

/* The request stays as it is: in the end it is answered. */
TEST(replies_that_touch_nothing)
{
	struct ward_agent_reply cmd = { .size = sizeof(cmd) };
	static uint8_t bytes[64];
	struct caller c = { 0 };
	int agent = bind_one(0);
	struct ward_agent_request req = asked(&c, agent);

	EXPECT_EQ(agent_reply(agent, req.cookie ^ 1, bytes, 64), -ENOENT);
	EXPECT_EQ(agent_reply(agent, 0, bytes, 64), -ENOENT);
	EXPECT_EQ(agent_error(agent, req.cookie ^ 1, EIO), -ENOENT);
	EXPECT_EQ(agent_reply(agent, req.cookie, bytes, WARD_EVIDENCE_MAX + 1), -EMSGSIZE);
	EXPECT_EQ(agent_reply(agent, req.cookie, bytes, 16 << 20), -EMSGSIZE);
	EXPECT_EQ(agent_reply(agent, req.cookie, bytes, ~0u), -EMSGSIZE);
	EXPECT_EQ(agent_reply(agent, req.cookie, bytes, 0), -EINVAL);
	EXPECT_EQ(agent_reply(agent, req.cookie, (void *)8, 64), -EFAULT);
	EXPECT_EQ(agent_reply(agent, req.cookie, (void *)(~0ull << 12), 64), -EFAULT);
	EXPECT_EQ(agent_error(agent, req.cookie, ETIME), -EINVAL);
	EXPECT_EQ(agent_error(agent, req.cookie, 512), -EINVAL);
	EXPECT_EQ(agent_error(agent, req.cookie, ~0u), -EINVAL);
	cmd.cookie = req.cookie;
	cmd.data_addr = (uintptr_t)bytes;
	cmd.data_len = sizeof(bytes);
	cmd.error = EIO;
	EXPECT_EQ(ward_call(agent, WARD_AGENT_REPLY, &cmd), -EINVAL);
	cmd.error = 0;
	cmd.aux_addr = 8;
	EXPECT_EQ(ward_call(agent, WARD_AGENT_REPLY, &cmd), -EINVAL);
	cmd.aux_len = WARD_AUX_MAX + 1;
	EXPECT_EQ(ward_call(agent, WARD_AGENT_REPLY, &cmd), -EMSGSIZE);
	cmd.aux_len = 1;
	EXPECT_EQ(ward_call(agent, WARD_AGENT_REPLY, &cmd), -EFAULT);
	cmd.aux_addr = 0;
	cmd.aux_len = 0;
	cmd.manifest_len = WARD_MANIFEST_MAX + 1;
	EXPECT_EQ(ward_call(agent, WARD_AGENT_REPLY, &cmd), -EMSGSIZE);

	ASSERT_EQ(agent_answer(agent, &req), 0);
	EXPECT_EQ(agent_answer(agent, &req), -ENOENT);
	EXPECT_EQ(agent_error(agent, req.cookie, EIO), -ENOENT);
	EXPECT_EQ(caller_wait(&c), 0);
	caller_end(&c);
}

/* ---- answers that fail the request ------------------------------------------------------------ */

static void expect_bad(int agent, const void *data, uint32_t len)
{
	struct caller c = { 0 };
	struct ward_agent_request req = asked(&c, agent);

	EXPECT_EQ(agent_reply(agent, req.cookie, data, len), -EBADMSG);
	EXPECT_EQ(caller_wait(&c), -EBADMSG);
	EXPECT_EQ(agent_answer(agent, &req), -ENOENT);
	caller_end(&c);
}

/* A quote of the right form, which nobody signed, over @report_data. */
static uint32_t quote_over(uint8_t *quote, uint8_t version, const uint8_t *report_data)
{
	uint32_t body = version == 5 ? 54 : 48;

	memset(quote, 0, body + 584);
	quote[0] = version;
	quote[4] = 0x81;
	memcpy(quote + body + 520, report_data, WARD_DIGEST_LEN);
	return body + 584;
}

static int quoted(int agent, uint8_t version, const uint8_t *over, uint32_t less)
{
	static uint8_t quote[1024];
	struct caller c = { 0 };
	struct ward_agent_request req = asked(&c, agent);
	uint32_t len = quote_over(quote, version, over ? over : req.report_data) - less;
	int replied = agent_reply(agent, req.cookie, quote, len), err = caller_wait(&c);

	caller_end(&c);
	EXPECT_EQ(replied, err);
	return err;
}

TEST(quotes_are_over_what_was_asked)
{
	static const uint8_t other[WARD_DIGEST_LEN] = { 1 };
	uint8_t version;
	int agent;

	no_tsm();
	agent = agent_bind("tdx", WARD_TEE_TDX, 0, 0);
	ASSERT_GE(agent, 0);
	for (version = 4; version <= 5; version++) {
		EXPECT_EQ(quoted(agent, version, NULL, 0), 0);
		EXPECT_EQ(quoted(agent, version, other, 0), -EBADMSG);
		EXPECT_EQ(quoted(agent, version, NULL, 1), -EBADMSG);
	}
	/* One that the kernel does not know is the verifier's to judge. */
	EXPECT_EQ(quoted(agent, 6, other, 0), 0);
	close(agent);
}

TEST(evidence_that_cannot_be_right)
{
	static uint8_t report[REPORT_LEN];
	struct caller c = { 0 };
	int agent = bind_one(0);

	expect_bad(agent, NULL, 0);
	expect_bad(agent, report, 1);
	expect_bad(agent, report, REPORT_LEN - 1);
	expect_bad(agent, report, REPORT_LEN);		/* over zeroes */
	memset(report, 0xa5, sizeof(report));
	expect_bad(agent, report, REPORT_LEN);
	ASSERT_EQ(caller_served(&c, agent), 0);
	/* An answer of before is stale. */
	memcpy(report, c.a->evidence, REPORT_LEN);
	caller_end(&c);
	expect_bad(agent, report, REPORT_LEN);
}

TEST(errors_of_the_device)
{
	static const struct { uint32_t error; int result; } rows[] = {
		{ EPERM, -EIO }, { EIO, -EIO }, { ENXIO, -ENXIO }, { ENOMEM, -ENOMEM },
		{ EBUSY, -EIO }, { EBADMSG, -EBADMSG }, { EOVERFLOW, -EOVERFLOW },
	};
	struct ward_agent_request req;
	int agent = bind_one(0);
	struct caller c;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		c = (struct caller){ 0 };
		req = asked(&c, agent);
		EXPECT_EQ(agent_error(agent, req.cookie, rows[i].error), 0);
		EXPECT_EQ(caller_wait(&c), rows[i].result);
		caller_end(&c);
	}
}

/* ---- no answer ------------------------------------------------------------------------------------ */

TEST(an_answer_that_comes_too_late)
{
	struct caller c = { 0 };
	int agent = bind_one(3000);
	struct ward_agent_request req = asked(&c, agent);

	EXPECT_EQ(caller_wait(&c), -EIO);
	EXPECT_GE(c.took_ns, 2900000000ull);
	EXPECT_LT(c.took_ns, ktap_seconds(50) * 1000000000ull);
	EXPECT_EQ(agent_answer(agent, &req), -ENOENT);
	EXPECT_EQ(agent_error(agent, req.cookie, EIO), -ENOENT);
	caller_end(&c);
	/* And one that it has not even read is no more there to be read. */
	ASSERT_EQ(fcntl(agent, F_SETFL, O_NONBLOCK), 0);
	caller_start(&c);
	EXPECT_EQ(caller_wait(&c), -EIO);
	EXPECT_EQ(agent_next(agent, &req), -EAGAIN);
	caller_end(&c);
}

static void read_and_wait(int sock)
{
	struct ward_agent_request req;
	int agent = bind_one(60000);

	say(sock);
	ASSERT_EQ(agent_next(agent, &req), 1);
	say(sock);
	pause();
}

TEST(a_killed_agent_fails_its_requests_at_once)
{
	struct caller c = { 0 };
	struct peer peer;
	uint64_t start;

	no_tsm();
	peer = peer_start(read_and_wait);
	hear(peer.sock);
	caller_start(&c);
	hear(peer.sock);
	start = now_ns(CLOCK_BOOTTIME);
	peer_kill(&peer);
	EXPECT_EQ(caller_wait(&c), -ENXIO);
	EXPECT_LT(now_ns(CLOCK_BOOTTIME) - start, ktap_seconds(50) * 1000000000ull);
	caller_end(&c);
}

/* The agent's fd in two processes: it ends with the last of them. */
static void hold_fd(int sock)
{
	int agent = recv_fd(sock);

	say(sock);
	hear(sock);
	agent_serve(agent);
}

TEST(whoever_holds_the_descriptor_is_the_agent)
{
	struct peer peer = peer_start(hold_fd);
	struct caller c = { 0 };
	int agent = bind_one(0);

	send_fd(peer.sock, agent);
	hear(peer.sock);
	close(agent);
	say(peer.sock);
	caller_start(&c);
	EXPECT_EQ(caller_wait(&c), 0);
	EXPECT_EQ(peer_wait(&peer), 0);
	caller_end(&c);
}

TEST(a_dead_caller_leaves_the_agent_alone)
{
	struct ward_agent_request req;
	struct caller c = { 0 };
	int agent = bind_one(0);
	struct peer peer = peer_start(ask_as_worker);

	ASSERT_EQ(agent_next(agent, &req), 1);
	peer_kill(&peer);
	EXPECT_EQ(agent_answer(agent, &req), 0);
	EXPECT_EQ(caller_served(&c, agent), 0);
	caller_end(&c);
}

TEST(the_module_stays)
{
	int agent = bind_one(0);

	EXPECT_ERRNO(syscall(SYS_delete_module, "ward", O_NONBLOCK), EAGAIN);
	close(agent);
}

/* ---- posture ------------------------------------------------------------------------------------------ */

static uint64_t exclusive_as_claimed(int agent)
{
	struct caller c = { 0 };
	uint64_t known, set;

	ASSERT_EQ(caller_served(&c, agent), 0);
	known = c.a->claims.posture_known & WARD_POSTURE_EXCLUSIVE;
	set = c.a->claims.posture & WARD_POSTURE_EXCLUSIVE;
	EXPECT_EQ(known, set);
	caller_end(&c);
	return set;
}

TEST(exclusive_hold_is_the_agents_word)
{
	int agent = bind_one(0), other;

	EXPECT_EQ(exclusive_as_claimed(agent), 0);
	other = agent_bind("keeper", WARD_TEE_NONE, WARD_AGENT_EXCLUSIVE, 0);
	ASSERT_GE(other, 0);
	EXPECT_EQ(exclusive_as_claimed(agent), WARD_POSTURE_EXCLUSIVE);
	close(other);
	EXPECT_EQ(exclusive_as_claimed(agent), 0);
}

/* The tests before took it away. */
TEST(the_link_is_made_again)
{
	tsm_again();
}

KTAP_MAIN()
