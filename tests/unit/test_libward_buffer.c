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
	assert_memory_equal(seen_label, "0123456789abcdef0123456789abcdef",
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
	assert_int_equal(fake.ioctls, 0);
	munmap(memory, 8192);
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
		cmocka_unit_test(wipe_tells_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
