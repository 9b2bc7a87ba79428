// SPDX-License-Identifier: MIT
/*
 * What evidence is bound to: doc/formats.md section 5.
 */
#include "digest.h"

/* "LABEL" and one zero byte, which sizeof() of a literal counts in. */
#define LABEL(text) PIECE(text, sizeof(text))

int wv_binding_release(struct wv_bytes nonce, const uint8_t thumbprint[WV_THUMBPRINT_LEN],
		       uint8_t out[WV_BINDING_LEN])
{
	uint8_t len[4] = { (uint8_t)nonce.len, 0, 0, 0 };
	struct wv_bytes pieces[] = {
		LABEL("WARD-RELEASE-V1"),
		PIECE(len, sizeof(len)),
		nonce,
		PIECE(thumbprint, WV_THUMBPRINT_LEN),
	};

	if (nonce.len > WARD_NONCE_MAX)
		return WV_USAGE;
	return digest_sha512(out, pieces, 4) ? WV_OK : WV_NO_MEMORY;
}

int wv_binding_receipt(const uint8_t release[16], const uint8_t dataset[16],
		       const uint8_t owner_nonce[32], uint8_t out[WV_BINDING_LEN])
{
	struct wv_bytes pieces[] = {
		LABEL("WARD-RECEIPT-V1"),
		PIECE(release, 16),
		PIECE(dataset, 16),
		PIECE(owner_nonce, 32),
	};

	return digest_sha512(out, pieces, 4) ? WV_OK : WV_NO_MEMORY;
}

int wv_binding_report(struct wv_bytes request, uint8_t out[WV_BINDING_LEN])
{
	struct wv_bytes pieces[] = { LABEL("WARD-REPORT-V1"), request };

	return digest_sha512(out, pieces, 2) ? WV_OK : WV_NO_MEMORY;
}
