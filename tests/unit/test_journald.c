// SPDX-License-Identifier: MIT
/* Messages for the journal: fields, values that a stranger chose, lengths, the socket. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "../../userspace/common/journald.h"

#define ID "0123456789abcdef0123456789abcdef"

static void assert_data(const struct journald *j, const char *want, size_t len)
{
	assert_int_equal(j->len, len);
	assert_memory_equal(j->data, want, len);
}

static void a_message_has_text_id_priority_and_program(void **state)
{
	static const char want[] = "MESSAGE=it works\nMESSAGE_ID=" ID "\nPRIORITY=6\n"
				   "SYSLOG_IDENTIFIER=wardd\nERRNO=13\n";
	struct journald j;

	(void)state;
	journald_begin(&j, "wardd", ID, JOURNALD_INFO, "it works");
	journald_number(&j, "ERRNO", 13);
	assert_data(&j, want, sizeof(want) - 1);
	assert_false(j.cut);
}

/* Who sends a line feed makes no field of his own. */
static void a_value_with_lines_stays_a_value(void **state)
{
	static const char want[] = "WARD_PEER\n\x11\0\0\0\0\0\0\0evil\nMESSAGE_ID=0\n";
	struct journald j = { .len = 0 };

	(void)state;
	journald_field(&j, "WARD_PEER", "evil\nMESSAGE_ID=0");
	assert_data(&j, want, sizeof(want) - 1);
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	char big[sizeof(((struct journald *)0)->data) + 2];
	struct journald j;
	size_t len;

	(void)state;
	journald_begin(&j, "wardd", ID, JOURNALD_ERR, "short");
	len = j.len;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	journald_field(&j, "WARD_DETAIL", big);
	assert_true(j.cut);
	assert_int_equal(j.len, len);
	/* The longest that fits, and one byte more. */
	big[sizeof(j.data) - len - strlen("WARD_DETAIL") - 8 - 2] = '\0';
	journald_field(&j, "WARD_DETAIL", big);
	assert_true(j.len > len && j.len <= sizeof(j.data));
	j.len = len;
	j.cut = false;
	strcat(big, "x");
	journald_field(&j, "WARD_DETAIL", big);
	assert_true(j.cut);
	assert_int_equal(j.len, len);
}

static void it_arrives_in_one_datagram(void **state)
{
	char dir[] = "/tmp/test-journald-XXXXXX", path[64], got[sizeof(((struct journald *)0)->data)];
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct journald j;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	strcpy(at.sun_path, path);
	journald_begin(&j, "wardd", ID, JOURNALD_ERR, "it does not work");
	assert_int_equal(journald_send(&j, path), -ENOENT);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(journald_send(&j, path), 0);
	assert_int_equal(recv(fd, got, sizeof(got), 0), j.len);
	assert_memory_equal(got, j.data, j.len);
	close(fd);
	assert_int_equal(journald_send(&j, path), -ECONNREFUSED);
	unlink(path);
	rmdir(dir);
	assert_int_equal(journald_send(&j, "/a-path-that-is-longer-than-any-socket-of-the-file-system-can-have/"
				       "and/goes/on/and/on/and/on/and/on/and/on/and/on"), -ENAMETOOLONG);
}

/* The variable is inherited by what has another stderr, too. */
static void it_listens_where_the_variable_names_the_descriptor(void **state)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct stat st;
	char text[64];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	assert_false(journald_listens(fd));
	assert_int_equal(fstat(fd, &st), 0);
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
	assert_true(journald_listens(fd));
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + 1);
	setenv("JOURNAL_STREAM", text, 1);
	assert_false(journald_listens(fd));
	setenv("JOURNAL_STREAM", "nonsense", 1);
	assert_false(journald_listens(fd));
	unsetenv("JOURNAL_STREAM");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_text_id_priority_and_program),
		cmocka_unit_test(a_value_with_lines_stays_a_value),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(it_arrives_in_one_datagram),
		cmocka_unit_test(it_listens_where_the_variable_names_the_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
