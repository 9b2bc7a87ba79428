// SPDX-License-Identifier: MIT
/* The broker's sessions, under a clock that the test holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace/broker/session.h"

#define TIMEOUT 100

static void test_start_and_find(void **state)
{
	struct session_table *t = session_table_new(4, TIMEOUT);
	struct session *a = session_start(t, 1000), *b = session_start(t, 1001);
	char cookie[SESSION_COOKIE_LEN + 1], other[SESSION_COOKIE_LEN + 1];

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_memory_not_equal(a->id, b->id, SESSION_ID_LEN);
	assert_memory_not_equal(a->nonce, b->nonce, SESSION_NONCE_LEN);
	session_cookie(a, cookie);
	session_cookie(b, other);
	assert_int_equal(strlen(cookie), SESSION_COOKIE_LEN);
	assert_ptr_equal(session_find(t, cookie), a);
	assert_ptr_equal(session_find(t, other), b);
	assert_int_equal(a->state, SESSION_NEW);
	session_table_free(t);
}

static void test_foreign_cookies(void **state)
{
	struct session_table *t = session_table_new(2, TIMEOUT);
	char cookie[SESSION_COOKIE_LEN + 1], zeros[SESSION_COOKIE_LEN + 1];

	(void)state;
	session_cookie(session_start(t, 0), cookie);
	/* the id of a free slot is zero: it must not be found */
	memset(zeros, '0', SESSION_COOKIE_LEN);
	zeros[SESSION_COOKIE_LEN] = 0;
	assert_null(session_find(t, zeros));
	assert_null(session_find(t, ""));
	for (size_t i = 0; i < SESSION_COOKIE_LEN; i++) {
		char was = cookie[i];

		cookie[i] = was == '0' ? '1' : '0';
		assert_null(session_find(t, cookie));
		cookie[i] = 'g';
		assert_null(session_find(t, cookie));
		cookie[i] = 0;
		assert_null(session_find(t, cookie));
		cookie[i] = was;
	}
	assert_non_null(session_find(t, cookie));
	session_table_free(t);
}

static void test_expiry(void **state)
{
	struct session_table *t = session_table_new(1, TIMEOUT);
	struct session *s = session_start(t, 1000);

	(void)state;
	assert_false(session_expired(t, s, 1000));
	assert_false(session_expired(t, s, 1000 + TIMEOUT - 1));
	assert_true(session_expired(t, s, 1000 + TIMEOUT));
	/* a clock that went back is no reason to trust */
	assert_true(session_expired(t, s, 999));
	session_table_free(t);
}

static void test_full(void **state)
{
	struct session_table *t = session_table_new(3, TIMEOUT);
	char first[SESSION_COOKIE_LEN + 1], second[SESSION_COOKIE_LEN + 1];

	(void)state;
	session_cookie(session_start(t, 10), first);
	session_cookie(session_start(t, 11), second);
	assert_non_null(session_start(t, 12));
	assert_null(session_start(t, 13));
	assert_null(session_start(t, 10 + TIMEOUT - 1));
	/* the oldest makes room once it is over, no other */
	assert_non_null(session_start(t, 10 + TIMEOUT));
	assert_null(session_find(t, first));
	assert_non_null(session_find(t, second));
	assert_null(session_start(t, 10 + TIMEOUT));
	session_table_free(t);
}

static void test_sweep(void **state)
{
	struct session_table *t = session_table_new(2, TIMEOUT);
	char cookie[SESSION_COOKIE_LEN + 1];

	(void)state;
	session_cookie(session_start(t, 0), cookie);
	assert_int_equal(session_sweep(t, TIMEOUT - 1), 1);
	/* over, but remembered: its owner shall hear so */
	assert_int_equal(session_sweep(t, TIMEOUT), 0);
	assert_non_null(session_find(t, cookie));
	assert_int_equal(session_sweep(t, 2 * TIMEOUT), 0);
	assert_null(session_find(t, cookie));
	session_table_free(t);
}

static void test_used_nonces(void **state)
{
	struct session_table *t = session_table_new(2, TIMEOUT);
	struct session *s = session_start(t, 0);
	uint8_t zero[SESSION_NONCE_LEN] = { 0 };

	(void)state;
	assert_false(session_nonce_used(t, s->nonce, SESSION_NONCE_LEN));
	s->state = SESSION_SPENT;
	assert_true(session_nonce_used(t, s->nonce, SESSION_NONCE_LEN));
	assert_false(session_nonce_used(t, s->nonce, SESSION_NONCE_LEN - 1));
	s->state = SESSION_ATTESTED;
	assert_true(session_nonce_used(t, s->nonce, SESSION_NONCE_LEN));
	assert_false(session_nonce_used(t, zero, sizeof(zero)));
	session_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_and_find),
		cmocka_unit_test(test_foreign_cookies),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_used_nonces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
