// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fake_ward.h"

/* What reached the fake kernel. */
static struct ward_agent_bind bound;
static struct ward_agent_reply replied;

static int agent_hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_AGENT_BIND) {
		bound = *(struct ward_agent_bind *)arg;
		((struct ward_agent_bind *)arg)->out_fd = 77;
	}
	if (cmd == WARD_CMD_AGENT_REPLY)
		replied = *(struct ward_agent_reply *)arg;
	return 0;
}

static struct ward_agent *agent_new(void)
{
	struct ward_agent_options options = {
		.size = sizeof(options), .name = "vtpm", .tee = WARD_TEE_TPM,
		.flags = WARD_AGENT_BESIDE, .timeout_ms = 5000,
	};
	struct ward_session *session = fake_session();
	struct ward_agent *agent = NULL;

	fake.ioctl_hook = agent_hook;
	assert_int_equal(ward_agent_bind(session, &options, &agent), 0);
	ward_session_close(session);
	return agent;
}

static void binds_with_what_was_said(void **state)
{
	struct ward_agent *agent = agent_new();

	(void)state;
	assert_int_equal(ward_agent_fd(agent), 77);
	assert_int_equal(bound.size, sizeof(bound));
	assert_string_equal((char *)bound.name, "vtpm");
	assert_int_equal(bound.tee, WARD_TEE_TPM);
	assert_int_equal(bound.flags, WARD_AGENT_BESIDE);
	assert_int_equal(bound.timeout_ms, 5000);
	ward_agent_close(agent);
	assert_non_null(strstr(fake.log, "close:77"));
	ward_agent_close(NULL);
}

static void names_that_do_not_fit(void **state)
{
	struct ward_agent_options options = { .size = sizeof(options) };
	struct ward_session *session = fake_session();
	struct ward_agent *agent = NULL;

	(void)state;
	fake.ioctl_hook = agent_hook;
	assert_int_equal(ward_agent_bind(session, &options, &agent), -EINVAL);
	options.name = "0123456789abcdef0123456789abcdef";
	assert_int_equal(ward_agent_bind(session, &options, &agent), -EINVAL);
	options.name = "x";
	options.size = 8;
	assert_int_equal(ward_agent_bind(session, &options, &agent), -EINVAL);
	assert_null(agent);
	assert_int_equal(fake.ioctls, 0);
	ward_session_close(session);
}

static void requests_arrive_whole(void **state)
{
	struct ward_agent_request sent = { .size = sizeof(sent), .cookie = 5 }, got;
	struct ward_agent *agent = agent_new();

	(void)state;
	fake.poll_result = 1;
	fake.poll_revents = POLLIN;
	fake.read_data = &sent;
	fake.read_len = sizeof(sent);
	assert_int_equal(ward_agent_next(agent, -1, &got), 1);
	assert_int_equal(got.cookie, 5);
	sent.flags = 1;
	assert_int_equal(ward_agent_next(agent, -1, &got), -EBADMSG);
	sent.flags = 0;
	sent.size = 8;
	assert_int_equal(ward_agent_next(agent, -1, &got), -EBADMSG);
	fake.read_len = 8;
	assert_int_equal(ward_agent_next(agent, -1, &got), -EBADMSG);
	fake.poll_revents = POLLIN | POLLHUP;
	fake.read_len = 0;
	assert_int_equal(ward_agent_next(agent, -1, &got), 0);
	fake.poll_result = 0;
	assert_int_equal(ward_agent_next(agent, 10, &got), -ETIME);
	ward_agent_close(agent);
}

static void replies(void **state)
{
	struct ward_piece piece = {
		.data = (const uint8_t *)"quote", .data_len = 5, .generation = 3,
		.aux = (const uint8_t *)"unused",
	};
	struct ward_agent *agent = agent_new();

	(void)state;
	assert_int_equal(ward_agent_reply(agent, 5, &piece), 0);
	assert_int_equal(replied.cookie, 5);
	assert_int_equal(replied.data_len, 5);
	assert_true(replied.data_addr == (uintptr_t)piece.data);
	assert_int_equal(replied.aux_addr, 0);
	assert_int_equal(replied.generation, 3);
	piece.error = EIO;
	assert_int_equal(ward_agent_reply(agent, 6, &piece), 0);
	assert_int_equal(replied.error, EIO);
	assert_int_equal(replied.data_len, 0);
	assert_int_equal(replied.data_addr, 0);
	piece.error = 0;
	piece.data_len = 1ull << 32;
	assert_int_equal(ward_agent_reply(agent, 7, &piece), -EMSGSIZE);
	assert_int_equal(replied.cookie, 6);
	ward_agent_close(agent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binds_with_what_was_said),
		cmocka_unit_test(names_that_do_not_fit),
		cmocka_unit_test(requests_arrive_whole),
		cmocka_unit_test(replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
