// SPDX-License-Identifier: MIT
/* The check that a table passes before it is encrypted. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "table.h"

static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("csv", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int check_bytes(const char *text, size_t len, const struct ward_table_spec *spec,
		       struct ward_table *t, struct ward_table_error *err)
{
	int fd = file_of(text, len);
	int rc = ward_table_check(fd, spec, t, err);

	close(fd);
	return rc;
}

static int check(const char *text, const struct ward_table_spec *spec, struct ward_table *t,
		 struct ward_table_error *err)
{
	return check_bytes(text, strlen(text), spec, t, err);
}

static void test_header_line(void **state)
{
	struct ward_table_spec spec = { .label = "num", .missing = "?" };
	struct ward_table t;
	char *meta;

	(void)state;
	assert_int_equal(check("age, chol,num\n63.0,233,0\r\n 41 ,?,1\n.5,-1e3,2.", &spec, &t, NULL),
			 0);
	assert_int_equal(t.rows, 3);
	assert_int_equal(t.header, 1);
	assert_int_equal(t.column_count, 3);
	assert_string_equal(t.columns[1], "chol");
	assert_int_equal(t.missing_values, 1);
	meta = ward_table_metadata(&t, &spec, "site");
	assert_string_equal(meta, "{\"name\":\"site\",\"columns\":[\"age\",\"chol\",\"num\"],"
			    "\"label\":\"num\",\"missing\":\"?\",\"delimiter\":\",\","
			    "\"header\":true}");
	free(meta);
	ward_table_clear(&t);
}

static void test_named_columns(void **state)
{
	struct ward_table_spec spec = { .columns = "a,b", .delimiter = ';' };
	struct ward_table t;
	char *meta;

	(void)state;
	assert_int_equal(check("1;2\n3;4\n", &spec, &t, NULL), 0);
	assert_int_equal(t.rows, 2);
	assert_int_equal(t.header, 0);
	meta = ward_table_metadata(&t, &spec, NULL);
	assert_string_equal(meta, "{\"columns\":[\"a\",\"b\"],\"delimiter\":\";\",\"header\":false}");
	free(meta);
	ward_table_clear(&t);
	meta = ward_table_metadata(NULL, NULL, "blob");
	assert_string_equal(meta, "{\"name\":\"blob\"}");
	free(meta);
}

static void test_bad_tables(void **state)
{
	static const struct {
		const char *text;
		uint64_t line;
		uint32_t field;
		const char *word;
	} bad[] = {
		{ "", 0, 0, "empty" },
		{ "\n", 1, 0, "empty line" },
		{ "a,b\n", 0, 0, "no rows" },
		{ "a,b\n1,2\n3\n", 3, 1, "ends here" },
		{ "a,b\n1,2,3\n", 2, 3, "more fields" },
		{ "a,b\n1,x\n", 2, 2, "column b" },
		{ "a,b\n1,\n", 2, 2, "empty (column b)" },
		{ "a,b\n1,nan\n", 2, 2, "decimal" },
		{ "a,b\n1,inf\n", 2, 2, "decimal" },
		{ "a,b\n1,0x10\n", 2, 2, "decimal" },
		{ "a,b\n1,\"2\"\n", 2, 2, "decimal" },
		{ "a,b\n1,?\n", 2, 2, "--missing" },
		{ "a,b\n1,2\n\n3,4\n", 3, 0, "empty line" },
		{ "a,b\n1,2\n3,4\n\n", 4, 0, "empty line" },
		{ "1,2\n3,4\n", 1, 0, "--columns" },
		{ "a,a\n1,2\n", 1, 2, "same name" },
		{ "a,\n1,2\n", 1, 2, "name" },
		{ "\"a\",b\n1,2\n", 1, 1, "quote" },
		{ "a,b\n1 2,3\n", 2, 1, "decimal" },
		{ "\xef\xbb\xbf" "a,b\n1,2\n", 1, 0, "byte order mark" },
	};
	struct ward_table_spec spec = { 0 };
	struct ward_table t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ward_table_error err = { 0 };

		if (check(bad[i].text, &spec, &t, &err) != -EBADMSG)
			fail_msg("accepted: %s", bad[i].text);
		assert_int_equal(err.line, bad[i].line);
		assert_int_equal(err.field, bad[i].field);
		if (!strstr(err.text, bad[i].word))
			fail_msg("%s: %s", bad[i].text, err.text);
	}
}

/* What is wrong may be a patient's: no message repeats it. */
static void test_no_value_in_messages(void **state)
{
	struct ward_table_spec spec = { 0 };
	struct ward_table_error err = { 0 };
	struct ward_table t;

	(void)state;
	assert_int_equal(check("a,b\n1,Mueller\n", &spec, &t, &err), -EBADMSG);
	assert_null(strstr(err.text, "Mueller"));
}

static void test_nul(void **state)
{
	struct ward_table_spec spec = { 0 };
	struct ward_table_error err = { 0 };
	struct ward_table t;

	(void)state;
	assert_int_equal(check_bytes("a,b\n1,2\n1,\0" "2\n", 13, &spec, &t, &err), -EBADMSG);
	assert_int_equal(err.line, 3);
	assert_non_null(strstr(err.text, "NUL"));
}

static void test_long_lines(void **state)
{
	struct ward_table_spec spec = { 0 };
	struct ward_table_error err = { 0 };
	struct ward_table t;
	char *text = malloc(WARD_TABLE_LINE_MAX + 3), columns[64 * 4 + 1] = "";

	(void)state;
	assert_non_null(text);
	memset(text, '1', WARD_TABLE_LINE_MAX + 3);
	for (size_t i = 0; i < 64; i++) {	/* as many numbers as are that long */
		snprintf(columns + strlen(columns), 5, "%sa%zu", i ? "," : "", i + 10);
		text[i * 1024 + 1] = '.';
		text[i * 1024 + 1023] = i < 63 ? ',' : '1';
	}
	spec.columns = columns;
	text[WARD_TABLE_LINE_MAX] = '\n';
	assert_int_equal(check_bytes(text, WARD_TABLE_LINE_MAX + 1, &spec, &t, &err), 0);
	assert_int_equal(t.rows, 1);
	ward_table_clear(&t);
	text[WARD_TABLE_LINE_MAX] = '1';
	text[WARD_TABLE_LINE_MAX + 1] = '\n';
	assert_int_equal(check_bytes(text, WARD_TABLE_LINE_MAX + 2, &spec, &t, &err), -EBADMSG);
	assert_int_equal(err.line, 1);
	assert_non_null(strstr(err.text, "longer"));
	free(text);
}

static void test_many_columns(void **state)
{
	size_t n = WARD_TABLE_COLUMNS_MAX + 1, len = 0;
	struct ward_table_spec spec = { 0 };
	struct ward_table_error err = { 0 };
	struct ward_table t;
	static char text[(WARD_TABLE_COLUMNS_MAX + 1) * 8];

	(void)state;
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(&text[len], 8, "c%zx%c", i, i + 1 < n ? 0x2c : 0x0a);
	assert_int_equal(check_bytes(text, len, &spec, &t, &err), -EBADMSG);
	assert_int_equal(err.field, n);
}

static void test_bad_spec(void **state)
{
	static const struct ward_table_spec bad[] = {
		{ .delimiter = '|' },
		{ .missing = "0" },
		{ .missing = "a,b" },
		{ .missing = "123456789012345678901234567890123" },
		{ .columns = "" },
		{ .columns = "a,,b" },
		{ .columns = "a,b,a" },
		{ .label = "z" },
	};
	struct ward_table t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ward_table_error err = { 0 };

		assert_int_equal(check("a,b\n1,2\n", &bad[i], &t, &err), -EINVAL);
		assert_true(err.text[0]);
	}
}

static void test_numbers(void **state)
{
	static const char *const yes[] = { "0", "-1", "+1", "1.", ".5", "1.5e10", "1E-3", "007" };
	static const char *const no[] = { "", ".", "-", "+.", "e5", "1e", "1e+", "1 ", " 1", "1..2",
					  "0x1", "nan", "inf", "1,5", "1_0", "--1" };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!ward_table_is_number(yes[i], strlen(yes[i])))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (ward_table_is_number(no[i], strlen(no[i])))
			fail_msg("%s", no[i]);
}

/* What no worker could read is refused while it is the owner's to mend. */
static void test_large_numbers(void **state)
{
	static const char *const fit[] = { "1.7976931348623157e308", "-1.7976931348623157E+308", "0e999999",
					   "000000.0e99999999999999999999", "1e-99999999999", ".1e309", "1e308",
					   "0.00000000017976931348623157e318" };
	static const char *const large[] = { "1.7976931348623159e308", "-1e309", "1e999999999999999999999",
					     "10e308", "0.0001e313", "17976931348623158e292" };
	struct ward_table_spec spec = { .columns = "a" };
	struct ward_table_error err = { 0 };
	char text[WARD_TABLE_NUMBER_MAX + 3];
	struct ward_table t;

	(void)state;
	for (size_t i = 0; i < sizeof(fit) / sizeof(*fit); i++) {
		if (check(fit[i], &spec, &t, &err) || isinf(strtod(fit[i], NULL)))
			fail_msg("%s", fit[i]);
		ward_table_clear(&t);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++)
		if (check(large[i], &spec, &t, &err) != -EBADMSG)
			fail_msg("%s", large[i]);
	assert_int_equal(check("1\n-1e309\n", &spec, &t, &err), -EBADMSG);
	assert_int_equal(err.line, 2);
	assert_non_null(strstr(err.text, "too large for a double"));
	memset(text, '1', sizeof(text));
	text[1] = '.';
	strcpy(text + WARD_TABLE_NUMBER_MAX, "\n");
	assert_int_equal(check(text, &spec, &t, &err), 0);
	ward_table_clear(&t);
	strcpy(text + WARD_TABLE_NUMBER_MAX, "1\n");
	assert_int_equal(check(text, &spec, &t, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "more than 1024 characters"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_line),
		cmocka_unit_test(test_named_columns),
		cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_no_value_in_messages),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_many_columns),
		cmocka_unit_test(test_bad_spec),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_large_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
