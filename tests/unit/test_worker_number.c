// SPDX-License-Identifier: MIT
/* The number parser against strtod(), bit for bit. */
#include <inttypes.h>

#include "worker_bench.h"

#include "../../userspace/worker/number.h"

static char scratch[NUMBER_MAX + 1];

static void same_as_strtod(const char *text)
{
	double want = strtod(text, NULL), got = 0;
	int ret = number_parse(text, strlen(text), scratch, &got);

	if (ret || memcmp(&want, &got, sizeof(want)))
		fail_msg("%s: return %d, %a instead of %a", text, ret, got, want);
	assert_int_equal(scratch[0], 0);
}

static void test_hard_cases(void **state)
{
	static const char *const cases[] = {
		"0", "-0", "+0", "0.0", "1", "-1", ".7", "7.", "+.5e1", "63.0",
		"0.1", "0.3", "2.3", "1e22", "1e23", "-1e-22", "1e-23",
		"9007199254740991", "9007199254740992", "9007199254740993",
		"9007199254740993.0000000000000000000000000001",
		"9007199254740992.99999999999999999999999999",
		"123456789012345678", "1234567890123456789", "12345678901234567890",
		"18446744073709551615", "18446744073709551616",
		"0.000000000000000000000000000001", "1.7976931348623157e308",
		"1.7976931348623158e308", "4.9406564584124654e-324",
		"2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400",
		"2.2250738585072011e-308", "2.2250738585072014e-308",
		"8.5e-5", "6929495644600919.5", "3.5844466002796428e+298",
		"0e999999999999", "00000000000000000000000000000000000001.5",
		"5708990770823839524233143877797980545530986496e0",
		"0.00000000000000000000000000000000000000000000000000000001e56",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		same_as_strtod(cases[i]);
}

static void test_random(void **state)
{
	uint64_t seed = 1;
	char text[64];
	int i;

	(void)state;
	for (i = 0; i < 200000; i++) {
		uint64_t bits = random_next(&seed);
		double value;

		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		snprintf(text, sizeof(text), "%.*g", 1 + i % 25, value);
		if (!isinf(strtod(text, NULL)))
			same_as_strtod(text);
		snprintf(text, sizeof(text), "%" PRIi64 ".%0*u", (int64_t)bits >> (i % 60),
			 1 + i % 9, (unsigned int)random_below(&seed, 10));
		same_as_strtod(text);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e5.0", "1..2", "1.2.3",
		"inf", "nan", "-inf", "0x10", "1,5", "1 ", " 1", "--1", "+-1", "1f",
		"1e5x", "\"1\"", "?", "1_000", "e", ".e1",
	};
	char longest[NUMBER_MAX + 2];
	double out = 42;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (number_parse(bad[i], strlen(bad[i]), scratch, &out) != -EINVAL)
			fail_msg("'%s' was not refused", bad[i]);
	}
	assert_int_equal(number_parse("1e309", 5, scratch, &out), -ERANGE);
	assert_int_equal(number_parse("-1.8e308", 8, scratch, &out), -ERANGE);
	memset(longest, '1', sizeof(longest));
	assert_int_equal(number_parse(longest, NUMBER_MAX + 1, scratch, &out), -EMSGSIZE);
	assert_true(out == 42);
	memset(longest, '0', sizeof(longest));
	longest[NUMBER_MAX - 1] = '5';
	assert_int_equal(number_parse(longest, NUMBER_MAX, scratch, &out), 0);
	assert_true(out == 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hard_cases),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
