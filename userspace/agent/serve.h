/* SPDX-License-Identifier: MIT */
/*
 * Agents at work: a thread each, so that a device that hangs keeps nobody else
 * waiting.
 */
#ifndef WARDD_SERVE_H
#define WARDD_SERVE_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend.h"

/**
 * struct agent - one backend, opened and bound
 * @state: the backend's
 * @link: to the kernel
 * @sys: whose clock deadlines are compared with
 * @stop_fd: readable = end; shared by all agents
 * @ended_fd: counts the agents that have ended; shared
 * @ended: its thread is past everything but its return
 * @err: why it ended: 0, or -errno
 * @answers: evidence that the kernel took
 * @failed: the same failure in a row, told once
 * @last: that failure
 */
struct agent {
	const struct backend *backend;
	void *state;
	struct ward_agent *link;
	const struct ward_sys *sys;
	int stop_fd;
	int ended_fd;
	pthread_t thread;
	atomic_bool ended;
	int err;
	uint64_t answers;
	uint64_t failed;
	struct trouble last;
};

/**
 * serve_request() - answer one request, or leave it where its deadline has passed
 *
 * Return: 0; what ward_agent_reply() says, but for -ENOENT (nobody waits any more)
 * and -EBADMSG (the kernel refused the evidence, and the request has its answer).
 */
int serve_request(struct agent *agent, const struct ward_agent_request *request);

/**
 * serve() - until all agents are retired, one ends by an error, or SIGTERM or SIGINT comes;
 *	without any agent until a signal
 *
 * Says READY=1 when every thread runs. Threads that are inside a device after a
 * grace time are left behind: the caller ends the process by _exit().
 *
 * Return: 0; -errno where an agent ended by an error.
 */
int serve(struct agent *agents, size_t count);

#endif /* WARDD_SERVE_H */
