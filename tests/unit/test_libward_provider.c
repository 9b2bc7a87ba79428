// SPDX-License-Identifier: MIT
/* The configfs link, on a directory that plays configfs. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../userspace/lib/libward.h"

static char root[64];

static const char *in_root(const char *rest)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, rest);
	return path;
}

static int root_make(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/ward-configfs-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int root_remove(void **state)
{
	static const char *const dirs[] = {
		"ward/tsm", "ward", "tsm/report/ward", "tsm/report", "tsm", "",
	};
	size_t i;

	(void)state;
	unlink(in_root("ward/tsm/source"));
	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		rmdir(in_root(dirs[i]));
	return 0;
}

static void state_names_the_missing_step(void **state)
{
	(void)state;
	assert_int_equal(ward_provider_state(root), WARD_LINK_NO_CONFIGFS);
	assert_int_equal(ward_provider_attach(root), -ENODEV);
	mkdir(in_root("tsm"), 0755);
	mkdir(in_root("tsm/report"), 0755);
	assert_int_equal(ward_provider_state(root), WARD_LINK_NO_WARD);
	assert_int_equal(ward_provider_attach(root), -ENXIO);
	rmdir(in_root("tsm/report"));
	mkdir(in_root("ward"), 0755);
	assert_int_equal(ward_provider_state(root), WARD_LINK_NO_TSM);
	assert_int_equal(ward_provider_attach(root), -ENODEV);
	mkdir(in_root("tsm/report"), 0755);
	assert_int_equal(ward_provider_state(root), WARD_LINK_UNMADE);
}

static void probing_leaves_nothing(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(ward_provider_probe(root), -ENODEV);
	mkdir(in_root("tsm"), 0755);
	mkdir(in_root("tsm/report"), 0755);
	assert_int_equal(ward_provider_probe(root), 0);
	assert_int_equal(lstat(in_root("tsm/report/ward-probe"), &st), -1);
	mkdir(in_root("tsm/report/ward"), 0755);
	assert_int_equal(ward_provider_probe(root), 0);
}

static void attach_makes_and_detach_removes(void **state)
{
	char target[128] = { 0 }, expected[128];
	struct stat st;

	(void)state;
	mkdir(in_root("tsm"), 0755);
	mkdir(in_root("tsm/report"), 0755);
	mkdir(in_root("ward"), 0755);
	assert_int_equal(ward_provider_attach(root), 0);
	assert_int_equal(ward_provider_state(root), WARD_LINK_MADE);
	assert_true(readlink(in_root("ward/tsm/source"), target,
			     sizeof(target) - 1) > 0);
	snprintf(expected, sizeof(expected), "%s/tsm/report/ward", root);
	assert_string_equal(target, expected);
	assert_int_equal(ward_provider_attach(root), 0);

	assert_int_equal(ward_provider_detach(root), 0);
	assert_int_equal(ward_provider_state(root), WARD_LINK_UNMADE);
	assert_int_equal(lstat(in_root("tsm/report/ward"), &st), -1);
	assert_int_equal(lstat(in_root("ward/tsm"), &st), -1);
	assert_int_equal(ward_provider_detach(root), 0);
}

static void half_made_ways_are_completed(void **state)
{
	(void)state;
	mkdir(in_root("tsm"), 0755);
	mkdir(in_root("tsm/report"), 0755);
	mkdir(in_root("tsm/report/ward"), 0755);
	mkdir(in_root("ward"), 0755);
	mkdir(in_root("ward/tsm"), 0755);
	assert_int_equal(ward_provider_state(root), WARD_LINK_UNMADE);
	assert_int_equal(ward_provider_attach(root), 0);
	assert_int_equal(ward_provider_state(root), WARD_LINK_MADE);
}

static void attributes_of_the_entry(void **state)
{
	char text[8] = { 0 };
	int fd;

	(void)state;
	assert_int_equal(ward_provider_set(root, "privlevel", "2"), -ENODEV);
	mkdir(in_root("tsm"), 0755);
	mkdir(in_root("tsm/report"), 0755);
	assert_int_equal(ward_provider_set(root, "inblob", "2"), -EINVAL);
	assert_int_equal(ward_provider_set(root, "../x", "2"), -EINVAL);
	assert_int_equal(ward_provider_set(root, "privlevel", ""), -EINVAL);
	/* A provider without it: nothing is made. */
	assert_int_equal(ward_provider_set(root, "privlevel", "2"), -EOPNOTSUPP);
	fd = creat(in_root("tsm/report/ward/privlevel"), 0600);
	assert_true(fd >= 0);
	assert_int_equal(ward_provider_set(root, "privlevel", "2"), 0);
	close(fd);
	fd = open(in_root("tsm/report/ward/privlevel"), O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 1);
	assert_string_equal(text, "2");
	close(fd);
	unlink(in_root("tsm/report/ward/privlevel"));
}

static void long_roots_are_refused(void **state)
{
	char *longest = malloc(5000);

	(void)state;
	assert_non_null(longest);
	memset(longest, 'x', 4999);
	longest[4999] = '\0';
	assert_int_equal(ward_provider_state(longest), -ENAMETOOLONG);
	assert_int_equal(ward_provider_attach(longest), -ENAMETOOLONG);
	assert_int_equal(ward_provider_detach(longest), -ENAMETOOLONG);
	free(longest);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, root_make, root_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOT(state_names_the_missing_step),
		IN_ROOT(probing_leaves_nothing),
		IN_ROOT(attach_makes_and_detach_removes),
		IN_ROOT(half_made_ways_are_completed),
		IN_ROOT(attributes_of_the_entry),
		cmocka_unit_test(long_roots_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
