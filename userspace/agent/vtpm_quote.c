// SPDX-License-Identifier: MIT
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "vtpm_quote.h"

#define PCR_TRIES	8	/* quotes in which the registers may change */
#define QUALIFYING_LEN	32

static uint32_t selected(const TPMS_PCR_SELECTION *s)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < s->sizeofSelect && i < 3; i++)
		mask |= (uint32_t)s->pcrSelect[i] << (8 * i);
	return mask;
}

/* Values of registers in the order in which they are asked for; what is left of @mask. */
static int pcrs_keep(const TPML_PCR_SELECTION *got, const TPML_DIGEST *values, uint32_t *mask,
		     struct vtpm_quote *q, struct trouble *why)
{
	uint32_t given = got->count ? selected(&got->pcrSelections[0]) : 0;

	if (!given || !values->count)
		return trouble_set(why, -ENXIO, "the TPM has no such bank of registers, or not all "
				   "of them: pcrs=BANK:LIST names others");
	if (given & ~*mask || values->count != (UINT32)__builtin_popcount(given) ||
	    q->pcr_count + values->count > VTPM_PCR_COUNT)
		return trouble_set(why, -EBADMSG, "the TPM gave other registers than it was asked for");
	for (size_t i = 0; i < values->count; i++, q->pcr_count++) {
		const TPM2B_DIGEST *d = &values->digests[i];

		if (!q->pcr_len)
			q->pcr_len = d->size;
		if (d->size != q->pcr_len || !d->size || d->size > sizeof(q->pcr[0]))
			return trouble_set(why, -EBADMSG, "the TPM gave a register of %u bytes",
					   d->size);
		memcpy(q->pcr[q->pcr_count], d->buffer, d->size);
	}
	*mask &= ~given;
	return 0;
}

/* The TPM gives the lowest ones first, eight or so at a time. */
static int pcrs_fetch(struct tss *tpm, struct vtpm_quote *q, struct trouble *why)
{
	uint32_t mask = q->pcrs.mask;
	int err = 0;

	q->pcr_count = 0;
	q->pcr_len = 0;
	while (!err && mask) {
		TPML_PCR_SELECTION want = tss_registers(mask, q->pcrs.bank), *got = NULL;
		TPML_DIGEST *values = NULL;
		TSS2_RC rc;

		do
			rc = Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   &want, NULL, &got, &values);
		while (tss_again(tpm, rc));
		err = rc ? tss_failed(tpm, rc, "for its registers", why) :
			   pcrs_keep(got, values, &mask, q, why);
		Esys_Free(got);
		Esys_Free(values);
	}
	return err;
}

static int sign(struct tss *tpm, const struct vtpm_ak *ak, const uint8_t *qualifying,
		struct vtpm_quote *q, struct trouble *why)
{
	TPML_PCR_SELECTION pcrs = tss_registers(q->pcrs.mask, q->pcrs.bank);
	const TPMT_SIG_SCHEME of_key = { .scheme = TPM2_ALG_NULL };
	TPM2B_DATA data = { .size = QUALIFYING_LEN };
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_ATTEST *attest = NULL;
	TSS2_RC rc;

	memcpy(data.buffer, qualifying, QUALIFYING_LEN);
	vtpm_ak_unlock(tpm, ak);
	do
		rc = Esys_Quote(tpm->esys, ak->key, ak->session, ESYS_TR_NONE, ESYS_TR_NONE, &data,
				&of_key, &pcrs, &attest, &signature);
	while (tss_again(tpm, rc));
	vtpm_ak_lock(tpm, ak);
	if (rc)
		return tss_failed(tpm, rc, "for a quote", why);
	q->attest = *attest;
	q->signature = *signature;
	Esys_Free(attest);
	Esys_Free(signature);
	return 0;
}

static const EVP_MD *digest_of(TPMI_ALG_HASH hash)
{
	switch (hash) {
	case TPM2_ALG_SHA256:
		return EVP_sha256();
	case TPM2_ALG_SHA384:
		return EVP_sha384();
	case TPM2_ALG_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

/* 1 = the registers are those that were quoted, 0 = they are not, or -errno. */
static int pcrs_match(const struct vtpm_quote *q, const TPMS_QUOTE_INFO *quote, struct trouble *why)
{
	const EVP_MD *md = digest_of(q->signature.signature.any.hashAlg);
	uint8_t all[sizeof(q->pcr)], digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (!md)
		return trouble_set(why, -EBADMSG, "the key signs with a hash that is not taken");
	for (size_t i = 0; i < q->pcr_count; i++)
		memcpy(all + i * q->pcr_len, q->pcr[i], q->pcr_len);
	if (!EVP_Digest(all, q->pcr_count * q->pcr_len, digest, &len, md, NULL))
		return trouble_set(why, -ENOMEM, "no memory");
	return quote->pcrDigest.size == len && !memcmp(quote->pcrDigest.buffer, digest, len);
}

static int check(const struct vtpm_quote *q, const uint8_t *qualifying, struct trouble *why)
{
	TPMS_ATTEST attest;
	const TPMS_QUOTE_INFO *quote = &attest.attested.quote;
	size_t at = 0;

	if (Tss2_MU_TPMS_ATTEST_Unmarshal(q->attest.attestationData, q->attest.size, &at, &attest) ||
	    at != q->attest.size || attest.magic != TPM2_GENERATED_VALUE ||
	    attest.type != TPM2_ST_ATTEST_QUOTE)
		return trouble_set(why, -EBADMSG, "the TPM gave something that is no quote");
	if (attest.extraData.size != QUALIFYING_LEN ||
	    memcmp(attest.extraData.buffer, qualifying, QUALIFYING_LEN))
		return trouble_set(why, -EBADMSG, "the TPM signed other data than it was given");
	if (quote->pcrSelect.count != 1 || quote->pcrSelect.pcrSelections[0].hash != q->pcrs.bank ||
	    selected(&quote->pcrSelect.pcrSelections[0]) != q->pcrs.mask)
		return trouble_set(why, -EBADMSG, "the TPM quoted other registers than it was asked for");
	return pcrs_match(q, quote, why);
}

int vtpm_quote(struct tss *tpm, const struct vtpm_ak *ak, const struct vtpm_pcrs *pcrs,
	       const uint8_t *qualifying, struct vtpm_quote *out, struct trouble *why)
{
	int rc = 0;

	memset(out, 0, sizeof(*out));
	out->pcrs = *pcrs;
	for (int i = 0; !rc && i < PCR_TRIES; i++)
		rc = pcrs_fetch(tpm, out, why) ?: sign(tpm, ak, qualifying, out, why) ?:
		     check(out, qualifying, why);
	if (!rc)
		return trouble_set(why, -EBUSY, "the TPM's registers changed while they were quoted, "
				   "%d times", PCR_TRIES);
	return rc < 0 ? rc : 0;
}
