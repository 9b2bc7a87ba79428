// SPDX-License-Identifier: MIT
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[COUNTERS] = {
	"system_calls", "instructions_user", "instructions_kernel",
};

static const char *const tracepoint[] = {
	"/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
	"/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id",
};

const char *counter_name(enum counter counter)
{
	return names[counter];
}

/* Return: the tracepoint's number, or -errno. */
static long tracepoint_id(void)
{
	char text[16] = "";
	long id = -ENOENT;
	size_t i;

	for (i = 0; i < sizeof(tracepoint) / sizeof(tracepoint[0]) && id < 0; i++) {
		FILE *file = fopen(tracepoint[i], "re");

		if (!file) {
			id = errno == EACCES ? -EACCES : id;
			continue;
		}
		if (fgets(text, sizeof(text), file))
			id = strtol(text, NULL, 10);
		fclose(file);
	}
	return id;
}

static int open_event(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	attr->exclude_hv = 1;
	return (int)syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void say_why(struct counters *counters, enum counter which, int err)
{
	char *why = counters->why[which];
	size_t room = sizeof(counters->why[which]);

	if (err == EACCES || err == EPERM)
		snprintf(why, room, "not allowed: run it as root, or lower kernel.perf_event_paranoid");
	else if (err == ENOENT && which == COUNTER_CALLS)
		snprintf(why, room, "no tracefs: mount -t tracefs tracefs /sys/kernel/tracing");
	else if (err == ENOENT || err == EOPNOTSUPP || err == ENODEV)
		snprintf(why, room, "this machine shows no counter of the processor");
	else
		snprintf(why, room, "perf_event_open: %s", strerror(err));
}

static void open_calls(struct counters *counters)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };
	long id = tracepoint_id();

	if (id < 0) {
		say_why(counters, COUNTER_CALLS, (int)-id);
		return;
	}
	attr.config = (uint64_t)id;
	counters->fd[COUNTER_CALLS] = open_event(&attr);
	if (counters->fd[COUNTER_CALLS] < 0)
		say_why(counters, COUNTER_CALLS, errno);
}

static void open_instructions(struct counters *counters, enum counter which)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_kernel = which == COUNTER_USER, .exclude_user = which == COUNTER_KERNEL,
	};

	counters->fd[which] = open_event(&attr);
	if (counters->fd[which] < 0)
		say_why(counters, which, errno);
}

/* Return: what it stands at; 0 where it cannot be read, which is said. */
static uint64_t stand(struct counters *counters, int which)
{
	uint64_t value = 0;

	if (read(counters->fd[which], &value, sizeof(value)) == sizeof(value))
		return value;
	snprintf(counters->why[which], sizeof(counters->why[which]), "the counter cannot be read");
	return 0;
}

/* They run from when they are opened: who could start all at once is libward alone (IOC_ENABLE). */
void counters_begin(struct counters *counters)
{
	int i;

	*counters = (struct counters){ .fd = { -1, -1, -1 } };
	open_calls(counters);
	open_instructions(counters, COUNTER_USER);
	open_instructions(counters, COUNTER_KERNEL);
	for (i = 0; i < COUNTERS; i++) {
		if (counters->fd[i] >= 0)
			counters->value[i] = stand(counters, i);
	}
}

void counters_end(struct counters *counters)
{
	int i;

	for (i = 0; i < COUNTERS; i++) {
		if (counters->fd[i] < 0)
			continue;
		counters->value[i] = stand(counters, i) - counters->value[i];
		close(counters->fd[i]);
		counters->fd[i] = -1;
	}
}
