/* SPDX-License-Identifier: MIT */
/* A man in the middle of an attested channel: TLS of his own, and frames by hand. */
#ifndef TEST_CHANNEL_LEG_H
#define TEST_CHANNEL_LEG_H

#include "../../userspace/lib/channel_private.h"

/** struct leg - a TLS connection of his, and the frame that came last */
struct leg {
	struct ward_channel *c;
	uint32_t type;
	uint32_t len;
	uint8_t *body;
};

/** leg_new - over @fd, with whosever key; the handshake in leg_shake(); 0 or -errno */
int leg_new(struct leg *m, uint8_t role, int fd, const struct ward_channel_identity *identity);
int leg_shake(struct leg *m);
int leg_send(struct leg *m, uint32_t type, const void *data, size_t len);
/** leg_take - a frame whole; 0, or -1: the other side is gone */
int leg_take(struct leg *m);
/** leg_pass - take one here, send it there; 0 or -1 */
int leg_pass(struct leg *from, struct leg *to);
/** leg_hello - as a side that gives or wants evidence (HELLO_*), with a nonce of zeroes */
int leg_hello(struct leg *m, uint8_t flags);
/** leg_end - close it */
void leg_end(struct leg *m);

#endif /* TEST_CHANNEL_LEG_H */
