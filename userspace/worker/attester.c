// SPDX-License-Identifier: MIT
/*
 * The lock covers every slot's state, what it asks for and what came of it, and @stop. Who asked and
 * until when is the loop's alone. The thread has neither vault nor patient's data: what it allocates
 * is evidence, on the heap.
 */
#include "attester.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum ask_state { ASK_FREE, ASK_WAITS, ASK_WORKS, ASK_ENDED };

/** struct attester_ask - a slot; @done is NULL where nobody waits any more */
struct attester_ask {
	struct attester *attester;
	enum ask_state state;
	uint64_t number;	/* the lowest is the next */
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN];
	uint8_t binding[WARD_BINDING_LEN];
	int err;
	uint8_t *bundle;
	size_t len;

	attester_done_fn done;
	void *arg;
	struct event *deadline;
};

struct attester {
	struct attester_options options;
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	bool runs, stop;
	uint64_t number;
	int ended;		/* eventfd: the thread says that a slot is */
	struct event *on_ended;
	struct attester_ask ask[ATTESTER_MOST];
};

/* ---- the thread ----------------------------------------------------------------------- */

/* Called with the lock held; NULL: told to stop. */
static struct attester_ask *next_ask(struct attester *a)
{
	struct attester_ask *next;
	size_t i;

	while (!a->stop) {
		next = NULL;
		for (i = 0; i < ATTESTER_MOST; i++) {
			if (a->ask[i].state == ASK_WAITS &&
			    (!next || a->ask[i].number < next->number))
				next = &a->ask[i];
		}
		if (next)
			return next;
		pthread_cond_wait(&a->more, &a->lock);
	}
	return NULL;
}

/* Called with the lock held, which is let go of meanwhile: nobody else touches one that works. */
static void make(struct attester *a, struct attester_ask *ask)
{
	static const uint64_t one = 1;
	uint8_t *bundle = NULL;
	size_t len = 0;
	int err;

	ask->state = ASK_WORKS;
	pthread_mutex_unlock(&a->lock);
	err = a->options.evidence(ask->nonce, ask->binding, &bundle, &len, a->options.arg);
	pthread_mutex_lock(&a->lock);
	ask->err = err;
	ask->bundle = bundle;
	ask->len = len;
	ask->state = ASK_ENDED;
	/* it can't be full: each slot is counted once before the loop empties it */
	while (write(a->ended, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *work(void *arg)
{
	struct attester *a = arg;
	struct attester_ask *ask;

	pthread_mutex_lock(&a->lock);
	while ((ask = next_ask(a)))
		make(a, ask);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ---- the loop --------------------------------------------------------------------------- */

/* Nobody waits for it from here on. */
static void let_go(struct attester_ask *ask)
{
	ask->done = NULL;
	event_del(ask->deadline);
}

static void tell(struct attester_ask *ask, int err, const uint8_t *bundle, size_t len)
{
	attester_done_fn done = ask->done;

	if (!done)
		return;
	let_go(ask);
	done(err, bundle, len, ask->arg);
}

/* Return: one that has ended, out of its slot, in @out. */
static struct attester_ask *take_ended(struct attester *a, struct attester_ask *out)
{
	struct attester_ask *ended = NULL;
	size_t i;

	pthread_mutex_lock(&a->lock);
	for (i = 0; i < ATTESTER_MOST && !ended; i++) {
		if (a->ask[i].state == ASK_ENDED)
			ended = &a->ask[i];
	}
	if (ended) {
		out->err = ended->err;
		out->bundle = ended->bundle;
		out->len = ended->len;
		ended->bundle = NULL;
	}
	pthread_mutex_unlock(&a->lock);
	return ended;
}

static void set_free(struct attester_ask *ask)
{
	pthread_mutex_lock(&ask->attester->lock);
	ask->state = ASK_FREE;
	pthread_mutex_unlock(&ask->attester->lock);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct attester *a = arg;
	struct attester_ask *ask, ended;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	while ((ask = take_ended(a, &ended))) {
		tell(ask, ended.err, ended.bundle, ended.len);
		free(ended.bundle);
		set_free(ask);
	}
}

/* One that waits has not begun, and never does; of one that works the end is not told. */
static void drop(struct attester_ask *ask)
{
	let_go(ask);
	pthread_mutex_lock(&ask->attester->lock);
	if (ask->state == ASK_WAITS)
		ask->state = ASK_FREE;
	pthread_mutex_unlock(&ask->attester->lock);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct attester_ask *ask = arg;
	attester_done_fn done = ask->done;
	void *done_arg = ask->arg;

	(void)fd;
	(void)what;
	drop(ask);
	if (done)
		done(-ETIME, NULL, 0, done_arg);
}

struct attester_ask *attester_ask(struct attester *a, const uint8_t *nonce, const uint8_t *binding,
				  attester_done_fn done, void *arg)
{
	const struct timeval deadline = {
		a->options.deadline_ms / 1000, a->options.deadline_ms % 1000 * 1000,
	};
	struct attester_ask *ask = NULL;
	size_t i;

	pthread_mutex_lock(&a->lock);
	for (i = 0; i < ATTESTER_MOST && !ask; i++) {
		if (a->ask[i].state == ASK_FREE)
			ask = &a->ask[i];
	}
	if (ask && event_add(ask->deadline, &deadline))
		ask = NULL;
	if (ask) {
		memcpy(ask->nonce, nonce, sizeof(ask->nonce));
		memcpy(ask->binding, binding, sizeof(ask->binding));
		ask->done = done;
		ask->arg = arg;
		ask->number = a->number++;
		ask->state = ASK_WAITS;
		pthread_cond_signal(&a->more);
	}
	pthread_mutex_unlock(&a->lock);
	return ask;
}

void attester_forget(struct attester_ask *ask)
{
	drop(ask);
}

/* ---- begin and end ------------------------------------------------------------------------ */

/* Signals are the loop's. */
static int begin_thread(struct attester *a)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&a->thread, NULL, work, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	a->runs = !err;
	return -err;
}

static int begin(struct attester *a)
{
	size_t i;

	a->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->ended < 0)
		return -errno;
	a->on_ended = event_new(a->options.base, a->ended, EV_READ | EV_PERSIST, on_ended, a);
	if (!a->on_ended || event_add(a->on_ended, NULL))
		return -ENOMEM;
	for (i = 0; i < ATTESTER_MOST; i++) {
		a->ask[i].attester = a;
		a->ask[i].deadline = event_new(a->options.base, -1, 0, on_deadline, &a->ask[i]);
		if (!a->ask[i].deadline)
			return -ENOMEM;
	}
	return begin_thread(a);
}

int attester_new(const struct attester_options *options, struct attester **out)
{
	struct attester *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	a->options = *options;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->more, NULL);
	err = begin(a);
	if (err)
		attester_free(a);
	else
		*out = a;
	return err;
}

static void stop(struct attester *a)
{
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->more);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
}

void attester_free(struct attester *a)
{
	size_t i;

	if (!a)
		return;
	if (a->runs)
		stop(a);
	for (i = 0; i < ATTESTER_MOST; i++) {
		if (a->ask[i].deadline)
			event_free(a->ask[i].deadline);
		free(a->ask[i].bundle);
	}
	if (a->on_ended)
		event_free(a->on_ended);
	if (a->ended >= 0)
		close(a->ended);
	pthread_cond_destroy(&a->more);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
