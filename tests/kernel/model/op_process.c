// SPDX-License-Identifier: MIT
/* Operations on processes, and file descriptors that go from one to another. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../attest_test.h"
#include "world.h"

/* ---- the mail ------------------------------------------------------------------- */

static bool op_send(struct world *w)
{
	int p = world_process(w);
	struct handle *h = world_handle(w, p, world_chance(w, 30));

	if (!h || w->queued == MAIL)
		return false;
	CHECK(w, world_call(w, p, (struct order){ .act = ACT_SEND, .fd = h->fd }), 1);
	w->queue[w->queued++] = h->thing;
	return true;
}

static bool op_receive(struct world *w)
{
	bool cloexec = world_chance(w, 50);
	int p = world_process(w);
	int64_t fd;

	if (!world_handle_free(w, p))
		return false;
	fd = world_call(w, p, (struct order){ .act = ACT_RECEIVE, .a = cloexec });
	if (!w->queued) {
		CHECK(w, fd, -EAGAIN);
		return true;
	}
	world_handle_add(w, p, w->queue[0], fd, cloexec);
	memmove(w->queue, w->queue + 1, (size_t)--w->queued * sizeof(w->queue[0]));
	return true;
}

/* ---- births --------------------------------------------------------------------------- */

/* The child has what its parent had, but nothing of its memory that ward protects. */
static bool op_fork(struct world *w)
{
	int p = world_process(w), child;
	struct process *c;

	for (child = 1; child < ACTORS && w->processes[child].alive; child++)
		;
	if (child == ACTORS)
		return false;
	c = &w->processes[child];
	c->pid = (pid_t)world_call(w, p, (struct order){
		.act = ACT_FORK, .a = (uint64_t)child });
	if (c->pid < 0)
		world_fail(w, "fork: %d", c->pid);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	c->alive = true;
	c->uid = w->processes[p].uid;
	memcpy(c->handles, w->processes[p].handles, sizeof(c->handles));
	c->mm++;
	c->next = w->first;
	CHECK(w, world_call(w, child, (struct order){ .act = ACT_HELLO }), c->pid);
	return true;
}

/* ---- deaths ------------------------------------------------------------------------------ */

/* The process's handles of a thing; those that it loses alone. */
static int handles_of(const struct world *w, int process, struct thing thing, bool all)
{
	const struct handle *h = w->processes[process].handles;
	int i, n = 0;

	for (i = 0; i < HANDLES; i++)
		n += h[i].used && h[i].thing.session == thing.session &&
		     h[i].thing.at == thing.at && (all || h[i].cloexec);
	return n;
}

static void close_handles(struct world *w, int process, struct thing thing)
{
	struct handle *h = w->processes[process].handles;
	int i;

	for (i = 0; i < HANDLES; i++)
		if (h[i].used && h[i].thing.session == thing.session &&
		    h[i].thing.at == thing.at)
			op_close_handle(w, process, &h[i]);
}

static bool mapped_by_others(const struct shadow_buffer *b, int process)
{
	int i;

	for (i = 0; i < b->count; i++)
		if (b->pieces[i].process != process)
			return true;
	return false;
}

/* Does this buffer end by a close when the process loses what it has? */
static bool would_end(const struct world *w, int process, int at, bool all)
{
	const struct shadow_buffer *b = &w->shadow.buffers[at];
	struct thing thing = { false, at };

	if (!b->used || b->end || (b->kind != KIND_SHARED && world_owns(w, process, b)))
		return false;
	return handles_of(w, process, thing, all) == b->refs &&
	       (b->kind == KIND_B || !mapped_by_others(b, process));
}

/* Does this session lose its file, and with it more than one buffer? */
static bool would_close(const struct world *w, int process, int at, bool all)
{
	const struct shadow_session *a = &w->shadow.sessions[at];
	struct thing thing = { true, at };

	return a->used && a->files && a->live[KIND_SHARED] &&
	       handles_of(w, process, thing, all) == a->files;
}

/*
 * The order in which a process's files are closed when it dies is nobody's
 * promise. So that records come in one order alone, at most one buffer is left
 * to end in that way; the others are closed before.
 */
static void leave_one(struct world *w, int process, bool all)
{
	int at, found = 0;

	for (at = 0; at < SESSIONS; at++)
		if (would_close(w, process, at, all))
			close_handles(w, process, (struct thing){ true, at });
	for (at = 0; at < BUFFERS; at++) {
		if (!would_end(w, process, at, all) || !found++)
			continue;
		world_unmap(w, &w->shadow.buffers[at], process);
		close_handles(w, process, (struct thing){ false, at });
		world_settle(w);
	}
}

static void forget_handles(struct world *w, int process, bool all)
{
	struct handle *h = w->processes[process].handles;
	int i;

	for (i = 0; i < HANDLES; i++)
		if (all || h[i].cloexec)
			h[i].used = false;
}

void op_prepare_death(struct world *w, int process)
{
	leave_one(w, process, true);
}

void op_died(struct world *w, int process)
{
	world_await_death(w, process);
	world_slot(w, process)->turn = 0;
	w->deaths++;
	world_mm_ends(w, process);
	forget_handles(w, process, true);
	world_settle(w);
}

void op_die(struct world *w, int process, uint32_t act)
{
	struct process *p = &w->processes[process];
	struct slot *slot = world_slot(w, process);

	op_prepare_death(w, process);
	if (act == ACT_HELLO) {
		kill(p->pid, SIGKILL);
	} else {
		slot->order = (struct order){ .act = act };
		actor_tell(w->board, process, 1 + (int)world_pick(w, 2));
	}
	op_died(w, process);
}

/* The first process stays: somebody has to be root and start the others. */
static int mortal(struct world *w)
{
	int p = world_process(w);

	return p ? p : -1;
}

static bool op_exit(struct world *w)
{
	static const uint32_t ways[] = { ACT_EXIT, ACT_SEGV, ACT_HELLO };
	int p = mortal(w);

	if (p < 0)
		return false;
	op_die(w, p, ways[world_pick(w, 3)]);
	return true;
}

static bool op_exec(struct world *w)
{
	int p = world_process(w);

	leave_one(w, p, false);
	CHECK(w, world_call(w, p, (struct order){ .act = ACT_EXEC }), 0);
	world_mm_ends(w, p);
	forget_handles(w, p, false);
	return true;
}

static bool op_setuid(struct world *w)
{
	static const uint32_t uids[] = { WORKER_UID, OTHER_UID, 1003 };
	uint32_t uid = uids[world_pick(w, 3)];
	int p = mortal(w);

	if (p < 0)
		return false;
	CHECK(w, world_call(w, p, (struct order){ .act = ACT_SETUID, .a = uid }),
	      w->processes[p].uid ? -EPERM : 0);
	if (!w->processes[p].uid)
		w->processes[p].uid = uid;
	return true;
}

const struct operation process_operations[] = {
	{ "send", 30, op_send, PROCESSES },
	{ "receive", 30, op_receive, PROCESSES },
	{ "fork", 20, op_fork, PROCESSES },
	{ "death", 10, op_exit, PROCESSES },
	{ "exec", 3, op_exec, PROCESSES },
	{ "setuid", 5, op_setuid, PROCESSES },
	{ 0 }
};
