// SPDX-License-Identifier: MIT
/*
 * P10: an answer of WARD_ATTEST that is given again, beside a call that does
 * nothing. The provider is an agent, a child of this program, which is asked once
 * for each question. What copying costs is told apart by three answers: a short
 * one, a long one, and a short one of a part more.
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

enum { SHORT = 64, LONG = 32704, AUX = 8, QUESTIONS = 3 };

static struct ward_claims claims;
static unsigned char evidence[2][WARD_EVIDENCE_MAX], aux[WARD_AUX_MAX];

struct question {
	int session;
	uint32_t evidence_len;
	struct ward_attest cmd;
};

/* Answers the questions in order: short, long, and short with endorsements. */
static void serve(int agent)
{
	struct ward_agent_request req;
	int i;

	for (i = 0; i < QUESTIONS; i++) {
		struct ward_agent_reply cmd = {
			.size = sizeof(cmd), .generation = 1,
			.data_addr = (uintptr_t)evidence[0], .data_len = i == 1 ? LONG : SHORT,
			.aux_addr = i == 2 ? (uintptr_t)aux : 0, .aux_len = i == 2 ? AUX : 0,
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
	cmd->aux_addr = (uintptr_t)aux;
	cmd->aux_len = WARD_AUX_MAX;
}

/* The room's lengths are written over by each answer: they stay enough. */
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

void rows_reuse(void)
{
	struct question q[QUESTIONS] = {
		{ session_open(), SHORT, { 0 } }, { session_open(), LONG, { 0 } },
		{ session_open(), SHORT, { 0 } },
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), session = session_open();
	struct side s[] = {
		{ "an answer given again, short", reuse_round, &q[0], { { 0 } } },
		{ "an answer given again, long", reuse_round, &q[1], { { 0 } } },
		{ "an answer of a part more", reuse_round, &q[2], { { 0 } } },
		{ "WARD_INFO, its head alone", bench_null, &session, { { 0 } } },
		{ "ENOTTY of /dev/null", bench_enotty, &null, { { 0 } } },
	};
	int agent = bench_agent(session), i;
	double floor, a_byte, a_part, copied, above, least;
	pid_t child = fork();

	need(child >= 0, "fork");
	if (!child) {
		serve(agent);
		_exit(0);
	}
	for (i = 0; i < QUESTIONS; i++) {
		fill(&q[i]);
		need(!ioctl(q[i].session, WARD_ATTEST, &q[i].cmd), "the first answer");
	}
	waitpid(child, NULL, 0);
	race(s, 5);
	floor = (double)median(&s[4], 0);
	a_byte = (double)(median(&s[1], 0) - median(&s[0], 0)) / (LONG - SHORT);
	a_part = (double)median(&s[2], 0) - (double)median(&s[0], 0);
	/* Claims and evidence, and the struct both ways. */
	copied = a_byte * (sizeof(claims) + SHORT + 2 * sizeof(struct ward_attest)) + 2 * a_part;
	above = (double)median(&s[0], 0) - floor;
	least = (double)median(&s[3], 0) - floor;
	row_ratio("P10 an answer given again, less its copy / a call that does nothing",
		  (above - copied) / least, 3.0);
	tell("the answer above ENOTTY", above, "instructions");
	tell("one part more", a_part, "instructions");
	tell("its copy", copied, "instructions");
	tell("the call that does nothing above ENOTTY", least, "instructions");
	close(agent);
}
