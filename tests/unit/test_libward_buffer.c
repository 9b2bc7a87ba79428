// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fake_ward.h"

#define MIB ((size_t)1 << 20)

static uint8_t seen_label[WARD_LABEL_LEN];
static uint64_t seen_length;

static int alloc_hook(unsigned int cmd, void *arg)
{
	struct ward_buf_alloc *alloc = arg;

	if (cmd != WARD_CMD_BUF_ALLOC)
		return 0;
	assert_int_equal(alloc->size, sizeof(*alloc));
	assert_int_equal(alloc->reserved, 0);
	memcpy(seen_label, alloc->label, sizeof(seen_label));
	seen_length = alloc->length;
	alloc->out_id = 77;
	return 0;
}

static void small_buffer_is_mapped_and_rounded(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;

	(void)state;
	fake.ioctl_hook = alloc_hook;
	assert_int_equal(ward_buffer_alloc(session, 5000, 0, "ring", &buffer),
			 0);
	assert_int_equal(seen_length, 8192);
	assert_int_equal(ward_buffer_size(buffer), 8192);
	assert_int_equal(ward_buffer_id(buffer), 77);
	assert_int_equal(ward_buffer_fd(buffer), FAKE_FD + 1);
	assert_string_equal((char *)seen_label, "ring");
	memset(ward_buffer_data(buffer), 1, 8192);
	ward_buffer_free(buffer);
	assert_string_equal(fake.log, "ioctl:01:1000 mmap:1001:8192 "
			    "ioctl:21:1001 munmap close:1001 ");
	ward_session_close(session);
}

static void large_buffer_lies_on_2mib(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer[8];
	size_t size = 2 * MIB + 4096, i;

	(void)state;
	for (i = 0; i < 8; i++) {
		fake.unmapped = 0;
		assert_int_equal(ward_buffer_alloc(session, size, 0, NULL,
						   &buffer[i]), 0);
		assert_int_equal((uintptr_t)ward_buffer_data(buffer[i]) %
				 (2 * MIB), 0);
		/* All of the reservation but the buffer was given back. */
		assert_int_equal(fake.unmapped, 2 * MIB);
		memset(ward_buffer_data(buffer[i]), 1, size);
	}
	for (i = 0; i < 8; i++)
		ward_buffer_free(buffer[i]);
	ward_session_close(session);
}

static void failed_mapping_leaves_nothing(void **state)
{
	static const size_t sizes[] = { 4096, 4 * MIB };
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fake.log[0] = '\0';
		fake.unmapped = 0;
		fake.next_fd = FAKE_FD + 1;
		fake.mmap_shared_errno = ENOMEM;
		assert_int_equal(ward_buffer_alloc(session, sizes[i], 0, NULL,
						   &buffer), -ENOMEM);
		assert_null(buffer);
		assert_non_null(strstr(fake.log, "close:1001"));
		assert_int_equal(fake.unmapped, i ? sizes[i] + 2 * MIB : 0);
	}
	ward_session_close(session);
}

static void bad_lengths_never_reach_the_kernel(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;

	(void)state;
	assert_int_equal(ward_buffer_alloc(session, 0, 0, NULL, &buffer),
			 -EINVAL);
	assert_int_equal(ward_buffer_alloc(session, SIZE_MAX, 0, NULL, &buffer),
			 -EINVAL);
	assert_int_equal(ward_buffer_alloc(session, SIZE_MAX - 100, 0, NULL,
					   &buffer), -EINVAL);
	assert_int_equal(fake.ioctls, 0);
	ward_session_close(session);
}

static void refusals_pass_through(void **state)
{
	static const int why[] = { EDQUOT, ENOMEM, ESHUTDOWN, EOPNOTSUPP };
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(why) / sizeof(*why); i++) {
		fake.ioctl_fail[WARD_CMD_BUF_ALLOC] = 1;
		fake.ioctl_errno[WARD_CMD_BUF_ALLOC] = why[i];
		assert_int_equal(ward_buffer_alloc(session, 4096, 0, NULL,
						   &buffer), -why[i]);
		assert_null(buffer);
	}
	ward_session_close(session);
}

static void long_labels_are_cut(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;

	(void)state;
	fake.ioctl_hook = alloc_hook;
	assert_int_equal(ward_buffer_alloc(session, 4096, 0,
		"0123456789abcdef0123456789abcdefXYZ", &buffer), 0);
	assert_memory_equal(seen_label, "0123456789abcdef0123456789abcde",
			    WARD_LABEL_LEN);
	ward_buffer_free(buffer);
	/* A character of two or four bytes that would not fit goes as a whole. */
	assert_int_equal(ward_buffer_alloc(session, 4096, 0,
		"0123456789abcdef0123456789abcd\xc3\xa4", &buffer), 0);
	assert_memory_equal(seen_label, "0123456789abcdef0123456789abcd\0",
			    WARD_LABEL_LEN);
	ward_buffer_free(buffer);
	assert_int_equal(ward_buffer_alloc(session, 4096, 0,
		"0123456789abcdef0123456789a\xf0\x9f\x94\x92z", &buffer), 0);
	assert_memory_equal(seen_label, "0123456789abcdef0123456789a\xf0\x9f\x94\x92",
			    WARD_LABEL_LEN);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

static void pin_marks_before_it_pins(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;
	char expected[128];
	void *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(ward_buffer_pin(session, memory, 8192, "io", &buffer),
			 0);
	snprintf(expected, sizeof(expected),
		 "madvise:%d madvise:%d ioctl:02:1000 ", MADV_DONTFORK,
		 MADV_DONTDUMP);
	assert_string_equal(fake.log, expected);
	assert_ptr_equal(ward_buffer_data(buffer), memory);
	fake.log[0] = '\0';
	ward_buffer_free(buffer);
	/* The mapping is the caller's: wiped and closed, not unmapped. */
	assert_string_equal(fake.log, "ioctl:21:1001 close:1001 ");

	fake.madvise_errno = EINVAL;
	fake.ioctls = 0;
	assert_int_equal(ward_buffer_pin(session, memory, 8192, "io", &buffer),
			 -EINVAL);
	/* What madvise() says of a hole is not what WARD_BUF_PIN says of it. */
	fake.madvise_errno = ENOMEM;
	assert_int_equal(ward_buffer_pin(session, memory, 8192, "io", &buffer),
			 -EFAULT);
	assert_int_equal(fake.ioctls, 0);
	munmap(memory, 8192);
	ward_session_close(session);
}

static struct ward_buf_alloc seen_alloc;
static struct ward_buf_pin seen_pin;
static struct ward_buf_info told;
static uint32_t survived;

static int options_hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_BUF_ALLOC)
		seen_alloc = *(struct ward_buf_alloc *)arg;
	if (cmd == WARD_CMD_BUF_PIN)
		seen_pin = *(struct ward_buf_pin *)arg;
	if (cmd == WARD_CMD_BUF_INFO)
		*(struct ward_buf_info *)arg = told;
	if (cmd == WARD_CMD_BUF_HOLD)
		((struct ward_buf_hold *)arg)->out_survived = survived;
	return 0;
}

static void options_reach_the_kernel(void **state)
{
	struct ward_buffer_options options = {
		.size = sizeof(options),
		.flags = WARD_BUF_WAIT | WARD_BUF_LAZY | WARD_BUF_SHARED,
		.label = "cache",
		.timeout_ms = 250,
	};
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;

	(void)state;
	fake.ioctl_hook = options_hook;
	fake.clock_ns = 5000;
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &options, &buffer), 0);
	assert_int_equal(seen_alloc.flags, options.flags);
	assert_string_equal((char *)seen_alloc.label, "cache");
	assert_int_equal(seen_alloc.deadline_ns, 6000 + 250 * 1000000);
	ward_buffer_free(buffer);
	/* 0 is the longest wait there is, and no more can be asked for. */
	options.timeout_ms = 0;
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &options, &buffer), 0);
	assert_true(seen_alloc.deadline_ns == fake.clock_ns + WARD_WAIT_MAX_NS);
	ward_buffer_free(buffer);
	assert_int_equal(ward_buffer_alloc_with(session, 4096, NULL, &buffer), 0);
	assert_int_equal(seen_alloc.flags, 0);
	assert_int_equal(seen_alloc.deadline_ns, 0);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

static void options_that_make_no_sense(void **state)
{
	struct { struct ward_buffer_options o; uint8_t more[8]; } later = {
		.o = { .size = sizeof(later) },
	};
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;
	char memory[8];

	(void)state;
	later.o.timeout_ms = 1;
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &later.o, &buffer), -EINVAL);
	assert_int_equal(ward_buffer_pin_with(session, memory, 4096, &later.o, &buffer), -EINVAL);
	later.o.flags = WARD_BUF_WAIT;
	later.o.timeout_ms = 60001;
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &later.o, &buffer), -EINVAL);
	later.o.timeout_ms = UINT32_MAX;
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &later.o, &buffer), -EINVAL);
	later.o.timeout_ms = 0;
	later.more[7] = 1;
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &later.o, &buffer), -E2BIG);
	later.o.size = 8;
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &later.o, &buffer), -EINVAL);
	assert_int_equal(fake.ioctls, 0);
	assert_string_equal(fake.log, "");
	later.more[7] = 0;
	later.o.size = sizeof(later);
	assert_int_equal(ward_buffer_alloc_with(session, 4096, &later.o, &buffer), 0);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

static void pin_takes_flags(void **state)
{
	struct ward_buffer_options options = {
		.size = sizeof(options), .flags = WARD_PIN_CLEAN, .label = "gpu",
	};
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;
	char memory[8];

	(void)state;
	fake.ioctl_hook = options_hook;
	assert_int_equal(ward_buffer_pin_with(session, memory, 4096, &options, &buffer), 0);
	assert_int_equal(seen_pin.flags, WARD_PIN_CLEAN);
	assert_string_equal((char *)seen_pin.label, "gpu");
	ward_buffer_free(buffer);
	fake.ioctl_fail[WARD_CMD_BUF_PIN] = 1;
	fake.ioctl_errno[WARD_CMD_BUF_PIN] = ENOTEMPTY;
	assert_int_equal(ward_buffer_pin_with(session, memory, 4096, &options, &buffer),
			 -ENOTEMPTY);
	ward_session_close(session);
}

/* Another process's handle of a shared buffer never wipes it. */
static void a_guest_wipes_nothing(void **state)
{
	struct ward_buffer *buffer = NULL;

	(void)state;
	fake_reset();
	fake.ioctl_hook = options_hook;
	told = (struct ward_buf_info){ .out_id = 9, .out_length = 8192,
				       .out_state = WARD_BUF_IS_SHARED };
	assert_int_equal(ward_buffer_from_fd_with(&fake_sys, 1500, &buffer), 0);
	assert_int_equal(ward_buffer_id(buffer), 9);
	assert_int_equal(ward_buffer_size(buffer), 8192);
	memset(ward_buffer_data(buffer), 1, 8192);
	fake.log[0] = '\0';
	ward_buffer_free(buffer);
	assert_string_equal(fake.log, "munmap close:1500 ");

	/* What is refused stays the caller's. */
	fake.log[0] = '\0';
	told.out_state = 0;
	assert_int_equal(ward_buffer_from_fd_with(&fake_sys, 1500, &buffer), -EPERM);
	told.out_state = WARD_BUF_IS_SHARED;
	told.out_end = WARD_END_WIPE;
	assert_int_equal(ward_buffer_from_fd_with(&fake_sys, 1500, &buffer), -EOWNERDEAD);
	told.out_end = 0;
	fake.mmap_shared_errno = EPERM;
	assert_int_equal(ward_buffer_from_fd_with(&fake_sys, 1500, &buffer), -EPERM);
	assert_null(strstr(fake.log, "close"));
	assert_int_equal(ward_buffer_from_fd(-1, NULL), -EINVAL);
}

static void hold_tells_what_became_of_it(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;
	int kept = -1;

	(void)state;
	fake.ioctl_hook = options_hook;
	assert_int_equal(ward_buffer_alloc(session, 4096, 0, NULL, &buffer), 0);
	fake.log[0] = '\0';
	assert_int_equal(ward_buffer_volatile(buffer), 0);
	survived = 1;
	assert_int_equal(ward_buffer_hold(buffer, &kept), 0);
	assert_int_equal(kept, 1);
	survived = 0;
	assert_int_equal(ward_buffer_hold(buffer, &kept), 0);
	assert_int_equal(kept, 0);
	assert_string_equal(fake.log, "ioctl:22:1001 ioctl:23:1001 ioctl:23:1001 ");
	kept = 7;
	fake.ioctl_fail[WARD_CMD_BUF_HOLD] = 1;
	fake.ioctl_errno[WARD_CMD_BUF_HOLD] = EOWNERDEAD;
	assert_int_equal(ward_buffer_hold(buffer, &kept), -EOWNERDEAD);
	assert_int_equal(kept, 7);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

static int wipe_hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_BUF_WIPE)
		((struct ward_buf_wipe *)arg)->out_bytes = 4096;
	return 0;
}

static void wipe_tells_the_bytes(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_buffer *buffer = NULL;
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(ward_buffer_alloc(session, 4096, 0, NULL, &buffer), 0);
	fake.ioctl_hook = wipe_hook;
	assert_int_equal(ward_buffer_wipe(buffer, &bytes), 0);
	assert_int_equal(bytes, 4096);
	assert_int_equal(ward_buffer_wipe(buffer, NULL), 0);
	ward_buffer_free(buffer);
	ward_buffer_free(NULL);
	ward_session_close(session);
	ward_session_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_buffer_is_mapped_and_rounded),
		cmocka_unit_test(large_buffer_lies_on_2mib),
		cmocka_unit_test(failed_mapping_leaves_nothing),
		cmocka_unit_test(bad_lengths_never_reach_the_kernel),
		cmocka_unit_test(refusals_pass_through),
		cmocka_unit_test(long_labels_are_cut),
		cmocka_unit_test(pin_marks_before_it_pins),
		cmocka_unit_test(options_reach_the_kernel),
		cmocka_unit_test(options_that_make_no_sense),
		cmocka_unit_test(pin_takes_flags),
		cmocka_unit_test(a_guest_wipes_nothing),
		cmocka_unit_test(hold_tells_what_became_of_it),
		cmocka_unit_test(wipe_tells_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
