/* SPDX-License-Identifier: MIT */
/* What `wardctl bench train` says of its figures, to people and to programs. */
#ifndef WARDCTL_BENCH_SHOW_H
#define WARDCTL_BENCH_SHOW_H

#include "bench.h"
#include "wardctl.h"

/** bench_show - the table, or the object of doc/json.md */
void bench_show(struct wardctl *ctl, const struct bench *b);

#endif /* WARDCTL_BENCH_SHOW_H */
