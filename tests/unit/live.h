/* SPDX-License-Identifier: MIT */
/*
 * A ward-broker of its own, on loopback, with one data set of one owner, and
 * evidence of a simulated guest that its policy accepts. $BIN names the
 * directory of the programs. Files are in a new directory below /tmp.
 */
#ifndef TEST_LIVE_H
#define TEST_LIVE_H

#include <sys/types.h>

#include "sim.h"

#define LIVE_RESOURCE "hospital/dataset/one"

extern const char live_rows[11];	/* the table that one.wds holds */
extern char live_url[64];
extern struct sim_guest live_guest;	/* what live_evidence() speaks of */

/** live_start - make keys, data set and policy, start the broker; 0 or -1 */
int live_start(void);

/** live_start - in steps: keys, data set and policy; members of the configuration (one at
 *  least); a program beside or below $BIN, at work */
int live_prepare(void);
int live_configure(const char *more, const char *resource_more);
int live_run(const char *program);

/** live_pid - of the broker that runs; 0 = none does */
pid_t live_pid(void);

/** live_wait - for a broker that ends by itself; its status */
int live_wait(void);

/** live_stop - end it and remove its files; 0 when it ended in good order */
int live_stop(void);

/** live_path - a file below the directory; good for a few at a time */
const char *live_path(const char *name);

/** live_log_lines - releases so far */
unsigned int live_log_lines(void);

/** live_evidence - a ward_kbs_evidence_fn; @arg, if any, is how many seconds to wait */
int live_evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
		  uint8_t **bundle, size_t *bundle_len, void *arg);

#endif /* TEST_LIVE_H */
