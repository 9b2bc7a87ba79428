// SPDX-License-Identifier: MIT
#include <string.h>

#include "cbor_read.h"
#include "tpm.h"

#define STRUCT_MAX	2048u	/* a key, a quote or a signature as TPMs write them */
#define HCL_MAX		16384u

static int field(struct item_in *in, const char *key, size_t max, struct wv_bytes *out)
{
	return item_key(in, key) ?: item_bytes(in, key, 1, max, out);
}

static int read_registers(struct item_in *in, struct tpm_data *t)
{
	int rc = item_key(in, "pcrs") ?: item_array(in, "pcrs", 1, TPM_PCR_COUNT, &t->pcr_count);
	size_t i;

	for (i = 0; !rc && i < t->pcr_count; i++)
		rc = item_bytes(in, "pcrs", 20, 64, &t->pcr[i]);
	return rc;
}

int tpm_data_parse(struct wv_bytes data, bool hcl, struct tpm_data *t, struct wv_fault *fault)
{
	struct item_in in = { .c = cursor_over(data.data, data.len),
			      .reason = WV_BUNDLE_DAMAGED, .fault = fault };
	uint64_t version;

	memset(t, 0, sizeof(*t));
	return item_map(&in, "data", hcl ? 7 : 6) ?: field(&in, "ak", STRUCT_MAX, &t->ak) ?:
	       (hcl ? field(&in, "hcl", HCL_MAX, &t->hcl) : WV_OK) ?: read_registers(&in, t) ?:
	       field(&in, "quote", STRUCT_MAX, &t->quote) ?: item_key(&in, "shared") ?:
	       item_uint(&in, "shared", 0, 1, &t->shared) ?: item_key(&in, "version") ?:
	       item_uint(&in, "version", 1, 1, &version) ?:
	       field(&in, "signature", STRUCT_MAX, &t->signature) ?: item_end(&in);
}
