// SPDX-License-Identifier: MIT
/*
 * The control plane's rights and answers, over a plain netlink socket: what is
 * tested is the kernel, not a library.
 */
#include "attest_test.h"

#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "wire.h"

/* What a dump of sessions is looked through for. */
struct search {
	const uint8_t *id;
	bool found;
	int count;
};

static void look_at(const struct attrs *attrs, void *arg)
{
	struct search *search = arg;

	search->found |= !memcmp(attr_data(attrs, WARD_A_SESSION_ID, 16), search->id, 16);
	search->count++;
}

/* Dump: how many sessions are told, and whether @id is among them. */
static int dump(struct wire *w, const uint8_t *id, bool *found)
{
	struct search search = { .id = id };
	int ret = dump_each(w, WARD_GENL_CMD_SESSION_GET, NULL, 0, look_at, &search);

	*found = search.found;
	return ret ? ret : search.count;
}

/* ---- what everybody may ask ------------------------------------------------------------ */

TEST(status_and_pressure_for_everybody)
{
	int session = session_open();
	struct ward_info info = session_info(session);
	struct ward_pressure pressure;
	struct buf b = buf_get(session, HUGE);
	struct attrs attrs;
	struct wire *w;

	become(OTHER_UID);
	w = wire_open();
	ASSERT_EQ(ask(w, WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs), 0);
	EXPECT_EQ(attr_u32(&attrs, WARD_A_ABI), WARD_ABI_VERSION);
	EXPECT_EQ(attr_u32(&attrs, WARD_A_MODULE_VERSION), info.out_module_version);
	EXPECT_MEMEQ(attr_data(&attrs, WARD_A_INSTANCE, 16), info.out_instance, 16);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_FEATURES), info.out_features);
	EXPECT_GE(attr_u32(&attrs, WARD_A_SESSIONS), 1);
	attr_data(&attrs, WARD_A_BUILD_ID, 20);
	attr_data(&attrs, WARD_A_GLOBAL_HEAD, 32);
	EXPECT_GE(attr_u64(&attrs, WARD_A_GLOBAL_SEQ), 2);
	EXPECT_GE(attr_u64(&attrs, WARD_A_LIVE_A), HUGE);

	ASSERT_EQ(ask(w, WARD_GENL_CMD_PRESSURE_GET, 0, NULL, 0, &attrs), 0);
	pressure = session_pressure(session);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_LIVE_A) + attr_u64(&attrs, WARD_A_LIVE_B),
		  pressure.out_live_global);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_LIMIT), pressure.out_limit_global);
	buf_drop(&b);
}

/* ---- whose sessions ---------------------------------------------------------------------- */

static uint8_t worker_id[WARD_ID_LEN];

static void hold_session(int sock)
{
	struct ward_info info;

	become(WORKER_UID);
	ASSERT_EQ(prctl(PR_SET_NAME, "holder"), 0);
	info = session_info(session_open());
	ASSERT_EQ(write(sock, info.out_session, WARD_ID_LEN), WARD_ID_LEN);
	hear(sock);
}

static struct peer worker_with_session(void)
{
	struct peer peer = peer_start(hold_session);

	ASSERT_EQ(read(peer.sock, worker_id, sizeof(worker_id)), WARD_ID_LEN);
	return peer;
}

static int get_session(struct wire *w, const uint8_t *id, struct attrs *attrs)
{
	return ask(w, WARD_GENL_CMD_SESSION_GET, WARD_A_SESSION_ID, id, WARD_ID_LEN, attrs);
}

TEST(root_sees_every_session)
{
	struct peer peer = worker_with_session();
	struct wire *w = wire_open();
	struct attrs attrs;
	bool found;

	ASSERT_EQ(get_session(w, worker_id, &attrs), 0);
	EXPECT_MEMEQ(attr_data(&attrs, WARD_A_SESSION_ID, 16), worker_id, 16);
	EXPECT_EQ(attr_u32(&attrs, WARD_A_UID), WORKER_UID);
	EXPECT_EQ(attr_u32(&attrs, WARD_A_TGID), (uint32_t)peer.pid);
	EXPECT_STREQ(attr_data(&attrs, WARD_A_COMM, 0), "holder");
	EXPECT_EQ(attr_u32(&attrs, WARD_A_STATE), 0);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_SEQ), 1);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_BUFFERS), 0);
	EXPECT_LE(attr_u64(&attrs, WARD_A_BOOT_NS), now_ns(CLOCK_BOOTTIME));
	EXPECT_GE(dump(w, worker_id, &found), 1);
	EXPECT_TRUE(found);
	say(peer.sock);
	peer_wait(&peer);
	EXPECT_EQ(get_session(w, worker_id, &attrs), -ENOENT);
}

static void look_as(unsigned int uid, int by_id, int in_dump)
{
	struct attrs attrs;
	struct wire *w;
	bool found;

	become(uid);
	w = wire_open();
	ASSERT_EQ(get_session(w, worker_id, &attrs), by_id);
	ASSERT_GE(dump(w, worker_id, &found), 0);
	ASSERT_EQ(found, in_dump);
	ASSERT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), -EPERM);
}

static void look_as_worker(int sock)
{
	(void)sock;
	look_as(WORKER_UID, 0, 1);
}

static void look_as_other(int sock)
{
	(void)sock;
	look_as(OTHER_UID, -EPERM, 0);
}

TEST(users_see_their_own_alone)
{
	struct peer holder = worker_with_session(), peer;
	int status;

	peer = peer_start(look_as_worker);
	status = peer_wait(&peer);
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	peer = peer_start(look_as_other);
	status = peer_wait(&peer);
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	peer_kill(&holder);
}

/* A socket that root opened and a user inherited speaks for neither. */
TEST(a_socket_that_changed_hands)
{
	struct peer holder = worker_with_session();
	struct wire *w = wire_open();
	struct attrs attrs;
	bool found;

	become(WORKER_UID);
	EXPECT_EQ(get_session(w, worker_id, &attrs), -EPERM);
	EXPECT_EQ(dump(w, worker_id, &found), 0);
	EXPECT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), -EPERM);
	EXPECT_EQ(ask(w, WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs), 0);
	say(holder.sock);
	peer_wait(&holder);
}

static uint64_t global_seq(struct wire *w, uint8_t *head)
{
	struct attrs attrs;

	ASSERT_EQ(ask(w, WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs), 0);
	memcpy(head, attr_data(&attrs, WARD_A_GLOBAL_HEAD, 32), 32);
	return attr_u64(&attrs, WARD_A_GLOBAL_SEQ);
}

/* Whoever looks sees every record so far, and looking is none. */
TEST(global_head_is_the_newest)
{
	struct wire *w = wire_open();
	uint64_t seq, limit;
	uint8_t before[32], after[32];
	struct attrs attrs;
	int session;

	seq = global_seq(w, before);
	EXPECT_EQ(global_seq(w, after), seq);
	EXPECT_MEMEQ(after, before, sizeof(after));
	session = session_open();
	EXPECT_EQ(global_seq(w, after), seq + 1);
	EXPECT_NE(memcmp(after, before, sizeof(after)), 0);
	close(session);
	EXPECT_EQ(global_seq(w, before), seq + 2);
	EXPECT_NE(memcmp(after, before, sizeof(after)), 0);

	/* A system's record stands after those that were made before it. */
	ASSERT_EQ(ask(w, WARD_GENL_CMD_LIMIT_GET, 0, NULL, 0, &attrs), 0);
	limit = attr_u64(&attrs, WARD_A_LIMIT);
	session = session_open();
	ASSERT_EQ(tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_LIMIT, &limit, sizeof(limit)), 0);
	close(session);
	EXPECT_EQ(global_seq(w, after), seq + 5);
}

/* CAP_SYS_ADMIN of a user namespace of one's own is not the right one. */
TEST(namespace_root_is_nobody)
{
	struct peer holder = worker_with_session();
	struct attrs attrs;
	struct wire *w;

	become(OTHER_UID);
	if (unshare(CLONE_NEWUSER))
		SKIP("unprivileged user namespaces are off");
	w = wire_open();
	EXPECT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), -EPERM);
	EXPECT_EQ(get_session(w, worker_id, &attrs), -EPERM);
	say(holder.sock);
	peer_wait(&holder);
}

TEST(other_network_namespaces_have_no_ward)
{
	struct wire w = { .fd = -1 };

	ASSERT_EQ(unshare(CLONE_NEWNET), 0);
	w.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	ASSERT_GE(w.fd, 0);
	EXPECT_EQ(resolve(&w), -ENOENT);
}

/* ---- dumps ----------------------------------------------------------------------------------- */

/* More than one message holds, so that the dump has to go on. */
TEST(long_dump)
{
	enum { N = 200 };
	struct wire *w = wire_open();
	int before, i, session = -1;
	uint8_t none[16] = { 0 };
	struct ward_info info;
	bool found;

	before = dump(w, none, &found);
	ASSERT_GE(before, 0);
	for (i = 0; i < N; i++) {
		session = session_open();
		ASSERT_GE(session, 0);
	}
	info = session_info(session);
	EXPECT_EQ(dump(w, info.out_session, &found), before + N);
	EXPECT_TRUE(found);
}

static void open_as_worker(int sock)
{
	(void)sock;
	become(WORKER_UID);
	ASSERT_GE(session_open(), 0);
}

/* Each session costs the kernel memory that no ledger counts. */
TEST(sessions_of_a_user_are_bounded)
{
	enum { MOST = 512 };
	struct peer peer;
	int i, last = 0, any = -1;

	for (i = 0; i <= MOST && last >= 0; i++) {
		any = last > 0 ? last : any;
		last = session_open();
	}
	EXPECT_EQ(last, -EDQUOT);
	ASSERT_GE(any, 0);
	peer = peer_start(open_as_worker);
	EXPECT_EQ(peer_wait(&peer), 0);
	close(any);
	EXPECT_GE(session_open(), 0);
}

/* ---- bad messages ------------------------------------------------------------------------------- */

TEST(bad_messages)
{
	uint8_t id[WARD_ID_LEN + 4] = { 1 };
	struct wire *w = wire_open();
	struct attrs attrs;

	EXPECT_EQ(ask(w, WARD_GENL_CMD_SESSION_GET, 0, NULL, 0, &attrs), -EINVAL);
	EXPECT_LT(ask(w, WARD_GENL_CMD_SESSION_GET, WARD_A_SESSION_ID, id, 15, &attrs), 0);
	EXPECT_LT(ask(w, WARD_GENL_CMD_SESSION_GET, WARD_A_SESSION_ID, id, 17, &attrs), 0);
	EXPECT_EQ(ask(w, WARD_GENL_CMD_SESSION_GET, WARD_A_SESSION_ID, id, 16, &attrs),
		  -ENOENT);
	EXPECT_LT(ask(w, WARD_GENL_CMD_SESSION_GET, WARD_A_UID, id, 4, &attrs), 0);
	EXPECT_LT(ask(w, WARD_GENL_CMD_STATUS_GET, WARD_A_ABI, id, 4, &attrs), 0);
	EXPECT_LT(ask(w, WARD_GENL_CMD_STATUS_GET, WARD_A_MAX + 7, id, 4, &attrs), 0);
	EXPECT_EQ(ask(w, WARD_GENL_CMD_UNSPEC, 0, NULL, 0, &attrs), -EOPNOTSUPP);
	EXPECT_EQ(ask(w, 99, 0, NULL, 0, &attrs), -EOPNOTSUPP);
}

/* ---- the provider ----------------------------------------------------------------------------------- */

TEST(provider_figures)
{
	struct wire *w = wire_open();
	uint64_t calls, errors, served;
	struct attrs attrs;
	int session, err;

	provider_attach();
	session = session_open();
	free(attest(session, WARD_PURPOSE_REPORT, &err));
	ASSERT_EQ(err, 0);
	ASSERT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), 0);
	EXPECT_STREQ(attr_data(&attrs, WARD_A_PROVIDER, 0), "tsmsim");
	EXPECT_EQ(attr_u32(&attrs, WARD_A_QUEUED), 0);
	EXPECT_GE(attr_u64(&attrs, WARD_A_GENERATION), 1);
	calls = attr_u64(&attrs, WARD_A_CALLS);
	errors = attr_u64(&attrs, WARD_A_ERRORS);
	served = attr_u64(&attrs, WARD_A_SERVED);

	fault("error", "5");
	free(attest(session, WARD_PURPOSE_REPORT, &err));
	fault("error", "0");
	EXPECT_EQ(err, -EIO);
	ASSERT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), 0);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_CALLS), calls + 1);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_ERRORS), errors + 1);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_SERVED), served);

	ASSERT_EQ(ask(w, WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs), 0);
	EXPECT_EQ(attr_u32(&attrs, WARD_A_TEE), WARD_TEE_SIMULATED);
	provider_detach();
	ASSERT_EQ(ask(w, WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs), 0);
	EXPECT_TRUE(attrs.at[WARD_A_PROVIDER] == NULL);
	provider_attach();
}

KTAP_MAIN()
