/* SPDX-License-Identifier: MIT */
/* What key_owner hands to keyed, in hex. */
#ifndef KEYED_H
#define KEYED_H

#include "../kernel/key_test.h"

enum { KEYED_TEXT = 1008 };

/** struct handed - nothing of it is secret */
struct handed {
	uint8_t message[KEYED_TEXT + TAG];	/* first, for it has to be aligned */
	struct sealed sealed;
	uint8_t salt[WARD_KEY_SALT_LEN];
};

#endif /* KEYED_H */
