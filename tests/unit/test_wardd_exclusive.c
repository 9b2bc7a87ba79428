// SPDX-License-Identifier: MIT
/* wardd --exclusive over a made-up root directory, whose nodes are plain files. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../../userspace/agent/exclusive.h"

static char root[32];
static struct exclusive_place place;
static struct trouble why;

static const char *at(const char *path)
{
	static char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

static void make_dirs(const char *path)
{
	char part[256];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		assert_true(!mkdir(at(part), 0755) || errno == EEXIST);
	}
}

static void node(const char *path, mode_t mode)
{
	int fd;

	make_dirs(path);
	fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(at(path), &st), 0);
	return st.st_mode & 07777;
}

static void holds(bool mend)
{
	if (exclusive_look(&place, mend, &why))
		fail_msg("%s", why.text);
}

/* It is refused, and the reason names the path. */
static void refused(const char *text)
{
	assert_int_equal(exclusive_look(&place, false, &why), -EPERM);
	if (!strstr(why.text, text))
		fail_msg("'%s' does not say '%s'", why.text, text);
}

static void nothing_there(void **state)
{
	(void)state;
	holds(false);
	holds(true);
}

static void modes(void **state)
{
	static const char *const paths[] = {
		"/dev/sev-guest", "/dev/tdx_guest", "/dev/nsm", "/dev/tpm0", "/dev/tpmrm1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		node(paths[i], 0600);
		holds(false);
		node(paths[i], 0620);
		refused(paths[i]);
		node(paths[i], 0604);
		refused(paths[i]);
		node(paths[i], 0666);
		refused("--exclusive=mend");
		/* A look changes nothing. */
		assert_int_equal(mode_of(paths[i]), 0666);
		holds(true);
		assert_int_equal(mode_of(paths[i]), 0600);
		holds(false);
	}
	node("/dev/tpm", 0666);
	node("/dev/tpmfoo", 0666);
	holds(false);
}

static void report_entries(void **state)
{
	const char *reports = "/sys/kernel/config/tsm/report";

	(void)state;
	node("/sys/kernel/config/tsm/report/ward/inblob", 0600);
	node("/sys/kernel/config/tsm/report/ward/outblob", 0444);
	holds(false);
	node("/sys/kernel/config/tsm/report/ward/inblob", 0222);
	refused("report/ward/inblob");
	holds(true);
	assert_int_equal(chmod(at(reports), 0775), 0);
	refused("tsm/report");
	holds(true);
	assert_int_equal(mode_of(reports), 0755);
}

static void owners(void **state)
{
	(void)state;
	node("/dev/nsm", 0600);
	place.owner++;
	refused("/dev/nsm");
	if (geteuid())
		assert_int_equal(exclusive_look(&place, true, &why), -EPERM);
	else
		holds(true);
}

static void links(void **state)
{
	(void)state;
	make_dirs("/dev/tpm7");
	assert_int_equal(symlink("/dev/null", at("/dev/tpm7")), 0);
	refused("symbolic link");
	assert_int_equal(exclusive_look(&place, true, &why), -EPERM);
	assert_int_equal(unlink(at("/dev/tpm7")), 0);
	holds(false);
}

/* POSIX.1e in Linux's form: somebody else may, but for an empty mask. */
static void access_lists(void **state)
{
	static const uint8_t acl[] = {
		2, 0, 0, 0,
		0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
		0x02, 0, 6, 0, 0x39, 0x30, 0, 0,
		0x04, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0x10, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
	};

	(void)state;
	node("/dev/nsm", 0600);
	if (setxattr(at("/dev/nsm"), "system.posix_acl_access", acl, sizeof(acl), 0)) {
		if (errno != EOPNOTSUPP)
			fail_msg("setxattr: %s", strerror(errno));
		skip();
	}
	assert_int_equal(mode_of("/dev/nsm"), 0600);
	refused("an ACL");
	holds(true);
	assert_true(getxattr(at("/dev/nsm"), "system.posix_acl_access", NULL, 0) <= 0);
	holds(false);
}

static void open_elsewhere(void **state)
{
	int ready[2];
	char pid[32], proc[64];
	pid_t child;

	(void)state;
	node("/dev/nsm", 0600);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (open(at("/dev/nsm"), O_RDWR) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], pid, 1), 1);
	snprintf(proc, sizeof(proc), "/proc/%d", (int)child);
	assert_int_equal(symlink(proc, at(proc)), 0);
	snprintf(pid, sizeof(pid), "process %d has ", (int)child);
	refused(pid);
	assert_int_equal(exclusive_look(&place, true, &why), -EPERM);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* What is gone is passed over. */
	holds(false);
	close(ready[0]);
	close(ready[1]);
}

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/wardd-root-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	place = (struct exclusive_place){ .root = root, .owner = geteuid(), .group = getegid() };
	return mkdir(at("/proc"), 0755);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_there, make_root, remove_root),
		cmocka_unit_test_setup_teardown(modes, make_root, remove_root),
		cmocka_unit_test_setup_teardown(report_entries, make_root, remove_root),
		cmocka_unit_test_setup_teardown(owners, make_root, remove_root),
		cmocka_unit_test_setup_teardown(links, make_root, remove_root),
		cmocka_unit_test_setup_teardown(access_lists, make_root, remove_root),
		cmocka_unit_test_setup_teardown(open_elsewhere, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
