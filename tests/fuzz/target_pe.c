// SPDX-License-Identifier: MIT
/*
 * A program for UEFI: its sections, its digest, and register 11 of a unified image.
 * What signing writes into it changes no digest.
 */
#include <stdlib.h>
#include <string.h>

#include "../../userspace/wardctl/measure_boot.h"
#include "sentence.h"

static void sections(const struct pe *pe)
{
	struct wv_bytes found;
	size_t i;

	for (i = 0; i < pe->section_count; i++)
		if (pe_section(pe, pe->section[i].name, &found))
			fuzz_inside(found, pe->file);
}

/* The same image, signed otherwise. */
static void resigned(const struct pe *pe, const uint8_t digest[32])
{
	uint8_t *copy = malloc(pe->file.len), other[32];
	struct wv_bytes file = { copy, pe->file.len };
	struct pe again;

	if (!copy)
		return;
	memcpy(copy, pe->file.data, pe->file.len);
	copy[pe->checksum_at] ^= 1;
	if (pe->certificates_at)
		copy[pe->certificates_at] ^= 1;
	if (pe->certificates_len)
		copy[pe->file.len - 1] ^= 1;
	if (pe_read(file, &again))
		fuzz_die("an image cannot be read when its checksum is another");
	if (pe_authenticode(&again, other) && memcmp(other, digest, sizeof(other)))
		fuzz_die("a checksum or certificates change the digest");
	free(copy);
}

int fuzz_one(struct wv_bytes in)
{
	static struct boot boot;
	uint8_t digest[32];
	struct pe pe;
	int rc = fuzz_sentence(pe_read(in, &pe));

	if (rc)
		return rc;
	sections(&pe);
	if (pe_authenticode(&pe, digest))
		resigned(&pe, digest);
	if (!fuzz_sentence(boot_predict_uki(&pe, &boot)))
		fuzz_sentence(boot_phases("enter-initrd:leave-initrd", &boot));
	return rc;
}
