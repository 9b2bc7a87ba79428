// SPDX-License-Identifier: MIT
/*
 * AMD 56860, SNP_LAUNCH_UPDATE: the digest of a launch is a chain over its pages.
 * Each page adds SHA-384 of a PAGE_INFO: digest so far, digest of the page's
 * contents (zeroes where they are not measured), kind, address. The order is that
 * in which the VMM hands the pages to the firmware.
 */
#include <openssl/evp.h>
#include <string.h>

#include "measure_snp.h"

#define FOUR_GIB	0x100000000ull
#define VMSA_GPA	0xfffffffff000ull
#define FIRST_EIP	0xfffffff0u
#define PAGE_INFO_LEN	0x70
#define TABLE_ENTRIES	3
#define TABLE_ENTRY	50u	/* GUID, length, SHA-256 */
#define TABLE_LEN	(18u + TABLE_ENTRIES * TABLE_ENTRY)
#define TABLE_PADDED	((TABLE_LEN + 15u) & ~15u)

/* PAGE_TYPE of PAGE_INFO. */
enum page_kind {
	PAGE_NORMAL = 1,
	PAGE_VMSA = 2,
	PAGE_ZERO = 3,
	PAGE_UNMEASURED = 4,
	PAGE_SECRETS = 5,
	PAGE_CPUID = 6,
};

struct chain {
	uint8_t digest[SNP_DIGEST_LEN];
	bool failed;
};

static void put_le(uint8_t *at, uint64_t value, size_t width)
{
	while (width--) {
		*at++ = (uint8_t)value;
		value >>= 8;
	}
}

static bool sha384(const void *data, size_t len, uint8_t out[SNP_DIGEST_LEN])
{
	return EVP_Digest(data, len, out, NULL, EVP_sha384(), NULL);
}

/* @page: its contents, or NULL where they are not measured. */
static void add_page(struct chain *c, enum page_kind kind, uint64_t gpa, const uint8_t *page)
{
	uint8_t info[PAGE_INFO_LEN] = { 0 };

	memcpy(info, c->digest, SNP_DIGEST_LEN);
	if (page && !sha384(page, OVMF_PAGE, info + SNP_DIGEST_LEN))
		c->failed = true;
	put_le(info + 0x60, PAGE_INFO_LEN, 2);
	info[0x62] = (uint8_t)kind;	/* no migration image, no rights of other VMPLs: zero */
	put_le(info + 0x68, gpa, 8);
	if (!sha384(info, sizeof(info), c->digest))
		c->failed = true;
}

static void add_pages(struct chain *c, enum page_kind kind, const struct ovmf_section *s)
{
	uint32_t at;

	for (at = 0; at < s->size; at += OVMF_PAGE)
		add_page(c, kind, (uint64_t)s->gpa + at, NULL);
}

static void add_firmware(struct chain *c, const struct snp_launch *l)
{
	const struct wv_bytes *image = &l->ovmf->image;
	size_t at;

	if (l->firmware_digest) {
		memcpy(c->digest, l->firmware_digest, SNP_DIGEST_LEN);
		return;
	}
	for (at = 0; at < image->len; at += OVMF_PAGE)
		add_page(c, PAGE_NORMAL, FOUR_GIB - image->len + at, image->data + at);
}

static uint8_t *put_hash(uint8_t *at, const uint8_t guid[16], const uint8_t *hash)
{
	memcpy(at, guid, 16);
	put_le(at + 16, TABLE_ENTRY, 2);
	memcpy(at + 18, hash, 32);
	return at + TABLE_ENTRY;
}

/* The page in which OVMF looks for the hashes, as QEMU writes it. */
static void hashes_page(const struct snp_launch *l, uint8_t page[OVMF_PAGE])
{
	static const uint8_t table[16] = { 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
					   0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21 };
	static const uint8_t cmdline[16] = { 0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
					     0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a };
	static const uint8_t initrd[16] = { 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
					    0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d };
	static const uint8_t kernel[16] = { 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
					    0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b };
	uint8_t *at = page + l->ovmf->hashes_gpa % OVMF_PAGE;

	memset(page, 0, OVMF_PAGE);
	memcpy(at, table, 16);
	put_le(at + 16, TABLE_LEN, 2);
	at = put_hash(at + 18, cmdline, l->cmdline);
	at = put_hash(at, initrd, l->initrd);
	put_hash(at, kernel, l->kernel);
}

static void add_section(struct chain *c, const struct snp_launch *l, const struct ovmf_section *s)
{
	uint8_t page[OVMF_PAGE];

	switch (s->kind) {
	case OVMF_MEMORY:
		add_pages(c, l->vmm == SNP_VMM_GCE ? PAGE_UNMEASURED : PAGE_ZERO, s);
		break;
	case OVMF_SVSM_CAA:
		add_pages(c, PAGE_ZERO, s);
		break;
	case OVMF_SECRETS:
		add_pages(c, PAGE_SECRETS, s);
		break;
	case OVMF_CPUID:
		if (l->vmm != SNP_VMM_EC2)
			add_pages(c, PAGE_CPUID, s);
		break;
	default:
		if (!l->kernel) {
			add_pages(c, PAGE_ZERO, s);
			break;
		}
		hashes_page(l, page);
		add_page(c, PAGE_NORMAL, s->gpa, page);
	}
}

/* EC2 hands over the CPUID page behind all others. */
static void add_sections(struct chain *c, const struct snp_launch *l)
{
	const struct ovmf *o = l->ovmf;
	size_t i;

	for (i = 0; i < o->section_count; i++)
		add_section(c, l, &o->section[i]);
	for (i = 0; l->vmm == SNP_VMM_EC2 && i < o->section_count; i++)
		if (o->section[i].kind == OVMF_CPUID)
			add_pages(c, PAGE_CPUID, &o->section[i]);
}

static void add_processors(struct chain *c, const struct snp_launch *l)
{
	uint8_t page[OVMF_PAGE];
	unsigned int i;

	for (i = 0; i < l->vcpus; i++) {
		if (i < 2)	/* all but the first are alike */
			snp_vmsa(l, i ? l->ovmf->reset_eip : FIRST_EIP, page);
		add_page(c, PAGE_VMSA, VMSA_GPA, page);
	}
}

const char *snp_launch_digest(const struct snp_launch *l, uint8_t out[SNP_DIGEST_LEN])
{
	struct chain c = { .failed = false };

	if (l->kernel && !ovmf_takes_hashes(l->ovmf))
		return "it has no place for the hashes of kernel, initrd and command line, so nothing "
		       "of a kernel that is handed to it would be measured";
	if (l->kernel && l->ovmf->hashes_gpa % OVMF_PAGE > OVMF_PAGE - TABLE_PADDED)
		return "its place for the hashes of kernel, initrd and command line crosses a page";
	if (l->vcpus > 1 && !l->ovmf->reset_eip)
		return "it does not say where other processors than the first start";
	add_firmware(&c, l);
	add_sections(&c, l);
	add_processors(&c, l);
	memcpy(out, c.digest, SNP_DIGEST_LEN);
	return c.failed ? "there is no memory for it" : NULL;
}
