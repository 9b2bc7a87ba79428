/* SPDX-License-Identifier: MIT */
/*
 * Sessions of the key broker protocol, in the database: from /auth, which hands out a
 * cookie and a nonce, to the last resource; any broker of the database serves the next
 * step. Their number is capped, their life is short, and each nonce serves one
 * attestation. Cookies are not there, only their digests. Times are seconds since the
 * epoch: brokers that share a database keep their clocks in step.
 */
#ifndef BROKER_STORE_SESSION_H
#define BROKER_STORE_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "attested.h"
#include "db.h"

#define SESSION_ID_LEN		32
#define SESSION_COOKIE_LEN	(2 * SESSION_ID_LEN)	/* hex digits, no NUL */
#define SESSION_NONCE_LEN	SESSION_ID_LEN
#define SESSION_SKEW		5	/* seconds that two brokers' clocks may differ */

enum session_state {
	SESSION_NEW = 1,	/* the nonce is out */
	SESSION_SPENT,		/* an attestation was refused: the nonce is used up */
	SESSION_ATTESTED,	/* and it was accepted */
};

/**
 * struct session - one session, as it stood when it was looked at
 * @id: SHA-256 of the cookie, and the nonce that its evidence is over: random, new, and
 *	nobody finds the cookie by it
 * @started: when /auth was called
 * @attested: what the evidence said; valid in SESSION_ATTESTED
 */
struct session {
	enum session_state state;
	int64_t started;
	uint8_t id[SESSION_ID_LEN];
	struct attested attested;
};

/** struct session_limits - @max: that live at a time; @timeout: seconds */
struct session_limits {
	uint32_t max;
	uint32_t timeout;
};

/**
 * session_start - a new session with a fresh cookie and nonce
 * @cookie: SESSION_COOKIE_LEN + 1 bytes
 * Returns 0; -ENOSPC: as many live as may; -EIO: no random numbers; or as db_run().
 */
int session_start(struct db *db, const struct session_limits *limits, int64_t now, char *cookie,
		  uint8_t nonce[SESSION_NONCE_LEN], struct db_fault *fault);

/**
 * session_find - the session of a cookie, expired or not
 * @cookie: NUL terminated
 * Returns 0; -ENOENT; -EBADMSG: its row is damaged; -EKEYREJECTED: no broker wrote it so; or
 * as db_run().
 */
int session_find(struct db *db, const char *cookie, struct session *out, struct db_fault *fault);

/** session_expired - is it too old to be used? */
int session_expired(const struct session_limits *limits, const struct session *s, int64_t now);

/**
 * session_spend - inside of a transaction: the nonce has served
 * @state: SESSION_SPENT or SESSION_ATTESTED, then with what s->attested says
 * Returns 0; -EALREADY: it was used up in the meantime; or as db_run().
 */
int session_spend(struct db *db, const struct session *s, enum session_state state,
		  struct db_fault *fault);

/** session_nonce_used - was this the nonce of an attestation not long ago? or as db_run() */
int session_nonce_used(struct db *db, const uint8_t *nonce, size_t len, struct db_fault *fault);

/** session_count - how many live; negative: as db_run() */
int64_t session_count(struct db *db, const struct session_limits *limits, int64_t now,
		      struct db_fault *fault);

/** session_sweep - forget what ended more than a timeout ago; how many, or as db_run() */
int session_sweep(struct db *db, const struct session_limits *limits, int64_t now,
		  struct db_fault *fault);

#endif /* BROKER_STORE_SESSION_H */
