// SPDX-License-Identifier: MIT
/* Other processes, pipes, disks and children, at a class A buffer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest.h"

/* What a child found out; 0 to 63 fit an exit status beside these. */
enum { SAW_NOTHING = 0, SAW_MARKER = 1, SAW_NO_CONTROL = 2 };

/* Runs @look in a child that Yama lets at its parent. Its status, or -1. */
static int in_child(struct selftest *t, int (*look)(struct selftest *t, pid_t parent))
{
	static const struct rlimit no_core;
	pid_t parent = getpid(), child;
	int status = -1;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	fflush(NULL);
	child = fork();
	if (!child) {
		setrlimit(RLIMIT_CORE, &no_core);
		_exit(look(t, parent));
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	return child > 0 ? status : -1;
}

static enum proof judge(struct selftest *t, int status, const char *how)
{
	if (status < 0 || !WIFEXITED(status))
		return selftest_say(t, PROOF_UNTRIED, "the child that tried died");
	switch (WEXITSTATUS(status)) {
	case SAW_NOTHING:
		return selftest_say(t, PROOF_HOLDS, "%s reads ordinary memory, not this", how);
	case SAW_MARKER:
		return selftest_say(t, PROOF_FAILS, "%s reads it", how);
	default:
		return selftest_say(t, PROOF_UNTRIED,
				    "%s may not even read ordinary memory here (ptrace_scope, seccomp?)",
				    how);
	}
}

static bool readv_bytes(pid_t pid, const uint8_t *at, uint8_t *to)
{
	struct iovec local = { to, MARKER_LEN }, remote = { (void *)at, MARKER_LEN };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == MARKER_LEN;
}

static int look_by_readv(struct selftest *t, pid_t parent)
{
	const uint8_t *end = t->data + t->size - MARKER_LEN;
	uint8_t got[MARKER_LEN];

	if (!readv_bytes(parent, t->plain, got) || memcmp(got, t->control, MARKER_LEN))
		return SAW_NO_CONTROL;
	return readv_bytes(parent, t->data, got) || readv_bytes(parent, end, got) ? SAW_MARKER :
										    SAW_NOTHING;
}

enum proof probe_vm_readv(struct selftest *t)
{
	return judge(t, in_child(t, look_by_readv), "process_vm_readv()");
}

static bool pread_bytes(int fd, const uint8_t *at, uint8_t *to)
{
	return pread(fd, to, MARKER_LEN, (off_t)(uintptr_t)at) == MARKER_LEN;
}

static int look_by_mem(struct selftest *t, pid_t parent)
{
	uint8_t got[MARKER_LEN];
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)parent);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !pread_bytes(fd, t->plain, got) || memcmp(got, t->control, MARKER_LEN))
		return SAW_NO_CONTROL;
	return pread_bytes(fd, t->data, got) ||
	       pread_bytes(fd, t->data + t->size - MARKER_LEN, got) ? SAW_MARKER : SAW_NOTHING;
}

enum proof probe_proc_mem(struct selftest *t)
{
	return judge(t, in_child(t, look_by_mem), "/proc/PID/mem");
}

static int splice_errno(uint8_t *at)
{
	struct iovec iov = { at, MARKER_LEN };
	int pipes[2], err = 0;

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK))
		return errno;
	if (vmsplice(pipes[1], &iov, 1, 0) < 0)
		err = errno;
	close(pipes[0]);
	close(pipes[1]);
	return err;
}

enum proof probe_vmsplice(struct selftest *t)
{
	int control = splice_errno(t->plain);
	int err = splice_errno(t->data);

	if (control)
		return selftest_say(t, PROOF_UNTRIED, "vmsplice() of ordinary memory: %s",
				    strerror(control));
	return selftest_refused(t, !err, err, "vmsplice()");
}

static int direct_file(void)
{
	static const char *const places[] = { "/var/tmp", ".", "/tmp", "/root" };
	size_t i;
	int fd;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		fd = open(places[i], O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/*
 * A file system that copies where it cannot do better takes any address; one
 * that hands the pages themselves to the disk refuses an odd one.
 */
static bool takes_pages(int fd, const uint8_t *plain, size_t page)
{
	return pwrite(fd, plain, page, 0) == (ssize_t)page && pwrite(fd, plain + 1, page, 0) < 0;
}

enum proof probe_direct_io(struct selftest *t)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = direct_file(), err = 0;

	if (fd < 0)
		return selftest_say(t, PROOF_UNTRIED,
				    "no file for O_DIRECT in /var/tmp, here, or /tmp");
	if (!takes_pages(fd, t->plain, page)) {
		close(fd);
		return selftest_say(t, PROOF_UNTRIED, "the file system at hand copies O_DIRECT");
	}
	if (pwrite(fd, t->data, page, 0) < 0)
		err = errno;
	close(fd);
	return selftest_refused(t, !err, err, "write() with O_DIRECT");
}

static int look_in_child(struct selftest *t, pid_t parent)
{
	(void)parent;
	if (selftest_touch(t->plain) || memcmp(t->plain, t->control, MARKER_LEN))
		return SAW_NO_CONTROL;
	if (selftest_touch(t->data) != SIGSEGV)
		return SAW_MARKER;
	return mmap(NULL, t->size, PROT_READ, MAP_SHARED, ward_buffer_fd(t->buffer), 0) ==
	       MAP_FAILED ? SAW_NOTHING : SAW_MARKER;
}

enum proof probe_fork(struct selftest *t)
{
	return judge(t, in_child(t, look_in_child), "a child");
}
