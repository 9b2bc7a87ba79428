// SPDX-License-Identifier: MIT
/* One request through wardd: a double of a backend, a double of the kernel. */
#define _GNU_SOURCE
#include "fake_ward.h"

#include "../../userspace/agent/serve.h"

/* What the backend's double does, and what reached the kernel's. */
static struct {
	int err;
	size_t data_len, aux_len;
	uint64_t takes_ns;
	unsigned int calls;
} device;
static struct ward_agent_reply replied;
static unsigned int replies;
static int reply_errno;

static int device_quote(void *state, const uint8_t *report_data, uint64_t deadline_ns,
			struct ward_piece *out, struct trouble *why)
{
	(void)state;
	(void)deadline_ns;
	assert_int_equal(report_data[0], 0x77);
	device.calls++;
	fake.clock_ns += device.takes_ns;
	out->data = calloc(1, device.data_len + 1);
	out->data_len = device.data_len;
	out->aux = device.aux_len ? calloc(1, device.aux_len) : NULL;
	out->aux_len = device.aux_len;
	return trouble_set(why, device.err, "the double says so");
}

static const struct backend device_backend = { .name = "double", .quote = device_quote };

static int kernel_hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_AGENT_BIND)
		((struct ward_agent_bind *)arg)->out_fd = 77;
	if (cmd != WARD_CMD_AGENT_REPLY)
		return 0;
	replied = *(struct ward_agent_reply *)arg;
	replies++;
	/* A word without evidence needs no memory. */
	return reply_errno == ENOMEM && replied.error ? 0 : reply_errno;
}

static struct agent agent_new(void)
{
	struct ward_agent_options options = { .size = sizeof(options), .name = "double" };
	struct ward_session *session = fake_session();
	struct agent agent = { .backend = &device_backend, .sys = &fake_sys };

	memset(&device, 0, sizeof(device));
	device.data_len = 5;
	replies = 0;
	reply_errno = 0;
	fake.ioctl_hook = kernel_hook;
	assert_int_equal(ward_agent_bind(session, &options, &agent.link), 0);
	ward_session_close(session);
	return agent;
}

static int serve_it(struct agent *agent)
{
	struct ward_agent_request request = { .cookie = 9, .report_data = { 0x77 },
					      .deadline_ns = fake.clock_ns + 1000000000 };

	return serve_request(agent, &request);
}

static void evidence_is_replied(void **state)
{
	struct agent agent = agent_new();

	(void)state;
	device.aux_len = 3;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(replied.cookie, 9);
	assert_int_equal(replied.error, 0);
	assert_int_equal(replied.data_len, 5);
	assert_int_equal(replied.aux_len, 3);
	assert_int_equal(replied.generation, 1);
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(replied.generation, 2);
	assert_int_equal(agent.answers, 2);
	ward_agent_close(agent.link);
}

static void errors_are_replied(void **state)
{
	static const struct { int err; uint32_t told; } table[] = {
		{ -EPERM, EPERM }, { -EIO, EIO }, { -ENXIO, ENXIO }, { -ENOMEM, ENOMEM },
		{ -EBUSY, EBUSY }, { -EBADMSG, EBADMSG }, { -EOVERFLOW, EOVERFLOW },
		{ -EINVAL, EIO }, { -ETIMEDOUT, EIO }, { 1, EIO },
	};
	struct agent agent = agent_new();

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		device.err = table[i].err;
		assert_int_equal(serve_it(&agent), 0);
		assert_int_equal(replied.error, table[i].told);
		assert_int_equal(replied.data_len, 0);
		assert_int_equal(replied.data_addr, 0);
	}
	assert_int_equal(agent.failed, sizeof(table) / sizeof(table[0]));
	device.err = 0;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(agent.failed, 0);
	ward_agent_close(agent.link);
}

static void evidence_that_cannot_be(void **state)
{
	struct agent agent = agent_new();

	(void)state;
	device.data_len = 0;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(replied.error, EBADMSG);
	device.data_len = WARD_EVIDENCE_MAX + 1;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(replied.error, EOVERFLOW);
	device.data_len = WARD_EVIDENCE_MAX;
	device.aux_len = WARD_AUX_MAX + 1;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(replied.error, EOVERFLOW);
	device.aux_len = WARD_AUX_MAX;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(replied.error, 0);
	ward_agent_close(agent.link);
}

static void late_requests_are_left_alone(void **state)
{
	struct ward_agent_request request = { .cookie = 9, .report_data = { 0x77 } };
	struct agent agent = agent_new();

	(void)state;
	request.deadline_ns = fake.clock_ns;
	assert_int_equal(serve_request(&agent, &request), 0);
	assert_int_equal(device.calls, 0);
	assert_int_equal(replies, 0);
	/* The device took too long. */
	device.takes_ns = 2000000000;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(device.calls, 1);
	assert_int_equal(replies, 0);
	assert_int_equal(agent.failed, 1);
	assert_non_null(strstr(agent.last.text, "deadline"));
	ward_agent_close(agent.link);
}

static void what_the_kernel_says(void **state)
{
	struct agent agent = agent_new();

	(void)state;
	reply_errno = ENOENT;
	assert_int_equal(serve_it(&agent), 0);
	reply_errno = EBADMSG;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(agent.failed, 1);
	assert_int_equal(agent.answers, 0);
	reply_errno = ENOMEM;
	assert_int_equal(serve_it(&agent), 0);
	assert_int_equal(replied.error, ENOMEM);
	assert_int_equal(agent.failed, 2);
	assert_int_equal(agent.answers, 0);
	reply_errno = ENOTTY;
	assert_int_equal(serve_it(&agent), -ENOTTY);
	ward_agent_close(agent.link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_is_replied),
		cmocka_unit_test(errors_are_replied),
		cmocka_unit_test(evidence_that_cannot_be),
		cmocka_unit_test(late_requests_are_left_alone),
		cmocka_unit_test(what_the_kernel_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
