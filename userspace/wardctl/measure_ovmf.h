/* SPDX-License-Identifier: MIT */
/* What OVMF says of itself: the table at its end, and its metadata for SEV-SNP. */
#ifndef WARDCTL_MEASURE_OVMF_H
#define WARDCTL_MEASURE_OVMF_H

#include <stdbool.h>

#include "wardverify.h"

#define OVMF_SECTIONS_MAX	64
#define OVMF_PAGE		4096u

/* Kinds of sections of the metadata: OvmfPkg/ResetVector, SNP. */
enum ovmf_section_kind {
	OVMF_MEMORY = 1,	/* validated before the guest starts */
	OVMF_SECRETS = 2,
	OVMF_CPUID = 3,
	OVMF_SVSM_CAA = 4,
	OVMF_KERNEL_HASHES = 0x10,
};

struct ovmf_section {
	uint32_t gpa, size, kind;
};

/**
 * struct ovmf - what of an image a launch digest needs
 * @image: all of it; it ends at 4 GiB of the guest
 * @reset_eip: where other processors than the first start; 0 = nothing is said
 * @hashes_gpa: where the hashes of kernel, initrd and command line are put; 0 = nowhere
 */
struct ovmf {
	struct wv_bytes image;
	uint32_t reset_eip, hashes_gpa;
	size_t section_count;
	struct ovmf_section section[OVMF_SECTIONS_MAX];
};

/** ovmf_read - NULL, or a sentence: what is wrong with the image */
const char *ovmf_read(struct wv_bytes image, struct ovmf *out);

/** ovmf_takes_hashes - does it check a kernel that is handed to it? */
bool ovmf_takes_hashes(const struct ovmf *ovmf);

#endif /* WARDCTL_MEASURE_OVMF_H */
