// SPDX-License-Identifier: MIT
/*
 * Limits that an administrator sets over netlink, what they hold back what
 * not, and what PRESSURE_GET tells.
 */
#define _GNU_SOURCE
#include "attest_test.h"

#include <sched.h>
#include <sys/stat.h>

#include "wire.h"

#define NONE	(~0ull)

/* ---- messages with several attributes --------------------------------------------- */

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t room[256];
};

static void begin(struct message *m, const struct wire *w, uint8_t cmd)
{
	memset(m, 0, sizeof(*m));
	m->nl.nlmsg_type = w->family;
	m->nl.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->genl.cmd = cmd;
	m->genl.version = 1;
}

static void put(struct message *m, uint16_t type, const void *data, uint16_t len)
{
	struct nlattr head = { .nla_type = type, .nla_len = NLA_HDRLEN + len };
	uint8_t *at = (uint8_t *)m + m->nl.nlmsg_len;

	memcpy(at, &head, sizeof(head));
	memcpy(at + NLA_HDRLEN, data, len);
	m->nl.nlmsg_len += NLA_ALIGN(head.nla_len);
}

static void put_u64(struct message *m, uint16_t type, uint64_t v)
{
	put(m, type, &v, sizeof(v));
}

static void put_u32(struct message *m, uint16_t type, uint32_t v)
{
	put(m, type, &v, sizeof(v));
}

static int send_it(struct wire *w, const struct message *m)
{
	ASSERT_EQ(send(w->fd, m, m->nl.nlmsg_len, 0), m->nl.nlmsg_len);
	return receive(w);
}

static int set_one(struct wire *w, uint16_t type, uint64_t bytes)
{
	return tell(w, WARD_GENL_CMD_LIMIT_SET, type, &bytes, sizeof(bytes));
}

static int set_user(struct wire *w, uint32_t uid, uint64_t bytes)
{
	struct message m;

	begin(&m, w, WARD_GENL_CMD_LIMIT_SET);
	put_u32(&m, WARD_A_UID, uid);
	put_u64(&m, WARD_A_LIMIT_USER, bytes);
	return send_it(w, &m);
}

struct limits {
	uint64_t global, user, session;
};

static struct limits get_limits(struct wire *w, const uint32_t *uid)
{
	struct attrs attrs = { 0 };

	ASSERT_EQ(ask(w, WARD_GENL_CMD_LIMIT_GET, uid ? WARD_A_UID : 0, uid,
		      uid ? sizeof(*uid) : 0, &attrs), 0);
	return (struct limits) {
		attr_u64(&attrs, WARD_A_LIMIT), attr_u64(&attrs, WARD_A_LIMIT_USER),
		attr_u64(&attrs, WARD_A_LIMIT_SESSION),
	};
}

/* ---- setting and getting ------------------------------------------------------------ */

TEST(set_and_get)
{
	const uint32_t worker = WORKER_UID, other = OTHER_UID;
	struct wire *w = wire_open();
	struct limits was = get_limits(w, NULL);
	struct message m;

	EXPECT_EQ(was.user, NONE);
	EXPECT_EQ(was.session, NONE);
	begin(&m, w, WARD_GENL_CMD_LIMIT_SET);
	put_u64(&m, WARD_A_LIMIT, 900 * PAGE);
	put_u64(&m, WARD_A_LIMIT_USER, 300 * PAGE);
	put_u64(&m, WARD_A_LIMIT_SESSION, 200 * PAGE);
	ASSERT_EQ(send_it(w, &m), 0);
	ASSERT_EQ(set_user(w, worker, 500 * PAGE), 0);
	EXPECT_EQ(get_limits(w, NULL).global, 900 * PAGE);
	EXPECT_EQ(get_limits(w, NULL).user, 300 * PAGE);
	EXPECT_EQ(get_limits(w, NULL).session, 200 * PAGE);
	EXPECT_EQ(get_limits(w, &worker).user, 500 * PAGE);
	EXPECT_EQ(get_limits(w, &other).user, 300 * PAGE);
	/* None of its own: that of every user holds again. */
	ASSERT_EQ(set_user(w, worker, NONE), 0);
	EXPECT_EQ(get_limits(w, &worker).user, 300 * PAGE);
	ASSERT_EQ(set_one(w, WARD_A_LIMIT_USER, NONE), 0);
	ASSERT_EQ(set_one(w, WARD_A_LIMIT_SESSION, NONE), 0);
	ASSERT_EQ(set_one(w, WARD_A_LIMIT, was.global), 0);
	EXPECT_EQ(get_limits(w, &worker).user, NONE);
}

TEST(session_limit_of_everybody)
{
	struct wire *w = wire_open();
	int early = session_open(), late;

	ASSERT_EQ(set_one(w, WARD_A_LIMIT_SESSION, 4 * PAGE), 0);
	late = session_open();
	EXPECT_EQ(session_pressure(late).out_limit_session, 4 * PAGE);
	EXPECT_EQ(session_info(early).out_limit, 4 * PAGE);
	EXPECT_EQ(buf_alloc(early, 5 * PAGE), -EDQUOT);
	EXPECT_GE(buf_alloc(early, 4 * PAGE), 0);
	EXPECT_EQ(buf_alloc(early, PAGE), -EDQUOT);
	EXPECT_GE(buf_alloc(late, 4 * PAGE), 0);
	ASSERT_EQ(set_one(w, WARD_A_LIMIT_SESSION, NONE), 0);
	EXPECT_GE(buf_alloc(late, PAGE), 0);
}

TEST(user_limit_over_all_sessions)
{
	struct wire *w = wire_open();
	int a = session_open(), b = session_open(), fd;
	struct ward_pressure p;

	ASSERT_EQ(set_user(w, 0, 10 * PAGE), 0);
	fd = buf_alloc(a, 6 * PAGE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(buf_alloc(b, 5 * PAGE), -EDQUOT);
	EXPECT_GE(buf_alloc(b, 4 * PAGE), 0);
	p = session_pressure(b);
	EXPECT_EQ(p.out_live, 4 * PAGE);
	EXPECT_EQ(p.out_live_user, 10 * PAGE);
	EXPECT_EQ(p.out_limit_user, 10 * PAGE);
	EXPECT_EQ(p.out_level, WARD_LEVEL_CRITICAL);
	EXPECT_EQ(session_pressure(a).out_level, WARD_LEVEL_CRITICAL);
	close(fd);
	EXPECT_EQ(session_pressure(b).out_live_user, 4 * PAGE);
	EXPECT_EQ(session_pressure(b).out_level, WARD_LEVEL_LOW);
	ASSERT_EQ(set_user(w, 0, NONE), 0);
}

static void hold_as_worker(int sock)
{
	int s;

	become(WORKER_UID);
	s = session_open();
	ASSERT_GE(s, 0);
	ASSERT_GE(buf_alloc(s, 5 * PAGE), 0);
	ASSERT_EQ(buf_alloc(s, PAGE), -EDQUOT);
	say(sock);
	hear(sock);
}

TEST(users_do_not_share_a_limit)
{
	struct wire *w = wire_open();
	int s = session_open();
	struct peer peer;

	ASSERT_EQ(set_one(w, WARD_A_LIMIT_USER, 5 * PAGE), 0);
	peer = peer_start(hold_as_worker);
	hear(peer.sock);
	EXPECT_GE(buf_alloc(s, 5 * PAGE), 0);
	EXPECT_EQ(buf_alloc(s, PAGE), -EDQUOT);
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	ASSERT_EQ(set_one(w, WARD_A_LIMIT_USER, NONE), 0);
}

/* Nothing is taken away; nothing more is given until it fits. */
TEST(limits_below_what_is_held)
{
	struct wire *w = wire_open();
	uint64_t was = get_limits(w, NULL).global;
	int s = session_open(), fds[2];

	fds[0] = buf_alloc(s, 6 * PAGE);
	fds[1] = buf_alloc(s, 4 * PAGE);
	ASSERT_GE(fds[1], 0);
	ASSERT_EQ(set_one(w, WARD_A_LIMIT, PAGE), 0);
	ASSERT_EQ(set_user(w, 0, 2 * PAGE), 0);
	EXPECT_EQ(session_info(s).out_live, 10 * PAGE);
	EXPECT_EQ(session_info(s).out_limit, PAGE);
	EXPECT_EQ(buf_alloc(s, PAGE), -EDQUOT);
	ASSERT_EQ(set_one(w, WARD_A_LIMIT, was), 0);
	close(fds[0]);
	EXPECT_EQ(buf_alloc(s, PAGE), -EDQUOT);
	close(fds[1]);
	EXPECT_GE(buf_alloc(s, 2 * PAGE), 0);
	EXPECT_EQ(buf_alloc(s, PAGE), -EDQUOT);
	ASSERT_EQ(set_user(w, 0, NONE), 0);
}

/* ---- bad messages ----------------------------------------------------------------------- */

/* The kernel's words of the last refusal, or "". */
static const char *why(const struct wire *w)
{
	const struct nlmsghdr *nl = (const void *)w->buf;
	const struct nlattr *a;
	size_t at = NLMSG_HDRLEN + sizeof(struct nlmsgerr);

	if (!(nl->nlmsg_flags & NLM_F_CAPPED))
		at += ((const struct nlmsgerr *)NLMSG_DATA(nl))->msg.nlmsg_len - NLMSG_HDRLEN;
	for (; at + NLA_HDRLEN <= nl->nlmsg_len; at += NLA_ALIGN(a->nla_len)) {
		a = (const void *)(w->buf + at);
		if (a->nla_type == NLMSGERR_ATTR_MSG)
			return (const char *)a + NLA_HDRLEN;
	}
	return "";
}

static struct wire *wordy_wire(void)
{
	struct wire *w = wire_open();
	int on = 1;

	ASSERT_EQ(setsockopt(w->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)), 0);
	return w;
}

TEST(bad_values)
{
	static const struct {
		uint64_t bytes;
		const char *why;
	} bad[] = {
		{ 0, "0 bytes" }, { 1, "page size" }, { PAGE - 1, "page size" },
		{ PAGE + 1, "page size" }, { -PAGE, "negative" }, { -2ull, "negative" },
		{ 1ull << 63, "negative" },
	};
	static const uint16_t types[] = {
		WARD_A_LIMIT, WARD_A_LIMIT_USER, WARD_A_LIMIT_SESSION,
	};
	struct wire *w = wordy_wire();
	struct limits was = get_limits(w, NULL), is;
	unsigned int i, t;

	for (t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			EXPECT_EQ(set_one(w, types[t], bad[i].bytes), -EINVAL);
			EXPECT_TRUE(strstr(why(w), bad[i].why) != NULL);
		}
	}
	is = get_limits(w, NULL);
	EXPECT_MEMEQ(&is, &was, sizeof(is));
}

TEST(bad_shapes)
{
	uint8_t bytes[16] = { 0, 16 };
	const uint32_t nobody = ~0u;
	struct wire *w = wordy_wire();
	struct limits was = get_limits(w, NULL), is;
	struct message m;

	EXPECT_EQ(tell(w, WARD_GENL_CMD_LIMIT_SET, 0, NULL, 0), -EINVAL);
	EXPECT_TRUE(strstr(why(w), "no limit") != NULL);
	EXPECT_LT(tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_LIMIT, bytes, 4), 0);
	EXPECT_LT(tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_LIMIT, bytes, 9), 0);
	EXPECT_LT(tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_LIMIT, bytes, 0), 0);
	EXPECT_LT(tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_PEAK, bytes, 8), 0);
	EXPECT_LT(tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_MAX + 1, bytes, 8), 0);
	EXPECT_EQ(tell(w, WARD_GENL_CMD_LIMIT_SET, WARD_A_UID, bytes, 4), -EINVAL);
	EXPECT_TRUE(strstr(why(w), "no limit for them") != NULL);
	EXPECT_EQ(set_user(w, nobody, PAGE), -EINVAL);
	EXPECT_TRUE(strstr(why(w), "uid") != NULL);
	EXPECT_EQ(tell(w, WARD_GENL_CMD_LIMIT_GET, WARD_A_UID, &nobody, 4), -EINVAL);
	EXPECT_LT(tell(w, WARD_GENL_CMD_LIMIT_GET, WARD_A_UID, bytes, 8), 0);
	EXPECT_LT(tell(w, WARD_GENL_CMD_LIMIT_GET, WARD_A_LIMIT, bytes, 8), 0);
	/* All or nothing: the good one before the bad one is not set either. */
	begin(&m, w, WARD_GENL_CMD_LIMIT_SET);
	put_u64(&m, WARD_A_LIMIT, 64 * PAGE);
	put_u64(&m, WARD_A_LIMIT_SESSION, 3);
	EXPECT_EQ(send_it(w, &m), -EINVAL);
	is = get_limits(w, NULL);
	EXPECT_MEMEQ(&is, &was, sizeof(is));
}

static void try_as_worker(int sock)
{
	struct wire *w;

	(void)sock;
	become(WORKER_UID);
	w = wordy_wire();
	ASSERT_EQ(set_one(w, WARD_A_LIMIT, PAGE), -EPERM);
	ASSERT_TRUE(strstr(why(w), "CAP_SYS_ADMIN") != NULL);
	ASSERT_EQ(tell(w, WARD_GENL_CMD_LIMIT_GET, 0, NULL, 0), -EPERM);
}

TEST(limits_are_for_administrators)
{
	struct peer peer = peer_start(try_as_worker);

	EXPECT_EQ(peer_wait(&peer), 0);
}

/* ---- figures -------------------------------------------------------------------------------- */

/* The value of @name, which has a source, or ~0. */
static uint64_t figure(const struct wire *w, const char *name)
{
	const struct nlmsghdr *nl = (const void *)w->buf;
	const uint8_t *p = (const uint8_t *)NLMSG_DATA(nl) + GENL_HDRLEN;
	const uint8_t *end = (const uint8_t *)nl + nl->nlmsg_len, *in;
	const struct nlattr *a, *b;

	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(a->nla_len)) {
		const char *is = NULL, *source = NULL;
		uint64_t value = 0;

		a = (const void *)p;
		if ((a->nla_type & NLA_TYPE_MASK) != WARD_A_FIGURE)
			continue;
		for (in = p + NLA_HDRLEN; in < p + a->nla_len; in += NLA_ALIGN(b->nla_len)) {
			b = (const void *)in;
			if (b->nla_type == WARD_A_NAME)
				is = (const char *)in + NLA_HDRLEN;
			if (b->nla_type == WARD_A_SOURCE)
				source = (const char *)in + NLA_HDRLEN;
			if (b->nla_type == WARD_A_VALUE)
				memcpy(&value, in + NLA_HDRLEN, sizeof(value));
		}
		ASSERT_TRUE(is && source && *source);
		if (!strcmp(is, name))
			return value;
	}
	return NONE;
}

TEST(figures_have_sources)
{
	struct wire *w = wire_open();
	int s = session_open();
	struct buf b = buf_get(s, HUGE);
	struct attrs attrs = { 0 };

	ASSERT_EQ(ask(w, WARD_GENL_CMD_PRESSURE_GET, 0, NULL, 0, &attrs), 0);
	EXPECT_EQ(attr_u32(&attrs, WARD_A_WAITING), 0);
	attr_data(&attrs, WARD_A_SOME, sizeof(struct ward_stall));
	attr_data(&attrs, WARD_A_FULL, sizeof(struct ward_stall));
	EXPECT_EQ(attr_u64(&attrs, WARD_A_LIMIT_USER), NONE);
	EXPECT_EQ(attr_u64(&attrs, WARD_A_LIVE_SHARED), 0);
	EXPECT_EQ(figure(w, "ward.live.a"), attr_u64(&attrs, WARD_A_LIVE_A));
	EXPECT_EQ(figure(w, "page.size"), PAGE);
	EXPECT_EQ(figure(w, "page.huge"), HUGE);
	EXPECT_EQ(figure(w, "ram.total"),
		  (uint64_t)sysconf(_SC_PHYS_PAGES) * PAGE);
	EXPECT_TRUE(figure(w, "ram.available") > HUGE &&
		    figure(w, "ram.available") < figure(w, "ram.total"));
	EXPECT_TRUE(figure(w, "ram.free") < figure(w, "ram.total"));
	EXPECT_TRUE(figure(w, "ram.pinned") != NONE);
	EXPECT_EQ(figure(w, "no such thing"), NONE);
	buf_drop(&b);
}

/* ---- charges follow the session ---------------------------------------------------------------------- */

static int passed_session;

static void take_over(int sock)
{
	int fd;

	become(WORKER_UID);
	fd = buf_alloc(passed_session, 3 * PAGE);
	ASSERT_GE(fd, 0);
	send_fd(sock, fd);
	hear(sock);
}

/* Another process and another uid allocate, and hold: the opener's account pays. */
TEST(charges_stay_with_the_session)
{
	struct peer peer;
	int fd;

	passed_session = session_open();
	peer = peer_start(take_over);
	fd = recv_fd(peer.sock);
	EXPECT_EQ(session_info(passed_session).out_live, 3 * PAGE);
	EXPECT_EQ(session_pressure(passed_session).out_live_user, 3 * PAGE);
	/* The process that made it is gone, and with it the buffer. */
	say(peer.sock);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(wait_end(fd), WARD_END_MM);
	EXPECT_EQ(session_pressure(passed_session).out_live_user, 0);
	close(fd);
	EXPECT_EQ(session_info(passed_session).out_live, 0);
}

static void exec_away(int sock)
{
	char *const argv[] = { "/bin/sleep", "2", NULL };

	(void)sock;
	ASSERT_GE(buf_alloc(passed_session, 3 * PAGE), 0);
	execv(argv[0], argv);
	execv("/bin/busybox", (char *[]) { "sleep", "2", NULL });
	_exit(9);
}

TEST(exec_gives_back)
{
	struct peer peer;

	passed_session = session_open();
	ASSERT_GE(passed_session, 0);
	peer = peer_start(exec_away);
	EXPECT_EQ(peer_wait(&peer), 0);
	EXPECT_EQ(session_info(passed_session).out_live, 0);
	EXPECT_EQ(session_pressure(passed_session).out_live_user, 0);
}

KTAP_MAIN()
