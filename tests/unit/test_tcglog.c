// SPDX-License-Identifier: MIT
/* A TPM's event log: what is read, what is refused, where its replay leads. */
#include <stdlib.h>
#include <string.h>

#include "../../userspace/verifier/hex.h"
#include "support.h"
#include "tcglog_make.h"

#define HEADER_LEN 69	/* 32 bytes of an old event, 37 of the new header */
#define IN_HEADER(n) (32 + (n))

static const uint8_t zero4[4];

static void make(struct tcglog_made *log)
{
	uint32_t pcr;

	tcglog_begin(log);
	tcglog_add(log, 0, 0x00000008, "\0", 2);
	for (pcr = 0; pcr < 7; pcr++)
		tcglog_add(log, pcr, WV_EV_SEPARATOR, zero4, 4);
	tcglog_add(log, 9, WV_EV_EVENT_TAG, "Linux initrd", 13);
}

/* A copy of just that length: reading past its end is seen by the heap's checkers. */
static int open_copy(const uint8_t *bytes, size_t len, struct wv_fault *fault)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct wv_tcglog_pcrs pcrs;
	struct wv_tcglog log;
	int rc;

	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	rc = wv_tcglog_open((struct wv_bytes){ copy, len }, &log, fault);
	if (!rc)
		wv_tcglog_replay(&log, WV_ALG_SHA256, &pcrs, NULL);
	free(copy);
	return rc;
}

static void value_is(const struct wv_tcglog_pcrs *pcrs, int pcr, const char *hex)
{
	char text[2 * WV_TCGLOG_DIGEST_MAX + 1];

	hex_encode(pcrs->value[pcr], pcrs->len, text);
	assert_string_equal(hex, text);
}

/* Register 2 of every machine that measures no option ROM holds these, by other tools. */
static void replay_leads_to_known_values(void **state)
{
	struct wv_tcglog_pcrs pcrs;
	struct tcglog_made made;
	struct wv_fault fault;
	struct wv_tcglog log;

	(void)state;
	make(&made);
	ut_reason(WV_OK, wv_tcglog_open(tcglog_bytes(&made), &log, &fault), &fault);
	assert_int_equal(9, log.events);
	assert_int_equal(2, log.banks);
	ut_reason(WV_OK, wv_tcglog_replay(&log, WV_ALG_SHA256, &pcrs, &fault), &fault);
	assert_int_equal(0x27f, pcrs.extended);
	value_is(&pcrs, 2, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
	ut_reason(WV_OK, wv_tcglog_replay(&log, WV_ALG_SHA1, &pcrs, &fault), &fault);
	value_is(&pcrs, 2, "b2a83b0ebf2f8374299a5b2bdfc31ea955ad7236");
	value_is(&pcrs, 23, "0000000000000000000000000000000000000000");
	ut_reason(WV_USAGE, wv_tcglog_replay(&log, WV_ALG_SHA384, &pcrs, &fault), &fault);
}

static void events_are_given_in_order(void **state)
{
	struct tcglog_made made;
	struct wv_tcglog log;
	struct wv_tcglog_event e;
	size_t at, n = 0;

	(void)state;
	make(&made);
	assert_int_equal(0, wv_tcglog_open(tcglog_bytes(&made), &log, NULL));
	for (at = log.first; wv_tcglog_next(&log, &at, &e); n++)
		assert_non_null(e.digest[1]);
	assert_int_equal(log.events, n);
	assert_int_equal(9, e.pcr);
	assert_memory_equal("Linux initrd", e.data, 13);
	assert_string_equal("EV_EVENT_TAG", wv_tcglog_type_text(e.type));
	assert_null(wv_tcglog_type_text(0x12345678));
	assert_int_equal(0, wv_tcglog_next(&log, &at, &e));
}

/* An event that extends nothing, and the locality that it may carry. */
static void no_action_extends_nothing(void **state)
{
	static const uint8_t locality3[17] = "StartupLocality\0\3";
	uint8_t locality5[17];
	struct wv_tcglog_pcrs pcrs;
	struct tcglog_made made;
	struct wv_fault fault;
	struct wv_tcglog log;

	(void)state;
	tcglog_begin(&made);
	tcglog_add(&made, 0, WV_EV_NO_ACTION, locality3, sizeof(locality3));
	tcglog_add(&made, 0xffffffff, WV_EV_NO_ACTION, "x", 1);
	ut_reason(WV_OK, wv_tcglog_open(tcglog_bytes(&made), &log, &fault), &fault);
	assert_int_equal(0, wv_tcglog_replay(&log, WV_ALG_SHA256, &pcrs, NULL));
	assert_int_equal(0, pcrs.extended);
	value_is(&pcrs, 0, "0000000000000000000000000000000000000000000000000000000000000003");
	tcglog_begin(&made);	/* it is register 0 that begins so */
	tcglog_add(&made, 1, WV_EV_NO_ACTION, locality3, sizeof(locality3));
	ut_reason(WV_OK, wv_tcglog_open(tcglog_bytes(&made), &log, &fault), &fault);
	assert_int_equal(0, wv_tcglog_replay(&log, WV_ALG_SHA256, &pcrs, NULL));
	value_is(&pcrs, 0, "0000000000000000000000000000000000000000000000000000000000000000");
	memcpy(locality5, locality3, sizeof(locality5));
	locality5[16] = 5;
	tcglog_begin(&made);
	tcglog_add(&made, 0, WV_EV_NO_ACTION, locality5, sizeof(locality5));
	ut_reason(WV_EVENT_LOG_DAMAGED, wv_tcglog_open(tcglog_bytes(&made), &log, &fault), &fault);
}

/* Every cut is refused but those between two events, which nobody can see. */
static void truncated_is_refused(void **state)
{
	bool whole[TCGLOG_MADE_MAX] = { false };
	struct tcglog_made made;
	struct wv_tcglog log;
	struct wv_tcglog_event e;
	struct wv_fault fault;
	size_t at, len;

	(void)state;
	make(&made);
	assert_int_equal(0, wv_tcglog_open(tcglog_bytes(&made), &log, NULL));
	assert_int_equal(HEADER_LEN, log.first);
	whole[log.first] = true;
	for (at = log.first; wv_tcglog_next(&log, &at, &e);)
		whole[at] = true;
	for (len = 0; len <= made.len; len++)
		ut_reason(whole[len] ? WV_OK : WV_EVENT_LOG_DAMAGED,
			  open_copy(made.bytes, len, &fault), &fault);
	ut_reason(WV_EVENT_LOG_DAMAGED, open_copy(NULL, 0, &fault), &fault);
}

static void flipped_never_crashes(void **state)
{
	struct tcglog_made made;
	struct wv_fault fault;
	size_t bit, refused = 0;

	(void)state;
	make(&made);
	for (bit = 0; bit < 8 * made.len; bit++) {
		made.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused += open_copy(made.bytes, made.len, &fault) != WV_OK;
		made.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	print_message("%zu of %zu flips break the structure\n", refused, 8 * made.len);
	assert_true(refused > 0);
}

static void refused_with(size_t at, uint8_t value, const char *words)
{
	struct tcglog_made made;
	struct wv_fault fault;

	make(&made);
	made.bytes[at] = value;
	ut_reason(WV_EVENT_LOG_DAMAGED, open_copy(made.bytes, made.len, &fault), &fault);
	if (!strstr(fault.text, words))
		fail_msg("byte %zu: \"%s\" does not say \"%s\"", at, fault.text, words);
}

static void hostile_headers_are_refused(void **state)
{
	(void)state;
	refused_with(0, 1, "does not begin");			/* its register */
	refused_with(4, 4, "does not begin");			/* its type */
	refused_with(8, 1, "does not begin");			/* its digest */
	refused_with(IN_HEADER(15), '!', "does not begin");	/* its signature */
	refused_with(IN_HEADER(24), 0, "kinds of digests");	/* none */
	refused_with(IN_HEADER(24), 9, "kinds of digests");	/* more than there may be */
	refused_with(IN_HEADER(30), 21, "kinds of digests");	/* SHA-1 of 21 bytes */
	refused_with(IN_HEADER(32), 4, "kinds of digests");	/* SHA-1 twice */
	refused_with(IN_HEADER(36), 1, "as long as it says");	/* vendor's bytes that are not there */
	refused_with(HEADER_LEN, 24, "does not exist");		/* a register */
	refused_with(HEADER_LEN + 8, 3, "digests");		/* more than the header has */
	refused_with(HEADER_LEN + 12, 12, "digests");		/* of a bank that it has not */
	refused_with(HEADER_LEN + 34, 4, "digests");		/* SHA-1 twice */
	refused_with(HEADER_LEN + 71, 0xff, "is cut");		/* data beyond the end */
}

/* A bank's digest that one event lacks: that bank can't be replayed. */
static void missing_digest_is_told(void **state)
{
	static const uint8_t sha1[20];
	struct wv_tcglog_pcrs pcrs;
	struct tcglog_made made;
	struct wv_fault fault;
	struct wv_tcglog log;
	size_t i;

	(void)state;
	make(&made);
	tcglog_put(&made, 4, 4);
	tcglog_put(&made, WV_EV_SEPARATOR, 4);
	tcglog_put(&made, 1, 4);
	tcglog_put(&made, WV_ALG_SHA1, 2);
	for (i = 0; i < sizeof(sha1); i++)
		tcglog_put(&made, 0, 1);
	tcglog_put(&made, 0, 4);
	ut_reason(WV_OK, wv_tcglog_open(tcglog_bytes(&made), &log, &fault), &fault);
	ut_reason(WV_OK, wv_tcglog_replay(&log, WV_ALG_SHA1, &pcrs, &fault), &fault);
	ut_reason(WV_EVENT_LOG_DAMAGED, wv_tcglog_replay(&log, WV_ALG_SHA256, &pcrs, &fault), &fault);
}

static void longer_than_any_log_is_refused(void **state)
{
	uint8_t *much = calloc(1, WV_TCGLOG_MAX + 1);
	struct wv_tcglog log;
	struct wv_fault fault;

	(void)state;
	assert_non_null(much);
	ut_reason(WV_EVENT_LOG_DAMAGED,
		  wv_tcglog_open((struct wv_bytes){ much, WV_TCGLOG_MAX + 1 }, &log, &fault), &fault);
	assert_non_null(strstr(fault.text, "longer"));
	free(much);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_leads_to_known_values),
		cmocka_unit_test(events_are_given_in_order),
		cmocka_unit_test(no_action_extends_nothing),
		cmocka_unit_test(truncated_is_refused),
		cmocka_unit_test(flipped_never_crashes),
		cmocka_unit_test(hostile_headers_are_refused),
		cmocka_unit_test(missing_digest_is_told),
		cmocka_unit_test(longer_than_any_log_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
