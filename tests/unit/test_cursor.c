// SPDX-License-Identifier: MIT
/*
 * The bounds-checked cursor: nothing past the end, and a failure stays.
 */
#include "../../userspace/verifier/cursor.h"
#include "support.h"

static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static void numbers(void **state)
{
	struct cursor c = cursor_over(data, sizeof(data));

	(void)state;
	assert_int_equal(cursor_u8(&c), 1);
	assert_int_equal(cursor_le16(&c), 0x0302);
	assert_int_equal(cursor_be16(&c), 0x0405);
	assert_int_equal(cursor_le32(&c), 0x09080706);
	assert_int_equal(cursor_left(&c), 3);
	assert_int_equal(cursor_le32(&c), 0);
	assert_false(cursor_ok(&c));
	c = cursor_over(data, sizeof(data));
	assert_true(cursor_le64(&c) == 0x0807060504030201);
	assert_int_equal(cursor_be32(&c), 0x090a0b0c);
	assert_true(cursor_done(&c));
	c = cursor_over(data, sizeof(data));
	assert_true(cursor_be64(&c) == 0x0102030405060708);
}

/* Every read at every length: it succeeds exactly when the bytes are there. */
static void ends(void **state)
{
	size_t len, at, n;
	uint8_t out[16];

	(void)state;
	for (len = 0; len <= sizeof(data); len++) {
		for (at = 0; at <= len; at++) {
			for (n = 0; n <= 16; n++) {
				struct cursor c = cursor_over(data, len);

				cursor_skip(&c, at);
				cursor_copy(&c, out, n);
				assert_int_equal(cursor_ok(&c), n <= len - at);
				assert_int_equal(out[0] != 0 && n, n && n <= len - at);
			}
		}
	}
}

static void huge_counts(void **state)
{
	struct cursor c = cursor_over(data, sizeof(data));
	struct cursor s;

	(void)state;
	cursor_skip(&c, 4);
	assert_null(cursor_take(&c, SIZE_MAX));
	assert_false(cursor_ok(&c));
	c = cursor_over(data, sizeof(data));
	cursor_skip(&c, 1);
	cursor_zero(&c, SIZE_MAX);
	assert_false(cursor_ok(&c));
	c = cursor_over(data, sizeof(data));
	s = cursor_sub(&c, SIZE_MAX, 2);
	assert_false(cursor_ok(&s));
	s = cursor_sub(&c, 4, SIZE_MAX - 2);
	assert_false(cursor_ok(&s));
	s = cursor_sub(&c, 12, 0);
	assert_true(cursor_done(&s));
	s = cursor_sub(&c, 10, 2);
	assert_int_equal(cursor_le16(&s), 0x0c0b);
}

/* After a failure everything reads as absent, also what would have fitted. */
static void sticky(void **state)
{
	struct cursor c = cursor_over(data, 3);
	struct cursor s;

	(void)state;
	assert_int_equal(cursor_le32(&c), 0);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(cursor_done(&c));
	s = cursor_sub(&c, 0, 1);
	assert_false(cursor_ok(&s));
}

static void zeroes(void **state)
{
	static const uint8_t z[] = { 0, 0, 0, 7, 0 };
	struct cursor c = cursor_over(z, sizeof(z));

	(void)state;
	cursor_zero(&c, 3);
	assert_true(cursor_ok(&c));
	cursor_zero(&c, 2);
	assert_false(cursor_ok(&c));
	assert_int_equal(c.at, 3);
	c = cursor_over(NULL, 0);
	assert_null(cursor_take(&c, 0));
	assert_true(cursor_done(&c));
	c = cursor_sub(&c, 0, 0);
	assert_true(cursor_done(&c));
	c = cursor_over(NULL, 5);
	assert_int_equal(cursor_left(&c), 0);
	cursor_zero(&c, 0);
	assert_true(cursor_done(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(ends), cmocka_unit_test(huge_counts),
		cmocka_unit_test(sticky),  cmocka_unit_test(zeroes),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
