/* SPDX-License-Identifier: MIT */
/* Frames of an attested channel, doc/formats.md, Attested channel: bytes alone. */
#ifndef WARD_CHANNEL_FRAME_H
#define WARD_CHANNEL_FRAME_H

#include <stdint.h>

#include "libward_channel.h"

#define FRAME_HEAD	8
#define FRAME_DATA_MAX	(1u << 20)
#define FRAME_SMALL_MAX	40	/* the longest but evidence and data */
#define CHANNEL_VERSION	1

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_EVIDENCE = 2,
	FRAME_VERDICT = 3,
	FRAME_ASK = 4,
	FRAME_DATA = 5,
};

/** struct frame - a head: type and payload's length, both within their bounds */
struct frame {
	uint32_t type;
	uint32_t len;
};

#define HELLO_LEN	40
#define HELLO_GIVES	1	/* evidence, if it is wanted */
#define HELLO_WANTS	2

/** struct hello - what a side says first */
struct hello {
	uint8_t role;
	uint8_t flags;
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN];
};

#define VERDICT_LEN	8

/** frame_head_put - write a head */
void frame_head_put(uint8_t out[FRAME_HEAD], uint32_t type, uint32_t len);

/** frame_head_get - read a head; 0, or -1: a type, length or flag that is none */
int frame_head_get(const uint8_t in[FRAME_HEAD], struct frame *out);

void hello_put(uint8_t out[HELLO_LEN], const struct hello *hello);

/** hello_get - 0, or -1: another version, a role that is none, an unknown flag */
int hello_get(const uint8_t *in, size_t len, struct hello *out);

void verdict_put(uint8_t out[VERDICT_LEN], uint32_t reason);

/** verdict_get - 0, or -1 */
int verdict_get(const uint8_t *in, size_t len, uint32_t *reason);

#endif /* WARD_CHANNEL_FRAME_H */
