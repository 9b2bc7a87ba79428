/* SPDX-License-Identifier: MIT */
/*
 * The fail-nth sweep: an operation is run with its first point of failure made to
 * fail, then its second, until it passes and no fault was met on the way. What
 * fails are slab allocations, page allocations and copies from and to user space,
 * as Documentation/fault-injection has it. After each refusal the state must be as
 * before, and the same operation must pass.
 *
 * A step is a row:
 *
 *	STEP(buf_alloc_lazy, .length = 2 * HUGE, .with = WARD_BUF_LAZY,
 *	     .prepare = open_session, .act = do_alloc, .undo = close_fd,
 *	     .clean = close_session);
 *
 * and becomes a test of that name.
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/ward.h>

#include "ktap.h"

struct answer;
struct wire;

/**
 * struct stage - what a step's functions hand to each other; zeroed each time
 * @length: as the row has it, and @with likewise
 * @child: whose points of failure are swept, made by prepare; 0 = the caller's own
 */
struct stage {
	int session;
	struct ward_info info;
	int fd;
	int fds[64];
	int file;
	uint64_t length;
	uint32_t with;
	uint64_t deadline;
	unsigned char *p;
	unsigned char *place;
	pid_t child;
	int sock;
	struct answer *answer;
	struct wire *wire;
	unsigned int asked;
};

/* A step's function may have no use for it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

enum {
	/*
	 * What is done cannot be undone: a refusal may mean that only the answer
	 * could not be given. To do it again passes.
	 */
	ONE_WAY = 1 << 0,
	/* Only what fails below module code: the rest is the kernel's own. */
	MODULE_CODE = 1 << 1,
	/* The kernel may have split a mapping; its parts are the whole. */
	MAY_SPLIT = 1 << 3,
	/* No session can be held: the module itself is what is tried. */
	NO_OBSERVER = 1 << 2,
};

/**
 * struct step - an operation to be tried
 * @name: for people
 * @flags: see above
 * @length: bytes of what it is about
 * @with: flags of the ioctl that it tries
 * @errnos: that it may refuse with, beside ENOMEM and EFAULT; ends with 0
 * @prepare: without faults, before each try; may be NULL
 * @act: the operation, and nothing else: 0 or more, or -errno. It runs again after
 *	a refusal, then without faults
 * @undo: after it passed; may be NULL
 * @clean: undoes prepare; may be NULL
 */
struct step {
	const char *name;
	unsigned int flags;
	uint64_t length;
	uint32_t with;
	int errnos[4];
	void (*prepare)(struct stage *st);
	int (*act)(struct stage *st);
	void (*undo)(struct stage *st);
	void (*clean)(struct stage *st);
};

void sweep(const struct step *step);

/* What many begin and end with. */
void open_session(struct stage *st);
void close_session(struct stage *st);

/*
 * The same for what another thread does on the caller's behalf: from @space on, in
 * bytes of slabs or in pages, the next allocation below module code fails, whoever
 * asks for it.
 */
enum fault_kind { FAULT_SLAB, FAULT_PAGE };
void fault_anywhere(enum fault_kind kind, unsigned int space);
/* No more of them. True when the fault was met. */
bool fault_nowhere(enum fault_kind kind);

#define STEP(step_name, ...) STEP_NEEDS(step_name, (void)0, __VA_ARGS__)

/* @need is run first, and may skip the test. */
#define STEP_NEEDS(step_name, need, ...)				\
	TEST_TIMEOUT(step_name, 300)					\
	{								\
		static const struct step step = {			\
			.name = #step_name, __VA_ARGS__			\
		};							\
									\
		need;							\
		sweep(&step);						\
	}

/* One skip for the whole program where the kernel injects no faults. */
int fail_nth_main(int argc, char **argv);
#define FAIL_NTH_MAIN()							\
	int main(int argc, char **argv)					\
	{								\
		return fail_nth_main(argc, argv);			\
	}

#endif /* FAIL_NTH_H */
