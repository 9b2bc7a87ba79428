// SPDX-License-Identifier: MIT
/*
 * Maps whose keys come in any order, and the skipping of what nobody asked for.
 */
#include <string.h>

#include "cbor_map.h"
#include "fault.h"
#include "support.h"

enum { NUMBER, NEGATIVE, BYTES, TEXT, ANY, MEMBERS };

static const struct map_member members[MEMBERS] = {
	[NUMBER] = { "number", 1, false, true, MAP_INT, -10, 1000 },
	[NEGATIVE] = { "negative", -2, false, false, MAP_BYTES_OR_NULL, 0, 4 },
	[BYTES] = { "bytes", 300, false, false, MAP_BYTES, 2, 4 },
	[TEXT] = { "text", 0, true, false, MAP_TEXT, 0, 8 },
	[ANY] = { "any", -75000, false, false, MAP_ANY, 0, 0 },
};

#define READ(text, open, v, fault) read_map(text, sizeof(text) - 1, open, v, fault)

static int read_map(const char *bytes, size_t len, bool open, struct map_value *v,
		    struct wv_fault *fault)
{
	const struct map_format format = { members, MEMBERS, open };

	fault_clear(fault);
	return map_read_all((struct wv_bytes){ (const uint8_t *)bytes, len }, "m", &format, v, fault);
}

static void any_order(void **state)
{
	struct map_value v[MEMBERS];
	struct wv_fault f;
	char text[16];

	(void)state;
	ut_reason(WV_OK, READ("\xa5\x64text\x62hi\x39\x01\x2b\x42xy\x21\xf6\x01\x29\x3a\x00\x01\x24\xf7"
			      "\x82\x01\xa1\x02\xf5", false, v, &f), &f);
	assert_int_equal(v[NUMBER].number, -10);
	assert_false(v[NEGATIVE].there);
	assert_false(v[BYTES].there);	/* -300 is another key than 300 */
	assert_true(v[ANY].there);
	assert_int_equal(v[ANY].bytes.len, 5);
	map_text(&v[TEXT], text, sizeof(text));
	assert_string_equal(text, "hi");
	map_text(&v[TEXT], text, 2);
	assert_string_equal(text, "");
	ut_reason(WV_OK, READ("\xa2\x19\x01\x2c\x44\0\1\2\3\x01\x19\x03\xe8", false, v, &f), &f);
	assert_int_equal(v[NUMBER].number, 1000);
	assert_int_equal(v[BYTES].bytes.len, 4);
	assert_int_equal(v[BYTES].at, 4);
	/* What is no printable ASCII is shown as a question mark. */
	ut_reason(WV_OK, READ("\xa2\x01\x00\x64text\x63\xc3\xa4\n", false, v, &f), &f);
	map_text(&v[TEXT], text, sizeof(text));
	assert_string_equal(text, "???");
}

static void indefinite(void **state)
{
	struct map_value v[MEMBERS];
	struct wv_fault f;

	(void)state;
	ut_reason(WV_OK, READ("\xbf\x01\x05\x09\xbf\x01\x9f\x02\xff\xff\xff", true, v, &f), &f);
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xbf\x01\x05\xff", false, v, &f), &f);
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xa2\x01\x05\x09\x9f\xff", false, v, &f), &f);
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xbf\x01\x05", true, v, &f), &f);
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xbf\x01\x05\x09\xff", true, v, &f), &f);
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xa2\x01\x05\x09\xff", true, v, &f), &f);
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xa2\x01\x05\x09\x81\xff", true, v, &f), &f);
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xbf\x01\x05\xff\xff", true, v, &f), &f);
	/* Strings in chunks never. */
	ut_reason(WV_EVIDENCE_DAMAGED, READ("\xa2\x01\x05\x19\x01\x2c\x5f\x42xy\xff", true, v, &f), &f);
}

static void refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *field;
	} cases[] = {
#define CASE(text, field) { text, sizeof(text) - 1, field }
		CASE("", "m"),
		CASE("\xa0", "m.number"),
		CASE("\x80", "m"),
		CASE("\xa2\x01\x05\x01\x05", "m"),			/* twice */
		CASE("\xa3\x01\x05\x64" "dear\x01\x64" "dear\x01", "m"),	/* of a key nobody knows */
		CASE("\xa1\x01\x29\x00", "end"),
		CASE("\xa1\x01\x2a", "m.number"),			/* -11 */
		CASE("\xa1\x01\x19\x03\xe9", "m.number"),		/* 1001 */
		CASE("\xa1\x01\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "m.number"),
		CASE("\xa1\x01\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "m.number"),
		CASE("\xa1\x01\x18\x05", "m.number"),			/* not the shortest */
		CASE("\xa1\x18\x01\x05", "m"),
		CASE("\xa1\x01\x41x", "m.number"),
		CASE("\xa2\x01\x05\x19\x01\x2c\x41x", "m.bytes"),	/* too short */
		CASE("\xa2\x01\x05\x19\x01\x2c\x45hello", "m.bytes"),
		CASE("\xa2\x01\x05\x19\x01\x2c\xf6", "m.bytes"),		/* null is none */
		CASE("\xa2\x01\x05\x19\x01\x2c\x43hi", "m.bytes"),
		CASE("\xa2\x01\x05\x41x\x01", "m"),			/* a key of bytes */
		CASE("\xa2\x01\x05\x3b\xff\xff\xff\xff\xff\xff\xff\xff\x01", "m"),
		CASE("\xa2\x01\x05\x09\xc1", "m"),			/* a tag of nothing */
		CASE("\xba\xff\xff\xff\xff\x01\x05", "m"),
		CASE("\xa2\x01\x05\x09\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01", "m"),	/* 9 deep */
		CASE("\xa2\x01\x05\x09\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "m"),
		CASE("\xa2\x01\x05\x09\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "m"),
	};
	struct map_value v[MEMBERS];
	struct wv_fault f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (read_map(cases[i].bytes, cases[i].len, false, v, &f) != WV_EVIDENCE_DAMAGED)
			fail_msg("case %zu is accepted", i);
		assert_string_equal(f.field, cases[i].field);
	}
	ut_reason(WV_OK, READ("\xa2\x01\x05\x09\x81\x81\x81\x81\x81\x81\x81\x81\x01", false, v, &f), &f);
}

static void many_pairs(void **state)
{
	uint8_t bytes[2 + 3 * 64] = { 0xb8 };
	struct map_value v[MEMBERS];
	struct wv_fault f;

	(void)state;
	for (size_t n = 47; n < 51; n++) {
		size_t len = 2;

		bytes[1] = (uint8_t)n;
		bytes[len++] = 0x01;
		bytes[len++] = 0x05;
		for (size_t i = 1; i < n; i++) {
			bytes[len++] = 0x18;
			bytes[len++] = (uint8_t)(24 + i);
			bytes[len++] = 0xf6;
		}
		assert_int_equal(read_map((char *)bytes, len, false, v, &f),
				 n > ITEM_PAIRS_MAX ? WV_EVIDENCE_DAMAGED : WV_OK);
		/* Without saying how many. */
		bytes[1] = 0xbf;
		bytes[len++] = 0xff;
		assert_int_equal(read_map((char *)bytes + 1, len - 1, true, v, &f),
				 n > ITEM_PAIRS_MAX ? WV_EVIDENCE_DAMAGED : WV_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(indefinite),
		cmocka_unit_test(refused),
		cmocka_unit_test(many_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
