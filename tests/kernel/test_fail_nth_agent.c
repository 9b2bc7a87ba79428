// SPDX-License-Identifier: MIT
/*
 * What an agent does, with every one of its points of failure failing: see
 * fail_nth.h.
 */
#define _GNU_SOURCE
#include "fail_nth.h"

#include <poll.h>

#include "agent_test.h"
#include "ward_test.h"

static struct caller caller;
static struct ward_agent_request request;

static int do_bind(struct stage *st)
{
	struct ward_agent_bind cmd = {
		.size = sizeof(cmd), .name = "faulty", .tee = WARD_TEE_SIMULATED,
	};
	int ret = ward_call(st->session, WARD_AGENT_BIND, &cmd);

	st->fd = ret ? ret : cmd.out_fd;
	return st->fd;
}

static void close_fd(struct stage *st)
{
	ASSERT_EQ(close(st->fd), 0);
}

/* A caller waits, and its request is there to be read. */
static void have_request(struct stage *st)
{
	struct pollfd p = { .events = POLLIN };

	open_session(st);
	ASSERT_GE(do_bind(st), 0);
	ASSERT_EQ(fcntl(st->fd, F_SETFL, O_NONBLOCK), 0);
	caller = (struct caller){ 0 };
	caller_start(&caller);
	p.fd = st->fd;
	ASSERT_EQ(poll(&p, 1, ktap_seconds(60) * 1000), 1);
}

/* A request that got lost is EAGAIN, which the row doesn't allow. */
static int do_read(struct stage *st)
{
	return agent_next(st->fd, &request);
}

static void answered(struct stage *st)
{
	EXPECT_EQ(caller_wait(&caller), 0);
	caller_end(&caller);
	close_fd(st);
	close_session(st);
}

static void answer_and_end(struct stage *st)
{
	EXPECT_EQ(agent_answer(st->fd, &request), 0);
	answered(st);
}

static void have_read(struct stage *st)
{
	have_request(st);
	ASSERT_EQ(do_read(st), 1);
}

/* A cookie serves once: where only the answer could not be written, it has. */
static int do_reply(struct stage *st)
{
	int ret = agent_answer(st->fd, &request);

	return st->asked++ && ret == -ENOENT ? 0 : ret;
}

static int do_reply_error(struct stage *st)
{
	int ret = agent_error(st->fd, request.cookie, EBADMSG);

	return st->asked++ && ret == -ENOENT ? 0 : ret;
}

static void failed(struct stage *st)
{
	EXPECT_EQ(caller_wait(&caller), -EBADMSG);
	caller_end(&caller);
	close_fd(st);
	close_session(st);
}

static int do_end(struct stage *st)
{
	return close(st->fd) < 0 ? -errno : 0;
}

static void gone(struct stage *st)
{
	EXPECT_EQ(caller_wait(&caller), -ENXIO);
	caller_end(&caller);
	close_session(st);
}

STEP_NEEDS(agent_bind, no_tsm(), .errnos = { ENFILE }, .prepare = open_session,
	   .act = do_bind, .undo = close_fd, .clean = close_session);
STEP_NEEDS(agent_read, no_tsm(), .prepare = have_request, .act = do_read,
	   .clean = answer_and_end);
STEP_NEEDS(agent_reply, no_tsm(), .flags = ONE_WAY, .prepare = have_read,
	   .act = do_reply, .clean = answered);
STEP_NEEDS(agent_reply_error, no_tsm(), .flags = ONE_WAY, .prepare = have_read,
	   .act = do_reply_error, .clean = failed);
STEP_NEEDS(agent_end, no_tsm(), .prepare = have_read, .act = do_end, .clean = gone);

/* The tests before took it away. */
TEST(the_link_is_made_again)
{
	tsm_again();
}

FAIL_NTH_MAIN()
