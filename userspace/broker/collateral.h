/* SPDX-License-Identifier: MIT */
/*
 * What vendors publish about the workers' machines, as "collateral" of the configuration
 * names it. It lies in memory: files that change take its place when all of them are
 * sound, and until then it stays as it was.
 */
#ifndef BROKER_COLLATERAL_H
#define BROKER_COLLATERAL_H

#include "config.h"
#include "wardverify.h"

#define COLLATERAL_SECONDS 60	/* between two looks at the folder */

struct collateral;

/** collateral_open - read the folder; 0 or -1 with *fault filled */
int collateral_open(const char *dir, struct collateral **out, struct config_fault *fault);
void collateral_close(struct collateral *c);

/**
 * collateral_refresh - read the folder again if its files are others
 * @now: of a clock that never goes back; the last look must be COLLATERAL_SECONDS ago
 * @time: since the epoch, for the journal, which is told of what is new or stays
 */
void collateral_refresh(struct collateral *c, int64_t now, int64_t time);

/** collateral_reread - the same at once, whatever the files' times say */
void collateral_reread(struct collateral *c, int64_t time);

/** collateral_id - SHA-256 of all that appraisals see now: of other files it is another */
const uint8_t *collateral_id(const struct collateral *c);

/**
 * collateral_take - what there is for @evidence
 * @out: collateral_release() it; its bytes are @c's, until the next collateral_refresh()
 * Returns 0 or -1: no memory.
 */
int collateral_take(const struct collateral *c, struct wv_bytes evidence,
		    struct wv_collateral *out);
void collateral_release(struct wv_collateral *out);

#endif /* BROKER_COLLATERAL_H */
