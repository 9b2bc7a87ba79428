/* SPDX-License-Identifier: MIT */
/* What the files of the protocol share. */
#ifndef BROKER_RCAR_PRIVATE_H
#define BROKER_RCAR_PRIVATE_H

#include <jansson.h>

#include "journal.h"
#include "rcar.h"

struct release_terms;
struct resource;

/**
 * struct rcar_call - one request on its way
 * @event: for the journal
 * @reason: why it is refused; NULL = it is not
 * @detail: more about it, for the reply and the journal
 * @resource: path of a resource, for the journal; may be @path
 * @platform: of accepted evidence
 * @who: what the evidence says, as far as it is authentic; NULL = nothing
 * @evidence: SHA-256 of the bundle, where @has_evidence
 * @named_sha256: of the resource's own policy, which was met; it may have none
 * @release: where @has_release
 * @judged: it is a decision over evidence
 * @recorded: the audit has this decision
 */
struct rcar_call {
	struct rcar *rcar;
	const struct rcar_request *req;
	struct rcar_reply *reply;
	const char *event;
	const char *reason;
	char detail[384];
	const char *resource;
	char path[CONFIG_PATH_MAX];
	struct platform platform;
	const struct attested *who;
	struct attested attested;
	uint8_t evidence[32], named_sha256[32];
	struct release release;
	int has_evidence, has_release, judged, recorded;
};

/** rcar_refuse - note why; returns -1 */
int rcar_refuse(struct rcar_call *call, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** rcar_attest - POST /kbs/v0/attest; 0 or -1 with the reason noted */
int rcar_attest(struct rcar_call *call);

/** rcar_resource - GET /kbs/v0/resource/...; @path is what follows; likewise */
int rcar_resource(struct rcar_call *call, const char *path);

/** rcar_terms - who asks is attested, and @path a resource whose policy that met; 0 or -1 */
int rcar_terms(struct rcar_call *call, const char *path, struct resource *out);

/** rcar_release_terms - those of @resource, with the policy that was met; its texts are borrowed */
struct release_terms rcar_release_terms(const struct rcar_call *call,
					const struct resource *resource);

/** rcar_refuse_terms - what store_release() or store_stands() returned; -1 */
int rcar_refuse_terms(struct rcar_call *call, int rc, const struct db_fault *fault);

/** rcar_counter - GET or POST /kbs/v0/counter/...; likewise */
int rcar_counter(struct rcar_call *call, const char *path, int post);

/** rcar_params - of /auth: extra-params of a client with evidence of kind @tee; 0 or -1 */
int rcar_params(struct rcar_call *call, const json_t *params, const char *tee);

/** rcar_beside - of /attest: what comes beside the evidence must be nothing; 0 or -1 */
int rcar_beside(struct rcar_call *call, const json_t *body);

/** rcar_session - the living session of the request's cookie; 0 or -1 with the reason noted */
int rcar_session(struct rcar_call *call, struct session *out);

/** rcar_store_failed - the database did, by @rc; the journal hears more than the client; -1 */
int rcar_store_failed(struct rcar_call *call, int rc, const struct db_fault *fault);

/** rcar_entry - the audit's entry of this decision */
struct audit_entry rcar_entry(const struct rcar_call *call);

/** rcar_json - the body as JSON object of at most @max bytes; NULL = refused */
json_t *rcar_json(struct rcar_call *call, size_t max);

#endif /* BROKER_RCAR_PRIVATE_H */
