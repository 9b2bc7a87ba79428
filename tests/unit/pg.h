/* SPDX-License-Identifier: MIT */
/* A PostgreSQL server of the test's own, in a folder of its own, on a socket alone. */
#ifndef UNIT_PG_H
#define UNIT_PG_H

struct pg;

/**
 * pg_start - make a cluster and start its server
 * Returns NULL where there is no server to start, with a line that says so.
 */
struct pg *pg_start(void);

/** pg_url - of its database, as the broker's configuration has it; lives as long as @pg */
const char *pg_url(const struct pg *pg);

/** pg_crash - end the server as a power cut would, and start it again */
void pg_crash(struct pg *pg);

/** pg_fresh - a new empty database; pg_url() leads there from now on */
void pg_fresh(struct pg *pg);

/** pg_stop - end it, remove its folder; NULL is fine */
void pg_stop(struct pg *pg);

#endif /* UNIT_PG_H */
