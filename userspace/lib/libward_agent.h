/* SPDX-License-Identifier: MIT */
/*
 * libward, agents: a privileged program that provides evidence where the kernel
 * has no TSM report entry for it, or beside that. <linux/ward_agent.h> is the
 * contract. Conventions as in libward.h, which includes this.
 */
#ifndef LIBWARD_AGENT_H
#define LIBWARD_AGENT_H

#include <stdint.h>

#include <linux/ward.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ward_agent;
struct ward_piece;
struct ward_session;

/* ---- agent.c ---------------------------------------------------------------- */

/**
 * struct ward_agent_options - what an agent is
 * @size: sizeof(struct ward_agent_options), set by the caller
 * @flags: WARD_AGENT_BESIDE, WARD_AGENT_EXCLUSIVE
 * @tee: WARD_TEE_*, the format of its evidence
 * @timeout_ms: how long a request waits for it; 0 = WARD_AGENT_TIMEOUT_MS
 * @name: 1 to 31 characters, no blanks
 */
struct ward_agent_options {
	uint32_t size;
	uint32_t flags;
	uint32_t tee;
	uint32_t timeout_ms;
	const char *name;
};

/**
 * ward_agent_bind() - become a provider (CAP_SYS_ADMIN)
 * @session: may be closed afterwards
 * @options: what it is
 * @out: closed by ward_agent_close()
 *
 * An agent that is bound under this name already is retired in the same moment.
 *
 * Return: 0; -EPERM, -EINVAL, -EOPNOTSUPP (tee, flags), -EUSERS (too many),
 * -ENOMEM, -EMFILE, -ENFILE.
 */
int ward_agent_bind(struct ward_session *session,
		    const struct ward_agent_options *options,
		    struct ward_agent **out);

/**
 * ward_agent_from_fd() - the same over a descriptor that was handed over
 * @fd: of an agent; owned by it on success
 * @out: closed by ward_agent_close()
 *
 * Return: 0; -EINVAL, -ENOMEM.
 */
int ward_agent_from_fd(int fd, struct ward_agent **out);

/**
 * ward_agent_close() - end it: what it has not answered fails
 * @agent: or NULL
 */
void ward_agent_close(struct ward_agent *agent);

/**
 * ward_agent_fd() - to poll() on, or to hand over
 * @agent: agent
 *
 * Return: the descriptor, still the agent's.
 */
int ward_agent_fd(const struct ward_agent *agent);

/**
 * ward_agent_next() - wait for a request
 * @agent: agent
 * @timeout_ms: as poll() takes it; -1 = for ever
 * @request: filled in
 *
 * Return: 1; 0 (retired: none will come); -ETIME, -EAGAIN (another thread took
 * it), -EINTR, -EBADMSG, -EBADF.
 */
int ward_agent_next(struct ward_agent *agent, int timeout_ms,
		    struct ward_agent_request *request);

/**
 * ward_agent_reply() - answer a request
 * @agent: agent
 * @cookie: of the request
 * @piece: data, aux, manifest and generation, or error; the rest is not looked at
 *
 * Return: 0; -ENOENT (nobody waits for it any more), -EBADMSG (the evidence
 * cannot be right, and the request has failed), -EMSGSIZE, -EINVAL (error),
 * -ENOMEM.
 */
int ward_agent_reply(struct ward_agent *agent, uint64_t cookie,
		     const struct ward_piece *piece);

#ifdef __cplusplus
}
#endif

#endif /* LIBWARD_AGENT_H */
