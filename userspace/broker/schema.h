/* SPDX-License-Identifier: MIT */
/* The broker's tables, one schema for every kind of database, and how it came to be. */
#ifndef BROKER_SCHEMA_H
#define BROKER_SCHEMA_H

#include "db.h"

/**
 * schema_bring_up - make the tables, or bring those of an older broker up to date
 *
 * Each step is a transaction of its own; brokers that start together wait for each other.
 * Returns 0; -ENOTSUP: a newer broker made them; or as db_run().
 */
int schema_bring_up(struct db *db, struct db_fault *fault);

#endif /* BROKER_SCHEMA_H */
