/* SPDX-License-Identifier: GPL-2.0-only */
/* Averages of stalled time. Who calls serialises the calls of one meter. */
#ifndef WARD_STALL_H
#define WARD_STALL_H

#include <linux/types.h>
#include <linux/ward.h>

#define WARD_STALL_SPANS	3

/**
 * struct ward_meter - stalled time and its averages
 * @at: time is accounted up to here, ns
 * @end: of the period under way
 * @stalled: ns of that period so far
 * @total: ns in all
 * @avg: 1/100 percent, fixed point, over 10, 60 and 300 s
 * @on: it stalls
 */
struct ward_meter {
	u64 at;
	u64 end;
	u64 stalled;
	u64 total;
	u64 avg[WARD_STALL_SPANS];
	bool on;
};

void ward_meter_init(struct ward_meter *m, u64 now);
void ward_meter_set(struct ward_meter *m, bool on, u64 now);
void ward_meter_read(struct ward_meter *m, u64 now, struct ward_stall *out);

#endif /* WARD_STALL_H */
