/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: whether a root certificate is one that is trusted. Part of
 * wardverify.h.
 */
#ifndef WARDVERIFY_ROOTS_H
#define WARDVERIFY_ROOTS_H

#include "wardverify_reason.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wv_bytes;
struct wv_fault;
struct wv_roots;

/** enum wv_vendor - whose evidence a root vouches for; a named root does for all */
enum wv_vendor { WV_VENDOR_AMD, WV_VENDOR_INTEL, WV_VENDOR_AWS, WV_VENDOR_NVIDIA };

/**
 * wv_roots_check - whether a certificate's key is one of the roots
 * @cert: one certificate, PEM or DER; nothing else about it is looked at
 * @vendor: enum wv_vendor; @product: enum wv_product that it must speak for, 0 = any
 * Returns 0, WV_CHAIN_UNTRUSTED, WV_PRODUCT_MISMATCH or WV_CERTIFICATE_DAMAGED.
 */
WV_API int wv_roots_check(const struct wv_roots *roots, const struct wv_bytes *cert, int vendor,
			  int product, struct wv_fault *fault);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_ROOTS_H */
