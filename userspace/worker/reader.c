// SPDX-License-Identifier: MIT
#include "reader.h"

#include <signal.h>
#include <string.h>

#include "scrub.h"

/* What scrub_stack() zeroes, and room above it. */
#define STACK_BYTES	(1u << 20)

int reader_read(struct reader_task *task)
{
	const struct source *source = task->source;
	int ret;

	task->len = 0;
	task->failure = (struct failure){ 0 };
	if (source->open_into)
		ret = source->open_into(source->arg, task->chunk, task->block->handle, &task->len,
					&task->failure);
	else
		ret = source->open(source->arg, task->chunk, task->block->data, &task->len,
				   &task->failure);
	return ret;
}

static struct reader_task *take(struct reader *reader)
{
	struct reader_task *task = reader->first;

	if (!task)
		return NULL;
	reader->first = task->next;
	if (!reader->first)
		reader->last = NULL;
	return task;
}

/* Before it sleeps its stack is wiped, of which nobody sees a row either way. */
static void sleep_until_asked(struct reader *reader)
{
	pthread_mutex_unlock(&reader->lock);
	scrub_stack();
	pthread_mutex_lock(&reader->lock);
	while (!reader->first && !reader->stop)
		pthread_cond_wait(&reader->asked, &reader->lock);
}

static void *run(void *arg)
{
	struct reader *reader = arg;
	struct reader_task *task;

	pthread_mutex_lock(&reader->lock);
	while (!reader->stop || reader->first) {
		task = take(reader);
		if (!task) {
			sleep_until_asked(reader);
			continue;
		}
		reader->busy = true;
		pthread_mutex_unlock(&reader->lock);
		reader_read(task);
		pthread_mutex_lock(&reader->lock);
		reader->busy = false;
		task->waiting = false;
		pthread_cond_signal(&reader->done);
	}
	pthread_mutex_unlock(&reader->lock);
	scrub_stack();
	return NULL;
}

/* Signals are the first thread's. */
static int start_thread(struct reader *reader)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int err;

	err = pthread_attr_init(&attr);
	if (err)
		return err;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (!err)
		err = pthread_create(&reader->thread, &attr, run, reader);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

int reader_begin(struct reader *reader, struct failure *failure)
{
	int err;

	*reader = (struct reader){
		.lock = PTHREAD_MUTEX_INITIALIZER, .asked = PTHREAD_COND_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER,
	};
	err = start_thread(reader);
	reader->running = !err;
	return err ? failed(failure, EXIT_DEVICE, "no second thread: %s; --threads 1 does without",
			    strerror(err)) : 0;
}

void reader_end(struct reader *reader)
{
	if (!reader->running)
		return;
	pthread_mutex_lock(&reader->lock);
	reader->stop = true;
	pthread_cond_signal(&reader->asked);
	pthread_mutex_unlock(&reader->lock);
	pthread_join(reader->thread, NULL);
	reader->running = false;
}

void reader_ask(struct reader *reader, struct reader_task *task)
{
	pthread_mutex_lock(&reader->lock);
	task->waiting = true;
	task->next = NULL;
	if (reader->last)
		reader->last->next = task;
	else
		reader->first = task;
	reader->last = task;
	pthread_cond_signal(&reader->asked);
	pthread_mutex_unlock(&reader->lock);
}

void reader_wait(struct reader *reader, const struct reader_task *task)
{
	pthread_mutex_lock(&reader->lock);
	while (task->waiting)
		pthread_cond_wait(&reader->done, &reader->lock);
	pthread_mutex_unlock(&reader->lock);
}

void reader_settle(struct reader *reader)
{
	if (!reader->running)
		return;
	pthread_mutex_lock(&reader->lock);
	while (reader->first || reader->busy)
		pthread_cond_wait(&reader->done, &reader->lock);
	pthread_mutex_unlock(&reader->lock);
}
