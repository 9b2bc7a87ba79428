// SPDX-License-Identifier: MIT
/*
 * Attestation, and what root does, with every one of its points of failure failing:
 * see fail_nth.h.
 */
#define _GNU_SOURCE
#include "fail_nth.h"

#include <sys/stat.h>

#include "attest_test.h"
#include "module_test.h"
#include "policy_test.h"

#define NOBODY_UID	54321

/* ---- attestation ------------------------------------------------------------------------------- */

static void have_answer(struct stage *st)
{
	open_session(st);
	st->answer = answer_new(WARD_PURPOSE_REPORT);
}

static int do_attest(struct stage *st)
{
	return answer_ask(st->answer, st->session);
}

static void check_answer(struct stage *st)
{
	answer_check(st->answer);
}

static void drop_answer(struct stage *st)
{
	free(st->answer);
	close_session(st);
}

STEP_NEEDS(attest, provider_attach(), .prepare = have_answer,
	   .act = do_attest, .undo = check_answer, .clean = drop_answer);

/* An answer that would be kept, and one that is: to keep none is no error. */
static void have_question(struct stage *st)
{
	have_answer(st);
	st->answer->cmd.max_age_ns = UINT64_MAX;
}

static void have_kept(struct stage *st)
{
	have_question(st);
	ASSERT_EQ(do_attest(st), 0);
}

STEP_NEEDS(attest_keep, provider_attach(), .prepare = have_question,
	   .act = do_attest, .undo = check_answer, .clean = drop_answer);
STEP_NEEDS(attest_again, provider_attach(), .prepare = have_kept,
	   .act = do_attest, .undo = check_answer, .clean = drop_answer);

/* Raw report data, which the policy has to allow. */
static const struct policy raw_for_all = { .otherwise = ALL | ONE(WARD_PURPOSE_RAW) };

static void raw_allowed(void)
{
	struct wire *w;

	provider_attach();
	w = wire_open();
	ASSERT_EQ(set(w, &raw_for_all), 0);
	close(w->fd);
	free(w);
}

static void have_raw(struct stage *st)
{
	static const uint8_t report_data[WARD_BINDING_LEN] = { 0x4a, 0x11 };

	open_session(st);
	st->answer = answer_new_raw(report_data);
}

static void check_raw(struct stage *st)
{
	EXPECT_EQ(st->answer->cmd.out_leaves, 0);
	EXPECT_MEMEQ(st->answer->evidence + 0x50, st->answer->cmd.binding, WARD_BINDING_LEN);
}

/* A refusal that says why, where even that may fail. */
static int do_denied(struct stage *st)
{
	int ret = answer_ask(st->answer, st->session);

	return ret == -EACCES ? 0 : ret;
}

static void have_denied(struct stage *st)
{
	have_raw(st);
	st->answer->cmd.purpose = WARD_PURPOSE_CHANNEL;
	st->answer->cmd.nonce_len = 32;
}

static void nothing_allowed(void)
{
	static const struct policy closed;
	struct wire *w = wire_open();

	ASSERT_EQ(set(w, &closed), 0);
	close(w->fd);
	free(w);
}

STEP_NEEDS(attest_raw, raw_allowed(), .prepare = have_raw,
	   .act = do_attest, .undo = check_raw, .clean = drop_answer);
STEP_NEEDS(attest_denied, nothing_allowed(), .prepare = have_denied,
	   .act = do_denied, .clean = drop_answer);

TEST(everything_allowed_again)
{
	raw_allowed();
}

/*
 * The provider is called by ward's own thread: whoever's allocation it is that
 * fails, the caller is told, nothing is lost, and the next request is served.
 */
static unsigned int attest_with(enum fault_kind kind, unsigned int step)
{
	int session = session_open(), err, space, met = 0;
	struct answer *a;
	bool hit;

	for (space = 0, hit = true; hit && space < 1 << 20; space += step) {
		a = answer_new(WARD_PURPOSE_REPORT);
		fault_anywhere(kind, space);
		err = answer_ask(a, session);
		hit = fault_nowhere(kind);
		met += hit;
		if (err) {
			EXPECT_TRUE(hit && (err == -ENOMEM || err == -EIO));
			ASSERT_EQ(answer_ask(a, session), 0);
		}
		answer_check(a);
		free(a);
	}
	EXPECT_FALSE(hit);
	close(session);
	return met;
}

TEST_TIMEOUT(attest_in_the_worker, 300)
{
	unsigned int slabs, pages;

	provider_attach();
	slabs = attest_with(FAULT_SLAB, 128);
	pages = attest_with(FAULT_PAGE, 1);
	ktap_note("attest_in_the_worker: %u tries met a fault in a slab, %u in a page",
		  slabs, pages);
	EXPECT_GT(slabs, 0);
	EXPECT_GT(pages, 0);
}

/* ---- the provider's link -------------------------------------------------------------------------- */

static void have_no_group(struct stage *st)
{
	unlink(WARD_CONFIGFS "/tsm/source");
	rmdir(WARD_CONFIGFS "/tsm");
}

static int do_make_group(struct stage *st)
{
	return mkdir(WARD_CONFIGFS "/tsm", 0755) < 0 ? -errno : 0;
}

static void link_again(struct stage *st)
{
	provider_attach();
}

static void have_no_link(struct stage *st)
{
	unlink(WARD_CONFIGFS "/tsm/source");
}

static void have_link(struct stage *st)
{
	provider_attach();
}

static int do_link(struct stage *st)
{
	return symlink(REPORT_CORE "/ward", WARD_CONFIGFS "/tsm/source") < 0 ? -errno : 0;
}

static int do_unlink(struct stage *st)
{
	return unlink(WARD_CONFIGFS "/tsm/source") < 0 ? -errno : 0;
}

STEP_NEEDS(provider_mkdir, provider_attach(), .prepare = have_no_group,
	   .act = do_make_group, .clean = link_again);
STEP_NEEDS(provider_link, provider_attach(), .prepare = have_no_link,
	   .act = do_link, .clean = link_again);
STEP_NEEDS(provider_unlink, provider_attach(), .prepare = have_link,
	   .act = do_unlink, .clean = link_again);

/* ---- the control plane ------------------------------------------------------------------------------- */

/* Does not wait: an answer that got lost is EAGAIN. */
static void new_socket(struct stage *st)
{
	st->wire->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			      NETLINK_GENERIC);
	ASSERT_GE(st->wire->fd, 0);
}

/* After a refusal a socket anew: no answer, and no dump, is left in it. */
static struct wire *wire_of(struct stage *st)
{
	if (st->asked++) {
		close(st->wire->fd);
		new_socket(st);
	}
	return st->wire;
}

static void have_wire(struct stage *st)
{
	open_session(st);
	st->info = session_info(st->session);
	st->wire = wire_open();
	close(st->wire->fd);
	new_socket(st);
}

/* Half a hundred buffers: their dump takes more than one message. */
static void have_buffers(struct stage *st)
{
	int i;

	have_wire(st);
	for (i = 0; i < 50; i++)
		st->fds[i] = buf_alloc(st->session, PAGE);
	ASSERT_GE(st->fds[49], 0);
}

static void drop_wire(struct stage *st)
{
	unsigned int i;

	close(st->wire->fd);
	free(st->wire);
	for (i = 0; i < 50 && st->fds[i] > 0; i++)
		close(st->fds[i]);
	close_session(st);
}

static int do_status(struct stage *st)
{
	struct attrs attrs;

	return ask(wire_of(st), WARD_GENL_CMD_STATUS_GET, 0, NULL, 0, &attrs);
}

static int do_pressure_get(struct stage *st)
{
	struct attrs attrs;

	return ask(wire_of(st), WARD_GENL_CMD_PRESSURE_GET, 0, NULL, 0, &attrs);
}

static int do_provider_get(struct stage *st)
{
	struct attrs attrs;

	return ask(wire_of(st), WARD_GENL_CMD_PROVIDER_GET, 0, NULL, 0, &attrs);
}

static int do_session_get(struct stage *st)
{
	struct attrs attrs;

	return ask(wire_of(st), WARD_GENL_CMD_SESSION_GET, WARD_A_SESSION_ID,
		   st->info.out_session, WARD_ID_LEN, &attrs);
}

/* What is asked for is done, though the acknowledgement may get lost. */
static int do_revoke(struct stage *st)
{
	return tell(wire_of(st), WARD_GENL_CMD_SESSION_REVOKE, WARD_A_SESSION_ID,
		    st->info.out_session, WARD_ID_LEN);
}

static int do_limit_get(struct stage *st)
{
	struct attrs attrs;
	uint32_t uid = 0;

	return ask(wire_of(st), WARD_GENL_CMD_LIMIT_GET, WARD_A_UID, &uid, sizeof(uid), &attrs);
}

/* Of somebody who has no session: nothing is known of them before. */
static int set_limit(struct stage *st, uint64_t bytes)
{
	const uint32_t uid = NOBODY_UID;
	const struct request_attr attrs[] = {
		{ WARD_A_UID, sizeof(uid), &uid },
		{ WARD_A_LIMIT_USER, sizeof(bytes), &bytes },
	};
	struct wire *w = wire_of(st);
	int ret = send_attrs(w, w->family, NLM_F_ACK, WARD_GENL_CMD_LIMIT_SET, attrs, 2);

	return ret ? ret : receive(w);
}

static int do_limit_set(struct stage *st)
{
	return set_limit(st, 8 * PAGE);
}

static void lift_limit(struct stage *st)
{
	ASSERT_EQ(set_limit(st, ~0ull), 0);
}

static int do_policy_set(struct stage *st)
{
	return set(wire_of(st), &raw_for_all);
}

static int do_policy_get(struct stage *st)
{
	struct attrs attrs;

	return ask(wire_of(st), WARD_GENL_CMD_POLICY_GET, 0, NULL, 0, &attrs);
}

/* To the end, however many messages it takes. */
static int dump(struct stage *st, uint8_t cmd)
{
	struct wire *w = wire_of(st);
	const struct nlmsghdr *nl = (const void *)w->buf;
	int ret = send_message(w, w->family, NLM_F_DUMP, cmd, 0, NULL, 0);

	while (ret >= 0) {
		ret = receive(w);
		if (ret > 0 && nl->nlmsg_type == NLMSG_DONE)
			return *(const int *)NLMSG_DATA(nl);
	}
	return ret;
}

static int do_dump_sessions(struct stage *st)
{
	return dump(st, WARD_GENL_CMD_SESSION_GET);
}

static int do_dump_buffers(struct stage *st)
{
	return dump(st, WARD_GENL_CMD_BUFFER_GET);
}

/* ENOBUFS: no memory for the answer; EAGAIN: the answer itself got lost. */
#define WIRE_STEP(step_name, make, fn, ...)				\
	STEP(step_name, .errnos = { ENOBUFS, EAGAIN }, .prepare = make,		\
	     .act = fn, .clean = drop_wire, __VA_ARGS__)

WIRE_STEP(netlink_status, have_wire, do_status);
WIRE_STEP(netlink_pressure, have_wire, do_pressure_get);
WIRE_STEP(netlink_provider, have_wire, do_provider_get);
WIRE_STEP(netlink_session, have_wire, do_session_get);
WIRE_STEP(netlink_dump_sessions, have_wire, do_dump_sessions);
WIRE_STEP(netlink_dump_buffers, have_buffers, do_dump_buffers);
WIRE_STEP(netlink_limit_get, have_wire, do_limit_get);
WIRE_STEP(netlink_limit_set, have_wire, do_limit_set, .flags = ONE_WAY, .undo = lift_limit);
WIRE_STEP(netlink_policy_get, have_wire, do_policy_get);
WIRE_STEP(netlink_policy_set, have_wire, do_policy_set, .flags = ONE_WAY);
WIRE_STEP(netlink_revoke, have_buffers, do_revoke, .flags = ONE_WAY);

/* ---- the module ---------------------------------------------------------------------------------------- */

static void unload(struct stage *st)
{
	ASSERT_EQ(module_unload_soon(), 0);
}

static int do_load(struct stage *st)
{
	return module_load();
}

static void load(struct stage *st)
{
	ASSERT_EQ(module_load(), 0);
	module_regroup();
}

static void regroup(struct stage *st)
{
	module_regroup();
}

static int do_unload(struct stage *st)
{
	return module_unload();
}

/* The module is in again, and linked, when a sweep is over. */
static void sweep_module(const struct step *step)
{
	module_loosen();
	sweep(step);
	module_fasten();
}

TEST_TIMEOUT(module_init, 600)
{
	static const struct step step = {
		.name = "module_init", .flags = MODULE_CODE | NO_OBSERVER,
		.prepare = unload, .act = do_load, .clean = regroup,
	};

	sweep_module(&step);
}

TEST_TIMEOUT(module_exit, 600)
{
	static const struct step step = {
		.name = "module_exit", .flags = MODULE_CODE | NO_OBSERVER,
		.act = do_unload, .clean = load,
	};

	sweep_module(&step);
}

FAIL_NTH_MAIN()
