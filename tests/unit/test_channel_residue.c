// SPDX-License-Identifier: MIT
/*
 * What of the plaintext is left in the memory of a receiver: all that this process can
 * write is searched. Without what stands against it the search must find something.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "channel_pair.h"

#define MARK	32

static struct side a, b;	/* connector, acceptor */
static uint8_t inverted[MARK];	/* so that the pattern itself is no hit */

static int setup(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(RAND_bytes(inverted, sizeof(inverted)), 1);
	pair_sockets(fd);
	side_new(&a, WARD_CHANNEL_CONNECTOR, fd[0]);
	side_new(&b, WARD_CHANNEL_ACCEPTOR, fd[1]);
	pair_open(&a, &b);
	assert_int_equal(a.rc, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	side_end(&a);
	side_end(&b);
	return 0;
}

static size_t hits_in(const volatile uint8_t *at, const volatile uint8_t *end, size_t skip)
{
	size_t n = 0, i;

	for (; at + MARK - skip <= end; at++) {
		for (i = skip; i < MARK && at[i - skip] == (uint8_t)~inverted[i]; i++)
			;
		n += i == MARK;
	}
	return n;
}

/* Places that hold the mark without its first @skip bytes. */
static size_t hits(size_t skip)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512], rights[5];
	size_t n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		assert_int_equal(sscanf(line, "%lx-%lx %4s", &from, &to, rights), 3);
		if (!strncmp(rights, "rw", 2))
			n += hits_in((const uint8_t *)from, (const uint8_t *)to, skip);
	}
	fclose(maps);
	return n;
}

/* The mark goes over the channel; of it @taken bytes are read, and wiped. */
static void receive(size_t taken)
{
	uint8_t mark[MARK];
	size_t i;

	for (i = 0; i < MARK; i++)
		mark[i] = (uint8_t)~inverted[i];
	assert_int_equal(ward_channel_write(a.channel, mark, MARK), 0);
	OPENSSL_cleanse(mark, MARK);
	assert_int_equal(hits(0), 0);	/* it is under way, encrypted */
	assert_int_equal(ward_channel_read(b.channel, mark, taken), taken);
	OPENSSL_cleanse(mark, MARK);
}

static void taken(void **state)
{
	(void)state;
	receive(MARK);
	assert_int_equal(hits(0), 0);
	side_end(&b);
	assert_int_equal(hits(0), 0);
}

/* What was not asked for yet stays in OpenSSL's record; its end is the channel's, too. */
static void left_behind(void **state)
{
	(void)state;
	receive(1);
	assert_int_equal(hits(0), 0);
	assert_true(hits(1) > 0);
	side_end(&b);
	assert_int_equal(hits(1), 0);
}

static void without(void **state)
{
	(void)state;
	SSL_clear_options(b.channel->ssl, SSL_OP_CLEANSE_PLAINTEXT);
	receive(MARK);
	assert_true(hits(0) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(taken), TEST(left_behind), TEST(without) };

	return cmocka_run_group_tests(tests, pair_group_setup, pair_group_teardown);
}
