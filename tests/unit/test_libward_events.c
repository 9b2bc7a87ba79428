// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fake_ward.h"

/* The fake chain: records first_kept to last exist; each carries its number. */
static uint64_t first_kept, last;
static uint64_t drop_after_call;	/* the ring moves on after a first call */

static int events_hook(unsigned int cmd, void *arg)
{
	struct ward_events *events = arg;
	struct ward_event *to = (void *)(uintptr_t)events->addr;
	uint64_t from = events->from_seq, i;

	if (cmd != WARD_CMD_EVENTS)
		return 0;
	assert_int_equal(events->size, sizeof(*events));
	if (from < first_kept)
		from = first_kept;
	events->out_first_seq = from;
	events->out_last_seq = last;
	for (i = 0; i < events->count && from + i <= last; i++)
		to[i].seq = from + i;
	events->count = i;
	if (drop_after_call)
		first_kept = drop_after_call;
	return from + i <= last ? EMSGSIZE : 0;
}

static void prepare(uint64_t kept, uint64_t newest, uint64_t drop)
{
	first_kept = kept;
	last = newest;
	drop_after_call = drop;
	fake.ioctl_hook = events_hook;
}

static void check_run(const struct ward_records *records, uint64_t first,
		      uint64_t newest)
{
	size_t i;

	assert_int_equal(records->first_seq, first);
	assert_int_equal(records->last_seq, newest);
	assert_int_equal(records->count, newest - first + 1);
	for (i = 0; i < records->count; i++)
		assert_int_equal(records->event[i].seq, first + i);
}

static void batches_join(void **state)
{
	static const uint64_t counts[] = { 1, 255, 256, 257, 512, 700, 1025 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct ward_session *session = fake_session();
		struct ward_records *records = NULL;

		prepare(1, counts[i], 0);
		assert_int_equal(ward_session_records(session, 1, &records), 0);
		check_run(records, 1, counts[i]);
		ward_records_free(records);
		ward_session_close(session);
	}
}

static void dropped_start_is_told(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_records *records = NULL;

	(void)state;
	prepare(41, 140, 0);
	assert_int_equal(ward_session_records(session, 1, &records), 0);
	check_run(records, 41, 140);
	ward_records_free(records);
	ward_records_free(NULL);
	ward_session_close(session);
}

static void gap_in_between_gives_up_the_older_part(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_records *records = NULL;

	(void)state;
	prepare(1, 400, 301);
	assert_int_equal(ward_session_records(session, 1, &records), 0);
	check_run(records, 301, 400);
	ward_records_free(records);
	ward_session_close(session);
}

static void empty_chain_is_success(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_records *records = NULL;

	(void)state;
	prepare(1, 0, 0);
	assert_int_equal(ward_session_records(session, 1, &records), 0);
	assert_int_equal(records->count, 0);
	ward_records_free(records);
	assert_int_equal(ward_session_records(session, 0, &records), -EINVAL);
	ward_session_close(session);
}

static int stuck_hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_EVENTS)
		((struct ward_events *)arg)->count = 0;
	return cmd == WARD_CMD_EVENTS ? EMSGSIZE : 0;
}

static int excess_hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_EVENTS)
		((struct ward_events *)arg)->count = 257;
	return 0;
}

static void a_kernel_that_makes_no_sense_ends_the_loop(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_records *records = NULL;

	(void)state;
	fake.ioctl_hook = stuck_hook;
	assert_int_equal(ward_session_records(session, 1, &records), -EBADMSG);
	fake.ioctl_hook = excess_hook;
	assert_int_equal(ward_session_records(session, 1, &records), -EBADMSG);
	assert_null(records);
	ward_session_close(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_join),
		cmocka_unit_test(dropped_start_is_told),
		cmocka_unit_test(gap_in_between_gives_up_the_older_part),
		cmocka_unit_test(empty_chain_is_success),
		cmocka_unit_test(a_kernel_that_makes_no_sense_ends_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
