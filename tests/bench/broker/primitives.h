/* SPDX-License-Identifier: MIT */
/* The cryptography that a release can't do without, each alone. */
#ifndef BENCH_BROKER_PRIMITIVES_H
#define BENCH_BROKER_PRIMITIVES_H

#include "../../unit/sim.h"

#define PRIMITIVES 9

/** struct primitive - @needs: how often a release needs it */
struct primitive {
	const char *name;
	int needs;
	void (*run)(void);
};

extern const struct primitive primitives[PRIMITIVES];

/** primitives_make - the keys and signatures that they work on; certificates as @pki has them */
void primitives_make(const struct sim_pki *pki, struct wv_bytes bundle);

#endif /* BENCH_BROKER_PRIMITIVES_H */
