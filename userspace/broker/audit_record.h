/* SPDX-License-Identifier: MIT */
/* The audit's bytes: a record, the head of its chain, a line of its export. */
#ifndef BROKER_AUDIT_RECORD_H
#define BROKER_AUDIT_RECORD_H

#include "audit.h"

#define AUDIT_HEAD_LEN 32

/** audit_record - JSON, to be freed with free(); NULL = no memory, or it would be too long */
char *audit_record(int64_t seq, const struct audit_entry *e);

/**
 * audit_head - go on by one record
 * @head: of the record before (zeroes for the first), becomes this one's; 0 or -1
 */
int audit_head(uint8_t head[AUDIT_HEAD_LEN], const char *record, size_t len);

/** audit_line - one line of the export, from a row's columns; 0 or -errno */
int audit_line(FILE *out, const struct db_value *record, const struct db_value *head,
	       const struct db_value *signature);

#endif /* BROKER_AUDIT_RECORD_H */
