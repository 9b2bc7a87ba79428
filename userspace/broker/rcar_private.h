/* SPDX-License-Identifier: MIT */
/* What the files of the protocol share. */
#ifndef BROKER_RCAR_PRIVATE_H
#define BROKER_RCAR_PRIVATE_H

#include <jansson.h>

#include "rcar.h"

/**
 * struct rcar_call - one request on its way
 * @event: for the journal
 * @reason: why it is refused; NULL = it is not
 * @detail: more about it, for the reply and the journal
 * @resource: path of a resource, for the journal
 * @who: what the evidence says, as far as it is authentic; NULL = nothing
 */
struct rcar_call {
	struct rcar *rcar;
	const struct rcar_request *req;
	struct rcar_reply *reply;
	const char *event;
	const char *reason;
	char detail[384];
	const char *resource;
	const struct attested *who;
	struct attested attested;
};

/** rcar_refuse - note why; returns -1 */
int rcar_refuse(struct rcar_call *call, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** rcar_attest - POST /kbs/v0/attest; 0 or -1 with the reason noted */
int rcar_attest(struct rcar_call *call);

/** rcar_resource - GET /kbs/v0/resource/...; @path is what follows; likewise */
int rcar_resource(struct rcar_call *call, const char *path);

/** rcar_session - the living session of the request's cookie; NULL = refused */
struct session *rcar_session(struct rcar_call *call);

/** rcar_json - the body as JSON object of at most @max bytes; NULL = refused */
json_t *rcar_json(struct rcar_call *call, size_t max);

#endif /* BROKER_RCAR_PRIVATE_H */
