// SPDX-License-Identifier: MIT
/*
 * Who measures what: firmware each program that it starts (4); Linux' EFI stub its
 * command line and initrd (9); systemd's EFI stub each section of the image that it
 * is part of, name and contents (11).
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "measure_boot.h"

#define NOWHERE		SIZE_MAX
#define PCR_IMAGES	4
#define PCR_LINUX	9
#define PCR_SYSTEMD	11
#define NO_MEMORY	"there is no memory for it"

/* What every version of systemd's stub since 252 measures, in its order. */
static const char *const sections[] = {
	".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey", NULL,
};

/* Where in the log, by number of the event, the parts have their places. */
struct places {
	size_t kernel, uki, first_section, last_section, initrd, cmdline;
	size_t initrds, cmdlines;
	char name[BOOT_REPLACED_MAX / 2][EVENT_TEXT_MAX];
	size_t names;
};

static const char *replace(struct boot *b, uint32_t pcr, const char *what, const uint8_t *digest)
{
	struct boot_replaced *r = &b->replaced[b->count];

	if (b->count == BOOT_REPLACED_MAX)
		return "it has more parts than any boot has";
	r->pcr = pcr;
	snprintf(r->what, sizeof(r->what), "%s", what);
	memcpy(r->digest, digest, sizeof(r->digest));
	b->count++;
	return wv_tcglog_extend(&b->pcrs, pcr, digest) ? NO_MEMORY : NULL;
}

static const char *replace_by(struct boot *b, uint32_t pcr, const char *what, struct wv_bytes bytes)
{
	uint8_t digest[32];

	if (!EVP_Digest(bytes.data, bytes.len, digest, NULL, EVP_sha256(), NULL))
		return NO_MEMORY;
	return replace(b, pcr, what, digest);
}

static const char *replace_image(struct boot *b, const char *what, const struct pe *pe)
{
	uint8_t digest[32];

	return pe_authenticode(pe, digest) ? replace(b, PCR_IMAGES, what, digest) : NO_MEMORY;
}

/* The kernel inside a unified image is a program as well: systemd's stub has firmware start it. */
static const char *replace_inner(struct boot *b, const struct pe *uki)
{
	struct wv_bytes bytes;
	struct pe kernel;
	const char *why;

	if (!pe_section(uki, ".linux", &bytes))
		return "the image has no kernel in it (.linux)";
	why = pe_read(bytes, &kernel);
	return why ? why : replace_image(b, "kernel in the image", &kernel);
}

/* Name with its NUL, then contents. */
static const char *replace_section(struct boot *b, const struct pe *uki, const char *name)
{
	struct wv_bytes label = { (const uint8_t *)name, strlen(name) + 1 }, bytes;
	char what[32];
	const char *why;

	if (!pe_section(uki, name, &bytes))
		return NULL;
	snprintf(what, sizeof(what), "name %.20s", name);
	why = replace_by(b, PCR_SYSTEMD, what, label);
	return why ? why : replace_by(b, PCR_SYSTEMD, name, bytes);
}

static bool in_log(const struct places *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->names; i++)
		if (!strcmp(p->name[i], name))
			return true;
	return false;
}

/*
 * Which sections this version of the stub measures, and in which order, the log
 * tells. One that was not in the image then has no place in it.
 */
static const char *replace_sections(struct boot *b, const struct pe *uki, const struct places *p)
{
	const char *why = NULL;
	struct wv_bytes bytes;
	size_t i;

	for (i = 0; sections[i]; i++)
		if (!in_log(p, sections[i]) && pe_section(uki, sections[i], &bytes))
			return "the image has a section that the one of the log's boot had not; take"
			       " the log of a boot with one";
	for (i = 0; !why && i < p->names; i++)
		why = replace_section(b, uki, p->name[i]);
	return why;
}

static void note_section(struct places *p, size_t n, const char *name)
{
	if (p->first_section == NOWHERE)
		p->first_section = n;
	p->last_section = n;
	if (!in_log(p, name) && p->names < BOOT_REPLACED_MAX / 2)
		strcpy(p->name[p->names++], name);
}

/* A unified image is the last program before its sections, the kernel in it the first after. */
static void note_image(struct places *p, size_t n, bool uki)
{
	if (!uki)
		p->kernel = n;
	else if (p->first_section == NOWHERE)
		p->uki = n;
	else if (p->kernel == NOWHERE)
		p->kernel = n;
}

static void note(struct places *p, size_t n, const struct wv_tcglog_event *e, bool uki)
{
	char name[EVENT_TEXT_MAX];

	switch (event_role(e, name)) {
	case EVENT_IMAGE:
		note_image(p, n, uki);
		break;
	case EVENT_SECTION:
		note_section(p, n, name);
		break;
	case EVENT_INITRD:
		p->initrd = n;
		p->initrds++;
		break;
	case EVENT_CMDLINE:
		p->cmdline = n;
		p->cmdlines++;
		break;
	default:
		break;
	}
}

static void find_places(const struct wv_tcglog *log, bool uki, struct places *p)
{
	struct wv_tcglog_event e;
	size_t at = log->first, n;

	memset(p, 0, sizeof(*p));
	p->kernel = p->uki = p->first_section = p->last_section = p->initrd = p->cmdline = NOWHERE;
	for (n = 0; wv_tcglog_next(log, &at, &e); n++)
		note(p, n, &e, uki);
}

/* An older kernel measures neither, so in a unified image they may be missing. */
static const char *check_places(const struct boot_parts *parts, const struct places *p)
{
	if (parts->uki && (p->uki == NOWHERE || p->first_section == NOWHERE))
		return "the log is not of the boot of a unified kernel image: no sections in"
		       " register 11, or no program in register 4";
	if (parts->kernel && p->kernel == NOWHERE)
		return "the log has no program in register 4, so the kernel has no place";
	if (parts->initrd.data && !(p->initrds == 1 || (parts->uki && !p->initrds)))
		return "the log has not one initrd in register 9: Linux' EFI stub puts it there, from"
		       " 5.18 on";
	if (parts->cmdline.data && !(p->cmdlines == 1 || (parts->uki && !p->cmdlines)))
		return "the log has not one command line in register 9: Linux' EFI stub puts it there,"
		       " where the kernel is new enough";
	return NULL;
}

/* An event that nothing replaces goes on as the log has it. */
static const char *keep(struct boot *b, const struct wv_tcglog *log, const struct wv_tcglog_event *e)
{
	int bank = wv_tcglog_bank(log, WV_ALG_SHA256);

	if (e->type == WV_EV_NO_ACTION)
		return NULL;
	if (!e->digest[bank])
		return "the log has an event without a digest by SHA-256";
	return wv_tcglog_extend(&b->pcrs, e->pcr, e->digest[bank]) ? NO_MEMORY : NULL;
}

static const char *step(struct boot *b, const struct wv_tcglog *log, size_t n,
			const struct wv_tcglog_event *e, const struct boot_parts *parts,
			const struct places *p)
{
	char name[EVENT_TEXT_MAX];

	if (parts->uki && n == p->uki)
		return replace_image(b, "image", parts->uki);
	if (parts->uki && n == p->kernel)
		return replace_inner(b, parts->uki);
	if (parts->kernel && n == p->kernel)
		return replace_image(b, "kernel", parts->kernel);
	if (parts->initrd.data && n == p->initrd)
		return replace_by(b, PCR_LINUX, "initrd", parts->initrd);
	if (parts->cmdline.data && n == p->cmdline)
		return replace_by(b, PCR_LINUX, "command line", parts->cmdline);
	if (parts->uki && n == p->first_section)
		return replace_sections(b, parts->uki, p);
	if (parts->uki && event_role(e, name) == EVENT_SECTION)
		return NULL;
	return keep(b, log, e);
}

const char *boot_predict(const struct wv_tcglog *log, const struct boot_parts *parts,
			 struct boot *out)
{
	struct wv_tcglog_event e;
	size_t at = log->first, n;
	struct places p;
	const char *why;

	memset(out, 0, sizeof(*out));
	if (wv_tcglog_bank(log, WV_ALG_SHA256) < 0)
		return "the log has no digests by SHA-256";
	if (wv_tcglog_start(WV_ALG_SHA256, log->locality, &out->pcrs))
		return NO_MEMORY;
	find_places(log, parts->uki != NULL, &p);
	why = check_places(parts, &p);
	for (n = 0; !why && wv_tcglog_next(log, &at, &e); n++)
		why = step(out, log, n, &e, parts, &p);
	return why;
}

/* Which version of the stub an image has: "#### LoaderInfo: systemd-stub 252.39 ####" */
static bool is_stub_252(const struct pe *uki)
{
	static const char words[] = "systemd-stub 252";
	struct wv_bytes magic;

	return pe_section(uki, ".sdmagic", &magic) &&
	       memmem(magic.data, magic.len, words, sizeof(words) - 1);
}

const char *boot_predict_uki(const struct pe *uki, struct boot *out)
{
	const char *why = NULL;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (!is_stub_252(uki))
		return "which sections this version of systemd's stub measures is not known here; the"
		       " log of a boot by it tells (--log)";
	if (wv_tcglog_start(WV_ALG_SHA256, 0, &out->pcrs))
		return NO_MEMORY;
	for (i = 0; !why && sections[i]; i++)
		why = replace_section(out, uki, sections[i]);
	return why;
}

const char *boot_phases(const char *words, struct boot *out)
{
	const char *why = NULL;

	while (!why && *words) {
		size_t len = strcspn(words, ":");
		char what[32];

		if (!len || len > 24)
			return "a phase is a word of systemd-pcrphase, as enter-initrd";
		snprintf(what, sizeof(what), "phase %.*s", (int)len, words);
		why = replace_by(out, PCR_SYSTEMD, what,
				 (struct wv_bytes){ (const uint8_t *)words, len });
		words += len + (words[len] == ':');
	}
	return why;
}
