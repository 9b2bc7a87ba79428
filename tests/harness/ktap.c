// SPDX-License-Identifier: MIT
/*
 * The harness of ktap.h. The child tells its outcome by exit status alone, so
 * that nothing it does to its memory can change the verdict.
 */
#define _GNU_SOURCE
#include "ktap.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	CHILD_PASS = 0,
	CHILD_FAIL = 101,
	CHILD_SKIP = 102,
};

static struct ktap_test *tests;
static struct ktap_test **tests_tail = &tests;

/* In the child: has a check failed, and in which process did the test begin? */
static bool failed;
static pid_t test_pid;

void ktap_register(struct ktap_test *test)
{
	*tests_tail = test;
	tests_tail = &test->next;
}

void ktap_note(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	printf("# %s\n", line);
	fflush(stdout);
}

bool ktap_true(const char *file, int line, const char *text, bool value,
	       bool wanted)
{
	if (value == wanted)
		return true;
	failed = true;
	ktap_note("%s:%d: %s is %s", file, line, text,
		  value ? "true" : "false");
	return false;
}

bool ktap_compare(const char *file, int line, const char *left_text,
		  const char *op, const char *right_text, long long left,
		  long long right)
{
	failed = true;
	ktap_note("%s:%d: not %s %s %s: left %lld (0x%llx), right %lld (0x%llx)",
		  file, line, left_text, op, right_text, left,
		  (unsigned long long)left, right, (unsigned long long)right);
	return false;
}

bool ktap_bytes(const char *file, int line, const char *text, const void *left,
		const void *right, size_t len)
{
	const unsigned char *l = left, *r = right;
	size_t i;

	for (i = 0; i < len && l[i] == r[i]; i++)
		;
	if (i == len)
		return true;
	failed = true;
	ktap_note("%s:%d: %s differ from byte %zu of %zu on: %02x and %02x",
		  file, line, text, i, len, l[i], r[i]);
	return false;
}

bool ktap_string(const char *file, int line, const char *text,
		 const char *left, const char *right)
{
	if (left && right && !strcmp(left, right))
		return true;
	failed = true;
	ktap_note("%s:%d: %s is \"%s\", not \"%s\"", file, line, text,
		  left ? left : "(null)", right ? right : "(null)");
	return false;
}

bool ktap_fails(const char *file, int line, const char *text, long long ret,
		int err, int wanted)
{
	int got = ret == -1 ? err : ret < 0 ? (int)-ret : 0;

	if (got == wanted)
		return true;
	failed = true;
	ktap_note("%s:%d: %s answered %lld, errno %d (%s), not %d (%s)", file,
		  line, text, ret, got, got ? strerror(got) : "none", wanted,
		  strerror(wanted));
	return false;
}

unsigned int ktap_seconds(unsigned int seconds)
{
	const char *scale = getenv("KTAP_SCALE");
	unsigned int by = scale ? strtoul(scale, NULL, 10) : 1;

	return seconds * (by ? by : 1);
}

/*
 * A process that a test forked may end through an ASSERT too: its status then
 * tells its parent, which checks it like any other.
 */
void ktap_stop(void)
{
	fflush(NULL);
	_exit(CHILD_FAIL);
}

void ktap_skip(const char *why)
{
	if (failed)
		ktap_stop();
	printf("# skip: %s\n", why);
	fflush(NULL);
	_exit(getpid() == test_pid ? CHILD_SKIP : CHILD_FAIL);
}

static void run_child(const struct ktap_test *test)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test_pid = getpid();
	test->fn();
	fflush(NULL);
	_exit(failed ? CHILD_FAIL : CHILD_PASS);
}

/* Wait for the child, at most its timeout; returns its wait status or -1. */
static int wait_child(pid_t pid, unsigned int timeout)
{
	const struct timespec tick = { .tv_nsec = 5 * 1000 * 1000 };
	struct timespec start, now;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > (time_t)timeout)
			break;
		nanosleep(&tick, NULL);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

/* Returns true unless the test failed. */
static bool report(unsigned int n, const struct ktap_test *test, int status)
{
	if (status == -1)
		ktap_note("%s: no end after %u s", test->name,
			  ktap_seconds(test->timeout));
	else if (WIFSIGNALED(status))
		ktap_note("%s: killed by signal %d (%s)", test->name,
			  WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == CHILD_PASS)
		return printf("ok %u %s\n", n, test->name) > 0;
	else if (WEXITSTATUS(status) == CHILD_SKIP)
		return printf("ok %u %s # SKIP\n", n, test->name) > 0;
	else if (WEXITSTATUS(status) != CHILD_FAIL)
		ktap_note("%s: exit status %d", test->name,
			  WEXITSTATUS(status));
	printf("not ok %u %s\n", n, test->name);
	return false;
}

static bool run(unsigned int n, const struct ktap_test *test)
{
	bool passed;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		run_child(test);
	if (pid < 0) {
		ktap_note("%s: fork: %s", test->name, strerror(errno));
		printf("not ok %u %s\n", n, test->name);
		return false;
	}
	passed = report(n, test, wait_child(pid, ktap_seconds(test->timeout)));
	fflush(stdout);
	/* Whatever the test left behind goes with it. */
	kill(-pid, SIGKILL);
	return passed;
}

static bool wanted(const struct ktap_test *test, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], test->name))
			return true;
	return argc < 2;
}

int ktap_main(int argc, char **argv)
{
	struct ktap_test *test;
	unsigned int n = 0;
	bool passed = true;

	if (argc == 2 && !strcmp(argv[1], "-l")) {
		for (test = tests; test; test = test->next)
			printf("%s\n", test->name);
		return 0;
	}
	for (test = tests; test; test = test->next)
		n += wanted(test, argc, argv);
	if (!n) {
		fprintf(stderr, "no such test\n");
		return 1;
	}
	printf("KTAP version 1\n1..%u\n", n);
	n = 0;
	for (test = tests; test; test = test->next)
		if (wanted(test, argc, argv))
			passed &= run(++n, test);
	return passed ? 0 : 1;
}
