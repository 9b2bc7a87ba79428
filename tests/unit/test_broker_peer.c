// SPDX-License-Identifier: MIT
/* Prefixes, their buckets and connections, with a clock that the test holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "../../userspace/broker/limits.h"
#include "../../userspace/common/peer.h"

/* 4 requests at once and 2 a second; 3 sessions in 60 seconds. */
static const struct peer_limits limits = {
	.connections = 2, .burst = { 4, 3 }, .period = { 2000, 60000 },
};
static struct peer_table *table;

static int setup(void **state)
{
	(void)state;
	table = peer_table_new(&limits);
	return table ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	peer_table_free(table);
	return 0;
}

static struct peer *enter(const char *text, int64_t now)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return peer_enter(table, (struct sockaddr *)&four, now);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return peer_enter(table, (struct sockaddr *)&six, now);
}

static void test_connections(void **state)
{
	struct peer *a = enter("192.0.2.1", 0);

	(void)state;
	assert_non_null(a);
	assert_ptr_equal(enter("192.0.2.1", 0), a);
	assert_null(enter("192.0.2.1", 0));
	assert_null(enter("::ffff:192.0.2.1", 0));
	assert_non_null(enter("192.0.2.2", 0));
	peer_leave(a);
	assert_ptr_equal(enter("::ffff:192.0.2.1", 0), a);
}

static void test_prefixes_of_six(void **state)
{
	struct peer *a = enter("2001:db8:1:2:3::1", 0);

	(void)state;
	assert_ptr_equal(enter("2001:db8:1:2:4::9", 0), a);
	assert_null(enter("2001:db8:1:2::", 0));
	assert_non_null(enter("2001:db8:1:3::", 0));
}

static void test_bucket(void **state)
{
	struct peer *a = enter("192.0.2.1", 1000);

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(peer_take(table, a, PEER_REQUESTS, 1000), 0);
	assert_int_equal(peer_take(table, a, PEER_REQUESTS, 1000), 1);
	assert_int_equal(peer_first_refusal(a), 1);
	assert_int_equal(peer_first_refusal(a), 0);
	assert_int_equal(peer_take(table, a, PEER_REQUESTS, 1499), 1);
	assert_int_equal(peer_take(table, a, PEER_REQUESTS, 1500), 0);
	assert_int_equal(peer_take(table, a, PEER_REQUESTS, 1500), 1);
	/* another kind of token is another bucket */
	for (int i = 0; i < 3; i++)
		assert_int_equal(peer_take(table, a, PEER_SESSIONS, 1500), 0);
	assert_int_equal(peer_take(table, a, PEER_SESSIONS, 1500), 21);
	/* no more than full, however long it was quiet */
	for (int i = 0; i < 4; i++)
		assert_int_equal(peer_take(table, a, PEER_REQUESTS, INT64_MAX / 2), 0);
	assert_int_equal(peer_take(table, a, PEER_REQUESTS, INT64_MAX / 2), 1);
	assert_int_equal(peer_first_refusal(a), 1);
}

/* Who comes back at once finds the bucket as it was left. */
static void test_bucket_outlives_connection(void **state)
{
	struct peer *a = enter("192.0.2.1", 0);

	(void)state;
	for (int i = 0; i < 4; i++)
		peer_take(table, a, PEER_REQUESTS, 0);
	peer_leave(a);
	a = enter("192.0.2.1", 10);
	assert_int_equal(peer_take(table, a, PEER_REQUESTS, 10), 1);
}

/* A million addresses: as much memory as before, and who is connected keeps its slot. */
static void test_flood(void **state)
{
	struct peer *a = enter("192.0.2.1", 0), *b;
	char text[32];

	(void)state;
	while (!peer_take(table, a, PEER_REQUESTS, 0))
		;
	for (unsigned int i = 0; i < 1000000; i++) {
		struct in_addr in = { htonl(0x0a000000 + i) };

		b = enter(inet_ntop(AF_INET, &in, text, sizeof(text)), 1);
		assert_non_null(b);
		assert_ptr_not_equal(a, b);
		peer_leave(b);
	}
	assert_int_equal(peer_take(table, a, PEER_REQUESTS, 1), 1);
	assert_ptr_equal(enter("192.0.2.1", 1), a);
}

static void test_members(void **state)
{
	static const struct {
		const char *json, *word;
	} bad[] = {
		{ "[]", "object" }, { "{\"x\":1}", "'x'" }, { "{\"connections\":0}", "connections" },
		{ "{\"peer_rate\":\"1\"}", "peer_rate" }, { "{\"peer_burst\":100001}", "100000" },
		{ "{\"request_timeout\":-1}", "request_timeout" },
	};
	struct limits l;
	char why[160];
	json_t *o;

	(void)state;
	assert_int_equal(limits_read(NULL, 256, &l, why), 0);
	assert_int_equal(l.peer_sessions, 192);
	assert_int_equal(limits_read(NULL, 1, &l, why), 0);
	assert_int_equal(l.peer_sessions, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o = json_loads(bad[i].json, 0, NULL);
		assert_int_equal(limits_read(o, 256, &l, why), -1);
		assert_non_null(strstr(why, bad[i].word));
		json_decref(o);
	}
	o = json_loads("{\"connections\":7,\"peer_sessions\":3}", 0, NULL);
	assert_int_equal(limits_read(o, 256, &l, why), 0);
	assert_int_equal(l.connection.connections, 7);
	assert_int_equal(l.peer_sessions, 3);
	assert_int_equal(l.peer_connections, 64);
	json_decref(o);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_connections), T(test_prefixes_of_six), T(test_bucket),
		T(test_bucket_outlives_connection), T(test_flood), T(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
