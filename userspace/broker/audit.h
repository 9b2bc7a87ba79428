/* SPDX-License-Identifier: MIT */
/*
 * What the broker decided, in the database: records in a chain that nobody changes
 * unseen, each signed. doc/formats.md, section 15. Never a key, a nonce, a cookie or a
 * token. The journal says the same to people; this is what an owner keeps.
 */
#ifndef BROKER_AUDIT_H
#define BROKER_AUDIT_H

#include <stdint.h>
#include <stdio.h>

#include "attested.h"
#include "db.h"

#define AUDIT_RECORD_MAX 4096	/* bytes */

struct audit;
struct tally_sum;

/**
 * struct audit_entry - one decision, or a sum of refusals
 * @time: seconds since the epoch
 * @event: "attest", "release", "counter", "admin"; "refused" of a sum
 * @result: "ok" or a reason; "counted" of a sum
 * @peer: address of the client, or NULL; class of addresses of a sum
 * @client: SHA-256 of the key of an administrator's certificate, or NULL
 * @resource: path, or NULL
 * @evidence: SHA-256 of what the worker sent, or NULL
 * @policy: SHA-256 of the policy's bytes, or NULL
 * @who: what authentic evidence said, or NULL
 * @release: 16 bytes, or NULL
 * @use: how many releases of the resource this makes, or the version counted; 0 = neither
 * @line: of the release log, or NULL; the record holds its SHA-256
 * @sum, @since: refusals, and when the first of them was; NULL = it is none of a sum
 */
struct audit_entry {
	int64_t time;
	const char *event;
	const char *result;
	const char *peer;
	const uint8_t *client;
	const char *resource;
	const uint8_t *evidence;
	const uint8_t *policy;
	const struct attested *who;
	const uint8_t *release;
	int64_t use;
	const char *line;
	const struct tally_sum *sum;
	int64_t since;
};

/** audit_open - with the key that the brokers of the database share; 0 or -errno */
int audit_open(struct db *db, struct audit **out, struct db_fault *fault);
void audit_close(struct audit *audit);

/** audit_key_pem - the public key, as PEM; 0 or -1 */
int audit_key_pem(const struct audit *audit, FILE *out);

/** audit_lock - first statement of a transaction that appends: the chain has one end */
int audit_lock(struct db *db, struct db_fault *fault);

/** audit_append - inside of a transaction that began with audit_lock() */
int audit_append(struct db *db, const struct audit *audit, const struct audit_entry *e,
		 struct db_fault *fault);

/** audit_note - a decision that is a transaction of its own */
int audit_note(struct db *db, const struct audit *audit, const struct audit_entry *e,
	       struct db_fault *fault);

/**
 * audit_vouches - is that line of the release log one that a record of ours names?
 * @before: head of the record before; NULL of SQL = it is the first
 */
int audit_vouches(const struct audit *audit, const char *line, const struct db_value *record,
		  const struct db_value *before, const struct db_value *head,
		  const struct db_value *signature);

/** audit_export - records from @first on, at most @max (0 = all), a line of JSON each; 0 or -errno */
int audit_export(struct db *db, int64_t first, int64_t max, FILE *out, struct db_fault *fault);

#endif /* BROKER_AUDIT_H */
