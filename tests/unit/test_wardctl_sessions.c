// SPDX-License-Identifier: MIT
/* A session named by the first digits of its id: one, none, or several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libward.h"

static int three_sessions(struct ward_control *control,
			  int (*each)(const struct ward_session_entry *entry, void *arg),
			  void *arg);

#define ward_control_sessions three_sessions
#include "../../userspace/wardctl/sessions.c"
#undef ward_control_sessions

static const uint8_t ids[3][WARD_ID_LEN] = {
	{ 0xab, 0xcd, 0xef, 0x01, 0x10 },
	{ 0xab, 0xcd, 0xef, 0x01, 0x2f },
	{ 0xab, 0xcd, 0xef, 0x02 },
};

static int three_sessions(struct ward_control *control,
			  int (*each)(const struct ward_session_entry *entry, void *arg),
			  void *arg)
{
	struct ward_session_entry entry = { .uid = 1 };
	size_t i;
	int err = 0;

	(void)control;
	for (i = 0; i < 3 && !err; i++) {
		memcpy(entry.id, ids[i], sizeof(entry.id));
		err = each(&entry, arg);
	}
	return err;
}

static char said[1200];

/* main.c's own, which the archive of the parts leaves out. */
int ctl_error(struct wardctl *ctl, int code, const char *reason, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(said, sizeof(said), "%s: ", reason);

	(void)ctl;
	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - (size_t)n, fmt, ap);
	va_end(ap);
	return code;
}

/* Its exit code; what it complains of is in @said. */
static int find(const char *text, uint8_t *id)
{
	struct wardctl ctl = { .json = true };

	return session_find(&ctl, NULL, text, id);
}

static void a_name_is_8_to_32_hex_digits(void **state)
{
	(void)state;
	assert_true(session_named("abcdef01"));
	assert_true(session_named("ABCDEF012"));
	assert_true(session_named("abcdef01100000000000000000000000"));
	assert_false(session_named("abcdef0"));
	assert_false(session_named("abcdef01100000000000000000000000a"));
	assert_false(session_named("abcdef0g"));
	assert_false(session_named(""));
}

static void first_digits_find_the_one_that_has_them(void **state)
{
	uint8_t id[WARD_ID_LEN];

	(void)state;
	assert_int_equal(find("abcdef02", id), EXIT_OK);
	assert_memory_equal(id, ids[2], sizeof(id));
	assert_int_equal(find("ABCDEF012", id), EXIT_OK);
	assert_memory_equal(id, ids[1], sizeof(id));
}

static void several_are_listed_and_none_is_taken(void **state)
{
	uint8_t id[WARD_ID_LEN];

	(void)state;
	assert_int_equal(find("abcdef01", id), EXIT_USAGE);
	assert_non_null(strstr(said, "ambiguous"));
	assert_non_null(strstr(said, "abcdef01100000000000000000000000"));
	assert_non_null(strstr(said, "abcdef012f0000000000000000000000"));
	assert_null(strstr(said, "abcdef02"));
	assert_int_equal(find("abcdef03", id), EXIT_DEVICE);
	assert_non_null(strstr(said, "no-session"));
}

/* The kernel is asked about a whole id, whatever the list says. */
static void a_whole_id_is_taken_as_it_is(void **state)
{
	uint8_t id[WARD_ID_LEN];

	(void)state;
	assert_int_equal(find("00112233445566778899aabbccddeeff", id), EXIT_OK);
	assert_int_equal(id[15], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_8_to_32_hex_digits),
		cmocka_unit_test(first_digits_find_the_one_that_has_them),
		cmocka_unit_test(several_are_listed_and_none_is_taken),
		cmocka_unit_test(a_whole_id_is_taken_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
