// SPDX-License-Identifier: MIT
/*
 * TPMS_ATTEST of a quote, TPM 2.0 part 2 section 10.12, and the registers it is of.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "cursor.h"
#include "fault.h"
#include "tpm.h"

#define GENERATED	0xff544347u	/* TPM_GENERATED_VALUE */
#define ATTEST_QUOTE	0x8018u
#define SELECT_MAX	4u
#define SIGNER_MAX	68u
#define DIGEST_MAX	64u

struct wv_bytes tpm_sized(struct cursor *c, size_t max)
{
	size_t len = cursor_be16(c);
	const uint8_t *data = len > max ? NULL : cursor_take(c, len);

	if (!data)
		c->failed = true;
	return (struct wv_bytes){ data, data ? len : 0 };
}

static int unfit(struct wv_fault *fault, const struct cursor *c, const char *text)
{
	return fault_set(fault, WV_QUOTE_UNFIT, "quote", (int64_t)c->at, "%s", text);
}

/* Registers above the last are nobody's: bits for them are refused with the rest. */
static int read_selection(struct cursor *c, struct wv_tpm *out, struct wv_fault *fault)
{
	uint32_t count = cursor_be32(c);
	size_t width;

	if (cursor_ok(c) && count != 1)
		return unfit(fault, c, count ? "registers of more than one bank" : "of no register");
	out->bank = cursor_be16(c);
	width = cursor_u8(c);
	if (width > SELECT_MAX)
		c->failed = true;
	out->selected = (uint32_t)cursor_le(c, width);
	if (!cursor_ok(c))
		return WV_OK;	/* told by who reads the rest */
	if (!out->selected)
		return unfit(fault, c, "of no register");
	if (out->selected >> WV_TPM_PCRS)
		return unfit(fault, c, "of registers that there are not");
	return WV_OK;
}

int tpm_quote_read(struct wv_bytes attest, struct wv_tpm *out, struct wv_bytes *extra,
		   struct wv_bytes *digest, struct wv_fault *fault)
{
	struct cursor c = cursor_over(attest.data, attest.len);
	uint32_t magic = cursor_be32(&c), type = cursor_be16(&c), safe;
	int rc;

	if (!cursor_ok(&c) || magic != GENERATED || type != ATTEST_QUOTE)
		return unfit(fault, &c, "what was signed is no quote that a TPM made");
	tpm_sized(&c, SIGNER_MAX);
	*extra = tpm_sized(&c, DIGEST_MAX);
	out->clock_ms = cursor_be64(&c);
	out->reset_count = cursor_be32(&c);
	out->restart_count = cursor_be32(&c);
	safe = cursor_u8(&c);
	out->clock_safe = safe == 1;
	out->firmware_version = cursor_be64(&c);
	rc = read_selection(&c, out, fault);
	if (rc)
		return rc;
	*digest = tpm_sized(&c, DIGEST_MAX);
	if (!cursor_done(&c) || safe > 1)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "quote", (int64_t)c.at,
				 "cut short, or something else stands there than in a quote");
	if (!tpm_md(out->bank) || out->bank == WV_ALG_SHA1)
		return fault_set(fault, WV_PCR_BANK_REFUSED, "quote", -1,
				 "registers of bank 0x%04x%s", out->bank,
				 out->bank == WV_ALG_SHA1 ? ", SHA-1" : "");
	return WV_OK;
}

static bool digest_is(const struct tpm_data *t, uint16_t hash, struct wv_bytes want)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t have[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	bool ok = ctx && EVP_DigestInit_ex(ctx, tpm_md(hash), NULL);
	size_t i;

	for (i = 0; ok && i < t->pcr_count; i++)
		ok = EVP_DigestUpdate(ctx, t->pcr[i].data, t->pcr[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, have, &len);
	EVP_MD_CTX_free(ctx);
	return ok && len == want.len && !CRYPTO_memcmp(have, want.data, len);
}

int tpm_quote_fill(const struct tpm_data *t, struct wv_tpm *out, struct wv_fault *fault)
{
	size_t width = (size_t)EVP_MD_get_size(tpm_md(out->bank)), i, at = 0;
	unsigned int n;

	if (t->pcr_count != (size_t)__builtin_popcount(out->selected))
		return fault_set(fault, WV_PCR_DIGEST_MISMATCH, "pcrs", -1,
				 "%zu values, %d registers are quoted", t->pcr_count,
				 __builtin_popcount(out->selected));
	for (i = 0; i < t->pcr_count; i++)
		if (t->pcr[i].len != width)
			return fault_set(fault, WV_PCR_DIGEST_MISMATCH, "pcrs", -1,
					 "a value has %zu bytes, the bank's have %zu",
					 t->pcr[i].len, width);
	out->pcr_len = width;
	for (n = 0; n < WV_TPM_PCRS; n++)
		if (out->selected & 1u << n)
			memcpy(out->pcr[n], t->pcr[at++].data, width);
	return WV_OK;
}

int tpm_quote_values(const struct tpm_data *t, uint16_t hash, struct wv_bytes digest,
		     struct wv_tpm *out, struct wv_fault *fault)
{
	int rc = tpm_quote_fill(t, out, fault);

	if (rc || digest_is(t, hash, digest))
		return rc;
	return fault_set(fault, WV_PCR_DIGEST_MISMATCH, "pcrs", -1,
			 "the quote is of other values, or in another order");
}
