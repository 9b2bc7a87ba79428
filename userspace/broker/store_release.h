/* SPDX-License-Identifier: MIT */
/*
 * A release in the database, all of it or nothing: the use is counted, the audit has
 * its record and the log's line. Only after that may the key leave: whatever ends the
 * broker then, no key is released more often than it may be.
 */
#ifndef BROKER_STORE_RELEASE_H
#define BROKER_STORE_RELEASE_H

#include <stdint.h>

#include "audit.h"
#include "db.h"

/**
 * struct release_terms - under which a key may be released
 * @path: of the resource
 * @wrapped: of a row of the table of resources, which has terms of its own, too: its
 *	wrapped key, no two rows' the same; NULL = of the configuration
 * @expires: seconds since the epoch; 0 = never
 * @uses: how often; 0 = as often as it is asked for
 * @policy, @policy_sha256: the named one that was met; NULL = none is asked for
 *
 * What was judged before must still stand when the use is counted: a row that was deleted
 * and entered anew meanwhile has another key, clients and policy.
 */
struct release_terms {
	const char *path;
	const uint8_t *wrapped;
	int64_t expires;
	int64_t uses;
	const char *policy;
	uint8_t policy_sha256[32];
};

/**
 * store_stands - would what was judged before be judged so now, uses and time aside?
 * Returns 0; -ENOENT, -ESTALE, -EKEYREJECTED as store_release(); or as db_run().
 */
int store_stands(struct db *db, const struct release_terms *terms, const struct attested *who,
		 struct db_fault *fault);

/**
 * store_release - count one use and record it
 * @e: its record: time, line and all; @e->use is filled in
 * Returns 0: it is on disk; -ENOENT: the resource is gone, disabled or another meanwhile;
 * -ESTALE: its policy is another, or one of all refuses; -ETIME: its time is over; -EDQUOT:
 * it is used up; -EKEYREJECTED: no broker wrote a row that it leans on so; or as
 * db_transaction(). After a failure nothing is counted.
 */
int store_release(struct db *db, const struct audit *audit, const struct release_terms *terms,
		  struct audit_entry *e, struct db_fault *fault);

#endif /* BROKER_STORE_RELEASE_H */
