// SPDX-License-Identifier: MIT
/*
 * OVMF's table of GUIDs ends 32 bytes before the image does and is read from its
 * end: data, length (16 bits, of all three), GUID. Its metadata for SEV-SNP lie
 * where one of the entries says, counted from the image's end.
 */
#include <string.h>

#include "../verifier/cursor.h"
#include "measure_ovmf.h"

#define TAIL		32u	/* behind the table: the reset vector */
#define ENTRY_MIN	18u	/* length and GUID */
#define SECTION_LEN	12u
#define SECTION_MAX	(64u << 20)
#define IMAGE_MAX	(64u << 20)

static const uint8_t guid_table[16] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
					0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const uint8_t guid_hashes[16] = { 0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b,
					 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54 };
static const uint8_t guid_reset[16] = { 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
					0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e };
static const uint8_t guid_metadata[16] = { 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
					   0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc };

/* One entry that ends at @end of the image: its data, and where it begins. */
struct entry {
	const uint8_t *guid;
	struct cursor data;
	size_t begin;
};

static bool entry_before(const struct cursor *image, size_t end, size_t first, struct entry *e)
{
	struct cursor tail;
	size_t len;

	if (end - first < ENTRY_MIN)
		return false;
	tail = cursor_sub(image, end - ENTRY_MIN, ENTRY_MIN);
	len = cursor_le16(&tail);
	e->guid = cursor_take(&tail, 16);
	if (!cursor_ok(&tail) || len < ENTRY_MIN || len > end - first)
		return false;
	e->begin = end - len;
	e->data = cursor_sub(image, e->begin, len - ENTRY_MIN);
	return true;
}

/* Where the entries begin and end: the table's own entry, which counts all, is last. */
static bool find_table(const struct cursor *image, size_t *first, size_t *end)
{
	size_t behind = image->len > TAIL ? image->len - TAIL : 0;
	struct cursor tail = cursor_sub(image, behind < ENTRY_MIN ? 0 : behind - ENTRY_MIN,
					ENTRY_MIN);
	size_t len = cursor_le16(&tail);
	const uint8_t *guid = cursor_take(&tail, 16);

	if (behind < ENTRY_MIN || !guid || memcmp(guid, guid_table, 16) || len < ENTRY_MIN ||
	    len > behind)
		return false;
	*first = behind - len;
	*end = behind - ENTRY_MIN;
	return true;
}

static const char *read_section(struct cursor *c, struct ovmf_section *s)
{
	s->gpa = cursor_le32(c);
	s->size = cursor_le32(c);
	s->kind = cursor_le32(c);
	if (s->gpa % OVMF_PAGE || s->size % OVMF_PAGE || !s->size || s->size > SECTION_MAX ||
	    s->size > UINT32_MAX - s->gpa)
		return "a section of its metadata is no whole pages, or too many";
	switch (s->kind) {
	case OVMF_MEMORY:
	case OVMF_SVSM_CAA:
		return NULL;
	case OVMF_SECRETS:
	case OVMF_CPUID:
	case OVMF_KERNEL_HASHES:
		return s->size == OVMF_PAGE ? NULL :
		       "a section of its metadata that is one page by its kind is longer";
	default:
		return "its metadata have a section of a kind that this version does not know";
	}
}

static const char *read_metadata(const struct cursor *image, uint32_t from_end, struct ovmf *out)
{
	struct cursor c;
	const uint8_t *signature;
	uint32_t len, count, i;
	const char *why = NULL;

	if (from_end > image->len)
		return "its metadata are said to lie outside of it";
	c = cursor_sub(image, image->len - from_end, from_end);
	signature = cursor_take(&c, 4);
	len = cursor_le32(&c);
	cursor_skip(&c, 4);	/* version: 1 so far, and the layout would tell */
	count = cursor_le32(&c);
	if (!cursor_ok(&c) || memcmp(signature, "ASEV", 4))
		return "its metadata do not begin as they must";
	if (count > OVMF_SECTIONS_MAX || len != 16 + SECTION_LEN * count)
		return "its metadata have more sections than there may be, or not as many as they say";
	for (i = 0; !why && i < count; i++)
		why = read_section(&c, &out->section[i]);
	if (!why && !cursor_ok(&c))
		why = "its metadata are cut";
	out->section_count = count;
	return why;
}

static const char *take_entry(const struct cursor *image, struct entry *e, struct ovmf *out)
{
	uint32_t value = cursor_le32(&e->data);

	/* An entry that has no number is none of those that are looked for. */
	if (!cursor_ok(&e->data))
		return NULL;
	if (!memcmp(e->guid, guid_reset, 16))
		out->reset_eip = value;
	else if (!memcmp(e->guid, guid_hashes, 16))
		out->hashes_gpa = value;
	else if (!memcmp(e->guid, guid_metadata, 16))
		return read_metadata(image, value, out);
	return NULL;
}

const char *ovmf_read(struct wv_bytes image, struct ovmf *out)
{
	struct cursor c = cursor_over(image.data, image.len);
	const char *why = NULL;
	struct entry e;
	size_t first, end;

	memset(out, 0, sizeof(*out));
	out->image = image;
	if (!image.len || image.len % OVMF_PAGE || image.len > IMAGE_MAX)
		return "it is not as many whole pages as firmware has";
	if (!find_table(&c, &first, &end))
		return "it does not end as OVMF does: it has no table of GUIDs";
	for (; !why && end > first; end = e.begin) {
		if (!entry_before(&c, end, first, &e))
			return "its table of GUIDs is damaged";
		why = take_entry(&c, &e, out);
	}
	if (!why && !out->section_count)
		why = "it has no metadata for SEV-SNP";
	return why;
}

bool ovmf_takes_hashes(const struct ovmf *ovmf)
{
	size_t i;

	for (i = 0; i < ovmf->section_count; i++)
		if (ovmf->section[i].kind == OVMF_KERNEL_HASHES)
			return ovmf->hashes_gpa != 0;
	return false;
}
