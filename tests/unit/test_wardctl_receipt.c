// SPDX-License-Identifier: MIT
/*
 * Which records a dead session's receipt carries, out of a feed that has lost some:
 * all, those behind a hole, or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libward.h"

static int feed(struct ward_control *control, const uint8_t *session, uint64_t from,
		int (*each)(const struct ward_event_entry *entry, void *arg), void *arg);
static int attest(struct ward_session *session, const struct ward_request *request,
		  struct ward_evidence **out);
static void forget(struct ward_evidence *evidence);

#define ward_control_events feed
#define ward_session_attest attest
#define ward_evidence_free forget
#include "../../userspace/wardctl/receipt.c"
#undef ward_control_events
#undef ward_session_attest
#undef ward_evidence_free

/* main.c's own, which the archive of the parts leaves out. */
int ctl_error(struct wardctl *ctl, int code, const char *reason, const char *fmt, ...)
{
	(void)ctl;
	(void)reason;
	(void)fmt;
	return code;
}

/* ---- a kernel ------------------------------------------------------------------------ */

#define OF_CHAIN 9	/* records up to the attested head */

static const struct receipt_for what = { .session = { 0xab }, .release = { 1 } };
static struct ward_evidence evidence;
static struct ward_control *const control = (struct ward_control *)&evidence;
static const int *numbers;	/* of the session's records in the feed; 0 ends them */
static int feed_error;

static int attest(struct ward_session *session, const struct ward_request *request,
		  struct ward_evidence **out)
{
	struct ward_claims claims = { .session_seq = htole64(OF_CHAIN) };

	(void)session;
	assert_int_equal(request->purpose, WARD_PURPOSE_RECEIPT);
	memcpy(claims.subject, request->subject, sizeof(claims.subject));
	memcpy(evidence.claims, &claims, sizeof(claims));
	*out = &evidence;
	return 0;
}

static void forget(struct ward_evidence *it)
{
	assert_ptr_equal(it, &evidence);
}

/* Between them another session's, with the same numbers. */
static int feed(struct ward_control *c, const uint8_t *session, uint64_t from,
		int (*each)(const struct ward_event_entry *entry, void *arg), void *arg)
{
	struct ward_event_entry entry = { .seq = 100 };
	const int *n;
	int err = 0;

	assert_ptr_equal(c, control);
	assert_null(session);
	assert_int_equal(from, 0);
	for (n = numbers; *n && !err; n++) {
		entry.seq++;
		entry.event.seq = htole64((uint64_t)*n);
		entry.session[0] = 0xcd;
		err = each(&entry, arg);
		entry.session[0] = 0xab;
		err = err ? err : each(&entry, arg);
	}
	return err ? err : feed_error;
}

static void taken(const int *in_feed, size_t count, uint64_t first)
{
	struct receipt receipt;
	size_t i;

	numbers = in_feed;
	assert_int_equal(receipt_take(NULL, control, &what, &receipt), 0);
	assert_int_equal(receipt.records_of, OF_CHAIN);
	assert_int_equal(receipt.records.count, count);
	for (i = 0; i < count; i++)
		assert_int_equal(le64toh(receipt.records.event[i].seq), first + i);
	if (count)
		assert_int_equal(receipt.records.first_seq, first);
	receipt_free(&receipt);
}

#define TAKEN(count, first, ...) taken((const int[]){ __VA_ARGS__, 0 }, count, first)

static void all_of_them(void **state)
{
	(void)state;
	TAKEN(9, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	TAKEN(9, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);	/* the head does not cover these */
}

static void those_behind_a_hole(void **state)
{
	(void)state;
	TAKEN(4, 6, 6, 7, 8, 9);
	TAKEN(2, 8, 1, 2, 3, 4, 5, 6, 8, 9);
	TAKEN(1, 9, 1, 3, 5, 7, 9);
}

static void none_that_do_not_reach_the_head(void **state)
{
	(void)state;
	TAKEN(0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
	TAKEN(0, 0, 10, 11);
	taken((const int[]){ 0 }, 0, 0);
}

static void none_where_they_are_not_shown(void **state)
{
	struct receipt receipt;

	(void)state;
	feed_error = -EPERM;
	TAKEN(0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	feed_error = 0;
	assert_int_equal(receipt_take(NULL, NULL, &what, &receipt), 0);
	assert_int_equal(receipt.records.count, 0);
	receipt_free(&receipt);
}

static void says_which(void **state)
{
	static const struct {
		size_t count;
		uint64_t first;
		const char *text;
	} rows[] = { { 9, 1, "records:       complete" }, { 4, 6, "records:       gap" },
		     { 0, 0, "records:       absent" } };
	size_t i, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct receipt r = { .records = { .count = rows[i].count,
						  .first_seq = rows[i].first },
				     .records_of = OF_CHAIN };
		struct wardctl ctl = { 0 };
		char *text;
		FILE *f = open_memstream(&text, &len);

		ctl.out = out_new(f, false);
		receipt_show(&ctl, &r);
		assert_true(out_finish(ctl.out));
		out_free(ctl.out);
		fclose(f);
		if (!strstr(text, rows[i].text))
			fail_msg("'%s' is missing in:\n%s", rows[i].text, text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_them),
		cmocka_unit_test(those_behind_a_hole),
		cmocka_unit_test(none_that_do_not_reach_the_head),
		cmocka_unit_test(none_where_they_are_not_shown),
		cmocka_unit_test(says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
