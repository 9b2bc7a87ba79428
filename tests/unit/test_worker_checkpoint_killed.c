// SPDX-License-Identifier: MIT
/* Training that is killed before any call that changes a file ends with the same bits. */
#include "checkpoint_bench.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CALLS_MAX	5000

/* These stand before the C library's own, for this program and what is linked into it. */

static long lives_calls;	/* of a child that is killed before the last of them; 0 = never */

static void may_die(void)
{
	if (lives_calls && !--lives_calls)
		kill(getpid(), SIGKILL);
}

int open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	may_die();
	return (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	may_die();
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

int fsync(int fd)
{
	may_die();
	return (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	may_die();
	return (int)syscall(SYS_fchmod, fd, mode);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	may_die();
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int rename(const char *from, const char *to)
{
	may_die();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *name)
{
	may_die();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
}

int close(int fd)
{
	may_die();
	return (int)syscall(SYS_close, fd);
}

/* Return: whether it came to the end before call @at. */
static bool run_child(long at)
{
	struct attempt attempt = { .every = 4 };
	struct failure failure = { 0 };
	struct outcome out;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		lives_calls = at;
		_exit(live(&attempt, 512, &out, &failure) == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGKILL);
	return WIFEXITED(status);
}

static void test_killed_at_every_call(void **state)
{
	struct outcome expected;
	bool ended = false;
	int resumed = 0;
	long at;

	(void)state;
	uninterrupted(&expected);
	for (at = 1; !ended && at < CALLS_MAX; at++) {
		unlink(path);
		ended = run_child(at);
		resumed += !access(path, F_OK);
		goes_on(&expected);
	}
	assert_true(ended);
	print_message("killed %ld times, %d with a checkpoint to go on from\n", at - 2, resumed);
	assert_true(resumed > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_killed_at_every_call, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
