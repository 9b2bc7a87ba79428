// SPDX-License-Identifier: MIT
/*
 * NVIDIA's opaque data in MEASUREMENTS: type, length, value, one after the other. Names
 * of types: OPAQUE_FIELD_ID_* of NVIDIA's attestation tools. Others are let be: newer
 * drivers add some.
 */
#include <stdio.h>
#include <string.h>

#include "cursor.h"
#include "fault.h"
#include "gpu.h"

enum {
	DRIVER_VERSION = 3, VBIOS_VERSION = 6, BOARD_ID = 14, CHIP_SKU = 15, PROJECT = 17,
	PROJECT_SKU = 18, FWID = 20, PROTECTED_PCIE = 21, FEATURE_FLAG = 36,
	TYPES_KNOWN = 64,
};

static int damaged(struct wv_fault *fault, unsigned int type, const char *text)
{
	return fault_set(fault, WV_GPU_DAMAGED, "gpu.opaque", -1, "data of type %u: %s", type,
			 text);
}

/* Text that may end in NULs; printable ASCII it must be, since it is shown and compared. */
static int read_text(struct cursor *c, unsigned int type, char *out, struct wv_fault *fault)
{
	size_t len = cursor_left(c), i;
	const uint8_t *p = cursor_take(c, len);

	while (len && !p[len - 1])
		len--;
	if (len >= WV_GPU_TEXT)
		return damaged(fault, type, "a text that is too long");
	for (i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			return damaged(fault, type, "no printable text");
	memcpy(out, p, len);
	out[len] = '\0';
	return WV_OK;
}

/* 96.00.9F.00.01 lies as 00 9f 00 96 01: the first four bytes in reverse, then the fifth. */
static int read_vbios(struct cursor *c, char *out, struct wv_fault *fault)
{
	const uint8_t *p = cursor_take(c, 8);

	if (!p || cursor_left(c))
		return damaged(fault, VBIOS_VERSION, "a version has 8 bytes");
	snprintf(out, WV_GPU_TEXT, "%02X.%02X.%02X.%02X.%02X", p[3], p[2], p[1], p[0], p[4]);
	return WV_OK;
}

static int read_number(struct cursor *c, unsigned int type, size_t len, uint32_t *out,
		       struct wv_fault *fault)
{
	if (cursor_left(c) != len)
		return damaged(fault, type, "a number of another length");
	*out = (uint32_t)cursor_le(c, len);
	return WV_OK;
}

static int read_fwid(struct cursor *c, struct wv_gpu *out, struct wv_fault *fault)
{
	if (cursor_left(c) != sizeof(out->fwid))
		return damaged(fault, FWID, "a digest has 48 bytes");
	cursor_copy(c, out->fwid, sizeof(out->fwid));
	out->has_fwid = 1;
	return WV_OK;
}

static int read_field(unsigned int type, struct cursor c, struct wv_gpu *out,
		      struct wv_fault *fault)
{
	uint32_t byte = 0;
	int rc;

	switch (type) {
	case DRIVER_VERSION:
		return read_text(&c, type, out->driver_version, fault);
	case VBIOS_VERSION:
		return read_vbios(&c, out->vbios_version, fault);
	case BOARD_ID:
		return read_number(&c, type, 4, &out->board_id, fault);
	case CHIP_SKU:
		return read_text(&c, type, out->chip_sku, fault);
	case PROJECT:
		return read_text(&c, type, out->project, fault);
	case PROJECT_SKU:
		return read_text(&c, type, out->project_sku, fault);
	case FWID:
		return read_fwid(&c, out, fault);
	case PROTECTED_PCIE:
		rc = read_number(&c, type, 1, &byte, fault);
		out->protected_pcie = (uint8_t)byte;
		return rc;
	case FEATURE_FLAG:
		out->has_feature = cursor_left(&c) && cursor_left(&c) <= 4;
		return read_number(&c, type, out->has_feature ? cursor_left(&c) : 4, &out->feature,
				   fault);
	}
	return WV_OK;
}

int gpu_parse_opaque(struct wv_bytes in, struct wv_gpu *out, struct wv_fault *fault)
{
	struct cursor c = cursor_over(in.data, in.len);
	uint64_t seen = 0;
	int rc = WV_OK;

	while (!rc && cursor_left(&c)) {
		unsigned int type = cursor_le16(&c);
		size_t len = cursor_le16(&c);
		const uint8_t *p = cursor_take(&c, len);

		if (!p)
			return damaged(fault, type, "cut short");
		if (type < TYPES_KNOWN && seen & 1ull << type)
			return damaged(fault, type, "it is there twice");
		if (type < TYPES_KNOWN)
			seen |= 1ull << type;
		rc = read_field(type, cursor_over(p, len), out, fault);
	}
	return rc;
}
