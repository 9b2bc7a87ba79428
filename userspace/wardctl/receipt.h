/* SPDX-License-Identifier: MIT */
/* A wipe receipt of a session that has ended, with what records of it are left. */
#ifndef WARDCTL_RECEIPT_H
#define WARDCTL_RECEIPT_H

#include "device.h"

/** struct receipt_for - of which session, for which release */
struct receipt_for {
	uint8_t session[WARD_ID_LEN];
	uint8_t release[16];
	uint8_t dataset[16];
	uint8_t nonce[32];
};

/**
 * struct receipt - one that was taken
 * @records: of its chain, up to the attested head; none where @records.count is 0
 * @records_of: how many the chain has
 */
struct receipt {
	struct ward_evidence *evidence;
	struct ward_records records;
	uint64_t records_of;
};

/**
 * receipt_take - let an open session attest for the one that has ended
 * @control: to ask for records, which are root's to see; NULL = without
 *
 * Returns 0 or -errno: ENOENT (no such ended session), EPERM (another user's),
 * EINVAL (it holds memory), and what ward_session_attest() has. receipt_free() it.
 */
int receipt_take(struct ward_session *session, struct ward_control *control,
		 const struct receipt_for *what, struct receipt *out);
void receipt_free(struct receipt *receipt);

/** receipt_show - which records it has, as members of what is open */
void receipt_show(struct wardctl *ctl, const struct receipt *receipt);

/** receipt_reason - the word for why there is none; receipt_why - in a sentence */
const char *receipt_reason(int err);
const char *receipt_why(int err);

#endif /* WARDCTL_RECEIPT_H */
