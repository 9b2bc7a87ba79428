// SPDX-License-Identifier: MIT
/*
 * wardd's threads from start to end: agents whose descriptors are sockets of the
 * test's, over doubles of backends. Sockets take no WARD_AGENT_REPLY; what is
 * replied is tested in test_wardd_serve.c, and in guests.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../userspace/agent/notify.h"
#include "../../userspace/agent/serve.h"

enum { PATIENCE_MS = 60000 };

/* Pipes by which the daemon's doubles tell what they were asked. */
static int asked[2];
static int manager = -1;

/* ---- in the daemon --------------------------------------------------------------- */

static int quote_and_fail(void *state, const uint8_t *report_data, uint64_t deadline_ns,
			  struct ward_piece *out, struct trouble *why)
{
	(void)report_data;
	(void)deadline_ns;
	(void)out;
	if (write(asked[1], state, 1) != 1)
		_exit(99);
	return trouble_set(why, -EIO, "the double says so");
}

static int quote_and_hang(void *state, const uint8_t *report_data, uint64_t deadline_ns,
			  struct ward_piece *out, struct trouble *why)
{
	int err = quote_and_fail(state, report_data, deadline_ns, out, why);

	/* No signal is for this thread. */
	while (pause())
		;
	return err;
}

static void no_close(void *state)
{
	(void)state;
}

static const struct backend failing = {
	.name = "failing", .quote = quote_and_fail, .close = no_close,
};
static const struct backend hanging = {
	.name = "hanging", .quote = quote_and_hang, .close = no_close,
};

static void daemon_run(const struct backend *const *which, int (*links)[2], size_t count)
{
	static struct agent agents[4];
	static char letters[] = "abcd";
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < count; i++) {
		close(links[i][1]);
		agents[i].backend = which[i];
		agents[i].state = &letters[i];
		agents[i].sys = &ward_sys_real;
		if (ward_agent_from_fd(links[i][0], &agents[i].link))
			_exit(98);
	}
	err = serve(agents, count);
	_exit(err ? 6 : 0);
}

/* ---- in the test -------------------------------------------------------------------- */

struct run {
	pid_t pid;
	int links[4][2];
	size_t count;
};

/* A word of the daemon's to its service manager, or to the test. */
static void hears(int fd, const char *word)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[64] = "";

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, word);
}

static void start(struct run *run, size_t count, const struct backend *const *which)
{
	run->count = count;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, run->links[i]), 0);
	run->pid = fork();
	assert_true(run->pid >= 0);
	if (!run->pid)
		daemon_run(which, run->links, count);
	for (size_t i = 0; i < count; i++)
		close(run->links[i][0]);
	hears(manager, "READY=1");
}

static void request(const struct run *run, size_t agent)
{
	struct ward_agent_request r = { .size = sizeof(r), .cookie = 1,
					.deadline_ns = UINT64_MAX };

	assert_int_equal(write(run->links[agent][1], &r, sizeof(r)), sizeof(r));
}

static void ends(struct run *run, int code)
{
	int status;

	/* An alarm is the bound: it ends the test, and with it the daemon. */
	alarm(PATIENCE_MS / 1000);
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	alarm(0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
	hears(manager, "STOPPING=1");
}

static void close_links(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		close(run->links[i][1]);
}

static void retired(void **state)
{
	static const struct backend *const two[] = { &failing, &failing };
	struct run run;

	(void)state;
	start(&run, 2, two);
	close(run.links[0][1]);
	/* One of two has ended: the other still works. */
	request(&run, 1);
	hears(asked[0], "b");
	close(run.links[1][1]);
	/* The socket took no reply, which is an error of the system. */
	ends(&run, 6);
	start(&run, 2, two);
	close_links(&run);
	ends(&run, 0);
}

/* Its seat would be asked in vain while the others lived on. */
static void one_breaks(void **state)
{
	static const struct backend *const two[] = { &failing, &failing };
	struct run run;

	(void)state;
	start(&run, 2, two);
	request(&run, 0);
	hears(asked[0], "a");
	ends(&run, 6);
	close_links(&run);
}

static void told_to_end(void **state)
{
	static const struct backend *const two[] = { &failing, &failing };
	static const int signals[] = { SIGTERM, SIGINT };
	struct run run;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(&run, 2, two);
		kill(run.pid, signals[i]);
		ends(&run, 0);
		close_links(&run);
	}
}

static void one_hangs(void **state)
{
	static const struct backend *const three[] = { &hanging, &failing, &hanging };
	struct run run;

	(void)state;
	start(&run, 3, three);
	request(&run, 0);
	hears(asked[0], "a");
	request(&run, 2);
	hears(asked[0], "c");
	request(&run, 1);
	hears(asked[0], "b");
	kill(run.pid, SIGTERM);
	/* Those that hang are left behind; the second one's socket took no reply. */
	ends(&run, 6);
	close_links(&run);
}

static void foreign_bytes(void **state)
{
	static const struct backend *const one[] = { &failing };
	struct run run;

	(void)state;
	start(&run, 1, one);
	assert_int_equal(write(run.links[0][1], "?", 1), 1);
	ends(&run, 6);
	close_links(&run);
}

static void managers(void **state)
{
	char was[108];

	(void)state;
	strcpy(was, getenv("NOTIFY_SOCKET"));
	assert_int_equal(notify("STATUS=x"), 0);
	hears(manager, "STATUS=x");
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify("READY=1"), -EINVAL);
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	assert_int_equal(notify("READY=1"), -ENOENT);
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify("READY=1"), 0);
	setenv("NOTIFY_SOCKET", was, 1);
}

/* The manager's socket has a name that is no file's. */
static int make_manager(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char name[64];
	int n = snprintf(name, sizeof(name), "@wardd-test-%d", (int)getpid());
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);

	(void)state;
	memcpy(at.sun_path, name, (size_t)n);
	at.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return manager < 0 || bind(manager, (struct sockaddr *)&at, len) || pipe(asked) ||
	       setenv("NOTIFY_SOCKET", name, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retired),
		cmocka_unit_test(one_breaks),
		cmocka_unit_test(told_to_end),
		cmocka_unit_test(one_hangs),
		cmocka_unit_test(foreign_bytes),
		cmocka_unit_test(managers),
	};

	return cmocka_run_group_tests(tests, make_manager, NULL);
}
