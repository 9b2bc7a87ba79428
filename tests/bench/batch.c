// SPDX-License-Identifier: MIT
/*
 * P11: requests that wait together share one call of the provider. An agent, this
 * program's first thread, has a request in hand while N others come to wait; it
 * answers that, is asked once for all N, and answers. What N = 0 costs is taken off
 * N = 1 and N = 64. The others' threads go before it on the one CPU, so that each
 * has come to wait, or ended, when it goes on.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ward_agent.h>

#include "bench.h"
#include "kmod/wardbench.h"

enum { MOST = 64, EVIDENCE = 64 };

static struct asker {
	pthread_t thread;
	int session;
	sem_t go;
	struct ward_attest cmd;
	struct ward_claims claims;
	unsigned char path[WARD_PATH_NODES_MAX][WARD_DIGEST_LEN];
	unsigned char evidence[EVIDENCE];
} askers[MOST + 1];
static sem_t done;

static void *asks(void *arg)
{
	struct asker *a = arg;

	for (;;) {
		sem_wait(&a->go);
		if (a->session < 0)
			return NULL;
		a->cmd = (struct ward_attest){
			.size = sizeof(a->cmd), .purpose = WARD_PURPOSE_REPORT, .nonce_len = 32,
			.claims_addr = (uintptr_t)&a->claims, .claims_len = sizeof(a->claims),
			.path_addr = (uintptr_t)a->path, .path_len = sizeof(a->path),
			.evidence_addr = (uintptr_t)a->evidence, .evidence_len = EVIDENCE,
		};
		need(!ioctl(a->session, WARD_ATTEST, &a->cmd), "WARD_ATTEST");
		sem_post(&done);
	}
}

static void askers_start(void)
{
	struct sched_param first = { .sched_priority = 1 };
	pthread_attr_t attr;
	int i;

	sem_init(&done, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &first);
	for (i = 0; i <= MOST; i++) {
		askers[i].session = session_open();
		sem_init(&askers[i].go, 0, 0);
		need(!pthread_create(&askers[i].thread, &attr, asks, &askers[i]), "a thread");
	}
}

static void askers_end(void)
{
	int i;

	for (i = 0; i <= MOST; i++) {
		close(askers[i].session);
		askers[i].session = -1;
		sem_post(&askers[i].go);
		pthread_join(askers[i].thread, NULL);
	}
}

static void next(int agent, struct ward_agent_request *req)
{
	need(read(agent, req, sizeof(*req)) == sizeof(*req), "the agent's request");
}

static void answer(int agent, const struct ward_agent_request *req)
{
	static const unsigned char evidence[EVIDENCE] = { 1 };
	struct ward_agent_reply cmd = {
		.size = sizeof(cmd), .cookie = req->cookie, .data_len = sizeof(evidence),
		.data_addr = (uintptr_t)evidence,
	};

	need(!ioctl(agent, WARD_AGENT_REPLY, &cmd), "WARD_AGENT_REPLY");
}

struct crowd {
	int agent, n;
};

static void crowd_round(const void *arg, uint64_t part[PARTS])
{
	const struct crowd *c = arg;
	struct ward_agent_request req;
	uint64_t t;
	int i;

	sem_post(&askers[0].go);
	next(c->agent, &req);
	t = __rdtsc();
	for (i = 1; i <= c->n; i++)
		sem_post(&askers[i].go);
	answer(c->agent, &req);
	if (c->n) {
		next(c->agent, &req);
		answer(c->agent, &req);
	}
	for (i = 0; i <= c->n; i++)
		sem_wait(&done);
	part[0] = __rdtsc() - t;
	for (i = 1; i <= c->n; i++)
		need(askers[i].cmd.out_leaves == (unsigned int)c->n, "one call for all");
}

void rows_batch(void)
{
	int session = session_open(), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int agent = bench_agent(session);
	struct crowd crowds[] = { { agent, 1 }, { agent, MOST }, { agent, 0 } };
	struct side s[] = {
		{ "one waits", crowd_round, &crowds[0], { { 0 } } },
		{ "64 wait", crowd_round, &crowds[1], { { 0 } } },
		{ "none waits", crowd_round, &crowds[2], { { 0 } } },
		{ "claims", bench_claims, &session, { { 0 } } },
		{ "ENOTTY of /dev/null", bench_enotty, &null, { { 0 } } },
	};
	double one, all, each;

	askers_start();
	race(s, 5);
	askers_end();
	one = (double)median(&s[0], 0) - (double)median(&s[2], 0);
	all = (double)median(&s[1], 0) - (double)median(&s[2], 0);
	each = (double)median(&s[3], 0) - (double)median(&s[4], 0) +
	       (double)bench_median(WARDBENCH_LEAF, session, 100);
	row_ratio("P11 64 that wait together / one, and 64 times claims and path",
		  all / (one + MOST * each), 1.3);
	tell("one that waits", one, "instructions");
	tell("64 that wait", all, "instructions");
	tell("claims, their leaf and a node above it", each, "instructions");
	tell("64 that wait, in calls of the provider", 1, "call");
	close(agent);
	close(session);
	close(null);
}
