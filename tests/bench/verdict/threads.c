// SPDX-License-Identifier: MIT
/*
 * Two threads that share roots, policy and collateral. A clock on the wall tells what they
 * gain only where two processors are free; what they lose to each other shows without: in
 * the processor time that the same verdicts take, and in how often a thread gave its
 * processor up, to wait for a lock. Two processes, which share nothing, do the same work at
 * the same time: what a neighbour on the other processor costs anyway is theirs, too.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "verdict.h"

enum { TURNS = 15 };

/** struct share - one of two; @us: of processor time; @waits: switches that it asked for */
struct share {
	const struct job *job;
	pthread_barrier_t *start;
	int n;
	double us;
	long waits;
};

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long waits(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nvcsw;
}

static void *work(void *arg)
{
	struct share *s = arg;
	double began;
	long before;
	int i;

	if (s->start)
		pthread_barrier_wait(s->start);
	before = waits();
	began = cpu_us();
	for (i = 0; i < s->n; i++)
		judge(s->job);
	s->us = cpu_us() - began;
	s->waits = waits() - before;
	return NULL;
}

static struct share by_one(const struct job *job)
{
	struct share s = { .job = job, .n = 2 * BATCH };

	work(&s);
	return s;
}

static struct share by_threads(const struct job *job)
{
	pthread_barrier_t start;
	struct share s[2] = { { .job = job, .start = &start, .n = BATCH } };
	pthread_t thread[2];
	int i;

	s[1] = s[0];
	pthread_barrier_init(&start, NULL, 2);
	for (i = 0; i < 2; i++)
		if (pthread_create(&thread[i], NULL, work, &s[i]))
			die("no thread");
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&start);
	s[0].us += s[1].us;
	s[0].waits += s[1].waits;
	return s[0];
}

/* The other's share comes through a pipe, which also lets both begin together. */
static struct share by_processes(const struct job *job)
{
	struct share mine = { .job = job, .n = BATCH }, others = mine;
	int pipes[2], status;
	pid_t pid;

	if (pipe(pipes))
		die("no pipe");
	pid = fork();
	if (pid < 0)
		die("no process");
	if (!pid) {
		if (write(pipes[1], "", 1) != 1)
			_exit(1);
		work(&others);
		_exit(write(pipes[1], &others, sizeof(others)) != sizeof(others));
	}
	if (read(pipes[0], &status, 1) != 1)
		die("no second process");
	work(&mine);
	if (waitpid(pid, &status, 0) != pid || status ||
	    read(pipes[0], &others, sizeof(others)) != sizeof(others))
		die("the second process failed");
	close(pipes[0]);
	close(pipes[1]);
	mine.us += others.us;
	mine.waits += others.waits;
	return mine;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void show(const char *what, double *ratio, long waited)
{
	qsort(ratio, TURNS, sizeof(*ratio), by_value);
	printf("  %-24s %.3f of one's processor time (%.3f..%.3f in %d turns), %ld waits in %d verdicts\n",
	       what, ratio[TURNS / 2], ratio[TURNS / 4], ratio[TURNS - 1 - TURNS / 4], TURNS,
	       waited, TURNS * 2 * BATCH);
}

/* All of it in turns, so that other work on the machine falls on each. */
void threads_compare(const struct job *job)
{
	double threads[TURNS], processes[TURNS], control[TURNS];
	long waited[3] = { 0 };
	int i;

	for (i = 0; i < TURNS; i++) {
		struct share one = by_one(job), two = by_threads(job), apart = by_processes(job);
		struct share again = by_one(job);
		double base = (one.us + again.us) / 2;

		threads[i] = two.us / base;
		processes[i] = apart.us / base;
		control[i] = again.us / one.us;
		waited[0] += two.waits;
		waited[1] += apart.waits;
		waited[2] += again.waits;
	}
	show("two threads", threads, waited[0]);
	show("two processes", processes, waited[1]);
	show("one again, the control", control, waited[2]);
}
