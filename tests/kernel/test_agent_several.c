// SPDX-License-Identifier: MIT
/*
 * Several agents: places, taking over, evidence of those beside the primary
 * provider, and agents that answer nonsense without end.
 */
#define _GNU_SOURCE
#include "agent_test.h"

#include <poll.h>
#include <sched.h>

#include "ward_test.h"

static int bind_named(const char *name, uint32_t flags, uint32_t timeout_ms)
{
	uint32_t tee = flags & WARD_AGENT_BESIDE ? WARD_TEE_TPM : WARD_TEE_SIMULATED;
	int agent = agent_bind(name, tee, flags, timeout_ms);

	ASSERT_GE(agent, 0);
	return agent;
}

static struct ward_agent_request next_of(int agent)
{
	struct ward_agent_request req;

	ASSERT_EQ(agent_next(agent, &req), 1);
	return req;
}

/* A caller that wants all parts. */
static void caller_start_wide(struct caller *c)
{
	c->more = malloc(WARD_MORE_MAX);
	ASSERT_TRUE(c->more != NULL);
	caller_start(c);
}

static void caller_end_wide(struct caller *c)
{
	free(c->more);
	c->more = NULL;
	caller_end(c);
}

/* ---- places ---------------------------------------------------------------------- */

TEST(a_bounded_number)
{
	int agents[WARD_AGENTS_MAX], extra, i;
	char name[] = "agent0";

	no_tsm();
	for (i = 0; i < WARD_AGENTS_MAX; i++, name[5]++)
		agents[i] = bind_named(name, 0, 0);
	EXPECT_EQ(agent_bind("one-more", WARD_TEE_NONE, 0, 0), -EUSERS);
	extra = bind_named("agent3", 0, 0);	/* takes over, and needs no new place */
	EXPECT_EQ(agent_bind("one-more", WARD_TEE_NONE, 0, 0), -EUSERS);
	close(agents[3]);
	EXPECT_EQ(agent_bind("one-more", WARD_TEE_NONE, 0, 0), -EUSERS);
	close(extra);
	extra = bind_named("one-more", 0, 0);
	close(extra);
	for (i = 0; i < WARD_AGENTS_MAX; i++)
		if (i != 3)
			close(agents[i]);
}

TEST(a_bounded_number_beside)
{
	int i;
	char name[] = "beside0";

	for (i = 0; i < WARD_PARTS_MAX - 1; i++, name[6]++)
		bind_named(name, WARD_AGENT_BESIDE, 0);
	EXPECT_EQ(agent_bind("one-more", WARD_TEE_TPM, WARD_AGENT_BESIDE, 0), -EUSERS);
	bind_named("beside1", WARD_AGENT_BESIDE, 0);
	bind_named("one-more", 0, 0);
}

TEST(the_first_one_is_asked)
{
	struct caller c = { 0 };
	int first, second;

	no_tsm();
	first = bind_named("first", 0, 0);
	second = bind_named("second", 0, 0);
	ASSERT_EQ(fcntl(second, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(caller_served(&c, first), 0);
	EXPECT_STREQ((const char *)c.a->cmd.out_provider, "first");
	EXPECT_EQ(agent_next(second, &(struct ward_agent_request){ 0 }), -EAGAIN);
	caller_end(&c);
	close(first);
	ASSERT_EQ(fcntl(second, F_SETFL, 0), 0);
	EXPECT_EQ(caller_served(&c, second), 0);
	EXPECT_STREQ((const char *)c.a->cmd.out_provider, "second");
	caller_end(&c);
}

TEST(none_beside_alone)
{
	int err, session = session_open();

	no_tsm();
	bind_named("beside", WARD_AGENT_BESIDE, 0);
	EXPECT_EQ(attest(session, WARD_PURPOSE_REPORT, &err), NULL);
	EXPECT_EQ(err, -ENODEV);
}

TEST(the_tsm_entry_comes_first)
{
	struct answer *a;
	int err, session, agent;

	need_provider();
	no_tsm();
	agent = bind_named("agent", 0, 0);
	ASSERT_EQ(fcntl(agent, F_SETFL, O_NONBLOCK), 0);
	provider_attach();
	session = session_open();
	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_EQ(err, 0);
	answer_check(a);
	EXPECT_EQ(agent_next(agent, &(struct ward_agent_request){ 0 }), -EAGAIN);
	free(a);
}

/* ---- taking over --------------------------------------------------------------------- */

static int revents_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

TEST(what_was_read_is_answered_by_the_elder)
{
	struct ward_agent_request req;
	struct caller c = { 0 };
	int elder, heir;

	no_tsm();
	elder = bind_named("agent", 0, 0);
	caller_start(&c);
	req = next_of(elder);
	heir = bind_named("agent", 0, 0);
	EXPECT_EQ(revents_of(elder), POLLIN | POLLHUP);
	EXPECT_EQ(agent_next(elder, &(struct ward_agent_request){ 0 }), 0);
	EXPECT_EQ(revents_of(heir), 0);
	EXPECT_EQ(agent_answer(heir, &req), -ENOENT);	/* foreign */
	EXPECT_EQ(agent_answer(elder, &req), 0);
	EXPECT_EQ(caller_wait(&c), 0);
	caller_end(&c);
	EXPECT_EQ(caller_served(&c, heir), 0);		/* new ones are the heir's */
	caller_end(&c);
}

TEST(what_was_not_read_is_for_the_heir)
{
	struct caller c = { 0 };
	struct pollfd p;
	int elder, heir;

	no_tsm();
	elder = bind_named("agent", 0, 0);
	caller_start(&c);
	p = (struct pollfd){ .fd = elder, .events = POLLIN };
	ASSERT_EQ(poll(&p, 1, ktap_seconds(60) * 1000), 1);
	heir = bind_named("agent", 0, 0);
	EXPECT_EQ(agent_next(elder, &(struct ward_agent_request){ 0 }), 0);
	close(elder);
	agent_serve(heir);
	EXPECT_EQ(caller_wait(&c), 0);
	caller_end(&c);
}

static void *read_once(void *arg)
{
	struct ward_agent_request req;

	return (void *)(long)agent_next(*(int *)arg, &req);
}

TEST(a_waiting_reader_is_told)
{
	pthread_t thread;
	void *ret;
	int elder;

	no_tsm();
	elder = bind_named("agent", 0, 0);
	ASSERT_EQ(pthread_create(&thread, NULL, read_once, &elder), 0);
	usleep(200000);
	bind_named("agent", 0, 0);
	ASSERT_EQ(pthread_join(thread, &ret), 0);
	EXPECT_EQ((long)ret, 0);
}

/* The place is inherited: an heir of the first is asked before the second. */
TEST(the_heir_has_the_place)
{
	struct caller c = { 0 };
	int first, second, heir;

	no_tsm();
	first = bind_named("first", 0, 0);
	second = bind_named("second", 0, 0);
	heir = bind_named("first", 0, 0);
	close(first);
	EXPECT_EQ(caller_served(&c, heir), 0);
	close(second);
	caller_end(&c);
}

/* Nothing happens to who is bound where the answer cannot be given. */
TEST(a_bind_that_nobody_is_told_of)
{
	struct ward_agent_bind *cmd = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int agent, session = session_open();
	struct caller c = { 0 };

	no_tsm();
	agent = bind_named("agent", 0, 0);
	ASSERT_TRUE(cmd != MAP_FAILED);
	*cmd = (struct ward_agent_bind){ .size = sizeof(*cmd), .name = "agent" };
	ASSERT_EQ(mprotect(cmd, PAGE, PROT_READ), 0);
	EXPECT_EQ(ward_call(session, WARD_AGENT_BIND, cmd), -EFAULT);
	EXPECT_EQ(revents_of(agent), 0);
	EXPECT_EQ(caller_served(&c, agent), 0);
	caller_end(&c);
}

/* Heirs come and elders go while callers ask: each gets an answer. */
TEST_TIMEOUT(nobody_is_lost_while_agents_change, 180)
{
	enum { ROUNDS = 60 };
	struct caller c;
	int agent, heir, i;

	no_tsm();
	agent = bind_named("agent", 0, 0);
	for (i = 0; i < ROUNDS; i++) {
		c = (struct caller){ 0 };
		caller_start(&c);
		usleep(i % 7 * 500);
		heir = bind_named("agent", 0, 0);
		close(agent);
		agent_serve(heir);
		EXPECT_EQ(caller_wait(&c), 0);
		caller_end(&c);
		agent = heir;
	}
}

/* ---- parts -------------------------------------------------------------------------------- */

static size_t padded(size_t n)
{
	return (n + 7) / 8 * 8;
}

/* The part at @at, whose bytes fit into what came. */
static const struct ward_evidence_part *part_at(const struct caller *c, size_t at)
{
	const struct ward_evidence_part *part = (const void *)(c->more + at);

	ASSERT_LE(at + sizeof(*part), c->a->cmd.more_len);
	ASSERT_EQ(part->size, sizeof(*part) + padded(part->data_len) +
			      padded(part->aux_len) + padded(part->manifest_len));
	ASSERT_LE(at + part->size, c->a->cmd.more_len);
	return part;
}

TEST(evidence_of_two)
{
	uint8_t report_data[WARD_DIGEST_LEN];
	const struct ward_evidence_part *part;
	struct ward_agent_reply cmd = { .size = sizeof(cmd), .generation = 9 };
	struct ward_agent_request req, req2;
	struct caller c = { 0 };
	int agent, beside;

	no_tsm();
	agent = bind_named("launch", 0, 0);
	beside = bind_named("quote", WARD_AGENT_BESIDE, 0);
	caller_start_wide(&c);
	req = next_of(agent);
	req2 = next_of(beside);		/* both are asked at once */
	EXPECT_MEMEQ(req.report_data, req2.report_data, WARD_DIGEST_LEN);
	EXPECT_TRUE(req.cookie != req2.cookie);
	EXPECT_EQ(agent_answer(agent, &req2), -ENOENT);
	cmd.cookie = req2.cookie;
	cmd.data_addr = (uintptr_t)"quote";
	cmd.data_len = 5;
	cmd.aux_addr = (uintptr_t)"event log, ...";
	cmd.aux_len = 14;
	EXPECT_EQ(ward_call(beside, WARD_AGENT_REPLY, &cmd), 0);
	EXPECT_EQ(agent_answer(agent, &req), 0);
	ASSERT_EQ(caller_wait(&c), 0);

	ASSERT_TRUE(report_data_of(c.a, report_data));
	EXPECT_MEMEQ(report_data, req.report_data, WARD_DIGEST_LEN);
	EXPECT_STREQ((const char *)c.a->cmd.out_provider, "launch");
	EXPECT_EQ(c.a->cmd.out_parts, 1);
	part = part_at(&c, 0);
	EXPECT_EQ(part->size, 64 + 8 + 16);
	EXPECT_EQ(part->size, c.a->cmd.more_len);
	EXPECT_EQ(part->tee, WARD_TEE_TPM);
	EXPECT_EQ(part->error, 0);
	EXPECT_EQ(part->generation, 9);
	EXPECT_STREQ((const char *)part->provider, "quote");
	EXPECT_MEMEQ(part + 1, "quote\0\0", 8);
	EXPECT_MEMEQ((const char *)(part + 1) + 8, "event log, ...\0", 16);
	caller_end_wide(&c);
}

TEST(beside_the_tsm_entry)
{
	const struct ward_evidence_part *part;
	struct ward_agent_request req;
	struct caller c = { 0 };
	int beside;

	provider_attach();
	beside = bind_named("quote", WARD_AGENT_BESIDE, 0);
	caller_start_wide(&c);
	req = next_of(beside);
	ASSERT_EQ(agent_reply(beside, req.cookie, req.report_data, WARD_DIGEST_LEN), 0);
	ASSERT_EQ(caller_wait(&c), 0);
	answer_check(c.a);
	part = part_at(&c, 0);
	EXPECT_EQ(part->data_len, WARD_DIGEST_LEN);
	EXPECT_MEMEQ(part + 1, c.a->evidence + REPORT_DATA_AT, WARD_DIGEST_LEN);
	caller_end_wide(&c);
}

/* Who asks for the primary one's evidence alone gets it, whoever is beside. */
TEST(parts_that_nobody_wants)
{
	struct ward_agent_request req;
	struct caller c = { 0 };
	int agent, beside;

	no_tsm();
	agent = bind_named("launch", 0, 0);
	beside = bind_named("quote", WARD_AGENT_BESIDE, 0);
	caller_start(&c);
	req = next_of(beside);
	EXPECT_EQ(agent_reply(beside, req.cookie, "quote", 5), 0);
	agent_serve(agent);
	EXPECT_EQ(caller_wait(&c), 0);
	EXPECT_EQ(c.a->cmd.more_len, 0);
	EXPECT_EQ(c.a->cmd.out_parts, 1);
	caller_end(&c);
}

static uint32_t error_beside(int agent, int beside, uint32_t error)
{
	const struct ward_evidence_part *part;
	struct ward_agent_request req;
	struct caller c = { 0 };

	caller_start_wide(&c);
	req = next_of(beside);
	if (error)
		EXPECT_EQ(agent_error(beside, req.cookie, error), 0);
	agent_serve(agent);
	EXPECT_EQ(caller_wait(&c), 0);
	part = part_at(&c, 0);
	EXPECT_EQ(part->size, sizeof(*part));
	EXPECT_STREQ((const char *)part->provider, "quote");
	error = part->error;
	caller_end_wide(&c);
	return error;
}

TEST(who_fails_beside_fails_alone)
{
	int agent, beside;

	no_tsm();
	agent = bind_named("launch", 0, 0);
	beside = bind_named("quote", WARD_AGENT_BESIDE, 5000);
	EXPECT_EQ(error_beside(agent, beside, EBADMSG), EBADMSG);
	EXPECT_EQ(error_beside(agent, beside, EPERM), EIO);
	EXPECT_EQ(error_beside(agent, beside, 0), ETIME);
}

/* And nobody waits for it once the primary one has failed. */
TEST(who_fails_first_fails_at_once)
{
	struct ward_agent_request req, req2;
	struct caller c = { 0 };
	int agent, beside;

	no_tsm();
	agent = bind_named("launch", 0, 0);
	beside = bind_named("quote", WARD_AGENT_BESIDE, 60000);
	caller_start_wide(&c);
	req = next_of(agent);
	req2 = next_of(beside);
	EXPECT_EQ(agent_error(agent, req.cookie, EBADMSG), 0);
	EXPECT_EQ(caller_wait(&c), -EBADMSG);
	EXPECT_LT(c.took_ns, ktap_seconds(50) * 1000000000ull);
	EXPECT_EQ(agent_reply(beside, req2.cookie, "quote", 5), -ENOENT);
	caller_end_wide(&c);
}

static int ask_with_room(int agent, int beside, uint32_t room, uint32_t *needed)
{
	static uint8_t quote[1000];
	struct ward_agent_request req;
	struct caller c = { .more_room = room };
	int ret;

	caller_start_wide(&c);
	req = next_of(beside);
	EXPECT_EQ(agent_reply(beside, req.cookie, quote, sizeof(quote)), 0);
	agent_serve(agent);
	ret = caller_wait(&c);
	*needed = c.a->cmd.more_len;
	caller_end_wide(&c);
	return ret;
}

TEST(room_for_parts)
{
	uint32_t needed;
	int agent, beside;

	no_tsm();
	agent = bind_named("launch", 0, 0);
	beside = bind_named("quote", WARD_AGENT_BESIDE, 0);
	EXPECT_EQ(ask_with_room(agent, beside, 64 + 999, &needed), -EMSGSIZE);
	EXPECT_EQ(needed, 64 + 1000);
	EXPECT_EQ(ask_with_room(agent, beside, 64 + 1000, &needed), 0);
	EXPECT_EQ(needed, 64 + 1000);
}

/* ---- nonsense without end ----------------------------------------------------------------------- */

static volatile int stop_flipping;

/* Each value lasts for a system call: one CPU alone may be interrupted there. */
static void *flip_length(void *arg)
{
	static const uint32_t values[] = { 16 << 20, REPORT_LEN, ~0u, 0 };
	volatile uint32_t *len = arg;
	unsigned int i;

	for (i = 0; !stop_flipping; i++) {
		*len = values[i % 4];
		(void)getppid();
	}
	return NULL;
}

/* Lengths that change between reads are read once. */
TEST_TIMEOUT(lengths_that_change_while_they_are_read, 180)
{
	enum { ROUNDS = 40, TRIES = 5000 };
	static struct ward_agent_reply cmd;
	static uint8_t report[REPORT_LEN];
	int agent, i, tries, ret, good = 0, bad = 0, big = 0, other = 0;
	struct ward_agent_request req;
	pthread_t thread;
	struct caller c;

	no_tsm();
	agent = bind_named("agent", 0, 60000);
	stop_flipping = 0;
	ASSERT_EQ(pthread_create(&thread, NULL, flip_length, (void *)&cmd.data_len), 0);
	for (i = 0; i < ROUNDS; i++) {
		c = (struct caller){ 0 };
		caller_start(&c);
		req = next_of(agent);
		report_over(req.report_data, report);
		ret = -EAGAIN;
		for (tries = 0; ret && ret != -EBADMSG && tries < TRIES; tries++) {
			cmd.size = sizeof(cmd);
			cmd.cookie = req.cookie;
			cmd.data_addr = (uintptr_t)report;
			ret = ward_call(agent, WARD_AGENT_REPLY, &cmd);
			good += ret == 0;
			bad += ret == -EBADMSG || ret == -EINVAL;
			big += ret == -EMSGSIZE;
			other += ret && ret != -EBADMSG && ret != -EINVAL && ret != -EMSGSIZE;
		}
		if (tries == TRIES && ret)
			ret = agent_answer(agent, &req);
		EXPECT_EQ(caller_wait(&c), ret);
		if (!ret)
			EXPECT_EQ(c.a->cmd.evidence_len, REPORT_LEN);
		caller_end(&c);
	}
	stop_flipping = 1;
	pthread_join(thread, NULL);
	ktap_note("%d good, %d empty, %d EMSGSIZE", good, bad, big);
	EXPECT_EQ(other, 0);
}

/* One reply of any kind; every so often the right cookie is in it. */
static int hostile_reply(int agent, const struct ward_agent_request *req, uint64_t *seed,
			 uint8_t *bytes)
{
	static const uint32_t lengths[] = {
		0, 1, 63, 1183, 1184, 4096, 32767, 32768, 32769, 65536, 16 << 20, ~0u,
	};
	enum { N = sizeof(lengths) / sizeof(*lengths) };
	uint64_t r = next_word(seed);
	struct ward_agent_reply cmd = {
		.size = sizeof(cmd),
		.cookie = r % 4 ? next_word(seed) : req->cookie,
		.error = r >> 8 & 1 ? r >> 16 & 0xff : 0,
		.data_len = lengths[(r >> 24) % N],
		.aux_len = lengths[(r >> 32) % N],
		.manifest_len = lengths[(r >> 40) % N],
		.data_addr = r >> 48 & 7 ? (uintptr_t)bytes : next_word(seed),
		.aux_addr = r >> 51 & 7 ? (uintptr_t)bytes : 0,
		.manifest_addr = r >> 54 & 7 ? (uintptr_t)bytes : 0,
		.generation = r,
	};

	return ward_call(agent, WARD_AGENT_REPLY, &cmd);
}

/*
 * Others are served: every caller gets a result in bounded time, evidence only
 * where it is right, and after it all the agent works as before.
 */
TEST_TIMEOUT(hostile_replies, 300)
{
	enum { REPLIES = 20000 };
	int agent, i, used = 0, refused = 0, served = 0;
	uint64_t seed = told_seed();
	struct ward_agent_request req = { 0 };
	struct caller c = { 0 };
	bool pending = false;
	uint8_t *bytes;

	no_tsm();
	agent = bind_named("agent", 0, 0);
	bytes = calloc(1, 1 << 17);
	ASSERT_TRUE(bytes != NULL);
	ktap_note("seed %llx", (unsigned long long)seed);
	for (i = 0; i < REPLIES; i++) {
		if (!pending && i % 16 == 0) {
			caller_start(&c);
			req = next_of(agent);
			pending = true;
		}
		switch (hostile_reply(agent, &req, &seed, bytes)) {
		case 0:
		case -EBADMSG:
			ASSERT_TRUE(pending);
			EXPECT_TRUE(caller_wait(&c) != 0);
			caller_end(&c);
			pending = false;
			used++;
			break;
		default:
			refused++;
		}
	}
	if (pending) {
		EXPECT_EQ(agent_answer(agent, &req), 0);
		EXPECT_EQ(caller_wait(&c), 0);
		caller_end(&c);
	}
	for (i = 0; i < 3; i++) {
		c = (struct caller){ 0 };
		served += caller_served(&c, agent) == 0;
		caller_end(&c);
	}
	EXPECT_EQ(served, 3);
	ktap_note("%d replies: %d failed their request, %d touched nothing", REPLIES, used,
		  refused);
	free(bytes);
}

/* The tests before took it away. */
TEST(the_link_is_made_again)
{
	tsm_again();
}

KTAP_MAIN()
