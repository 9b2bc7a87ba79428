/* SPDX-License-Identifier: MIT */
/* A model's card (doc/formats.md, section 20), and evidence that vouches for it. */
#ifndef WARDCTL_CARD_H
#define WARDCTL_CARD_H

#include "wardctl.h"
#include "wardverify.h"

struct appraise;
struct card;

/**
 * card_expect - read a card: from now on the evidence must be for it, of its session
 *
 * Sets a->card and a->expect; returns an exit code, the error told.
 */
int card_expect(struct wardctl *ctl, struct appraise *a, const char *path);

/**
 * card_check - does what it says of its session hold, and do the models beside it fit
 * @claims: accepted
 *
 * Returns an exit code, the error told.
 */
int card_check(struct wardctl *ctl, const struct card *card, const struct wv_claims *claims);

/** card_show - what it vouches for, in the result */
void card_show(struct output *o, const struct card *card);

/** card_free - accepts NULL */
void card_free(struct card *card);

#endif /* WARDCTL_CARD_H */
