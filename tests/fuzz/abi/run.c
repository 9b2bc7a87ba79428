// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "cover.h"
#include "run.h"

/* A program's own time; what is still there so long after it, hangs. */
enum { SECONDS = 1, HANGS_MS = 120000, SLOTS = 64, SLOT = 4096 };

static int log_fd = -1, kmsg = -1;
static uint64_t number;
static char said[512];

void run_open(const char *disk)
{
	if (disk)
		log_fd = open(disk, O_WRONLY | O_DIRECT | O_DSYNC | O_CLOEXEC);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if ((disk && log_fd < 0) || kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0) {
		fprintf(stderr, "abi: %s: %s\n", disk ? disk : "/dev/kmsg", strerror(errno));
		exit(1);
	}
}

/* Written through, so that the host finds it when this kernel says nothing any more. */
static void log_program(const struct program *program)
{
	_Alignas(SLOT) static char slot[SLOT];
	int len;

	if (log_fd < 0)
		return;
	memset(slot, 0, sizeof(slot));
	len = snprintf(slot, sizeof(slot), "program\n# %llu\n", (unsigned long long)number);
	program_write(program, slot + len, sizeof(slot) - (size_t)len);
	if (pwrite(log_fd, slot, SLOT, (off_t)(number % SLOTS) * SLOT) != SLOT) {
		perror("abi: the disk");
		exit(1);
	}
}

/* As tests/vm/dmesg-gate, which has the last word; this one says which program it was. */
static bool is_splat(const char *line)
{
	static const char *const words[] = {
		"WARNING:", "BUG:", "BUG at", "Oops", "general protection fault", "Bad page", "INFO: task",
		"locking", "lock state", "RCU usage", "sleeping function", "scheduling while atomic",
		"refcount_t", "corruption", "usercopy", "UBSAN", "KASAN", "KCSAN", "ODEBUG", "lock held",
		"fuzz-abi: planted",
	};
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(line, words[i]))
			return true;
	}
	return false;
}

/* True where the log has one since it was read last. */
static bool splat(void)
{
	char line[sizeof(said)];
	bool found = false;
	ssize_t n;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		line[n] = '\0';
		if (!found && is_splat(line)) {
			memcpy(said, line, sizeof(said));
			said[strcspn(said, "\n")] = '\0';
			found = true;
		}
	}
	return found;
}

const char *run_said(void)
{
	return said;
}

static void be_program(const struct program *program)
{
	struct world *world = world_new();
	int null = open("/dev/null", O_RDWR);
	unsigned int i;

	dup2(null, 1);
	dup2(null, 2);
	alarm(SECONDS);
	cover_begin();
	for (i = 0; i < program->n; i++)
		world_do(world, &program->call[i]);
	world_wait(world);
	_exit(0);
}

enum verdict run_program(const struct program *program)
{
	struct pollfd p = { .events = POLLIN };
	pid_t child;
	int ret;

	number++;
	log_program(program);
	child = fork();
	if (!child)
		be_program(program);
	if (child < 0)
		return RUN_HANGS;
	p.fd = (int)syscall(SYS_pidfd_open, child, 0);
	do
		ret = poll(&p, 1, HANGS_MS);
	while (ret < 0 && errno == EINTR);
	close(p.fd);
	if (ret != 1)
		return RUN_HANGS;
	waitpid(child, NULL, 0);
	return splat() ? RUN_SPLAT : RUN_FINE;
}

void run_reset(void)
{
	struct world *world = calloc(1, sizeof(*world));
	const uint64_t steps[][1] = { { 0 }, { 1 }, { 2 } };
	unsigned int i;

	if (!world)
		abort();
	for (i = 0; i < FILES; i++)
		world->file[i] = -1;
	call_pace(world, steps[0]);
	for (i = 0; i < 3; i++)
		call_configfs(world, steps[i]);
	free(world);
}
