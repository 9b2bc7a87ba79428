// SPDX-License-Identifier: MIT
/*
 * PE/COFF as far as UEFI's loaders read it, and Authenticode's digest of it: the
 * headers without checksum and the entry of certificates, the sections in the
 * file's order, then what follows them, up to the certificates.
 */
#include <openssl/evp.h>
#include <string.h>

#include "../verifier/cursor.h"
#include "measure_pe.h"

#define MZ_POINTER	0x3cu
#define COFF_LEN	20u
#define SECTION_LEN	40u
#define MAGIC_32	0x10bu
#define MAGIC_32_PLUS	0x20bu
#define CERTIFICATES	4	/* IMAGE_DIRECTORY_ENTRY_SECURITY */

/* The optional header at @at: where the parts are that a digest leaves out. */
static const char *read_optional(const struct cursor *file, size_t at, size_t len, struct pe *pe)
{
	struct cursor c = cursor_sub(file, at, len);
	uint16_t magic = cursor_le16(&c);
	size_t directories = magic == MAGIC_32_PLUS ? 112 : 96;
	uint32_t count;

	if (!cursor_ok(&c) || (magic != MAGIC_32 && magic != MAGIC_32_PLUS))
		return "it is no PE image";
	c = cursor_sub(file, at, len);
	cursor_skip(&c, 60);
	pe->headers_len = cursor_le32(&c);
	pe->checksum_at = c.at + at;
	cursor_skip(&c, directories - 4 - c.at);
	count = cursor_le32(&c);
	if (!cursor_ok(&c))
		return "its header is cut";
	if (count <= CERTIFICATES)
		return NULL;
	cursor_skip(&c, 8 * CERTIFICATES);
	pe->certificates_at = c.at + at;
	cursor_skip(&c, 4);
	pe->certificates_len = cursor_le32(&c);
	return cursor_ok(&c) ? NULL : "its header is cut";
}

static void read_section(struct cursor *c, struct pe_section *s)
{
	cursor_copy(c, s->name, 8);
	s->name[8] = '\0';
	s->size = cursor_le32(c);
	cursor_skip(c, 4);
	s->raw_size = cursor_le32(c);
	s->raw_at = cursor_le32(c);
	cursor_skip(c, 16);
}

/* In the order of the file; there are few. */
static void sort_sections(struct pe *pe)
{
	size_t i, j;

	for (i = 1; i < pe->section_count; i++) {
		struct pe_section s = pe->section[i];

		for (j = i; j && pe->section[j - 1].raw_at > s.raw_at; j--)
			pe->section[j] = pe->section[j - 1];
		pe->section[j] = s;
	}
}

static const char *check_layout(const struct pe *pe)
{
	size_t end = pe->headers_len, i;

	if (end > pe->file.len || pe->checksum_at + 4 > end ||
	    (pe->certificates_at && pe->certificates_at + 8 > end))
		return "its headers are longer than it, or shorter than they must be";
	for (i = 0; i < pe->section_count; i++) {
		if (!pe->section[i].raw_size)
			continue;
		if (pe->section[i].raw_at < end)
			return "its sections overlap";
		end = (size_t)pe->section[i].raw_at + pe->section[i].raw_size;
		if (end > pe->file.len)
			return "a section is cut";
	}
	return pe->certificates_len > pe->file.len - end ? "its certificates are cut" : NULL;
}

static const char *read_sections(const struct cursor *file, size_t at, size_t count, struct pe *pe)
{
	struct cursor c = cursor_sub(file, at, SECTION_LEN * count);
	size_t i;

	if (!count || count > PE_SECTIONS_MAX || !cursor_ok(&c))
		return "it has no sections, too many, or not as many as it says";
	for (i = 0; i < count; i++)
		read_section(&c, &pe->section[i]);
	pe->section_count = count;
	sort_sections(pe);
	return check_layout(pe);
}

const char *pe_read(struct wv_bytes file, struct pe *out)
{
	struct cursor all = cursor_over(file.data, file.len), c = all;
	size_t at, count, len;
	const uint8_t *magic;
	const char *why;

	memset(out, 0, sizeof(*out));
	out->file = file;
	cursor_skip(&c, MZ_POINTER);
	at = cursor_le32(&c);
	c = cursor_sub(&all, cursor_ok(&c) ? at : SIZE_MAX, 4 + COFF_LEN);
	magic = cursor_take(&c, 4);
	cursor_skip(&c, 2);
	count = cursor_le16(&c);
	cursor_skip(&c, 12);
	len = cursor_le16(&c);
	if (!cursor_ok(&c) || memcmp(file.data, "MZ", 2) || memcmp(magic, "PE\0", 4))
		return "it is no PE image";
	at += 4 + COFF_LEN;
	why = read_optional(&all, at, len, out);
	return why ? why : read_sections(&all, at + len, count, out);
}

static bool add(EVP_MD_CTX *ctx, const struct pe *pe, size_t from, size_t to)
{
	return to <= from || EVP_DigestUpdate(ctx, pe->file.data + from, to - from);
}

static bool add_all(EVP_MD_CTX *ctx, const struct pe *pe)
{
	size_t at = pe->checksum_at + 4, end = pe->headers_len, i;
	bool ok = add(ctx, pe, 0, pe->checksum_at);

	if (pe->certificates_at) {
		ok = ok && add(ctx, pe, at, pe->certificates_at);
		at = pe->certificates_at + 8;
	}
	ok = ok && add(ctx, pe, at, end);
	for (i = 0; ok && i < pe->section_count; i++) {
		const struct pe_section *s = &pe->section[i];

		ok = add(ctx, pe, s->raw_at, (size_t)s->raw_at + s->raw_size);
		end += s->raw_size;
	}
	/* The sum of all parts, as the specification has it, not where the last one ends. */
	return ok && add(ctx, pe, end, pe->file.len - pe->certificates_len);
}

bool pe_authenticode(const struct pe *pe, uint8_t out[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) && add_all(ctx, pe) &&
		  EVP_DigestFinal_ex(ctx, out, NULL);

	EVP_MD_CTX_free(ctx);
	return ok;
}

bool pe_section(const struct pe *pe, const char *name, struct wv_bytes *out)
{
	size_t i;

	for (i = 0; i < pe->section_count; i++) {
		const struct pe_section *s = &pe->section[i];

		if (strcmp(s->name, name) || s->size > s->raw_size)
			continue;
		/* Where one without bytes is in the file, nobody looked at. */
		*out = (struct wv_bytes){ pe->file.data + (s->size ? s->raw_at : 0), s->size };
		return true;
	}
	return false;
}
