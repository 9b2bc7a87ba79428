/* SPDX-License-Identifier: MIT */
/*
 * A thread that decrypts chunks while the solver works on others.
 *
 * Which chunk goes where is decided by who asks, so that the thread has no part in what the
 * ring holds: it fills the buffer it is given, in the order in which it is asked. Whoever
 * else wants to use a source waits for it first: reader_settle().
 */
#ifndef WARD_WORKER_READER_H
#define WARD_WORKER_READER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "memory.h"
#include "source.h"

/**
 * struct reader_task - a chunk to be decrypted
 * @source: that decrypts it
 * @chunk: which
 * @block: where it goes; nobody else touches it meanwhile
 * @len: its bytes, once it is done
 * @failure: what went wrong; all zero when nothing did
 */
struct reader_task {
	const struct source *source;
	uint64_t chunk;
	const struct memory_block *block;
	size_t len;
	struct failure failure;

	/* private */
	struct reader_task *next;
	bool waiting;
};

/** struct reader - the thread, or all zero: there is none */
struct reader {
	bool running;
	pthread_t thread;
	pthread_mutex_t lock;	/* over what follows */
	pthread_cond_t asked;
	pthread_cond_t done;
	struct reader_task *first;
	struct reader_task *last;
	bool busy;
	bool stop;
};

/**
 * reader_read() - decrypt a chunk in the caller's own thread
 * @task: as for reader_ask(); len or failure filled in
 *
 * Return: 0 or -1.
 */
int reader_read(struct reader_task *task);

/**
 * reader_begin() - start the thread
 * @reader: filled in
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int reader_begin(struct reader *reader, struct failure *failure);

/**
 * reader_end() - finish what was asked, wipe the thread's stack, end it
 * @reader: or all zero
 */
void reader_end(struct reader *reader);

/**
 * reader_ask() - have a chunk decrypted
 * @reader: running
 * @task: stays where it is until reader_wait() or reader_settle() returned
 */
void reader_ask(struct reader *reader, struct reader_task *task);

/**
 * reader_wait() - until a chunk is there, or failed
 * @reader: running
 * @task: that was asked for at some time
 */
void reader_wait(struct reader *reader, const struct reader_task *task);

/**
 * reader_settle() - until all is done that was asked
 * @reader: or all zero
 */
void reader_settle(struct reader *reader);

#endif /* WARD_WORKER_READER_H */
