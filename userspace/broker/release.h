/* SPDX-License-Identifier: MIT */
/*
 * Releasing a data key: the payload that goes to the worker, and the line of the
 * release log that the receipt must match later. The database has the line before the
 * file, and both are on disk before the key leaves. doc/formats.md, section 8.
 */
#ifndef BROKER_RELEASE_H
#define BROKER_RELEASE_H

#include <stdint.h>

#include "attested.h"
#include "config.h"
#include "db.h"

#define RELEASE_PAYLOAD_MAX 320
#define RELEASE_LINE_MAX 1024

/**
 * struct release - one release
 * @id: of this release, random
 * @receipt_nonce: what the receipt must carry, random
 */
struct release {
	uint8_t id[16];
	uint8_t receipt_nonce[32];
};

struct release_log;

/**
 * release_log_open - open for appending, made if missing, mode 0600
 *
 * A line that an interrupted writer left unfinished is ended, so that it spoils
 * no other. Returns 0 or -errno.
 */
int release_log_open(const char *path, struct release_log **out);
void release_log_close(struct release_log *log);

/** release_log_fd - open for reading and appending; the log's own */
int release_log_fd(const struct release_log *log);

/** release_new - draw id and nonce; 0 or -1 */
int release_new(struct release *r);

/**
 * release_payload - the JSON that is wrapped for the worker
 * @key: 32 bytes
 * @out: RELEASE_PAYLOAD_MAX bytes, holds the key afterwards: the caller wipes it
 * Returns its length.
 */
size_t release_payload(const struct release *r, const struct config_resource *resource,
		       const uint8_t *key, char *out);

/**
 * release_line - its line of the release log, without the end of the line
 * @now: seconds since the epoch
 * @out: RELEASE_LINE_MAX bytes
 * Returns 0 or -EOVERFLOW.
 */
int release_line(const struct release *r, const struct config_resource *resource,
		 const struct attested *who, int64_t now, char *out);

/**
 * release_log_append - write one line and sync it
 * Returns 0 or -errno; after a failure no part of the line is left.
 */
int release_log_append(struct release_log *log, const char *line);

/**
 * struct release_mended - what the comparison found
 * @added: lines that were missing in the log
 * @strange: releases that the log has and the database has not: that is another one, or one
 *	of before came back, with its counts
 * @forged: lines of the database that no record names which a broker signed: not added
 */
struct release_mended {
	int added, strange, forged;
};

struct audit;

/**
 * release_log_mend - append the lines that the database has and the log has not
 *
 * What was committed before a crash but not written, and what other brokers of the
 * database released. Returns 0 or -errno.
 */
int release_log_mend(struct release_log *log, struct db *db, const struct audit *audit,
		     struct release_mended *out, struct db_fault *fault);

#endif /* BROKER_RELEASE_H */
