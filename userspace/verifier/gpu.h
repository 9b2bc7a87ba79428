/* SPDX-License-Identifier: MIT */
/*
 * Reports of NVIDIA GPUs: doc/formats.md section 13. Integers of SPDM are little endian,
 * the signature's are not.
 */
#ifndef WARD_GPU_H
#define WARD_GPU_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "judge.h"
#include "wardverify_gpu.h"

#define GPU_REPORT_MAX		32768u
#define GPU_REQUEST_LEN		37
#define GPU_SIGNATURE_LEN	96

/** gpu_is - do these bytes begin as such a report does? Nothing else is looked at */
bool gpu_is(struct wv_bytes in);

/**
 * gpu_parse - take a report apart; nothing is verified
 * Returns 0 or WV_GPU_DAMAGED.
 */
int gpu_parse(struct wv_bytes in, struct wv_gpu *out, struct wv_fault *fault);

/** gpu_parse_opaque - the opaque data alone */
int gpu_parse_opaque(struct wv_bytes in, struct wv_gpu *out, struct wv_fault *fault);

/** gpu_signed - @key signed @report, but for the signature at its end */
bool gpu_signed(EVP_PKEY *key, struct wv_bytes report);

/**
 * gpu_chain - whose key signed @report: from its certificate up to NVIDIA's root
 * @certs: that came with it, PEM; others may be in the collateral
 * @out: what the report says; the rest is filled in
 *
 * What the report says counts as the GPU's word then. Returns 0, WV_SIGNATURE_INVALID,
 * WV_CHAIN_*, WV_CERTIFICATE_*, WV_COLLATERAL_MISSING, WV_FWID_MISMATCH, a reason of
 * crl_check(), or WV_NO_MEMORY.
 */
int gpu_chain(const struct wv_appraisal *a, struct wv_bytes report, struct wv_bytes certs,
	      struct wv_gpu *out, struct wv_fault *fault);

/** gpu_read_leaf - chip, architecture, device and firmware digest as a certificate says */
int gpu_read_leaf(X509 *leaf, struct wv_gpu *out, struct wv_fault *fault);

/** gpu_block - the measurement of that index, or NULL */
const struct wv_gpu_block *gpu_block(const struct wv_gpu *g, unsigned int index);

#endif /* WARD_GPU_H */
