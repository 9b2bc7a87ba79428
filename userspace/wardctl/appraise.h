/* SPDX-License-Identifier: MIT */
/*
 * What all verifying verbs share: options that decide, and the verdict shown.
 */
#ifndef WARDCTL_APPRAISE_H
#define WARDCTL_APPRAISE_H

#include "card.h"
#include "ear.h"
#include "releases.h"
#include "rules_seen.h"
#include "wardctl.h"
#include "wardverify.h"

/** struct appraise - options read so far; owns what it points to */
struct appraise {
	struct wv_roots *roots;
	struct wv_policy *policy;
	struct wv_collateral collateral;
	const char *collateral_dir;
	struct wv_bytes evidence;	/* what --collateral is for; the verb's own */
	bool names_alone;		/* of that folder: collateral_load_names() */
	bool no_collateral;
	bool document_time;
	bool at_given;
	struct wv_expect expect;
	uint8_t nonce[64], binding[64], session[16], measurement[48], host_data[32], report_data[64];
	bool want_measurement, want_host_data, want_report_data;
	int64_t now;
	const char *log;		/* APPRAISE_RELEASE: in place of one release */
	struct releases releases;	/* its range; read by who wants it */
	struct wv_appraisal in;
	struct ear_files ear;
	const char *card_path;		/* APPRAISE_CARD */
	struct card *card;
	bool explain;			/* --explain: what appraise_ready() has collected */
	struct rules_seen rules;
	int positionals;
};

/* Which options a verb takes, beside --root, --policy, --at, --collateral. */
#define APPRAISE_EXPECT	(1u << 0)	/* --nonce, --binding, --purpose, --session, --complete, --ear... */
#define APPRAISE_SNPGUEST (1u << 1)	/* -t -s -m -d -r, as snpguest has them; --ear... */
#define APPRAISE_BARE	(1u << 3)	/* --report-data, for evidence that is in no bundle */
#define APPRAISE_RELEASE (1u << 2)	/* --release, --complete, --log, --since, --until */

#define APPRAISE_CARD	(1u << 4)	/* --card, with what the exchange must be by it */
#define APPRAISE_CHECK	(1u << 3)	/* --explain and what the exchange must be, --complete */

/**
 * appraise_options - read argv; a->positionals = index of the first other argument
 * @release: for APPRAISE_RELEASE: the file named, else NULL
 * Returns an exit code, the error told. appraise_free() in any case.
 */
int appraise_options(struct wardctl *ctl, struct appraise *a, unsigned int takes, int argc,
		     char **argv, const char **release);
void appraise_free(struct appraise *a);

/** appraise_ready - load the collateral for @kind (-1 = any), fill in a->in; an exit code */
int appraise_ready(struct wardctl *ctl, struct appraise *a, int kind);

/** appraise_snp - verify a bare report with the table-less evidence and show the verdict */
int appraise_snp(struct wardctl *ctl, struct appraise *a, const char *path,
		 struct wv_bytes report);

/**
 * appraise_done - the verdict as the result, and in the files that --ear and --ear-jwt name;
 *	returns its exit code, or of a verdict that accepts that of a failed output
 */
int appraise_done(struct wardctl *ctl, const struct appraise *a, const char *path,
		  const struct wv_verdict *v);

/** appraise_show - the verdict as the result, and with --explain the rules; returns its exit code */
int appraise_show(struct wardctl *ctl, const struct appraise *a, const char *path,
		  const struct wv_verdict *v);

/** appraise_any - a bundle, or evidence whose kind its bytes tell; returns the verdict's exit code */
int appraise_any(struct wardctl *ctl, struct appraise *a, const char *path, struct wv_bytes in);

/** show_nitro, show_cca, show_psa - what these say, for people */
void show_nitro(struct output *o, const struct wv_nitro *n);
void show_cca(struct output *o, const struct wv_cca *c);
void show_psa(struct output *o, const struct wv_psa *t);

/** show_tcb - a platform's TCB status, for people */
void show_tcb(struct output *o, const struct wv_tcb_status *s);

/**
 * appraise_hex - an option's hexadecimal digits, with or without 0x, @min to @max bytes
 * @view: set to them; may be NULL. Returns an exit code, the error told.
 */
int appraise_hex(struct wardctl *ctl, const char *name, const char *text, uint8_t *out,
		 size_t min, size_t max, struct wv_bytes *view);

/** appraise_fault - a fault as the error; returns its exit code */
int appraise_fault(struct wardctl *ctl, const char *path, const struct wv_fault *fault);

#endif /* WARDCTL_APPRAISE_H */
