// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fake_ward.h"

#define BUDGET 65536u

struct held {
	uint8_t *ptr;
	size_t size;
	uint8_t mark;
};

static struct ward_arena *arena_of(struct ward_session *session)
{
	struct ward_arena *arena = NULL;

	assert_int_equal(ward_arena_new(session, BUDGET, "arena", &arena), 0);
	return arena;
}

static int all(const uint8_t *ptr, size_t size, uint8_t value)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (ptr[i] != value)
			return 0;
	return 1;
}

static void takes_all_and_no_more(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_arena *arena = arena_of(session);
	void *whole;

	(void)state;
	assert_int_equal(ward_arena_budget(arena), BUDGET);
	assert_null(ward_arena_alloc(arena, 0));
	assert_null(ward_arena_alloc(arena, BUDGET + 1));
	assert_null(ward_arena_alloc(arena, SIZE_MAX));
	whole = ward_arena_alloc(arena, BUDGET);
	assert_non_null(whole);
	assert_null(ward_arena_alloc(arena, 1));
	assert_int_equal(ward_arena_used(arena), BUDGET);
	assert_int_equal(ward_arena_free(arena, whole), 0);
	assert_int_equal(ward_arena_free(arena, NULL), 0);
	assert_int_equal(ward_arena_used(arena), 0);
	assert_int_equal(ward_arena_peak(arena), BUDGET);
	ward_arena_destroy(arena);
	ward_arena_destroy(NULL);
	ward_session_close(session);
}

static void foreign_pointers_are_refused(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_arena *arena = arena_of(session);
	uint8_t *ptr = ward_arena_alloc(arena, 200);

	(void)state;
	assert_non_null(ptr);
	assert_int_equal(ward_arena_free(arena, ptr + 64), -EINVAL);
	assert_int_equal(ward_arena_free(arena, &session), -EINVAL);
	assert_int_equal(ward_arena_free(arena, ptr), 0);
	assert_int_equal(ward_arena_free(arena, ptr), -EINVAL);
	ward_arena_destroy(arena);
	ward_session_close(session);
}

static void check_held(struct held *held, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (held[i].ptr)
			assert_true(all(held[i].ptr, held[i].size,
					held[i].mark));
}

static void drop(struct ward_arena *arena, struct held *held)
{
	uint8_t *ptr = held->ptr;

	assert_int_equal(ward_arena_free(arena, ptr), 0);
	assert_true(all(ptr, held->size, 0));
	held->ptr = NULL;
}

static void take(struct ward_arena *arena, struct held *held, size_t size,
		 uint8_t mark)
{
	held->ptr = ward_arena_alloc(arena, size);
	if (!held->ptr)
		return;
	assert_int_equal((uintptr_t)held->ptr % WARD_ARENA_ALIGN, 0);
	assert_true(all(held->ptr, size, 0));
	held->size = size;
	held->mark = mark;
	memset(held->ptr, mark, size);
}

/* No two allocations overlap, none is disturbed, and all of it comes back. */
static void random_use_keeps_its_promises(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_arena *arena = arena_of(session);
	struct held held[32] = { 0 };
	unsigned int seed = 2463534242u, step;

	(void)state;
	for (step = 0; step < 20000; step++) {
		struct held *one;

		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		one = &held[seed % 32];
		if (one->ptr)
			drop(arena, one);
		else
			take(arena, one, (seed >> 8) % 6000 + 1,
			     (seed >> 24) | 1);
		if (step % 100 == 0)
			check_held(held, 32);
	}
	for (step = 0; step < 32; step++)
		if (held[step].ptr)
			drop(arena, &held[step]);
	assert_int_equal(ward_arena_used(arena), 0);
	/* Everything merged again: one piece of the full size fits. */
	assert_non_null(ward_arena_alloc(arena, BUDGET));
	ward_arena_destroy(arena);
	ward_session_close(session);
}

static void reset_zeroes_and_frees_all(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_arena *arena = arena_of(session);
	uint8_t *whole;
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		uint8_t *ptr = ward_arena_alloc(arena, 1000);

		assert_non_null(ptr);
		memset(ptr, 0xee, 1000);
	}
	ward_arena_reset(arena);
	assert_int_equal(ward_arena_used(arena), 0);
	whole = ward_arena_alloc(arena, BUDGET);
	assert_non_null(whole);
	assert_true(all(whole, BUDGET, 0));
	ward_arena_reset(arena);
	assert_non_null(ward_arena_alloc(arena, BUDGET));
	ward_arena_destroy(arena);
	ward_session_close(session);
}

static void end_wipes_by_the_kernel(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_arena *arena = arena_of(session);

	(void)state;
	assert_non_null(ward_arena_alloc(arena, 100));
	fake.log[0] = '\0';
	ward_arena_destroy(arena);
	assert_string_equal(fake.log, "ioctl:21:1001 munmap close:1001 ");
	ward_session_close(session);
}

static void refused_buffer_is_a_refused_arena(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_arena *arena = NULL;

	(void)state;
	fake.ioctl_fail[WARD_CMD_BUF_ALLOC] = 1;
	fake.ioctl_errno[WARD_CMD_BUF_ALLOC] = EDQUOT;
	assert_int_equal(ward_arena_new(session, BUDGET, NULL, &arena),
			 -EDQUOT);
	assert_null(arena);
	ward_session_close(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all_and_no_more),
		cmocka_unit_test(foreign_pointers_are_refused),
		cmocka_unit_test(random_use_keeps_its_promises),
		cmocka_unit_test(reset_zeroes_and_frees_all),
		cmocka_unit_test(end_wipes_by_the_kernel),
		cmocka_unit_test(refused_buffer_is_a_refused_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
