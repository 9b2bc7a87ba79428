/* SPDX-License-Identifier: MIT */
/*
 * Sessions of the key broker protocol: from /auth, which hands out a cookie and a
 * nonce, to the last resource. Their number is capped, their life is short, and
 * each nonce serves one attestation. Time is the caller's, in seconds.
 */
#ifndef BROKER_SESSION_H
#define BROKER_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "attested.h"

#define SESSION_ID_LEN		32
#define SESSION_COOKIE_LEN	(2 * SESSION_ID_LEN)	/* hex digits, no NUL */
#define SESSION_NONCE_LEN	32

enum session_state {
	SESSION_FREE = 0,
	SESSION_NEW,		/* the nonce is out */
	SESSION_SPENT,		/* an attestation was tried: the nonce is used up */
	SESSION_ATTESTED,	/* and it was accepted */
};

/**
 * struct session - one session
 * @started: when /auth was called
 * @attested: what the evidence said; valid in SESSION_ATTESTED
 */
struct session {
	enum session_state state;
	int64_t started;
	uint8_t id[SESSION_ID_LEN];
	uint8_t nonce[SESSION_NONCE_LEN];
	struct attested attested;
};

struct session_table;

/** session_table_new - room for @max sessions of @timeout seconds; NULL = no memory */
struct session_table *session_table_new(size_t max, uint32_t timeout);
/** session_table_free - wipes and frees */
void session_table_free(struct session_table *table);

/**
 * session_start - a new session with a fresh id and nonce
 *
 * Sessions that ended are swept when room is needed; until then they are
 * remembered, so that their owners hear what happened.
 * Returns NULL when the table is full of living sessions or random numbers fail.
 */
struct session *session_start(struct session_table *table, int64_t now);

/**
 * session_find - the session of a cookie, expired or not; NULL = none
 * @cookie: SESSION_COOKIE_LEN hex digits, NUL terminated
 *
 * Every slot is compared in constant time and none is left out.
 */
struct session *session_find(struct session_table *table, const char *cookie);

/** session_expired - is it too old to be used? */
int session_expired(const struct session_table *table, const struct session *s, int64_t now);

/** session_nonce_used - was this the nonce of an attestation not long ago? */
int session_nonce_used(const struct session_table *table, const uint8_t *nonce, size_t len);

/** session_cookie - the id as text; @out has SESSION_COOKIE_LEN + 1 bytes */
void session_cookie(const struct session *s, char *out);

/** session_sweep - forget what ended more than a timeout ago; returns how many live */
size_t session_sweep(struct session_table *table, int64_t now);

#endif /* BROKER_SESSION_H */
