/* SPDX-License-Identifier: MIT */
/*
 * The report of Azure's paravisor: doc/formats.md section 11. Integers of its frame
 * are little endian.
 */
#ifndef WARD_HCL_H
#define WARD_HCL_H

#include <stdbool.h>

#include "wardverify.h"
#include "wardverify_azure.h"

#define HCL_MAX		16384u
#define HCL_REPORT_AT	32
#define HCL_REPORT_LEN	1184	/* of SNP; or a TDREPORT, and zeroes */
#define HCL_KEY_MAX	520	/* 4096 bits, and what its base64 leaves over */

/**
 * struct hcl - a paravisor's report taken apart, views into the caller's bytes
 * @report: the hardware's, HCL_REPORT_LEN bytes
 * @report_data: in it, 64 bytes
 * @runtime: the JSON text
 * @key, @key_len: modulus of the key that signs quotes, big endian, no zeroes before it
 */
struct hcl {
	struct wv_bytes report, report_data, runtime;
	uint8_t key[HCL_KEY_MAX];
	size_t key_len;
};

/** hcl_is - do these bytes begin as a paravisor's report does? Nothing else is looked at */
bool hcl_is(struct wv_bytes in);

/**
 * hcl_parse - take it apart; nothing is verified but that the hardware's report names
 *	these runtime data, and that they name one key
 * @in: with the zeroes that fill its NV index, or without
 * @said: all but the quote
 * Returns 0, WV_HCL_DAMAGED, WV_RUNTIME_MISMATCH or WV_NO_MEMORY.
 */
int hcl_parse(struct wv_bytes in, struct hcl *out, struct wv_azure *said,
	      struct wv_fault *fault);

/** hcl_read_text - the runtime data alone, into @out->key and @said */
int hcl_read_text(struct hcl *out, struct wv_azure *said, struct wv_fault *fault);

#endif /* WARD_HCL_H */
