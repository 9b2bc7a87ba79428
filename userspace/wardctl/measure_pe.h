/* SPDX-License-Identifier: MIT */
/* Programs for UEFI (PE/COFF): kernels, and unified kernel images. */
#ifndef WARDCTL_MEASURE_PE_H
#define WARDCTL_MEASURE_PE_H

#include <stdbool.h>

#include "wardverify.h"

#define PE_SECTIONS_MAX 96	/* as Windows has it, and UEFI's loaders */

/**
 * struct pe_section - one of an image
 * @size: in memory, which is what systemd's stub measures
 * @raw_at, @raw_size: in the file, padded
 */
struct pe_section {
	char name[9];
	uint32_t size, raw_at, raw_size;
};

/**
 * struct pe - what of an image digests need
 * @checksum_at: 4 bytes that Authenticode leaves out
 * @certificates_at: 8 bytes of the header that it leaves out, 0 = there are none
 * @certificates_len: bytes at the file's end that it leaves out
 */
struct pe {
	struct wv_bytes file;
	size_t checksum_at, certificates_at;
	uint32_t headers_len, certificates_len;
	size_t section_count;
	struct pe_section section[PE_SECTIONS_MAX];
};

/** pe_read - NULL, or a sentence: what is wrong with the image */
const char *pe_read(struct wv_bytes file, struct pe *out);

/** pe_authenticode - SHA-256 as firmware measures a program; false = no memory */
bool pe_authenticode(const struct pe *pe, uint8_t out[32]);

/** pe_section - contents of the section of that name; false = it has none that is whole */
bool pe_section(const struct pe *pe, const char *name, struct wv_bytes *out);

#endif /* WARDCTL_MEASURE_PE_H */
