/* SPDX-License-Identifier: MIT */
/*
 * What the agents' tests share: binding, reading and replying as an agent does,
 * and callers that wait in threads of their own.
 */
#ifndef AGENT_TEST_H
#define AGENT_TEST_H

#include <pthread.h>

#include "attest_test.h"

/* What SNP reports and those of the simulated TEE have in common. */
enum { REPORT_LEN = 1184, REPORT_DATA_AT = 0x50 };

/* The agent fd, or -errno. Times are in milliseconds, 0 = the default. */
int agent_bind(const char *name, uint32_t tee, uint32_t flags, uint32_t timeout_ms);
/* The next request: 1, 0 at the end, or -errno. */
int agent_next(int agent, struct ward_agent_request *req);
/* A reply with evidence alone: 0 or -errno. */
int agent_reply(int agent, uint64_t cookie, const void *data, uint32_t len);
int agent_error(int agent, uint64_t cookie, uint32_t error);
/* A report of the right form over @report_data that nobody signed. */
void report_over(const uint8_t *report_data, uint8_t report[REPORT_LEN]);
/* Answers with such a report: 0 or -errno. */
int agent_answer(int agent, const struct ward_agent_request *req);
/* One request is read and answered so; ends the test where that fails. */
void agent_serve(int agent);

/** struct caller - WARD_ATTEST in a thread of its own */
struct caller {
	pthread_t thread;
	int session;
	int err;
	struct answer *a;
	uint64_t took_ns;
	uint8_t *more;		/* room for further parts, or NULL */
	uint32_t more_room;	/* how much; 0 = always enough */
	const uint8_t *raw;	/* the report data that it wants, or NULL */
};

void caller_start(struct caller *c);
/* Its result; the answer is freed by caller_end(). */
int caller_wait(struct caller *c);
void caller_end(struct caller *c);
/* The same in one go, answered by @agent; its result. */
int caller_served(struct caller *c, int agent);

/* No TSM report entry is linked from here on. */
void no_tsm(void);
/* As it was when the guest started, where this kernel has one. */
void tsm_again(void);

#endif /* AGENT_TEST_H */
