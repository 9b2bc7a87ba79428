// SPDX-License-Identifier: MIT
/*
 * Evidence in a thread of its own: in the order in which it was asked for, no more than there is
 * room for, and a deadline. What gives it here stands still until it is told to go on.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../userspace/worker/attester.h"

#define LONG_MS		600000
#define SHORT_MS	20

/** struct gate - the TEE: @may pieces are let through; @made of them were begun */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned int may, made;
	uint8_t order[ATTESTER_MOST + 1];
	int err;
};

/** struct seen - what those who asked were told */
struct seen {
	struct event_base *base;
	unsigned int told, until;
	int err[ATTESTER_MOST + 1];
	uint8_t first[ATTESTER_MOST + 1];
};

/** struct one - who asked */
struct one {
	struct seen *seen;
	uint8_t nonce;
};

static struct gate gate;
static struct seen seen;
static struct one one[ATTESTER_MOST + 1];

static int evidence(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle, size_t *len,
		    void *arg)
{
	struct gate *g = arg;
	int err;

	pthread_mutex_lock(&g->lock);
	g->order[g->made++] = nonce[0];
	pthread_cond_broadcast(&g->moved);
	while (g->made > g->may)
		pthread_cond_wait(&g->moved, &g->lock);
	err = g->err;
	pthread_mutex_unlock(&g->lock);
	if (err)
		return err;
	*len = 2;
	*bundle = malloc(*len);
	(*bundle)[0] = nonce[0];
	(*bundle)[1] = binding[0];
	return 0;
}

static void let(unsigned int may)
{
	pthread_mutex_lock(&gate.lock);
	gate.may = may;
	pthread_cond_broadcast(&gate.moved);
	pthread_mutex_unlock(&gate.lock);
}

static void wait_until_made(unsigned int made)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.made < made)
		pthread_cond_wait(&gate.moved, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void on_done(int err, const uint8_t *bundle, size_t len, void *arg)
{
	struct one *who = arg;
	struct seen *s = who->seen;

	if (!err) {
		assert_int_equal(len, 2);
		assert_int_equal(bundle[0], who->nonce);
		assert_int_equal(bundle[1], (uint8_t)~who->nonce);
	}
	s->err[who->nonce] = err;
	s->first[s->told++] = who->nonce;
	if (s->told == s->until)
		event_base_loopbreak(s->base);
}

static struct attester_ask *ask(struct attester *a, uint8_t number)
{
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN] = { number }, binding[WARD_BINDING_LEN];

	memset(binding, (uint8_t)~number, sizeof(binding));
	one[number] = (struct one){ &seen, number };
	return attester_ask(a, nonce, binding, on_done, &one[number]);
}

static struct attester *begin(uint32_t deadline_ms)
{
	struct attester_options options = {
		.evidence = evidence, .arg = &gate, .deadline_ms = deadline_ms,
	};
	struct attester *a;

	gate = (struct gate){ .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };
	seen = (struct seen){ .base = event_base_new() };
	options.base = seen.base;
	assert_int_equal(attester_new(&options, &a), 0);
	return a;
}

/* The loop, until @told were told. */
static void run(unsigned int told)
{
	seen.until = told;
	if (seen.told < told)
		assert_int_equal(event_base_dispatch(seen.base), 0);
	assert_int_equal(seen.told, told);
}

static void end(struct attester *a)
{
	let(UINT32_MAX);
	attester_free(a);
	event_base_free(seen.base);
}

static void test_order_and_room(void **state)
{
	struct attester *a = begin(LONG_MS);
	uint8_t i;

	(void)state;
	for (i = 0; i < ATTESTER_MOST; i++)
		assert_non_null(ask(a, i));
	assert_null(ask(a, i));
	let(1);
	run(1);
	assert_non_null(ask(a, i));
	let(UINT32_MAX);
	run(ATTESTER_MOST + 1);
	for (i = 0; i <= ATTESTER_MOST; i++) {
		assert_int_equal(gate.order[i], i);
		assert_int_equal(seen.err[i], 0);
	}
	end(a);
}

static void test_loop_goes_on(void **state)
{
	struct attester *a = begin(LONG_MS);
	struct timeval at_once = { 0, 0 };

	(void)state;
	assert_non_null(ask(a, 0));
	wait_until_made(1);
	/* the TEE stands still: the loop comes to its end all the same */
	assert_int_equal(event_base_loopexit(seen.base, &at_once), 0);
	assert_int_equal(event_base_dispatch(seen.base), 0);
	assert_int_equal(seen.told, 0);
	let(1);
	run(1);
	end(a);
}

/* The one that is being made, and one that waits, which is never begun. */
static void test_deadline(void **state)
{
	struct attester *a = begin(SHORT_MS);

	(void)state;
	assert_non_null(ask(a, 0));
	wait_until_made(1);
	assert_non_null(ask(a, 1));
	run(2);
	assert_int_equal(seen.err[0], -ETIME);
	assert_int_equal(seen.err[1], -ETIME);
	end(a);
	assert_int_equal(gate.made, 1);
}

static void test_forgotten(void **state)
{
	struct attester *a = begin(LONG_MS);
	struct attester_ask *made, *waits;
	uint8_t i;

	(void)state;
	made = ask(a, 0);
	wait_until_made(1);
	waits = ask(a, 1);
	attester_forget(waits);
	attester_forget(made);
	/* its place is free at once; that of the one that is being made is not */
	for (i = 2; i <= ATTESTER_MOST; i++)
		assert_non_null(ask(a, i));
	assert_null(ask(a, 0));
	let(UINT32_MAX);
	run(ATTESTER_MOST - 1);
	assert_int_equal(seen.first[0], 2);
	end(a);
}

static void test_error_is_told(void **state)
{
	struct attester *a = begin(LONG_MS);

	(void)state;
	gate.err = -ENODEV;
	assert_non_null(ask(a, 3));
	let(1);
	run(1);
	assert_int_equal(seen.err[3], -ENODEV);
	end(a);
}

/* With one that is made, one that waits and one that is made but not told. */
static void test_end_in_the_midst(void **state)
{
	struct attester *a = begin(LONG_MS);

	(void)state;
	assert_non_null(ask(a, 0));
	assert_non_null(ask(a, 1));
	assert_non_null(ask(a, 2));
	let(1);
	wait_until_made(2);
	end(a);
	assert_int_equal(seen.told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_room),
		cmocka_unit_test(test_loop_goes_on),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_error_is_told),
		cmocka_unit_test(test_end_in_the_midst),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
