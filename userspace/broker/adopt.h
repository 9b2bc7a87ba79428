/* SPDX-License-Identifier: MIT */
/*
 * Rows that are not as a broker of this keyring wrote them: of before there was a keyring or
 * rows had MACs, or somebody else's. Nobody but the operator can tell which.
 */
#ifndef BROKER_ADOPT_H
#define BROKER_ADOPT_H

#include <stdio.h>

#include "audit.h"
#include "db.h"

/**
 * adopt_find - are there any, of resources, policies and counts?
 * @fault: names the first
 * Returns how many, or as db_run().
 */
int adopt_find(struct db *db, struct db_fault *fault);

/**
 * adopt_all - from now on they are as a broker of this keyring wrote them
 * @out: a line for each, TABLE and key; the audit has a record of each
 * Returns how many, or as db_transaction(): then none is.
 */
int adopt_all(struct db *db, const struct audit *audit, int64_t now, FILE *out,
	      struct db_fault *fault);

#endif /* BROKER_ADOPT_H */
