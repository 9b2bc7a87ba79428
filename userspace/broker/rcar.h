/* SPDX-License-Identifier: MIT */
/*
 * The key broker protocol 0.4.0, without its transport: request, challenge,
 * attestation, response. One request in, one reply out.
 */
#ifndef BROKER_RCAR_H
#define BROKER_RCAR_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "release.h"
#include "session.h"
#include "token.h"
#include "wardverify.h"

#define RCAR_AUTH_MAX	(64u << 10)	/* bytes of a body of /auth */
#define RCAR_ATTEST_MAX	(2u << 20)	/* of /attest: a bundle is at most 1 MiB */
#define RCAR_COOKIE	"kbs-session-id"

/**
 * struct rcar - what answers requests; all pointers are borrowed
 * @config: resources and limits
 * @sessions, @token, @log: state
 * @roots, @policy: what evidence is appraised by
 */
struct rcar {
	const struct config *config;
	struct session_table *sessions;
	struct token_key *token;
	struct release_log *log;
	const struct wv_roots *roots;
	const struct wv_policy *policy;
};

/**
 * struct rcar_request - one request
 * @method: "GET", "POST", ...
 * @path: without query
 * @cookie: value of RCAR_COOKIE, or NULL
 * @bearer: token, or NULL
 * @peer: address of the client, for the journal
 * @now: seconds on a clock that never goes back (sessions)
 * @time: seconds since the epoch (certificates, tokens, logs)
 */
struct rcar_request {
	const char *method;
	const char *path;
	const char *cookie;
	const char *bearer;
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

/** rcar_handle - answer a request, and write the decision to the journal */
void rcar_handle(struct rcar *rcar, const struct rcar_request *req, struct rcar_reply *reply);

#endif /* BROKER_RCAR_H */
