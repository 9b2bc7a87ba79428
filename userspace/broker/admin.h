/* SPDX-License-Identifier: MIT */
/*
 * The broker's administration: resources, policies, sessions, audit, a dry run, reload.
 * One request in, one reply out; who may ask is the listener's to know
 * (admin_listener.h). What changes something is recorded in the audit, in the same
 * transaction where it changes the database.
 */
#ifndef BROKER_ADMIN_H
#define BROKER_ADMIN_H

#include "rcar.h"

#define ADMIN_BODY_MAX		RCAR_ATTEST_MAX
#define ADMIN_AUDIT_PAGE	500	/* records of one answer, of AUDIT_RECORD_MAX bytes at most */
#define ADMIN_RESOURCE_PAGE	500	/* resources of one answer */

/** struct admin - @rcar: borrowed; @reload: 0 = done, else *fault says why not */
struct admin {
	struct rcar *rcar;
	int (*reload)(void *arg, struct config_fault *fault);
	void *arg;
};

/** admin_handle - answer, record, and write to the journal */
void admin_handle(struct admin *admin, const struct rcar_request *req, struct rcar_reply *reply);

#endif /* BROKER_ADMIN_H */
