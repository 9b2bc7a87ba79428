// SPDX-License-Identifier: MIT
#include <string.h>

#include "cbor_read.h"
#include "tpm.h"

#define STRUCT_MAX	2048u	/* a key, a quote or a signature as TPMs write them */
#define HCL_MAX		16384u
#define CERT_MAX	16384u
#define TD_QUOTE_MAX	32768u
#define MAP_OF_7	0xa7	/* RFC 8949 section 3.1: major type 5 */

static int field(struct item_in *in, const char *key, size_t min, size_t max,
		 struct wv_bytes *out)
{
	return item_key(in, key) ?: item_bytes(in, key, min, max, out);
}

static int read_registers(struct item_in *in, struct tpm_data *t)
{
	int rc = item_key(in, "pcrs") ?: item_array(in, "pcrs", 1, WV_TPM_PCRS, &t->pcr_count);
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
	return item_map(&in, "data", hcl ? 7 : 6) ?: field(&in, "ak", 1, STRUCT_MAX, &t->ak) ?:
	       (hcl ? field(&in, "hcl", 1, HCL_MAX, &t->hcl) : WV_OK) ?: read_registers(&in, t) ?:
	       field(&in, "quote", 1, STRUCT_MAX, &t->quote) ?: item_key(&in, "shared") ?:
	       item_uint(&in, "shared", 0, 1, &t->shared) ?: item_key(&in, "version") ?:
	       item_uint(&in, "version", 1, 1, &version) ?:
	       field(&in, "signature", 1, STRUCT_MAX, &t->signature) ?: item_end(&in);
}

int tpm_aux_parse(struct wv_bytes aux, struct tpm_aux *a, struct wv_fault *fault)
{
	struct item_in in = { .c = cursor_over(aux.data, aux.len),
			      .reason = WV_BUNDLE_DAMAGED, .fault = fault };

	bool td = aux.len && aux.data[0] == MAP_OF_7;

	memset(a, 0, sizeof(*a));
	if (!aux.len)
		return WV_OK;
	return item_map(&in, "aux", td ? 7 : 6) ?: field(&in, "ak_cert", 0, CERT_MAX, &a->ak_cert) ?:
	       field(&in, "ek_cert", 0, CERT_MAX, &a->ek_cert) ?:
	       field(&in, "ima_log", 0, WARD_AUX_MAX, &a->ima_log) ?:
	       (td ? field(&in, "td_quote", 1, TD_QUOTE_MAX, &a->td_quote) : WV_OK) ?:
	       field(&in, "event_log", 0, WARD_AUX_MAX, &a->event_log) ?:
	       item_key(&in, "ima_log_size") ?:
	       item_uint(&in, "ima_log_size", 0, UINT64_MAX, &a->ima_log_size) ?:
	       item_key(&in, "event_log_size") ?:
	       item_uint(&in, "event_log_size", 0, UINT64_MAX, &a->event_log_size) ?:
	       item_end(&in);
}
