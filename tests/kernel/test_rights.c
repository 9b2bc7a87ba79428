// SPDX-License-Identifier: MIT
/*
 * Every command and group of the control plane, asked for by everybody there is:
 * who may what is the table below, as ward_netlink.h tells it.
 */
#define _GNU_SOURCE
#include "attest_test.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "wire.h"

/* ---- who asks ---------------------------------------------------------------------- */

enum who { ROOT, SYS_ADMIN_ALONE, NET_ADMIN_ALONE, OWNER, STRANGER, NAMESPACE_ROOT, WHOS };

static const char *const names[WHOS] = {
	"root", "CAP_SYS_ADMIN alone", "CAP_NET_ADMIN alone", "the owner", "a stranger",
	"the owner as root of a namespace",
};

/* Another user, with one capability and no other. */
static void become_with(unsigned int uid, int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { { 0 } };

	ASSERT_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	become(uid);
	caps[0].permitted = caps[0].effective = 1u << cap;
	ASSERT_EQ(syscall(SYS_capset, &head, caps), 0);
}

static void become_who(enum who who)
{
	switch (who) {
	case SYS_ADMIN_ALONE:
		become_with(OTHER_UID, CAP_SYS_ADMIN);
		break;
	case NET_ADMIN_ALONE:
		become_with(OTHER_UID, CAP_NET_ADMIN);
		break;
	case OWNER:
		become(WORKER_UID);
		break;
	case STRANGER:
		become(OTHER_UID);
		break;
	case NAMESPACE_ROOT:
		become(WORKER_UID);
		ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
		ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
		ASSERT_TRUE(write_to("/proc/self/uid_map", "0 1001 1"));
		ASSERT_EQ(geteuid(), 0);
		break;
	default:
		break;
	}
}

/* ---- what is asked for --------------------------------------------------------------- */

static uint8_t session_id[WARD_ID_LEN];	/* of the owner's */
static const uint8_t no_session[WARD_ID_LEN];
static const uint64_t same_limit = ~0ull;
static const uint32_t one = 1, other_uid = OTHER_UID, all_purposes = 0x3e;

static void count_it(const struct attrs *attrs, void *arg)
{
	(void)attrs;
	++*(int *)arg;
}

/* Who may, in the order of enum who, by the letters of as_it_should(). */
static const struct right {
	const char *what, *may;
	uint8_t cmd;
	bool dump;
	uint16_t attr, len;
	const void *data;
} rights[] = {
	{ "STATUS_GET", "yyyyyy", WARD_GENL_CMD_STATUS_GET, false, 0, 0, NULL },
	{ "PRESSURE_GET", "yyyyyy", WARD_GENL_CMD_PRESSURE_GET, false, 0, 0, NULL },
	{ "SESSION_GET", "yynyny", WARD_GENL_CMD_SESSION_GET, false,
	  WARD_A_SESSION_ID, WARD_ID_LEN, session_id },
	{ "SESSION_GET, all", "yy0101", WARD_GENL_CMD_SESSION_GET, true, 0, 0, NULL },
	{ "BUFFER_GET", "yynyny", WARD_GENL_CMD_BUFFER_GET, true,
	  WARD_A_SESSION_ID, WARD_ID_LEN, session_id },
	{ "BUFFER_GET, all", "yy0101", WARD_GENL_CMD_BUFFER_GET, true, 0, 0, NULL },
	{ "EVENT_GET", "yynyny", WARD_GENL_CMD_EVENT_GET, true,
	  WARD_A_SESSION_ID, WARD_ID_LEN, session_id },
	{ "EVENT_GET, the global chain", "yynnnn", WARD_GENL_CMD_EVENT_GET, true,
	  WARD_A_SESSION_ID, WARD_ID_LEN, no_session },
	{ "EVENT_GET, all", "yynnnn", WARD_GENL_CMD_EVENT_GET, true, 0, 0, NULL },
	{ "PROVIDER_GET", "yynnnn", WARD_GENL_CMD_PROVIDER_GET, false, 0, 0, NULL },
	{ "PROVIDER_GET, all", "yynnnn", WARD_GENL_CMD_PROVIDER_GET, true, 0, 0, NULL },
	{ "LIMIT_GET", "yynnnn", WARD_GENL_CMD_LIMIT_GET, false, 0, 0, NULL },
	{ "LIMIT_GET of a user", "yynnnn", WARD_GENL_CMD_LIMIT_GET, false,
	  WARD_A_UID, 4, &other_uid },
	{ "LIMIT_SET", "yynnnn", WARD_GENL_CMD_LIMIT_SET, false,
	  WARD_A_LIMIT_SESSION, 8, &same_limit },
	{ "PACE_SET", "yynnnn", WARD_GENL_CMD_PACE_SET, false, WARD_A_ASK_BURST, 4, &one },
	{ "POLICY_GET", "yynnnn", WARD_GENL_CMD_POLICY_GET, false, 0, 0, NULL },
	{ "POLICY_SET", "yynnnn", WARD_GENL_CMD_POLICY_SET, false,
	  WARD_A_PURPOSES, 4, &all_purposes },
	/* Last: it ends the session. */
	{ "SESSION_REVOKE", "nnnnnn", WARD_GENL_CMD_SESSION_REVOKE, false,
	  WARD_A_SESSION_ID, WARD_ID_LEN, session_id },
};

/* 0 or -errno; how many messages a dump had. */
static int ask_for(const struct right *right, int *told)
{
	const struct request_attr attr = { right->attr, right->len, right->data };
	struct wire *w = wire_open();
	int ret;

	*told = 0;
	if (right->dump)
		ret = dump_each(w, right->cmd, &attr, 1, count_it, told);
	else
		ret = tell(w, right->cmd, right->attr, right->data, right->len);
	close(w->fd);
	free(w);
	return ret < 0 ? ret : 0;
}

/* y: yes. n: EPERM. 0 and 1: whoever asks is told of so many, and no more. */
static bool as_it_should(char may, int ret, int told)
{
	switch (may) {
	case 'y':
		return !ret;
	case 'n':
		return ret == -EPERM;
	default:
		return !ret && told == may - '0';
	}
}

static enum who asking;

static void ask_for_all(int sock)
{
	size_t i;
	int ret, told, wrong = 0;

	(void)sock;
	become_who(asking);
	for (i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		if (rights[i].cmd == WARD_GENL_CMD_SESSION_REVOKE && asking <= SYS_ADMIN_ALONE)
			continue;
		ret = ask_for(&rights[i], &told);
		if (as_it_should(rights[i].may[asking], ret, told))
			continue;
		ktap_note("%s by %s: %d, %d told", rights[i].what, names[asking], ret, told);
		wrong++;
	}
	ASSERT_EQ(wrong, 0);
}

static void join_groups(int sock)
{
	static const char *const groups[] = { WARD_GENL_GROUP_PRESSURE, WARD_GENL_GROUP_EVENTS };
	struct wire *w;
	int i;

	(void)sock;
	become_who(asking);
	for (i = 0; i < 2; i++) {
		w = wire_open();
		ASSERT_EQ(join(w, groups[i]), asking <= SYS_ADMIN_ALONE ? 0 : -EPERM);
		close(w->fd);
	}
}

static void own_a_session(int sock)
{
	struct ward_info info;
	int session;

	become(WORKER_UID);
	session = session_open();
	ASSERT_GE(session, 0);
	ASSERT_GE(buf_alloc(session, PAGE), 0);
	info = session_info(session);
	ASSERT_EQ(write(sock, info.out_session, WARD_ID_LEN), (ssize_t)WARD_ID_LEN);
	hear(sock);
}

static struct peer owner_starts(void)
{
	struct peer owner = peer_start(own_a_session);

	ASSERT_EQ(read(owner.sock, session_id, WARD_ID_LEN), (ssize_t)WARD_ID_LEN);
	return owner;
}

static void everybody(void (*does)(int sock))
{
	struct peer peer;

	for (asking = 0; asking < WHOS; asking++) {
		peer = peer_start(does);
		EXPECT_EQ(peer_wait(&peer), 0);
	}
}

TEST(each_command_by_each)
{
	struct peer owner = owner_starts();

	everybody(ask_for_all);
	say(owner.sock);
	EXPECT_EQ(peer_wait(&owner), 0);
	provider_unpaced();
}

TEST(each_group_by_each)
{
	everybody(join_groups);
}

static void revoke_it(int sock)
{
	struct wire *w;

	(void)sock;
	become_who(asking);
	w = wire_open();
	ASSERT_EQ(tell(w, WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID, session_id,
		       WARD_ID_LEN), 0);
}

TEST(revoke_by_who_may)
{
	struct peer owner, peer;

	for (asking = ROOT; asking <= SYS_ADMIN_ALONE; asking++) {
		owner = owner_starts();
		peer = peer_start(revoke_it);
		EXPECT_EQ(peer_wait(&peer), 0);
		say(owner.sock);
		EXPECT_EQ(peer_wait(&owner), 0);
	}
}

/* No command without a row above; multicasts can't be asked for. */
TEST(no_command_without_its_rights)
{
	uint8_t cmd;
	size_t i;

	for (cmd = 1; cmd <= WARD_GENL_CMD_MAX; cmd++) {
		for (i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
			if (rights[i].cmd == cmd)
				break;
		if (i < sizeof(rights) / sizeof(rights[0]))
			continue;
		EXPECT_TRUE(cmd == WARD_GENL_CMD_PRESSURE_NTF || cmd == WARD_GENL_CMD_EVENT_NTF);
	}
}

KTAP_MAIN()
