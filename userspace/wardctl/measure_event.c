// SPDX-License-Identifier: MIT
/*
 * Data of events: nothing that a digest must cover, so they are read for people
 * and to find an event's place, and never believed.
 */
#include <stdio.h>
#include <string.h>

#include "../verifier/cursor.h"
#include "measure_event.h"

/* EV_EVENT_TAG of Linux' EFI stub: drivers/firmware/efi/libstub. */
#define TAG_INITRD	0x8f3b22ecu
#define TAG_CMDLINE	0x8f3b22edu
#define PCR_IMAGES	4
#define PCR_LINUX	9
#define PCR_SYSTEMD	11

/* Up to a NUL, the end or a byte that is no text; how many bytes there were. */
static size_t take_text(struct cursor c, size_t width, char out[EVENT_TEXT_MAX])
{
	size_t n = 0;

	while (cursor_left(&c) >= width && n < EVENT_TEXT_MAX - 1) {
		uint64_t ch = cursor_le(&c, width);

		if (ch < 0x20 || ch > 0x7e)
			break;
		out[n++] = (char)ch;
	}
	out[n] = '\0';
	return n;
}

static bool any_text(struct cursor c, char out[EVENT_TEXT_MAX])
{
	bool wide = c.len >= 4 && c.data[0] && !c.data[1];

	return take_text(c, wide ? 2 : 1, out) > 1;
}

static bool tagged_text(struct cursor c, char out[EVENT_TEXT_MAX])
{
	cursor_skip(&c, 8);	/* tag and length */
	return cursor_ok(&c) && any_text(cursor_sub(&c, c.at, cursor_left(&c)), out);
}

/* UEFI_VARIABLE_DATA: GUID, length of the name, length of the data, name. */
static bool variable_text(struct cursor c, char out[EVENT_TEXT_MAX])
{
	uint64_t chars;

	cursor_skip(&c, 16);
	chars = cursor_le64(&c);
	cursor_skip(&c, 8);
	if (!cursor_ok(&c) || chars > cursor_left(&c) / 2)
		return false;
	return take_text(cursor_sub(&c, c.at, 2 * chars), 2, out) > 0;
}

/* UEFI_IMAGE_LOAD_EVENT: address, length, and where it came from. */
static bool image_text(struct cursor c, char out[EVENT_TEXT_MAX])
{
	uint64_t len;

	cursor_skip(&c, 8);
	len = cursor_le64(&c);
	if (!cursor_ok(&c))
		return false;
	snprintf(out, EVENT_TEXT_MAX, "an image of %llu bytes", (unsigned long long)len);
	return true;
}

bool event_text(const struct wv_tcglog_event *e, char out[EVENT_TEXT_MAX])
{
	struct cursor c = cursor_over(e->data, e->data_len);

	out[0] = '\0';
	switch (e->type) {
	case WV_EV_EVENT_TAG:
		return tagged_text(c, out);
	case 0x80000001:	/* variables */
	case 0x80000002:
	case 0x8000000c:
	case 0x800000e0:
		return variable_text(c, out);
	case 0x80000003:	/* images */
	case 0x80000004:
	case 0x80000005:
		return image_text(c, out);
	default:
		return any_text(c, out);
	}
}

static uint32_t tag_of(const struct wv_tcglog_event *e)
{
	struct cursor c = cursor_over(e->data, e->data_len);

	return cursor_le32(&c);
}

enum event_role event_role(const struct wv_tcglog_event *e, char section[EVENT_TEXT_MAX])
{
	section[0] = '\0';
	if (e->type == WV_EV_EFI_BOOT_SERVICES_APPLICATION && e->pcr == PCR_IMAGES)
		return EVENT_IMAGE;
	if (e->type == WV_EV_EVENT_TAG && e->pcr == PCR_LINUX) {
		if (tag_of(e) == TAG_CMDLINE)
			return EVENT_CMDLINE;
		if (tag_of(e) == TAG_INITRD)
			return EVENT_INITRD;
	}
	if (e->type == WV_EV_IPL && e->pcr == PCR_SYSTEMD && event_text(e, section) &&
	    section[0] == '.')
		return EVENT_SECTION;
	return EVENT_OTHER;
}
