/* SPDX-License-Identifier: MIT */
/*
 * The key broker protocol 0.4.0, without its transport: request, challenge,
 * attestation, response. One request in, one reply out.
 */
#ifndef BROKER_RCAR_H
#define BROKER_RCAR_H

#include <stddef.h>
#include <stdint.h>

#include "audit.h"
#include "collateral.h"
#include "config.h"
#include "db.h"
#include "policies.h"
#include "release.h"
#include "store_session.h"
#include "tally.h"
#include "token.h"
#include "wardverify.h"

#define RCAR_AUTH_MAX	(64u << 10)	/* bytes of a body of /auth */
#define RCAR_ATTEST_MAX	(2u << 20)	/* of /attest: a bundle is at most 1 MiB */
#define RCAR_COOKIE	"kbs-session-id"

/**
 * struct rcar - what answers requests; all pointers are borrowed
 * @config: resources and limits
 * @db: sessions, counts, audit
 * @limits: of sessions
 * @audit, @token, @log: state
 * @roots, @policy: what evidence is appraised by
 * @policy_sha256: of the policy's bytes; @roots_sha256: of the roots' files, one after another
 * @policies: of the database, by name
 * @keyring: opens its resources; NULL = there is none
 * @collateral: beside it; NULL = what comes with the evidence alone
 * @tally: refusals that the audit gets as a sum
 */
struct rcar {
	const struct config *config;
	struct db *db;
	struct session_limits limits;
	struct audit *audit;
	struct token_key *token;
	struct release_log *log;
	const struct wv_roots *roots;
	const struct wv_policy *policy;
	uint8_t policy_sha256[32], roots_sha256[32];
	struct policies *policies;
	const struct keyring *keyring;
	struct collateral *collateral;
	struct tally tally;
};

/**
 * struct rcar_request - one request
 * @method: "GET", "POST", ...
 * @path: without query
 * @query: what follows it, or NULL; of the administration alone
 * @cookie: value of RCAR_COOKIE, or NULL
 * @bearer: token, or NULL
 * @client: SHA-256 of the key of the client's certificate, or NULL
 * @peer: address of the client, for the journal
 * @now: seconds on a clock that never goes back (collateral)
 * @time: seconds since the epoch (sessions, certificates, tokens, logs)
 */
struct rcar_request {
	const char *method;
	const char *path;
	const char *query;
	const char *cookie;
	const char *bearer;
	const uint8_t *client;
	const void *body;
	size_t body_len;
	const char *peer;
	int64_t now;
	int64_t time;
};

/**
 * struct rcar_reply - its answer
 * @status: of HTTP
 * @body: JSON, to be freed with free(); NULL = no memory for one
 * @problem: the body is application/problem+json
 * @cookie: to be set; empty = none
 */
struct rcar_reply {
	int status;
	char *body;
	int problem;
	char cookie[SESSION_COOKIE_LEN + 1];
};

/**
 * rcar_handle - answer a request, and write the decision to journal and audit
 * A refusal of what brought no evidence that could be judged, and is none of who had been
 * accepted, is counted: tally_flush().
 */
void rcar_handle(struct rcar *rcar, const struct rcar_request *req, struct rcar_reply *reply);

#endif /* BROKER_RCAR_H */
