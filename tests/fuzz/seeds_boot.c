// SPDX-License-Identifier: MIT
/* Programs for UEFI, firmware, and logs of boots by them. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "../unit/support.h"
#include "../unit/tcglog_make.h"
#include "roots.h"

#define PE_AT		0x80u
#define OPTIONAL_AT	(PE_AT + 24)
#define OPTIONAL_LEN	240u
#define TABLE_AT	(OPTIONAL_AT + OPTIONAL_LEN)
#define HEADERS		0x400u
#define PAGE		4096u

struct image {
	uint8_t bytes[0x4000];
	size_t len, sections;
};

static void put(uint8_t *at, uint64_t value, size_t width)
{
	for (; width--; value >>= 8)
		*at++ = (uint8_t)value;
}

static struct wv_bytes bytes_of(const struct image *i)
{
	return (struct wv_bytes){ i->bytes, i->len };
}

static void begin(struct image *i)
{
	memset(i, 0, sizeof(*i));
	memcpy(i->bytes, "MZ", 2);
	put(i->bytes + 0x3c, PE_AT, 4);
	memcpy(i->bytes + PE_AT, "PE", 2);
	put(i->bytes + PE_AT + 20, OPTIONAL_LEN, 2);
	put(i->bytes + OPTIONAL_AT, 0x20b, 2);
	put(i->bytes + OPTIONAL_AT + 60, HEADERS, 4);
	put(i->bytes + OPTIONAL_AT + 108, 16, 4);
	i->len = HEADERS;
}

static void add(struct image *i, const char *name, const void *data, size_t len)
{
	uint8_t *row = i->bytes + TABLE_AT + 40 * i->sections++;
	size_t padded = (len + 0x1ff) & ~(size_t)0x1ff;

	assert_true(i->len + padded <= sizeof(i->bytes));
	memcpy(row, name, strlen(name));
	put(row + 8, len, 4);
	put(row + 16, padded, 4);
	put(row + 20, i->len, 4);
	memcpy(i->bytes + i->len, data, len);
	i->len += padded;
	put(i->bytes + PE_AT + 6, i->sections, 2);
}

/* Certificates at its end, and what says where they are. */
static void sign(struct image *i, size_t len)
{
	put(i->bytes + OPTIONAL_AT + 144, i->len, 4);
	put(i->bytes + OPTIONAL_AT + 148, len, 4);
	memset(i->bytes + i->len, 'c', len);
	i->len += len;
}

static void make_kernel(struct image *i)
{
	begin(i);
	add(i, ".text", "kernel", 6);
	add(i, ".data", "data", 4);
	sign(i, 24);
}

static void make_uki(struct image *i, const struct image *kernel)
{
	begin(i);
	add(i, ".text", "stub", 4);
	add(i, ".sdmagic", "#### LoaderInfo: systemd-stub 252.39 ####", 41);
	add(i, ".osrel", "ID=x", 4);
	add(i, ".cmdline", "quiet", 5);
	add(i, ".initrd", "initrd", 6);
	add(i, ".linux", kernel->bytes, kernel->len);
}

static struct wv_bytes text_of(const char *text)
{
	return (struct wv_bytes){ (const uint8_t *)text, strlen(text) };
}

/* A section's name goes into the log in two bytes a letter. */
static void measured(struct tcglog_made *log, const char *name, struct wv_bytes what)
{
	uint8_t wide[64] = { 0 };
	struct wv_bytes said = { wide, 2 * strlen(name) + 2 };
	size_t i;

	for (i = 0; name[i]; i++)
		wide[2 * i] = (uint8_t)name[i];
	tcglog_measured(log, 11, WV_EV_IPL, (struct wv_bytes){ (const uint8_t *)name, strlen(name) + 1 },
			said);
	tcglog_measured(log, 11, WV_EV_IPL, what, said);
}

static void tagged(struct tcglog_made *log, uint32_t tag, const char *what)
{
	uint8_t said[12] = { 0 };

	put(said, tag, 4);
	put(said + 4, 4, 4);
	memcpy(said + 8, "text", 4);
	tcglog_measured(log, 9, WV_EV_EVENT_TAG, text_of(what), (struct wv_bytes){ said, sizeof(said) });
}

static void make_log(struct tcglog_made *log, const struct image *kernel, const struct image *uki)
{
	static const uint8_t variable[46] = { [16] = 7, [24] = 4, [32] = 'B', [34] = 'o', [36] = 'o',
					      [38] = 't', [40] = '0', [42] = '0', [44] = '0' };
	uint8_t said[32] = { 0 };
	const struct wv_bytes image_said = { said, sizeof(said) };

	tcglog_begin(log);
	tcglog_add(log, 1, 0x80000001, variable, sizeof(variable));
	tcglog_add(log, 4, 0x80000007, "Calling EFI Application from Boot Option", 40);
	tcglog_add(log, 4, WV_EV_SEPARATOR, "\0\0\0", 4);
	if (uki) {
		tcglog_measured(log, 4, WV_EV_EFI_BOOT_SERVICES_APPLICATION, bytes_of(uki), image_said);
		measured(log, ".linux", bytes_of(kernel));
		measured(log, ".osrel", text_of("ID=x"));
		measured(log, ".cmdline", text_of("quiet"));
		measured(log, ".initrd", text_of("initrd"));
	}
	tcglog_measured(log, 4, WV_EV_EFI_BOOT_SERVICES_APPLICATION, bytes_of(kernel), image_said);
	tagged(log, 0x8f3b22ed, "quiet");
	tagged(log, 0x8f3b22ec, "initrd");
}

static void boots(void)
{
	static struct image kernel, uki;
	static struct tcglog_made log;

	make_kernel(&kernel);
	make_uki(&uki, &kernel);
	seed("pe", "kernel", bytes_of(&kernel));
	seed("pe", "uki", bytes_of(&uki));
	make_log(&log, &kernel, NULL);
	seed_pair("boot", "kernel", NULL, tcglog_bytes(&log), bytes_of(&kernel));
	make_log(&log, &kernel, &uki);
	seed_pair("boot", "uki", NULL, tcglog_bytes(&log), bytes_of(&uki));
	seed_pair("boot", "uki-kernel", NULL, tcglog_bytes(&log), bytes_of(&kernel));
}

/* ---- firmware -------------------------------------------------------------------- */

static size_t entry(uint8_t *image, size_t end, const uint8_t guid[16], uint32_t value)
{
	memcpy(image + end - 16, guid, 16);
	put(image + end - 18, 22, 2);
	put(image + end - 22, value, 4);
	return end - 22;
}

static void section(uint8_t **at, uint32_t gpa, uint32_t size, uint32_t kind)
{
	put(*at, gpa, 4);
	put(*at + 4, size, 4);
	put(*at + 8, kind, 4);
	*at += 12;
}

/* The GUIDs of OVMF's table, its own first. */
static const uint8_t guids[4][16] = {
	{ 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d },
	{ 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e },
	{ 0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b, 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54 },
	{ 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc },
};

static void firmware(void)
{
	static uint8_t image[PAGE];
	uint8_t *at = image + 0x800 + 16;
	size_t table = PAGE - 32, end = table - 18;

	end = entry(image, end, guids[1], 0x80b004);
	end = entry(image, end, guids[2], 0x810c00);
	end = entry(image, end, guids[3], PAGE - 0x800);
	memcpy(image + table - 16, guids[0], 16);
	put(image + table - 18, table - end, 2);
	memcpy(image + 0x800, "ASEV", 4);
	put(image + 0x804, 16 + 6 * 12, 4);
	put(image + 0x808, 1, 4);
	put(image + 0x80c, 6, 4);
	section(&at, 0x800000, 0x9000, 1);
	section(&at, 0x80d000, 0x1000, 2);
	section(&at, 0x80e000, 0x1000, 3);
	section(&at, 0x80f000, 0x1000, 4);
	section(&at, 0x810000, 0x1000, 0x10);
	section(&at, 0x811000, 0xf000, 1);
	seed("ovmf", "page", (struct wv_bytes){ image, PAGE });
	seed("ovmf", "end", (struct wv_bytes){ image + 0x800, PAGE - 0x800 });
}

void seeds_boot(void)
{
	boots();
	firmware();
}
