// SPDX-License-Identifier: MIT
/* doc/formats.md section 5. */
#include <errno.h>
#include <openssl/evp.h>

#include "libward_channel.h"
#include "private.h"

struct piece {
	const void *data;
	size_t len;
};

static int update_all(EVP_MD_CTX *ctx, const struct piece *piece, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (piece[i].len &&
		    !EVP_DigestUpdate(ctx, piece[i].data, piece[i].len))
			return 0;
	return 1;
}

/* SHA-512 over the pieces. A digest of OpenSSL fails only for want of memory. */
static int hash(const struct piece *piece, size_t n, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	if (!ctx)
		return -ENOMEM;
	ok = EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) &&
	     update_all(ctx, piece, n) && EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOMEM;
}

/* sizeof a string literal counts its NUL, which is the 0x00 of the formats. */
#define PREFIX(text) { text, sizeof(text) }

int ward_binding_release(const uint8_t *nonce, size_t nonce_len,
			 const uint8_t *thumbprint, uint8_t *out)
{
	uint8_t len[4] = { nonce_len & 0xff };
	struct piece piece[] = {
		PREFIX("WARD-RELEASE-V1"),
		{ len, sizeof(len) },
		{ nonce, nonce_len },
		{ thumbprint, 32 },
	};

	if (nonce_len > WARD_NONCE_MAX)
		return -EINVAL;
	return hash(piece, sizeof(piece) / sizeof(*piece), out);
}

int ward_binding_receipt(const uint8_t *release, const uint8_t *dataset,
			 const uint8_t *owner_nonce, uint8_t *out)
{
	struct piece piece[] = {
		PREFIX("WARD-RECEIPT-V1"),
		{ release, 16 },
		{ dataset, 16 },
		{ owner_nonce, 32 },
	};

	return hash(piece, sizeof(piece) / sizeof(*piece), out);
}

int ward_binding_report(const void *request, size_t len, uint8_t *out)
{
	struct piece piece[] = {
		PREFIX("WARD-REPORT-V1"),
		{ request, len },
	};

	return hash(piece, sizeof(piece) / sizeof(*piece), out);
}

int ward_binding_channel(const struct ward_channel_bound *bound, uint8_t *out)
{
	struct piece piece[] = {
		PREFIX("WARD-CHANNEL-V1"),
		{ bound->exporter, sizeof(bound->exporter) },
		{ bound->own_key, sizeof(bound->own_key) },
		{ bound->peer_key, sizeof(bound->peer_key) },
		{ &bound->role, 1 },
		{ bound->nonce, sizeof(bound->nonce) },
	};

	if (bound->role != WARD_CHANNEL_CONNECTOR && bound->role != WARD_CHANNEL_ACCEPTOR)
		return -EINVAL;
	return hash(piece, sizeof(piece) / sizeof(*piece), out);
}

int ward_binding_card(const uint8_t *digest, uint8_t *out)
{
	struct piece piece[] = {
		PREFIX("WARD-CARD-V1"),
		{ digest, 64 },
	};

	return hash(piece, sizeof(piece) / sizeof(*piece), out);
}
