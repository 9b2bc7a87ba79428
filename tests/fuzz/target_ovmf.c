// SPDX-License-Identifier: MIT
/* Firmware: the table at its end. It is as many pages as have a whole page's length. */
#include <stdlib.h>
#include <string.h>

#include "../../userspace/wardctl/measure_ovmf.h"
#include "sentence.h"

static int judge(struct wv_bytes image)
{
	struct ovmf ovmf;
	size_t i;
	int rc = fuzz_sentence(ovmf_read(image, &ovmf));

	if (rc)
		return rc;
	if (!ovmf.section_count || ovmf.section_count > OVMF_SECTIONS_MAX)
		fuzz_die("%zu sections", ovmf.section_count);
	for (i = 0; i < ovmf.section_count; i++)
		if (!ovmf.section[i].size || ovmf.section[i].size % OVMF_PAGE ||
		    ovmf.section[i].gpa > UINT32_MAX - ovmf.section[i].size)
			fuzz_die("section %zu is no pages of the first 4 GiB", i);
	ovmf_takes_hashes(&ovmf);
	return rc;
}

/* The input as it is, and as the end of an image of whole pages. */
int fuzz_one(struct wv_bytes in)
{
	size_t len = (in.len + OVMF_PAGE - 1) / OVMF_PAGE * OVMF_PAGE;
	uint8_t *image;
	int rc = judge(in);

	if (!rc || len == in.len)
		return rc;
	image = calloc(1, len);
	if (!image)
		return WV_NO_MEMORY;
	memcpy(image + len - in.len, in.data, in.len);
	rc = judge((struct wv_bytes){ image, len });
	free(image);
	return rc;
}
