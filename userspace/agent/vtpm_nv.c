// SPDX-License-Identifier: MIT
/* NV indices of a TPM, read and written in the pieces that it takes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vtpm_nv.h"

#define NV_PIECE	512u	/* where the TPM does not say what it takes at once */

/*
 * struct index - an open NV index
 * @handle: ours, to be closed
 * @piece: bytes at once
 */
struct index {
	ESYS_TR handle;
	TPMA_NV attributes;
	size_t size;
	size_t piece;
};

void vtpm_bytes_free(struct vtpm_bytes *b)
{
	free(b->data);
	*b = (struct vtpm_bytes){ NULL, 0 };
}

uint32_t vtpm_number(struct tss *tpm, uint32_t property)
{
	TPMS_CAPABILITY_DATA *got = NULL;
	uint32_t value = 0;
	TSS2_RC rc;

	rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				TPM2_CAP_TPM_PROPERTIES, property, 1, NULL, &got);
	if (!rc && got->data.tpmProperties.count &&
	    got->data.tpmProperties.tpmProperty[0].property == property)
		value = got->data.tpmProperties.tpmProperty[0].value;
	Esys_Free(got);
	return value;
}

static size_t piece_of(struct tss *tpm)
{
	size_t n = vtpm_number(tpm, TPM2_PT_NV_BUFFER_MAX);

	if (!n)
		return NV_PIECE;
	return n < TPM2_MAX_NV_BUFFER_SIZE ? n : TPM2_MAX_NV_BUFFER_SIZE;
}

static TSS2_RC index_look(struct tss *tpm, TPM2_HANDLE nv, struct index *to)
{
	TPM2B_NV_PUBLIC *public = NULL;
	TSS2_RC rc;

	to->handle = ESYS_TR_NONE;
	rc = Esys_TR_FromTPMPublic(tpm->esys, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &to->handle);
	if (!rc)
		rc = Esys_NV_ReadPublic(tpm->esys, to->handle, ESYS_TR_NONE, ESYS_TR_NONE,
					ESYS_TR_NONE, &public, NULL);
	if (!rc) {
		to->attributes = public->nvPublic.attributes;
		to->size = public->nvPublic.dataSize;
	}
	Esys_Free(public);
	return rc;
}

static int index_open(struct tss *tpm, TPM2_HANDLE nv, struct index *to, struct trouble *why)
{
	TSS2_RC rc;

	do
		rc = index_look(tpm, nv, to);
	while (tss_again(tpm, rc));
	if (tss_absent(rc))
		return trouble_set(why, -ENOENT, "the TPM has no NV index 0x%08x", nv);
	if (rc)
		return tss_failed(tpm, rc, "for an NV index", why);
	to->piece = piece_of(tpm);
	return 0;
}

static void index_close(struct tss *tpm, struct index *index)
{
	if (index->handle != ESYS_TR_NONE)
		Esys_TR_Close(tpm->esys, &index->handle);
}

/* Its own authorization where that will do (it is empty), else the owner's. */
static ESYS_TR who_reads(const struct index *index)
{
	return index->attributes & TPMA_NV_AUTHREAD ? index->handle : ESYS_TR_RH_OWNER;
}

static ESYS_TR who_writes(const struct index *index)
{
	return index->attributes & TPMA_NV_AUTHWRITE ? index->handle : ESYS_TR_RH_OWNER;
}

static int piece_read(struct tss *tpm, const struct index *index, struct vtpm_bytes *out,
		      struct trouble *why)
{
	size_t left = index->size - out->len, n = left < index->piece ? left : index->piece;
	TPM2B_MAX_NV_BUFFER *got = NULL;
	TSS2_RC rc;

	do
		rc = Esys_NV_Read(tpm->esys, who_reads(index), index->handle, ESYS_TR_PASSWORD,
				  ESYS_TR_NONE, ESYS_TR_NONE, (UINT16)n, (UINT16)out->len, &got);
	while (tss_again(tpm, rc));
	if (rc)
		return tss_failed(tpm, rc, "to read an NV index", why);
	if (got->size != n) {
		Esys_Free(got);
		return trouble_set(why, -EBADMSG, "the TPM gave another piece of an NV index "
				   "than it was asked for");
	}
	memcpy(out->data + out->len, got->buffer, n);
	out->len += n;
	Esys_Free(got);
	return 0;
}

static int index_read(struct tss *tpm, TPM2_HANDLE nv, const struct index *index,
		      struct vtpm_bytes *out, struct trouble *why)
{
	int err = 0;

	if (!(index->attributes & TPMA_NV_WRITTEN) || !index->size)
		return trouble_set(why, -ENOENT, "NV index 0x%08x was never written", nv);
	if (index->size > VTPM_NV_MAX)
		return trouble_set(why, -EOVERFLOW, "NV index 0x%08x has %zu bytes, more than %u",
				   nv, index->size, VTPM_NV_MAX);
	out->data = malloc(index->size);
	if (!out->data)
		return trouble_set(why, -ENOMEM, "no memory");
	while (!err && out->len < index->size)
		err = piece_read(tpm, index, out, why);
	if (err)
		vtpm_bytes_free(out);
	return err;
}

int vtpm_nv_read(struct tss *tpm, TPM2_HANDLE nv, struct vtpm_bytes *out, struct trouble *why)
{
	struct index index;
	int err = index_open(tpm, nv, &index, why);

	*out = (struct vtpm_bytes){ NULL, 0 };
	if (!err)
		err = index_read(tpm, nv, &index, out, why);
	index_close(tpm, &index);
	return err;
}

static int index_make(struct tss *tpm, TPM2_HANDLE nv, size_t len, struct trouble *why)
{
	TPM2B_NV_PUBLIC public = { .nvPublic = {
		.nvIndex = nv,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHWRITE |
			      TPMA_NV_AUTHREAD,
		.dataSize = (UINT16)len,
	} };
	TPM2B_AUTH none = { .size = 0 };
	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc;

	do
		rc = Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
					 ESYS_TR_NONE, ESYS_TR_NONE, &none, &public, &handle);
	while (tss_again(tpm, rc));
	if (rc)
		return tss_failed(tpm, rc, "to make an NV index", why);
	Esys_TR_Close(tpm->esys, &handle);
	return 0;
}

static int index_write(struct tss *tpm, const struct index *index, const uint8_t *data,
		       struct trouble *why)
{
	TPM2B_MAX_NV_BUFFER piece;
	size_t at, n;
	TSS2_RC rc;

	for (at = 0; at < index->size; at += n) {
		n = index->size - at < index->piece ? index->size - at : index->piece;
		piece.size = (UINT16)n;
		memcpy(piece.buffer, data + at, n);
		do
			rc = Esys_NV_Write(tpm->esys, who_writes(index), index->handle,
					   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &piece,
					   (UINT16)at);
		while (tss_again(tpm, rc));
		if (rc)
			return tss_failed(tpm, rc, "to write an NV index", why);
	}
	return 0;
}

int vtpm_nv_write(struct tss *tpm, TPM2_HANDLE nv, const uint8_t *data, size_t len,
		  struct trouble *why)
{
	struct index index;
	int err = index_open(tpm, nv, &index, why);

	if (err == -ENOENT) {
		index_close(tpm, &index);
		err = index_make(tpm, nv, len, why) ?: index_open(tpm, nv, &index, why);
	}
	if (!err && index.size != len)
		err = trouble_set(why, -EINVAL, "NV index 0x%08x has %zu bytes instead of %zu", nv,
				  index.size, len);
	if (!err)
		err = index_write(tpm, &index, data, why);
	index_close(tpm, &index);
	return err;
}
