// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fake_ward.h"

static void open_uses_device_and_cloexec(void **state)
{
	struct ward_session *session = fake_session();

	(void)state;
	assert_string_equal(fake.path, "/dev/ward");
	assert_int_equal(fake.open_flags, O_RDWR | O_CLOEXEC);
	assert_int_equal(ward_session_fd(session), FAKE_FD);
	ward_session_close(session);
	assert_string_equal(fake.log, "close:1000 ");
}

static void open_tells_why_not(void **state)
{
	static const int why[] = { ENOENT, EACCES, EPERM, ENXIO, EMFILE };
	struct ward_session *session = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(why) / sizeof(*why); i++) {
		fake_reset();
		fake.open_errno = why[i];
		assert_int_equal(ward_session_open_with(&fake_sys, "/x",
							&session), -why[i]);
		assert_null(session);
		assert_int_equal(fake.ioctls, 0);
	}
}

static void another_device_is_closed_again(void **state)
{
	struct ward_session *session = NULL;

	(void)state;
	fake_reset();
	fake.ioctl_fail[WARD_CMD_INFO] = 1;
	fake.ioctl_errno[WARD_CMD_INFO] = ENOTTY;
	assert_int_equal(ward_session_open_with(&fake_sys, "/dev/null",
						&session), -ENOTTY);
	assert_null(session);
	assert_non_null(strstr(fake.log, "close:1000"));
}

/* Doubles of modules before and after today's interface. */
static void another_abi_is_refused_with_words(void **state)
{
	static const uint32_t others[] = { 0, WARD_ABI_VERSION + 1, UINT32_MAX };
	struct ward_session *session = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		fake_reset();
		fake.abi = others[i];
		assert_int_equal(ward_session_open_with(&fake_sys, "/x", &session), -EPROTO);
		assert_null(session);
		assert_non_null(strstr(fake.log, "close:1000"));
	}
	assert_non_null(strstr(ward_strerror(-EPROTO), "of one release"));
}

/* A newer library's struct, which an older module turns down, is told as what it is. */
static void what_an_older_module_turns_down_has_words(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;

	(void)state;
	fake.ioctl_errno[WARD_CMD_BUF_ALLOC] = E2BIG;
	fake.ioctl_fail[WARD_CMD_BUF_ALLOC] = 1;
	assert_int_equal(ward_buffer_alloc(session, 4096, 0, "x", &buffer), -E2BIG);
	assert_null(buffer);
	assert_non_null(strstr(ward_strerror(-E2BIG), "update the module"));
	ward_session_close(session);
}

static void from_fd_refuses_what_is_no_session(void **state)
{
	struct ward_session *session = NULL;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ward_session_from_fd(fd, &session), -ENOTTY);
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	close(fd);
	assert_int_equal(ward_session_from_fd(fd, &session), -EBADF);
	assert_int_equal(ward_session_from_fd(fd, NULL), -EINVAL);
	assert_int_equal(ward_session_open(NULL, NULL), -EINVAL);
}

static void signals_are_retried_within_bounds(void **state)
{
	struct ward_session *session = fake_session();

	(void)state;
	fake.ioctl_errno[WARD_CMD_SEAL] = EINTR;
	fake.ioctl_fail[WARD_CMD_SEAL] = 3;
	assert_int_equal(ward_session_seal(session, NULL), 0);
	assert_int_equal(fake.ioctls, 4);

	fake.ioctls = 0;
	fake.ioctl_fail[WARD_CMD_SEAL] = WARD_EINTR_MAX + 5;
	assert_int_equal(ward_session_seal(session, NULL), -EINTR);
	assert_int_equal(fake.ioctls, WARD_EINTR_MAX);
	ward_session_close(session);
}

static int measure_hook(unsigned int cmd, void *arg)
{
	struct ward_measure *measure = arg;

	assert_int_equal(cmd, WARD_CMD_MEASURE);
	assert_int_equal(measure->size, sizeof(*measure));
	assert_int_equal(measure->flags, 0);
	assert_int_equal(measure->digest[63], 0x5a);
	memset(measure->out_register, 0xc3, sizeof(measure->out_register));
	return 0;
}

static void measure_carries_the_digest(void **state)
{
	struct ward_session *session = fake_session();
	uint8_t digest[WARD_DIGEST_LEN], reg[WARD_DIGEST_LEN] = { 0 };

	(void)state;
	memset(digest, 0x5a, sizeof(digest));
	fake.ioctl_hook = measure_hook;
	assert_int_equal(ward_session_measure(session, digest, NULL), 0);
	assert_int_equal(ward_session_measure(session, digest, reg), 0);
	assert_int_equal(reg[0], 0xc3);

	memset(reg, 0, sizeof(reg));
	fake.ioctl_hook = NULL;
	fake.ioctl_fail[WARD_CMD_MEASURE] = 1;
	fake.ioctl_errno[WARD_CMD_MEASURE] = ESHUTDOWN;
	assert_int_equal(ward_session_measure(session, digest, reg),
			 -ESHUTDOWN);
	assert_int_equal(reg[0], 0);
	ward_session_close(session);
}

static int watch_hook(unsigned int cmd, void *arg)
{
	struct ward_watch *watch = arg;

	assert_int_equal(cmd, WARD_CMD_WATCH);
	assert_int_equal(watch->size, sizeof(*watch));
	assert_int_equal(watch->threshold, 7 << 20);
	assert_int_equal(watch->limit, 9 << 20);
	return 0;
}

static void watch_carries_both(void **state)
{
	struct ward_session *session = fake_session();

	(void)state;
	fake.ioctl_hook = watch_hook;
	assert_int_equal(ward_session_watch(session, 7 << 20, 9 << 20), 0);
	assert_int_equal(fake.ioctls, 1);
	ward_session_close(session);
}

static void notice_is_whole_or_an_error(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_notice sent = {
		.size = sizeof(sent), .level = WARD_LEVEL_CRITICAL, .seq = 4,
		.live = 123, .time_ns = 456,
	};
	struct ward_notice got = { 0 };

	(void)state;
	assert_int_equal(ward_session_notice(session, 0, &got), -ETIME);
	fake.poll_result = -EINTR;
	assert_int_equal(ward_session_notice(session, -1, &got), -EINTR);
	fake.poll_result = 1;
	fake.poll_revents = POLLERR | POLLHUP;
	assert_int_equal(ward_session_notice(session, -1, &got), -EBADF);
	fake.poll_revents = POLLNVAL;
	assert_int_equal(ward_session_notice(session, -1, &got), -EBADF);

	fake.poll_revents = POLLIN;
	fake.read_data = &sent;
	fake.read_len = sizeof(sent) - 1;
	assert_int_equal(ward_session_notice(session, -1, &got), -EBADMSG);
	fake.read_len = -EINTR;
	assert_int_equal(ward_session_notice(session, -1, &got), -EINTR);
	assert_int_equal(got.seq, 0);
	fake.read_len = sizeof(sent);
	assert_int_equal(ward_session_notice(session, -1, &got), 0);
	assert_memory_equal(&got, &sent, sizeof(got));
	ward_session_close(session);
}

static void several_notices_at_once(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_notice sent[3], got[4];
	int i;

	(void)state;
	memset(sent, 0, sizeof(sent));
	for (i = 0; i < 3; i++) {
		sent[i].size = sizeof(*sent);
		sent[i].seq = 5 + i;
		sent[i].kind = WARD_NOTICE_LEVEL + i;
		sent[i].id = 70 + i;
	}
	fake.poll_result = 1;
	fake.poll_revents = POLLIN | POLLPRI;
	fake.read_data = sent;
	fake.read_len = sizeof(sent);
	assert_int_equal(ward_session_notices(session, -1, got, 4), 3);
	assert_memory_equal(got, sent, sizeof(sent));
	assert_int_equal(got[2].kind, WARD_NOTICE_LEASE);
	/* Half a record, a record of another size, and nothing at all. */
	fake.read_len = sizeof(sent) - 8;
	assert_int_equal(ward_session_notices(session, -1, got, 4), -EBADMSG);
	fake.read_len = sizeof(sent);
	sent[2].size = 32;
	assert_int_equal(ward_session_notices(session, -1, got, 4), -EBADMSG);
	fake.read_len = 0;
	assert_int_equal(ward_session_notices(session, -1, got, 4), -EBADMSG);
	assert_int_equal(ward_session_notices(session, -1, got, 0), -EINVAL);
	assert_int_equal(ward_session_notices(session, -1, got, SIZE_MAX), -EINVAL);
	ward_session_close(session);
}

static void every_errno_of_the_contract_has_words(void **state)
{
	static const int contract[] = {
		ENOTEMPTY, EKEYREJECTED, ENOTTY, EINVAL, E2BIG, EOPNOTSUPP, EFAULT, EMSGSIZE, EPERM,
		ENOMEM, EDQUOT, ESHUTDOWN, EOWNERDEAD, EBUSY, ENODEV, ENXIO,
		EAGAIN, ETIME, EBADMSG, EOVERFLOW, EIO, ENOENT, EINTR, EACCES,
		EMFILE, ENFILE,
	};
	static const int mends[] = { EINVAL, E2BIG, EDQUOT, ENODEV, EACCES, ESHUTDOWN, EUSERS };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(contract) / sizeof(*contract); i++) {
		const char *text = ward_strerror(-contract[i]);

		assert_string_not_equal(text, "unexpected error");
		assert_ptr_equal(text, ward_strerror(contract[i]));
	}
	assert_string_equal(ward_strerror(-ENOSPC), "unexpected error");
	/* What to do about it follows a colon. */
	for (i = 0; i < sizeof(mends) / sizeof(*mends); i++)
		assert_non_null(strchr(ward_strerror(mends[i]), ':'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_uses_device_and_cloexec),
		cmocka_unit_test(open_tells_why_not),
		cmocka_unit_test(another_device_is_closed_again),
		cmocka_unit_test(another_abi_is_refused_with_words),
		cmocka_unit_test(what_an_older_module_turns_down_has_words),
		cmocka_unit_test(from_fd_refuses_what_is_no_session),
		cmocka_unit_test(signals_are_retried_within_bounds),
		cmocka_unit_test(measure_carries_the_digest),
		cmocka_unit_test(watch_carries_both),
		cmocka_unit_test(notice_is_whole_or_an_error),
		cmocka_unit_test(several_notices_at_once),
		cmocka_unit_test(every_errno_of_the_contract_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
