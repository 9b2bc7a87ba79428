// SPDX-License-Identifier: MIT
#include <string.h>

#include "channel_frame.h"
#include "cursor.h"

#define REASON_MAX	0xffffu

static void put_le(uint8_t *at, uint32_t value, size_t n)
{
	for (; n; n--, value >>= 8)
		*at++ = (uint8_t)value;
}

/* What a payload of this type may have; -1 = no such type. */
static int bounds(uint32_t type, uint32_t *least, uint32_t *most)
{
	*least = 1;
	switch (type) {
	case FRAME_HELLO:
		*least = *most = HELLO_LEN;
		return 0;
	case FRAME_EVIDENCE:
		*most = WARD_BUNDLE_MAX;
		return 0;
	case FRAME_VERDICT:
		*least = *most = VERDICT_LEN;
		return 0;
	case FRAME_ASK:
		*least = *most = WARD_CHANNEL_NONCE_LEN;
		return 0;
	case FRAME_DATA:
		*most = FRAME_DATA_MAX;
		return 0;
	default:
		return -1;
	}
}

void frame_head_put(uint8_t out[FRAME_HEAD], uint32_t type, uint32_t len)
{
	put_le(out, type, 4);
	put_le(out + 4, len, 4);
}

int frame_head_get(const uint8_t in[FRAME_HEAD], struct frame *out)
{
	struct cursor c = cursor_over(in, FRAME_HEAD);
	uint32_t least, most;

	out->type = cursor_le32(&c);
	out->len = cursor_le32(&c);
	if (!cursor_done(&c) || bounds(out->type, &least, &most))
		return -1;
	return out->len >= least && out->len <= most ? 0 : -1;
}

void hello_put(uint8_t out[HELLO_LEN], const struct hello *hello)
{
	memset(out, 0, HELLO_LEN);
	put_le(out, CHANNEL_VERSION, 2);
	out[2] = hello->role;
	out[3] = hello->flags;
	memcpy(out + 8, hello->nonce, sizeof(hello->nonce));
}

int hello_get(const uint8_t *in, size_t len, struct hello *out)
{
	struct cursor c = cursor_over(in, len);
	uint32_t version = cursor_le16(&c);

	out->role = cursor_u8(&c);
	out->flags = cursor_u8(&c);
	cursor_zero(&c, 4);
	cursor_copy(&c, out->nonce, sizeof(out->nonce));
	if (!cursor_done(&c) || version != CHANNEL_VERSION)
		return -1;
	if (out->role != WARD_CHANNEL_CONNECTOR && out->role != WARD_CHANNEL_ACCEPTOR)
		return -1;
	return out->flags & ~(HELLO_GIVES | HELLO_WANTS) ? -1 : 0;
}

void verdict_put(uint8_t out[VERDICT_LEN], uint32_t reason)
{
	put_le(out, reason, 4);
	put_le(out + 4, 0, 4);
}

int verdict_get(const uint8_t *in, size_t len, uint32_t *reason)
{
	struct cursor c = cursor_over(in, len);

	*reason = cursor_le32(&c);
	cursor_zero(&c, 4);
	return cursor_done(&c) && *reason <= REASON_MAX ? 0 : -1;
}
