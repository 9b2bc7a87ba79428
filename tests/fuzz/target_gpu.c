// SPDX-License-Identifier: MIT
/* A GPU's report and certificates; and the same bytes as a report's opaque data. */
#include "fuzz.h"
#include "gpu.h"

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kind = { .tee = "nvidia-gpu", .split = true };
	static struct wv_gpu gpu;
	struct wv_fault fault = { .reason = WV_OK };	/* filled in, and not cleared */

	fuzz_refusal(gpu_parse_opaque(in, &gpu, &fault), &fault);
	return fuzz_evidence(&kind, in);
}
