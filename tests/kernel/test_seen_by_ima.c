// SPDX-License-Identifier: MIT
/*
 * What IMA's log has of ward: who provides evidence and who may ask for it, as
 * doc/formats.md section 10 says. The rule that makes IMA measure it is written
 * here; a kernel takes such a file once.
 */
#include "agent_test.h"

#include <endian.h>
#include <stdlib.h>

#include "policy_test.h"
#include "ward_test.h"

#define IMA	"/sys/kernel/security/ima/"

enum { LAST = 8, LOG_ROOM = 1 << 20 };

/* ---- IMA ------------------------------------------------------------------------ */

static void need_ima(void)
{
	static bool asked;

	if (access(IMA "ascii_runtime_measurements", R_OK))
		SKIP("this kernel has no IMA");
	if (!asked && !access(IMA "policy", W_OK))
		ASSERT_TRUE(write_to(IMA "policy", "measure func=CRITICAL_DATA label=ward\n"));
	asked = true;
}

/* How often the log has @data under @name. */
static int logged(const char *name, const void *data, size_t len)
{
	static char log[LOG_ROOM], wanted[64 + 2 * 1024];
	const char *at = log;
	size_t n, i;
	int found = 0;

	n = snprintf(wanted, 64, " %s ", name);
	ASSERT_LE(len, 1024);
	for (i = 0; i < len; i++)
		n += snprintf(wanted + n, 3, "%02x", ((const uint8_t *)data)[i]);
	ASSERT_LT(slurp(IMA "ascii_runtime_measurements", log, sizeof(log)), LOG_ROOM - 1);
	while ((at = strstr(at, wanted))) {
		found++;
		at += n;
	}
	return found;
}

/* ---- changes of providers ----------------------------------------------------------- */

struct change {
	uint8_t instance[WARD_ID_LEN];
	uint64_t seq;
	uint32_t bound, kind, tee, flags;
	char name[WARD_LABEL_LEN];
};

struct changes {
	int type;
	struct ward_event ev[LAST];
	int n;
};

static void keep_change(const struct attrs *attrs, void *arg)
{
	const struct ward_event *ev = attr_data(attrs, WARD_A_EVENT, WARD_EVENT_SIZE);
	struct changes *all = arg;

	if (ev->type == all->type)
		all->ev[all->n++ % LAST] = *ev;
}

/* The last of its type but @back, by the records of the global chain. */
static struct ward_event record_before(int type, int back)
{
	static const uint8_t global[WARD_ID_LEN];
	const struct request_attr of_global = { WARD_A_SESSION_ID, sizeof(global), global };
	struct changes all = { .type = type };
	struct wire *w = wire_open();

	ASSERT_EQ(dump_each(w, WARD_GENL_CMD_EVENT_GET, &of_global, 1, keep_change, &all), 0);
	close(w->fd);
	free(w);
	ASSERT_GT(all.n, back);
	return all.ev[(all.n - 1 - back) % LAST];
}

static struct ward_event change_before(int back)
{
	return record_before(WARD_EVENT_PROVIDER, back);
}

static void expect_change(int back, int bound, uint32_t kind, uint32_t flags, const char *name)
{
	struct ward_event ev = change_before(back);
	struct change change = {
		.seq = htole64(ev.seq), .bound = htole32(bound), .kind = htole32(kind),
		.tee = htole32(WARD_TEE_SIMULATED), .flags = htole32(flags),
	};
	int session = session_open();
	struct ward_info info = session_info(session);

	close(session);
	EXPECT_EQ(ev.reason, bound);
	EXPECT_EQ(ev.id, kind);
	memcpy(change.instance, info.out_instance, WARD_ID_LEN);
	strncpy(change.name, name, sizeof(change.name) - 1);
	EXPECT_EQ(logged("ward_provider", &change, sizeof(change)), 1);
}

static int bound(uint32_t flags)
{
	int agent = agent_bind("measured", WARD_TEE_SIMULATED, flags, 0);

	ASSERT_GE(agent, 0);
	return agent;
}

/* The same change again is another entry, since its record is. */
TEST(agents_that_come_and_go)
{
	int i;

	need_ima();
	for (i = 0; i < 2; i++) {
		close(bound(WARD_AGENT_EXCLUSIVE));
		expect_change(1, 1, WARD_PROVIDER_AGENT, WARD_AGENT_EXCLUSIVE, "measured");
		expect_change(0, 0, WARD_PROVIDER_AGENT, WARD_AGENT_EXCLUSIVE, "measured");
	}
}

TEST(an_agent_that_takes_over)
{
	int elder, heir;

	need_ima();
	elder = bound(0);
	heir = bound(WARD_AGENT_BESIDE);
	expect_change(1, 0, WARD_PROVIDER_AGENT, 0, "measured");
	expect_change(0, 1, WARD_PROVIDER_AGENT, WARD_AGENT_BESIDE, "measured");
	close(elder);
	/* It was gone already. */
	expect_change(0, 1, WARD_PROVIDER_AGENT, WARD_AGENT_BESIDE, "measured");
	close(heir);
	expect_change(0, 0, WARD_PROVIDER_AGENT, WARD_AGENT_BESIDE, "measured");
}

/* What could not be handed over was never bound. */
TEST(no_change_of_what_failed)
{
	struct ward_event before;
	int session = session_open();

	need_ima();
	close(bound(0));
	before = change_before(0);
	/* The kernel may read there, and may not write. */
	EXPECT_EQ(ward_call(session, WARD_AGENT_BIND, (void *)"\70\0\0\0\0\0\0\0measured\0\0\0\0\0\0\0"
			    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), -EFAULT);
	EXPECT_EQ(change_before(0).seq, before.seq);
}

TEST(the_link_made_and_taken_away)
{
	need_ima();
	need_provider();
	provider_attach();
	provider_detach();
	expect_change(0, 0, WARD_PROVIDER_TSM, 0, "tsmsim");
	provider_attach();
	expect_change(0, 1, WARD_PROVIDER_TSM, 0, "tsmsim");
}

/* ---- the policy ------------------------------------------------------------------------ */

struct measured_policy {
	uint8_t instance[WARD_ID_LEN];
	uint64_t seq;
	uint8_t policy[24 + 16];
};

/* Set again it is another entry, since its record is: the last one is in force. */
TEST(the_policy)
{
	const struct policy p = {
		.otherwise = ALL, .n = 1, .rules = { { 0, 4711, ONE(WARD_PURPOSE_RAW), 0 } },
	};
	struct ward_info info = session_info(session_open());
	struct measured_policy m = { .seq = 0 };
	struct wire *w = wire_open();
	int i;

	need_ima();
	memcpy(m.instance, info.out_instance, WARD_ID_LEN);
	memcpy(m.policy, &p, sizeof(m.policy));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(set(w, &p), 0);
		m.seq = htole64(record_before(WARD_EVENT_POLICY, 0).seq);
		EXPECT_EQ(logged("ward_policy", &m, sizeof(m)), 1);
		ASSERT_EQ(set(w, &open_to_all), 0);
	}
}

KTAP_MAIN()
