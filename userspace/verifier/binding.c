// SPDX-License-Identifier: MIT
/*
 * What evidence is bound to: doc/formats.md section 5.
 */
#include <stdio.h>
#include <string.h>

#include "b64.h"
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

/* RFC 7638 over the members that RFC 8037 section 2 asks for. */
int wv_thumbprint_x25519(const uint8_t key[32], uint8_t out[WV_THUMBPRINT_LEN])
{
	char text[48 + B64_TEXT_LEN(32)], x[B64_TEXT_LEN(32)];
	struct wv_bytes piece = { (uint8_t *)text, 0 };

	b64url_encode(key, 32, x);
	piece.len = (size_t)snprintf(text, sizeof(text),
				     "{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
	return digest_sha256(out, &piece, 1) ? WV_OK : WV_NO_MEMORY;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= p[i];
	return !any;
}

int wv_keys_kernel(const struct wv_claims *k)
{
	uint8_t thumbprint[WV_THUMBPRINT_LEN], binding[WV_BINDING_LEN];

	if (is_zero(k->session_key, sizeof(k->session_key)))
		return 0;
	if (k->purpose == WARD_PURPOSE_RECEIPT)
		return k->keys_destroyed > 0;
	if (k->purpose != WARD_PURPOSE_RELEASE)
		return 1;
	return !wv_thumbprint_x25519(k->session_key, thumbprint) &&
	       !wv_binding_release(PIECE(k->nonce, k->nonce_len), thumbprint, binding) &&
	       !memcmp(binding, k->binding, sizeof(binding));
}
