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
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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

/* One that the command line names is as good a way to a quote. */
static void interfaces_by_name(void **state)
{
	static const char *const named[] = { "/run/tpm.sock", "/dev/other", NULL };

	(void)state;
	node("/dev/other", 0666);
	holds(false);
	place.more = named;
	refused("/dev/other");
	holds(true);
	holds(false);
	node("/run/tpm.sock", 0622);
	refused("/run/tpm.sock");
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

/* A process that does something with its open /dev/nsm, says so and stays. */
static pid_t holder(void (*hold)(int say))
{
	int ready[2];
	char said, proc[64];
	pid_t child;

	node("/dev/nsm", 0600);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hold(ready[1]);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &said, 1), 1);
	snprintf(proc, sizeof(proc), "/proc/%d", (int)child);
	assert_int_equal(symlink(proc, at(proc)), 0);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void say_and_stay(int say)
{
	while (write(say, "x", 1) == 1)
		for (;;)
			pause();
}

static void found_until_gone(pid_t child)
{
	char text[32];

	snprintf(text, sizeof(text), "process %d has ", (int)child);
	refused(text);
	assert_int_equal(exclusive_look(&place, true, &why), -EPERM);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* What is gone is passed over. */
	holds(false);
}

static void hold_open(int say)
{
	if (open(at("/dev/nsm"), O_RDWR) >= 0)
		say_and_stay(say);
}

static void open_elsewhere(void **state)
{
	(void)state;
	found_until_gone(holder(hold_open));
}

static int between[2];

/* Its descriptors are its own from here on. */
static void *thread_with_files(void *say)
{
	char closed;

	if (!unshare(CLONE_FILES) && write(between[1], "x", 1) == 1 &&
	    read(between[1], &closed, 1) == 1)
		say_and_stay(*(int *)say);
	_exit(1);
}

static void hold_in_thread(int say)
{
	int fd = open(at("/dev/nsm"), O_RDWR);
	pthread_t thread;
	char ready;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, between) ||
	    pthread_create(&thread, NULL, thread_with_files, &say))
		return;
	if (read(between[0], &ready, 1) != 1 || close(fd) || write(between[0], "x", 1) != 1)
		return;
	for (;;)
		pause();
}

static void open_in_a_thread(void **state)
{
	(void)state;
	found_until_gone(holder(hold_in_thread));
}

/* Says it when the first thread is a zombie, which has no files. */
static void *survivor(void *say)
{
	char path[64], line[256];
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
	for (;;) {
		stat = fopen(path, "re");
		if (!stat || !fgets(line, sizeof(line), stat))
			_exit(1);
		fclose(stat);
		if (strstr(line, ") Z "))
			say_and_stay(*(int *)say);
	}
}

static void hold_past_the_first_thread(int say)
{
	static int fd;
	pthread_t thread;

	fd = say;
	if (open(at("/dev/nsm"), O_RDWR) >= 0 && !pthread_create(&thread, NULL, survivor, &fd))
		pthread_exit(NULL);
}

static void open_without_a_first_thread(void **state)
{
	(void)state;
	found_until_gone(holder(hold_past_the_first_thread));
}

/* A descriptor that cannot be looked at, as without CAP_SYS_PTRACE. */
static void open_unseen(void **state)
{
	(void)state;
	node("/dev/nsm", 0600);
	make_dirs("/proc/123/task/123/fd/5");
	assert_int_equal(symlink("5", at("/proc/123/task/123/fd/5")), 0);
	assert_int_equal(exclusive_look(&place, false, &why), -ELOOP);
	assert_non_null(strstr(why.text, "process 123"));
	assert_int_equal(unlink(at("/proc/123/task/123/fd/5")), 0);
	holds(false);
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
		cmocka_unit_test_setup_teardown(interfaces_by_name, make_root, remove_root),
		cmocka_unit_test_setup_teardown(report_entries, make_root, remove_root),
		cmocka_unit_test_setup_teardown(owners, make_root, remove_root),
		cmocka_unit_test_setup_teardown(links, make_root, remove_root),
		cmocka_unit_test_setup_teardown(access_lists, make_root, remove_root),
		cmocka_unit_test_setup_teardown(open_elsewhere, make_root, remove_root),
		cmocka_unit_test_setup_teardown(open_in_a_thread, make_root, remove_root),
		cmocka_unit_test_setup_teardown(open_without_a_first_thread, make_root, remove_root),
		cmocka_unit_test_setup_teardown(open_unseen, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
