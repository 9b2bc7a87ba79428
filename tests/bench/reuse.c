// SPDX-License-Identifier: MIT
/*
 * P10: an answer of WARD_ATTEST that is given again, beside a call that does
 * nothing. The provider is an agent, a child of this program, which is asked once
 * for each question. What copying costs is told apart by two answers, a short one
 * and a long one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ward_agent.h>

#include "bench.h"

enum { CALLS = 200, SHORT = 64, LONG = 32704 };

static struct ward_claims claims;
static unsigned char evidence[2][WARD_EVIDENCE_MAX];

struct question {
	int session;
	uint32_t evidence_len;
	struct ward_attest cmd;
};

static int agent_bind(int session)
{
	struct ward_agent_bind cmd = { .size = sizeof(cmd), .name = "bench" };

	need(!ioctl(session, WARD_AGENT_BIND, &cmd), "WARD_AGENT_BIND");
	return cmd.out_fd;
}

/* Answers @n requests, the first with a short piece of evidence. */
static void serve(int agent, int n)
{
	struct ward_agent_request req;
	int i;

	for (i = 0; i < n; i++) {
		struct ward_agent_reply cmd = {
			.size = sizeof(cmd), .generation = 1,
			.data_addr = (uintptr_t)evidence[0], .data_len = i ? LONG : SHORT,
		};

		need(read(agent, &req, sizeof(req)) == sizeof(req), "agent's request");
		cmd.cookie = req.cookie;
		need(!ioctl(agent, WARD_AGENT_REPLY, &cmd), "WARD_AGENT_REPLY");
	}
}

static void fill(struct question *q)
{
	struct ward_attest *cmd = &q->cmd;

	memset(cmd, 0, sizeof(*cmd));
	cmd->size = sizeof(*cmd);
	cmd->purpose = WARD_PURPOSE_REPORT;
	cmd->nonce_len = 32;
	cmd->max_age_ns = UINT64_MAX;
	cmd->claims_addr = (uintptr_t)&claims;
	cmd->claims_len = sizeof(claims);
	cmd->evidence_addr = (uintptr_t)evidence[1];
	cmd->evidence_len = WARD_EVIDENCE_MAX;
}

/* The length of the room is written over by each answer: it stays enough. */
static void reuse_round(const void *arg, uint64_t part[PARTS])
{
	struct question *q = (struct question *)arg;
	uint64_t t;
	int i;

	fill(q);
	t = __rdtsc();
	for (i = 0; i < CALLS; i++)
		need(!ioctl(q->session, WARD_ATTEST, &q->cmd), "WARD_ATTEST");
	part[0] = (__rdtsc() - t) / CALLS;
	need(q->cmd.out_age_ns && q->cmd.evidence_len == q->evidence_len, "an answer given again");
}

static void enotty_round(const void *arg, uint64_t part[PARTS])
{
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc();

	for (i = 0; i < CALLS; i++)
		need(ioctl(fd, _IO('W', 255), 0) < 0 && errno == ENOTTY, "ENOTTY");
	part[0] = (__rdtsc() - t) / CALLS;
}

static void null_round(const void *arg, uint64_t part[PARTS])
{
	struct { uint32_t size, flags; } head = { .size = sizeof(head) };
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc();

	for (i = 0; i < CALLS; i++)
		need(!ioctl(fd, WARD_INFO, &head), "WARD_INFO");
	part[0] = (__rdtsc() - t) / CALLS;
}

void rows_reuse(void)
{
	struct question q[2] = {
		{ session_open(), SHORT, { 0 } }, { session_open(), LONG, { 0 } },
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), session = session_open();
	struct side s[] = {
		{ "an answer given again, short", reuse_round, &q[0], { { 0 } } },
		{ "an answer given again, long", reuse_round, &q[1], { { 0 } } },
		{ "WARD_INFO, its head alone", null_round, &session, { { 0 } } },
		{ "ENOTTY of /dev/null", enotty_round, &null, { { 0 } } },
	};
	int agent = agent_bind(session), i;
	double floor, a_byte, copied, above, least;
	pid_t child = fork();

	need(child >= 0, "fork");
	if (!child) {
		serve(agent, 2);
		_exit(0);
	}
	for (i = 0; i < 2; i++) {
		fill(&q[i]);
		need(!ioctl(q[i].session, WARD_ATTEST, &q[i].cmd), "the first answer");
	}
	waitpid(child, NULL, 0);
	race(s, 4);
	floor = (double)median(&s[3], 0);
	a_byte = (double)(median(&s[1], 0) - median(&s[0], 0)) / (LONG - SHORT);
	copied = a_byte * (sizeof(claims) + SHORT + 2 * sizeof(struct ward_attest));
	above = (double)median(&s[0], 0) - floor;
	least = (double)median(&s[2], 0) - floor;
	row_ratio("P10 an answer given again, less its copy / a call that does nothing",
		  (above - copied) / least, 3.0);
	tell("the answer above ENOTTY", above, "instructions");
	tell("its copy", copied, "instructions");
	tell("the call that does nothing above ENOTTY", least, "instructions");
	close(agent);
}
