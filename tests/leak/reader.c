// SPDX-License-Identifier: MIT
/*
 * Readers of another process's memory.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leak.h"

void readv_look(struct cell *cell, pid_t pid, const void *p)
{
	static unsigned char room[PAGE] __attribute__((aligned(64)));
	struct iovec local = { room, sizeof(room) }, remote = { (void *)p, sizeof(room) };

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0)
		cell_errno(cell, errno);
	else
		cell_look(cell, room, sizeof(room), "no");
}

void readv_attack(struct cell *cell, struct owner *owner)
{
	readv_look(cell, owner->pid, owner->region.p);
}

void proc_mem_attack(struct cell *cell, struct owner *owner)
{
	static unsigned char room[PAGE] __attribute__((aligned(64)));
	char path[64];
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", owner->pid);
	mem = open(path, O_RDONLY);
	if (mem < 0 || pread(mem, room, sizeof(room), (uintptr_t)owner->region.p) < 0)
		cell_errno(cell, errno);
	else
		cell_look(cell, room, sizeof(room), "no");
}

void peek_attack(struct cell *cell, struct owner *owner)
{
	long line[8];
	int i;

	if (ptrace(PTRACE_ATTACH, owner->pid, NULL, NULL)) {
		cell_errno(cell, errno);
		return;
	}
	waitpid(owner->pid, NULL, 0);
	for (i = 0; i < 8; i++) {
		errno = 0;
		line[i] = ptrace(PTRACE_PEEKDATA, owner->pid, owner->region.p + 8 * i, NULL);
		if (errno)
			break;
	}
	if (errno)
		cell_errno(cell, errno);
	else
		cell_look(cell, line, sizeof(line), "no");
	ptrace(PTRACE_DETACH, owner->pid, NULL, NULL);
}
