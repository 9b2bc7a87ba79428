/* SPDX-License-Identifier: MIT */
/*
 * An actor does one order after the other and answers: a process of two
 * threads that the driver commands over shared memory (a board), or the driver
 * itself. It knows nothing of the model.
 */
#ifndef MODEL_ACTOR_H
#define MODEL_ACTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/ward.h>

enum { ACTORS = 6, EVENTS_ROOM = 600 };

enum act {
	ACT_OPEN,	/* /dev/ward */
	ACT_CLOSE,	/* fd */
	ACT_DUP,	/* fd; a = close on exec */
	ACT_IOCTL,	/* fd; a = command, b = ARG_*; the argument is on the board */
	ACT_READ,	/* fd; a = bytes; what was read is on the board */
	ACT_POLL,	/* fd: revents */
	ACT_MMAP,	/* fd (-1: anonymous); a = place, b = bytes, c = prot, d = MAP_*; e = offset */
	ACT_MUNMAP,	/* a = place, b = bytes */
	ACT_MPROTECT,	/* a = place, b = bytes, c = prot */
	ACT_MADVISE,	/* a = place, b = bytes, c = advice */
	ACT_MREMAP,	/* a = place, b = bytes, c = new bytes, d = new place, e = flags */
	ACT_PEEK,	/* a = address of a word: its value, or the signal */
	ACT_POKE,	/* a = address, b = value: 0, or the signal */
	ACT_SCAN,	/* a = address, b = bytes: words that are not zero but the first of a page */
	ACT_SEND,	/* fd, by the mail */
	ACT_RECEIVE,	/* a = close on exec */
	ACT_FORK,	/* a = slot of the child: its pid */
	ACT_EXEC,	/* starts again as the same actor */
	ACT_EXIT,
	ACT_SEGV,
	ACT_SETUID,	/* a = uid, of group ward unless it is a stranger */
	ACT_NOFILE,	/* a = soft limit of file descriptors; 0 = back */
	ACT_HELLO,	/* the first order of a new process */
};

/* Where an ioctl's argument lies. */
enum { ARG_PLAIN, ARG_READ_ONLY, ARG_NOWHERE };

/** struct order - see enum act */
struct order {
	uint32_t act;
	int32_t fd;
	uint64_t a, b, c, d, e;
};

/** struct answer - @ret is a result or -errno; @value what was read */
struct reply {
	int64_t ret;
	uint64_t value;
};

/**
 * struct slot - an actor's part of the board
 * @turn: 0 the driver's, 1 and 2 the actor's threads'
 * @arg: of an ioctl, in and out; or what read() returned
 */
struct slot {
	_Atomic uint32_t turn;
	struct order order;
	struct reply reply;
	union {
		uint8_t arg[512];
		struct ward_buf_alloc buf_alloc;
		struct ward_buf_pin buf_pin;
		struct ward_info info;
		struct ward_pressure pressure;
		struct ward_measure measure;
		struct ward_watch watch;
		struct ward_events events;
		struct ward_seal seal;
		struct ward_lease lease;
		struct ward_buf_info buf_info;
		struct ward_buf_wipe buf_wipe;
		struct ward_buf_volatile buf_volatile;
		struct ward_buf_hold buf_hold;
		struct ward_notice notice;
	};
	struct ward_event records[EVENTS_ROOM];
};

/** struct board - memory that the driver and its actors share, also after exec */
struct board {
	int fd;		/* of this memory */
	int mail[2];	/* datagrams; [0] sends, [1] receives */
	struct slot slots[ACTORS];
};

struct board *board_new(void);
/* Answers one order in the calling thread. */
void actor_perform(struct board *board, struct slot *slot);
/* The first actor of a board: a child process. Its pid. */
pid_t actor_start(struct board *board, int slot);
/* Hands an order to a thread, 1 or 2, of an actor, which need not answer it. */
void actor_tell(struct board *board, int slot, int thread);
/* Waits for the answer; false when it is dead or dumb. */
bool actor_await(struct board *board, int slot, pid_t pid);
/* Hands an order to thread 1 or 2 of an actor; false when it is dead or dumb. */
bool actor_order(struct board *board, int slot, int thread, pid_t pid);
/* For signals that are no crash; once for each process. */
void actor_signals(void);
/* main() of a process that ACT_EXEC started; never returns then. */
void actor_main(int argc, char **argv);

#endif /* MODEL_ACTOR_H */
