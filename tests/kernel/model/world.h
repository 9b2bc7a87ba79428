/* SPDX-License-Identifier: MIT */
/*
 * A world: a seed, the processes that it commands, who of them holds which
 * file descriptor, and the shadow of what they do. Everything in it follows
 * from the seed, so that a failure can be had again by seed and operation.
 */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H

#include "actor.h"
#include "shadow.h"

enum { HANDLES = 24, MAIL = 5 };

/** struct thing - what a file descriptor is of: a session or a buffer */
struct thing {
	bool session;
	int at;
};

/** struct handle - a file descriptor of a process */
struct handle {
	bool used;
	bool cloexec;
	int fd;
	struct thing thing;
};

/**
 * struct process - an actor
 * @mm: which of its lives; exec begins another
 * @next: first page number that was never mapped; places are not used again
 */
struct process {
	bool alive;
	pid_t pid;
	int pidfd;
	uint32_t uid;
	uint32_t mm;
	uint64_t next;
	struct handle handles[HANDLES];
};

/**
 * struct world - see above
 * @local: one process without a board: the driver does everything itself
 * @alone: nobody else uses the module, so that its global figures are known
 * @turns: as @random, for which thread does it: how often the kernel is asked when
 *	something happens by itself is not the seed's to say
 * @op: number of the operation, from 1; @name: of what it does
 * @first: page number below which nothing of it is mapped
 * @room: bytes that it may hold at most
 * @baseline: sessions of others
 * @leases, @grants, @kills: leases that ended, and waits that did in either way
 * @limit: the global one before anything was done
 * @queue: fds in the mail, oldest first
 */
struct world {
	uint64_t seed, random, turns;
	bool local, alone;
	uint64_t op;
	const char *name;
	uint64_t first;
	uint64_t room;
	uint64_t last_id;
	int wire;
	uint64_t baseline, limit;
	uint64_t leases, grants, kills;
	uint64_t deaths, wiped_before, failed_before;
	struct board *board;
	struct shadow shadow;
	struct process processes[ACTORS];
	struct thing queue[MAIL];
	int queued;
};

/* ---- its life ------------------------------------------------------------------ */

struct world *world_new(uint64_t seed, bool local, bool alone, uint64_t room);
/* Ends every process but the driver, closes everything, compares once more. */
void world_end(struct world *w);
/* One operation, and what it did to those that are no longer referred to. */
void world_step(struct world *w);
/* Every account against the kernel's, byte by byte. */
void world_compare(struct world *w);

/* ---- chance ---------------------------------------------------------------------- */

uint64_t world_random(struct world *w);
/* Below @n. */
uint32_t world_pick(struct world *w, uint32_t n);
static inline bool world_chance(struct world *w, uint32_t percent)
{
	return world_pick(w, 100) < percent;
}

/* ---- commands ------------------------------------------------------------------------ */

struct slot *world_slot(struct world *w, int process);
/* Has it done by one of the process's threads; the answer is in its slot. */
int64_t world_call(struct world *w, int process, struct order order);
/* An ioctl whose argument is in the slot already. */
int64_t world_ioctl(struct world *w, int process, int fd, unsigned long cmd);
/* Waits until the process is no more. */
void world_await_death(struct world *w, int process);

/* ---- who holds what -------------------------------------------------------------------- */

int world_process(struct world *w);		/* one that lives */
struct handle *world_handle_free(struct world *w, int process);
struct handle *world_handle(struct world *w, int process, bool session);
/* A session that a process holds; NULL where it has none. */
struct shadow_session *world_session(struct world *w, int *process, struct handle **handle);
struct handle *world_handle_add(struct world *w, int process, struct thing thing,
				int64_t fd, bool cloexec);
/* A buffer with pages in the memory of a process that lives, or -1. */
int world_mapped(struct world *w);
bool world_owns(const struct world *w, int process, const struct shadow_buffer *b);
/* Where @pages pages go: at a multiple of 2 MiB every other time. */
uint64_t world_place(struct world *w, int process, uint64_t pages);
/* What the process has mapped of a buffer is unmapped. */
void world_unmap(struct world *w, struct shadow_buffer *b, int process);
/* The process's memory is no more: its buffers end, what it mapped is gone. */
void world_mm_ends(struct world *w, int process);
/* Ends, forgets and buries what nothing refers to. */
void world_settle(struct world *w);

/* ---- verdicts ----------------------------------------------------------------------------- */

void world_fail(const struct world *w, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
void world_check(const struct world *w, const char *what, int64_t got, int64_t wanted);
#define CHECK(w, got, wanted) world_check(w, #got, (int64_t)(got), (int64_t)(wanted))

/* ---- operations: op_*.c --------------------------------------------------------------------- */

/**
 * struct operation - something that a world can do
 * @weight: how often, relative to the others
 * @run: false when it makes no sense now; then it has done nothing
 * @needs: PROCESSES: more than the driver itself; ALONE: nobody else, since it changes
 *	what is everybody's
 */
struct operation {
	const char *name;
	unsigned int weight;
	bool (*run)(struct world *w);
	unsigned int needs;
};

enum { PROCESSES = 1 << 0, ALONE = 1 << 1 };

extern const struct operation session_operations[], buffer_operations[],
	memory_operations[], process_operations[], lease_operations[],
	limit_operations[], wait_operations[];

/* Closes a handle, and says so to the shadow. */
void op_close_handle(struct world *w, int process, struct handle *handle);
/* The process dies as @act says, or by SIGKILL for ACT_HELLO. */
void op_die(struct world *w, int process, uint32_t act);
/* So that its death leaves one order of ends alone; and what it did when it came. */
void op_prepare_death(struct world *w, int process);
void op_died(struct world *w, int process);
/* The process, and its session that is to pay; false where nothing can be made. */
bool op_payer(struct world *w, int *process, struct handle **session);
/* A class A buffer that the kernel has answered for. */
void op_made(struct world *w, int process, int session, int kind,
	     const struct ward_buf_alloc *out);
/* The limits of before, for whoever comes after. */
void op_limits_end(struct world *w);

#endif /* MODEL_WORLD_H */
