/* SPDX-License-Identifier: MIT */
/*
 * A federation in one process: sites in threads of their own, sockets between them and the
 * aggregator, and a hook on each frame that goes either way, which may change it, hold it up or
 * cut the connection.
 */
#ifndef WARD_TESTS_FEDERATION_PAIR_H
#define WARD_TESTS_FEDERATION_PAIR_H

#include <pthread.h>

#include "worker_world.h"

#include "../../userspace/worker/client.h"
#include "../../userspace/worker/federate.h"
#include "../../userspace/worker/link.h"

/* Return: 0, or a negative errno in place of the write, which cuts the connection. */
typedef int (*pair_hook)(void *arg, uint8_t *frame, size_t len);

/** struct pair_end - one end of a connection */
struct pair_end {
	int fd;
	pair_hook hook;
	void *arg;
	struct link link;
};

/**
 * struct pair_site - a site and the thread that runs it
 * @name: of it
 * @text: its rows
 * @plan: text of its plan
 * @hook: on what it sends, or NULL
 * @arg: for @hook
 * @ret, @failure, @model: of client_run()
 */
struct pair_site {
	const char *name;
	struct bench_text text;
	const char *plan;
	pair_hook hook;
	void *arg;

	struct world world;
	struct pair_end end;
	struct client client;
	struct model model[PLAN_RUNS_MAX];
	struct failure failure;
	int ret;
	bool joined;
	pthread_t thread;
};

/** struct pair_told - what the roster said of sites */
struct pair_told {
	char text[4096];
};

/** struct pair - the aggregator */
struct pair {
	struct bench_memory bench;
	struct memory memory;
	struct plan *plan;
	struct roster roster;
	struct federation federation;
	struct model model[PLAN_RUNS_MAX];
	struct failure failure;
	struct pair_told told;
	pair_hook hook;		/* on what it sends */
	void *arg;
	int ret;
};

/** pair_begin - an aggregator without sites */
void pair_begin(struct pair *p, const char *plan, uint32_t sites, uint32_t quorum);

/** pair_join - start a site and connect it; from any thread of the aggregator's */
void pair_join(struct pair *p, struct pair_site *site);

/** pair_socket - connect one end to the aggregator, for a test that is the site itself */
int pair_socket(struct pair *p);

/** pair_run - the federation up to its models; ends all connections, waits for no site */
void pair_run(struct pair *p);

/** pair_wait - for a site's thread */
void pair_wait(struct pair_site *site);

/** pair_site_end, pair_end - nothing is held then */
void pair_site_end(struct pair_site *site);
void pair_end(struct pair *p);

/** pair_said - was something told of a site, in these words */
bool pair_said(const struct pair *p, const char *site, const char *words);

#endif /* WARD_TESTS_FEDERATION_PAIR_H */
