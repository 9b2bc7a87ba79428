// SPDX-License-Identifier: MIT
/*
 * turncoat train ...: ward-train as a site of a federation, honest up to an answer that TURN in
 * its environment names as WHAT:N. The Nth update of averaging, or sums of a gradient, is then
 *   nan       an update with a number that is none
 *   large     one that is longer than any plan's max_norm is by default
 *   hessian   sums whose Hessian has a negative diagonal
 *   stop      an honest update, before which the process stops itself (SIGSTOP)
 * It is the program itself, with what writes answers wrapped by the linker.
 */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/worker/wire.h"

#define UPDATE_NUMBERS	16	/* where they begin: doc/formats.md, Federation */

void __real_wire_sums_put(uint8_t *out, const struct gradient *sums);
void __wrap_wire_sums_put(uint8_t *out, const struct gradient *sums);
void __real_wire_update_put(uint8_t *out, const struct wire_update *update, const double *numbers,
			    size_t params);
void __wrap_wire_update_put(uint8_t *out, const struct wire_update *update, const double *numbers,
			    size_t params);

/* Is this the answer that TURN speaks of: the @count-th of its kind. */
static int now(const char *what, unsigned long count)
{
	const char *turn = getenv("TURN");
	size_t len = strlen(what);

	return turn && !strncmp(turn, what, len) && turn[len] == ':' &&
	       strtoul(turn + len + 1, NULL, 10) == count;
}

static void put(uint8_t *out, double value)
{
	memcpy(out, &value, sizeof(value));
}

void __wrap_wire_sums_put(uint8_t *out, const struct gradient *sums)
{
	static unsigned long count;

	__real_wire_sums_put(out, sums);
	if (now("hessian", ++count))
		put(out + UPDATE_NUMBERS + 8 * sums->params, -1);
}

void __wrap_wire_update_put(uint8_t *out, const struct wire_update *update, const double *numbers,
			    size_t params)
{
	static unsigned long count;

	__real_wire_update_put(out, update, numbers, params);
	count++;
	if (now("nan", count))
		put(out + UPDATE_NUMBERS, NAN);
	if (now("large", count))
		put(out + UPDATE_NUMBERS, 1e12);
	if (now("stop", count))
		raise(SIGSTOP);
}
