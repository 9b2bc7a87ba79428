// SPDX-License-Identifier: MIT
/* The broker's sessions in either database, under a clock that the test holds. */
#include <errno.h>
#include <string.h>

#include "exchange.h"

#define TIMEOUT 100

static struct db_fault fault;
static struct session_limits limits;

static int start(int64_t now, char *cookie)
{
	uint8_t nonce[SESSION_NONCE_LEN];

	return session_start(rx_rcar.db, &limits, now, cookie, nonce, &fault);
}

static int find(const char *cookie, struct session *s)
{
	return session_find(rx_rcar.db, cookie, s, &fault);
}

static void with(uint32_t max)
{
	limits = (struct session_limits){ max, TIMEOUT };
}

static void test_start_and_find(void **state)
{
	char cookie[SESSION_COOKIE_LEN + 1], other[SESSION_COOKIE_LEN + 1];
	struct session a, b;

	(void)state;
	with(4);
	assert_int_equal(start(1000, cookie), 0);
	assert_int_equal(start(1001, other), 0);
	assert_int_equal(strlen(cookie), SESSION_COOKIE_LEN);
	assert_int_equal(find(cookie, &a), 0);
	assert_int_equal(find(other, &b), 0);
	assert_memory_not_equal(a.id, b.id, SESSION_ID_LEN);
	assert_int_equal(a.state, SESSION_NEW);
	assert_int_equal(a.started, 1000);
}

static void test_foreign_cookies(void **state)
{
	char cookie[SESSION_COOKIE_LEN + 1];
	struct session s;

	(void)state;
	with(4);
	assert_int_equal(start(0, cookie), 0);
	assert_int_equal(find("", &s), -ENOENT);
	for (size_t i = 0; i < SESSION_COOKIE_LEN; i++) {
		char was = cookie[i];

		cookie[i] = was == '0' ? '1' : '0';
		assert_int_equal(find(cookie, &s), -ENOENT);
		cookie[i] = 'g';
		assert_int_equal(find(cookie, &s), -ENOENT);
		cookie[i] = 0;
		assert_int_equal(find(cookie, &s), -ENOENT);
		cookie[i] = was;
	}
	assert_int_equal(find(cookie, &s), 0);
}

static void test_expiry(void **state)
{
	const struct session s = { .started = 1000 };

	(void)state;
	with(1);
	assert_false(session_expired(&limits, &s, 1000));
	assert_false(session_expired(&limits, &s, 1000 + TIMEOUT - 1));
	assert_true(session_expired(&limits, &s, 1000 + TIMEOUT));
	/* another broker's clock may be a little ahead; one that went back is no reason to trust */
	assert_false(session_expired(&limits, &s, 1000 - SESSION_SKEW));
	assert_true(session_expired(&limits, &s, 1000 - SESSION_SKEW - 1));
}

static void test_full(void **state)
{
	char cookie[SESSION_COOKIE_LEN + 1];

	(void)state;
	with(3);
	for (int i = 10; i < 13; i++)
		assert_int_equal(start(i, cookie), 0);
	assert_int_equal(start(13, cookie), -ENOSPC);
	assert_int_equal(start(10 + TIMEOUT - 1, cookie), -ENOSPC);
	/* one is over: there is room for one */
	assert_int_equal(start(10 + TIMEOUT, cookie), 0);
	assert_int_equal(start(10 + TIMEOUT, cookie), -ENOSPC);
}

static void test_sweep(void **state)
{
	char cookie[SESSION_COOKIE_LEN + 1];
	struct session s;

	(void)state;
	with(2);
	assert_int_equal(start(0, cookie), 0);
	/* over, but remembered: its owner shall hear so */
	assert_int_equal(session_sweep(rx_rcar.db, &limits, 2 * TIMEOUT - 1, &fault), 0);
	assert_int_equal(find(cookie, &s), 0);
	assert_int_equal(session_sweep(rx_rcar.db, &limits, 2 * TIMEOUT, &fault), 1);
	assert_int_equal(find(cookie, &s), -ENOENT);
}

static void test_nonce_serves_once(void **state)
{
	char cookie[SESSION_COOKIE_LEN + 1];
	struct session s, again;

	(void)state;
	with(2);
	assert_int_equal(start(0, cookie), 0);
	assert_int_equal(find(cookie, &s), 0);
	assert_int_equal(session_nonce_used(rx_rcar.db, s.id, sizeof(s.id), &fault), 0);
	strcpy(s.attested.tee_pubkey, "{\"kty\":\"EC\"}");
	s.attested.uid = UINT32_MAX;
	s.attested.measured = 1;
	memset(s.attested.measurement, 7, sizeof(s.attested.measurement));
	assert_int_equal(session_spend(rx_rcar.db, &s, SESSION_ATTESTED, &fault), 0);
	assert_int_equal(session_spend(rx_rcar.db, &s, SESSION_ATTESTED, &fault), -EALREADY);
	assert_int_equal(session_spend(rx_rcar.db, &s, SESSION_SPENT, &fault), -EALREADY);
	assert_int_equal(session_nonce_used(rx_rcar.db, s.id, sizeof(s.id), &fault), 1);
	assert_int_equal(session_nonce_used(rx_rcar.db, s.id, sizeof(s.id) - 1, &fault), 0);
	assert_int_equal(find(cookie, &again), 0);
	assert_int_equal(again.state, SESSION_ATTESTED);
	assert_memory_equal(&again.attested, &s.attested, sizeof(s.attested));
}

static void test_damaged_rows(void **state)
{
	char cookie[SESSION_COOKIE_LEN + 1];
	struct session s;

	(void)state;
	with(2);
	assert_int_equal(start(0, cookie), 0);
	rx_run("UPDATE session SET state = 3, who = '{\"uid\":1}'");
	assert_int_equal(find(cookie, &s), -EBADMSG);
	rx_run("UPDATE session SET state = 4, who = NULL");
	assert_int_equal(find(cookie, &s), -EBADMSG);
	rx_run("UPDATE session SET state = 1");
	assert_int_equal(find(cookie, &s), 0);
}

/* The cookie is nowhere in the database. */
static void test_no_cookie_kept(void **state)
{
	char cookie[SESSION_COOKIE_LEN + 1];
	struct session s;
	uint8_t raw[SESSION_ID_LEN];

	(void)state;
	with(2);
	assert_int_equal(start(0, cookie), 0);
	assert_int_equal(find(cookie, &s), 0);
	for (size_t i = 0; i < sizeof(raw); i++)
		assert_int_equal(sscanf(cookie + 2 * i, "%2hhx", &raw[i]), 1);
	assert_memory_not_equal(s.id, raw, sizeof(raw));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_start_and_find), T(test_foreign_cookies), T(test_expiry), T(test_full),
		T(test_sweep), T(test_nonce_serves_once), T(test_damaged_rows),
		T(test_no_cookie_kept),
	};

	return rx_on_both(tests);
}
