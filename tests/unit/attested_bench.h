/* SPDX-License-Identifier: MIT */
/*
 * Parties of a federation over attested channels on loopback, each a guest of its own whose
 * evidence is simulated: for the unit test, and for tests/bench/round_cost.c.
 */
#ifndef WARD_TESTS_ATTESTED_BENCH_H
#define WARD_TESTS_ATTESTED_BENCH_H

#include "federation_bench.h"

#include "../../userspace/worker/attested.h"

#define DECLARED_BYTE	0x5a	/* stands for the right plan */

/** struct party - one guest, and how it judges the other side */
struct party {
	struct attested attested;
	uint8_t declared;
	uint8_t session;	/* first byte of its id */
	unsigned int gave;
	double gave_ms;		/* processor's time that its evidence took */
	unsigned int turns_at;	/* so much evidence is right, the rest of another plan; 0 = all */
	unsigned int rounds;	/* that it was asked in */
	bool left;		/* a connection that failed, for somebody to close twice */
	char where[32];
};

/** party_keys, party_keys_end - for cmocka: keys, root and policy of a group */
int party_keys(void **state);
int party_keys_end(void **state);

/** party_policy, party_root - files by which parties judge each other */
const char *party_policy(void);
const char *party_root(void);

/** party_begin - a guest whose session's id has that first byte */
void party_begin(struct party *p, uint8_t session);

/** party_reach - a struct fed_site's connect, its arg a party whose @where is set */
int party_reach(void *arg, struct link *link, struct failure *failure);

/** party_listen - @p is the aggregator: listens; Return: the port */
uint16_t party_listen(struct party *p);

/** party_accept, party_accept_end - take connections for @fed in a thread; until the end */
void party_accept(struct fed *fed);
void party_accept_end(void);

#endif /* WARD_TESTS_ATTESTED_BENCH_H */
