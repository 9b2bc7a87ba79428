// SPDX-License-Identifier: MIT
/* Frames of an attested channel: what is accepted is written again as it came. */
#include <string.h>

#include "../../userspace/lib/channel_frame.h"
#include "sentence.h"

static int payload(const struct frame *frame, struct wv_bytes in)
{
	uint8_t again[FRAME_SMALL_MAX];
	struct hello hello;
	uint32_t reason;

	if (frame->type == FRAME_HELLO) {
		if (hello_get(in.data, in.len, &hello))
			return WV_USAGE;
		hello_put(again, &hello);
	} else if (frame->type == FRAME_VERDICT) {
		if (verdict_get(in.data, in.len, &reason))
			return WV_USAGE;
		verdict_put(again, reason);
	} else {
		return WV_OK;
	}
	if (in.len != frame->len || memcmp(again, in.data, in.len))
		fuzz_die("a frame of type %u reads otherwise than it is written", frame->type);
	return WV_OK;
}

int fuzz_one(struct wv_bytes in)
{
	uint8_t again[FRAME_HEAD];
	struct frame frame;

	while (in.len >= FRAME_HEAD) {
		if (frame_head_get(in.data, &frame))
			return WV_USAGE;
		if (!frame.len || frame.len > WARD_BUNDLE_MAX)
			fuzz_die("a payload of %u bytes", frame.len);
		frame_head_put(again, frame.type, frame.len);
		if (memcmp(again, in.data, sizeof(again)))
			fuzz_die("a head reads otherwise than it is written");
		in.data += FRAME_HEAD;
		in.len -= FRAME_HEAD;
		if (frame.len > in.len || payload(&frame, (struct wv_bytes){ in.data, frame.len }))
			return WV_USAGE;
		in.data += frame.len;
		in.len -= frame.len;
	}
	return in.len ? WV_USAGE : WV_OK;
}
