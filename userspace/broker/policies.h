/* SPDX-License-Identifier: MIT */
/*
 * Policies by name, in the database. A resource may ask for one beside the policy of the
 * configuration, which always applies. They are read when they come in, and parsed once.
 */
#ifndef BROKER_POLICIES_H
#define BROKER_POLICIES_H

#include <stdint.h>

#include "attested.h"
#include "db.h"
#include "wardverify.h"

#define POLICY_NAME_MAX 64	/* letters, digits, '-', '_' and '.' */

struct policies;

struct policies *policies_new(void);
void policies_free(struct policies *p);

/**
 * policies_refresh - parse what is new in the database, forget what is gone
 * One that is damaged (it does not fit its MAC or digest, or cannot be parsed) is said once, and
 * is not among those that judge; the others are. Returns 0; -ENOMEM; or as db_run().
 */
int policies_refresh(struct policies *p, struct db *db, struct db_fault *fault);

/** policies_judge - which of them accept? @verify: appraises the evidence by a policy, 0 = ok */
void policies_judge(const struct policies *p,
		    int (*verify)(void *arg, const struct wv_policy *policy), void *arg,
		    struct attested *who);

/** policies_find - the policy of that name as it was at the last refresh, or NULL */
const struct wv_policy *policies_find(const struct policies *p, const char *name,
				      uint8_t sha256[32]);

/** policies_damaged - is there one of that name whose row is damaged? */
int policies_damaged(const struct policies *p, const char *name);

/** policies_met - did it accept what @who has shown? */
int policies_met(const struct attested *who, const uint8_t sha256[32]);

/*
 * Two names mean more than that a resource may ask for them, as with Trustee's brokers:
 * what the first refuses is no evidence here, and what the second refuses gets no key.
 */
#define POLICY_DEFAULT		"default"
#define POLICY_RESOURCES	"resource-policy"

/**
 * policies_stand - do those of the two names, as the database has them now, accept @who?
 * @name, @sha256: and is that one's text still this? NULL = none is asked for
 * Returns 0; -ESTALE: no; -EKEYREJECTED: no broker wrote a row of them so; or as db_run().
 */
int policies_stand(struct db *db, const char *name, const uint8_t sha256[32],
		   const struct attested *who, struct db_fault *fault);

/**
 * policy_put - enter it or another text under its name; its project is made if missing
 * @version: how many texts that name has had; one that it has now is no other
 * @wf: filled where the text is no policy
 * Returns 0; -EINVAL: no policy, or no name; -EXDEV: it belongs to another project;
 * -ENOSPC: there are as many as may be; or as db_run().
 */
int policy_put(struct db *db, const char *project, const char *name, const char *json, size_t len,
	       int64_t now, int64_t *version, struct wv_fault *wf, struct db_fault *fault);

/** policy_drop - 0; -ENOENT; -EBUSY: a resource asks for it; or as db_run() */
int policy_drop(struct db *db, const char *name, struct db_fault *fault);

/** project_put - so that rows may refer to it; 0 or as db_run() */
int project_put(struct db *db, const char *name, int64_t now, struct db_fault *fault);

#endif /* BROKER_POLICIES_H */
