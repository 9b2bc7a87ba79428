/* SPDX-License-Identifier: MIT */
/* Many buffers of one process, filled with markers. */
#ifndef WARD_E2E_CROWD_H
#define WARD_E2E_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/ward.h>

/* Buffers of one session: their records, two each, fit its ring. */
enum { GANG = 200, GANGS = 3, CROWD = GANG * GANGS };

enum crowd_kind { CROWD_A, CROWD_SHARED, CROWD_B, CROWD_PLAIN };

struct member {
	int fd;
	uint8_t *p;
	uint64_t length;
};

/**
 * struct crowd - the buffers of a way of ending
 * @way: its number in the markers
 * @kind: theirs
 * @sessions: one for each gang; who opened them may be another process
 */
struct crowd {
	uint64_t seed;
	uint32_t way;
	enum crowd_kind kind;
	int sessions[GANGS];
	struct member members[CROWD];
};

/* Opens the sessions; false when that cannot be. */
bool crowd_open(struct crowd *crowd);
/* Makes, maps and fills every buffer; false when one cannot be made. */
bool crowd_make(struct crowd *crowd);
void crowd_fill(struct crowd *crowd);
/* How many records say that a buffer ended for @reason, over all sessions. */
unsigned int crowd_ended(const struct crowd *crowd, uint32_t reason);
void crowd_unmap(struct crowd *crowd);
void crowd_close(struct crowd *crowd);

#endif /* WARD_E2E_CROWD_H */
