/* SPDX-License-Identifier: MIT */
/* Evidence from the device, into files. */
#ifndef WARDCTL_EVIDENCE_H
#define WARDCTL_EVIDENCE_H

#include "device.h"

/** evidence_purpose - WARD_PURPOSE_* of a word, 0 = there is none */
uint32_t evidence_purpose(const char *word);

/** evidence_write - a file that appears whole or not at all; an exit code, told */
int evidence_write(struct wardctl *ctl, const char *path, const void *data, size_t len);

/**
 * evidence_write_bundle - evidence with its records as a .ward file
 * @records: NULL = none
 */
int evidence_write_bundle(struct wardctl *ctl, const char *path,
			  const struct ward_evidence *evidence,
			  const struct ward_records *records);

/** evidence_show_tee - whose it is and how long, as members of what is open */
void evidence_show_tee(struct wardctl *ctl, const struct ward_evidence *evidence);

/** evidence_show - that, and what claims say of it */
void evidence_show(struct wardctl *ctl, const struct ward_evidence *evidence);

#endif /* WARDCTL_EVIDENCE_H */
