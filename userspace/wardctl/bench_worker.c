// SPDX-License-Identifier: MIT
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define TEXT_MAX	65536u
#define ARGUMENTS_MAX	256u

extern char **environ;

/* All that was written there, as text. */
static char *text_of(int fd)
{
	char *text = calloc(1, TEXT_MAX);
	ssize_t got;

	if (!text)
		return NULL;
	got = pread(fd, text, TEXT_MAX - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

static int start(const struct bench_run *run, enum bench_kind kind, int out, int err, pid_t *pid)
{
	const char *argv[ARGUMENTS_MAX] = {
		run->worker, "bench", "-o", "json", "--memory", bench_kind_name(kind),
	};
	size_t n = 6, i;
	posix_spawn_file_actions_t actions;
	int rc;

	for (i = 0; run->options[i]; i++) {
		if (n + 1 == ARGUMENTS_MAX)
			return -E2BIG;
		argv[n++] = run->options[i];
	}
	rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return -rc;
	rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	if (!rc)
		rc = posix_spawnp(pid, run->worker, &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* What it says goes into memory: nobody has to read while it works. */
int bench_worker(const struct bench_run *run, enum bench_kind kind, char **text)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	int rc = out < 0 || err < 0 ? -errno : 0;
	pid_t pid;

	*text = NULL;
	if (!rc)
		rc = start(run, kind, out, err, &pid);
	if (!rc)
		rc = wait_for(pid);
	if (rc >= 0)
		*text = text_of(rc ? err : out);
	close(out);
	close(err);
	return rc;
}
