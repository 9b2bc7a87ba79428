/* SPDX-License-Identifier: MIT */
/*
 * Places where a test lets the broker die as kill -9 would: $BROKER_DIE_AT names one; and
 * where it stops, for its memory to be read: $BROKER_STOP_AT has them. Only the program that
 * the tests make for themselves has them (-DBROKER_DIES).
 */
#ifndef BROKER_DIE_AT_H
#define BROKER_DIE_AT_H

#ifdef BROKER_DIES
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

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

static inline void stop_at(const char *place)
{
	const char *where = getenv("BROKER_STOP_AT");

	if (!where || !strstr(where, place))
		return;
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	raise(SIGSTOP);
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

static inline void stop_at(const char *place)
{
	(void)place;
}
#endif

#endif /* BROKER_DIE_AT_H */
