/* SPDX-License-Identifier: MIT */
/*
 * What all verifying verbs share: options that decide, and the verdict shown.
 */
#ifndef WARDCTL_APPRAISE_H
#define WARDCTL_APPRAISE_H

#include "releases.h"
#include "wardctl.h"
#include "wardverify.h"

/** struct appraise - options read so far; owns what it points to */
struct appraise {
	struct wv_roots *roots;
	struct wv_policy *policy;
	struct wv_collateral collateral;
	const char *collateral_dir;
	bool no_collateral;
	bool document_time;
	struct wv_expect expect;
	uint8_t nonce[64], binding[64], session[16], measurement[48], host_data[32], report_data[64];
	bool want_measurement, want_host_data, want_report_data;
	int64_t now;
	const char *log;		/* APPRAISE_RELEASE: in place of one release */
	struct releases releases;	/* its range; read by who wants it */
	struct wv_appraisal in;
	int positionals;
};

/* Which options a verb takes, beside --root, --policy, --at, --collateral. */
#define APPRAISE_EXPECT	(1u << 0)	/* --nonce, --binding, --purpose, --session, --complete */
#define APPRAISE_SNPGUEST (1u << 1)	/* -t -s -m -d -r, as snpguest has them */
#define APPRAISE_RELEASE (1u << 2)	/* --release, --complete, --log, --since, --until */

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

/** appraise_show - the verdict as the result; returns its exit code */
int appraise_show(struct wardctl *ctl, const char *path, const struct wv_verdict *v);

/** appraise_fault - a fault as the error; returns its exit code */
int appraise_fault(struct wardctl *ctl, const char *path, const struct wv_fault *fault);

#endif /* WARDCTL_APPRAISE_H */
