// SPDX-License-Identifier: MIT
/* See agent_test.h. */
#include "agent_test.h"

#include "ward_test.h"

/* ---- an agent -------------------------------------------------------------- */

int agent_bind(const char *name, uint32_t tee, uint32_t flags, uint32_t timeout_ms)
{
	struct ward_agent_bind cmd = {
		.size = sizeof(cmd), .flags = flags, .tee = tee, .timeout_ms = timeout_ms,
		.out_fd = -1,
	};
	int ret, session = session_open();

	ASSERT_GE(session, 0);
	memcpy(cmd.name, name, strnlen(name, sizeof(cmd.name)));
	ret = ward_call(session, WARD_AGENT_BIND, &cmd);
	close(session);
	return ret ? ret : cmd.out_fd;
}

int agent_next(int agent, struct ward_agent_request *req)
{
	ssize_t n = read(agent, req, sizeof(*req));

	if (n < 0)
		return -errno;
	if (!n)
		return 0;
	ASSERT_EQ(n, sizeof(*req));
	ASSERT_EQ(req->size, sizeof(*req));
	ASSERT_EQ(req->flags, 0);
	ASSERT_TRUE(req->cookie != 0);
	return 1;
}

int agent_reply(int agent, uint64_t cookie, const void *data, uint32_t len)
{
	struct ward_agent_reply cmd = {
		.size = sizeof(cmd), .cookie = cookie, .data_len = len,
		.data_addr = (uintptr_t)data, .generation = 7,
	};

	return ward_call(agent, WARD_AGENT_REPLY, &cmd);
}

int agent_error(int agent, uint64_t cookie, uint32_t error)
{
	struct ward_agent_reply cmd = {
		.size = sizeof(cmd), .cookie = cookie, .error = error,
	};

	return ward_call(agent, WARD_AGENT_REPLY, &cmd);
}

void report_over(const uint8_t *report_data, uint8_t report[REPORT_LEN])
{
	memset(report, 0, REPORT_LEN);
	report[0] = 3;
	memcpy(report + REPORT_DATA_AT, report_data, WARD_DIGEST_LEN);
}

int agent_answer(int agent, const struct ward_agent_request *req)
{
	uint8_t report[REPORT_LEN];

	report_over(req->report_data, report);
	return agent_reply(agent, req->cookie, report, sizeof(report));
}

void agent_serve(int agent)
{
	struct ward_agent_request req;

	ASSERT_EQ(agent_next(agent, &req), 1);
	ASSERT_EQ(agent_answer(agent, &req), 0);
}

/* ---- who asks ----------------------------------------------------------------- */

static void *caller_run(void *arg)
{
	struct caller *c = arg;
	uint64_t start = now_ns(CLOCK_BOOTTIME);

	c->a = c->raw ? answer_new_raw(c->raw) : answer_new(WARD_PURPOSE_REPORT);
	c->a->cmd.more_addr = (uintptr_t)c->more;
	if (c->more)
		c->a->cmd.more_len = c->more_room ? c->more_room : WARD_MORE_MAX;
	c->err = answer_ask(c->a, c->session);
	c->took_ns = now_ns(CLOCK_BOOTTIME) - start;
	return NULL;
}

void caller_start(struct caller *c)
{
	c->session = session_open();
	ASSERT_GE(c->session, 0);
	ASSERT_EQ(pthread_create(&c->thread, NULL, caller_run, c), 0);
}

int caller_wait(struct caller *c)
{
	ASSERT_EQ(pthread_join(c->thread, NULL), 0);
	close(c->session);
	return c->err;
}

void caller_end(struct caller *c)
{
	free(c->a);
	c->a = NULL;
}

int caller_served(struct caller *c, int agent)
{
	caller_start(c);
	agent_serve(agent);
	return caller_wait(c);
}

/* ---- the link ------------------------------------------------------------------- */

static bool has_tsm(void)
{
	int session = session_open();
	bool has;

	ASSERT_GE(session, 0);
	has = session_info(session).out_features & WARD_FEATURE_ATTEST;
	close(session);
	return has;
}

void no_tsm(void)
{
	provider_unpaced();
	if (has_tsm())
		provider_detach();
}

void tsm_again(void)
{
	if (has_tsm())
		provider_attach();
}
