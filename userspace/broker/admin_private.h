/* SPDX-License-Identifier: MIT */
/* What the files of the administration share. */
#ifndef BROKER_ADMIN_PRIVATE_H
#define BROKER_ADMIN_PRIVATE_H

#include <jansson.h>

#include "admin.h"

struct admin_call;

/**
 * struct admin_route - what may be asked for
 * @path: one that ends in '/' takes a name
 * @methods: that it takes
 * @changes: of them, those that change rows: that and its record are one transaction, in
 *	which @run may come more than once
 * @recorded: it is recorded, though it changes no rows
 */
struct admin_route {
	const char *path;
	const char *methods;
	const char *changes;
	int recorded;
	int (*run)(struct admin_call *call);
};

/**
 * struct admin_call - one request on its way
 * @name: what follows the kind in the path, "" = nothing
 * @object: what the audit is to name, where the path does not; "" = it does
 * @policy: SHA-256 of the one that was entered, where @has_policy
 * @reason, @detail: why it is refused; NULL = it is not
 * @store: what the database said of it last
 */
struct admin_call {
	struct admin *admin;
	const struct rcar_request *req;
	struct rcar_reply *reply;
	const struct admin_route *route;
	const char *name;
	char object[CONFIG_PATH_MAX];
	int has_policy;
	uint8_t policy[32];
	const char *reason;
	char detail[384];
	int store;
};

/** admin_refuse - note why; returns -1 */
int admin_refuse(struct admin_call *call, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** admin_store - what @rc of the database means; 0 or -1 */
int admin_store(struct admin_call *call, int rc, const struct db_fault *fault);

/** admin_body - a JSON object; NULL = refused */
json_t *admin_body(struct admin_call *call);

/** admin_answer - takes the object over */
int admin_answer(struct admin_call *call, json_t *answer);

/** admin_entered - the answer to what was entered */
int admin_entered(struct admin_call *call, int64_t version);

/** admin_put_resource - what @body says; @replace: one that may be there */
int admin_put_resource(struct admin_call *call, json_t *body, int replace);

/** admin_put_policy - @text under the call's name */
int admin_put_policy(struct admin_call *call, const char *project, const char *text);

/* As Trustee's brokers are asked. */
int admin_kbs_resource(struct admin_call *call);
int admin_kbs_resource_policy(struct admin_call *call);
int admin_kbs_attestation_policy(struct admin_call *call);

int admin_resource(struct admin_call *call);
int admin_resources(struct admin_call *call);
int admin_policy(struct admin_call *call);
int admin_policies(struct admin_call *call);
int admin_dry_run(struct admin_call *call);

#endif /* BROKER_ADMIN_PRIVATE_H */
