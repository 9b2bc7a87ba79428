/* SPDX-License-Identifier: MIT */
/*
 * A TDREPORT: what a TD's module tells the TD. Only the machine that made it can check
 * it (its MAC's key never leaves the CPU); elsewhere it says what a TD quote that was
 * made of it says, or nothing. Intel TDX module ABI, TDREPORT_STRUCT.
 */
#ifndef WARD_TDREPORT_H
#define WARD_TDREPORT_H

#include "wardverify.h"

#define TDREPORT_LEN	1024

/**
 * tdreport_check - the report's form, and that its digests are those of its parts
 * Returns 0, WV_EVIDENCE_DAMAGED, WV_TDREPORT_MISMATCH or WV_NO_MEMORY.
 */
int tdreport_check(struct wv_bytes report, struct wv_fault *fault);

/**
 * tdreport_quoted - this body of a quote was made of this report: all that they share
 *	is the same
 * @report: as tdreport_check() took it
 * @body: of a TD, 584 bytes (1.0) or 648 (1.5); else WV_EVIDENCE_UNSUPPORTED
 * Returns 0 or WV_TDREPORT_MISMATCH.
 */
int tdreport_quoted(struct wv_bytes report, struct wv_bytes body, struct wv_fault *fault);

#endif /* WARD_TDREPORT_H */
