// SPDX-License-Identifier: MIT
/*
 * What an administrator is shown of providers: PROVIDER_GET's dump, and the
 * records of their binding and ending.
 */
#define _GNU_SOURCE
#include "agent_test.h"
#include "wire.h"

/* ---- PROVIDER_GET --------------------------------------------------------------- */

struct shown {
	char name[WARD_LABEL_LEN];
	uint32_t kind, tee, flags;
	bool primary;
	uint64_t calls, errors, generation;
};

static struct shown shown[16];
static unsigned int shown_count;

static void take(const struct attrs *attrs, void *arg)
{
	struct shown *s = &shown[shown_count++];

	(void)arg;
	ASSERT_LE(shown_count, 16);
	strncpy(s->name, attr_data(attrs, WARD_A_PROVIDER, 0), sizeof(s->name) - 1);
	s->kind = attr_u32(attrs, WARD_A_PROVIDER_KIND);
	s->tee = attr_u32(attrs, WARD_A_TEE);
	s->flags = attr_u32(attrs, WARD_A_AGENT_FLAGS);
	s->primary = attrs->at[WARD_A_PRIMARY] != NULL;
	s->calls = attr_u64(attrs, WARD_A_CALLS);
	s->errors = attr_u64(attrs, WARD_A_ERRORS);
	s->generation = attr_u64(attrs, WARD_A_GENERATION);
}

static int show(struct wire *w)
{
	memset(shown, 0, sizeof(shown));
	shown_count = 0;
	return dump_each(w, WARD_GENL_CMD_PROVIDER_GET, NULL, 0, take, NULL);
}

TEST(every_provider_is_shown)
{
	const uint32_t flags = WARD_AGENT_BESIDE | WARD_AGENT_EXCLUSIVE;
	struct wire *w = wire_open();
	struct ward_agent_request req;
	struct caller c = { 0 };
	int agent, beside;

	no_tsm();
	ASSERT_EQ(show(w), 0);
	EXPECT_EQ(shown_count, 0);
	beside = agent_bind("quote", WARD_TEE_TPM, flags, 300);
	agent = agent_bind("launch", WARD_TEE_SIMULATED, 0, 0);
	ASSERT_GE(beside, 0);
	ASSERT_EQ(caller_served(&c, agent), 0);
	caller_end(&c);
	c = (struct caller){ 0 };
	caller_start(&c);
	ASSERT_EQ(agent_next(agent, &req), 1);
	ASSERT_EQ(agent_error(agent, req.cookie, EIO), 0);
	EXPECT_EQ(caller_wait(&c), -EIO);
	caller_end(&c);

	ASSERT_EQ(show(w), 0);
	ASSERT_EQ(shown_count, 2);
	EXPECT_STREQ(shown[0].name, "quote");
	EXPECT_EQ(shown[0].kind, WARD_PROVIDER_AGENT);
	EXPECT_EQ(shown[0].tee, WARD_TEE_TPM);
	EXPECT_EQ(shown[0].flags, flags);
	EXPECT_EQ(shown[0].primary, false);
	EXPECT_EQ(shown[0].calls, 1);		/* the second was not waited for */
	EXPECT_EQ(shown[0].errors, 1);
	EXPECT_STREQ(shown[1].name, "launch");
	EXPECT_EQ(shown[1].primary, true);
	EXPECT_EQ(shown[1].calls, 2);
	EXPECT_EQ(shown[1].errors, 1);
	EXPECT_EQ(shown[1].generation, 7);
}

TEST(the_tsm_entry_is_shown)
{
	struct wire *w = wire_open();

	provider_attach();
	ASSERT_GE(agent_bind("agent", WARD_TEE_TPM, 0, 0), 0);
	ASSERT_EQ(show(w), 0);
	ASSERT_EQ(shown_count, 2);
	EXPECT_STREQ(shown[0].name, "tsmsim");
	EXPECT_EQ(shown[0].kind, WARD_PROVIDER_TSM);
	EXPECT_EQ(shown[0].tee, WARD_TEE_SIMULATED);
	EXPECT_EQ(shown[0].primary, true);
	EXPECT_EQ(shown[1].primary, false);
}

static void show_as_worker(int sock)
{
	become(WORKER_UID);
	ASSERT_EQ(show(wire_open()), -EPERM);
	say(sock);
	hear(sock);
}

TEST(only_root_is_shown_them)
{
	struct peer peer = peer_start(show_as_worker);

	hear(peer.sock);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
}

/* ---- records ---------------------------------------------------------------------- */

/* The newest records of providers, as "name reason", oldest first. */
static char news[8][64];
static unsigned int news_count;

static void keep(const struct attrs *attrs, void *arg)
{
	struct ward_event ev;

	(void)arg;
	memcpy(&ev, attr_data(attrs, WARD_A_EVENT, sizeof(ev)), sizeof(ev));
	if (ev.type != WARD_EVENT_PROVIDER)
		return;
	EXPECT_TRUE(ev.id == WARD_PROVIDER_AGENT || ev.id == WARD_PROVIDER_TSM);
	if (news_count == 8) {
		memmove(news[0], news[1], sizeof(news) - sizeof(news[0]));
		news_count--;
	}
	snprintf(news[news_count++], sizeof(news[0]), "%.32s %u", (char *)ev.detail,
		 ev.reason);
}

TEST(binding_and_ending_are_recorded)
{
	struct wire *w = wire_open();
	int elder, heir;

	elder = agent_bind("agent", WARD_TEE_TPM, 0, 0);
	heir = agent_bind("agent", WARD_TEE_TPM, 0, 0);
	close(elder);		/* is bound no more: nothing to record */
	close(heir);
	EXPECT_EQ(agent_bind("bad name", WARD_TEE_TPM, 0, 0), -EINVAL);
	ASSERT_EQ(dump_each(w, WARD_GENL_CMD_EVENT_GET, NULL, 0, keep, NULL), 0);
	ASSERT_GE(news_count, 4);
	EXPECT_STREQ(news[news_count - 4], "agent 1");
	EXPECT_STREQ(news[news_count - 3], "agent 0");
	EXPECT_STREQ(news[news_count - 2], "agent 1");
	EXPECT_STREQ(news[news_count - 1], "agent 0");
}

/* The tests before took it away. */
TEST(the_link_is_made_again)
{
	tsm_again();
}

KTAP_MAIN()
