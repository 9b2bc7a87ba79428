/* SPDX-License-Identifier: MIT */
/*
 * Places where a test lets the broker die as kill -9 would: $BROKER_DIE_AT names one. Only
 * the program that the tests make for themselves has them (-DBROKER_DIES).
 */
#ifndef BROKER_DIE_AT_H
#define BROKER_DIE_AT_H

#ifdef BROKER_DIES
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline int dies_at(const char *place)
{
	const char *where = getenv("BROKER_DIE_AT");

	return where && !strcmp(where, place);
}

static inline void die_at(const char *place)
{
	if (dies_at(place))
		raise(SIGKILL);
}
#else
static inline int dies_at(const char *place)
{
	(void)place;
	return 0;
}

static inline void die_at(const char *place)
{
	(void)place;
}
#endif

#endif /* BROKER_DIE_AT_H */
