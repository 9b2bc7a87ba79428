/* SPDX-License-Identifier: MIT */
/*
 * What was refused before any evidence was judged: counted here, and summed into one
 * record of the audit for each class of addresses and interval, so that strangers don't
 * write to the database at will. Of one size, whoever asks.
 */
#ifndef BROKER_TALLY_H
#define BROKER_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "audit.h"
#include "db.h"

#define TALLY_SECONDS	60	/* of one interval */
#define TALLY_CLASSES	5	/* of addresses: loopback, private, ipv4, ipv6, unknown */
#define TALLY_ROWS	40	/* kinds of refusal that a class tells apart; others are "other" */

/** struct tally_sum - of one class; @event, @result: words of the code, which stay */
struct tally_sum {
	uint64_t total;
	size_t rows;
	struct {
		const char *event;
		const char *result;
		uint64_t count;
	} row[TALLY_ROWS];
};

/** struct tally - zeroes = nothing is counted; @since: when the first was */
struct tally {
	int64_t since;
	struct tally_sum of[TALLY_CLASSES];
};

/** tally_add - one more; @peer: address as text, or NULL */
void tally_add(struct tally *t, int64_t now, const char *peer, const char *event,
	       const char *result);

/**
 * tally_flush - to the audit what is older than an interval, or all where @now is 0
 * Returns 0 or as db_transaction(): it stays counted then.
 */
int tally_flush(struct tally *t, struct db *db, const struct audit *audit, int64_t now,
		struct db_fault *fault);

/** tally_json - { event: { result: count } } */
json_t *tally_json(const struct tally_sum *sum);

#endif /* BROKER_TALLY_H */
