/* SPDX-License-Identifier: MIT */
/*
 * A federation in one process: sites in threads of their own, sockets between them and the
 * aggregator, and a hook on each frame that goes either way, which may change it, hold it up or
 * cut the connection.
 */
#ifndef WARD_TESTS_FEDERATION_BENCH_H
#define WARD_TESTS_FEDERATION_BENCH_H

#include <pthread.h>

#include "worker_world.h"

#include "../../userspace/worker/client.h"
#include "../../userspace/worker/federate.h"
#include "../../userspace/worker/link.h"

/* Return: 0, or a negative errno in place of the write, which cuts the connection. */
typedef int (*fed_hook)(void *arg, uint8_t *frame, size_t len);

/** struct fed_end - one end of a connection */
struct fed_end {
	int fd;
	fed_hook hook;
	void *arg;
	struct link link;
};

/**
 * struct fed_site - a site and the thread that runs it
 * @name: of it
 * @text: its rows
 * @plan: text of its plan
 * @connect: how it reaches the aggregator, in its own thread; NULL = by a socket to it
 * @hook: on what it sends over that, or NULL
 * @arg: for either
 * @reattest_rounds: of the client
 * @ret, @failure, @model: of client_run()
 */
struct fed_site {
	const char *name;
	struct bench_text text;
	const char *plan;
	int (*connect)(void *arg, struct link *link, struct failure *failure);
	fed_hook hook;
	void *arg;
	uint64_t reattest_rounds;

	struct world world;
	struct fed_end end;
	struct client client;
	struct model model[PLAN_RUNS_MAX];
	uint8_t session;	/* first to last byte of the id that it says */
	struct failure failure;
	int ret;
	bool joined;
	pthread_t thread;
};

/** struct fed_told - what the roster said of sites */
struct fed_told {
	char text[4096];
};

/** struct fed - the aggregator; @tcp: of its own sockets, in place of local ones */
struct fed {
	struct bench_memory bench;
	struct memory memory;
	struct plan *plan;
	struct roster roster;
	struct federation federation;
	struct model model[PLAN_RUNS_MAX];
	struct failure failure;
	struct fed_told told;
	fed_hook hook;		/* on what it sends */
	void *arg;
	bool tcp;
	int ret;
};

/** fed_plan - of several kinds of runs, over what bench_table() makes */
extern const char fed_plan[];

/** fed_begin - an aggregator without sites */
void fed_begin(struct fed *p, const char *plan, uint32_t sites, uint32_t quorum);

/** fed_join - start a site and connect it; from any thread of the aggregator's */
void fed_join(struct fed *p, struct fed_site *site);

/** fed_socket - connect one end to the aggregator, for a test that is the site itself */
int fed_socket(struct fed *p);

/** fed_run - the federation up to its models; ends all connections, waits for no site */
void fed_run(struct fed *p);

/** fed_wait - for a site's thread */
void fed_wait(struct fed_site *site);

/** fed_run_with - fed_run() with the first @begin of some sites, up to the end of all of them */
void fed_run_with(struct fed *p, struct fed_site *site, size_t begin, size_t sites);

/** fed_site_end, fed_end - nothing is held then */
void fed_site_end(struct fed_site *site);
void fed_end(struct fed *p);

/** fed_said - was something told of a site, in these words */
bool fed_said(const struct fed *p, const char *site, const char *words);

#endif /* WARD_TESTS_FEDERATION_BENCH_H */
